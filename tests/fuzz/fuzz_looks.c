/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images of a reference and of a batch as the worker measured them, and what is judged of their looks. Groups of four bytes:
 *   first    1 the group is of the batch; 2, 4: one, 4, 12 or 24 images; 8, 16: of which mark; the rest: how much they differ
 *   second   the label, of six, or none
 *   third    the cell whose mark is set
 *   fourth   what to; which of eight ways they look
 */
#include <math.h>

#include "assay/json.h"
#include "assay/text.h"
#include "scanners/data/image_row.h"
#include "scanners/data/poison_labels.h"
#include "scanners/data/poison_marks.h"

#define IMAGES 240
#define ALPHA 0.001
#define LIMIT 0.02

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct side { struct ay_image_row rows[IMAGES]; struct ay_drawn looks; size_t n; };
static struct side reference, batch;

static void add(struct side *s, struct ay_cursor *group)
{
	static const char *const names[] = {"0", "1", "2", "3", "4", "5"};
	unsigned how = ay_cursor_u8(group), label = ay_cursor_u8(group) % 8, cell = ay_cursor_u8(group), value = ay_cursor_u8(group);

	for (unsigned i = 0; i < (unsigned[]){1, 4, 12, 24}[how >> 1 & 3] && s->n < IMAGES; i++) {
		struct ay_look look;
		uint8_t *bytes = (uint8_t *)&look;    /* own: a look is bytes */

		for (size_t k = 0; k < sizeof(look); k++)
			bytes[k] = (uint8_t)(k * (value % 8 + 3) + (s->n * 37 + k * 11) % (1 + (how >> 5) * 16));
		look.marks[(how >> 3 & 3) % AY_LOOK_MARKS][cell % AY_LOOK_CELLS] = (uint8_t)value;
		s->rows[s->n++] = (struct ay_image_row){
			.stats = {.width = 28, .height = 28 + how % 2, .channels = 1, .brightness = (double)(value + i) / 512},
			.label = {label < AY_ARRAY_LEN(names) ? names[label] : NULL, 1},
		};
		ay_looks_add(&s->looks, s->n, AY_LOOK_NO_LABEL, &look);
	}
}

static void gather(struct side *s, struct ay_cursor c, int which)
{
	while (c.left >= 4) {
		struct ay_cursor group = ay_cursor_sub(&c, 4);

		if ((ay_cursor_peek(&group, 0) & 1) == which)
			add(s, &group);
	}
}

/* From the proposal that a person would approve. */
static int refer(struct ay_budget *b, struct ay_buf *profile, struct ay_reference *out)
{
	struct ay_image_table t = {reference.rows, reference.n, &reference.looks};
	struct ay_buf schema = ay_buf_new(4 * MIB);
	struct ay_json_doc *doc = NULL;
	int rc = ay_image_infer(&t, b, &schema);

	if (rc == 0 && ay_json_parse(schema.data, schema.len, 1000000, &doc, NULL))
		ay_bug("a proposal is no JSON");
	const char *text = rc ? NULL : ay_json_str(ay_json_get(ay_json_root(doc), AY_REFERENCE_NOTE), NULL);

	if (rc == 0)
		rc = text ? ay_base64_decode(profile, text, strlen(text), false) : AY_ENOTFOUND;
	if (rc == 0 && ay_reference_decode(profile->data, profile->len, b, out))
		ay_bug("the reference of a proposal is none");
	ay_json_free(doc);
	ay_buf_free(&schema);
	return rc;
}

static int columns(void *k, const char *const *names, size_t n)
{
	return ay_counting_columns(k, names, n);
}

static int row(void *k, uint64_t at, const struct ay_cell *cells)
{
	return ay_counting_row(k, at, cells);
}

static void check(double v, const char *what)
{
	if (!(v >= 0 && v <= 1))
		ay_bug("%s", what);
}

static void judge(struct ay_reference *ref, const struct ay_batch *counted, struct ay_budget *b)
{
	struct ay_label_model *m = NULL;
	struct ay_label_result labels;
	struct ay_mark_result marks;

	for (size_t i = 0; i < ref->count; i++)
		if (strcmp(ref->columns[i].name, AY_IMAGE_LABEL) == 0 && ay_label_model_new(ref, i, b, &m) == 0) {
			if (ay_label_judge(m, &counted->poison, ALPHA, LIMIT, &labels) == 0 && labels.lost > labels.rows)
				ay_bug("more labels are outvoted than there are");
			check(labels.p, "labels have no chance");
			ay_label_model_free(m);
		}
	if (!ref->looks || ay_marks_judge(ref->looks, &counted->poison.looks, b, &marks))
		return;
	if (marks.n > marks.total || marks.n > AY_MARK_LISTED)
		ay_bug("marks do not add up");
	for (size_t i = 0; i < marks.n; i++) {
		check(marks.v[i].share, "a mark has no share");
		if (marks.v[i].images > counted->poison.looks.used || isnan(marks.v[i].errors) || isnan(marks.v[i].pure))
			ay_bug("a mark is of more images than there are");
	}
}

/* What the gate gets is bytes. */
static void count(const struct ay_buf *profile, struct ay_reference *ref, struct ay_budget *b)
{
	struct ay_image_table t = {batch.rows, batch.n, &batch.looks};
	const struct ay_rows rows = ay_image_rows(&t);
	struct ay_buf bytes = ay_buf_new(AY_LIMIT_PROFILE);
	struct ay_counting *k;
	struct ay_batch counted;

	if (ay_counting_new(profile->data, profile->len, b, &k))
		return;
	if (rows.each(rows.arg, b, &(struct ay_rows_sink){.arg = k, .columns = columns, .row = row}) == 0) {
		rows.looks(rows.arg, k);
		ay_batch_encode(ay_counting_batch(k), &bytes);
		if (bytes.err || ay_batch_decode(bytes.data, bytes.len, b, &counted))
			ay_bug("what was counted does not decode");
		judge(ref, &counted, b);
		ay_batch_free(&counted);
	}
	ay_counting_free(k);
	ay_buf_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ay_sha256 none;
	struct ay_cursor c = ay_cursor_of(data, size, 0);
	struct ay_buf profile = ay_buf_new(4 * MIB);
	struct ay_reference ref;
	struct ay_budget b;

	ay_budget_init(&b, size);
	uint64_t whole = b.alloc_left;

	reference.n = batch.n = 0;
	if (ay_looks_init(&reference.looks, &b, &none))
		return 0;
	gather(&reference, c, 0);
	if (refer(&b, &profile, &ref) == 0) {
		if (ay_looks_init(&batch.looks, &b, &ref.digest) == 0) {
			gather(&batch, c, 1);
			count(&profile, &ref, &b);
			ay_drawn_free(&batch.looks);
		}
		ay_reference_free(&ref);
	}
	ay_drawn_free(&reference.looks);
	ay_buf_free(&profile);
	if (b.alloc_left != whole)
		ay_bug("memory is left behind");
	return 0;
}
