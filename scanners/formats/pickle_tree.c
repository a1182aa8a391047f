/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a pickle would build, kept only for an extraction: which value lies under which key of which container, and how
 * each tensor lies in its storage. A judgement needs none of it and forgets values as soon as they are judged.
 */
#include "scanners/formats/pickle_tree.h"

struct storage { char *key; enum ay_dtype dtype; const char *bad; };

struct pk_tree {
	struct pk_edge *edges;
	struct pk_head *heads;         /* of each node of the run */
	struct storage *storages;
	struct pk_tensor *tensors;
	size_t edges_len, edges_cap, heads_cap, storages_len, storages_cap, tensors_len, tensors_cap;
};

/* Storage classes; all else, quantized and complex ones, has no type in safetensors. */
static const struct { const char *name; uint8_t dtype; } storage_types[] = {
	{ "FloatStorage", AY_DTYPE_F32 }, { "DoubleStorage", AY_DTYPE_F64 }, { "HalfStorage", AY_DTYPE_F16 },
	{ "BFloat16Storage", AY_DTYPE_BF16 }, { "LongStorage", AY_DTYPE_I64 }, { "IntStorage", AY_DTYPE_I32 },
	{ "ShortStorage", AY_DTYPE_I16 }, { "CharStorage", AY_DTYPE_I8 }, { "ByteStorage", AY_DTYPE_U8 }, { "BoolStorage", AY_DTYPE_BOOL },
	{ "UntypedStorage", AY_DTYPE_U8 }, { "_UntypedStorage", AY_DTYPE_U8 },
};
static const struct { const char *name; uint8_t dtype; } torch_types[] = {
	{ "float32", AY_DTYPE_F32 }, { "float64", AY_DTYPE_F64 }, { "float16", AY_DTYPE_F16 }, { "bfloat16", AY_DTYPE_BF16 },
	{ "int64", AY_DTYPE_I64 }, { "int32", AY_DTYPE_I32 }, { "int16", AY_DTYPE_I16 }, { "int8", AY_DTYPE_I8 }, { "uint8", AY_DTYPE_U8 },
	{ "uint16", AY_DTYPE_U16 }, { "uint32", AY_DTYPE_U32 }, { "uint64", AY_DTYPE_U64 }, { "bool", AY_DTYPE_BOOL },
	{ "float8_e4m3fn", AY_DTYPE_F8_E4M3 }, { "float8_e5m2", AY_DTYPE_F8_E5M2 },
};

/* v with place for want elements, or NULL after a failure. */
static void *grown(struct pk_vm *vm, void *v, size_t *cap, size_t want, size_t item)
{
	size_t next = *cap ? *cap : 256;

	if (want <= *cap)
		return v;
	while (next < want)
		next *= 2;
	void *p = ay_budget_realloc(vm->budget, v, next * item);

	if (p)
		*cap = next;
	else
		pk_fail(vm, AY_ELIMIT, "no memory left in this scan's budget for the values of the pickle");
	return p;
}

int pk_tree_begin(struct pk_vm *vm)
{
	vm->tree = ay_budget_alloc(vm->budget, sizeof(*vm->tree));
	if (!vm->tree)
		return AY_ELIMIT;
	*vm->tree = (struct pk_tree){ 0 };
	return 0;
}

void pk_tree_free(struct pk_vm *vm)
{
	struct pk_tree *t = vm->tree;

	if (!t)
		return;
	for (size_t i = 0; i < t->storages_len; i++)
		ay_budget_free(vm->budget, t->storages[i].key);
	ay_budget_free(vm->budget, t->edges);
	ay_budget_free(vm->budget, t->heads);
	ay_budget_free(vm->budget, t->storages);
	ay_budget_free(vm->budget, t->tensors);
	ay_budget_free(vm->budget, t);
}

/* ---- containers ---- */

static int settle(struct pk_vm *vm, size_t nodes)
{
	struct pk_tree *t = vm->tree;
	size_t had = t->heads_cap;
	void *p = grown(vm, t->heads, &t->heads_cap, nodes, sizeof(*t->heads));

	if (!p)
		return vm->err;
	t->heads = p;
	if (t->heads_cap > had)
		memset(t->heads + had, 0, (t->heads_cap - had) * sizeof(*t->heads));
	return 0;
}

int pk_tree_settle(struct pk_vm *vm)
{
	return settle(vm, vm->nodes_len + 1);
}

struct pk_head *pk_tree_head(struct pk_vm *vm, const struct pk_value *v)
{
	if (v->kind == PK_TENSOR || (!pk_has_node(v) && !(v->flags & PK_OBJECT)))
		return NULL;
	return settle(vm, (size_t)v->aux + 1) == 0 ? &vm->tree->heads[v->aux] : NULL;
}

const struct pk_edge *pk_tree_next(const struct pk_vm *vm, const struct pk_head *h, const struct pk_edge *e)
{
	uint32_t at = e ? e->next : h->first;

	return at ? &vm->tree->edges[at - 1] : NULL;
}

bool pk_tree_member(struct pk_vm *vm, const struct pk_value *dict, const char *key, struct pk_value *out)
{
	const struct pk_head *h = pk_tree_head(vm, dict);
	unsigned found = 0;

	for (const struct pk_edge *e = h ? pk_tree_next(vm, h, NULL) : NULL; e; e = pk_tree_next(vm, h, e))
		if (pk_text_is(vm, &e->key, key)) {
			*out = e->value;
			found++;
		}
	return found == 1;
}

static void add_edge(struct pk_vm *vm, struct pk_head *h, struct pk_value key, struct pk_value value, enum pk_edge_kind kind)
{
	struct pk_tree *t = vm->tree;
	void *p = vm->err ? NULL : grown(vm, t->edges, &t->edges_cap, t->edges_len + 1, sizeof(*t->edges));

	if (!p)
		return;
	t->edges = p;
	t->edges[t->edges_len++] = (struct pk_edge){ .key = key, .value = value, .kind = (uint8_t)kind };
	if (h->last)
		t->edges[h->last - 1].next = (uint32_t)t->edges_len;
	else
		h->first = (uint32_t)t->edges_len;
	h->last = (uint32_t)t->edges_len;
}

void pk_tree_items(struct pk_vm *vm, const struct pk_value *into, bool pairs, const struct pk_value *items, size_t n)
{
	struct pk_head *h = pk_tree_head(vm, into);

	for (size_t i = 0; h && i < n && !vm->err; i += pairs ? 2 : 1) {
		struct pk_value index = { .kind = PK_INT, .u = h->count++ };

		if (pairs)
			add_edge(vm, h, items[i], items[i + 1], PK_EDGE_ITEM);
		else
			add_edge(vm, h, index, items[i], PK_EDGE_ITEM);
	}
}

static enum ay_dtype numpy_type(char kind, uint64_t bytes)
{
	static const struct { char kind; uint8_t bytes, dtype; } types[] = {
		{ 'b', 1, AY_DTYPE_BOOL }, { 'u', 1, AY_DTYPE_U8 }, { 'i', 1, AY_DTYPE_I8 }, { 'u', 2, AY_DTYPE_U16 }, { 'i', 2, AY_DTYPE_I16 },
		{ 'f', 2, AY_DTYPE_F16 }, { 'u', 4, AY_DTYPE_U32 }, { 'i', 4, AY_DTYPE_I32 }, { 'f', 4, AY_DTYPE_F32 },
		{ 'u', 8, AY_DTYPE_U64 }, { 'i', 8, AY_DTYPE_I64 }, { 'f', 8, AY_DTYPE_F64 },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(types); i++)
		if (types[i].kind == kind && types[i].bytes == bytes)
			return (enum ay_dtype)types[i].dtype;
	return AY_DTYPE_NONE;
}

/* (version, shape, type, whether column-major, bytes): an array's state. */
static void describe_array(struct pk_vm *vm, struct pk_tensor *one, const struct pk_value *part)
{
	size_t dims;
	const struct pk_value *size = pk_children(vm, &part[1], &dims);
	const struct pk_head *type = part[2].kind == PK_DTYPE ? pk_tree_head(vm, &part[2]) : NULL;
	uint64_t items = 1;

	one->literal = true;
	one->bad = "is an array whose type safetensors does not have";
	if (!type || (one->layout.dtype = numpy_type(type->kind, vm->nodes[part[2].aux].bytes)) == AY_DTYPE_NONE)
		return;
	one->bad = "is an array whose bytes are not there as such";
	if (part[4].kind != PK_BYTES || !size || dims > AY_LIMIT_TENSOR_DIMS || (type->order != '<' && type->order != '>' && type->order != '|'))
		return;
	one->layout.swap = type->order == '>';
	one->layout.dims = (uint8_t)dims;
	for (size_t i = 0; i < dims; i++) {
		one->layout.shape[i] = size[i].u;
		if (size[i].kind != PK_INT || (size[i].flags & PK_INEXACT) || __builtin_mul_overflow(items, size[i].u, &items))
			return;
	}
	one->off = part[4].u;
	one->bytes = part[4].aux;
	if (part[4].aux != UINT32_MAX && !__builtin_mul_overflow(items, vm->nodes[part[2].aux].bytes, &items) && items == one->bytes &&
	    (part[3].kind == PK_BOOL || part[3].kind == PK_INT) && ay_layout_dense(&one->layout, part[3].u != 0))
		one->bad = NULL;
}

static void add_array(struct pk_vm *vm, struct pk_head *h, const struct pk_value *part)
{
	struct pk_tree *t = vm->tree;
	const struct pk_head *type;
	void *p;

	if (h->tensor) {
		t->tensors[h->tensor - 1].bad = "has its state set a second time";
		return;
	}
	type = part[2].kind == PK_DTYPE ? pk_tree_head(vm, &part[2]) : NULL;
	/* Texts, dates and structures are listed as what they are: values without a tensor. */
	if (type && type->kind && strchr("SaUVMmO", type->kind))
		return;
	p = grown(vm, t->tensors, &t->tensors_cap, t->tensors_len + 1, sizeof(*t->tensors));
	if (!p)
		return;
	t->tensors = p;
	h->tensor = (uint32_t)t->tensors_len + 1;
	t->tensors[t->tensors_len] = (struct pk_tensor){ .storage = 0 };
	describe_array(vm, &t->tensors[t->tensors_len++], part);
}

static void take_array(struct pk_vm *vm, struct pk_head *h, const struct pk_value *state)
{
	size_t n;
	const struct pk_value *part = pk_children(vm, state, &n);

	if (h->tensor || (part && n == 5 && part[4].kind != PK_LIST))
		add_array(vm, h, part);
}

/* _frombuffer(bytes, type, shape, "C" or "F"), what protocol 5 calls in place of setting a state. */
static void take_buffer(struct pk_vm *vm, struct pk_head *h, const struct pk_value *args)
{
	struct pk_value part[5] = { { .kind = PK_INT }, args[2], args[1], { .kind = PK_BOOL, .u = pk_text_is(vm, &args[3], "F") }, args[0] };

	if (part[4].kind == PK_BYTEARRAY)
		part[4].kind = PK_BYTES;
	add_array(vm, h, part);
}

/* (version, byte order, ...): a type's state. */
static void take_order(struct pk_vm *vm, struct pk_head *h, const struct pk_value *state)
{
	size_t n;
	const struct pk_value *part = pk_children(vm, state, &n);
	char text[4] = "";

	h->order = part && n > 1 && !h->order && pk_text(vm, &part[1], text, sizeof(text)) && strlen(text) == 1 ? text[0] : '?';
}

void pk_tree_state(struct pk_vm *vm, const struct pk_value *target, const struct pk_value *state)
{
	static const struct pk_value none;

	if (target->kind == PK_TENSOR && (target->flags & PK_OBJECT)) {
		vm->tree->tensors[target->aux].bad = "has its state set a second time";
		return;
	}
	if (target->kind != PK_INSTANCE && target->kind != PK_UNKNOWN && target->kind != PK_DTYPE)
		return;
	/* The head must stay while the parts of the state are looked at. */
	struct pk_head *h = pk_tree_settle(vm) == 0 ? pk_tree_head(vm, target) : NULL;

	if (h && target->kind == PK_DTYPE)
		take_order(vm, h, state);
	else if (h && target->kind == PK_INSTANCE && strcmp(target->of->module, "numpy") == 0 && strcmp(target->of->name, "ndarray") == 0)
		take_array(vm, h, state);
	else if (h)
		add_edge(vm, h, none, *state, PK_EDGE_STATE);
}

/* ---- storages and tensors ---- */

void pk_tree_storage(struct pk_vm *vm, struct pk_value *v, const char *key, const char *class)
{
	struct pk_tree *t = vm->tree;
	size_t len = strlen(key) + 1;
	struct storage one = { .bad = strncmp(class, "Complex", 7) == 0 ? "holds complex numbers" : "is quantized" };

	for (size_t i = 0; i < AY_ARRAY_LEN(storage_types); i++)
		if (strcmp(storage_types[i].name, class) == 0) {
			one.dtype = (enum ay_dtype)storage_types[i].dtype;
			one.bad = NULL;
		}
	void *p = t->storages_len < UINT32_MAX >> 8 ? grown(vm, t->storages, &t->storages_cap, t->storages_len + 1, sizeof(one)) : NULL;

	if (!p)
		return;
	t->storages = p;
	one.key = ay_budget_alloc(vm->budget, len);
	if (!one.key) {
		pk_fail(vm, AY_ELIMIT, "no memory left in this scan's budget for the storages of the pickle");
		return;
	}
	snprintf(one.key, len, "%s", key);
	t->storages[t->storages_len++] = one;
	v->aux |= (uint32_t)t->storages_len << 8;
}

const struct pk_tensor *pk_tree_tensor(const struct pk_vm *vm, const struct pk_value *v, const char **key_out)
{
	const struct pk_tensor *one = NULL;

	if (v->kind == PK_TENSOR && (v->flags & PK_OBJECT))
		one = &vm->tree->tensors[v->aux];
	else if (v->kind == PK_INSTANCE && (v->flags & PK_OBJECT) && vm->tree->heads[v->aux].tensor)
		one = &vm->tree->tensors[vm->tree->heads[v->aux].tensor - 1];
	if (one && one->storage)
		*key_out = vm->tree->storages[one->storage - 1].key;
	return one;
}

/* A view that torch reads as conjugated or negated is not what its storage says. */
static bool is_plain_view(const struct pk_vm *vm, const struct pk_value *args, size_t count, size_t at)
{
	return count <= at || args[at].kind == PK_NONE || (args[at].kind == PK_DICT && vm->nodes[args[at].aux].count == 0);
}

/* The geometry was judged: its numbers are exact, and inside of the storage. */
static void take_layout(struct pk_vm *vm, struct pk_tensor *one, const struct pk_value *args)
{
	size_t dims, strides;
	const struct pk_value *size = pk_children(vm, &args[2], &dims), *stride = pk_children(vm, &args[3], &strides);

	if (!size || !stride || dims != strides || dims > AY_LIMIT_TENSOR_DIMS) {
		one->bad = "has more dimensions than are read";
		return;
	}
	one->layout.dims = (uint8_t)dims;
	one->layout.first = args[1].u;
	for (size_t i = 0; i < dims; i++) {
		one->layout.shape[i] = size[i].u;
		one->layout.stride[i] = stride[i].u;
	}
}

static void describe(struct pk_vm *vm, struct pk_tensor *one, const struct ay_allow *fn, const struct pk_value *args, size_t count)
{
	uint32_t storage = count ? args[0].aux >> 8 : 0;

	if (fn->how == AY_HOW_FROM_TYPE) {
		size_t n;
		const struct pk_value *inner = pk_children(vm, &args[2], &n);
		const struct ay_allow *of = vm->globals[args[0].aux].allow;

		/* Nothing that the allowlist permits here nests further. */
		if (of->how == AY_HOW_TENSOR_V1 || of->how == AY_HOW_TENSOR_V3)
			describe(vm, one, of, inner, n);
		else
			one->bad = "is sparse, wrapped or without data";
		return;
	}
	if (strcmp(fn->name, "_rebuild_qtensor") == 0)
		one->bad = "is quantized";
	else if (fn->how != AY_HOW_TENSOR_V1 && fn->how != AY_HOW_TENSOR_V3)
		one->bad = "is sparse, wrapped or without data";
	else if (args[0].kind != PK_STORAGE || !storage)
		one->bad = "has its storage in a file inside of the pickle";
	if (one->bad)
		return;
	const struct storage *from = &vm->tree->storages[storage - 1];

	one->storage = storage;
	one->layout.dtype = from->dtype;
	one->bad = from->bad;
	if (fn->how == AY_HOW_TENSOR_V3) {
		one->layout.dtype = AY_DTYPE_NONE;
		one->bad = "has a type that safetensors does not have";
		for (size_t i = 0; i < AY_ARRAY_LEN(torch_types); i++)
			if (strcmp(torch_types[i].name, vm->globals[args[6].aux].name) == 0) {
				one->layout.dtype = (enum ay_dtype)torch_types[i].dtype;
				one->bad = NULL;
			}
	}
	if (!is_plain_view(vm, args, count, fn->how == AY_HOW_TENSOR_V3 ? 7 : 6))
		one->bad = "is a conjugated or negated view";
	take_layout(vm, one, args);
}

/* Key and value of a pair of Python 2's OrderedDict. */
static bool take_pair(struct pk_vm *vm, const struct pk_value *pair, struct pk_value *out)
{
	const struct pk_head *h = pair->kind == PK_LIST || pair->kind == PK_TUPLE ? pk_tree_head(vm, pair) : NULL;
	const struct pk_edge *key = h ? pk_tree_next(vm, h, NULL) : NULL, *value = key ? pk_tree_next(vm, h, key) : NULL;

	if (!value)
		return false;
	out[0] = key->value;
	out[1] = value->value;
	return true;
}

/* set([a, b]), and OrderedDict([[key, value], ...]) as Python 2 wrote it: what the list holds is in the result. */
static void take_arguments(struct pk_vm *vm, const char *class, const struct pk_value *list, const struct pk_value *result)
{
	static const char *const sequences[] = { "set", "frozenset", "list", "tuple", "deque" };
	bool pairs = strcmp(class, "OrderedDict") == 0 || strcmp(class, "dict") == 0, known = pairs;
	const struct pk_head *h = pk_tree_head(vm, list);
	const struct pk_edge *e = h ? pk_tree_next(vm, h, NULL) : NULL;

	for (size_t i = 0; i < AY_ARRAY_LEN(sequences); i++)
		known = known || strcmp(sequences[i], class) == 0;
	while (known && e && !vm->err) {
		/* Edges move when more are added. */
		struct pk_edge copy = *e;
		struct pk_value items[2] = { copy.value };

		if (pairs && !take_pair(vm, &copy.value, items))
			return;
		pk_tree_items(vm, result, pairs, items, pairs ? 2 : 1);
		e = pk_tree_next(vm, NULL, &copy);
	}
}

void pk_tree_called(struct pk_vm *vm, const struct pk_value *callee, const struct pk_value *args, struct pk_value *result)
{
	struct pk_tree *t = vm->tree;
	size_t count = 0;
	const struct pk_value *list = args->kind == PK_TUPLE ? pk_children(vm, args, &count) : NULL;

	if (vm->err)
		return;
	if (result->kind == PK_TENSOR && callee->kind == PK_GLOBAL && list && vm->globals[callee->aux].allow) {
		const struct ay_allow *fn = vm->globals[callee->aux].allow;

		/* A parameter is its tensor. */
		if ((strncmp(fn->name, "_rebuild_parameter", 18) == 0 || strcmp(fn->name, "Parameter") == 0 || strcmp(fn->name, "Buffer") == 0) &&
		    count && list[0].kind == PK_TENSOR) {
			*result = list[0];
			return;
		}
		void *p = grown(vm, t->tensors, &t->tensors_cap, t->tensors_len + 1, sizeof(*t->tensors));

		if (!p)
			return;
		t->tensors = p;
		t->tensors[t->tensors_len] = (struct pk_tensor){ .storage = 0 };
		describe(vm, &t->tensors[t->tensors_len], fn, list, count);
		result->aux = (uint32_t)t->tensors_len++;
		result->flags |= PK_OBJECT;
	} else if (result->kind == PK_DTYPE && count) {
		struct pk_head *h = pk_tree_head(vm, result);
		char text[8];
		size_t skip;

		/* "f4", "<f4": what the state says of the order is what counts. */
		if (h && pk_text(vm, &list[0], text, sizeof(text))) {
			skip = strspn(text, "<>|=");
			h->kind = text[skip];
		}
	} else if (result->kind == PK_INSTANCE || result->kind == PK_UNKNOWN) {
		struct pk_value node = pk_new_node(vm, PK_TUPLE);

		if (vm->err)
			return;
		result->aux = node.aux;
		result->flags |= PK_OBJECT;
		struct pk_head *h = pk_tree_settle(vm) == 0 ? pk_tree_head(vm, result) : NULL;

		if (!h || callee->kind != PK_GLOBAL)
			return;
		h->class = callee->aux + 1;
		if (result->kind == PK_INSTANCE && count == 4 && strcmp(vm->globals[callee->aux].name, "_frombuffer") == 0)
			take_buffer(vm, h, list);
		if (result->kind == PK_INSTANCE && count == 1 && list[0].kind == PK_LIST)
			take_arguments(vm, vm->globals[callee->aux].name, &list[0], result);
	}
}
