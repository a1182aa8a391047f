/* SPDX-License-Identifier: Apache-2.0 */
/* NumPy's archive: a zip whose members are all arrays, which together are a table. */
#include "assay/extract.h"
#include "scanners/data/array_set.h"
#include "scanners/formats/zip.h"
#include "scanners/registry.h"

static bool is_array_name(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".npy") == 0;
}

/* Whether all names so far were arrays'. */
static bool all_arrays(void *arg, const char *name)
{
	bool *all = arg;

	*all = is_array_name(name);
	return *all;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	bool all = false;

	(void)path;
	if (!ay_zip_claims(head, in))
		return 0;
	ay_zip_peek(in, all_arrays, &all);
	return all ? 64 : 0;
}

/* Content that the table is read from when all members were judged. */
struct held { struct ay_zip_member *v; size_t n; uint64_t memory; };

/* Beyond this what is held lies in the scratch file. */
#define HELD_IN_MEMORY (64 * MIB)

static int judge_and_hold(struct ay_zip *z, const struct ay_zip_entry *e, struct held *h)
{
	struct ay_zip_member *m = &h->v[h->n];

	if (e->directory)
		return 0;
	h->n++;
	int rc = ay_zip_begin(z, e, m);

	h->memory += m->spool.memory ? m->spool.room : 0;
	if (rc == 0 && m->spool.memory && h->memory > HELD_IN_MEMORY) {
		h->memory -= m->spool.room;
		rc = ay_spool_put_away(&m->spool);
		m->source = ay_spool_source(&m->spool);
	}
	return rc < 0 ? rc : ay_scan_member_in(z->scan, e->name, &m->source, is_array_name(e->name) ? "npy" : NULL);
}

/* The members, and the table that they are together. */
static int scan_table(struct ay_zip *z)
{
	struct ay_budget *b = ay_scan_budget(z->scan);
	size_t n = z->count > AY_ARRAY_COLUMNS ? 0 : z->count;
	struct held held = { .v = ay_budget_alloc(b, (n + 1) * sizeof(*held.v)) };
	struct ay_array_set set;
	bool whole = true;
	int rc = held.v ? 0 : AY_ELIMIT;

	if (rc < 0) {
		ay_scan_find(z->scan, "limit.memory", AY_NO_OFFSET, "no memory left for the members");
		return rc;
	}
	ay_array_set_begin(&set, z->scan);
	if (n < z->count)
		ay_array_set_refuse(&set, "there are more than 4096 arrays");
	for (size_t i = 0; rc == 0 && i < z->count; i++) {
		rc = n < z->count ? ay_zip_judge(z, &z->entries[i], "npy") : judge_and_hold(z, &z->entries[i], &held);
		if (rc == AY_EFORMAT) {
			whole = false;
			rc = 0;
		}
	}
	int judged = ay_array_set_end(&set, whole && rc == 0);

	while (held.n > 0)
		ay_zip_end(&held.v[--held.n]);
	ay_budget_free(b, held.v);
	return rc ? rc : judged;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_zip z;
	int rc = ay_zip_open(&z, s, in);

	if (rc == 0 && ay_array_set_wanted(s) && !ay_scan_extract(s))
		rc = scan_table(&z);
	else
		for (size_t i = 0; rc == 0 && i < z.count; i++)
			rc = ay_zip_judge(&z, &z.entries[i], is_array_name(z.entries[i].name) ? "npy" : NULL);
	ay_zip_free(&z);
	return rc == AY_EFORMAT ? 0 : rc;
}

static const char *const refined[] = { "zip", NULL };
const struct ay_scanner ay_scanner_npz = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "npz", .version = 2, .refines = refined, .bid = bid, .scan = scan,
};
