/* SPDX-License-Identifier: Apache-2.0 */
/* Windowed input of the unpickler: long values are passed over, never held. */
#include "scanners/formats/pickle_vm.h"

#include "assay/text.h"

int pk_refill(struct pk_vm *vm, size_t n)
{
	uint64_t off = vm->c.off;
	uint64_t left = vm->end - off;

	if (vm->err)
		return vm->err;
	if (left < n)
		return pk_fail(vm, AY_ETRUNC, "the pickle ends in the middle of an opcode");
	size_t len = left < PK_WINDOW ? (size_t)left : PK_WINDOW;
	int rc = ay_source_read_full(vm->in, off, vm->window, len);

	if (rc != 0)
		return pk_fail(vm, rc, "cannot read the input");
	vm->window_off = off;
	vm->window_len = len;
	vm->c = ay_cursor_of(vm->window, len, off);
	return 0;
}

/* Lets the next refill start at off. */
static void move_to(struct pk_vm *vm, uint64_t off)
{
	vm->c = ay_cursor_of(vm->window, 0, off);
}

int pk_skip(struct pk_vm *vm, uint64_t len)
{
	if (len <= vm->c.left) {
		ay_cursor_skip(&vm->c, len);
		return 0;
	}
	if (len > vm->end - vm->c.off)
		return pk_fail(vm, AY_ETRUNC, "a value of %llu bytes, the input has %llu left", (unsigned long long)len,
			       (unsigned long long)(vm->end - vm->c.off));
	move_to(vm, vm->c.off + len);
	return 0;
}

/* Bytes of p that are UTF-8 or encoded surrogates. */
static size_t check_text(const uint8_t *p, size_t len)
{
	size_t good = 0;

	for (;;) {
		good += ay_utf8_check(p + good, len - good);
		if (good == len)
			return good;
		struct ay_cursor c = ay_cursor_of(p + good, len - good, 0);
		int second = ay_cursor_peek(&c, 1);

		if (ay_cursor_peek(&c, 0) != 0xed || second < 0xa0 || second > 0xbf || ay_cursor_peek(&c, 2) < 0x80 ||
		    ay_cursor_peek(&c, 2) > 0xbf)
			return good;
		good += 3;
	}
}

int pk_skip_text(struct pk_vm *vm, uint64_t len)
{
	if (len > vm->end - vm->c.off)
		return pk_skip(vm, len);
	while (len) {
		size_t part = len < PK_WINDOW ? (size_t)len : PK_WINDOW;

		if (pk_want(vm, part) != 0)
			return vm->err;
		const uint8_t *p = ay_cursor_take(&vm->c, part);
		size_t good = p ? check_text(p, part) : 0;

		if (good == part) {
			len -= part;
			continue;
		}
		/* A character may be cut by the window's end, not by the text's. */
		if (part == len || part - good > 3)
			return pk_fail(vm, AY_EFORMAT, "a string is not UTF-8");
		len -= good;
		move_to(vm, vm->c.off - (part - good));
		if (ay_budget_tick(vm->budget) != 0)
			return pk_fail(vm, AY_ELIMIT, "the scan's time is over");
	}
	return 0;
}

int pk_line_in(struct pk_vm *vm, size_t max, struct ay_cursor *out)
{
	size_t len = 0;

	if (vm->c.left <= max && vm->end - vm->c.off > vm->c.left && pk_refill(vm, 1) != 0)
		return vm->err;
	const uint8_t *p = ay_cursor_until(&vm->c, '\n', max, &len);

	if (!p && vm->c.err)
		return pk_fail(vm, AY_EFORMAT, "a text opcode's line has no end within %zu bytes", max);
	*out = ay_cursor_of(p, len, 0);
	return 0;
}

int pk_line(struct pk_vm *vm, char *out, size_t size)
{
	struct ay_cursor line;

	if (pk_line_in(vm, size - 1, &line) != 0)
		return vm->err;
	size_t len = line.left;

	ay_cursor_copy(&line, out, len);
	out[len] = 0;
	return memchr(out, 0, len) ? pk_fail(vm, AY_EFORMAT, "a text opcode's line holds a NUL") : 0;
}

int pk_line_data(struct pk_vm *vm, struct pk_value *v, bool quoted)
{
	uint64_t start = vm->c.off, len = 0;
	int first = 0, last = 0;
	bool ended = false;

	while (!ended) {
		if (pk_want(vm, 1) != 0)
			return vm->err;
		struct ay_cursor line = vm->c;
		size_t part = 0;

		ay_cursor_until(&line, '\n', line.left, &part);
		ended = !line.err;
		struct ay_cursor text = ay_cursor_sub(&vm->c, ended ? part : vm->c.left);

		for (; text.left; len++) {
			last = ay_cursor_u8(&text);
			if (last == 0)
				return pk_fail(vm, AY_EFORMAT, "a text opcode's line holds a NUL");
			if (!len)
				first = last;
			if (last == '\\')
				v->flags |= PK_INEXACT;
		}
	}
	ay_cursor_skip(&vm->c, 1);
	if (quoted) {
		if (len < 2 || (first != '\'' && first != '"') || last != first)
			return pk_fail(vm, AY_EFORMAT, "a STRING without matching quotes");
		start++;
		len -= 2;
	}
	v->u = start;
	v->aux = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX;
	return 0;
}

/* From the window when the place is still there, else from the input again. */
static int read_again(struct pk_vm *vm, uint64_t off, void *out, size_t len)
{
	if (off >= vm->window_off && off - vm->window_off <= vm->window_len && len <= vm->window_len - (off - vm->window_off)) {
		struct ay_cursor c = ay_cursor_of(vm->window, vm->window_len, vm->window_off);

		ay_cursor_skip(&c, off - vm->window_off);
		ay_cursor_copy(&c, out, len);
		return c.err;
	}
	return ay_source_read_full(vm->in, off, out, len);
}

bool pk_text(struct pk_vm *vm, const struct pk_value *v, char *out, size_t size)
{
	if (v->kind != PK_TEXT || (v->flags & PK_INEXACT) || v->aux >= size)
		return false;
	if (read_again(vm, v->u, out, v->aux) != 0) {
		pk_fail(vm, AY_ELIMIT, "a name at offset %llu cannot be read again", (unsigned long long)v->u);
		return false;
	}
	out[v->aux] = 0;
	return memchr(out, 0, v->aux) == NULL;
}

bool pk_text_is(struct pk_vm *vm, const struct pk_value *v, const char *want)
{
	char text[64];

	return v->aux == strlen(want) && pk_text(vm, v, text, sizeof(text)) && strcmp(text, want) == 0;
}
