/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/foreign.h"

#include "assay/digest.h"
#include "scanners/data/schema.h"
#include "scanners/data/uniq.h"
#include "scanners/driver.h"

/* The different keys of one foreign key on one side. */
struct side {
	uint32_t id;
	enum ay_foreign_role role;
	const size_t *fields;
	size_t count;
	const uint8_t *sought;   /* these alone, sorted; or NULL */
	size_t sought_count;
	uint8_t *met;            /* of each of them: it was */
	struct ay_uniq seen;
	struct ay_buf keys;
	uint64_t n;
};

struct ay_foreign {
	struct ay_scan *scan;
	struct ay_uniq_pool pool;
	struct side *sides;
	size_t side_count;
	uint64_t bytes;
	bool full;
};

int ay_foreign_new(struct ay_scan *s, const struct ay_schema *part, struct ay_foreign **out)
{
	struct ay_budget *b = ay_scan_budget(s);
	struct ay_foreign *f;

	*out = NULL;
	if (part->foreign_count + part->wanted_count == 0)
		return 0;
	f = *out = ay_budget_alloc(b, sizeof(*f));
	if (!f)
		return AY_ELIMIT;
	*f = (struct ay_foreign){.scan = s, .pool = {.budget = b, .left = AY_LIMIT_CSV_UNIQUE / 4}};
	f->sides = ay_budget_alloc(b, (part->foreign_count + part->wanted_count) * sizeof(*f->sides));
	if (!f->sides)
		return AY_ELIMIT;
	for (size_t i = 0; i < part->foreign_count; i++)
		f->sides[f->side_count++] = (struct side){.id = part->foreign[i].id, .role = AY_FOREIGN_REFERS, .fields = part->foreign[i].fields,
							  .count = part->foreign[i].count};
	for (size_t i = 0; i < part->wanted_count; i++)
		f->sides[f->side_count++] = (struct side){.id = part->wanted[i].id, .role = AY_FOREIGN_HOLDS, .fields = part->wanted[i].fields,
							  .count = part->wanted[i].count, .sought = part->sought,
							  .sought_count = part->sought_count};
	for (size_t i = 0; i < f->side_count; i++) {
		f->sides[i].keys = ay_buf_new(AY_LIMIT_KEYS);
		ay_uniq_init(&f->sides[i].seen, &f->pool);
		if (f->sides[i].sought && !(f->sides[i].met = ay_budget_alloc(b, f->sides[i].sought_count)))
			return AY_ELIMIT;
	}
	for (size_t i = 0; i < f->side_count && f->sides[i].met; i++)
		memset(f->sides[i].met, 0, f->sides[i].sought_count);
	return 0;
}

void ay_foreign_free(struct ay_foreign *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->side_count; i++) {
		ay_uniq_free(&f->sides[i].seen);
		ay_buf_free(&f->sides[i].keys);
		ay_budget_free(f->pool.budget, f->sides[i].met);
	}
	ay_budget_free(f->pool.budget, f->sides);
	ay_budget_free(f->pool.budget, f);
}

/* ---- one row ---- */

static void show(const struct side *x, const struct ay_value *values, char out[AY_FOREIGN_SHOWN + 1])
{
	size_t at = 0;

	out[0] = 0;
	for (size_t i = 0; i < x->count && at + 2 < AY_FOREIGN_SHOWN; i++) {
		if (i)
			at += (size_t)snprintf(out + at, AY_FOREIGN_SHOWN + 1 - at, ", ");
		at += ay_value_write(&values[x->fields[i]], out + at, AY_FOREIGN_SHOWN + 1 - at);
	}
}

/* Parts with their lengths, so that they do not run into each other. */
static int digest(const struct side *x, const struct ay_value *values, struct ay_sha256 *out)
{
	struct ay_buf b = ay_buf_new(2 * AY_LIMIT_CSV_FIELD);
	uint8_t scratch[AY_VALUE_CANON];

	for (size_t i = 0; i < x->count; i++) {
		size_t len;
		const void *canon = ay_value_canon(&values[x->fields[i]], scratch, &len);

		ay_buf_le64(&b, len);
		ay_buf_add(&b, canon, len);
	}
	*out = ay_sha256_short(b.data, b.len);
	int err = b.err;

	ay_buf_free(&b);
	return err;
}

static void overflow(struct ay_foreign *f, uint64_t row)
{
	f->full = true;
	ay_scan_find(f->scan, "schema.foreign-key-unknown", AY_NO_OFFSET,
		     "the table has more different keys than %llu MiB hold, at row %llu, so that its foreign keys cannot be compared",
		     (unsigned long long)(AY_LIMIT_KEYS / MIB), (unsigned long long)row);
}

/* Whatever the table's size, no more is held than was asked for. */
static int meet(struct side *x, const struct ay_value *values)
{
	struct ay_sha256 d;
	int err = digest(x, values, &d);
	size_t lo = 0, hi = x->sought_count;

	while (!err && lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = memcmp(d.b, x->sought + mid * AY_FOREIGN_KEY, AY_FOREIGN_KEY);

		if (order == 0) {
			x->met[mid] = 1;
			return 0;
		}
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return err;
}

static int add(struct ay_foreign *f, struct side *x, const struct ay_value *values, uint64_t row)
{
	char text[AY_FOREIGN_SHOWN + 1];
	struct ay_uniq_state h;
	struct ay_sha256 d;

	ay_uniq_start(&h);
	for (size_t i = 0; i < x->count; i++) {
		uint8_t scratch[AY_VALUE_CANON];
		size_t len;
		const void *canon = ay_value_canon(&values[x->fields[i]], scratch, &len);

		ay_uniq_part(&h, canon, len);
	}
	int fresh = ay_uniq_add(&x->seen, ay_uniq_finish(&h));

	if (fresh == 0)
		return 0;
	if (fresh < 0 || digest(x, values, &d) != 0) {
		overflow(f, row);
		return 0;
	}
	ay_buf_add(&x->keys, d.b, AY_FOREIGN_KEY);
	f->bytes += AY_FOREIGN_KEY;
	if (x->role == AY_FOREIGN_REFERS) {
		show(x, values, text);
		ay_buf_le64(&x->keys, row);
		ay_buf_addc(&x->keys, (uint8_t)strlen(text));
		ay_buf_adds(&x->keys, text);
		f->bytes += 9 + strlen(text);
	}
	x->n++;
	if (x->keys.err || f->bytes > AY_LIMIT_KEYS - 1024 * 16)
		overflow(f, row);
	return 0;
}

int ay_foreign_row(struct ay_foreign *f, const struct ay_value *values, const bool *missing, const bool *wrong, uint64_t row)
{
	int rc = 0;

	for (size_t i = 0; i < f->side_count && !f->full && !rc; i++) {
		struct side *x = &f->sides[i];
		bool whole = true;

		/* A key with a missing part refers to nothing, and nothing to it. */
		for (size_t k = 0; k < x->count; k++)
			whole = whole && !missing[x->fields[k]] && !wrong[x->fields[k]];
		if (whole)
			rc = x->sought ? meet(x, values) : add(f, x, values, row);
	}
	return rc;
}

void ay_foreign_finish(struct ay_foreign *f)
{
	struct ay_buf out = ay_buf_new(AY_LIMIT_KEYS);

	if (f->full)
		return;
	if (ay_scan_depth(f->scan) > 0) {
		ay_scan_find(f->scan, "schema.foreign-key-unknown", AY_NO_OFFSET, "the foreign keys of a table inside of a container are not compared");
		return;
	}
	for (size_t i = 0; i < f->side_count; i++) {
		struct side *x = &f->sides[i];

		for (size_t k = 0; x->sought && k < x->sought_count; k++) {
			if (x->met[k])
				ay_buf_add(&x->keys, x->sought + k * AY_FOREIGN_KEY, AY_FOREIGN_KEY);
			x->n += x->met[k];
		}
		ay_buf_le32(&out, x->id);
		ay_buf_addc(&out, (uint8_t)x->role);
		ay_buf_le64(&out, x->n);
		ay_buf_add(&out, x->keys.data, x->keys.len);
	}
	if (out.err)
		overflow(f, 0);
	else
		ay_scan_set_keys(f->scan, &out);
	ay_buf_free(&out);
}
