/* SPDX-License-Identifier: Apache-2.0 */
/* profile: what the columns of tables hold. Workers read them; what they say is printed here. */
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>

#include "assay/text.h"
#include "assay/worker.h"
#include "cli/cli.h"

#define NAME 24      /* letters of a line's first field */
#define LINE 80
#define TOP_ROOM 76  /* letters of the most frequent values */

int cli_table_job(struct cli *c, const char *path, struct ay_pool **pool, struct ay_job *job, struct ay_error *e)
{
	struct ay_pool_options po = { .workers = 1 };
	struct stat st;
	int r = c->monitor ? 0 : ay_monitor_start(NULL, &c->monitor, e);

	*job = (struct ay_job){ .fd = -1 };
	if (r == 0 && !*pool)
		r = ay_pool_new(c->monitor, &po, pool, e);
	if (r < 0)
		return r;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0) {
		r = ay_error_errno(e, "%s", path);
	} else if (!S_ISREG(st.st_mode)) {
		r = ay_error_set(e, AY_EUSAGE, "%s is no file; name the table itself", path);
	} else {
		*job = (struct ay_job){ .fd = fd, .size = (uint64_t)st.st_size, .uid = getuid(), .options = { .path = path } };
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return r;
}

size_t cli_put_fit(const char *text, size_t width, bool pad)
{
	struct ay_buf b = ay_buf_new(1 * MIB);
	size_t letters = 0, end = 0, cut = 0;

	ay_escape(&b, text ? text : "", text ? strlen(text) : 0);
	const char *s = ay_buf_str(&b);

	for (; s[end] && letters <= width; end++)
		if (((uint8_t)s[end] & 0xc0) != 0x80) {
			cut = letters + 1 == width ? end : cut;
			letters++;
		}
	if (letters > width) {
		printf("%.*s…", (int)cut, s);
		letters = width;
	} else {
		fputs(s, stdout);
	}
	ay_buf_free(&b);
	for (size_t i = letters; pad && i < width; i++)
		putchar(' ');
	return letters;
}

/* ---- one column ---- */

static double num(const struct ay_json *j, const char *key)
{
	return ay_json_num(ay_json_get(j, key), NAN);
}

static void number(double v, int width)
{
	if (isfinite(v))
		printf(" %*.*g", width, 4, v);
	else
		printf(" %*s", width, "-");
}

static uint64_t first_of(const struct ay_json *pair)
{
	uint64_t n = 0;

	(void)!ay_json_u64(ay_json_at(pair, 0), &n);
	return n;
}

/* The histogram in one line; signs at its ends say that there is more beyond. */
static void put_shape(const struct ay_json *chart)
{
	static const char *const steps[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	const struct ay_json *counts = ay_json_get(chart, "counts");
	size_t n = ay_json_count(counts) < 20 ? ay_json_count(counts) : 20;
	uint64_t most = 1;

	for (size_t i = 0; i < n; i++)
		most = first_of(ay_json_at(counts, i)) > most ? first_of(ay_json_at(counts, i)) : most;
	fputs(first_of(ay_json_get(chart, "below")) ? "  ‹" : "   ", stdout);
	for (size_t i = 0; i < n; i++) {
		double part = (double)first_of(ay_json_at(counts, i)) / (double)most;

		fputs(part > 0 ? steps[(size_t)(part * 7.999)] : " ", stdout);
	}
	fputs(first_of(ay_json_get(chart, "above")) ? "›" : " ", stdout);
	printf("%*s", (int)(20 - n), "");
}

static void put_values(const struct ay_json *chart, double rows)
{
	const struct ay_json *values = ay_json_get(chart, "values");
	size_t used = 0;

	fputs("   ", stdout);
	for (size_t i = 0; i < ay_json_count(values); i++) {
		const struct ay_json *v = ay_json_at(values, i);
		const char *text = ay_json_str(ay_json_get(v, "value"), NULL);
		char part[24];
		int n = snprintf(part, sizeof(part), " %.3g%%", 100 * (double)first_of(ay_json_get(v, "counts")) / (rows > 0 ? rows : 1));
		size_t room = TOP_ROOM - used;

		if (room < (size_t)n + 8)
			break;
		if (i)
			used += (size_t)printf(", ");
		room = TOP_ROOM - used - (size_t)n;
		used += cli_put_fit(text && text[0] ? text : "(empty)", room < 20 ? room : 20, false) + (size_t)n;
		fputs(part, stdout);
	}
	putchar('\n');
}

static void put_column(const struct ay_json *col)
{
	static const char *const order[] = { "min", "q1", "median", "q3", "max" };
	const struct ay_json *summary = ay_json_get(col, "summary"), *chart = ay_json_get(col, "chart");
	const char *type = ay_json_str(ay_json_get(col, "type"), NULL), *low = ay_json_str(ay_json_get(col, "minimum"), NULL);
	double distinct = num(summary, "distinct");

	cli_put_fit(ay_json_str(ay_json_get(col, "name"), NULL), NAME, true);
	putchar(' ');
	cli_put_fit(type, 8, true);
	printf(" %8.0f", num(col, "missing"));
	if (isfinite(distinct))
		printf(" %8.0f", distinct);
	else
		printf(" %8s", "-");
	if (ay_json_get(summary, "min")) {
		number(num(summary, "mean"), 11);
		number(num(summary, "std"), 11);
		putchar('\n');
		put_shape(chart);
		for (size_t i = 0; i < AY_ARRAY_LEN(order); i++)
			number(num(summary, order[i]), 10);
		putchar('\n');
		return;
	}
	putchar('\n');
	if (ay_json_count(ay_json_get(chart, "values"))) {
		put_values(chart, num(summary, "rows"));
	} else if (low) {
		fputs("   ", stdout);
		cli_put_fit(low, 30, false);
		fputs(" to ", stdout);
		cli_put_fit(ay_json_str(ay_json_get(col, "maximum"), NULL), 30, false);
		putchar('\n');
	}
}

static void put_table(const char *path, const struct ay_json *doc)
{
	const struct ay_json *columns = ay_json_get(doc, "columns");
	uint64_t omitted = 0;

	(void)!ay_json_u64(ay_json_get(doc, "columns_omitted"), &omitted);
	cli_put(path);
	printf(": %.0f rows, %.0f columns\n\n", num(doc, "rows"), (double)ay_json_count(columns) + (double)omitted);
	printf("%-*s %-8s %8s %8s %11s %11s\n", NAME, "column", "type", "missing", "distinct", "mean", "std");
	printf("   %-21s %10s %10s %10s %10s %10s\n", "histogram, or values", "min", "q1", "median", "q3", "max");
	for (int i = 0; i < LINE - 1; i++)
		putchar('-');
	putchar('\n');
	for (size_t i = 0; i < ay_json_count(columns); i++)
		put_column(ay_json_at(columns, i));
	if (omitted > 0)
		printf("and %llu columns more, which are not shown\n", (unsigned long long)omitted);
}

/* ---- files ---- */

static int profile(struct cli *c, const char *path, struct ay_pool **pool, struct ay_buf *out, struct ay_error *e)
{
	struct ay_job job;
	int r = cli_table_job(c, path, pool, &job, e);

	if (r < 0)
		return r;
	job.options.describe = true;
	r = ay_pool_infer(*pool, &job, out, e);
	close(job.fd);
	return r;
}

/* Its document with the path in front, or why there is none. */
static void write_json(struct ay_jw *w, const char *path, const struct ay_json *doc, const struct ay_error *e)
{
	ay_jw_object(w);
	ay_jw_kstr(w, "path", path);
	if (!doc)
		ay_jw_kstr(w, "error", e->msg);
	for (size_t i = 0; i < ay_json_count(doc); i++) {
		ay_jw_key(w, ay_json_key(doc, i));
		ay_jw_tree(w, ay_json_at(doc, i));
	}
	ay_jw_object_end(w);
}

int cmd_profile(struct cli *c, int argc, char **argv)
{
	struct ay_buf all = ay_buf_new(256 * MIB);
	struct ay_jw w = ay_jw_new(&all, true);
	struct ay_pool *pool = NULL;
	int status, worst = 0, n = cli_parse(c, argc, argv, NULL, 1, 4096, &status);

	if (n < 0)
		return status;
	ay_jw_object(&w);
	ay_jw_key(&w, "files");
	ay_jw_array(&w);
	for (int i = 0; i < n; i++) {
		struct ay_error e = { .off = AY_NO_OFFSET };
		struct ay_buf out = ay_buf_new(AY_LIMIT_WORKER_ANSWER);
		struct ay_json_doc *doc = NULL;
		int r = profile(c, argv[i], &pool, &out, &e);

		if (r == 0)
			r = ay_json_parse(out.data, out.len, 4000000, &doc, &e);
		if (c->format != CLI_TEXT)
			write_json(&w, argv[i], ay_json_root(doc), &e);
		else if (r == 0)
			printf("%s", i ? "\n" : ""), put_table(argv[i], ay_json_root(doc));
		if (r < 0 && !e.where[0] && !strstr(e.msg, argv[i]))
			snprintf(e.where, sizeof(e.where), "%s", argv[i]);
		ay_error_next(&e, "assay scan %s", argv[i]);
		if (r < 0 && c->format == CLI_TEXT)
			(void)!cli_fail(c, &e, r);
		else if (r < 0)
			cli_say("%s: %s", argv[i], e.msg);
		worst = r < 0 ? 2 : worst;
		ay_json_free(doc);
		ay_buf_free(&out);
	}
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
	if (c->format != CLI_TEXT)
		puts(ay_buf_str(&all));
	ay_buf_free(&all);
	ay_pool_free(pool);
	return worst;
}
