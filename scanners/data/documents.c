/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/documents.h"

#include <errno.h>

#include "scanners/data/json_schema.h"
#include "scanners/data/schema.h"

#define LISTED 75
#define MAX_NODES 1000000                /* of one document; the tree is what takes memory */
#define MAX_FILE (32 * MIB)

struct ay_documents {
	struct ay_scan *scan;
	struct ay_schema *whole;
	const struct ay_json_schema *schema;
	struct ay_uniq_pool pool;
	uint64_t listed, unlisted, judged;
};

int ay_documents_open(struct ay_scan *s, bool whole, struct ay_documents **out)
{
	const struct ay_schema *part;
	struct ay_schema *all;
	int rc = ay_schema_open(s, AY_SCHEMA_OF_DOCUMENTS, &all, &part);

	*out = NULL;
	if (rc || !part || (whole && all->of != AY_SCHEMA_OF_FILES)) {
		ay_schema_free(all);
		return rc;
	}
	*out = ay_budget_alloc(ay_scan_budget(s), sizeof(**out));
	if (!*out) {
		ay_schema_free(all);
		return AY_ELIMIT;
	}
	**out = (struct ay_documents){.scan = s, .whole = all, .schema = part->documents,
				      .pool = {.budget = ay_scan_budget(s), .left = AY_LIMIT_CSV_UNIQUE}};
	return 0;
}

static void list(struct ay_documents *d, const struct ay_finding *f)
{
	if (d->listed == LISTED) {
		d->unlisted++;
		return;
	}
	d->listed++;
	ay_scan_find_full(d->scan, f);
}

static int stopped(struct ay_documents *d, int code, uint64_t row, uint64_t off, const char *why)
{
	ay_scan_find(d->scan, "limit.exceeded", off, "the document of row %llu cannot be compared with the schema: %s", (unsigned long long)row, why);
	return code;
}

int ay_documents_judge(struct ay_documents *d, struct ay_cursor text, uint64_t row)
{
	struct ay_json_fault fault = {.where = ""};
	struct ay_finding f = {.rule = "schema.document", .off = text.off, .row = row};
	struct ay_json_doc *doc;
	struct ay_error e = {.off = 0};
	size_t len = text.left;
	int rc = ay_json_parse(ay_cursor_take(&text, len), len, MAX_NODES, &doc, &e);

	d->judged++;
	if (rc == AY_ELIMIT || rc == -ENOMEM)
		return stopped(d, AY_ELIMIT, row, f.off, "it has too many parts");
	if (rc) {
		snprintf(f.message, sizeof(f.message), "the document cannot be compared with the schema: %.200s", e.msg);
		list(d, &f);
		return 0;
	}
	rc = ay_json_schema_judge(d->schema, ay_json_root(doc), &d->pool, &fault);
	if (rc == 0) {
		f.column = fault.where;
		f.value = fault.value;
		f.limit = fault.keyword;
		snprintf(f.message, sizeof(f.message), "%s, at %.100s, by %.100s", fault.message, *fault.where ? fault.where : "the top",
			 *fault.keyword ? fault.keyword : "the schema");
		list(d, &f);
	}
	ay_json_free(doc);
	return rc < 0 ? stopped(d, rc, row, f.off, "it takes too many steps or too much memory") : 0;
}

int ay_documents_judge_file(struct ay_documents *d, struct ay_source *in)
{
	struct ay_buf b = ay_buf_new(MAX_FILE);
	struct ay_cursor text;
	int rc = in->size > MAX_FILE ? AY_ELIMIT : ay_source_load(in, 0, (size_t)in->size, &b, &text);

	if (rc == AY_ELIMIT)
		rc = stopped(d, rc, 0, AY_NO_OFFSET, "the file is too large; write one document a line, as .jsonl");
	else if (!rc)
		rc = ay_documents_judge(d, text, 0);
	ay_buf_free(&b);
	return rc;
}

void ay_documents_close(struct ay_documents *d)
{
	struct ay_finding f = {.rule = "schema.document", .off = AY_NO_OFFSET};

	if (!d)
		return;
	if (d->unlisted) {
		snprintf(f.message, sizeof(f.message), "%llu more documents of %llu break the schema and are not listed",
			 (unsigned long long)d->unlisted, (unsigned long long)d->judged);
		ay_scan_find_full(d->scan, &f);
	}
	ay_schema_free(d->whole);
	ay_budget_free(d->pool.budget, d);
}
