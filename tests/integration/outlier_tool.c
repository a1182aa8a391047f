/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outliers for comparison with another program. stdin: ROWS COLUMNS and the numbers of a table, row by row; "nan" is missing.
 *   path N...                 the usual path in a tree of N rows; no table
 *   tail ALL GOOD DRAWN K     P(X >= K); no table
 *   model                     of all rows as reference: lines "column I LOW HIGH MEAN SD" and "correlation ..." of what Mahalanobis
 *                             looks at, "threshold HBOS D2 FOREST", and "row HBOS D2 FOREST" for each row
 *   split ROUNDS REF BATCH SEED ODD KIND
 *                             ROUNDS times REF rows as reference against BATCH others, of which the share ODD is made odd by KIND:
 *                             swapped (each number from another row) or huge (one number is 1e9); prints how many batches were
 *                             rejected, and how many by value, rate, HBOS, Mahalanobis and forest
 */
#include <math.h>
#include <stdlib.h>

#include "scanners/data/outlier_judge.h"
#include "scanners/data/outlier_model.h"
#include "scanners/data/stat_dist.h"

static struct ay_budget budget;
static size_t rows, columns;
static double *numbers;
static uint64_t state;

static double number(void)
{
	char word[64];

	if (scanf("%63s", word) != 1)
		exit(99);
	return strtod(word, NULL);
}

static void check(int rc)
{
	if (rc) {
		fprintf(stderr, "%s\n", ay_strerror(rc));
		exit(99);
	}
}

static void *take(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		exit(99);
	return p;
}

static void read_table(void)
{
	rows = (size_t)number();
	columns = (size_t)number();
	if (!rows || !columns || columns > AY_REFERENCE_COLUMNS || rows > 10000000)
		exit(99);
	numbers = take(rows * columns, sizeof(*numbers));
	for (size_t i = 0; i < rows * columns; i++)
		numbers[i] = number();
}

static size_t draw(size_t n)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (size_t)((z ^ z >> 31) % n);
}

/* ---- a choice of rows as a table ---- */

struct choice { const double *v; const size_t *which; size_t n; };

static int each(void *arg, struct ay_budget *b, const struct ay_rows_sink *sink)
{
	const struct choice *c = arg;
	struct ay_cell *cells = take(columns, sizeof(*cells));
	char (*text)[24] = take(columns, sizeof(*text));
	const char **names = take(columns, sizeof(*names));

	(void)b;
	for (size_t i = 0; i < columns; i++) {
		snprintf(text[i], sizeof(text[i]), "c%zu", i);
		names[i] = text[i];
	}
	int rc = sink->columns(sink->arg, names, columns);

	for (size_t r = 0; rc == 0 && r < c->n; r++) {
		for (size_t i = 0; i < columns; i++) {
			double v = c->v[c->which[r] * columns + i];

			cells[i] = (struct ay_cell){.kind = isnan(v) ? AY_CELL_MISSING : AY_CELL_NUMBER, .number = v};
		}
		rc = ay_rows_give(sink, r + 1, cells, columns);
	}
	free(cells);
	free(text);
	free(names);
	return rc;
}

static void encode(const struct choice *c, struct ay_buf *out)
{
	enum ay_value_type *types = take(columns, sizeof(*types));
	bool *wanted = take(columns, sizeof(*wanted));
	struct choice copy = *c;
	const struct ay_rows in = {.arg = &copy, .each = each};
	struct ay_reference r;

	for (size_t i = 0; i < columns; i++) {
		types[i] = AY_VALUE_NUMBER;
		wanted[i] = true;
	}
	check(ay_reference_build(&in, types, wanted, columns, &budget, &r));
	ay_reference_encode(&r, out);
	ay_reference_free(&r);
	free(types);
	free(wanted);
}

static int on_columns(void *arg, const char *const *names, size_t n)
{
	return ay_counting_columns(arg, names, n);
}

static int on_row(void *arg, uint64_t row, const struct ay_cell *cells)
{
	return ay_counting_row(arg, row, cells);
}

/* ---- questions ---- */

static void print_model(void)
{
	struct ay_buf b = ay_buf_new(16 * MIB);
	size_t *which = take(rows, sizeof(*which));
	struct ay_outlier_model *m;
	struct ay_reference ref;

	for (size_t i = 0; i < rows; i++)
		which[i] = i;
	encode(&(struct choice){numbers, which, rows}, &b);
	check(ay_reference_decode(b.data, b.len, &budget, &ref));
	check(ay_outlier_model_new(&ref, &budget, &m));
	if (!m->mahalanobis || ref.count != columns)
		exit(98);
	for (size_t i = 0; i < m->mahalanobis->n; i++)
		printf("column %zu %.17g %.17g %.17g %.17g\n", m->mahalanobis->column[i], m->mahalanobis->low[i], m->mahalanobis->high[i],
		       m->mahalanobis->mean[i], m->mahalanobis->sd[i]);
	printf("correlation");
	for (size_t i = 0; i < m->mahalanobis->n * m->mahalanobis->n; i++)
		printf(" %.17g", m->mahalanobis->correlation[i]);
	printf("\nthreshold %.17g %.17g %.17g\n", m->threshold[0].score, m->threshold[1].score, m->threshold[2].score);
	struct ay_placed *cells = take(columns, sizeof(*cells));

	for (size_t r = 0; r < rows; r++) {
		for (size_t i = 0; i < columns; i++) {
			struct ay_cell cell = {.kind = AY_CELL_NUMBER, .number = numbers[r * columns + i]};

			cells[i] = ay_profiled_where(&ref.columns[i], &cell);
		}
		printf("row %.17g %.17g %.17g\n", ay_outlier_score(m, AY_OUTLIER_HBOS, cells), ay_outlier_score(m, AY_OUTLIER_MAHALANOBIS, cells),
		       ay_outlier_score(m, AY_OUTLIER_FOREST, cells));
	}
	free(cells);
	free(which);
	ay_outlier_model_free(m);
	ay_reference_free(&ref);
	ay_buf_free(&b);
}

static unsigned judge(const struct choice *ref_rows, const struct choice *batch)
{
	struct ay_buf b = ay_buf_new(16 * MIB);
	struct choice copy = *batch;
	struct ay_counting *k;
	struct ay_outlier_model *m;
	struct ay_reference ref;
	struct ay_outlier_verdict v;
	struct ay_outlier_rule *rules = take(columns, sizeof(*rules));
	struct ay_outlier_judged *judged = take(columns, sizeof(*judged));
	unsigned bits = 0;

	encode(ref_rows, &b);
	check(ay_reference_decode(b.data, b.len, &budget, &ref));
	check(ay_outlier_model_new(&ref, &budget, &m));
	check(ay_counting_new(b.data, b.len, &budget, &k));
	const struct ay_rows_sink sink = {.arg = k, .columns = on_columns, .row = on_row};

	check(each(&copy, &budget, &sink));
	for (size_t i = 0; i < columns; i++)
		rules[i] = (struct ay_outlier_rule){.ranges = AY_OUTLIER_RANGES, .rated = true};
	check(ay_outlier_judge(m, ay_counting_batch(k), 0.001, AY_OUTLIER_BY_ALL, rules, judged, &v));
	for (size_t i = 0; i < ref.count; i++)
		bits |= (judged[i].low || judged[i].high ? AY_OUTLIER_BY_VALUE : 0) |
			(judged[i].far.found || judged[i].fenced.found ? AY_OUTLIER_BY_RATE : 0);
	for (int i = 0; i < AY_OUTLIER_METHODS; i++)
		bits |= v.rows[i][0].found || v.rows[i][1].found ? AY_OUTLIER_BY_ROWS(i) : 0;
	ay_outlier_model_free(m);
	ay_counting_free(k);
	ay_reference_free(&ref);
	ay_buf_free(&b);
	free(rules);
	free(judged);
	return bits;
}

/* The rows of which are the last ones: each number of an odd one is drawn from among all rows. */
static void make_odd(double *v, const size_t *which, size_t n, double share, bool huge)
{
	size_t odd = (size_t)(share * (double)n + 0.5);

	for (size_t r = 0; r < odd; r++)
		for (size_t i = 0; i < columns; i++)
			v[which[r] * columns + i] = huge ? i == 0 ? 1e9 : v[which[r] * columns + i] : numbers[draw(rows) * columns + i];
}

static void split(char **a)
{
	size_t rounds = strtoul(a[0], NULL, 10), nref = strtoul(a[1], NULL, 10), n = strtoul(a[2], NULL, 10);
	double share = strtod(a[4], NULL);
	size_t *order = take(rows, sizeof(*order)), by[6] = {0};
	double *v = take(rows * columns, sizeof(*v));

	state = strtoul(a[3], NULL, 10);
	if (nref + n > rows)
		exit(97);
	for (size_t i = 0; i < rows; i++)
		order[i] = i;
	for (size_t round = 0; round < rounds; round++) {
		for (size_t i = 0; i + 1 < rows; i++) {
			size_t k = i + draw(rows - i), keep = order[i];

			order[i] = order[k];
			order[k] = keep;
		}
		memcpy(v, numbers, rows * columns * sizeof(*v));    /* own: a table of this size */
		make_odd(v, order + nref, n, share, strcmp(a[5], "huge") == 0);
		unsigned bits = judge(&(struct choice){v, order, nref}, &(struct choice){v, order + nref, n});

		by[0] += bits != 0;
		for (int i = 0; i < 5; i++)
			by[i + 1] += bits >> i & 1;
	}
	for (int i = 0; i < 6; i++)
		printf("%s%zu", i ? " " : "", by[i]);
	printf("\n");
	free(order);
	free(v);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	double p;

	ay_budget_init(&budget, 0);
	budget.deadline_ms = INT64_MAX;
	if (strcmp(what, "path") == 0) {
		for (int i = 2; i < argc; i++)
			printf("%.17g\n", ay_forest_usual_path(strtoul(argv[i], NULL, 10)));
		return 0;
	}
	if (strcmp(what, "tail") == 0 && argc == 6) {
		check(ay_stat_hypergeometric_sf(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10),
						strtoull(argv[5], NULL, 10), &p));
		printf("%.17g\n", p);
		return 0;
	}
	read_table();
	if (strcmp(what, "model") == 0)
		print_model();
	else if (strcmp(what, "split") == 0 && argc == 8)
		split(argv + 2);
	else
		return 99;
	return 0;
}
