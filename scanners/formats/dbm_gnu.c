/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GNU dbm, as its library writes it on 64-bit little-endian machines (gdbmdefs.h: gdbm_file_header, hash_bucket, bucket_element;
 * findkey.c for what a lookup reads). A lookup goes from the directory to one bucket and there to an element with the key's hash,
 * wherever it stands in the bucket: all elements of all buckets of the directory are judged.
 */
#include "scanners/formats/dbm.h"
#include "scanners/registry.h"

#define MAGIC 0x13579acfu
#define HEADER 40                   /* bytes, up to the list of free space */
#define HASH_BITS 31
#define BUCKET_MAX (16u * MIB)
#define BUCKET_HEAD 112             /* free space, bits, count */
#define ELEMENT 24
#define UNUSED UINT32_MAX

struct gnu {
	struct ay_scan *scan;
	struct ay_budget *budget;
	struct ay_source *in;
	uint64_t directory, entries;
	uint32_t bucket_size, elements;
	uint8_t *bucket;            /* budget memory */
};

static int refuse(struct gnu *g, uint64_t off, const char *why)
{
	return ay_dbm_bad(g->scan, off, why);
}

static int read_header(struct gnu *g)
{
	uint8_t bytes[HEADER];
	uint32_t directory_size, bits;
	uint64_t end;

	if (g->in->size < HEADER)
		return refuse(g, g->in->size, "the database ends within its header");
	int rc = ay_source_read_full(g->in, 0, bytes, HEADER);

	if (rc < 0)
		return rc;
	struct ay_cursor c = ay_cursor_of(bytes, HEADER, 0);

	ay_cursor_skip(&c, 8);
	g->directory = ay_cursor_le64(&c);
	directory_size = ay_cursor_le32(&c);
	bits = ay_cursor_le32(&c);
	g->bucket_size = ay_cursor_le32(&c);
	g->elements = ay_cursor_le32(&c);
	end = ay_cursor_le64(&c);
	if (bits > HASH_BITS || directory_size % 8 || directory_size / 8 != UINT64_C(1) << bits)
		return refuse(g, 16, "the directory has another size than its bits say");
	if (g->bucket_size < BUCKET_HEAD + ELEMENT || g->bucket_size > BUCKET_MAX || g->elements != (g->bucket_size - BUCKET_HEAD) / ELEMENT)
		return refuse(g, 24, "a bucket has another size than its elements need");
	if (end != g->in->size)
		return refuse(g, 32, "the database is longer or shorter than its header says");
	if (g->directory < HEADER || g->directory > end || directory_size > end - g->directory)
		return refuse(g, 8, "the directory lies outside of the database");
	g->entries = directory_size / 8;
	return 0;
}

static int judge_element(struct gnu *g, struct ay_cursor *c)
{
	uint64_t off = c->off, at;
	uint32_t hash, key_size, size;
	uint8_t bytes[128];
	struct ay_source_window w;
	struct ay_source value;

	hash = ay_cursor_le32(c);
	ay_cursor_skip(c, 4);
	at = ay_cursor_le64(c);
	key_size = ay_cursor_le32(c);
	size = ay_cursor_le32(c);
	if (hash == UNUSED)
		return 0;
	if (at > g->in->size || key_size > g->in->size - at || size > g->in->size - at - key_size)
		return refuse(g, off, "an element lies outside of the database");
	size_t shown = key_size < sizeof(bytes) ? key_size : 0;
	int rc = ay_source_read_full(g->in, at, bytes, shown);

	if (rc == 0)
		rc = ay_source_sub(g->in, at + key_size, size, &w, &value);
	return rc < 0 ? rc : ay_dbm_value(g->scan, ay_cursor_of(bytes, shown, at), at + key_size, &value);
}

static int judge_bucket(struct gnu *g, uint64_t at)
{
	if (at < HEADER || at > g->in->size || g->bucket_size > g->in->size - at)
		return refuse(g, g->directory, "a bucket lies outside of the database");
	int rc = ay_source_read_full(g->in, at, g->bucket, g->bucket_size);
	struct ay_cursor c = ay_cursor_of(g->bucket, g->bucket_size, at);

	ay_cursor_skip(&c, BUCKET_HEAD);
	for (uint32_t i = 0; i < g->elements && rc == 0; i++)
		rc = judge_element(g, &c);
	return rc;
}

/* A bucket stands in the directory as often as its bits are fewer, in a row. */
static int judge_all(struct gnu *g)
{
	uint64_t last = 0;
	int rc = 0;

	for (uint64_t i = 0; i < g->entries && rc == 0; i++) {
		uint8_t bytes[8];

		rc = ay_budget_tick(g->budget);
		if (rc == 0)
			rc = ay_source_read_full(g->in, g->directory + 8 * i, bytes, sizeof(bytes));
		struct ay_cursor c = ay_cursor_of(bytes, sizeof(bytes), 0);
		uint64_t at = rc == 0 ? ay_cursor_le64(&c) : 0;

		if (rc == 0 && (i == 0 || at != last))
			rc = judge_bucket(g, at);
		last = at;
	}
	return rc;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_le32(&head) == MAGIC ? 32 : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct gnu g = { .scan = s, .budget = ay_scan_budget(s), .in = in };
	int rc = read_header(&g);

	if (rc == 0) {
		g.bucket = ay_budget_alloc(g.budget, g.bucket_size);
		rc = g.bucket ? judge_all(&g) : AY_ELIMIT;
		ay_budget_free(g.budget, g.bucket);
	}
	return ay_dbm_answer(rc);
}

static const char *const refines[] = { "refused", NULL };

const struct ay_scanner ay_scanner_dbm_gnu = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "dbm-gnu", .version = 1, .refines = refines, .bid = bid, .scan = scan,
};
