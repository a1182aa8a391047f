/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that should not be there: the same one again and again, and those of other datasets, as of the one that tests what is trained here. */
#include "gate/poison_parts.h"

#include <errno.h>
#include <math.h>

#include "scanners/data/near_rows.h"

#define KNOWN 0.05            /* share of new rows that the reference has, beyond chance */
#define LEAKED 0.01           /* share of the other dataset's rows, beyond chance */
#define LEAKED_ROWS 3         /* fewer are chance, whatever their share */

struct shares { char value[32], limit[32]; };

static struct shares print_shares(double value, double limit)
{
	struct shares s;

	snprintf(s.value, sizeof(s.value), "%.3g", value);
	snprintf(s.limit, sizeof(s.limit), "%.3g", limit);
	return s;
}

/* ---- duplicates ---- */

static const struct ay_row_seen *most_frequent(const struct ay_row_sketch *s)
{
	const struct ay_row_seen *most = NULL;

	for (size_t i = 0; i < s->used; i++)
		if (!most || s->seen[i].count > most->count)
			most = &s->seen[i];
	return most;
}

/* Whole rows. True when they were reported. */
static bool exact(struct ay_poisoning *k, struct ay_batch *batch, const char *what)
{
	struct ay_row_sketch *s = &batch->poison.whole, *ref = &k->ref->whole;
	double error, ref_error, limit = k->c->rules->poisoning.duplicates, share = ay_row_sketch_repeated(s, &error);
	double usual = ay_row_sketch_repeated(ref, &ref_error);
	const struct ay_row_seen *most = most_frequent(s);
	char row[192];

	/* The longer a table, the more it repeats itself: the longer of the two is thinned out to the length of the other. */
	if (s->rows > ref->rows)
		share = ay_row_sketch_expected(s, ref->rows);
	else
		usual = ay_row_sketch_expected(ref, s->rows);
	double n = (double)(s->rows < ref->rows ? s->rows : ref->rows), p = fmax(usual, 1 / fmax(n, 1));
	double noise = AY_POISON_ERRORS * sqrt(error * error + ref_error * ref_error + p * (1 - p) / fmax(n, 1));

	if (!most || share - usual <= limit || share - usual <= noise)
		return false;
	struct shares text = print_shares(share - usual, limit);

	ay_poison_name_row(k, most->file, most->row, row, sizeof(row));
	ay_gate_find(k->c, AY_GATE_POISONING, "poison.duplicates", NULL, text.value, text.limit,
		     "%s: %.1f %% of %llu rows repeat an earlier one, %.1f %% are usual for so many; %s comes %u times", what, 100 * share,
		     (unsigned long long)s->rows, 100 * usual, row, most->count);
	return true;
}

static void nearly(struct ay_poisoning *k, struct ay_batch *batch, const char *what)
{
	double limit = k->c->rules->poisoning.duplicates;
	struct ay_near_rows r;
	char row[192];
	int rc = ay_near_rows_judge(k->ref, &batch->poison.rows, &k->budget, &r);
	double more = rc ? 0 : r.repeated - r.ref_repeated;

	if (rc)
		ay_poison_cannot(k, what, ay_strerror(rc));
	if (rc || more <= limit || more <= AY_POISON_ERRORS * r.noise)
		return;
	struct shares text = print_shares(more, limit);

	ay_poison_name_row(k, r.file, r.row, row, sizeof(row));
	ay_gate_find(k->c, AY_GATE_POISONING, "poison.duplicates", NULL, text.value, text.limit,
		     "%s: %.1f %% of %llu drawn rows are nearly the same as an earlier one, %.1f %% of the reference's; %llu are like %s", what,
		     100 * r.repeated, (unsigned long long)r.rows, 100 * r.ref_repeated, (unsigned long long)r.most, row);
}

static void known(struct ay_poisoning *k, struct ay_batch *batch, const char *what)
{
	uint64_t rows, shared;
	const struct ay_row_seen *first;
	double usual = ay_row_sketch_met(&k->ref->whole, k->ref->whole.rows);
	char row[192];

	ay_row_sketch_shared(&batch->poison.whole, &k->ref->whole, &rows, &shared, &first);
	double share = rows ? (double)shared / (double)rows : 0;

	if (!first || share - usual <= KNOWN || share - usual <= AY_POISON_ERRORS * sqrt(fmax(usual, 1 / (double)rows) / (double)rows))
		return;
	struct shares text = print_shares(share - usual, KNOWN);

	ay_poison_name_row(k, first->file, first->row, row, sizeof(row));
	ay_gate_find(k->c, AY_GATE_POISONING, "poison.known-rows", NULL, text.value, text.limit,
		     "%s: %llu of %llu different rows compared are rows of the reference, %.1f %% would be usual; the first is %s", what,
		     (unsigned long long)shared, (unsigned long long)rows, 100 * usual, row);
}

void ay_poison_duplicates(struct ay_poisoning *k, struct ay_batch *batch, const char *what, bool fresh)
{
	if (!k->ref->whole.seen || !k->ref->whole.rows) {
		ay_poison_cannot(k, what, "the reference does not say which rows it has");
		return;
	}
	if (!exact(k, batch, what))
		nearly(k, batch, what);
	if (fresh)
		known(k, batch, what);
}

/* ---- rows of other datasets ---- */

/* Adds up the rows of all tables. Returns how many tables there were, or a negative code. */
static int add_rows(struct ay_poisoning *k, const struct ay_candidate *other, struct ay_row_sketch *sum)
{
	int rc = 0, tables = 0;

	for (size_t i = 0; rc == 0 && i < other->files.n; i++) {
		const struct ay_scan_note *n = other->notes ? other->notes[i] : NULL;
		struct ay_batch one;

		if (!n || !n->profile)
			continue;
		rc = ay_batch_decode(n->profile, n->profile_len, &k->budget, &one);
		if (rc)
			break;
		rc = ay_row_sketch_merge(sum, &one.poison.whole);
		ay_batch_free(&one);
		tables++;
	}
	return rc ? rc : tables;
}

static void compare(struct ay_poisoning *k, struct ay_row_sketch *theirs, struct ay_batch *batch, const char *ref)
{
	struct ay_row_sketch *ours = &batch->poison.whole;
	const struct ay_row_seen *first, *at;
	uint64_t rows, shared, back, back_shared;
	double usual = k->ref->whole.seen ? ay_row_sketch_met(&k->ref->whole, ours->rows) : 0;
	char row[192], what[AY_LIMIT_REF + 32];

	snprintf(what, sizeof(what), "rows of %s", ref);
	ay_row_sketch_shared(theirs, ours, &rows, &shared, &first);
	ay_row_sketch_shared(ours, theirs, &back, &back_shared, &at);
	if (!rows) {
		ay_poison_cannot(k, what, "there are too few of them beside so many rows to compare");
		return;
	}
	double share = (double)shared / (double)rows, error = sqrt(fmax(usual * (1 - usual), 1 / (double)rows) / (double)rows);

	if (shared < LEAKED_ROWS || !at || share - usual <= LEAKED || share - usual <= AY_POISON_ERRORS * error)
		return;
	struct shares text = print_shares(share - usual, LEAKED);

	ay_poison_name_row(k, at->file, at->row, row, sizeof(row));
	ay_gate_find(k->c, AY_GATE_POISONING, "poison.leak", NULL, text.value, text.limit,
		     "%llu of %llu different rows of %s that could be compared are here too, %.1f %% would be usual; the first is %s",
		     (unsigned long long)shared, (unsigned long long)rows, ref, 100 * usual, row);
}

static void look_into(struct ay_poisoning *k, const char *name, struct ay_batch *batch)
{
	struct ay_row_sketch sum = {.budget = &k->budget};
	struct ay_candidate *other = NULL;
	struct ay_artifact newest;
	struct ay_error e = {0};
	char why[256];

	if (ay_version_find(k->c, name, false, &newest, why) != 0) {
		ay_poison_cannot(k, name, why);
		return;
	}
	int tables = ay_candidate_from_tree(k->c->g, &newest, true, &other, &e);

	if (!tables)
		tables = ay_row_sketch_init(&sum, &k->budget);
	if (!tables)
		tables = add_rows(k, other, &sum);
	if (tables > 0)
		compare(k, &sum, batch, newest.ref.text);
	else
		ay_poison_cannot(k, newest.ref.text, tables ? ay_strerror(tables) : "no table of it was counted: approve a reference for it, then publish it again");
	ay_row_sketch_free(&sum);
	if (other)
		ay_candidate_free(other);
}

void ay_poison_leaks(struct ay_poisoning *k, struct ay_batch *batch)
{
	const char *const *names = k->c->rules->poisoning.not_in;

	for (size_t i = 0; names && names[i]; i++)
		look_into(k, names[i], batch);
}
