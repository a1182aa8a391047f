/* SPDX-License-Identifier: Apache-2.0 */
/* The opcodes. Anything that CPython would refuse, or that two readers could read differently, ends the run. */
#include "scanners/formats/pickle_vm.h"

#include "assay/ckd.h"

#define OPS_PER_TICK 256
/* Fixed-size opcodes are at most this long, so one check covers opcode and argument. */
#define OP_BYTES_MAX 9
#define NUMBER_LINE 4399   /* digits of the longest int that Python reads from text by default */
#define FLOAT_LINE 63
#define MEMO_LINE 23

static int push_kind(struct pk_vm *vm, enum pk_kind kind)
{
	return pk_push(vm, (struct pk_value){ .kind = (uint8_t)kind });
}

static int push_int(struct pk_vm *vm, int64_t n)
{
	return pk_push(vm, (struct pk_value){ .kind = PK_INT, .u = (uint64_t)n });
}

static int push_bool(struct pk_vm *vm, bool b)
{
	return pk_push(vm, (struct pk_value){ .kind = PK_BOOL, .u = b });
}

static int push_node(struct pk_vm *vm, enum pk_kind kind)
{
	return pk_push(vm, pk_new_node(vm, kind));
}

/* ---- values of bytes ---- */

/* Out of the way of push_text, which runs for each of millions of strings and must not clear a buffer each time. */
static __attribute__((noinline)) int tell_text(struct pk_vm *vm, const struct pk_value *v)
{
	char text[AY_LIMIT_PICKLE_NAME];

	if (!pk_text(vm, v, text, sizeof(text)) || vm->ctx->text_seen(vm->ctx->arg, text) < 0)
		return pk_fail(vm, AY_EFORMAT, "a string that does not belong here");
	return 0;
}

static int push_text(struct pk_vm *vm, struct pk_value v)
{
	if (vm->ctx->plain && vm->ctx->text_seen && tell_text(vm, &v) != 0)
		return vm->err;
	return pk_push(vm, v);
}

static int op_bytes(struct pk_vm *vm, enum pk_kind kind, uint64_t len)
{
	struct pk_value v = { .kind = (uint8_t)kind, .aux = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX, .u = vm->c.off };
	int rc = kind == PK_TEXT ? pk_skip_text(vm, len) : pk_skip(vm, len);

	if (rc != 0)
		return rc;
	return kind == PK_TEXT ? push_text(vm, v) : pk_push(vm, v);
}

/* Python 2's str: bytes or text, as the reader decides. Names among them are ASCII, and only those matter. */
static int op_string(struct pk_vm *vm, int64_t len)
{
	struct pk_value v = { .kind = PK_TEXT, .aux = (uint32_t)len, .u = vm->c.off };

	if (len < 0)
		return pk_fail(vm, AY_EFORMAT, "a string of negative length");
	return pk_skip(vm, (uint64_t)len) ? vm->err : push_text(vm, v);
}

static int op_long(struct pk_vm *vm, int64_t len)
{
	struct pk_value v = { .kind = PK_INT };

	if (len < 0)
		return pk_fail(vm, AY_EFORMAT, "an int of negative length");
	if (len > 8) {
		v.flags = PK_INEXACT;
		return pk_skip(vm, (uint64_t)len) ? vm->err : pk_push(vm, v);
	}
	if (pk_want(vm, (size_t)len) != 0)
		return vm->err;
	for (int64_t i = 0; i < len; i++)
		v.u |= (uint64_t)ay_cursor_u8(&vm->c) << (8 * i);
	if (len && len < 8 && (v.u >> (8 * len - 1)))
		v.u |= UINT64_MAX << (8 * len);
	return pk_push(vm, v);
}

/* ---- text numbers ---- */

/* Moves past decimal digits; false when there are none. *n: the number; *over: it needs more than 64 bits. */
static inline bool take_digits(struct ay_cursor *c, uint64_t *n, bool *over)
{
	size_t had = c->left;
	int digit;

	*n = 0;
	*over = false;
	while ((digit = ay_cursor_peek(c, 0)) >= '0' && digit <= '9') {
		*over |= ay_ckd_mul_u64(*n, 10, n) || ay_ckd_add_u64(*n, (uint64_t)(digit - '0'), n);
		ay_cursor_skip(c, 1);
	}
	return c->left < had;
}

static int op_int_line(struct pk_vm *vm, bool is_long)
{
	struct pk_value v = { .kind = PK_INT };
	struct ay_cursor c;
	bool over;

	if (pk_line_in(vm, NUMBER_LINE, &c) != 0)
		return vm->err;
	if (!is_long && c.left == 2 && ay_cursor_peek(&c, 0) == '0' && (ay_cursor_peek(&c, 1) | 1) == '1')
		return push_bool(vm, ay_cursor_peek(&c, 1) == '1');
	bool minus = ay_cursor_accept(&c, "-", 1);
	bool good = take_digits(&c, &v.u, &over);

	if (is_long)
		ay_cursor_accept(&c, "L", 1);
	if (!good || c.left)
		return pk_fail(vm, AY_EFORMAT, "a text integer that is not decimal digits");
	if (over || v.u > (uint64_t)INT64_MAX + minus)
		v = (struct pk_value){ .kind = PK_INT, .flags = PK_INEXACT };
	if (minus)
		v.u = -v.u;
	return pk_push(vm, v);
}

/* The number is not needed, only that it is one: decimal, inf or nan. */
static int op_float_line(struct pk_vm *vm)
{
	struct ay_cursor c;
	uint64_t n;
	bool over;

	if (pk_line_in(vm, FLOAT_LINE, &c) != 0)
		return vm->err;
	if (!ay_cursor_accept(&c, "-", 1))
		ay_cursor_accept(&c, "+", 1);
	bool good = ay_cursor_accept(&c, "inf", 3) || ay_cursor_accept(&c, "nan", 3);

	if (!good) {
		good = take_digits(&c, &n, &over);
		if (ay_cursor_accept(&c, ".", 1))
			good |= take_digits(&c, &n, &over);
		if (good && (ay_cursor_accept(&c, "e", 1) || ay_cursor_accept(&c, "E", 1))) {
			if (!ay_cursor_accept(&c, "-", 1))
				ay_cursor_accept(&c, "+", 1);
			good = take_digits(&c, &n, &over);
		}
	}
	return good && !c.left ? push_kind(vm, PK_FLOAT) : pk_fail(vm, AY_EFORMAT, "a text float that is not a number");
}

static int op_text_line(struct pk_vm *vm, bool quoted)
{
	struct pk_value v = { .kind = PK_TEXT };

	return pk_line_data(vm, &v, quoted) ? vm->err : push_text(vm, v);
}

static int memo_top(struct pk_vm *vm, uint64_t index)
{
	return pk_need(vm, 1) ? pk_memo_put(vm, index, vm->stack[vm->depth - 1]) : vm->err;
}

static int op_memo_line(struct pk_vm *vm, bool put)
{
	struct ay_cursor c;
	uint64_t index;
	bool over;

	if (pk_line_in(vm, MEMO_LINE, &c) != 0)
		return vm->err;
	if (!take_digits(&c, &index, &over) || c.left)
		return pk_fail(vm, AY_EFORMAT, "a memo index that is not a number");
	if (over)
		return pk_fail(vm, AY_EFORMAT, "a memo index beyond 64 bits");
	return put ? memo_top(vm, index) : pk_memo_get(vm, index);
}

/*
 * A plain unpickler runs an array's nested pickle as part of the outer one, with the outer memo: indexes that are counted
 * would differ. joblib writes them in protocol 2, which has none.
 */
static int op_memoize(struct pk_vm *vm)
{
	if (vm->nested)
		return pk_fail(vm, AY_EFORMAT, "MEMOIZE in a nested pickle, where two readers count differently");
	return memo_top(vm, vm->memo_used);
}

/* ---- stack ---- */

static int op_pop(struct pk_vm *vm)
{
	if (vm->marks_len && vm->marks[vm->marks_len - 1] == vm->depth) {
		pk_pop_mark(vm);
		return vm->err;
	}
	pk_pop(vm);
	return vm->err;
}

static int op_pop_mark(struct pk_vm *vm)
{
	size_t at = pk_pop_mark(vm);

	if (!vm->err)
		vm->depth = at;
	return vm->err;
}

static int op_dup(struct pk_vm *vm)
{
	return pk_need(vm, 1) ? pk_push(vm, vm->stack[vm->depth - 1]) : vm->err;
}

/* ---- containers ---- */

static int op_tuple(struct pk_vm *vm, size_t n)
{
	if (!pk_need(vm, n))
		return vm->err;
	struct pk_value t = pk_tuple(vm, vm->depth - n);

	return vm->err ? vm->err : pk_push(vm, t);
}

static int op_tuple_mark(struct pk_vm *vm)
{
	size_t at = pk_pop_mark(vm);

	if (vm->err)
		return vm->err;
	struct pk_value t = pk_tuple(vm, at);

	return vm->err ? vm->err : pk_push(vm, t);
}

static bool unhashable(const struct pk_value *v)
{
	return v->kind == PK_LIST || v->kind == PK_DICT || v->kind == PK_SET || v->kind == PK_BYTEARRAY;
}

static int check_keys(struct pk_vm *vm, const struct pk_value *items, size_t n, size_t step)
{
	for (size_t i = 0; i < n; i += step)
		if (unhashable(&items[i]))
			return pk_fail(vm, AY_EFORMAT, "%s as a key, which cannot be hashed", pk_kind_name(&items[i]));
	return 0;
}

/* DICT, LIST and FROZENSET: a container from the values above the mark. */
static int op_from_mark(struct pk_vm *vm, enum pk_kind kind)
{
	size_t at = pk_pop_mark(vm);

	if (vm->err)
		return vm->err;
	size_t n = vm->depth - at;
	struct pk_value v = pk_new_node(vm, kind);

	if (kind == PK_DICT && n % 2)
		return pk_fail(vm, AY_EFORMAT, "a dict with a key but no value");
	if (kind != PK_LIST && check_keys(vm, vm->stack + at, n, kind == PK_DICT ? 2 : 1) != 0)
		return vm->err;
	if (vm->err || pk_put_all(vm, &v, vm->stack + at, n) != 0)
		return vm->err;
	if (vm->tree)
		pk_tree_items(vm, &v, kind == PK_DICT, vm->stack + at, n);
	vm->depth = at;
	return pk_push(vm, v);
}

/* Mutation only of what is known to be a list, dict or set, or an instance whose class takes it. */
static int add_items(struct pk_vm *vm, size_t at, enum pk_kind kind, uint16_t role)
{
	size_t n = vm->depth - at;

	if (at <= vm->fence)
		return pk_fail(vm, AY_EFORMAT, "there is no container below the items");
	struct pk_value *into = &vm->stack[at - 1];
	const struct ay_allow *a = pk_class(into);

	if (kind == PK_DICT && n % 2)
		return pk_fail(vm, AY_EFORMAT, "a key without a value");
	if (into->kind != kind && into->kind != PK_UNKNOWN && !(a && (a->roles & role)))
		return pk_fail(vm, AY_EFORMAT, "items are put into %s, which is no %s", pk_kind_name(into),
			       kind == PK_DICT ? "dict" : kind == PK_LIST ? "list" : "set");
	if (kind != PK_LIST && check_keys(vm, vm->stack + at, n, kind == PK_DICT ? 2 : 1) != 0)
		return vm->err;
	if (kind == PK_DICT) {
		vm->items_at = at;
		vm->items_len = n;
		vm->items_node = into->kind == PK_DICT ? into->aux : UINT32_MAX;
		vm->items_op = vm->ops;
	}
	uint32_t had = into->kind == PK_DICT ? vm->nodes[into->aux].count : 0;

	if (pk_put_all(vm, into, vm->stack + at, n) != 0)
		return vm->err;
	if (vm->tree)
		pk_tree_items(vm, into, kind == PK_DICT, vm->stack + at, n);
	if (into->kind == PK_DICT)
		vm->nodes[into->aux].count = had > UINT32_MAX - n ? UINT32_MAX : had + (uint32_t)(n / 2);
	vm->depth = at;
	return 0;
}

static int op_items(struct pk_vm *vm, enum pk_kind kind, uint16_t role)
{
	size_t at = pk_pop_mark(vm);

	return vm->err ? vm->err : add_items(vm, at, kind, role);
}

static int op_item(struct pk_vm *vm, enum pk_kind kind, size_t n, uint16_t role)
{
	return pk_need(vm, n + 1) ? add_items(vm, vm->depth - n, kind, role) : vm->err;
}

/* ---- names and calls ---- */

static __attribute__((noinline)) int op_global(struct pk_vm *vm, struct pk_value *v, const char *form)
{
	char module[AY_LIMIT_PICKLE_NAME], name[AY_LIMIT_PICKLE_NAME];

	if (pk_line(vm, module, sizeof(module)) != 0 || pk_line(vm, name, sizeof(name)) != 0)
		return vm->err;
	*v = pk_global(vm, module, name, form);
	return vm->err;
}

static __attribute__((noinline)) int op_stack_global(struct pk_vm *vm)
{
	char module[AY_LIMIT_PICKLE_NAME], name[AY_LIMIT_PICKLE_NAME];

	if (!pk_need(vm, 2))
		return vm->err;
	struct pk_value n = pk_pop(vm), m = pk_pop(vm);

	if (!pk_text(vm, &m, module, sizeof(module)) || !pk_text(vm, &n, name, sizeof(name)))
		return pk_fail(vm, AY_EFORMAT, "STACK_GLOBAL with %s and %s, not two literal strings", pk_kind_name(&m), pk_kind_name(&n));
	struct pk_value v = pk_global(vm, module, name, "STACK_GLOBAL");

	return vm->err ? vm->err : pk_push(vm, v);
}

static int op_call(struct pk_vm *vm, const char *form)
{
	if (!pk_need(vm, 2))
		return vm->err;
	struct pk_value args = pk_pop(vm), callee = pk_pop(vm);
	struct pk_value v = pk_call(vm, form, &callee, &args);

	return vm->err ? vm->err : pk_push(vm, v);
}

static int op_newobj_ex(struct pk_vm *vm)
{
	if (!pk_need(vm, 3))
		return vm->err;
	struct pk_value kwargs = pk_pop(vm);
	struct pk_value args = pk_pop(vm), callee = pk_pop(vm);
	struct pk_value v = pk_call(vm, "NEWOBJ_EX", &callee, &args);

	if (kwargs.kind != PK_DICT)
		return pk_fail(vm, AY_EFORMAT, "NEWOBJ_EX with %s as keyword arguments", pk_kind_name(&kwargs));
	if (vm->nodes[kwargs.aux].count)
		pk_refuse(vm, "pickle.call.arguments", "NEWOBJ_EX with keyword arguments, which the allowlist permits for nothing");
	return vm->err ? vm->err : pk_push(vm, v);
}

static int op_obj(struct pk_vm *vm)
{
	size_t at = pk_pop_mark(vm);

	if (vm->err)
		return vm->err;
	if (vm->depth == at)
		return pk_fail(vm, AY_EFORMAT, "OBJ without a class");
	struct pk_value args = pk_tuple(vm, at + 1);
	struct pk_value callee = vm->stack[at];
	struct pk_value v = pk_call(vm, "OBJ", &callee, &args);

	vm->depth = at;
	return vm->err ? vm->err : pk_push(vm, v);
}

static int op_inst(struct pk_vm *vm)
{
	struct pk_value callee;
	size_t at;

	if (op_global(vm, &callee, "INST") != 0)
		return vm->err;
	at = pk_pop_mark(vm);
	if (vm->err)
		return vm->err;
	struct pk_value args = pk_tuple(vm, at);
	struct pk_value v = pk_call(vm, "INST", &callee, &args);

	return vm->err ? vm->err : pk_push(vm, v);
}

static int op_persid(struct pk_vm *vm)
{
	if (!pk_need(vm, 1))
		return vm->err;
	struct pk_value pid = pk_pop(vm);
	struct pk_value v = pk_torch_storage(vm, &pid);

	return vm->err ? vm->err : pk_push(vm, v);
}

static int op_ext(struct pk_vm *vm, unsigned bytes)
{
	ay_cursor_skip(&vm->c, bytes);
	pk_refuse(vm, "pickle.extension", "EXT%u calls up a name from the reader's extension registry", bytes);
	return push_kind(vm, PK_UNKNOWN);
}

/* ---- protocol ---- */

static int op_proto(struct pk_vm *vm, bool first)
{
	unsigned v = ay_cursor_u8(&vm->c);

	if (!first)
		return pk_fail(vm, AY_EFORMAT, "PROTO that is not the first opcode");
	if (v > 5)
		return pk_fail(vm, AY_EFORMAT, "protocol %u, the highest is 5", v);
	vm->proto = (int)v;
	return 0;
}

static int op_frame(struct pk_vm *vm)
{
	uint64_t len = ay_cursor_le64(&vm->c);

	if (vm->op_off < vm->frame_end)
		return pk_fail(vm, AY_EFORMAT, "a frame begins inside another");
	if (len > vm->end - vm->c.off)
		return pk_fail(vm, AY_ETRUNC, "a frame of %llu bytes, the input has %llu left", (unsigned long long)len,
			       (unsigned long long)(vm->end - vm->c.off));
	vm->frame_end = vm->c.off + len;
	return 0;
}

static int op_stop(struct pk_vm *vm)
{
	if (!pk_need(vm, 1))
		return vm->err;
	if (vm->c.off < vm->frame_end)
		return pk_fail(vm, AY_EFORMAT, "STOP before the end of its frame");
	if (vm->depth != 1 || vm->marks_len)
		return pk_fail(vm, AY_EFORMAT, "%zu values are left on the stack at STOP", vm->depth - 1);
	if (!pk_is_data(vm, &vm->stack[0]))
		return pk_put_all(vm, &(struct pk_value){ .kind = PK_UNKNOWN }, vm->stack, 1);
	return 0;
}

/* Opcodes with a name, a call or a line: rare in dense data. */
static __attribute__((noinline)) int run_rare(struct pk_vm *vm, int op)
{
	struct pk_value v;

	switch (op) {
	case 'c': return op_global(vm, &v, "GLOBAL") ? vm->err : pk_push(vm, v);
	case 'i': return op_inst(vm);
	case 'o': return op_obj(vm);
	case 'R': return op_call(vm, "REDUCE");
	case 0x81: return op_call(vm, "NEWOBJ");
	case 0x92: return op_newobj_ex(vm);
	case 0x93: return op_stack_global(vm);
	case 'b': return pk_build(vm);
	case 'Q': return op_persid(vm);
	case 'P': return pk_fail(vm, AY_EFORMAT, "PERSID, whose id is text that no known container writes");
	case 0x82: return op_ext(vm, 1);
	case 0x83: return op_ext(vm, 2);
	case 0x84: return op_ext(vm, 4);
	case 'I': return op_int_line(vm, false);
	case 'L': return op_int_line(vm, true);
	case 'F': return op_float_line(vm);
	case 'S': return op_text_line(vm, true);
	case 'V': return op_text_line(vm, false);
	case 'p': return op_memo_line(vm, true);
	case 'g': return op_memo_line(vm, false);
	case 0x8b: return op_long(vm, (int32_t)ay_cursor_le32(&vm->c));
	case 'T': return op_string(vm, (int32_t)ay_cursor_le32(&vm->c));
	case 'U': return op_string(vm, ay_cursor_u8(&vm->c));
	case 0x95: return op_frame(vm);
	case 0x97:
	case 0x98: return pk_fail(vm, AY_EFORMAT, "a buffer that is not in the pickle");
	default: return pk_fail(vm, AY_EFORMAT, "byte 0x%02x is no opcode", (unsigned)op);
	}
}

static int run_one(struct pk_vm *vm, int op)
{
	switch (op) {
	case '(': return pk_mark(vm);
	case 'G': ay_cursor_skip(&vm->c, 8); return push_kind(vm, PK_FLOAT);
	case 'K': return push_int(vm, ay_cursor_u8(&vm->c));
	case 'M': return push_int(vm, ay_cursor_le16(&vm->c));
	case 'J': return push_int(vm, (int32_t)ay_cursor_le32(&vm->c));
	case 0x8a: return op_long(vm, ay_cursor_u8(&vm->c));
	case 'N': return push_kind(vm, PK_NONE);
	case 0x88: return push_bool(vm, true);
	case 0x89: return push_bool(vm, false);
	case 0x8c: return op_bytes(vm, PK_TEXT, ay_cursor_u8(&vm->c));
	case 'X': return op_bytes(vm, PK_TEXT, ay_cursor_le32(&vm->c));
	case 0x8d: return op_bytes(vm, PK_TEXT, ay_cursor_le64(&vm->c));
	case 'C': return op_bytes(vm, PK_BYTES, ay_cursor_u8(&vm->c));
	case 'B': return op_bytes(vm, PK_BYTES, ay_cursor_le32(&vm->c));
	case 0x8e: return op_bytes(vm, PK_BYTES, ay_cursor_le64(&vm->c));
	case 0x96: return op_bytes(vm, PK_BYTEARRAY, ay_cursor_le64(&vm->c));
	case 0x94: return op_memoize(vm);
	case 'q': return memo_top(vm, ay_cursor_u8(&vm->c));
	case 'r': return memo_top(vm, ay_cursor_le32(&vm->c));
	case 'h': return pk_memo_get(vm, ay_cursor_u8(&vm->c));
	case 'j': return pk_memo_get(vm, ay_cursor_le32(&vm->c));
	case ')': return op_tuple(vm, 0);
	case 0x85: return op_tuple(vm, 1);
	case 0x86: return op_tuple(vm, 2);
	case 0x87: return op_tuple(vm, 3);
	case 't': return op_tuple_mark(vm);
	case ']': return push_node(vm, PK_LIST);
	case '}': return push_node(vm, PK_DICT);
	case 0x8f: return push_node(vm, PK_SET);
	case 'l': return op_from_mark(vm, PK_LIST);
	case 'd': return op_from_mark(vm, PK_DICT);
	case 0x91: return op_from_mark(vm, PK_FROZENSET);
	case 'a': return op_item(vm, PK_LIST, 1, AY_ROLE_APPENDS);
	case 's': return op_item(vm, PK_DICT, 2, AY_ROLE_ITEMS);
	case 'e': return op_items(vm, PK_LIST, AY_ROLE_APPENDS);
	case 'u': return op_items(vm, PK_DICT, AY_ROLE_ITEMS);
	case 0x90: return op_items(vm, PK_SET, 0);
	case '0': return op_pop(vm);
	case '1': return op_pop_mark(vm);
	case '2': return op_dup(vm);
	default: return run_rare(vm, op);
	}
}

int pk_run(struct pk_vm *vm)
{
	uint64_t start = vm->c.off;

	for (;;) {
		/* The tick below sees every 256th. */
		pk_run_dense(vm, OPS_PER_TICK - 1 - vm->ops % OPS_PER_TICK);
		vm->op_off = vm->c.off;
		if (vm->c.left < OP_BYTES_MAX && vm->end - vm->c.off > vm->c.left && pk_refill(vm, 1) != 0)
			return vm->err;
		if (!vm->c.left)
			return pk_fail(vm, AY_ETRUNC, "the pickle ends without STOP");
		if (++vm->ops % OPS_PER_TICK == 0 && ay_budget_tick(vm->budget) != 0)
			return pk_fail(vm, AY_ELIMIT, "the scan's time is over");
		int op = ay_cursor_u8(&vm->c);

		if (op == '.')
			return op_stop(vm);
		int rc = op == 0x80 ? op_proto(vm, vm->op_off == start) : run_one(vm, op);

		if (vm->c.err)
			return pk_fail(vm, vm->c.err, "the pickle ends in the middle of an opcode");
		if (rc != 0)
			return rc;
		/* Readers of a file and readers of the frame's bytes would go on at different places. */
		if (vm->c.off > vm->frame_end && vm->op_off < vm->frame_end)
			return pk_fail(vm, AY_EFORMAT, "an opcode reaches beyond the end of its frame");
	}
}
