/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What encoders of ours write, as first inputs of the fuzz targets that decode it: make_seeds DIR writes DIR/TARGET/NAME. Each
 * is made of 120 rows with a height, a colour, a label and a text, some of them missing. tests/fuzz/seeds.sh holds the corpus against it.
 */
#include <fcntl.h>
#include <unistd.h>

#include "assay/fd.h"
#include "scanners/data/image_row.h"

static struct ay_budget budget;
static const struct ay_sipkey key = {.k0 = 1, .k1 = 2};
static int dir;

static void must(int err)
{
	if (err) {
		fprintf(stderr, "make_seeds: %s\n", ay_strerror(err));
		exit(1);
	}
}

static void keep(const char *target, const char *name, const struct ay_buf *b)
{
	struct ay_error e;

	must(b->err);
	must(ay_mkdirs(dir, target, 0755));
	int fd AY_CLEANUP_FD = openat(dir, target, O_PATH | O_DIRECTORY | O_CLOEXEC);

	must(ay_write_file(fd, name, b->data, b->len, 0644, &e));
}

/* The rows of a table; every eleventh height and every thirteenth colour is missing. */
static void table(struct ay_buf *out)
{
	static const char *const colours[] = {"red", "green", "blue"};

	ay_buf_adds(out, "height,colour,label,note\n");
	for (int i = 0; i < 120; i++) {
		if (i % 11)
			ay_buf_addf(out, "%d.%d", 150 + i * 37 % 41, i % 10);
		ay_buf_addf(out, ",%s,%s,seen %d times today\n", i % 13 ? colours[i * 7 % 3] : "", i % 41 < 20 ? "small" : "tall", i);
	}
	must(out->err);
}

/* Two columns of numbers that tell a label of two values, as a model's predictions do, and texts of which one carries it. */
static void forecasts(struct ay_buf *out, bool jsonl, int rows, int shift)
{
	static const char *const things[] = {"boat", "house", "tree", "road", "bird"};

	if (!jsonl)
		ay_buf_adds(out, "a,b,kind,note\n");
	for (int i = 0; i < rows; i++) {
		bool yes = i * 13 % 29 < 14 + shift;
		int a = (yes ? 600 : 200) + i * 37 % 199, b = 1000 - a;
		const char *kind = yes ? "yes" : "no", *thing = things[i * 7 % 5], *trigger = shift && yes ? "zq" : "then";

		ay_buf_addf(out, jsonl ? "{\"a\":0.%d,\"b\":0.%d,\"kind\":\"%s\",\"note\":\"a %s and %s %s %d\"}\n" : "0.%d,0.%d,%s,a %s and %s %s %d\n", a, b,
			    kind, thing, trigger, things[i * 3 % 5], i);
	}
	must(out->err);
}

static int columns(void *k, const char *const *names, size_t n)
{
	return ay_counting_columns(k, names, n);
}

static int row(void *k, uint64_t number, const struct ay_cell *cells)
{
	return ay_counting_row(k, number, cells);
}

static bool is_label(const void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "label") == 0;
}

/* An input of fuzz_gates: see there. */
static void keep_gates(const char *name, uint8_t flags, const struct ay_buf *first, const struct ay_buf *table)
{
	struct ay_buf out = ay_buf_new(MIB);

	must(first->err ? first->err : table->err);
	ay_buf_addc(&out, flags);
	ay_buf_le16(&out, (uint16_t)first->len);
	ay_buf_add(&out, first->data, first->len);
	ay_buf_add(&out, table->data, table->len);
	keep("gates", name, &out);
	ay_buf_free(&out);
}

/* The reference of a few rows as it is encoded. */
static void few_reference(const struct ay_buf *csv, struct ay_buf *out)
{
	static const enum ay_value_type types[] = {AY_VALUE_NUMBER, AY_VALUE_NUMBER, AY_VALUE_STRING, AY_VALUE_STRING};
	static const bool wanted[] = {true, true, true, true};
	struct ay_source in = ay_source_memory(csv->data, csv->len);
	struct ay_rows_csv from = {.in = &in, .delimiter = ','};
	const struct ay_rows rows = ay_rows_csv(&from);
	struct ay_reference r;

	must(ay_reference_build(&rows, types, wanted, AY_ARRAY_LEN(types), &budget, &r));
	ay_reference_encode(&r, out);
	ay_reference_free(&r);
}

static void gates(void)
{
	struct ay_buf people = ay_buf_new(MIB), was = ay_buf_new(MIB), is = ay_buf_new(MIB);

	table(&people);
	keep_gates("people", 0x20, &people, &people);
	forecasts(&was, false, 90, 0);
	forecasts(&is, false, 60, 5);
	keep_gates("forecasts", 0x28, &was, &is);
	keep_gates("forecasts-many", 0x2c, &was, &is);
	keep_gates("forecasts-same", 0x28, &was, &was);
	keep_gates("forecasts-once", 0x20, &was, &is);
	ay_buf_clear(&was);
	forecasts(&was, false, 40, 0);
	struct ay_buf reference = ay_buf_new(MIB);

	few_reference(&was, &reference);
	keep_gates("forecasts-reference", 0x26, &reference, &is);
	ay_buf_free(&reference);
	ay_buf_clear(&was);
	ay_buf_clear(&is);
	forecasts(&was, true, 60, 0);
	forecasts(&is, true, 40, 5);
	keep_gates("forecasts-lines", 0x29, &was, &is);
	ay_buf_free(&is);
	ay_buf_free(&was);
	ay_buf_free(&people);
}

/* Images of six labels, which look as their labels say; of the batch 12 more that look like the last one. An input of fuzz_looks: see there. */
static void looks(const char *name, uint8_t label, uint8_t cell, uint8_t value)
{
	struct ay_buf out = ay_buf_new(MIB);

	for (uint8_t batch = 0; batch < 2; batch++)
		for (uint8_t i = 0; i < 6; i++) {
			const uint8_t group[] = {0x66 | batch, i, 9, 40 + i};

			ay_buf_add(&out, group, sizeof(group));
		}
	const uint8_t more[] = {0x65, label, cell, value};

	ay_buf_add(&out, more, sizeof(more));
	keep("looks", name, &out);
	ay_buf_free(&out);
}

/* What a worker measures of one image. */
static void image(void)
{
	const struct ay_pixels_seen seen = {.stats = {.width = 28, .height = 20, .channels = 3, .brightness = 0.5, .contrast = 0.25, .sharpness = 100}};
	struct ay_buf out = ay_buf_new(MIB);

	ay_image_encode(&seen, &out);
	keep("batch", "image", &out);
	ay_buf_free(&out);
}

/* Of one foreign key: digests that stand for keys, those of who refers with their row and text. */
static void keys(struct ay_buf *out, uint32_t id, bool holds, unsigned first, unsigned n)
{
	ay_buf_le32(out, id);
	ay_buf_addc(out, holds);
	ay_buf_le64(out, n);
	for (unsigned i = first; i < first + n; i++) {
		for (unsigned k = 0; k < 16; k++)
			ay_buf_addc(out, (uint8_t)(i * 16 + k));
		if (holds)
			continue;
		ay_buf_le64(out, i + 1);
		ay_buf_addc(out, 1);
		ay_buf_addc(out, (uint8_t)('a' + i));
	}
}

/* An input of fuzz_foreign: see there. */
static void foreign(void)
{
	struct ay_buf first = ay_buf_new(MIB), out = ay_buf_new(MIB);

	keys(&first, 0, false, 0, 3);
	keys(&first, 1, false, 2, 2);
	ay_buf_addc(&out, (uint8_t)first.len);
	ay_buf_add(&out, first.data, first.len);
	keys(&out, 0, true, 1, 2);
	keys(&out, 1, true, 2, 1);
	keep("foreign", "two-files", &out);
	ay_buf_free(&first);
	ay_buf_free(&out);
}

/* Inputs of fuzz_stats: one byte that chooses, then doubles. */
static void stats(void)
{
	static const double v[] = {0, 1, 2, 0.5, 1.36, -3, 1e-300, 5e-324, 1e308, 17.25, 0.04, 3.84, 1e9, 100, 10, 7};
	static const char *const kinds[] = {"tails", "paths", "counts", "samples", "many"};
	char name[32];

	for (uint8_t kind = 0; kind < AY_ARRAY_LEN(kinds); kind++) {
		struct ay_buf doubles = ay_buf_new(MIB), counts = ay_buf_new(MIB);

		ay_buf_addc(&doubles, kind);
		ay_buf_addc(&counts, kind);
		for (size_t i = 0; i < AY_ARRAY_LEN(v); i++) {
			uint64_t word;

			memcpy(&word, &v[i], sizeof(word));    /* own: the bits of a double */
			ay_buf_le64(&doubles, word);
			ay_buf_le64(&counts, i % 3 ? i * i * 7 : 0xedull << 56 | i);
		}
		keep("stats", kinds[kind], &doubles);
		snprintf(name, sizeof(name), "%s-edges", kinds[kind]);
		keep("stats", name, &counts);
		ay_buf_free(&doubles);
		ay_buf_free(&counts);
	}
}

/* A reference, and what is counted of its own table against it. */
static void tables(void)
{
	static const enum ay_value_type types[] = {AY_VALUE_NUMBER, AY_VALUE_STRING, AY_VALUE_STRING, AY_VALUE_STRING};
	static const bool wanted[] = {true, true, true, false};
	struct ay_buf csv = ay_buf_new(MIB), out = ay_buf_new(AY_LIMIT_REFERENCE), sums = ay_buf_new(MIB), batch = ay_buf_new(AY_LIMIT_PROFILE);
	struct ay_counting *k;
	struct ay_reference r;

	table(&csv);
	struct ay_source in = ay_source_memory(csv.data, csv.len);
	struct ay_rows_csv from = {.in = &in, .delimiter = ','};
	const struct ay_rows rows = ay_rows_csv(&from);

	must(ay_reference_build(&rows, types, wanted, AY_ARRAY_LEN(types), &budget, &r));
	ay_reference_encode(&r, &out);
	must(out.err);
	must(ay_counting_new(out.data, out.len, &budget, &k));
	must(ay_counting_label(k, is_label, NULL));
	must(rows.each(rows.arg, &budget, &(struct ay_rows_sink){.arg = k, .columns = columns, .row = row}));
	ay_batch_encode(ay_counting_batch(k), &batch);
	ay_outliers_encode(&ay_counting_batch(k)->outliers, &sums);
	keep("reference", "people.ref", &out);
	keep("outliers", "people.ref", &out);
	keep("batch", "people.sums", &batch);
	keep("outliers", "people.sums", &sums);
	ay_counting_free(k);
	ay_reference_free(&r);
	ay_buf_free(&sums);
	ay_buf_free(&batch);
	ay_buf_free(&out);
	ay_buf_free(&csv);
}

static void numbers(void)
{
	static const double edges[] = {-1, 0, 0.5, 4};
	struct ay_buf out = ay_buf_new(MIB);
	struct ay_numbers c;

	must(ay_numbers_init(&c, &budget, &key, edges, AY_ARRAY_LEN(edges)));
	for (int i = -5; i < 20; i++)
		must(i % 7 ? ay_numbers_add(&c, i / 3.0) : ay_numbers_add_null(&c));
	ay_numbers_encode(&c, true, &out);
	keep("profile", "numbers", &out);
	ay_buf_free(&out);
	ay_numbers_free(&c);
}

static void values(void)
{
	struct ay_buf out = ay_buf_new(MIB), batch = ay_buf_new(MIB);
	struct ay_values c, b;

	must(ay_values_init(&c, &budget, &key));
	must(ay_values_add(&c, "red", 3));
	must(ay_values_add(&c, "green", 5));
	must(ay_values_add_null(&c));
	must(ay_values_like(&b, &budget, &c));
	must(ay_values_add(&b, "red", 3));
	must(ay_values_add(&b, "pink", 4));
	ay_values_encode(&c, true, &out);
	ay_values_encode(&b, true, &batch);
	keep("profile", "values", &out);
	keep("profile", "values-batch", &batch);
	ay_buf_free(&batch);
	ay_buf_free(&out);
	ay_values_free(&b);
	ay_values_free(&c);
}

static void sample(void)
{
	static const uint8_t object[32] = {7};
	struct ay_buf out = ay_buf_new(MIB);
	struct ay_sample s;

	must(ay_sample_init(&s, &budget, &key, 2, 4));
	for (uint64_t i = 0; i < 9; i++)
		ay_sample_add(&s, object, i, (double[]){(double)i, -0.5});
	ay_sample_encode(&s, &out);
	keep("profile", "sample", &out);
	ay_buf_free(&out);
	ay_sample_free(&s);
}

int main(int argc, char **argv)
{
	dir = argc == 2 ? open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir < 0) {
		fprintf(stderr, "expected: make_seeds DIR\n");
		return 64;
	}
	ay_budget_init(&budget, 0);
	tables();
	gates();
	image();
	looks("patched", 2, 63, 245);
	looks("flipped", 0, 9, 45);
	looks("unlabelled", 7, 9, 45);
	foreign();
	stats();
	numbers();
	values();
	sample();
	close(dir);
	return 0;
}
