/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/codec.h"

#include <errno.h>
#include <inttypes.h>

#include "scanners/driver.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/inflate.h"
#include "scanners/formats/text.h"
#include "scanners/model/zarr_names.h"

#define CHUNK (256 * KIB)
/* Compressed bytes not read yet that count for the ratio, so that a long row of zeros at the beginning is no bomb. */
#define AHEAD (1 * MIB)

/* One expansion under way. */
struct expansion {
	struct ay_scan *scan;
	struct ay_source *in;
	const struct ay_codec *codec;
	const char *format;
	struct ay_spool *out;
	uint32_t *crc;
	void *state;
	uint8_t *in_buf, *out_buf;
	uint64_t off;                       /* of in, of the next byte to read */
	bool in_stream;                     /* bytes of a stream were seen and its end was not */
};

static int report(struct expansion *x, int code, const char *why)
{
	struct ay_error e;

	ay_error_at(&e, code, x->off, "%s: %s", x->codec->name, why);
	ay_scan_find_error(x->scan, x->format, code, &e);
	return code;
}

static int append(struct expansion *x, size_t len)
{
	if (len == 0)
		return 0;
	/* Only what was read pays for what comes out, and a little ahead: a large bomb ends early. */
	if (x->off + AHEAD < x->in->size)
		x->out->compressed = x->off + AHEAD;
	else
		x->out->compressed = x->in->size;
	if (x->crc)
		*x->crc = ay_crc32(*x->crc, x->out_buf, len);
	return ay_spool_write(x->out, x->out_buf, len);
}

/* After a stream's end: another one may follow, or nothing. */
static int next_stream(struct expansion *x)
{
	struct ay_budget *b = ay_scan_budget(x->scan);

	x->in_stream = false;
	if (x->off == x->in->size)
		return 0;
	if (!x->codec->several)
		return report(x, AY_EFORMAT, "bytes follow the compressed stream");
	x->codec->close(b, x->state);
	x->state = x->codec->open(b);
	return x->state ? 0 : report(x, AY_ELIMIT, "no memory for the decompressor");
}

/* Feeds one chunk of input until it is used up. */
static int feed(struct expansion *x, size_t len)
{
	struct ay_cursor c = ay_cursor_of(x->in_buf, len, x->off);

	for (;;) {
		size_t used = c.left, made = CHUNK;
		int rc = ay_budget_tick(ay_scan_budget(x->scan));
		int step;

		if (rc < 0)
			return report(x, rc, "took too long");
		if (c.left > 0)
			x->in_stream = true;
		step = x->codec->step(x->state, c.p, &used, x->out_buf, &made);
		ay_cursor_skip(&c, used);
		x->off += used;
		rc = append(x, made);
		if (rc < 0)
			return rc;
		if (step < 0)
			return report(x, step, step == AY_EUNSUPPORTED ? "an option that is not supported" :
					       step == AY_ELIMIT ? "the decompressor wants too much memory" : "the compressed data is damaged");
		if (step == 1) {
			rc = next_stream(x);
			if (rc < 0 || c.left == 0)
				return rc;
		}
		if (c.left == 0 && made < CHUNK)
			return 0;
		if (used == 0 && made == 0 && step == 0)
			return report(x, AY_EFORMAT, "the compressed data is damaged");
	}
}

static int expand_all(struct expansion *x)
{
	int rc = 0;

	while (rc == 0 && x->off < x->in->size) {
		uint64_t left = x->in->size - x->off;
		size_t len = left < CHUNK ? (size_t)left : CHUNK;

		rc = ay_source_read_full(x->in, x->off, x->in_buf, len);
		if (rc < 0)
			return report(x, rc, "cannot be read");
		rc = feed(x, len);
	}
	if (rc == 0 && x->in_stream)
		return report(x, AY_ETRUNC, "the compressed stream does not end");
	return rc;
}

int ay_codec_expand(struct ay_scan *s, struct ay_source *in, const struct ay_codec *codec, const char *format,
		    struct ay_spool *out, uint32_t *crc_inout)
{
	struct ay_budget *b = ay_scan_budget(s);
	struct expansion x = { .scan = s, .in = in, .codec = codec, .format = format, .out = out, .crc = crc_inout, .in_stream = true };
	int rc;

	x.in_buf = ay_budget_alloc(b, CHUNK);
	x.out_buf = ay_budget_alloc(b, CHUNK);
	x.state = codec->open(b);
	if (x.in_buf && x.out_buf && x.state)
		rc = expand_all(&x);
	else
		rc = report(&x, AY_ELIMIT, "no memory for the decompressor");
	if (x.state)
		codec->close(b, x.state);
	ay_budget_free(b, x.in_buf);
	ay_budget_free(b, x.out_buf);
	return rc == AY_ETRUNC ? AY_EFORMAT : rc;
}

int ay_codec_scan(struct ay_scan *s, struct ay_source *in, const struct ay_codec *codec)
{
	const char *base = ay_path_base(ay_scan_name(s));
	char name[AY_LIMIT_COMPONENT + 1];
	struct ay_spool spool;
	int rc;

	ay_spool_begin(&spool, s, in->size);
	rc = ay_codec_expand(s, in, codec, "compress", &spool, NULL);
	if (rc == 0) {
		struct ay_source inner = ay_spool_source(&spool);

		if (ay_zarr_chunk_name(base))
			snprintf(name, sizeof(name), "%s", base);
		else
			ay_scan_inner_name(s, name, sizeof(name));
		rc = ay_scan_member_in(s, name, &inner, NULL);
	}
	ay_spool_free(&spool);
	return rc == AY_EFORMAT || rc == AY_EUNSUPPORTED ? 0 : rc;
}

int ay_codec_tick(struct ay_budget *b, uint64_t len, uint64_t *rest_inout)
{
	int rc = 0;

	for (*rest_inout += len; *rest_inout >= MIB && !rc; *rest_inout -= MIB)
		rc = ay_budget_tick(b);
	return rc;
}
