/* SPDX-License-Identifier: Apache-2.0 */
/* The buffers of a message's body. Compressed ones begin with the length of what comes out, -1 when it is stored plainly. */
#include "scanners/formats/arrow.h"

#include "scanners/formats/codec.h"

#define PIECE (256 * KIB)

static int load(struct ay_arrow *r, uint64_t off, uint8_t *out, size_t len)
{
	int rc = 0;

	for (size_t at = 0; at < len && !rc; at += AY_LIMIT_IO) {
		rc = ay_budget_tick(r->budget);
		if (!rc)
			rc = ay_source_read_full(r->in, off + at, out + at, len - at < AY_LIMIT_IO ? len - at : AY_LIMIT_IO);
	}
	return rc;
}

static int unpack(struct ay_arrow *r, struct ay_arrow_buffer *b, uint64_t off, uint64_t len, uint64_t plain, int codec)
{
	uint8_t *packed;
	int rc;

	if (len > AY_LIMIT_ARROW_BUFFER || plain > AY_LIMIT_ARROW_BUFFER || plain > r->budget->expanded_left)
		return AY_ELIMIT;
	r->budget->expanded_left -= plain;
	packed = ay_budget_alloc(r->budget, (size_t)len + 1);
	b->memory = ay_budget_alloc(r->budget, (size_t)plain + 1);
	rc = packed && b->memory ? load(r, off, packed, (size_t)len) : AY_ELIMIT;
	if (!rc)
		rc = codec == AY_ARROW_ZSTD ? ay_zstd_block(packed, (size_t)len, b->memory, (size_t)plain) :
					      ay_lz4_frame_block(packed, (size_t)len, b->memory, (size_t)plain);
	ay_budget_free(r->budget, packed);
	if (!rc)
		rc = ay_codec_tick(r->budget, plain, &r->looked);
	if (!rc)
		b->source = ay_source_memory(b->memory, (size_t)plain);
	return rc;
}

int ay_arrow_buffer_open(struct ay_arrow *r, struct ay_arrow_buffer *b, uint64_t off, uint64_t len, int codec)
{
	uint8_t bytes[8] = {0};
	struct ay_cursor c = ay_cursor_of(bytes, sizeof(bytes), off);
	uint64_t plain;
	int rc;

	*b = (struct ay_arrow_buffer){.have = 0};
	if (codec == AY_ARROW_PLAIN || len == 0)
		return ay_source_sub(r->in, off, len, &b->window, &b->source);
	if (len < sizeof(bytes))
		return AY_EFORMAT;
	rc = ay_source_read_full(r->in, off, bytes, sizeof(bytes));
	if (rc)
		return rc;
	plain = ay_cursor_le64(&c);
	off += sizeof(bytes);
	len -= sizeof(bytes);
	if (plain == UINT64_MAX)
		return ay_source_sub(r->in, off, len, &b->window, &b->source);
	return plain > INT64_MAX ? AY_EFORMAT : unpack(r, b, off, len, plain, codec);
}

int ay_arrow_buffer_get(struct ay_arrow *r, struct ay_arrow_buffer *b, uint64_t off, uint64_t len, struct ay_cursor *out)
{
	size_t want;
	int rc;

	if (off > b->source.size || len > b->source.size - off)
		return AY_EFORMAT;
	if (off < b->off || off + len > b->off + b->have) {
		want = len > PIECE ? (size_t)len : PIECE;
		if (want > b->source.size - off)
			want = (size_t)(b->source.size - off);
		if (len > AY_LIMIT_ARROW_BUFFER)
			return AY_ELIMIT;
		if (want > b->room) {
			uint8_t *fresh = ay_budget_realloc(r->budget, b->piece, want);

			if (!fresh)
				return AY_ELIMIT;
			b->piece = fresh;
			b->room = want;
		}
		b->have = 0;
		rc = ay_budget_tick(r->budget);
		if (!rc)
			rc = ay_source_read_full(&b->source, off, b->piece, want);
		if (rc)
			return rc;
		b->off = off;
		b->have = want;
	}
	*out = ay_cursor_of(b->piece, b->have, b->off);
	ay_cursor_skip(out, off - b->off);
	*out = ay_cursor_sub(out, (size_t)len);
	return out->err;
}

void ay_arrow_buffer_close(struct ay_arrow *r, struct ay_arrow_buffer *b)
{
	ay_budget_free(r->budget, b->memory);
	ay_budget_free(r->budget, b->piece);
	*b = (struct ay_arrow_buffer){.have = 0};
}
