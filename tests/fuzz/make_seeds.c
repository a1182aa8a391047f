/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What encoders of ours write, as first inputs of the fuzz targets that decode it: make_seeds DIR writes DIR/TARGET/NAME. Each
 * is made of 120 rows with a height, a colour, a label and a text, some of them missing. tests/fuzz/seeds.sh holds the corpus against it.
 */
#include <fcntl.h>
#include <unistd.h>

#include "assay/fd.h"
#include "scanners/data/batch.h"

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
	numbers();
	values();
	sample();
	close(dir);
	return 0;
}
