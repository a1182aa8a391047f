/* SPDX-License-Identifier: Apache-2.0 */
/* Abstract values: stack, marks, memo, containers. */
#include "scanners/formats/pickle_vm.h"

#include <stdarg.h>

#define MEMO_CHUNKS (AY_LIMIT_PICKLE_MEMO / PK_MEMO_CHUNK + 1)
#define NO_NODE UINT32_MAX
#define STACK_FIRST 1024

int pk_init(struct pk_vm *vm, struct ay_scan *s, struct ay_source *in, const struct ay_pickle_context *ctx)
{
	*vm = (struct pk_vm){ .s = s, .budget = ay_scan_budget(s), .in = in, .ctx = ctx, .end = in->size, .items_node = NO_NODE };
	vm->window = ay_budget_alloc(vm->budget, PK_WINDOW);
	vm->memo = ay_budget_alloc(vm->budget, MEMO_CHUNKS * sizeof(*vm->memo));
	if (vm->memo)
		memset(vm->memo, 0, MEMO_CHUNKS * sizeof(*vm->memo));
	vm->globals = ay_budget_alloc(vm->budget, PK_GLOBALS * sizeof(*vm->globals));
	vm->global_slots = ay_budget_alloc(vm->budget, 2 * PK_GLOBALS * sizeof(*vm->global_slots));
	vm->stack = ay_budget_alloc(vm->budget, STACK_FIRST * sizeof(*vm->stack));
	vm->stack_cap = STACK_FIRST;
	if (!vm->window || !vm->memo || !vm->globals || !vm->global_slots || !vm->stack) {
		pk_free(vm);
		return AY_ELIMIT;
	}
	memset(vm->global_slots, 0, 2 * PK_GLOBALS * sizeof(*vm->global_slots));
	vm->c = ay_cursor_of(vm->window, 0, 0);
	if ((ctx->value || (ctx->tensor && ay_scan_extract(s))) && pk_tree_begin(vm) != 0) {
		pk_free(vm);
		return AY_ELIMIT;
	}
	return 0;
}

void pk_free(struct pk_vm *vm)
{
	for (size_t i = 0; vm->memo && i < MEMO_CHUNKS; i++)
		ay_budget_free(vm->budget, vm->memo[i]);
	for (size_t i = 0; i < vm->globals_len; i++)
		ay_budget_free(vm->budget, vm->globals[i].module);
	ay_budget_free(vm->budget, vm->window);
	ay_budget_free(vm->budget, vm->memo);
	ay_budget_free(vm->budget, vm->globals);
	ay_budget_free(vm->budget, vm->global_slots);
	ay_budget_free(vm->budget, vm->stack);
	ay_budget_free(vm->budget, vm->marks);
	ay_budget_free(vm->budget, vm->nodes);
	ay_budget_free(vm->budget, vm->pool);
	pk_tree_free(vm);
	*vm = (struct pk_vm){ 0 };
}

int pk_fail(struct pk_vm *vm, int code, const char *fmt, ...)
{
	struct ay_error e;
	char text[256];
	va_list ap;

	if (vm->err)
		return vm->err;
	vm->err = code;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (code == AY_ELIMIT && ay_budget_tick(vm->budget) == 0 && vm->budget->alloc_left > AY_LIMIT_SCAN_ALLOC / 4) {
		ay_scan_find(vm->s, "pickle.limit", vm->op_off, "%s", text);
		return code;
	}
	ay_error_at(&e, code, vm->op_off, "%s", text);
	ay_scan_find_error(vm->s, "pickle", code, &e);
	return code;
}

void pk_refuse(struct pk_vm *vm, const char *rule, const char *fmt, ...)
{
	char text[384];
	va_list ap;

	vm->refused = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ay_scan_find(vm->s, rule, vm->op_off, "%s", text);
}

/* Doubles an array; *cap counts elements. */
static void *grow(struct pk_vm *vm, void *p, size_t *cap, size_t item, size_t first, size_t limit, const char *what)
{
	size_t want = *cap ? *cap * 2 : first;

	if (want > limit)
		want = limit;
	if (want <= *cap) {
		pk_fail(vm, AY_ELIMIT, "more than %zu %s", limit, what);
		return NULL;
	}
	void *bigger = ay_budget_realloc(vm->budget, p, want * item);

	if (!bigger) {
		pk_fail(vm, AY_ELIMIT, "no memory left in this scan's budget for more than %zu %s", *cap, what);
		return NULL;
	}
	*cap = want;
	return bigger;
}

int pk_grow_stack(struct pk_vm *vm)
{
	void *p = grow(vm, vm->stack, &vm->stack_cap, sizeof(*vm->stack), STACK_FIRST, AY_LIMIT_PICKLE_STACK, "values on the stack");

	if (p)
		vm->stack = p;
	return vm->err;
}

bool pk_need(struct pk_vm *vm, size_t n)
{
	if (vm->depth - vm->fence >= n)
		return true;
	pk_fail(vm, AY_EFORMAT, "the opcode takes %zu values, the stack holds %zu above the mark", n, vm->depth - vm->fence);
	return false;
}

struct pk_value pk_pop(struct pk_vm *vm)
{
	if (!pk_need(vm, 1))
		return (struct pk_value){ .kind = PK_UNKNOWN };
	return vm->stack[--vm->depth];
}

int pk_mark(struct pk_vm *vm)
{
	if (vm->marks_len == vm->marks_cap) {
		void *p = grow(vm, vm->marks, &vm->marks_cap, sizeof(*vm->marks), 64, AY_LIMIT_PICKLE_STACK, "marks");

		if (!p)
			return vm->err;
		vm->marks = p;
	}
	vm->marks[vm->marks_len++] = (uint32_t)vm->depth;
	vm->fence = vm->depth;
	return 0;
}

size_t pk_pop_mark(struct pk_vm *vm)
{
	if (!vm->marks_len) {
		pk_fail(vm, AY_EFORMAT, "the opcode needs a mark, the stack has none");
		return SIZE_MAX;
	}
	size_t at = vm->marks[--vm->marks_len];

	vm->fence = vm->marks_len ? vm->marks[vm->marks_len - 1] : 0;
	return at;
}

int pk_memo_put(struct pk_vm *vm, uint64_t index, struct pk_value v)
{
	if (index >= AY_LIMIT_PICKLE_MEMO)
		return pk_fail(vm, AY_ELIMIT, "memo index %llu, limit %llu", (unsigned long long)index,
			       (unsigned long long)AY_LIMIT_PICKLE_MEMO);
	struct pk_value **chunk = &vm->memo[index / PK_MEMO_CHUNK];

	if (!*chunk) {
		*chunk = ay_budget_alloc(vm->budget, PK_MEMO_CHUNK * sizeof(**chunk));
		if (!*chunk)
			return pk_fail(vm, AY_ELIMIT, "no memory left in this scan's budget for the memo");
		for (size_t i = 0; i < PK_MEMO_CHUNK; i++)
			(*chunk)[i].kind = PK_MEMO_UNSET;
	}
	pk_memo_set(vm, pk_memo_slot(vm, index), &v);
	return 0;
}

int pk_memo_get(struct pk_vm *vm, uint64_t index)
{
	const struct pk_value *slot = pk_memo_slot(vm, index);

	if (!slot || slot->kind == PK_MEMO_UNSET)
		return pk_fail(vm, AY_EFORMAT, "memo entry %llu is read but was never set", (unsigned long long)index);
	return pk_push(vm, *slot);
}

struct pk_value pk_new_node(struct pk_vm *vm, enum pk_kind kind)
{
	if (vm->nodes_len == vm->nodes_cap) {
		void *p = grow(vm, vm->nodes, &vm->nodes_cap, sizeof(*vm->nodes), 256, AY_LIMIT_PICKLE_NODES, "containers");

		if (!p)
			return (struct pk_value){ .kind = PK_UNKNOWN };
		vm->nodes = p;
	}
	vm->nodes[vm->nodes_len] = (struct pk_node){ .depth = 1, .expansion = 1 };
	return (struct pk_value){ .kind = (uint8_t)kind, .aux = (uint32_t)vm->nodes_len++ };
}

bool pk_is_data(const struct pk_vm *vm, const struct pk_value *v)
{
	if (v->kind == PK_GLOBAL) {
		const struct pk_global *g = &vm->globals[v->aux];

		return g->allow && (g->allow->roles & AY_ROLE_DATA);
	}
	return !pk_has_node(v) || !(vm->nodes[v->aux].holds & PK_HOLDS_NAME);
}

static uint64_t sat_add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* Depth and size that a value adds to its container. */
static int weigh(struct pk_vm *vm, struct pk_node *into, const struct pk_value *v)
{
	if (v->kind == PK_TEXT || v->kind == PK_BYTES || v->kind == PK_BYTEARRAY)
		into->expansion = sat_add(into->expansion, v->aux);
	if (!pk_has_node(v))
		return 0;
	const struct pk_node *n = &vm->nodes[v->aux];

	into->expansion = sat_add(into->expansion, n->expansion);
	if (n->depth >= into->depth)
		into->depth = (uint16_t)(n->depth + 1);
	into->holds |= n->holds & PK_HOLDS_OBJECT_DTYPE;
	if (into->depth > AY_LIMIT_PICKLE_DEPTH)
		return pk_fail(vm, AY_ELIMIT, "containers are nested deeper than %d", AY_LIMIT_PICKLE_DEPTH);
	if (into->expansion > AY_LIMIT_PICKLE_EXPANSION)
		return pk_fail(vm, AY_ELIMIT, "shared values expand to more than %llu",
			       (unsigned long long)AY_LIMIT_PICKLE_EXPANSION);
	return 0;
}

static void count_items(struct pk_node *n, size_t more)
{
	n->expansion = sat_add(n->expansion, more);
	n->count = n->count > UINT32_MAX - more ? UINT32_MAX : n->count + (uint32_t)more;
}

struct pk_value pk_tuple(struct pk_vm *vm, size_t at)
{
	size_t n = vm->depth - at;
	struct pk_value t = pk_new_node(vm, PK_TUPLE);

	if (vm->err)
		return t;
	struct pk_node *node = &vm->nodes[t.aux];

	if (n <= PK_TUPLE_KEPT) {
		while (vm->pool_cap - vm->pool_len < n) {
			void *p = grow(vm, vm->pool, &vm->pool_cap, sizeof(*vm->pool), 1024, AY_LIMIT_PICKLE_NODES, "tuple items");

			if (!p)
				return t;
			vm->pool = p;
		}
		node->first = (uint32_t)vm->pool_len;
		node->done = 1;
		for (size_t i = 0; i < n; i++)
			vm->pool[vm->pool_len++] = vm->stack[at + i];
	}
	count_items(node, n);
	for (size_t i = at; i < vm->depth && !vm->err; i++) {
		const struct pk_value *v = &vm->stack[i];

		if (v->kind < PK_TEXT)
			continue;
		if (!pk_is_data(vm, v))
			node->holds |= PK_HOLDS_NAME;
		weigh(vm, node, v);
		if (v->kind == PK_DTYPE && (vm->nodes[v->aux].holds & PK_HOLDS_OBJECT_DTYPE))
			node->holds |= PK_HOLDS_OBJECT_DTYPE;
	}
	if (vm->tree && !vm->err)
		pk_tree_items(vm, &t, false, vm->stack + at, n);
	vm->depth = at;
	return t;
}

/* A structured dtype's fields are a dict of name: (dtype, offset). Remembers how far they reach. */
static void note_field(struct pk_vm *vm, struct pk_node *dict, const struct pk_value *v)
{
	size_t n;
	const struct pk_value *item = pk_children(vm, v, &n);

	if (!item || n < 2 || item[0].kind != PK_DTYPE || item[1].kind != PK_INT)
		return;
	uint64_t end = sat_add((uint64_t)item[1].u, vm->nodes[item[0].aux].bytes);

	if ((int64_t)item[1].u < 0 || (item[1].flags & PK_INEXACT))
		end = UINT64_MAX;
	if (end > dict->bytes)
		dict->bytes = end;
}

/* Names inside a container that can change later are never inert: only those listed as data may go in. */
static void refuse_name(struct pk_vm *vm, const struct pk_value *v)
{
	if (v->kind == PK_GLOBAL) {
		const struct pk_global *g = &vm->globals[v->aux];

		if (g->allow)
			pk_refuse(vm, "pickle.global.misplaced", "%s.%s lies in a container as data, where it is not permitted",
				  g->module, g->name);
	} else {
		pk_refuse(vm, "pickle.global.misplaced", "a tuple that holds a function or class lies in a container as data");
	}
}

int pk_put_all(struct pk_vm *vm, struct pk_value *container, const struct pk_value *items, size_t n)
{
	if (!pk_has_node(container)) {
		for (size_t i = 0; i < n; i++)
			if (!pk_is_data(vm, &items[i]))
				refuse_name(vm, &items[i]);
		return vm->err;
	}
	struct pk_node *node = &vm->nodes[container->aux];

	if (node->done)
		return pk_fail(vm, AY_EFORMAT, "a dict that a dtype took as its fields is changed afterwards");
	count_items(node, n);
	for (size_t i = 0; i < n; i++) {
		const struct pk_value *v = &items[i];

		if (v->kind < PK_TEXT)
			continue;
		if (v->kind < PK_TUPLE) {
			node->expansion = sat_add(node->expansion, v->aux);
			continue;
		}
		if (!pk_is_data(vm, v))
			refuse_name(vm, v);
		if (v->kind == PK_TUPLE)
			note_field(vm, node, v);
		if (v->kind == PK_DTYPE && (vm->nodes[v->aux].holds & PK_HOLDS_OBJECT_DTYPE))
			node->holds |= PK_HOLDS_OBJECT_DTYPE;
		if (weigh(vm, node, v) != 0)
			break;
	}
	return vm->err;
}

const struct pk_value *pk_children(const struct pk_vm *vm, const struct pk_value *tuple, size_t *count_out)
{
	*count_out = 0;
	if (tuple->kind != PK_TUPLE || !vm->nodes[tuple->aux].done)
		return NULL;
	*count_out = vm->nodes[tuple->aux].count;
	/* The pool may not be allocated while all tuples are empty. */
	return vm->pool ? vm->pool + vm->nodes[tuple->aux].first : vm->stack;
}

const char *pk_kind_name(const struct pk_value *v)
{
	static const char *const names[] = {
		[PK_NONE] = "None", [PK_BOOL] = "a bool", [PK_INT] = "an int", [PK_FLOAT] = "a float", [PK_TEXT] = "a string",
		[PK_BYTES] = "bytes", [PK_BYTEARRAY] = "a bytearray", [PK_TUPLE] = "a tuple", [PK_LIST] = "a list",
		[PK_DICT] = "a dict", [PK_SET] = "a set", [PK_FROZENSET] = "a frozenset", [PK_GLOBAL] = "a function or class",
		[PK_INSTANCE] = "an instance", [PK_DTYPE] = "a dtype", [PK_WRAPPER] = "an array wrapper",
		[PK_STORAGE] = "a storage", [PK_TENSOR] = "a tensor", [PK_UNKNOWN] = "the result of a refused call",
	};

	return v->kind < AY_ARRAY_LEN(names) ? names[v->kind] : "?";
}
