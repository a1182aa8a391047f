/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/batch.h"

#include <math.h>
#include <stdlib.h>

#include "assay/cursor.h"

#define MAGIC "AYBAT\4"

int ay_batch_init(struct ay_batch *a, struct ay_budget *b, const struct ay_reference *ref)
{
	*a = (struct ay_batch){.budget = b};
	int rc = ay_reference_batch(ref, b, &a->counts);

	if (!rc)
		rc = ay_poison_init(&a->poison, b, ref);
	if (!rc)
		rc = ay_outliers_init(&a->outliers, b, ref);
	if (rc)
		ay_batch_free(a);
	return rc;
}

int ay_batch_merge(struct ay_batch *a, const struct ay_batch *other)
{
	int rc = 0;

	for (; rc == 0 && a; a = a->also) {
		const struct ay_batch *o = other;

		while (o && !ay_sha256_eq(&o->counts.digest, &a->counts.digest))
			o = o->also;
		rc = o ? ay_reference_merge(&a->counts, &o->counts) : AY_EUSAGE;
		if (!rc)
			rc = ay_poison_merge(&a->poison, &o->poison);
		if (!rc)
			rc = ay_outliers_merge(&a->outliers, &o->outliers);
	}
	return rc;
}

void ay_batch_encode(struct ay_batch *a, struct ay_buf *out)
{
	ay_buf_add(out, MAGIC, sizeof(MAGIC) - 1);
	for (; a; a = a->also) {
		struct ay_buf counts = ay_buf_new(AY_LIMIT_PROFILE);

		ay_reference_encode(&a->counts, &counts);
		ay_profile_bytes_encode(counts.data, counts.len, out);
		ay_poison_encode(&a->poison, out);
		ay_outliers_encode(&a->outliers, out);
		if (counts.err && !out->err)
			out->err = counts.err;
		ay_buf_free(&counts);
	}
}

static int decode_one(struct ay_cursor *c, struct ay_budget *b, struct ay_batch *out)
{
	uint8_t *counts = NULL;
	size_t counts_len;
	int rc = ay_profile_bytes_decode(c, &counts, &counts_len);

	*out = (struct ay_batch){.budget = b};
	/* Counts bear the digest of the reference that they are compared with, and never one of their own. */
	if (!rc)
		rc = ay_reference_parse(counts, counts_len, b, &out->counts);
	free(counts);
	if (!rc)
		rc = ay_poison_decode(c, b, &out->counts, &out->poison);
	if (!rc)
		rc = ay_outliers_decode(c, b, &out->outliers);
	return !rc && out->outliers.count != out->counts.count ? AY_EFORMAT : rc;
}

int ay_batch_decode(const void *bytes, size_t len, struct ay_budget *b, struct ay_batch *out)
{
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);
	struct ay_batch *last = out;

	*out = (struct ay_batch){.budget = b};
	if (!ay_cursor_accept(&c, MAGIC, sizeof(MAGIC) - 1))
		return AY_EFORMAT;
	int rc = decode_one(&c, b, out);

	for (int i = 0; rc == 0 && c.left && i < AY_BATCH_ALSO; i++) {
		last->also = ay_budget_alloc(b, sizeof(*last->also));
		rc = last->also ? decode_one(&c, b, last->also) : AY_ELIMIT;
		last = last->also;
	}
	if (!rc)
		rc = ay_cursor_end(&c);
	if (rc)
		ay_batch_free(out);
	return rc;
}

static void free_one(struct ay_batch *a)
{
	ay_reference_free(&a->counts);
	ay_poison_free(&a->poison);
	ay_outliers_free(&a->outliers);
}

void ay_batch_free(struct ay_batch *a)
{
	struct ay_batch *also = a->also;

	a->also = NULL;
	free_one(a);
	while (also) {
		struct ay_batch *next = also->also;

		free_one(also);
		ay_budget_free(a->budget, also);
		also = next;
	}
}

/* ---- counting ---- */

struct ay_measure {
	struct ay_budget budget;
	struct ay_reference ref;
	struct ay_outlier_model *outliers;
};

int ay_measure_new(const void *profile, size_t len, struct ay_measure **out)
{
	struct ay_measure *m = *out = malloc(sizeof(*m));

	if (!m)
		return AY_ELIMIT;
	*m = (struct ay_measure){.outliers = NULL};
	ay_budget_init(&m->budget, len);
	int rc = ay_reference_decode(profile, len, &m->budget, &m->ref);

	if (rc) {
		free(m);
		*out = NULL;
	}
	return rc;
}

struct ay_reference *ay_measure_reference(struct ay_measure *m)
{
	return &m->ref;
}

int ay_measure_outliers(struct ay_measure *m, const struct ay_outlier_model **out)
{
	int rc = m->outliers ? 0 : ay_outlier_model_new(&m->ref, &m->budget, &m->outliers);

	*out = m->outliers;
	return rc;
}

void ay_measure_free(struct ay_measure *m)
{
	if (!m)
		return;
	ay_outlier_model_free(m->outliers);
	ay_reference_free(&m->ref);
	free(m);
}

struct ay_counting {
	struct ay_budget *budget;
	struct ay_reference *ref;      /* borrowed */
	struct ay_measure *own;       /* or NULL: it is borrowed */
	struct ay_batch batch;
	size_t *at;                   /* of each column of the reference: that of the table, or columns */
	struct ay_profiled **counts;  /* of each column of the table: where it is counted, or NULL */
	size_t columns;               /* of the table */
	struct ay_poison_counting poison;
	struct ay_placed *row;        /* of each column of the reference: the row at hand of a table by column */
	struct ay_placed *placed;     /* likewise of the rows of a block, room of them */
	size_t room;
	uint64_t *of;                 /* of these: the row whose cell was placed there; 0: none */
	struct ay_outlier_counting *outliers;
	struct ay_counting *also;     /* the next reference; batch.also is its batch */
};

int ay_counting_by(struct ay_measure *m, struct ay_budget *b, struct ay_counting **out)
{
	struct ay_counting *k = *out = ay_budget_alloc(b, sizeof(*k));
	const struct ay_outlier_model *outliers;

	if (!k)
		return AY_ELIMIT;
	*k = (struct ay_counting){.budget = b, .ref = &m->ref};
	int rc = ay_batch_init(&k->batch, b, k->ref);

	if (!rc) {
		k->at = ay_budget_alloc(b, (k->ref->count + 1) * sizeof(*k->at));
		k->row = ay_budget_alloc(b, (k->ref->count + 1) * sizeof(*k->row));
		k->of = ay_budget_alloc(b, (k->ref->count + 1) * sizeof(*k->of));
		rc = k->at && k->row && k->of ? 0 : AY_ELIMIT;
	}
	for (size_t i = 0; rc == 0 && i < k->ref->count; i++)
		k->at[i] = k->of[i] = 0;
	if (!rc)
		rc = ay_poison_counting_init(&k->poison, b, k->ref, &k->batch.poison);
	if (!rc)
		rc = ay_measure_outliers(m, &outliers);
	if (!rc)
		rc = ay_outlier_counting_new(outliers, &k->batch.outliers, b, &k->outliers);
	if (rc) {
		ay_counting_free(k);
		*out = NULL;
	}
	return rc;
}

int ay_counting_new(const void *profile, size_t len, struct ay_budget *b, struct ay_counting **out)
{
	struct ay_measure *m;
	int rc = ay_measure_new(profile, len, &m);

	*out = NULL;
	if (rc)
		return rc;
	rc = ay_counting_by(m, b, out);
	if (rc)
		ay_measure_free(m);
	else
		(*out)->own = m;
	return rc;
}

int ay_counting_also(struct ay_counting *k, struct ay_measure *m)
{
	struct ay_counting *last = k, *next;
	int rc = ay_counting_by(m, k->budget, &next);

	if (rc)
		return rc;
	while (last->also)
		last = last->also;
	last->also = next;
	last->batch.also = &next->batch;
	return 0;
}

static int columns_of(struct ay_counting *k, const char *const *names, size_t n)
{
	ay_budget_free(k->budget, k->counts);
	k->counts = ay_budget_alloc(k->budget, (n + 1) * sizeof(*k->counts));
	if (!k->counts)
		return AY_ELIMIT;
	for (size_t c = 0; c < n; c++)
		k->counts[c] = NULL;
	k->columns = n;
	k->room = ay_block_room(n);
	ay_budget_free(k->budget, k->placed);
	k->placed = ay_budget_alloc(k->budget, (k->ref->count + 1) * k->room * sizeof(*k->placed));
	if (!k->placed)
		return AY_ELIMIT;
	for (size_t i = 0; i < k->ref->count; i++) {
		k->at[i] = n;
		k->of[i] = 0;
		k->row[i] = (struct ay_placed){.number = NAN, .at = ay_profiled_missing(&k->ref->columns[i])};
		for (size_t r = 0; r < k->room; r++)
			k->placed[i * k->room + r] = k->row[i];
		for (size_t c = 0; c < n && k->at[i] == n; c++)
			if (strcmp(names[c], k->ref->columns[i].name) == 0)
				k->at[i] = c;
		if (k->at[i] < n)
			k->counts[k->at[i]] = &k->batch.counts.columns[i];
		else
			ay_outlier_counting_absent(k->outliers, i);
	}
	ay_text_counting_columns(&k->poison.texts, names, n);
	return 0;
}

int ay_counting_label(struct ay_counting *k, bool (*is_label)(const void *arg, const char *name), const void *arg)
{
	int rc = 0;

	for (; rc == 0 && k; k = k->also) {
		size_t i = 0;

		while (i < k->ref->count && !is_label(arg, k->ref->columns[i].name))
			i++;
		if (i < k->ref->count)
			rc = ay_poison_counting_label(&k->poison, k->ref, i);
	}
	return rc;
}

int ay_counting_columns(struct ay_counting *k, const char *const *names, size_t n)
{
	int rc = 0;

	for (; rc == 0 && k; k = k->also)
		rc = columns_of(k, names, n);
	return rc;
}

int ay_counting_value(struct ay_counting *k, size_t column, uint64_t row, const struct ay_cell *cell)
{
	int rc = 0;

	for (; rc == 0 && k; k = k->also) {
		struct ay_profiled *c = column < k->columns ? k->counts[column] : NULL;

		if (!c)
			continue;
		size_t i = (size_t)(c - k->batch.counts.columns);

		rc = ay_profiled_place(c, cell, 1, &k->row[i]);
		if (!rc)
			ay_outlier_counting_values(k->outliers, i, row, &k->row[i], 1);
		k->of[i] = rc ? 0 : row;
	}
	return rc;
}

int ay_counting_whole(struct ay_counting *k, uint64_t row, const struct ay_cell *cells)
{
	for (; k; k = k->also) {
		const struct ay_block one = ay_block_of_row(row, cells, k->columns);

		for (size_t i = 0; i < k->ref->count; i++)
			if (k->at[i] < k->columns && k->of[i] != row)
				k->row[i] = ay_profiled_where(&k->batch.counts.columns[i], &cells[k->at[i]]);
		ay_outlier_counting_rows(k->outliers, row, 1, k->row, 1);
		ay_poison_counting_rows(&k->poison, &one, k->row, 1);
	}
	return 0;
}

int ay_counting_rows(struct ay_counting *k, const struct ay_block *b)
{
	int rc = 0;

	for (; rc == 0 && k; k = k->also) {
		for (size_t i = 0; rc == 0 && i < k->ref->count; i++) {
			struct ay_placed *placed = k->placed + i * k->room;

			if (k->at[i] == k->columns)
				continue;
			rc = ay_profiled_place(&k->batch.counts.columns[i], b->cells + k->at[i] * b->room, b->rows, placed);
			if (!rc)
				ay_outlier_counting_values(k->outliers, i, b->first, placed, b->rows);
		}
		if (!rc) {
			ay_outlier_counting_rows(k->outliers, b->first, b->rows, k->placed, k->room);
			ay_poison_counting_rows(&k->poison, b, k->placed, k->room);
		}
	}
	return rc;
}

int ay_counting_row(struct ay_counting *k, uint64_t row, const struct ay_cell *cells)
{
	const struct ay_block one = ay_block_of_row(row, cells, k->columns);

	return ay_counting_rows(k, &one);
}

void ay_counting_look(struct ay_counting *k, uint64_t row, const struct ay_cell *label, const struct ay_look *look)
{
	if (k->batch.poison.looks.width)
		ay_looks_add(&k->batch.poison.looks, row, ay_looks_place(ay_reference_find(k->ref, AY_IMAGE_LABEL), label), look);
}

struct ay_batch *ay_counting_batch(struct ay_counting *k)
{
	for (struct ay_counting *each = k; each; each = each->also)
		ay_outlier_counting_end(each->outliers);
	return &k->batch;
}

void ay_counting_free(struct ay_counting *k)
{
	while (k) {
		struct ay_counting *next = k->also;

		k->batch.also = NULL;
		ay_poison_counting_free(&k->poison);
		ay_outlier_counting_free(k->outliers);
		ay_batch_free(&k->batch);
		ay_measure_free(k->own);
		ay_budget_free(k->budget, k->at);
		ay_budget_free(k->budget, k->counts);
		ay_budget_free(k->budget, k->row);
		ay_budget_free(k->budget, k->placed);
		ay_budget_free(k->budget, k->of);
		ay_budget_free(k->budget, k);
		k = next;
	}
}
