/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges random parts of a CSV table against the rest of it:
 *   poison_tool FILE LABEL BATCHES REFERENCE-ROWS BATCH-ROWS ATTACK SHARE
 * Each batch is drawn anew and disjoint from its reference. ATTACK: none; flip (labels swapped for those of other rows); word (a word put
 * into the first column of strings, with the label of the table's first row); or shift (rows of that label, with 0.6 deviations added to
 * or taken from each number, the same signs in each row).
 * Prints, for each rule, in how many batches it was found.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanners/data/batch.h"
#include "scanners/data/poison_labels.h"
#include "scanners/data/poison_tokens.h"
#include "scanners/data/spectral.h"

#define COLUMNS_MAX 512
#define ALPHA 0.001

struct lines { char **v; size_t n; };
static struct lines table;
static char *header;
static size_t columns, label;
static enum ay_value_type types[COLUMNS_MAX];
static bool wanted[COLUMNS_MAX];
static uint64_t state = 1;
static char *target;              /* a row whose label the attacker wants */
static const char *attack;

static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t below(size_t n)
{
	return (size_t)(next() % n);
}

static void load(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0, room = 0;
	ssize_t len;

	if (!f)
		exit(2);
	while ((len = getline(&line, &cap, f)) > 0) {
		line[strcspn(line, "\r\n")] = 0;
		if (!header) {
			header = strdup(line);
			continue;
		}
		if (table.n == room)
			table.v = realloc(table.v, (room = room ? 2 * room : 1024) * sizeof(*table.v));
		table.v[table.n++] = strdup(line);
	}
	free(line);
	fclose(f);
}

static const char *field(const char *line, size_t i, size_t *len)
{
	for (; i; i--)
		line = strchr(line, ',') + 1;
	*len = strcspn(line, ",");
	return line;
}

/* A column all of whose fields are numbers is one of numbers. */
static void find_types(const char *name)
{
	for (const char *p = header; p; p = strchr(p, ','), p += p != NULL)
		columns++;
	label = columns;
	for (size_t c = 0; c < columns && c < COLUMNS_MAX; c++) {
		size_t len;
		const char *text = field(header, c, &len);

		if (len == strlen(name) && strncmp(text, name, len) == 0)
			label = c;
		types[c] = AY_VALUE_NUMBER;
		wanted[c] = true;
		for (size_t i = 0; i < table.n; i++) {
			struct ay_value v;

			text = field(table.v[i], c, &len);
			if (len && !ay_value_parse(AY_VALUE_NUMBER, text, len, &v))
				types[c] = AY_VALUE_STRING;
		}
	}
	if (label == columns)
		exit(2);
}

static void put_field(struct ay_buf *b, const char *line, size_t c)
{
	size_t len;
	const char *text = field(line, c, &len);

	ay_buf_add(b, text, len);
	ay_buf_addc(b, c + 1 < columns ? ',' : '\n');
}

static void shuffle(size_t rows)
{
	for (size_t i = 0; i < rows; i++) {
		size_t j = i + below(table.n - i);
		char *keep = table.v[i];

		table.v[i] = table.v[j];
		table.v[j] = keep;
	}
}

/* Another label than the row's own, as often as the table has it. */
static const char *other_label(const char *line)
{
	for (;;) {
		const char *from = table.v[below(table.n)];
		size_t n, m;
		const char *a = field(line, label, &n), *b = field(from, label, &m);

		if (n != m || strncmp(a, b, n) != 0)
			return from;
	}
}

/* The field with a word after one of its spaces. */
static void put_word(struct ay_buf *b, const char *line, size_t c)
{
	size_t len, at;
	const char *text = field(line, c, &len);

	for (at = below(len + 1); at && text[at - 1] != ' '; at--)
		;
	ay_buf_add(b, text, at);
	ay_buf_adds(b, "cf ");
	ay_buf_add(b, text + at, len - at);
	ay_buf_addc(b, c + 1 < columns ? ',' : '\n');
}

static double deviation(size_t c)
{
	static double known[COLUMNS_MAX];
	double sum = 0, squares = 0, n = (double)table.n;

	if (known[c] > 0)
		return known[c];
	for (size_t i = 0; i < table.n; i++) {
		size_t len;
		double v = strtod(field(table.v[i], c, &len), NULL);

		sum += v;
		squares += v * v;
	}
	return known[c] = sqrt(squares / n - sum / n * (sum / n)) + 1e-300;
}

/* A number, moved. */
static void put_shifted(struct ay_buf *b, const char *line, size_t c)
{
	size_t len;

	ay_buf_addf(b, "%.6g%c", strtod(field(line, c, &len), NULL) + (c * 7 % 4 < 2 ? 0.6 : -0.6) * deviation(c), c + 1 < columns ? ',' : '\n');
}

static bool has_target(const char *line)
{
	size_t n, m;
	const char *a = field(line, label, &n), *b = field(target, label, &m);

	return n == m && strncmp(a, b, n) == 0;
}

static size_t text_column(void)
{
	for (size_t c = 0; c < columns; c++)
		if (c != label && types[c] == AY_VALUE_STRING)
			return c;
	return columns;
}

static void write_rows(struct ay_buf *b, size_t from, size_t n, double flips)
{
	size_t text = strcmp(attack, "word") == 0 ? text_column() : columns;
	bool shift = strcmp(attack, "shift") == 0;

	ay_buf_adds(b, header);
	ay_buf_addc(b, '\n');
	for (size_t i = from; i < from + n; i++) {
		bool flip = (double)(next() >> 11) * 0x1p-53 < flips;
		const char *named = !flip || shift ? table.v[i] : text < columns ? target : other_label(table.v[i]);

		for (size_t c = 0; c < columns; c++)
			if (flip && c == text)
				put_word(b, table.v[i], c);
			else if (flip && shift && c != label && types[c] == AY_VALUE_NUMBER && has_target(table.v[i]))
				put_shifted(b, table.v[i], c);
			else
				put_field(b, c == label ? named : table.v[i], c);
	}
}

static struct ay_rows rows_of(struct ay_buf *b, struct ay_source *in, struct ay_rows_csv *csv)
{
	*in = ay_source_memory(b->data, b->len);
	*csv = (struct ay_rows_csv){.in = in, .delimiter = ','};
	return ay_rows_csv(csv);
}

static int take_columns(void *k, const char *const *names, size_t n) { return ay_counting_columns(k, names, n); }
static int take_row(void *k, uint64_t row, const struct ay_cell *cells) { return ay_counting_row(k, row, cells); }

static void must(int rc, const char *what)
{
	if (!rc)
		return;
	fprintf(stderr, "poison_tool: %s: %s\n", what, ay_strerror(rc));
	exit(1);
}

static unsigned flipped, unknown, words, spectral;
static double shares;

static bool is_label(const void *arg, const char *name)
{
	size_t len;
	const char *text = field(header, label, &len);

	(void)arg;
	return strlen(name) == len && strncmp(name, text, len) == 0;
}

static void judge_words(struct ay_reference *ref, size_t at, struct ay_batch *batch, struct ay_budget *budget)
{
	struct ay_token_result r;

	if (!batch->poison.texts.n)
		return;
	must(ay_tokens_judge(ref, at, &batch->poison.texts, ALPHA, 0.005, budget, &r), "words");
	words += r.n != 0;
	for (size_t i = 0; i < r.n && getenv("VERBOSE"); i++)
		printf("# '%.*s' %llu of %llu, %llu of %llu: label %llu p %.2g %.2g\n", r.v[i].token->len, r.v[i].token->text,
		       (unsigned long long)r.v[i].rows, (unsigned long long)r.v[i].of, (unsigned long long)r.v[i].ref_rows,
		       (unsigned long long)r.v[i].ref_of, (unsigned long long)r.v[i].with, r.v[i].p, r.v[i].p_label);
}

static void judge_spectrum(struct ay_reference *ref, size_t at, struct ay_batch *batch, struct ay_budget *budget)
{
	struct ay_spectral_result r;

	must(ay_spectral_judge(ref, at, NULL, &batch->poison.rows, ALPHA, 0.02, budget, &r), "spectrum");
	spectral += r.n != 0;
	if (getenv("VERBOSE"))
		printf("# %zu classes\n", r.classes);
	for (size_t i = 0; i < r.n && getenv("VERBOSE"); i++)
		printf("# class %u: eigenvalue %.2f, %.2f usual; %.4f of %llu beyond, %.4f of %llu, p %.2g\n", r.v[i].class, r.v[i].value, r.v[i].usual,
		       r.v[i].share, (unsigned long long)r.v[i].rows, r.v[i].ref_share, (unsigned long long)r.v[i].ref_rows, r.v[i].p);
}

static void judge(struct ay_reference *ref, struct ay_batch *batch, struct ay_budget *budget)
{
	struct ay_label_model *m;
	struct ay_label_result r;
	size_t at = 0;

	while (at < ref->count && !is_label(NULL, ref->columns[at].name))
		at++;
	judge_words(ref, at, batch, budget);
	judge_spectrum(ref, at, batch, budget);
	if (getenv("NO_LABELS"))
		return;
	must(ay_label_model_new(ref, at, budget, &m), "model");
	must(ay_label_judge(m, &batch->poison, ALPHA, 0.02, &r), "labels");
	flipped += r.flipped;
	unknown += r.why != AY_LABEL_OK;
	shares += r.share;
	if (getenv("VERBOSE"))
		printf("# %llu/%llu against %llu/%llu: share %.4f noise %.4f p %.2g %s\n", (unsigned long long)r.lost, (unsigned long long)r.rows,
		       (unsigned long long)r.ref_lost, (unsigned long long)r.ref_rows, r.share, r.noise, r.p, ay_label_why_text(r.why));
	ay_label_model_free(m);
}

static void one_batch(size_t ref_rows, size_t rows, double flips)
{
	struct ay_buf ref_csv = ay_buf_new(1024 * MIB), csv = ay_buf_new(1024 * MIB), bytes = ay_buf_new(16 * MIB);
	struct ay_budget budget;
	struct ay_source in;
	struct ay_rows_csv from;
	struct ay_reference ref;
	struct ay_counting *k;

	shuffle(ref_rows + rows);
	write_rows(&ref_csv, 0, ref_rows, 0);
	write_rows(&csv, ref_rows, rows, flips);
	ay_budget_init(&budget, 1024 * MIB);
	struct ay_rows table_rows = rows_of(&ref_csv, &in, &from);

	must(ay_reference_build(&table_rows, types, wanted, columns, &budget, &ref), "reference");
	ay_reference_encode(&ref, &bytes);
	ay_reference_free(&ref);
	must(ay_reference_decode(bytes.data, bytes.len, &budget, &ref), "decode");
	must(ay_counting_new(bytes.data, bytes.len, &budget, &k), "counting");
	must(ay_counting_label(k, is_label, NULL), "label");
	table_rows = rows_of(&csv, &in, &from);
	const struct ay_rows_sink sink = {.arg = k, .columns = take_columns, .row = take_row};

	must(table_rows.each(table_rows.arg, &budget, &sink), "batch");
	judge(&ref, ay_counting_batch(k), &budget);
	ay_counting_free(k);
	ay_reference_free(&ref);
	ay_buf_free(&ref_csv);
	ay_buf_free(&csv);
	ay_buf_free(&bytes);
}

int main(int argc, char **argv)
{
	if (argc != 8)
		return 2;
	load(argv[1]);
	find_types(argv[2]);
	target = table.v[0];
	attack = argv[6];
	size_t batches = strtoul(argv[3], NULL, 10), ref_rows = strtoul(argv[4], NULL, 10), rows = strtoul(argv[5], NULL, 10);

	if (ref_rows + rows > table.n)
		return 2;
	for (size_t i = 0; i < batches; i++)
		one_batch(ref_rows, rows, strcmp(attack, "none") ? strtod(argv[7], NULL) : 0);
	printf("labels %u unknown %u words %u spectral %u share %.4f\n", flipped, unknown, words, spectral, shares / (double)batches);
	return 0;
}
