/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MessagePack (github.com/msgpack/msgpack, spec.md) as Flax and Orbax write
 * checkpoints: maps, lists, texts and numbers, and three extension types for
 * arrays and complex numbers (flax.serialization). Others are refused: what
 * they become is code of the loading program.
 */
#include "assay/ckd.h"
#include "scanners/data/uniq.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/window.h"
#include "scanners/registry.h"

#define MAX_DEPTH 128
#define MAX_TEXT (1 * MIB)
#define MAX_DIMENSIONS 64
#define MAX_KEYS_MEMORY (128 * MIB)    /* of the keys of all maps that are open */

enum { EXT_ARRAY = 1, EXT_COMPLEX = 2, EXT_SCALAR = 3 };
enum kind { NUMBER, CONSTANT, STRING, BYTES, LIST, MAP, EXTENSION };

struct reader {
	struct ay_scan *s;
	struct ay_window window;
	struct ay_uniq_pool keys;
	uint64_t off;
	uint64_t end;             /* of the file, or of the extension at hand */
	const char *why;
	uint64_t bad_off;
};

/* One thing, without its content. */
struct head {
	enum kind kind;
	uint64_t off;
	uint64_t n;               /* bytes, elements, or the value of a number that is not negative */
	bool whole;               /* a number that n holds */
	int8_t type;              /* of an extension */
};

static int fail(struct reader *r, int err, const char *why)
{
	r->why = why;
	r->bad_off = r->off;
	return err;
}

static uint64_t take_be(struct ay_cursor *c, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | ay_cursor_u8(c);
	return v;
}

/* What the first byte announces; bytes_out: of the length or number that follows it. AY_EFORMAT: 0xc1. */
static int classify(uint8_t b, struct head *h, unsigned *bytes_out)
{
	static const struct { uint8_t first, last; enum kind kind; uint8_t bytes[4]; } wide[] = {
		{0xc4, 0xc6, BYTES, {1, 2, 4}}, {0xc7, 0xc9, EXTENSION, {1, 2, 4}}, {0xca, 0xcb, NUMBER, {4, 8}}, {0xcc, 0xcf, NUMBER, {1, 2, 4, 8}},
		{0xd0, 0xd3, NUMBER, {1, 2, 4, 8}}, {0xd9, 0xdb, STRING, {1, 2, 4}}, {0xdc, 0xdd, LIST, {2, 4}}, {0xde, 0xdf, MAP, {2, 4}}
	};

	*bytes_out = 0;
	h->whole = b < 0x80;
	h->n = b < 0x80 ? b : b >= 0xa0 && b <= 0xbf ? b & 0x1F : b & 0x0F;
	h->kind = b < 0x80 || b >= 0xe0 ? NUMBER : b < 0x90 ? MAP : b < 0xa0 ? LIST : b < 0xc0 ? STRING : CONSTANT;
	if (h->kind != CONSTANT || b == 0xc0 || b == 0xc2 || b == 0xc3)
		return 0;
	if (b >= 0xd4 && b <= 0xd8) {
		h->kind = EXTENSION;
		h->n = 1u << (b - 0xd4);
		return 0;
	}
	for (size_t i = 0; i < AY_ARRAY_LEN(wide); i++)
		if (b >= wide[i].first && b <= wide[i].last) {
			h->kind = wide[i].kind;
			*bytes_out = wide[i].bytes[b - wide[i].first];
			h->whole = b >= 0xcc && b <= 0xcf;
			return 0;
		}
	return AY_EFORMAT;
}

static int take_head(struct reader *r, struct head *h)
{
	struct ay_cursor c;
	unsigned bytes;
	int err = ay_budget_tick(ay_scan_budget(r->s));

	h->off = r->off;
	if (!err)
		err = ay_window_look(&r->window, r->off, 16, &c);
	if (err)
		return fail(r, err, "the file cannot be read");
	if (c.left > r->end - r->off)
		c = ay_cursor_sub(&c, (size_t)(r->end - r->off));
	uint8_t first = ay_cursor_u8(&c);

	if (!c.err && classify(first, h, &bytes) != 0)
		return fail(r, AY_EFORMAT, "the byte 0xc1, which MessagePack never uses");
	if (!c.err && bytes)
		h->n = take_be(&c, bytes);
	if (!c.err && h->kind == EXTENSION)
		h->type = (int8_t)ay_cursor_u8(&c);
	if (c.err)
		return fail(r, AY_ETRUNC, "it ends inside a length or number");
	r->off = c.off;
	bool sized = h->kind == STRING || h->kind == BYTES || h->kind == EXTENSION, listed = h->kind == LIST || h->kind == MAP;

	if ((sized || listed) && h->n > (r->end - r->off) / (h->kind == MAP ? 2 : 1))
		return fail(r, AY_ETRUNC, "something is longer than what is left");
	return 0;
}

/* A text, which may be kept when it fits, or hashed. */
static int take_text(struct reader *r, const struct head *h, char *out, size_t size, struct ay_uniq_hash *hash_out)
{
	struct ay_buf b = ay_buf_new(MAX_TEXT);
	struct ay_cursor c;
	int err = h->n > MAX_TEXT ? AY_ELIMIT : ay_source_load(r->window.in, r->off, (size_t)h->n, &b, &c);

	if (err)
		err = fail(r, err, "a text is longer than is read here");
	else if (ay_bytes_find_bad_utf8(&c) != c.left)
		err = fail(r, AY_EFORMAT, "a text that is not UTF-8");
	else if (hash_out) {
		struct ay_uniq_state state;

		ay_uniq_start(&state);
		ay_uniq_part(&state, c.p, c.left);
		*hash_out = ay_uniq_finish(&state);
	} else if (out && c.left < size) {
		size_t len = c.left;

		ay_cursor_copy(&c, out, len);
		out[len] = '\0';
	}
	ay_buf_free(&b);
	r->off += h->n;
	return err;
}

/* ---- Flax' extensions ---- */

/* Bits of one element, or 0. */
static unsigned dtype_bits(const char *name)
{
	static const struct { const char *name; unsigned bits; } types[] = {
		{"bool", 8}, {"int8", 8}, {"int16", 16}, {"int32", 32}, {"int64", 64}, {"uint8", 8}, {"uint16", 16}, {"uint32", 32}, {"uint64", 64},
		{"float16", 16}, {"float32", 32}, {"float64", 64}, {"complex64", 64}, {"complex128", 128}, {"bfloat16", 16}, {"float8_e4m3fn", 8},
		{"float8_e5m2", 8}, {"float8_e4m3b11fnuz", 8}, {"float8_e4m3fnuz", 8}, {"float8_e5m2fnuz", 8}, {"int4", 8}, {"uint4", 8}
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].bits;
	return 0;
}

/* (shape, name of the type, bytes) */
static int walk_array(struct reader *r, bool scalar)
{
	struct head h;
	uint64_t bytes = 1;
	char name[32] = "";
	int err = take_head(r, &h);

	if (!err && (h.kind != LIST || h.n != 3))
		err = fail(r, AY_EFORMAT, "an array that is not shape, type and bytes");
	if (!err)
		err = take_head(r, &h);
	if (!err && (h.kind != LIST || h.n > MAX_DIMENSIONS || (scalar && h.n)))
		err = fail(r, AY_EFORMAT, "a shape that is none");
	for (uint64_t i = 0, n = h.n; !err && i < n; i++) {
		err = take_head(r, &h);
		if (!err && (h.kind != NUMBER || !h.whole || ay_ckd_mul_u64(bytes, h.n, &bytes)))
			err = fail(r, AY_EFORMAT, "a dimension that is no number, or too large");
	}
	if (!err)
		err = take_head(r, &h);
	if (!err)
		err = h.kind == STRING ? take_text(r, &h, name, sizeof(name), NULL) : fail(r, AY_EFORMAT, "a type that is no text");
	if (!err && (!dtype_bits(name) || ay_ckd_mul_u64(bytes, dtype_bits(name) / 8, &bytes)))
		err = fail(r, AY_EFORMAT, "a type that is not known");
	if (!err)
		err = take_head(r, &h);
	if (!err && (h.kind != BYTES || h.n != bytes))
		err = fail(r, AY_EFORMAT, "shape and type ask for another number of bytes");
	if (!err)
		r->off += h.n;
	return err;
}

/* (real, imaginary) */
static int walk_complex(struct reader *r)
{
	struct head h;
	int err = take_head(r, &h);

	if (!err && (h.kind != LIST || h.n != 2))
		err = fail(r, AY_EFORMAT, "a complex number that is not two numbers");
	for (unsigned i = 0; !err && i < 2; i++) {
		err = take_head(r, &h);
		if (!err && h.kind != NUMBER)
			err = fail(r, AY_EFORMAT, "a complex number that is not two numbers");
	}
	return err;
}

static int walk_extension(struct reader *r, const struct head *h)
{
	uint64_t outer = r->end;
	int err;

	if (h->type != EXT_ARRAY && h->type != EXT_COMPLEX && h->type != EXT_SCALAR) {
		ay_scan_find(r->s, "msgpack.extension", h->off, "the extension type %d", h->type);
		r->off += h->n;
		return 0;
	}
	r->end = r->off + h->n;
	err = h->type == EXT_COMPLEX ? walk_complex(r) : walk_array(r, h->type == EXT_SCALAR);
	if (!err && r->off != r->end)
		err = fail(r, AY_EFORMAT, "an extension is longer than its content");
	r->end = outer;
	return err;
}

/* Of two keys of one name loaders keep one or the other. */
static int take_key(struct reader *r, struct ay_uniq *keys)
{
	struct ay_uniq_hash hash;
	struct head h;
	int err = take_head(r, &h);

	if (err)
		return err;
	if (h.kind != STRING)
		return fail(r, AY_EFORMAT, "a key that is no text");
	err = take_text(r, &h, NULL, 0, &hash);
	if (err)
		return err;
	err = ay_uniq_add(keys, hash);
	if (err < 0)
		return fail(r, err, "a map has more keys than are compared");
	return err ? 0 : fail(r, AY_EFORMAT, "a map has a key twice");
}

static int walk(struct reader *r, unsigned depth)
{
	struct head h;
	int err = depth > MAX_DEPTH ? fail(r, AY_ELIMIT, "maps and lists are nested too deeply") : take_head(r, &h);

	if (err)
		return err;
	switch (h.kind) {
	case NUMBER: case CONSTANT: return 0;
	case STRING: return take_text(r, &h, NULL, 0, NULL);
	case BYTES: r->off += h.n; return 0;
	case EXTENSION: return walk_extension(r, &h);
	case LIST: case MAP: break;
	}
	struct ay_uniq keys;

	ay_uniq_init(&keys, &r->keys);
	for (uint64_t i = 0; !err && i < h.n; i++) {
		if (h.kind == MAP)
			err = take_key(r, &keys);
		if (!err)
			err = walk(r, depth + 1);
	}
	ay_uniq_free(&keys);
	return err;
}

/* Nothing in the first bytes tells it from other files: its name does, and the map that it begins with. */
static unsigned msgpack_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	int first = ay_cursor_peek(&head, 0);

	(void)in;
	return ay_path_ends(path, ".msgpack") && ((first >= 0x80 && first <= 0x9f) || (first >= 0xdc && first <= 0xdf)) ? 5 : 0;
}

static int msgpack_scan(struct ay_scan *s, struct ay_source *in)
{
	struct reader *r = ay_budget_alloc(ay_scan_budget(s), sizeof(*r));
	struct ay_error e;

	if (!r) {
		ay_scan_find(s, "limit.memory", AY_NO_OFFSET, "no memory left to read the file");
		return AY_ELIMIT;
	}
	*r = (struct reader){.s = s, .window = {.in = in}, .keys = {ay_scan_budget(s), MAX_KEYS_MEMORY}, .end = in->size, .bad_off = AY_NO_OFFSET};
	int err = walk(r, 0);

	if (!err && r->off != in->size)
		err = fail(r, AY_EFORMAT, "there is something behind the first object");
	if (err) {
		ay_error_at(&e, err, r->bad_off, "%s", r->why ? r->why : ay_strerror(err));
		ay_scan_find_error(s, "msgpack", err, &e);
	}
	ay_budget_free(ay_scan_budget(s), r);
	return 0;
}

const struct ay_scanner ay_scanner_msgpack = {
	.abi = AY_SCAN_ABI, .name = "msgpack", .version = 2, .bid = msgpack_bid, .scan = msgpack_scan
};
