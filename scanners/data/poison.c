/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/poison.h"

int ay_poison_init(struct ay_poison *p, struct ay_budget *b, const struct ay_reference *ref)
{
	int rc = ay_drawn_init(&p->rows, b, ref);

	if (!rc)
		rc = ay_row_sketch_init(&p->whole, b);
	p->texts = (struct ay_text_counts){.budget = b};
	p->looks = (struct ay_drawn){.budget = b};
	if (!rc && ref->looks)
		rc = ay_looks_init(&p->looks, b, &ref->digest);
	return rc;
}

void ay_poison_set_file(struct ay_poison *p, uint32_t file)
{
	ay_drawn_set_file(&p->rows, file);
	ay_row_sketch_set_file(&p->whole, file);
	ay_text_counts_set_file(&p->texts, file);
	ay_drawn_set_file(&p->looks, file);
}

static void set_files(struct ay_drawn *d, const uint32_t *files)
{
	for (size_t i = 0; i < d->used; i++) {
		d->heap[i].file = files[d->heap[i].row - 1];
		d->heap[i].row = 1;
	}
}

void ay_poison_set_files(struct ay_poison *p, const uint32_t *files)
{
	set_files(&p->rows, files);
	set_files(&p->looks, files);
	for (size_t i = 0; i < p->whole.used; i++) {
		p->whole.seen[i].file = files[p->whole.seen[i].row - 1];
		p->whole.seen[i].row = 1;
	}
}

int ay_poison_merge(struct ay_poison *p, const struct ay_poison *other)
{
	int rc = ay_drawn_merge(&p->rows, &other->rows);

	if (!rc)
		rc = ay_row_sketch_merge(&p->whole, &other->whole);
	if (!rc)
		rc = ay_text_counts_merge(&p->texts, &other->texts);
	if (!rc && other->looks.width)
		rc = ay_drawn_merge(&p->looks, &other->looks);
	return rc;
}

void ay_poison_encode(struct ay_poison *p, struct ay_buf *out)
{
	ay_drawn_encode(&p->rows, out);
	ay_row_sketch_encode(&p->whole, out);
	ay_text_counts_encode(&p->texts, out);
	ay_buf_addc(out, p->looks.width != 0);
	if (p->looks.width)
		ay_drawn_encode(&p->looks, out);
}

static int decode_looks(struct ay_cursor *in, struct ay_budget *b, const struct ay_reference *like, struct ay_drawn *out)
{
	uint8_t has = ay_cursor_u8(in);

	*out = (struct ay_drawn){.budget = b};
	if (in->err || has > 1)
		return in->err ? in->err : AY_EFORMAT;
	int rc = has ? ay_looks_init(out, b, &like->digest) : 0;

	return !rc && has ? ay_drawn_read(in, out) : rc;
}

int ay_poison_decode(struct ay_cursor *in, struct ay_budget *b, const struct ay_reference *like, struct ay_poison *out)
{
	int rc = ay_drawn_decode(in, b, like, &out->rows);

	if (!rc)
		rc = ay_row_sketch_decode(in, b, &out->whole);
	out->texts = (struct ay_text_counts){.budget = b};
	if (!rc)
		rc = ay_text_counts_decode(in, b, &out->texts);
	out->looks = (struct ay_drawn){.budget = b};
	if (!rc)
		rc = decode_looks(in, b, like, &out->looks);
	if (rc)
		ay_poison_free(out);
	return rc;
}

void ay_poison_free(struct ay_poison *p)
{
	ay_drawn_free(&p->rows);
	ay_row_sketch_free(&p->whole);
	ay_text_counts_free(&p->texts);
	ay_drawn_free(&p->looks);
}

/* ---- counting ---- */

int ay_poison_counting_init(struct ay_poison_counting *k, struct ay_budget *b, const struct ay_reference *ref, struct ay_poison *sums)
{
	*k = (struct ay_poison_counting){.budget = b, .columns = ref->count, .sums = sums};
	k->row = ay_budget_alloc(b, (ref->count + 1) * sizeof(*k->row));
	return k->row ? 0 : AY_ELIMIT;
}

int ay_poison_counting_label(struct ay_poison_counting *k, struct ay_reference *ref, size_t label)
{
	size_t n = 0;
	int rc = ref->texts.n ? ay_label_places(ref, label, AY_TEXT_CLASSES, k->classes, &n) : 0;

	if (rc || n < 2 || n > AY_TEXT_CLASSES)
		return rc;
	k->label = label;
	rc = ay_text_counts_start(&k->sums->texts, &ref->texts, k->budget, n);
	return rc ? rc : ay_text_counting_init(&k->texts, k->budget, &ref->texts, &k->sums->texts);
}

/* AY_TEXT_CLASSES: none of them. */
static size_t class_of(const struct ay_poison_counting *k, uint32_t place)
{
	for (size_t i = 0; i < k->sums->texts.classes; i++)
		if (k->classes[i] == place)
			return i;
	return AY_TEXT_CLASSES;
}

void ay_poison_counting_rows(struct ay_poison_counting *k, const struct ay_block *rows, const struct ay_placed *placed, size_t room)
{
	uint64_t order;

	ay_row_sketch_add(&k->sums->whole, rows);
	for (size_t r = 0; r < rows->rows; r++) {
		if (k->texts.ref)
			ay_text_counting_row(&k->texts, rows, r, class_of(k, placed[k->label * room + r].at));
		if (!ay_drawn_next(&k->sums->rows, rows->first + r, &order))
			continue;
		for (size_t i = 0; i < k->columns; i++)
			k->row[i] = (uint16_t)placed[i * room + r].at;
		ay_drawn_keep(&k->sums->rows, order, rows->first + r, k->row);
	}
}

void ay_poison_counting_free(struct ay_poison_counting *k)
{
	ay_budget_free(k->budget, k->row);
	ay_text_counting_free(&k->texts);
}
