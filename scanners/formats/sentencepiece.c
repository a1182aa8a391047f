/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SentencePiece models: one protobuf message, walked with every field number
 * and wire type known. It holds data only, so a message that is nothing but
 * these fields cannot run code.
 */
#include "scanners/registry.h"

#include "assay/text.h"
#include "scanners/formats/bytes.h"

#define MAX_PART (16 * MIB)    /* one top-level field */
#define MAX_DEPTH 4

/* A kind of message: kinds[n] is what field n is. v varint, f 32 bits, s text, b bytes, - unknown; a digit: message of that table. */
static const char *const messages[] = {
	"-12343",                                                          /* 0: the model */
	"-sfv",                                                            /* 1: a piece */
	"-ssvvsvs--fvvvvfvvvvvvvvvvv---ssvvvvs---vvvvsssssvvfvss",        /* 2: how it was trained */
	"-sbvvvs",                                                         /* 3: a normalizer */
	"-5",                                                              /* 4: self test */
	"-ss"                                                              /* 5: one sample */
};

enum wire { VARINT = 0, LEN = 2, FIXED32 = 5 };

static uint64_t take_varint(struct ay_cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint8_t b = ay_cursor_u8(c);

		if (c->err)
			return 0;
		if ((shift == 63 && b > 1) || (b == 0 && shift > 0))
			break;    /* too large, or longer than needed */
		v |= (uint64_t)(b & 0x7F) << shift;
		if (!(b & 0x80))
			return v;
	}
	ay_cursor_fail(c, AY_EFORMAT);
	return 0;
}

/* What field tag is in a message of this kind, or '-'. */
static char field_kind(unsigned message, uint64_t tag)
{
	uint64_t number = tag >> 3;
	char kind = number < strlen(messages[message]) ? messages[message][number] : '-';
	enum wire want = kind == 'v' ? VARINT : kind == 'f' ? FIXED32 : LEN;

	return (tag & 7) == want ? kind : '-';
}

static int walk(struct ay_cursor c, unsigned message, unsigned depth, uint64_t *off_out);

/* The content of one field. */
static int walk_value(struct ay_cursor *c, char kind, unsigned depth, uint64_t *off_out)
{
	if (kind == 'v') {
		take_varint(c);
		return c->err;
	}
	if (kind == 'f') {
		ay_cursor_skip(c, 4);
		return c->err;
	}
	uint64_t len = take_varint(c);

	if (c->err || len > c->left)
		return ay_cursor_fail(c, AY_ETRUNC);
	struct ay_cursor part = ay_cursor_sub(c, (size_t)len);

	if (kind == 's')
		return ay_bytes_find_bad_utf8(&part) == part.left ? 0 : AY_EFORMAT;
	return kind == 'b' ? 0 : walk(part, (unsigned)(kind - '0'), depth + 1, off_out);
}

static int walk(struct ay_cursor c, unsigned message, unsigned depth, uint64_t *off_out)
{
	if (depth > MAX_DEPTH)
		return AY_ELIMIT;
	while (c.left) {
		uint64_t off = c.off;
		uint64_t tag = take_varint(&c);
		char kind = c.err ? '-' : field_kind(message, tag);
		int err = c.err ? c.err : kind == '-' ? AY_EFORMAT : walk_value(&c, kind, depth, off_out);

		if (err) {
			if (*off_out == AY_NO_OFFSET)
				*off_out = off;
			return err;
		}
	}
	return c.err;
}

/* The first piece, which is <unk> or the like, stands whole in the head. */
static unsigned sentencepiece_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	uint64_t off = AY_NO_OFFSET;

	(void)in;
	(void)path;
	if (take_varint(&head) != (1 << 3 | LEN))
		return 0;
	uint64_t len = take_varint(&head);

	if (head.err || len < 3 || len > head.left)
		return 0;
	struct ay_cursor piece = ay_cursor_sub(&head, (size_t)len);

	if (ay_cursor_peek(&piece, 0) != (1 << 3 | LEN) || walk(piece, 1, 1, &off) != 0)
		return 0;
	return 16;
}

/* One field of the model at *off; *off moves behind it. */
static int walk_part(struct ay_source *in, struct ay_buf *b, uint64_t *off, uint64_t *bad_out)
{
	uint64_t left = in->size - *off;
	struct ay_cursor c;
	int err = ay_source_load(in, *off, left < 20 ? (size_t)left : 20, b, &c);

	*bad_out = *off;
	if (err)
		return err;
	uint64_t tag = take_varint(&c);
	char kind = c.err ? '-' : field_kind(0, tag);
	uint64_t len = kind == '-' ? 0 : take_varint(&c);

	if (c.err)
		return c.err;
	if (kind == '-')
		return AY_EFORMAT;
	*off = c.off;
	if (len > in->size - *off)
		return AY_ETRUNC;
	if (len > MAX_PART)
		return AY_ELIMIT;
	if (!len)
		return 0;
	err = ay_source_load(in, *off, (size_t)len, b, &c);
	*off += len;
	*bad_out = AY_NO_OFFSET;
	return err ? err : walk(c, (unsigned)(kind - '0'), 1, bad_out);
}

static int sentencepiece_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_buf b = ay_buf_new(MAX_PART);
	uint64_t off = 0, bad = AY_NO_OFFSET;
	struct ay_error e;
	int err = 0;

	while (!err && off < in->size) {
		err = ay_budget_tick(ay_scan_budget(s));
		if (!err)
			err = walk_part(in, &b, &off, &bad);
	}
	if (err == AY_EFORMAT)
		ay_scan_find(s, "sentencepiece.malformed", bad, "a field that no SentencePiece model has, or not in its form");
	else if (err)
		ay_scan_find_error(s, "sentencepiece", ay_error_at(&e, err, bad, "%s", ay_strerror(err)), &e);
	ay_buf_free(&b);
	return 0;
}

const struct ay_scanner ay_scanner_sentencepiece = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "sentencepiece", .version = 1, .bid = sentencepiece_bid,
	.scan = sentencepiece_scan
};
