/* SPDX-License-Identifier: Apache-2.0 */
/* JSON and JSON lines, by the strict pull reader in constant memory, with the rules for model configurations on top. */
#include "scanners/registry.h"

#include "assay/json.h"
#include "scanners/data/croissant.h"
#include "scanners/data/documents.h"
#include "scanners/data/json_table.h"
#include "scanners/data/judge.h"
#include "scanners/data/schema.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/json.h"
#include "scanners/formats/json_feed.h"
#include "scanners/formats/stream.h"
#include "scanners/formats/text.h"
#include "scanners/model/config_json.h"

/* ---- bids ---- */

static bool has_suffix(const char *path, const char *const *list)
{
	for (; *list; list++)
		if (ay_path_ends(path, *list))
			return true;
	return false;
}


/* An object or array as far as the head goes. */
static bool head_parses(struct ay_cursor head, bool whole)
{
	struct ay_json_reader *r;
	int ev = ay_json_reader_new(ay_json_feed_cursor, &head, AY_LIMIT_JSON_DEPTH, AY_LIMIT_SCAN_HEAD, AY_LIMIT_SCAN_HEAD, &r);

	if (ev)
		return false;
	ev = ay_json_next(r);
	bool container = ev == AY_JSON_EV_OBJECT || ev == AY_JSON_EV_ARRAY;

	while (ev > 0)
		ev = ay_json_next(r);
	ay_json_reader_free(r);
	return container && (ev == AY_JSON_EV_END || (!whole && ev == AY_ETRUNC));
}

static unsigned json_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	static const char *const named[] = {".json", ".geojson", ".webmanifest", ".ipynb", NULL};
	static const char *const others[] = {".txt", ".md", ".rst", ".log", ".csv", ".tsv", ".jsonl", ".ndjson", ".yaml", ".yml", ".toml", NULL};

	if (!ay_bytes_look_like_text(&head))
		return 0;
	if (has_suffix(path, named))
		return 8;
	return !has_suffix(path, others) && head_parses(head, head.left == in->size) ? 8 : 0;
}

static unsigned jsonl_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	static const char *const named[] = {".jsonl", ".ndjson", NULL};

	(void)in;
	return has_suffix(path, named) && ay_bytes_look_like_text(&head) ? 8 : 0;
}

/* ---- model.safetensors.index.json: the shards must be siblings ---- */

static bool plain_name(const char *text, size_t len)
{
	return len > 0 && len <= AY_LIMIT_COMPONENT && !memchr(text, '/', len) && !memchr(text, '\\', len) && !memchr(text, 0, len) &&
	       text[0] != '.' && !memchr(text, ':', len);
}

struct index_state {
	bool active, map_next, in_map, value_next;
	char tensor[AY_LIMIT_PATH + 1];    /* whose shard comes next; a longer name is in no shard */
	size_t tensor_len;
};

static int shard(struct ay_scan *s, const struct index_state *x, int ev, const char *text, size_t len, uint64_t off)
{
	if (ev == AY_JSON_EV_STRING && plain_name(text, len))
		return ay_scan_need_tensor(s, text, x->tensor, x->tensor_len, off);
	ay_scan_find(s, "json.index-path", off, "a shard of the index is not the plain name of a sibling file");
	return 0;
}

static int index_event(struct ay_scan *s, struct index_state *x, int ev, const char *text, size_t len, size_t depth, uint64_t off)
{
	int err = 0;

	if (!x->active)
		return 0;
	if (x->value_next)
		err = shard(s, x, ev, text, len, off);
	if (x->map_next && ev != AY_JSON_EV_OBJECT)
		ay_scan_find(s, "json.index-path", off, "weight_map is not an object that gives each tensor the name of a file");
	x->value_next = x->in_map && ev == AY_JSON_EV_KEY && depth == 2;
	x->map_next = false;
	if (x->value_next) {
		x->tensor_len = len < sizeof(x->tensor) ? len : sizeof(x->tensor);
		memcpy(x->tensor, text, x->tensor_len);    /* own: cut to its size */
	}
	if (ev == AY_JSON_EV_KEY && depth == 1)
		x->map_next = x->in_map = len == 10 && memcmp(text, "weight_map", 10) == 0;
	return err;
}

/* ---- an XGBoost model whose keys stand in an order by which nobody took it for one ---- */

/* How much of the path to the model the open objects are. */
enum hidden { HIDDEN_NONE, HIDDEN_LEARNER, HIDDEN_BOOSTER, HIDDEN_TREES };

static bool text_is(const char *text, size_t len, const char *want)
{
	return strlen(want) == len && memcmp(text, want, len) == 0;
}

static void hidden_event(struct ay_scan *s, enum hidden *h, int ev, const char *text, size_t len, size_t depth, uint64_t off)
{
	if (ev != AY_JSON_EV_KEY || depth == 0 || depth > 1 + (size_t)*h)
		return;
	if (depth == 1)
		*h = text_is(text, len, "learner") ? HIDDEN_LEARNER : HIDDEN_NONE;
	else if (depth == 2)
		*h = text_is(text, len, "gradient_booster") ? HIDDEN_BOOSTER : HIDDEN_LEARNER;
	else if (text_is(text, len, "model"))
		ay_scan_find(s, "json.model", off, "this is an XGBoost model in an order of keys that XGBoost does not write");
	else if (depth == 3)
		*h = text_is(text, len, "gbtree") ? HIDDEN_TREES : HIDDEN_BOOSTER;
}

/* ---- scan ---- */

/* What stopped a document, and where. */
struct stop {
	uint64_t off;
	char reason[128];
};

static void report(struct ay_scan *s, const char *format, int code, const struct stop *at, uint64_t row)
{
	const char *reason = *at->reason ? at->reason : ay_strerror(code);
	struct ay_error e;

	if (row)
		ay_error_at(&e, code, at->off, "line %llu is not one strict JSON value: %s", (unsigned long long)row, reason);
	else
		ay_error_at(&e, code, at->off, "not strict JSON: %s", reason);
	ay_scan_find_error(s, format, code, &e);
}

static int open_reader(ay_json_fill fill, void *arg, struct ay_json_reader **out)
{
	return ay_json_reader_new(fill, arg, AY_LIMIT_JSON_DEPTH, AY_LIMIT_JSON_STRING, AY_LIMIT_JSON_KEYS, out);
}

static size_t behind_space(const char *text, size_t len, size_t at)
{
	while (at < len && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r'))
		at++;
	return at;
}

/* The elements behind the one that was read, as far as the table takes them as they stand. */
static int take_elements(struct ay_json_table *table, struct ay_json_reader *r)
{
	const char *p;
	uint64_t off;
	size_t len, used = 1;
	int rc = 0;

	while (!rc && used && (p = ay_json_ahead(r, &len, &off)) != NULL) {
		size_t at = behind_space(p, len, 0);

		if (at == len || p[at] != ',')
			break;
		at = behind_space(p, len, at + 1);
		rc = ay_json_table_row(table, p + at, len - at, off + at, &used);
		ay_json_take(r, used ? at + used : 0);
	}
	return rc;
}

/* Its events go to a table too, when there is one. One document that starts at base. 0 or the reader's code, with *stop_out. */
static int scan_document(struct ay_scan *s, struct ay_json_reader *r, uint64_t base, struct ay_config_rules *rules,
			 struct index_state *index, struct ay_json_table *table, struct stop *stop_out)
{
	enum hidden hidden = HIDDEN_NONE;
	int ev;

	while ((ev = ay_json_next(r)) > 0) {
		size_t len = 0;
		const char *text = ev >= AY_JSON_EV_NUMBER && ev <= AY_JSON_EV_KEY ? ay_json_text(r, &len) : NULL;
		uint64_t off = base + ay_json_reader_off(r);

		if (rules)
			ay_config_rules_event(rules, (enum ay_json_event)ev, text, len, off);
		hidden_event(s, &hidden, ev, text, len, ay_json_depth(r), off);
		int err = index ? index_event(s, index, ev, text, len, ay_json_depth(r), off) : 0;

		if (!err && table)
			err = ay_json_table_event(table, ev, text, len, off);
		if (!err && table && ev == AY_JSON_EV_OBJECT_END)
			err = take_elements(table, r);
		if (err)
			return err;
	}
	stop_out->off = base + ay_json_reader_off(r);
	if (ev < 0)
		snprintf(stop_out->reason, sizeof(stop_out->reason), "%s", ay_json_reader_reason(r));
	return ev;
}

int ay_json_find_model(struct ay_scan *s, struct ay_source *in)
{
	struct ay_json_feed f = {.in = in, .budget = ay_scan_budget(s)};
	enum hidden hidden = HIDDEN_NONE;
	struct ay_json_reader *r;
	int ev, err = ay_json_reader_new(ay_json_feed_source, &f, AY_LIMIT_JSON_DEPTH, AY_LIMIT_JSON_STRING, 0, &r);

	if (err)
		return err;
	ay_json_reader_permit_nonfinite(r);
	while ((ev = ay_json_next(r)) > 0) {
		size_t len = 0;
		const char *text = ev == AY_JSON_EV_KEY ? ay_json_text(r, &len) : NULL;

		hidden_event(s, &hidden, ev, text, len, ay_json_depth(r), ay_json_reader_off(r));
	}
	/* Text that stops being JSON is text; what could not be read to its end is told. */
	if (ev < 0 && ev != AY_EFORMAT && ev != AY_ETRUNC)
		ay_scan_find_error(s, "text", ev, NULL);
	ay_json_reader_free(r);
	return 0;
}

/* A file that is one document, when a schema names it. */
static int compare_file(struct ay_scan *s, struct ay_source *in)
{
	struct ay_documents *documents;
	int rc = ay_documents_open(s, true, &documents);

	if (!rc && documents)
		rc = ay_documents_judge_file(documents, in);
	ay_documents_close(documents);
	return rc;
}

static int scan_config(struct ay_scan *s, struct ay_source *in)
{
	const char *base = ay_path_base(ay_scan_name(s));
	struct index_state index = {.active = ay_path_ends(base, ".index.json")};
	struct ay_json_feed f = {.in = in, .budget = ay_scan_budget(s)};
	struct ay_config_rules *rules;
	struct ay_json_reader *r = NULL;
	struct stop stop = {.off = 0};
	enum ay_keras_mode mode;
	int err = ay_config_rules_new(s, base, &rules), rc = 0;

	if (!err)
		err = open_reader(ay_json_feed_source, &f, &r);
	if (!err)
		err = scan_document(s, r, 0, rules, &index, NULL, &stop);
	if (err)
		report(s, "json", err, &stop, 0);
	else if (ay_config_rules_keras(rules, &mode))
		rc = ay_keras_judge(s, in, mode);
	else if (ay_config_rules_catboost(rules))
		rc = ay_scanner_catboost_json.scan(s, in);
	if (!err && !rc)
		rc = compare_file(s, in);
	ay_json_reader_free(r);
	ay_config_rules_free(rules);
	return rc;
}

/* A line a document. Codes are reported. */
static int scan_lines(struct ay_scan *s, struct ay_source *in, struct ay_json_table *table)
{
	struct ay_lines lines;
	struct ay_cursor line;
	struct ay_json_reader *r = NULL;
	struct stop stop = {.off = 0};
	struct ay_documents *documents = NULL;
	uint64_t row = 0;
	int more = 0, rc = 0, err = ay_lines_open(&lines, in, ay_scan_budget(s), AY_LIMIT_JSON_STRING);

	if (!err && !table)
		err = ay_documents_open(s, false, &documents);
	if (!err)
		err = open_reader(ay_json_feed_cursor, &line, &r);
	while (!err && !rc && (more = ay_lines_next(&lines, &line)) > 0) {
		struct ay_cursor text = line;

		row++;
		err = ay_budget_tick(ay_scan_budget(s));
		size_t taken = 0;

		if (!err && table)
			err = ay_json_table_row(table, (const char *)line.p, line.left, line.off, &taken);
		if (!err && !taken) {
			ay_json_reader_reset(r);
			err = scan_document(s, r, line.off, NULL, NULL, table, &stop);
		}
		if (!err && documents)
			rc = ay_documents_judge(documents, text, row);
	}
	if (!err && !rc)
		err = more;
	if (err && !(table && ay_json_table_refused(table)))
		report(s, "jsonl", err, &stop, row);
	ay_documents_close(documents);
	ay_json_reader_free(r);
	ay_lines_close(&lines);
	return err ? err : rc;
}

/* ---- as tables ---- */

/* One array of objects. Codes are reported. */
static int scan_array(struct ay_scan *s, struct ay_source *in, struct ay_json_table *table)
{
	struct ay_json_feed f = {.in = in, .budget = ay_scan_budget(s)};
	struct ay_json_reader *r = NULL;
	struct stop stop = {.off = 0};
	int err = open_reader(ay_json_feed_source, &f, &r);

	if (!err)
		err = scan_document(s, r, 0, NULL, NULL, table, &stop);
	if (err && !ay_json_table_refused(table))
		report(s, "json", err, &stop, 0);
	ay_json_reader_free(r);
	return err;
}

struct json_rows {
	struct ay_scan *scan;
	struct ay_source *in;
	bool lines;
	struct ay_rows rows;
	struct ay_json_names names;
};

static int run_rows(struct json_rows *j, const struct ay_rows_sink *sink)
{
	struct ay_json_table *t;
	int rc = ay_json_table_new(j->scan, &j->names, j->lines, sink, &t);

	if (!rc) {
		j->rows.off = ay_json_table_off(t);
		rc = j->lines ? scan_lines(j->scan, j->in, t) : scan_array(j->scan, j->in, t);
	}
	/* Rows before a fault are judged. */
	if (!rc || rc == AY_EFORMAT || rc == AY_ETRUNC) {
		int last = ay_json_table_flush(t);

		rc = rc ? rc : last;
	}
	if (!rc)
		ay_json_table_end(t);
	j->rows.off = NULL;
	ay_json_table_free(t);
	return rc;
}

/* Without names they are looked for first. */
static int each_json(void *arg, struct ay_budget *b, const struct ay_rows_sink *sink)
{
	struct json_rows *j = arg;
	int rc = j->names.count ? 0 : run_rows(j, NULL);

	(void)b;
	return rc ? rc : run_rows(j, sink);
}

static int judge_table(struct ay_scan *s, struct ay_source *in, bool lines)
{
	struct json_rows j = {.scan = s, .in = in, .lines = lines, .names = {.budget = ay_scan_budget(s)}};
	const struct ay_schema *schema;
	struct ay_schema *whole;
	int rc = ay_schema_open(s, AY_SCHEMA_OF_TABLE, &whole, &schema);

	j.rows = (struct ay_rows){.arg = &j, .each = each_json, .by_row = true};
	for (size_t i = 0; rc == 0 && schema && i < ay_schema_fields(schema); i++)
		rc = ay_json_names_add(&j.names, ay_schema_field_name(schema, i), strlen(ay_schema_field_name(schema, i)));
	j.names.among_others = schema && schema->sought;
	if (!rc && (schema || ay_scan_options(s)->proposal))
		rc = ay_judge_rows(s, schema, &j.rows);
	else if (!rc && lines)
		rc = scan_lines(s, in, NULL);
	ay_json_names_free(&j.names);
	ay_schema_free(whole);
	return rc == AY_ELIMIT ? rc : 0;
}

static bool wants_tables(const struct ay_scan *s)
{
	return ay_scan_options(s)->schema_json || ay_scan_options(s)->proposal;
}

/* An array whose first element is an object. */
static bool is_array_of_objects(struct ay_scan *s, struct ay_source *in)
{
	struct ay_json_feed f = {.in = in, .budget = ay_scan_budget(s)};
	struct ay_json_reader *r;

	if (open_reader(ay_json_feed_source, &f, &r) < 0)
		return false;
	bool is = ay_json_next(r) == AY_JSON_EV_ARRAY && ay_json_next(r) == AY_JSON_EV_OBJECT;

	ay_json_reader_free(r);
	return is;
}

static int json_scan(struct ay_scan *s, struct ay_source *in)
{
	unsigned before = ay_scan_count(s, AY_INCONCLUSIVE);
	int rc = scan_config(s, in);

	if (rc || !wants_tables(s) || ay_scan_count(s, AY_INCONCLUSIVE) > before)
		return rc;
	if (is_array_of_objects(s, in))
		return judge_table(s, in, false);
	return ay_scan_options(s)->proposal && !ay_scan_options(s)->describe ? ay_croissant_propose(s, in) : 0;
}

static int jsonl_scan(struct ay_scan *s, struct ay_source *in)
{
	int rc = 0;

	if (wants_tables(s))
		return judge_table(s, in, true);
	/* Reported. */
	rc = scan_lines(s, in, NULL);
	return rc < 0 ? 0 : rc;
}

static const char *const refines_text[] = {"text", NULL};

const struct ay_scanner ay_scanner_json = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "json", .version = 12, .refines = refines_text,
	.bid = json_bid, .scan = json_scan
};

const struct ay_scanner ay_scanner_jsonl = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "jsonl", .version = 6, .refines = refines_text,
	.bid = jsonl_bid, .scan = jsonl_scan
};
