/* SPDX-License-Identifier: Apache-2.0 */
/* Rows drawn from tables, and labels judged by their neighbours. */
#include <math.h>

#include "gate/poison_parts.h"
#include "scanners/data/confident.h"
#include "scanners/data/near_rows.h"
#include "scanners/data/poison_classes.h"
#include "scanners/data/poison_labels.h"
#include "scanners/data/space.h"
#include "scanners/data/spectral.h"
#include "tests/lib/poison_table.h"

static struct ay_reference ref;
static struct ay_buf ref_bytes;

/* The sample says other things than its rows had. */
static void test_places(void)
{
	struct ay_reference other;

	is_int(ay_reference_decode(ref_bytes.data, ref_bytes.len, &poison_budget, &other), 0, "a reference");
	size_t kind = poison_label(&other) - 1, missing = ay_places_count(&other, kind) - 1;
	const struct ay_numbers *a = &other.columns[0].numbers;
	const struct ay_cell x = {.kind = AY_CELL_TEXT, .text = "x", .len = 1}, w = {.kind = AY_CELL_TEXT, .text = "w", .len = 1};
	const double numbers[] = {a->edges[0], a->edges[a->edge_count - 1], 1e300, NAN};
	const double kinds[] = {ay_profiled_number(&other.columns[kind], &x), ay_profiled_number(&other.columns[kind], &w), NAN, NAN};

	for (size_t i = 0; i < 4; i++) {
		double *row = other.sample.rows + other.sample.heap[i].at * other.sample.width;

		row[0] = numbers[i];
		row[kind] = kinds[i];
	}
	is_int(ay_reference_place(&other), 0, "places");
	is_int(ay_reference_row(&other, 0)[0], 0, "what is not above the first edge lies in the first bin");
	is_int(ay_reference_row(&other, 1)[0], (long long)a->edge_count - 1, "the last edge in the last inner one");
	is_int(ay_reference_row(&other, 2)[0], (long long)a->edge_count, "what is above it in the last");
	is_int(ay_reference_row(&other, 3)[0], (long long)a->edge_count + 1, "what is missing beyond");
	uint16_t at = ay_reference_row(&other, 0)[kind];

	ok(at < missing - 1 && other.columns[kind].values.entries[at].len == 1 && memcmp(other.columns[kind].values.entries[at].bytes, "x", 1) == 0,
	   "a value at its entry");
	is_int(ay_reference_row(&other, 1)[kind], (long long)missing - 1, "one that the reference never had");
	is_int(ay_reference_row(&other, 2)[kind], (long long)missing, "and one that is missing");
	ay_reference_free(&other);
}

/* One point after the other, as the header says it: numbers by their squares, values by being equal. */
static float distance_of(const float *a, const float *b, size_t dims, size_t values)
{
	float sum = 0;

	for (size_t i = 0; i < dims; i++)
		sum += (a[i] - b[i]) * (a[i] - b[i]);
	for (size_t i = dims; i < dims + values; i++)
		sum += a[i] == b[i] ? 0.0f : 1.0f;
	return sum;
}

static float small_number(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (float)(*seed >> 33 & 0xff) / 32;
}

/* n points in two blocks, measured from another, with and without a limit. */
static void measure(size_t dims, size_t values, size_t n)
{
	const struct ay_space space = {.budget = &poison_budget, .dims = dims, .values = values};
	float given[AY_SPACE_BLOCK + 9][24], from[24], out[AY_SPACE_BLOCK];
	unsigned wrong = 0, below = 0, missed = 0;
	struct ay_points p;
	uint64_t seed = 7;

	is_int(ay_points_init(&p, &space, n), 0, "room for points");
	for (size_t i = 0; i < n; i++) {
		for (size_t d = 0; d < dims + values; d++)
			given[i][d] = d < dims ? small_number(&seed) : floorf(small_number(&seed) / 4);
		ay_points_add(&p, given[i]);
	}
	for (size_t d = 0; d < dims + values; d++)
		from[d] = given[n / 2][d];
	float limit = distance_of(from, given[0], dims, values);

	for (size_t at = 0; at < n; at++) {
		if (at % AY_SPACE_BLOCK == 0)
			missed += !ay_points_measure(&p, at / AY_SPACE_BLOCK, from, INFINITY, out);
		wrong += out[at % AY_SPACE_BLOCK] != distance_of(from, given[at], dims, values);
	}
	for (size_t at = 0, tiles = 0; at < n; at++) {
		float d = distance_of(from, given[at], dims, values), got;

		if (at % AY_SPACE_BLOCK == 0)
			tiles = ay_points_measure(&p, at / AY_SPACE_BLOCK, from, limit, out);
		got = out[at % AY_SPACE_BLOCK];
		wrong += d < limit ? got != d : got < limit || got > d;
		below += d < limit;
		missed += d < limit && !(tiles >> at % AY_SPACE_BLOCK / AY_SPACE_TILE & 1);
	}
	ok(!wrong && !missed && below, "distances of %zu numbers and %zu values", dims, values);
	ay_points_free(&p);
}

static void test_measure(void)
{
	for (size_t dims = 0; dims <= 17; dims++)
		measure(dims, dims % 3 + !dims, AY_SPACE_BLOCK + 9);
	measure(8, 0, AY_SPACE_BLOCK);
	measure(0, 8, 1 + AY_SPACE_BLOCK);
	measure(16, 7, AY_SPACE_BLOCK + 9);
}

static void test_drawn(void)
{
	struct ay_counting *k = poison_count(&ref_bytes, (struct poison_spec){.rows = 6000, .seed = 5});
	struct ay_drawn *d = &ay_counting_batch(k)->poison.rows, again;
	struct ay_buf a = ay_buf_new(1 * MIB), b = ay_buf_new(1 * MIB);
	unsigned decoded = 0;

	ok(d->used == AY_DRAWN_ROWS && d->seen == 6000, "as many rows as are kept, of all that were seen");
	ay_drawn_encode(d, &a);
	struct ay_cursor c = ay_cursor_of(a.data, a.len, 0);

	is_int(ay_drawn_decode(&c, &poison_budget, &ref, &again), 0, "decode");
	ay_drawn_encode(&again, &b);
	ok(a.len == b.len && memcmp(a.data, b.data, a.len) == 0 && c.left == 0, "to the same bytes");
	ay_drawn_free(&again);
	for (size_t len = 0; len < a.len; len += len < 400 ? 1 : 997) {
		c = ay_cursor_of(a.data, len, 0);
		if (ay_drawn_decode(&c, &poison_budget, &ref, &again) == 0) {
			decoded++;
			ay_drawn_free(&again);
		}
	}
	is_int(decoded, 0, "no proper prefix does");
	c = ay_cursor_of(a.data, a.len, 0);
	a.data[a.len - 1] = 0xff;
	ok(ay_drawn_decode(&c, &poison_budget, &ref, &again) != 0, "nor does a place that the column does not have");
	ay_buf_clear(&a);
	ay_buf_le64(&a, 1);
	ay_buf_le32(&a, 0xffffffff);
	c = ay_cursor_of(a.data, a.len, 0);
	ok(ay_drawn_decode(&c, &poison_budget, &ref, &again) != 0, "nor more rows than there are bytes");
	ay_buf_free(&a);
	ay_buf_free(&b);
	ay_counting_free(k);
}

static void test_merge(void)
{
	struct ay_counting *k[3];
	struct ay_batch sum[2];
	struct ay_buf bytes[2] = {ay_buf_new(1 * MIB), ay_buf_new(1 * MIB)};

	for (unsigned i = 0; i < 3; i++) {
		k[i] = poison_count(&ref_bytes, (struct poison_spec){.rows = 3000, .seed = 20 + i});
		ay_poison_set_file(&ay_counting_batch(k[i])->poison, i);
	}
	for (unsigned way = 0; way < 2; way++) {
		is_int(ay_batch_init(&sum[way], &poison_budget, &ref), 0, "a sum");
		for (unsigned i = 0; i < 3; i++)
			is_int(ay_batch_merge(&sum[way], ay_counting_batch(k[way ? 2 - i : i])), 0, "of a table");
		ay_poison_encode(&sum[way].poison, &bytes[way]);
	}
	ok(bytes[0].len == bytes[1].len && memcmp(bytes[0].data, bytes[1].data, bytes[0].len) == 0, "is the same in any order");
	is_int((long long)sum[0].poison.rows.seen, 9000, "of all rows");
	unsigned of[3] = {0};

	for (size_t i = 0; i < sum[0].poison.rows.used; i++)
		of[sum[0].poison.rows.heap[i].file]++;
	ok(of[0] > 1500 && of[1] > 1500 && of[2] > 1500, "and has rows of each");
	for (unsigned i = 0; i < 3; i++)
		ay_counting_free(k[i]);
	for (unsigned way = 0; way < 2; way++) {
		ay_batch_free(&sum[way]);
		ay_buf_free(&bytes[way]);
	}
}

static struct ay_label_result labels_of(struct ay_label_model *m, struct poison_spec s)
{
	struct ay_counting *k = poison_count(&ref_bytes, s);
	struct ay_label_result r;

	is_int(ay_label_judge(m, &ay_counting_batch(k)->poison, 0.001, 0.02, &r), 0, "labels are judged");
	ay_counting_free(k);
	return r;
}

static void test_labels(void)
{
	struct ay_label_model *m;
	struct ay_label_result r;

	is_int(ay_label_model_new(&ref, poison_label(&ref), &poison_budget, &m), 0, "a model of labels");
	for (uint64_t seed = 100; seed < 105; seed++) {
		r = labels_of(m, (struct poison_spec){.rows = 3000, .seed = seed});
		ok(!r.flipped && r.why == AY_LABEL_OK && r.share < 0.02, "an honest batch: share %.4f", r.share);
	}
	r = labels_of(m, (struct poison_spec){.rows = 3000, .seed = 200, .flips = 0.05});
	ok(r.flipped && r.share > 0.03 && r.share < 0.07 && r.p < 1e-6, "5 %% of flips are seen as such: %.4f", r.share);
	ok(r.worst_count == AY_LABEL_WORST && r.worst[0].for_given == 0 && r.worst[0].for_expected == AY_LABEL_NEIGHBOURS && r.worst[0].row > 0 &&
	   r.worst[0].given != r.worst[0].expected, "rows are named, those that no neighbour agrees with first");
	r = labels_of(m, (struct poison_spec){.rows = AY_LABEL_ROWS_MIN - 1, .seed = 201});
	ok(r.why == AY_LABEL_FEW_ROWS && !r.flipped && ay_label_why_text(r.why)[0], "too few rows are not judged");
	r = labels_of(m, (struct poison_spec){.rows = AY_LABEL_ROWS_MIN, .seed = 202, .flips = 0.9});
	ok(r.why == AY_LABEL_OK && r.flipped, "just enough are");
	ay_label_model_free(m);
	is_int(ay_label_model_new(&ref, 0, &poison_budget, &m), 0, "a column of numbers as label");
	r = labels_of(m, (struct poison_spec){.rows = 300, .seed = 203});
	ok(r.why == AY_LABEL_CLASSES_MANY, "is none");
	ay_label_model_free(m);
}

static void test_own_rows(void)
{
	const struct poison_spec spec = {.rows = 3000, .seed = 210, .flips = 0.05};
	struct ay_label_own wrong = {.rows = 3000, .lost = 2900};
	struct ay_label_model *first, *second;

	is_int(ay_label_model_new(&ref, poison_label(&ref), &poison_budget, &first), 0, "a model of labels");
	is_int(ay_label_model_new(&ref, poison_label(&ref), &poison_budget, &second), 0, "another of the same reference");
	ok(!ay_label_own(first), "how the reference's own rows fare is found out with the first batch");
	struct ay_label_result a = labels_of(first, spec);

	ok(ay_label_own(first) && ay_label_own(first)->rows == a.ref_rows && ay_label_own(first)->lost == a.ref_lost && a.ref_lost > 0, "then it is known");
	ay_label_give_own(second, ay_label_own(first));
	struct ay_label_result b = labels_of(second, spec);

	ok(a.flipped && b.flipped && a.p == b.p && a.share == b.share && a.ref_lost == b.ref_lost, "a model that was given it says the same");
	ay_label_give_own(second, &wrong);
	b = labels_of(second, spec);
	ok(!b.flipped && b.ref_lost == wrong.lost, "and rests on what it was given");
	ay_label_model_free(first);
	ay_label_model_free(second);
}

/* The gate gives a model only what was found out about its own reference and label. */
static void test_remembered(void)
{
	const struct poison_spec spec = {.rows = 300, .seed = 211};
	size_t label = poison_label(&ref);
	struct ay_reference other = ref;
	struct ay_label_model *first, *next;
	struct ay_label_owns *known;

	other.digest.b[31] ^= 1;
	is_int(ay_label_owns_new(&known), 0, "a memory");
	is_int(ay_label_model_new(&ref, label, &poison_budget, &first), 0, "a model");
	is_int(ay_label_model_new(&ref, label, &poison_budget, &next), 0, "and the next");
	ay_label_owns_keep(known, &ref, label, first);
	ay_label_owns_find(known, &ref, label, next);
	ok(!ay_label_own(next), "nothing is known before a batch was judged");
	labels_of(first, spec);
	ay_label_owns_keep(known, &ref, label, first);
	ay_label_owns_find(known, &other, label, next);
	ay_label_owns_find(known, &ref, label + 64, next);
	ok(!ay_label_own(next), "nor of another reference or column in the same place");
	ay_label_owns_find(known, &ref, label, next);
	ok(ay_label_own(next) && ay_label_own(next)->lost == ay_label_own(first)->lost, "then it is");
	ay_label_model_free(first);
	ay_label_model_free(next);
	ay_label_owns_free(known);
}

static void test_small_reference(void)
{
	struct ay_buf bytes = ay_buf_new(1 * MIB), keep = ref_bytes;
	struct ay_reference small;
	struct ay_label_model *m;

	poison_reference(&small, &bytes, (struct poison_spec){.rows = 20, .seed = 3});
	ref_bytes = bytes;
	is_int(ay_label_model_new(&small, poison_label(&small), &poison_budget, &m), 0, "a reference of 20 rows");
	struct ay_label_result r = labels_of(m, (struct poison_spec){.rows = 300, .seed = 204});

	ok(r.why == AY_LABEL_FEW_SAMPLED, "says nothing of labels");
	ay_label_model_free(m);
	ay_reference_free(&small);
	ay_buf_free(&bytes);
	ref_bytes = keep;
}

static void test_sketch(void)
{
	struct ay_counting *k = poison_count(&ref_bytes, (struct poison_spec){.rows = 3000, .seed = 300});
	struct ay_counting *twice = poison_count(&ref_bytes, (struct poison_spec){.rows = 9000, .seed = 301, .repeats = 0.1});
	struct ay_row_sketch *a = &ay_counting_batch(k)->poison.whole, *b = &ay_counting_batch(twice)->poison.whole, again;
	struct ay_buf bytes = ay_buf_new(1 * MIB), same = ay_buf_new(1 * MIB);
	const struct ay_row_seen *first;
	unsigned decoded = 0;
	uint64_t rows, shared;
	double error;

	ok(ay_row_sketch_repeated(a, &error) == 0 && error == 0 && a->used == 3000 && !a->full, "3000 different rows are all there");
	double share = ay_row_sketch_repeated(b, &error);

	ok(b->full && b->used == AY_ROW_SKETCH && b->rows == 9000, "of 9000 as many as are kept");
	ok(fabs(share - 0.1) <= 3 * error + 0.1, "and a share that repeats, the one row of it kept or not: %.3f, give or take %.3f", share, error);
	ay_row_sketch_encode(b, &bytes);
	struct ay_cursor c = ay_cursor_of(bytes.data, bytes.len, 0);

	is_int(ay_row_sketch_decode(&c, &poison_budget, &again), 0, "decode");
	ay_row_sketch_encode(&again, &same);
	ok(same.len == bytes.len && memcmp(same.data, bytes.data, same.len) == 0, "to the same bytes");
	ay_row_sketch_free(&again);
	for (size_t len = 0; len < bytes.len; len += len < 200 ? 1 : 997) {
		c = ay_cursor_of(bytes.data, len, 0);
		if (ay_row_sketch_decode(&c, &poison_budget, &again) == 0) {
			decoded++;
			ay_row_sketch_free(&again);
		}
	}
	is_int(decoded, 0, "no proper prefix does");
	ay_row_sketch_shared(a, b, &rows, &shared, &first);
	ok(rows > 500 && shared == 0 && !first, "tables of other rows have none in common");
	ay_row_sketch_shared(a, a, &rows, &shared, &first);
	ok(rows == 3000 && shared == 3000 && first && first->row == 1, "a table has all with itself");
	ok(ay_row_sketch_met(a, 3000) == 0 && ay_row_sketch_met(b, 9000) >= 0, "and is not met by chance");
	ay_buf_free(&bytes);
	ay_buf_free(&same);
	ay_counting_free(k);
	ay_counting_free(twice);
}

/* Rows of a number below n, drawn at random: how often one repeats another is known. */
static void test_rarefaction(void)
{
	struct ay_row_sketch s, half;
	double error;

	poison_state = 77;
	ok(ay_row_sketch_init(&s, &poison_budget) == 0 && ay_row_sketch_init(&half, &poison_budget) == 0, "two sketches");
	for (unsigned i = 0; i < 20000; i++) {
		struct ay_cell cell = {.kind = AY_CELL_NUMBER, .number = floor(poison_draw() * 30000)};

		const struct ay_block row = ay_block_of_row(i + 1, &cell, 1);

		ay_row_sketch_add(&s, &row);
		if (i < 5000)
			ay_row_sketch_add(&half, &row);
	}
	double whole = ay_row_sketch_repeated(&s, &error), want = 1 - 1.5 * (1 - exp(-20000.0 / 30000));

	ok(fabs(whole - want) < 3 * error + 0.01, "a share that repeats: %.4f, %.4f by theory", whole, want);
	want = 1 - 6 * (1 - exp(-5000.0 / 30000));
	ok(fabs(ay_row_sketch_expected(&s, 5000) - want) < 0.01, "and what a quarter of them would repeat: %.4f, %.4f by theory",
	   ay_row_sketch_expected(&s, 5000), want);
	ok(fabs(ay_row_sketch_repeated(&half, &error) - want) < 0.02, "as a quarter does");
	is_int(ay_row_sketch_merge(&half, &s), 0, "two of them add up");
	ok(half.rows == 25000 && half.full, "to all rows");
	ay_row_sketch_free(&s);
	ay_row_sketch_free(&half);
}

static void test_near(void)
{
	struct ay_counting *k = poison_count(&ref_bytes, (struct poison_spec){.rows = 3000, .seed = 310});
	struct ay_near_rows r;

	is_int(ay_near_rows_judge(&ref, &ay_counting_batch(k)->poison.rows, &poison_budget, &r), 0, "rows that are nearly the same");
	ok(r.rows == 3000 && fabs(r.repeated - r.ref_repeated) < 3 * r.noise, "are as many as in the reference: %.3f, %.3f", r.repeated, r.ref_repeated);
	double p = (r.repeated + r.ref_repeated) / 2, alone = sqrt(2 * p * (1 - p) / 3000);

	ok(r.noise > 1.1 * alone, "and vary more than if they repeated by themselves: %.4f, %.4f", r.noise, alone);
	ay_counting_free(k);
	k = poison_count(&ref_bytes, (struct poison_spec){.rows = 3000, .seed = 311, .repeats = 0.1});
	is_int(ay_near_rows_judge(&ref, &ay_counting_batch(k)->poison.rows, &poison_budget, &r), 0, "with one row again and again");
	ok(r.repeated - r.ref_repeated > 4 * r.noise && r.most > 200 && r.row > 0, "are more: %.3f, %.3f", r.repeated, r.ref_repeated);
	ay_counting_free(k);
}

static struct ay_class_result classes_of(struct poison_spec s)
{
	struct ay_counting *k = poison_count(&ref_bytes, s);
	struct ay_batch *batch = ay_counting_batch(k);
	struct ay_class_result r;

	is_int(ay_classes_judge(&ref, poison_label(&ref), &batch->counts, &batch->poison.rows, 0.001, &poison_budget, &r), 0, "classes are judged");
	ay_counting_free(k);
	return r;
}

static void test_classes(void)
{
	struct ay_class_result r;
	unsigned triggers = 0, priors = 0;

	for (uint64_t seed = 400; seed < 405; seed++) {
		r = classes_of((struct poison_spec){.rows = 3000, .seed = seed});
		ok(r.judged && !r.total, "an honest batch has no sign");
	}
	r = classes_of((struct poison_spec){.rows = 3000, .seed = 410, .trigger = 0.02});
	for (size_t i = 0; i < r.n; i++)
		triggers += r.v[i].sign == AY_CLASS_SIGN_TRIGGER && r.v[i].column == poison_label(&ref) - 1 && r.v[i].row > 0 && r.v[i].pure > 0.8;
	is_int(triggers, 1, "a value in 2 %% of the rows that carries a label is a trigger");
	r = classes_of((struct poison_spec){.rows = 3000, .seed = 411, .trigger = 0.2});
	for (size_t i = 0; i < r.n; i++)
		priors += r.v[i].sign == AY_CLASS_SIGN_PRIOR;
	is_int(priors, 1, "with 20 %% the shares of labels have moved too");
	r = classes_of((struct poison_spec){.rows = AY_CLASS_ROWS_MIN - 1, .seed = 412});
	ok(!r.judged && !r.total, "too few rows are not judged");
}

static struct ay_spectral_result spectrum_of(struct poison_spec s, const bool *only)
{
	struct ay_counting *k = poison_count(&ref_bytes, s);
	struct ay_spectral_result r;

	is_int(ay_spectral_judge(&ref, poison_label(&ref), only, &ay_counting_batch(k)->poison.rows, 0.001, 0.02, &poison_budget, &r), 0, "spectra are judged");
	ay_counting_free(k);
	return r;
}

static void test_spectrum(void)
{
	const struct ay_profiled *label = &ref.columns[poison_label(&ref)];
	const bool one[5] = {true}, two[5] = {true, true};
	struct ay_spectral_result r;

	for (uint64_t seed = 500; seed < 520; seed++) {
		r = spectrum_of((struct poison_spec){.rows = 3000, .seed = seed}, NULL);
		ok(r.classes == 3 && !r.total, "no class of an honest batch lies elsewhere");
	}
	r = spectrum_of((struct poison_spec){.rows = 3000, .seed = 530, .shift = 0.05}, NULL);
	ok(r.n == 1 && label->values.entries[r.v[0].class].len == 3 && memcmp(label->values.entries[r.v[0].class].bytes, "ant", 3) == 0,
	   "5 %% of one class that were moved together are found there");
	ok(r.v[0].value > r.v[0].usual && r.v[0].share - r.v[0].ref_share > 0.02 && r.v[0].p < 1e-4, "eigenvalue %.2f, %.2f usual; share %.3f, %.3f; p %.2g",
	   r.v[0].value, r.v[0].usual, r.v[0].share, r.v[0].ref_share, r.v[0].p);
	ok(r.v[0].nworst == AY_SPECTRAL_ROWS && r.v[0].worst[0].row > 0 && r.v[0].worst[0].score >= r.v[0].worst[1].score && r.v[0].ncolumns == 3,
	   "rows and columns are named");
	r = spectrum_of((struct poison_spec){.rows = 3000, .seed = 530, .shift = 0.05}, two);
	ok(r.classes == 3 && r.v[0].ncolumns <= 2, "in some of the columns alone");
	r = spectrum_of((struct poison_spec){.rows = 3000, .seed = 530, .shift = 0.05}, one);
	is_int(r.classes, 0, "one column has no directions");
	r = spectrum_of((struct poison_spec){.rows = 250, .seed = 540}, NULL);
	is_int(r.classes, 0, "classes of few rows are not judged");
}

/* ---- predictions ---- */

static void predicted_csv(struct ay_buf *out, unsigned rows, uint64_t seed, double flips)
{
	poison_state = seed;
	ay_buf_adds(out, "p_no,p_yes,label\n");
	for (unsigned i = 0; i < rows; i++) {
		bool yes = poison_draw() < 0.5, flip = poison_draw() < flips;
		double p = 1 / (1 + exp(-poison_normal() - (yes ? 2 : -2)));

		ay_buf_addf(out, "%.6f,%.6f,%s\n", 1 - p, p, yes != flip ? "yes" : "no");
	}
}

static struct ay_confident_result predicted(unsigned rows, uint64_t seed, double flips)
{
	static const enum ay_value_type types[] = {AY_VALUE_NUMBER, AY_VALUE_NUMBER, AY_VALUE_STRING};
	static const bool wanted[] = {true, true, true};
	struct ay_buf csv[2] = {ay_buf_new(64 * MIB), ay_buf_new(64 * MIB)}, bytes = ay_buf_new(4 * MIB);
	struct ay_predicted by = {.column = {0, 1}};
	struct ay_confident_result r = {.judged = false};
	struct ay_counting *k;
	struct ay_reference with;
	struct ay_source in;
	struct ay_rows_csv from;

	predicted_csv(&csv[0], 4000, 1, 0);
	predicted_csv(&csv[1], rows, seed, flips);
	struct ay_rows table = poison_rows(&csv[0], &in, &from);

	is_int(ay_reference_build(&table, types, wanted, 3, &poison_budget, &with), 0, "a reference with predictions");
	ay_reference_encode(&with, &bytes);
	is_int(ay_counting_new(bytes.data, bytes.len, &poison_budget, &k), 0, "a batch");
	table = poison_rows(&csv[1], &in, &from);
	const struct ay_rows_sink sink = {.arg = k, .columns = poison_columns, .row = poison_row};

	is_int(table.each(table.arg, &poison_budget, &sink), 0, "is counted");
	is_int(ay_label_places(&with, 2, AY_CONFIDENT_CLASSES, by.place, &by.n), 0, "its labels");
	is_int(by.n, 2, "are two");
	if (with.columns[2].values.entries[by.place[0]].len == 3)
		by.column[0] = 1, by.column[1] = 0;
	is_int(ay_confident_judge(&with, 2, &by, &ay_counting_batch(k)->poison.rows, 0.001, 0.02, &poison_budget, &r), 0, "judged by predictions");
	ay_counting_free(k);
	ay_reference_free(&with);
	ay_buf_free(&csv[0]);
	ay_buf_free(&csv[1]);
	ay_buf_free(&bytes);
	return r;
}

static void test_predictions(void)
{
	struct ay_confident_result r;

	for (uint64_t seed = 10; seed < 15; seed++) {
		r = predicted(3000, seed, 0);
		ok(r.judged && !r.found && r.rows == 3000 && r.ref_rows == 4000, "honest labels: %.4f more issues", r.share);
	}
	r = predicted(3000, 20, 0.05);
	ok(r.found && r.share > 0.02 && r.share < 0.06 && r.p < 1e-6, "5 %% of flips: %.4f more", r.share);
	ok(r.nworst == AY_CONFIDENT_WORST && r.worst[0].row && r.worst[0].given != r.worst[0].expected && r.worst[0].margin >= r.worst[2].margin, "are named");
	r = predicted(AY_CONFIDENT_ROWS_MIN - 1, 21, 0.5);
	ok(!r.judged && !r.found, "too few rows are not judged");
	r = predicted(AY_CONFIDENT_ROWS_MIN, 22, 0.9);
	ok(r.judged && r.found, "just enough are");
}

int main(void)
{
	ref_bytes = ay_buf_new(1 * MIB);
	poison_reference(&ref, &ref_bytes, (struct poison_spec){.rows = 5000, .seed = 1});
	test_places();
	test_measure();
	test_drawn();
	test_merge();
	test_labels();
	test_own_rows();
	test_remembered();
	test_small_reference();
	test_sketch();
	test_rarefaction();
	test_near();
	test_classes();
	test_spectrum();
	test_predictions();
	ay_reference_free(&ref);
	ay_buf_free(&ref_bytes);
	return done_testing();
}
