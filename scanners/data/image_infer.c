/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/json.h"
#include "assay/text.h"
#include "scanners/data/image_row.h"

static bool have_labels(const struct ay_image_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].label.text)
			return true;
	return false;
}

static int each(void *arg, struct ay_budget *b, const struct ay_rows_sink *sink)
{
	const struct ay_image_table *t = arg;
	struct ay_cell cells[AY_IMAGE_COLUMNS];
	size_t columns = AY_IMAGE_COLUMNS - (have_labels(t) ? 0 : 1);
	int rc = sink->columns ? sink->columns(sink->arg, ay_image_columns, columns) : 0;

	for (size_t i = 0; rc == 0 && i < t->n; i++) {
		rc = ay_budget_tick(b);
		ay_image_cells(&t->v[i].stats, t->v[i].label, cells);
		if (!rc)
			rc = ay_rows_give(sink, i + 1, cells, columns);
	}
	return rc;
}

/* The cell of the label of that row. */
static struct ay_cell label_cell(const struct ay_image_table *t, uint64_t row)
{
	struct ay_cell cells[AY_IMAGE_COLUMNS];

	ay_image_cells(&t->v[row - 1].stats, t->v[row - 1].label, cells);
	return cells[AY_IMAGE_COLUMNS - 1];
}

static void count_looks(void *arg, struct ay_counting *k)
{
	const struct ay_image_table *t = arg;

	for (size_t i = 0; t->looks && i < t->looks->used; i++) {
		const struct ay_cell label = label_cell(t, t->looks->heap[i].row);

		ay_counting_look(k, t->looks->heap[i].row, &label, ay_looks_get(t->looks, i));
	}
}

struct ay_rows ay_image_rows(struct ay_image_table *t)
{
	return (struct ay_rows){.arg = t, .each = each, .looks = count_looks};
}

static int place_looks(const struct ay_image_table *t, struct ay_budget *b, struct ay_reference *ref)
{
	static const struct ay_sha256 none;
	const struct ay_profiled *label = ay_reference_find(ref, AY_IMAGE_LABEL);
	int rc = ay_reference_looks(ref, &none);

	for (size_t i = 0; rc == 0 && i < t->looks->used; i++) {
		uint64_t row = t->looks->heap[i].row;
		const struct ay_cell cell = label_cell(t, row);

		ay_looks_add(ref->looks, row, ay_looks_place(label, &cell), ay_looks_get(t->looks, i));
		rc = ay_budget_tick(b);
	}
	return rc;
}

/*
 * What the images look like becomes part of an encoded reference, with the places that their labels have there: encoding gives them
 * their order.
 */
static int add_looks(const struct ay_image_table *t, struct ay_budget *b, struct ay_buf *encoded)
{
	struct ay_reference ref;
	int rc = ay_reference_parse(encoded->data, encoded->len, b, &ref);

	if (rc)
		return rc;
	rc = place_looks(t, b, &ref);
	ay_buf_clear(encoded);
	if (!rc)
		ay_reference_encode(&ref, encoded);
	ay_reference_free(&ref);
	return rc;
}

static void write_schema(const enum ay_value_type *types, const bool *wanted, const struct ay_buf *reference, struct ay_buf *out)
{
	struct ay_buf text = ay_buf_new(2 * AY_LIMIT_REFERENCE);
	struct ay_jw w = ay_jw_new(out, true);

	ay_jw_object(&w);
	ay_jw_key(&w, "fields");
	ay_jw_array(&w);
	for (size_t i = 0; i < AY_IMAGE_COLUMNS; i++) {
		if (!wanted[i])
			continue;
		ay_jw_object(&w);
		ay_jw_kstr(&w, "name", ay_image_columns[i]);
		ay_jw_kstr(&w, "type", ay_value_type_name(types[i]));
		if (i == AY_IMAGE_COLUMNS - 1)
			ay_jw_kbool(&w, "x-label", true);
		ay_jw_object_end(&w);
	}
	ay_jw_array_end(&w);
	ay_jw_kstr(&w, "fieldsMatch", "exact");
	if (ay_base64_encode(&text, reference->data, reference->len) == 0)
		ay_jw_kstr(&w, AY_REFERENCE_NOTE, ay_buf_str(&text));
	ay_jw_object_end(&w);
	ay_buf_addc(out, '\n');
	if (text.err && !out->err)
		out->err = text.err;
	ay_buf_free(&text);
}

int ay_image_infer(const struct ay_image_table *images, struct ay_budget *b, struct ay_buf *out)
{
	struct ay_image_table own = *images;
	const struct ay_rows rows = ay_image_rows(&own);
	struct ay_buf encoded = ay_buf_new(AY_LIMIT_REFERENCE);
	enum ay_value_type types[AY_IMAGE_COLUMNS];
	bool wanted[AY_IMAGE_COLUMNS];
	struct ay_reference ref;

	for (size_t i = 0; i < AY_IMAGE_COLUMNS; i++) {
		types[i] = i < 3 ? AY_VALUE_INTEGER : i < AY_IMAGE_COLUMNS - 1 ? AY_VALUE_NUMBER : AY_VALUE_STRING;
		wanted[i] = i < AY_IMAGE_COLUMNS - 1;
	}
	wanted[AY_IMAGE_COLUMNS - 1] = have_labels(images);
	int rc = ay_reference_build(&rows, types, wanted, AY_IMAGE_COLUMNS - (wanted[AY_IMAGE_COLUMNS - 1] ? 0 : 1), b, &ref);

	if (rc)
		return rc;
	ay_reference_encode(&ref, &encoded);
	ay_reference_free(&ref);
	rc = encoded.err;
	if (!rc && images->looks)
		rc = add_looks(images, b, &encoded);
	if (!rc && !encoded.err)
		write_schema(types, wanted, &encoded, out);
	rc = rc ? rc : encoded.err ? encoded.err : out->err;
	ay_buf_free(&encoded);
	return rc;
}
