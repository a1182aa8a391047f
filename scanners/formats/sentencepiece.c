/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SentencePiece models: one protobuf message, walked with every field number
 * and wire type known. It holds data only, so a message that is nothing but
 * these fields cannot run code.
 */
#include "scanners/registry.h"

#include "scanners/formats/bytes.h"
#include "scanners/formats/protobuf.h"

#define MAX_PART (16 * MIB)    /* one text or piece of bytes */
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

/* What a field is in a message of this kind, or '-'. */
static char field_kind(unsigned message, const struct ay_pb_field *f)
{
	char kind = f->number < strlen(messages[message]) ? messages[message][f->number] : '-';
	enum ay_pb_wire want = kind == 'v' ? AY_PB_VARINT : kind == 'f' ? AY_PB_FIXED32 : AY_PB_LEN;

	return f->wire == want ? kind : '-';
}

static int check_text(struct ay_pb *r, const struct ay_pb_field *f)
{
	struct ay_cursor text;
	int err = ay_pb_load(r, f, &text);

	if (!err && ay_bytes_find_bad_utf8(&text) != text.left)
		return AY_EFORMAT;
	return err;
}

/* r->bad_off tells where an error is. */
static int walk(struct ay_pb *r, struct ay_pb_message m, unsigned message, unsigned depth)
{
	struct ay_pb_field f;
	int rc;

	if (depth > MAX_DEPTH)
		return AY_ELIMIT;
	while ((rc = ay_pb_next(r, &m, &f)) == 1) {
		char kind = field_kind(message, &f);
		int err = 0;

		if (kind == '-') {
			r->bad_off = f.off;
			return AY_EFORMAT;
		}
		if (kind == 's')
			err = check_text(r, &f);
		else if (kind >= '0' && kind <= '9')
			err = walk(r, f.body, (unsigned)(kind - '0'), depth + 1);
		if (err)
			return err;
	}
	return rc;
}

/* The first piece, which is <unk> or the like, stands whole in the head. */
static unsigned sentencepiece_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	struct ay_budget budget;
	struct ay_pb r;
	struct ay_pb_field f;

	(void)path;
	if (ay_cursor_peek(&head, 0) != (1 << 3 | AY_PB_LEN))
		return 0;
	ay_budget_init(&budget, in->size);
	ay_pb_open(&r, in, &budget, AY_LIMIT_SCAN_HEAD);
	struct ay_pb_message m = ay_pb_whole(&r);
	bool mine = ay_pb_next(&r, &m, &f) == 1 && f.value >= 3 && f.value <= head.left && walk(&r, f.body, 1, 1) == 0;

	ay_cursor_skip(&head, f.body.at);
	mine = mine && ay_cursor_peek(&head, 0) == (1 << 3 | AY_PB_LEN);
	ay_pb_close(&r);
	return mine ? 16 : 0;
}

static int sentencepiece_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_pb r;
	struct ay_error e;

	ay_pb_open(&r, in, ay_scan_budget(s), MAX_PART);
	int err = walk(&r, ay_pb_whole(&r), 0, 0);

	if (err == AY_EFORMAT)
		ay_scan_find(s, "sentencepiece.malformed", r.bad_off, "a field that no SentencePiece model has, or not in its form");
	else if (err)
		ay_scan_find_error(s, "sentencepiece", ay_error_at(&e, err, r.bad_off, "%s", ay_strerror(err)), &e);
	ay_pb_close(&r);
	return 0;
}

/* Some are named .pb. */
static const char *const refines[] = {"refused", NULL};

const struct ay_scanner ay_scanner_sentencepiece = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "sentencepiece", .version = 2, .refines = refines, .bid = sentencepiece_bid,
	.scan = sentencepiece_scan
};
