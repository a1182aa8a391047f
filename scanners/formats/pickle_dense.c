/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The opcodes that dense data consists of, in a loop that keeps cursor and stack in registers. Whatever is not whole here,
 * or not allowed, is left as it was for run_one, which refills the window and has the words for it.
 */
#include "scanners/formats/pickle_vm.h"

#include <endian.h>

#include "assay/ascii.h"
#include "assay/text.h"

static inline struct pk_value number(int64_t n)
{
	return (struct pk_value){ .kind = PK_INT, .u = (uint64_t)n };
}

/* As ay_cursor_le16 and ay_cursor_le32. All are inline without fail: a cursor whose address is taken lies in memory. */
static inline __attribute__((always_inline)) uint32_t take_16(struct ay_cursor *c)
{
	const uint8_t *p = ay_cursor_take(c, 2);
	uint16_t n = 0;

	if (p)
		memcpy(&n, p, sizeof(n));    /* own: just taken */
	return le16toh(n);
}

static inline __attribute__((always_inline)) uint32_t take_32(struct ay_cursor *c)
{
	const uint8_t *p = ay_cursor_take(c, 4);
	uint32_t n = 0;

	if (p)
		memcpy(&n, p, sizeof(n));    /* own: just taken */
	return le32toh(n);
}

/* Strict UTF-8 that is all in the window. */
static inline __attribute__((always_inline)) bool take_text(struct ay_cursor *c, uint32_t len, struct pk_value *v)
{
	*v = (struct pk_value){ .kind = PK_TEXT, .aux = len, .u = c->off };
	const uint8_t *p = ay_cursor_take(c, len);

	return p ? ay_ascii(p, len) || ay_utf8_check(p, len) == len : len == 0;
}

static inline __attribute__((always_inline)) bool put(struct pk_vm *vm, const struct ay_cursor *c, uint64_t index, size_t depth)
{
	struct pk_value *slot = c->err || depth <= vm->fence ? NULL : pk_memo_slot(vm, index);

	if (slot)
		pk_memo_set(vm, slot, &vm->stack[depth - 1]);
	return slot != NULL;
}

static inline __attribute__((always_inline)) bool get(const struct pk_vm *vm, uint64_t index, struct pk_value *v)
{
	const struct pk_value *slot = pk_memo_slot(vm, index);

	if (!slot || slot->kind == PK_MEMO_UNSET)
		return false;
	*v = *slot;
	return true;
}

void pk_run_dense(struct pk_vm *vm, uint64_t most)
{
	bool silent = !(vm->ctx->plain && vm->ctx->text_seen);
	uint64_t frame = vm->c.off < vm->frame_end ? vm->frame_end - vm->c.off : UINT64_MAX;
	/* No opcode is taken from here that reaches beyond its frame. */
	struct ay_cursor c = ay_cursor_of(vm->c.p, vm->c.left < frame ? vm->c.left : (size_t)frame, vm->c.off), before;
	size_t depth = vm->depth;
	uint64_t ops = 0;

	for (; ops < most && depth < vm->stack_cap; ops++) {
		struct pk_value v = { .kind = PK_NONE };
		bool done, pushes = true;

		before = c;
		switch (ay_cursor_u8(&c)) {
		case 'G': v.kind = PK_FLOAT; ay_cursor_skip(&c, 8); done = true; break;
		case 'K': v = number(ay_cursor_u8(&c)); done = true; break;
		case 'M': v = number(take_16(&c)); done = true; break;
		case 'J': v = number((int32_t)take_32(&c)); done = true; break;
		case 'N': done = true; break;
		case 0x88: v = (struct pk_value){ .kind = PK_BOOL, .u = 1 }; done = true; break;
		case 0x89: v.kind = PK_BOOL; done = true; break;
		case 0x8c: done = take_text(&c, ay_cursor_u8(&c), &v) && silent; break;
		case 'X': done = take_text(&c, take_32(&c), &v) && silent; break;
		case 'h': done = get(vm, ay_cursor_u8(&c), &v); break;
		case 'j': done = get(vm, take_32(&c), &v); break;
		case 'q': done = put(vm, &c, ay_cursor_u8(&c), depth); pushes = false; break;
		case 'r': done = put(vm, &c, take_32(&c), depth); pushes = false; break;
		case 0x94: done = !vm->nested && put(vm, &c, vm->memo_used, depth); pushes = false; break;
		default: done = false; break;
		}
		if (!done || c.err) {
			c = before;
			break;
		}
		if (pushes)
			vm->stack[depth++] = v;
		/* What follows each new text since protocol 4. */
		if (v.kind == PK_TEXT && ay_cursor_peek(&c, 0) == 0x94 && !vm->nested && ops + 1 < most && put(vm, &c, vm->memo_used, depth)) {
			ay_cursor_skip(&c, 1);
			ops++;
		}
	}
	ay_cursor_skip(&vm->c, c.off - vm->c.off);
	vm->depth = depth;
	vm->ops += ops;
}
