/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/zip.h"

#include <errno.h>
#include <inttypes.h>

#include "scanners/driver.h"
#include "scanners/formats/codec.h"
#include "scanners/formats/inflate.h"
#include "scanners/registry.h"

/* Members up to this size are inflated in one call. */
#define WHOLE_MAX (8 * MIB)

static int crc_differs(struct ay_zip *z, const struct ay_zip_entry *e, uint32_t crc)
{
	if (crc != e->crc)
		ay_scan_find(z->scan, "zip.crc", e->data_off, "%s has CRC %08" PRIx32 ", the directory says %08" PRIx32, e->name, crc, e->crc);
	return 0;
}

static int verify_stored(struct ay_zip *z, const struct ay_zip_entry *e)
{
	struct ay_budget *b = ay_scan_budget(z->scan);
	size_t room = e->size < AY_LIMIT_IO ? (size_t)e->size : AY_LIMIT_IO;
	uint8_t *chunk = ay_budget_alloc(b, room);
	uint32_t crc = 0;
	int rc = chunk ? 0 : AY_ELIMIT;

	for (uint64_t done = 0; rc == 0 && done < e->size;) {
		size_t len = e->size - done < room ? (size_t)(e->size - done) : room;

		rc = ay_budget_tick(b);
		if (rc == 0)
			rc = ay_source_read_full(z->in, e->data_off + done, chunk, len);
		if (rc == 0)
			crc = ay_crc32(crc, chunk, len);
		done += len;
	}
	ay_budget_free(b, chunk);
	return rc < 0 ? rc : crc_differs(z, e, crc);
}

static int deflate_damaged(struct ay_zip *z, const struct ay_zip_entry *e)
{
	ay_scan_find(z->scan, "zip.malformed", e->data_off, "the compressed content of %s does not give %" PRIu64 " bytes", e->name, e->size);
	return AY_EFORMAT;
}

static int inflate_whole(struct ay_zip *z, const struct ay_zip_entry *e, struct ay_spool *sp)
{
	struct ay_budget *b = ay_scan_budget(z->scan);
	uint8_t *packed = ay_budget_alloc(b, (size_t)e->compressed);
	uint8_t *plain = ay_budget_alloc(b, (size_t)e->size);
	int rc = packed && plain ? 0 : AY_ELIMIT;

	if (rc == 0)
		rc = ay_source_read_full(z->in, e->data_off, packed, (size_t)e->compressed);
	if (rc == 0 && ay_inflate_whole(packed, (size_t)e->compressed, plain, (size_t)e->size) < 0)
		rc = deflate_damaged(z, e);
	ay_budget_free(b, packed);
	if (rc == 0)
		crc_differs(z, e, ay_crc32(0, plain, (size_t)e->size));
	if (rc == 0)
		rc = ay_spool_take(sp, plain, (size_t)e->size);
	else
		ay_budget_free(b, plain);
	return rc;
}

static int inflate_streamed(struct ay_zip *z, const struct ay_zip_entry *e, struct ay_spool *sp)
{
	struct ay_source_window w;
	struct ay_source packed;
	uint32_t crc = 0;
	int rc = ay_source_sub(z->in, e->data_off, e->compressed, &w, &packed);

	if (rc == 0)
		rc = ay_codec_expand(z->scan, &packed, &ay_codec_deflate, "zip", sp, &crc);
	if (rc < 0)
		return rc == AY_EUNSUPPORTED ? AY_EFORMAT : rc;
	if (sp->size != e->size)
		return deflate_damaged(z, e);
	return crc_differs(z, e, crc);
}

int ay_zip_begin(struct ay_zip *z, const struct ay_zip_entry *e, struct ay_zip_member *m)
{
	int rc;

	ay_spool_begin(&m->spool, z->scan, e->compressed);
	if (e->unreadable)
		return AY_EFORMAT;
	if (e->method == 0) {
		rc = ay_source_sub(z->in, e->data_off, e->size, &m->window, &m->source);
		return rc < 0 ? rc : verify_stored(z, e);
	}
	rc = ay_spool_announce(&m->spool, e->size);
	if (rc == 0)
		rc = e->size <= WHOLE_MAX && e->compressed <= WHOLE_MAX ? inflate_whole(z, e, &m->spool) : inflate_streamed(z, e, &m->spool);
	m->source = ay_spool_source(&m->spool);
	return rc;
}

void ay_zip_end(struct ay_zip_member *m)
{
	ay_spool_free(&m->spool);
}

int ay_zip_judge(struct ay_zip *z, const struct ay_zip_entry *e, const char *hint)
{
	struct ay_zip_member m;
	int rc;

	if (e->directory)
		return 0;
	rc = ay_zip_begin(z, e, &m);
	if (rc == 0)
		rc = ay_scan_member_in(z->scan, e->name, &m.source, hint);
	ay_zip_end(&m);
	return rc == AY_EFORMAT ? 0 : rc;
}

int ay_zip_judge_by(struct ay_zip *z, const struct ay_zip_entry *e, int (*judge)(struct ay_scan *s, struct ay_source *in))
{
	struct ay_zip_member m;
	struct ay_scan_frame frame;
	int rc = ay_zip_begin(z, e, &m);

	if (rc == 0)
		rc = ay_scan_enter(z->scan, e->name, &frame);
	if (rc == 0) {
		rc = judge(z->scan, &m.source);
		ay_scan_leave(z->scan, &frame);
	}
	ay_zip_end(&m);
	return rc == AY_EFORMAT || rc == AY_EUNSUPPORTED ? 0 : rc;
}

int ay_zip_verify(struct ay_zip *z, const struct ay_zip_entry *e)
{
	struct ay_zip_member m;
	int rc = ay_zip_begin(z, e, &m);

	ay_zip_end(&m);
	return rc == AY_EFORMAT ? 0 : rc;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)path;
	return ay_zip_claims(head, in) ? 32 : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_zip z;
	int rc = ay_zip_open(&z, s, in);

	for (size_t i = 0; rc == 0 && i < z.count; i++)
		rc = ay_zip_judge(&z, &z.entries[i], NULL);
	ay_zip_free(&z);
	return rc == AY_EFORMAT ? 0 : rc;
}

const struct ay_scanner ay_scanner_zip = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "zip", .version = 1, .bid = bid, .scan = scan,
};
