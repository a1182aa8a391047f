/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Berkeley DB's hash, as Python's dbm.ndbm has it on Debian: one database, little-endian, without checksums (db_page.h for the pages and
 * items, hash.h and hash_page.c for the way from a key to a page). A lookup reads the pages of one bucket, which are found by arithmetic
 * and by their chain: exactly those are read here, and every item on them is judged.
 */
#include <inttypes.h>

#include "scanners/formats/dbm.h"
#include "scanners/registry.h"
#include "scanners/spool.h"

#define MAGIC "\141\025\006\000"
#define META 224                    /* bytes up to the end of the list of groups */
#define GROUPS 32                   /* buckets were added in groups, each twice as large as all before it */
#define PAGE_HEAD 26
#define PAGE_MIN 512u
#define PAGE_MAX 65536u
#define HASH_VERSION 9

enum page_type { UNUSED_PAGE = 0, UNSORTED = 2, OVERFLOW = 7, HASH_META = 8, SORTED = 13 };
enum item_type { ON_PAGE = 1, ELSEWHERE = 3 };

struct berkeley {
	struct ay_scan *scan;
	struct ay_budget *budget;
	struct ay_source *in;
	uint32_t page_size, pages, last_bucket;
	uint32_t spares[GROUPS];
	uint64_t read;              /* bucket pages so far: more than there are is a circle */
	uint8_t *page, *overflow;   /* budget memory, a page each */
};

struct page_head {
	uint32_t next;
	uint16_t entries, fill;
	uint8_t type;
};

static int refuse(struct berkeley *b, uint64_t off, const char *why)
{
	return ay_dbm_bad(b->scan, off, why);
}

static uint64_t place(const struct berkeley *b, uint32_t page)
{
	return (uint64_t)page * b->page_size;
}

/* *out is over the whole page. */
static int load_page(struct berkeley *b, uint32_t page, uint8_t *into, struct page_head *head, struct ay_cursor *out)
{
	if (page == 0 || page >= b->pages)
		return refuse(b, AY_NO_OFFSET, "a page lies outside of the database");
	int rc = ay_source_read_full(b->in, place(b, page), into, b->page_size);
	struct ay_cursor c = ay_cursor_of(into, b->page_size, place(b, page));

	*out = c;
	ay_cursor_skip(&c, 8);
	uint32_t own = ay_cursor_le32(&c);

	ay_cursor_skip(&c, 4);
	head->next = ay_cursor_le32(&c);
	head->entries = ay_cursor_le16(&c);
	head->fill = ay_cursor_le16(&c);
	ay_cursor_skip(&c, 1);
	head->type = ay_cursor_u8(&c);
	if (rc == 0 && own != page && head->type != UNUSED_PAGE)
		return refuse(b, place(b, page) + 8, "a page has another number than its place says");
	return rc;
}

/* ---- the first page ---- */

static bool masks_fit(uint32_t last, uint32_t high, uint32_t low)
{
	uint32_t all = 1;

	while (all < last)
		all = all * 2 + 1;
	return high == all && low == all >> 1;
}

static int read_meta(struct berkeley *b)
{
	uint8_t bytes[META];
	uint32_t version, last_page, high, low, flags, groups = 0;
	uint8_t encrypted, type, checks;

	if (b->in->size < META)
		return refuse(b, b->in->size, "the database ends within its first page");
	int rc = ay_source_read_full(b->in, 0, bytes, META);

	if (rc < 0)
		return rc;
	struct ay_cursor c = ay_cursor_of(bytes, META, 0);

	ay_cursor_skip(&c, 16);
	version = ay_cursor_le32(&c);
	b->page_size = ay_cursor_le32(&c);
	encrypted = ay_cursor_u8(&c);
	type = ay_cursor_u8(&c);
	checks = ay_cursor_u8(&c);
	ay_cursor_skip(&c, 5);
	last_page = ay_cursor_le32(&c);
	uint32_t parts = ay_cursor_le32(&c);

	ay_cursor_skip(&c, 8);
	flags = ay_cursor_le32(&c);
	ay_cursor_skip(&c, 20);
	b->last_bucket = ay_cursor_le32(&c);
	high = ay_cursor_le32(&c);
	low = ay_cursor_le32(&c);
	ay_cursor_skip(&c, 12);
	for (size_t i = 0; i < GROUPS; i++)
		b->spares[i] = ay_cursor_le32(&c);
	if (version != HASH_VERSION || type != HASH_META || encrypted || checks || flags || parts)
		return ay_dbm_other(b->scan, 16, "a Berkeley DB hash of another version or with features that dbm.ndbm does not use");
	if (b->page_size < PAGE_MIN || b->page_size > PAGE_MAX || b->page_size & (b->page_size - 1))
		return refuse(b, 20, "a page has a size that is not a power of two");
	if (last_page == UINT32_MAX || b->in->size != ((uint64_t)last_page + 1) * b->page_size)
		return refuse(b, 32, "the database is longer or shorter than its pages");
	b->pages = last_page + 1;
	while (groups < GROUPS && UINT64_C(1) << groups < (uint64_t)b->last_bucket + 1)
		groups++;
	if (b->last_bucket >= last_page || groups == GROUPS || !masks_fit(b->last_bucket, high, low))
		return refuse(b, 72, "the buckets are numbered in another way than their count asks for");
	return 0;
}

/* ---- items ---- */

/* An item whose bytes lie on a chain of pages. */
static int join_chain(struct berkeley *b, uint32_t page, uint32_t len, struct ay_spool *out)
{
	struct page_head head;
	struct ay_cursor c;
	int rc = 0;

	while (len > 0 && rc == 0) {
		rc = ay_budget_tick(b->budget);
		if (rc == 0)
			rc = load_page(b, page, b->overflow, &head, &c);
		if (rc < 0)
			return rc;
		if (head.type != OVERFLOW || head.fill == 0 || head.fill > b->page_size - PAGE_HEAD || head.fill > len)
			return refuse(b, place(b, page), "a long value leaves its pages");
		ay_cursor_skip(&c, PAGE_HEAD);
		rc = ay_spool_write(out, ay_cursor_take(&c, head.fill), head.fill);
		len -= head.fill;
		page = head.next;
	}
	return rc == 0 && page != 0 ? refuse(b, AY_NO_OFFSET, "a long value has more pages than it needs") : rc;
}

static int judge_value(struct berkeley *b, struct ay_cursor key, struct ay_cursor item)
{
	uint64_t at = item.off;
	uint8_t type = ay_cursor_u8(&item);
	struct ay_source value;
	struct ay_spool spool;
	int rc;

	if (type == ON_PAGE) {
		value = ay_source_memory(item.p, item.left);
		return ay_dbm_value(b->scan, key, at, &value);
	}
	ay_cursor_skip(&item, 3);
	uint32_t page = ay_cursor_le32(&item), len = ay_cursor_le32(&item);

	if (type != ELSEWHERE || ay_cursor_end(&item) != 0)
		return refuse(b, at, "a value is of a kind that dbm.ndbm does not write");
	ay_spool_begin(&spool, b->scan, b->in->size);
	rc = join_chain(b, page, len, &spool);
	if (rc == 0) {
		value = ay_spool_source(&spool);
		rc = ay_dbm_value(b->scan, key, at, &value);
	}
	ay_spool_free(&spool);
	return rc;
}

/* Nothing when it is not on the page: long keys are not shown. */
static struct ay_cursor key_of(struct ay_cursor item)
{
	return ay_cursor_u8(&item) == ON_PAGE ? item : ay_cursor_of("", 0, 0);
}

/* Items lie one below the other, from the end of the page on; keys and values take turns. */
static int judge_page(struct berkeley *b, uint32_t page, uint32_t *next_out)
{
	struct page_head head;
	struct ay_cursor whole, index, key = ay_cursor_of("", 0, 0);
	size_t end = b->page_size;
	int rc = load_page(b, page, b->page, &head, &whole);

	*next_out = 0;
	if (rc < 0)
		return rc;
	if (head.type == UNUSED_PAGE && head.entries == 0 && head.next == 0)
		return 0;
	if ((head.type != SORTED && head.type != UNSORTED) || head.entries % 2 || head.entries > (b->page_size - PAGE_HEAD) / 2)
		return refuse(b, place(b, page), "a bucket has a page that is not one of a hash");
	index = whole;
	ay_cursor_skip(&index, PAGE_HEAD);
	for (unsigned i = 0; i < head.entries && rc == 0; i++) {
		size_t start = ay_cursor_le16(&index);
		struct ay_cursor item = whole;

		if (start < PAGE_HEAD + 2u * head.entries || start >= end)
			return refuse(b, index.off - 2, "the items of a page overlap");
		ay_cursor_skip(&item, start);
		item = ay_cursor_sub(&item, end - start);
		end = start;
		if (i % 2 == 0)
			key = key_of(item);
		else
			rc = judge_value(b, key, item);
	}
	*next_out = head.next;
	return rc;
}

static int judge_bucket(struct berkeley *b, uint32_t bucket)
{
	unsigned group = 0;
	uint64_t page;
	uint32_t next;
	int rc;

	while (UINT64_C(1) << group < (uint64_t)bucket + 1)
		group++;
	page = (uint64_t)bucket + b->spares[group];
	if (page > UINT32_MAX)
		return refuse(b, 96, "a bucket lies outside of the database");
	next = (uint32_t)page;
	do {
		rc = ay_budget_tick(b->budget);
		if (rc == 0 && ++b->read > b->pages)
			rc = refuse(b, AY_NO_OFFSET, "the pages of a bucket go in a circle");
		if (rc == 0)
			rc = judge_page(b, next, &next);
	} while (rc == 0 && next != 0);
	return rc;
}

static int judge_all(struct berkeley *b)
{
	int rc = 0;

	for (uint32_t i = 0; i <= b->last_bucket && rc == 0; i++)
		rc = judge_bucket(b, i);
	return rc;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	ay_cursor_skip(&head, 12);
	return ay_cursor_starts(&head, MAGIC, sizeof(MAGIC) - 1) ? 8 * (sizeof(MAGIC) - 1) : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct berkeley b = { .scan = s, .budget = ay_scan_budget(s), .in = in };
	int rc = read_meta(&b);

	if (rc == 0) {
		b.page = ay_budget_alloc(b.budget, b.page_size);
		b.overflow = ay_budget_alloc(b.budget, b.page_size);
		rc = b.page && b.overflow ? judge_all(&b) : AY_ELIMIT;
		ay_budget_free(b.budget, b.page);
		ay_budget_free(b.budget, b.overflow);
	}
	return ay_dbm_answer(rc);
}

static const char *const refines[] = { "refused", NULL };

const struct ay_scanner ay_scanner_dbm_berkeley = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "dbm-berkeley", .version = 1, .refines = refines, .bid = bid, .scan = scan,
};
