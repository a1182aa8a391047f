/* SPDX-License-Identifier: Apache-2.0 */
/* compare: has one table drifted from another? Workers read both; the judgement is the drift gate's. */
#include <fcntl.h>
#include <math.h>

#include "assay/fd.h"
#include "assay/policy.h"
#include "assay/schema.h"
#include "assay/text.h"
#include "assay/worker.h"
#include "cli/cli.h"
#include "gate/chart.h"
#include "gate/compared.h"
#include "gate/page.h"

struct comparing {
	struct cli *c;
	const char *a, *b;                   /* paths of the reference and of the batch */
	struct cli_list labels;
	struct ay_pool *pool;
	struct ay_budget budget;
	struct ay_buf schema;                /* of the reference: names, types and profile */
	struct ay_buf skipped;               /* JSON array of the columns that are not compared */
	struct ay_reference ref;
	struct ay_batch batch;
	bool has_ref, has_batch;
	struct ay_drift_limits *limits;
	struct ay_drift_result *results;
	enum ay_drift_state worst;
};

/* ---- reading, by workers ---- */

/* A proposal judges rows too; what is left here says how they are to be counted. */
static void bare_schema(struct ay_buf *out, const struct ay_json *proposal)
{
	const struct ay_json *fields = ay_json_get(proposal, "fields");
	struct ay_jw w = ay_jw_new(out, false);

	ay_jw_object(&w);
	ay_jw_key(&w, "fields");
	ay_jw_array(&w);
	for (size_t i = 0; i < ay_json_count(fields); i++) {
		const struct ay_json *f = ay_json_at(fields, i);

		ay_jw_object(&w);
		ay_jw_key(&w, "name");
		ay_jw_tree(&w, ay_json_get(f, "name"));
		ay_jw_key(&w, "type");
		ay_jw_tree(&w, ay_json_get(f, "type"));
		ay_jw_object_end(&w);
	}
	ay_jw_array_end(&w);
	for (size_t i = 0; i < ay_json_count(proposal); i++)
		if (strcmp(ay_json_key(proposal, i), "missingValues") == 0 || strcmp(ay_json_key(proposal, i), AY_REFERENCE_NOTE) == 0) {
			ay_jw_key(&w, ay_json_key(proposal, i));
			ay_jw_tree(&w, ay_json_at(proposal, i));
		}
	ay_jw_object_end(&w);
}

static void list_skipped(struct comparing *k, const struct ay_schema *schema)
{
	struct ay_jw w = ay_jw_new(&k->skipped, false);

	ay_jw_array(&w);
	for (size_t i = 0; i < ay_schema_fields(schema); i++)
		if (!ay_reference_find(&k->ref, ay_schema_field_name(schema, i)))
			ay_jw_str(&w, ay_schema_field_name(schema, i));
	ay_jw_array_end(&w);
}

static int load_reference(struct comparing *k, struct ay_error *e)
{
	struct ay_schema *schema = NULL;
	const uint8_t *profile = NULL;
	size_t len = 0;
	int r = ay_schema_load(k->schema.data, k->schema.len, &schema, e);

	if (r < 0)
		return r;
	profile = ay_schema_profile(schema, &len);
	if (!profile)
		r = ay_error_set(e, AY_EUNSUPPORTED, "%s has no column that can be compared: keys, dates and long texts are not", k->a);
	else if ((r = ay_reference_decode(profile, len, &k->budget, &k->ref)) < 0)
		ay_error_set(e, r, "the profile of %s cannot be read: %s", k->a, ay_strerror(r));
	k->has_ref = r == 0;
	if (r == 0 && !k->ref.count)
		r = ay_error_set(e, AY_EUNSUPPORTED, "%s has no column that can be compared: keys, dates and long texts are not", k->a);
	if (r == 0)
		list_skipped(k, schema);
	ay_schema_free(schema);
	return r;
}

static int read_reference(struct comparing *k, struct ay_error *e)
{
	struct ay_buf proposal = ay_buf_new(AY_LIMIT_WORKER_ANSWER);
	struct ay_json_doc *doc = NULL;
	struct ay_job job;
	int r = cli_table_job(k->c, k->a, &k->pool, &job, e);

	if (r < 0)
		return r;
	r = ay_pool_infer(k->pool, &job, &proposal, e);
	close(job.fd);
	if (r < 0 && !e->where[0])
		snprintf(e->where, sizeof(e->where), "%s", k->a);
	if (r == 0)
		r = ay_json_parse(proposal.data, proposal.len, 1000000, &doc, e);
	if (r == 0)
		bare_schema(&k->schema, ay_json_root(doc));
	ay_json_free(doc);
	ay_buf_free(&proposal);
	if (r == 0)
		r = k->schema.err;
	return r == 0 ? load_reference(k, e) : r;
}

/* Values of another type are missing ones, and judged as such; anything else that is refused was not counted whole. */
static bool spoils(const struct ay_scan_result *r, size_t i)
{
	return r->found[i].rule->verdict >= AY_INCONCLUSIVE && (!r->profile || r->found_count < r->found_total || strncmp(r->found[i].rule->id, "schema.", 7) != 0);
}

static int check_counted(const struct comparing *k, const struct ay_scan_result *r, struct ay_error *e)
{
	for (size_t i = 0; i < r->found_count; i++)
		if (spoils(r, i))
			return ay_error_at(e, AY_EFORMAT, r->found[i].off, "%s: %s", k->b, r->found[i].message);
	return r->profile ? 0 : ay_error_set(e, AY_EUNSUPPORTED, "%s: no table of rows and columns was found in it", k->b);
}

static int read_batch(struct comparing *k, struct ay_error *e)
{
	struct ay_scan_result result = { 0 };
	struct ay_job job;
	int r = cli_table_job(k->c, k->b, &k->pool, &job, e);

	if (r < 0)
		return r;
	job.options.profiles = AY_PROFILE_WEIGHTS;
	job.options.schema_json = ay_buf_str(&k->schema);
	job.options.schema_len = k->schema.len;
	r = ay_pool_scan(k->pool, &job, &result, e);
	close(job.fd);
	if (r < 0)
		return r;
	r = check_counted(k, &result, e);
	if (r == 0 && (r = ay_batch_decode(result.profile, result.profile_len, &k->budget, &k->batch)) < 0)
		ay_error_set(e, r, "the profile of %s cannot be read: %s", k->b, ay_strerror(r));
	k->has_batch = r == 0;
	ay_scan_result_free(&result);
	return r;
}

/* ---- judging ---- */

static bool is_label(const struct comparing *k, const char *name)
{
	for (size_t i = 0; i < k->labels.n; i++)
		if (strcmp(k->labels.v[i], name) == 0)
			return true;
	return false;
}

static int judge(struct comparing *k, struct ay_error *e)
{
	size_t n = k->ref.count;
	struct ay_drift_column *columns = calloc(n + 1, sizeof(*columns));
	int r = 0;

	k->limits = calloc(n + 1, sizeof(*k->limits));
	k->results = calloc(n + 1, sizeof(*k->results));
	if (!columns || !k->limits || !k->results || k->batch.counts.count != n)
		r = AY_ELIMIT;
	for (size_t i = 0; i < k->labels.n && r == 0; i++)
		if (!ay_reference_find(&k->ref, k->labels.v[i]))
			r = ay_error_set(e, AY_EUSAGE, "--label %s: %s has no such column that can be compared", k->labels.v[i], k->a);
	for (size_t i = 0; i < n && r == 0; i++) {
		const struct ay_profiled *a = &k->ref.columns[i], *b = &k->batch.counts.columns[i];

		k->limits[i] = is_label(k, a->name) ? ay_drift_limits_label : ay_drift_limits_default;
		columns[i].limits = &k->limits[i];
		if (a->numeric) {
			columns[i].ref_numbers = &a->numbers;
			columns[i].numbers = &b->numbers;
		} else {
			columns[i].ref_values = &a->values;
			columns[i].values = &b->values;
		}
	}
	if (r == 0 && (r = ay_drift_judge(&k->budget, columns, n, AY_DRIFT_ALPHA, k->results, &k->worst)) < 0)
		ay_error_set(e, r, "the tables cannot be compared: %s", ay_strerror(r));
	free(columns);
	return r;
}

/* ---- telling ---- */

static const char *verdict_of(enum ay_drift_state s)
{
	static const char *const verdicts[] = { "pass", "warn", "inconclusive", "inconclusive", "fail" };

	return verdicts[s];
}

static int write_columns(const struct comparing *k, struct ay_jw *w)
{
	int r = 0;

	ay_jw_key(w, "columns");
	ay_jw_array(w);
	for (int s = AY_DRIFT_FOUND; s >= AY_DRIFT_NONE; s--)
		for (size_t i = 0; i < k->ref.count && r == 0; i++)
			if (k->results[i].state == (enum ay_drift_state)s)
				r = ay_compared_column(w, &(struct ay_compared){ NULL, &k->ref.columns[i], &k->batch.counts.columns[i],
									 &k->results[i], &k->limits[i], AY_DRIFT_ALPHA });
	ay_jw_array_end(w);
	return r;
}

static int write_json(const struct comparing *k, struct ay_buf *out)
{
	struct ay_jw w = ay_jw_new(out, true);

	ay_jw_object(&w);
	ay_jw_kstr(&w, "assay", PACKAGE_VERSION);
	ay_jw_kstr(&w, "verdict", verdict_of(k->worst));
	ay_jw_kstr(&w, "reference", k->a);
	ay_jw_kstr(&w, "batch", k->b);
	int r = write_columns(k, &w);

	ay_jw_key(&w, "not_compared");
	ay_jw_raw(&w, ay_buf_str(&k->skipped), k->skipped.len);
	ay_jw_key(&w, "worst_rows");
	ay_compared_worst(&w, &k->ref, &k->batch.outliers);
	ay_jw_object_end(&w);
	return r < 0 ? r : out->err;
}

static void value(int width, double v)
{
	if (isfinite(v))
		printf(" %*.*g", width, 3, v);
	else
		printf(" %*s", width, "-");
}

static double num(const struct ay_json *j, const char *key)
{
	return ay_json_num(ay_json_get(j, key), NAN);
}

static void put_row(const struct ay_json *col)
{
	const char *effect = ay_json_str(ay_json_get(col, "effect"), NULL), *kind = ay_json_str(ay_json_get(col, "kind"), NULL);
	const struct ay_json *test = ay_json_get(col, "test");

	cli_put_fit(ay_json_str(ay_json_get(col, "column"), NULL), 18, true);
	printf(" %-4s", kind && strcmp(kind, "numbers") == 0 ? "KS" : "chi2");
	value(9, num(test, "p"));
	value(9, num(test, "adjusted"));
	printf(" %4.4s", effect ? effect : "");
	value(7, num(col, "value"));
	value(5, num(col, "floor"));
	value(7, num(col, "noise"));
	printf("  %s\n", ay_json_str(ay_json_get(col, "verdict"), NULL));
}

/* The verdict, with how many columns have it. */
static void in_short(const struct comparing *k, char out[96])
{
	static const char *const words[] = {
		"no drift", "no drift, with a warning", "too few rows to tell", "could not be evaluated", "drift"
	};
	size_t like_it = 0;

	for (size_t i = 0; i < k->ref.count; i++)
		like_it += k->results[i].state == k->worst;
	if (k->worst == AY_DRIFT_NONE)
		snprintf(out, 96, "%s (%zu columns compared)", words[k->worst], k->ref.count);
	else
		snprintf(out, 96, "%s (%zu of %zu columns)", words[k->worst], like_it, k->ref.count);
}

static void put_text(const struct comparing *k, const struct ay_json *doc)
{
	const struct ay_json *columns = ay_json_get(doc, "columns"), *skipped = ay_json_get(doc, "not_compared");
	char brief[96];

	in_short(k, brief);
	cli_put(k->b);
	fputs(" against ", stdout);
	cli_put(k->a);
	printf(": %s\n\n%-18s %-4s %9s %9s %4s %7s %5s %7s  %s\n", brief, "column", "test", "p", "adjusted", "", "effect",
	       "floor", "noise", "verdict");
	for (size_t i = 0; i < ay_json_count(columns); i++)
		put_row(ay_json_at(columns, i));
	for (size_t i = 0; i < ay_json_count(skipped); i++) {
		fputs(i ? ", " : "\nnot compared (keys, dates, texts of many values): ", stdout);
		cli_put_fit(ay_json_str(ay_json_at(skipped, i), NULL), 24, false);
	}
	if (ay_json_count(skipped))
		putchar('\n');
}

static void page(const struct comparing *k, const struct ay_json *doc, struct ay_buf *out)
{
	struct ay_buf title = ay_buf_new(64 * KIB);
	char brief[96];
	const struct ay_json *skipped = ay_json_get(doc, "not_compared");

	ay_buf_addf(&title, "%s against %s", k->b, k->a);
	ay_page_start(out, ay_buf_str(&title), verdict_of(k->worst));
	ay_buf_free(&title);
	in_short(k, brief);
	ay_buf_addf(out, "<p>%s</p>\n", brief);
	ay_page_columns(out, ay_json_get(doc, "columns"));
	ay_page_worst(out, ay_json_get(doc, "worst_rows"));
	if (ay_json_count(skipped)) {
		ay_buf_adds(out, "<h2>Not compared</h2>\n<p>Keys, dates and texts of many values go on by nature: ");
		for (size_t i = 0; i < ay_json_count(skipped); i++) {
			ay_buf_adds(out, i ? ", " : "");
			ay_chart_text(out, ay_json_str(ay_json_at(skipped, i), NULL));
		}
		ay_buf_adds(out, "</p>\n");
	}
	ay_page_end(out);
}

static int tell(const struct comparing *k, const char *html, struct ay_error *e)
{
	struct ay_buf json = ay_buf_new(64 * MIB), out = ay_buf_new(64 * MIB);
	struct ay_json_doc *doc = NULL;
	int r = write_json(k, &json);

	if (r == 0)
		r = ay_json_parse(json.data, json.len, 4000000, &doc, e);
	if (r == 0 && html) {
		page(k, ay_json_root(doc), &out);
		r = out.err ? out.err : ay_write_file(AT_FDCWD, html, out.data, out.len, 0644, e);
	}
	if (r == 0 && k->c->format == CLI_TEXT)
		put_text(k, ay_json_root(doc));
	else if (r == 0)
		puts(ay_buf_str(&json));
	if (r == 0 && k->c->format == CLI_TEXT && !html && k->worst != AY_DRIFT_NONE)
		fprintf(stderr, "next: the pictures of it: assay compare --html FILE.html %s %s\n", k->a, k->b);
	ay_json_free(doc);
	ay_buf_free(&json);
	ay_buf_free(&out);
	return r;
}

int cmd_compare(struct cli *c, int argc, char **argv)
{
	struct comparing k = { .c = c, .schema = ay_buf_new(AY_LIMIT_SCHEMA), .skipped = ay_buf_new(4 * MIB) };
	const char *html = NULL;
	const struct cli_opt opts[] = {
		{ "html", CLI_TEXT_OPT, &html, "FILE", "also writes a page with pictures" },
		{ "label", CLI_LIST, &k.labels, "COLUMN", "what a model is to learn: judged more strictly" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	int status;

	if (cli_parse(c, argc, argv, opts, 2, 2, &status) < 0)
		return status;
	k.a = argv[0];
	k.b = argv[1];
	ay_budget_init(&k.budget, 0);
	int r = read_reference(&k, &e);

	if (r == 0)
		r = read_batch(&k, &e);
	if (r == 0)
		r = judge(&k, &e);
	if (r == 0)
		r = tell(&k, html, &e);
	if (k.has_batch)
		ay_batch_free(&k.batch);
	if (k.has_ref)
		ay_reference_free(&k.ref);
	ay_pool_free(k.pool);
	free(k.limits);
	free(k.results);
	ay_buf_free(&k.schema);
	ay_buf_free(&k.skipped);
	/* A table that is refused is not one that drifted. */
	if (r < 0)
		return cli_fail(c, &e, r) == 64 ? 64 : 2;
	return k.worst == AY_DRIFT_FOUND ? 1 : k.worst >= AY_DRIFT_HELD ? 2 : 0;
}
