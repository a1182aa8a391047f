/* SPDX-License-Identifier: Apache-2.0 */
/* numpy in pickles: dtypes that tell the truth about objects, and joblib's arrays between the opcodes. */
#include "scanners/formats/pickle_vm.h"

#define NEST_MAX 4
#define JOBLIB_ALIGNMENT_MAX 16

static struct pk_value unknown(void)
{
	return (struct pk_value){ .kind = PK_UNKNOWN };
}

static struct pk_value new_dtype(struct pk_vm *vm, uint64_t bytes, char kind)
{
	struct pk_value v = pk_new_node(vm, PK_DTYPE);

	if (v.kind == PK_DTYPE) {
		vm->nodes[v.aux].bytes = bytes;
		vm->nodes[v.aux].holds = kind == 'O' ? PK_HOLDS_OBJECT_DTYPE : 0;
		vm->nodes[v.aux].flexible = strchr("SaUV", kind) != NULL;
	}
	return v;
}

/* Items of a shape. */
static bool product(struct pk_vm *vm, const struct pk_value *shape, uint64_t *out)
{
	size_t n;
	const struct pk_value *dim = pk_children(vm, shape, &n);

	*out = 1;
	for (size_t i = 0; dim && i < n; i++)
		if (dim[i].kind != PK_INT || (dim[i].flags & PK_INEXACT) || (int64_t)dim[i].u < 0 ||
		    __builtin_mul_overflow(*out, dim[i].u, out))
			return false;
	return dim != NULL;
}

/* Sizes that numpy has for a kind, as bits: 1 << bytes. 0: any, the state says which. */
static uint64_t sizes_of(char kind)
{
	switch (kind) {
	case 'b': return 1u << 1;
	case 'i':
	case 'u': return 1u << 1 | 1u << 2 | 1u << 4 | 1u << 8;
	case 'f': return 1u << 2 | 1u << 4 | 1u << 8 | 1u << 12 | 1u << 16;
	case 'c': return 1u << 8 | 1u << 16 | 1u << 24 | 1ull << 32;
	case 'm':
	case 'M': return 1u << 8;
	default: return 0;
	}
}

/* "<f8", "U5", "O8", "M8[ns]" */
static bool parse_dtype(const char *p, uint64_t *bytes_out, char *kind_out)
{
	uint64_t n = 0;

	if (*p && strchr("<>|=", *p))
		p++;
	char kind = *p;

	if (!kind || !strchr("biufcmMSaUVO", kind))
		return false;
	for (p++; *p >= '0' && *p <= '9' && n < 1u << 30; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	if (*p && !((kind == 'm' || kind == 'M') && *p == '['))
		return false;
	uint64_t sizes = sizes_of(kind);

	*kind_out = kind;
	*bytes_out = kind == 'U' ? n * 4 : kind == 'O' ? 8 : n;
	return !sizes || (n < 64 && (sizes >> n & 1));
}

struct pk_value pk_numpy_dtype(struct pk_vm *vm, const struct pk_value *args, size_t count)
{
	char text[32], kind = 0;
	uint64_t bytes = 0;

	if (count && args[0].kind == PK_UNKNOWN)
		return unknown();
	/* Structured types of recarrays name their item's class in place of a code. */
	if (count && args[0].kind == PK_GLOBAL && strcmp(vm->globals[args[0].aux].name, "record") == 0)
		return new_dtype(vm, 0, 'V');
	if (count && pk_text(vm, &args[0], text, sizeof(text)) && parse_dtype(text, &bytes, &kind))
		return new_dtype(vm, bytes, kind);
	pk_refuse(vm, "pickle.call.arguments", "numpy.dtype of something that is not a type's code");
	return unknown();
}

/* Fields end inside of the type; what a type repeats fills it exactly. */
static void check_parts(struct pk_vm *vm, const struct pk_node *node, const struct pk_value *base, const struct pk_value *fields)
{
	size_t n;
	const struct pk_value *sub = pk_children(vm, base, &n);
	uint64_t count, bytes;

	if (base->kind != PK_NONE && (!sub || n != 2 || sub[0].kind != PK_DTYPE || !product(vm, &sub[1], &count) ||
				      __builtin_mul_overflow(count, vm->nodes[sub[0].aux].bytes, &bytes) || bytes != node->bytes))
		pk_refuse(vm, "pickle.state.denied", "a dtype of %llu bytes that its base type does not fill",
			  (unsigned long long)node->bytes);
	if (fields->kind == PK_DICT) {
		vm->nodes[fields->aux].done = 1;
		if (vm->nodes[fields->aux].bytes > node->bytes)
			pk_refuse(vm, "pickle.state.denied", "a dtype of %llu bytes with a field that ends at %llu",
				  (unsigned long long)node->bytes, (unsigned long long)vm->nodes[fields->aux].bytes);
	} else if (fields->kind != PK_NONE) {
		pk_refuse(vm, "pickle.state.denied", "a dtype whose fields are %s", pk_kind_name(fields));
	}
}

/*
 * (version, byte order, base type, names, fields, size, alignment, flags[, metadata]). numpy believes it: a structured
 * type with object fields, or fields beyond its size, would make it take bytes for pointers.
 */
void pk_numpy_dtype_state(struct pk_vm *vm, const struct pk_value *dtype, const struct pk_value *state)
{
	size_t n;
	const struct pk_value *part = pk_children(vm, state, &n);
	struct pk_node *node = &vm->nodes[dtype->aux];

	if (!part || n < 8 || n > 9 || part[0].kind != PK_INT || part[1].kind != PK_TEXT || part[5].kind != PK_INT ||
	    part[6].kind != PK_INT || part[7].kind != PK_INT || !pk_is_data(vm, state)) {
		pk_refuse(vm, "pickle.state.denied", "BUILD of numpy.dtype with a state that numpy does not write");
		return;
	}
	if (node->done) {
		pk_refuse(vm, "pickle.state.denied", "a dtype is given its state twice");
		return;
	}
	node->done = 1;
	bool object = node->holds & PK_HOLDS_OBJECT_DTYPE;

	/* numpy takes this flag from here: a reader of arrays asks it whether bytes or a pickle follow. */
	if (object != (part[7].u & 1) || (!object && (vm->nodes[state->aux].holds & PK_HOLDS_OBJECT_DTYPE))) {
		pk_refuse(vm, "pickle.state.denied", "a dtype that hides whether it holds objects");
		return;
	}
	/* And the size, but of text, bytes and structures only. */
	if (node->flexible && (int64_t)part[5].u >= 0 && !(part[5].flags & PK_INEXACT)) {
		node->bytes = part[5].u;
	} else if (node->flexible || ((int64_t)part[5].u != -1 && part[5].u != node->bytes)) {
		pk_refuse(vm, "pickle.state.denied", "a dtype of %llu bytes whose state says %lld", (unsigned long long)node->bytes,
			  (long long)part[5].u);
		return;
	}
	check_parts(vm, node, &part[2], &part[4]);
}

/* What the wrapper's dict says. */
struct array { uint64_t count, item; bool object, aligned, named; };

static bool array_item(struct pk_vm *vm, const struct pk_value *key, const struct pk_value *v, struct array *a, unsigned *seen)
{
	if (pk_text_is(vm, key, "shape")) {
		*seen |= 1;
		return product(vm, v, &a->count);
	}
	if (pk_text_is(vm, key, "dtype")) {
		*seen |= 2;
		if (v->kind != PK_DTYPE)
			return false;
		a->item = vm->nodes[v->aux].bytes;
		a->object = vm->nodes[v->aux].holds & PK_HOLDS_OBJECT_DTYPE;
		return true;
	}
	if (pk_text_is(vm, key, "order")) {
		*seen |= 4;
		return pk_text_is(vm, v, "C") || pk_text_is(vm, v, "F");
	}
	if (pk_text_is(vm, key, "subclass")) {
		*seen |= 8;
		return v->kind == PK_GLOBAL && vm->globals[v->aux].allow && (vm->globals[v->aux].allow->slots & AY_SLOT_ARRAY);
	}
	if (pk_text_is(vm, key, "allow_mmap"))
		return v->kind == PK_BOOL;
	if (!pk_text_is(vm, key, "numpy_array_alignment_bytes"))
		return false;
	a->aligned = v->kind == PK_INT && v->u > 0 && v->u <= JOBLIB_ALIGNMENT_MAX;
	return a->aligned || v->kind == PK_NONE;
}

static bool read_array(struct pk_vm *vm, const struct pk_value *state, struct array *a)
{
	unsigned seen = 0;

	if (state->kind != PK_DICT || vm->items_node != state->aux || vm->items_op + 1 != vm->ops)
		return false;
	for (size_t i = 0; i + 1 < vm->items_len; i += 2)
		if (!array_item(vm, &vm->stack[vm->items_at + i], &vm->stack[vm->items_at + i + 1], a, &seen))
			return false;
	return seen == 15 && vm->items_len / 2 == vm->nodes[state->aux].count;
}

/* A line of a text opcode that an importer would take for a module or name. */
static bool skip_name(struct ay_cursor *c)
{
	size_t n;
	const uint8_t *p = ay_cursor_until(c, '\n', AY_LIMIT_PICKLE_NAME, &n);
	struct ay_cursor text = ay_cursor_of(p, n, 0);

	while (text.left) {
		int b = ay_cursor_u8(&text);

		if (!(b == '.' || b == '_' || (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z')))
			return false;
	}
	return n > 0 && !c->err;
}

static void skip_argument(struct ay_cursor *c, enum pk_arg arg)
{
	size_t n;

	switch (arg) {
	case PK_ARG_1: ay_cursor_skip(c, 1); break;
	case PK_ARG_2: ay_cursor_skip(c, 2); break;
	case PK_ARG_4: ay_cursor_skip(c, 4); break;
	case PK_ARG_8: ay_cursor_skip(c, 8); break;
	case PK_ARG_LEN1: ay_cursor_skip(c, ay_cursor_u8(c)); break;
	case PK_ARG_LEN4: ay_cursor_skip(c, ay_cursor_le32(c)); break;
	case PK_ARG_LEN8: ay_cursor_skip(c, ay_cursor_le64(c)); break;
	case PK_ARG_LINE: ay_cursor_until(c, '\n', c->left, &n); break;
	case PK_ARG_BAD: ay_cursor_fail(c, AY_EFORMAT); break;
	default: break;
	}
}

/*
 * joblib before 1.2 wrote no padding before the bytes, so a plain unpickler, which knows no inline arrays, takes them
 * for opcodes. True when it surely stops before they name or call anything.
 */
static bool plain_reader_stops(struct pk_vm *vm)
{
	if (vm->c.left < PK_WINDOW / 2 && vm->c.off + vm->c.left < vm->end && pk_refill(vm, 1) != 0)
		return false;
	struct ay_cursor c = vm->c;

	/* The first opcode finds the wrapper on top of the stack: not arguments, not a name, nothing to call. */
	for (bool first = true;; first = false) {
		if (!c.left)
			return vm->c.off + vm->c.left == vm->end;
		const struct pk_op *op = &pk_ops[ay_cursor_u8(&c)];

		if (op->arg == PK_ARG_TWO_LINES)
			return !(skip_name(&c) && skip_name(&c));
		if (op->calls || op->names)
			return first;
		if (op->arg == PK_ARG_NONE && strcmp(op->name, "STOP") == 0)
			return true;
		skip_argument(&c, op->arg);
		if (c.err == AY_EFORMAT)
			return true;
		if (c.err)
			return vm->c.off + vm->c.left == vm->end;
	}
}

/* joblib writes an array of objects as a pickle of its own, which it reads with the plain unpickler. */
static int nested_pickle(struct pk_vm *vm)
{
	struct ay_pickle_context ctx = { .no_joblib = true };
	struct pk_vm *inner;
	int rc = AY_ELIMIT;

	if (vm->nested == NEST_MAX)
		return pk_fail(vm, AY_ELIMIT, "pickles are nested deeper than %d", NEST_MAX);
	inner = ay_budget_alloc(vm->budget, sizeof(*inner));
	if (inner)
		rc = pk_init(inner, vm->s, vm->in, &ctx);
	if (rc == 0) {
		inner->nested = vm->nested + 1;
		inner->c.off = vm->c.off;
		rc = pk_run(inner);
		vm->c = ay_cursor_of(vm->window, 0, inner->c.off);
		pk_free(inner);
		/* The inner run has reported why it failed. */
		vm->err = rc;
	} else {
		pk_fail(vm, rc, "no memory left in this scan's budget for a nested pickle");
	}
	ay_budget_free(vm->budget, inner);
	return vm->err;
}

static int skip_padding(struct pk_vm *vm)
{
	if (pk_want(vm, 1) != 0)
		return vm->err;
	unsigned n = ay_cursor_u8(&vm->c);

	if (n > JOBLIB_ALIGNMENT_MAX)
		return pk_fail(vm, AY_EFORMAT, "%u bytes of padding before an array", n);
	return pk_skip(vm, n);
}

int pk_joblib_array(struct pk_vm *vm, const struct pk_value *wrapper, const struct pk_value *state)
{
	static const struct ay_allow *ndarray;
	struct array a = { 0 };
	uint64_t bytes;

	if (vm->ctx->no_joblib)
		return pk_fail(vm, AY_EFORMAT, "an inline array where the reader is not joblib");
	if (vm->nodes[wrapper->aux].done || !read_array(vm, state, &a))
		return pk_fail(vm, AY_EFORMAT, "an array wrapper whose state is not the one that joblib writes");
	vm->nodes[wrapper->aux].done = 1;
	if (vm->c.off < vm->frame_end)
		return pk_fail(vm, AY_EFORMAT, "an inline array inside a frame");
	/* What follows belongs to no frame, and is not part of the opcode that ended this one. */
	vm->frame_end = 0;
	if (!ndarray)
		ndarray = ay_allow_find("numpy", "ndarray");
	vm->stack[vm->depth - 1] = (struct pk_value){ .kind = PK_INSTANCE, .of = ndarray };
	if (a.object)
		return nested_pickle(vm);
	if (a.aligned && skip_padding(vm) != 0)
		return vm->err;
	if (__builtin_mul_overflow(a.count, a.item, &bytes) || (a.item == 0 && a.count))
		return pk_fail(vm, AY_EFORMAT, "an inline array whose size cannot be counted");
	if (!a.aligned && bytes && !plain_reader_stops(vm)) {
		pk_refuse(vm, "pickle.inline-array",
			  "the bytes of an array are also opcodes: joblib and pickle would read two different streams");
		if (vm->err)
			return vm->err;
	}
	return pk_skip(vm, bytes);
}
