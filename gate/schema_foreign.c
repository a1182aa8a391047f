/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign keys of the candidate's tables: among its own files, and into versions of other datasets that are admitted here. */
#include <errno.h>

#include "assay/fd.h"
#include "assay/text.h"
#include "gate/candidate.h"
#include "gate/schema_parts.h"
#include "scanners/data/foreign.h"

#define K AY_GATE_SCHEMA

static void tell_key(void *arg, size_t file, const char *rule, const char *value, const char *message)
{
	struct ay_candidate *c = arg;

	ay_gate_find(c, K, rule, c->files.v[file].path, value, NULL, "%s", message);
}

/* ---- its files ---- */

/* One pass over the files of a version, by a schema that asks for keys. */
struct asking {
	struct ay_candidate *c;
	struct ay_foreign_package *p;
	const struct ay_file_list *files;
	size_t tables;
	int code;
	char why[256];
};

static void cannot_read(struct asking *k, int code, const char *path, const char *why)
{
	char shown[120];

	if (k->code)
		return;
	k->code = code;
	snprintf(k->why, sizeof(k->why), "%s: %.120s", ay_escape_str(shown, sizeof(shown), path), why);
}

static void scanned(void *arg, size_t i, struct ay_scan_note *n)
{
	struct asking *k = arg;
	const char *path = k->files->v[i].path;

	if (n->code)
		cannot_read(k, n->code, path, n->why ? n->why : ay_strerror(n->code));
	else if (n->keys && ay_foreign_package_take(k->p, n->keys, n->keys_len) != 0)
		cannot_read(k, AY_EFORMAT, path, "it has too many keys");
	else if (n->keys)
		k->tables++;
	else if (ay_foreign_package_path(k->p))
		cannot_read(k, AY_EFORMAT, path, "it is no table with these columns that can be read as a whole");
	ay_note_unref(n);
}

static bool is_asked(const struct ay_foreign_package *p, const char *path)
{
	const char *pattern = ay_foreign_package_path(p);

	return !pattern || ay_glob_match(pattern, path);
}

static int ask_files(struct asking *k, struct ay_buf *schema)
{
	struct ay_scan_plan plan = k->c->plan;
	struct ay_error e = {.msg = ""};
	struct ay_scans *s;
	int rc;

	plan.schema = (char *)schema->data;
	plan.schema_len = schema->len;
	rc = ay_scans_new(k->c->g, &plan, k->c->art.uid, scanned, k, &s);
	if (rc)
		return rc;
	for (size_t i = 0; rc == 0 && i < k->files->n; i++) {
		const struct ay_file *f = &k->files->v[i];
		int AY_CLEANUP_FD fd = -1;

		if (!is_asked(k->p, f->path))
			continue;
		fd = ay_object_open(k->c->g->store, &f->sha256, &e);
		rc = fd < 0 ? fd : ay_scans_add(s, i, fd, f->size, f->path, &e);
		if (rc) {
			ay_scans_finish(s);
			cannot_read(k, rc, f->path, e.msg);
		}
	}
	ay_scans_free(s);
	return rc ? rc : k->code;
}

static int ask_all(struct asking *k, const struct ay_artifact *a)
{
	struct ay_file_list files = {0};
	struct ay_txn *t;
	int rc = ay_read_begin(k->c->g->store, &t);

	if (!rc) {
		rc = ay_node_list(t, a->top, &files);
		ay_read_end(t);
	}
	k->files = &files;
	for (int more = 1; rc == 0 && more;) {
		struct ay_buf schema = ay_buf_new(AY_LIMIT_SCHEMA);

		more = ay_foreign_package_ask(k->p, &schema);
		rc = more < 0 ? more : 0;
		k->tables = 0;
		if (more > 0)
			rc = ask_files(k, &schema);
		if (more > 0 && !rc && !k->tables) {
			rc = AY_EFORMAT;
			snprintf(k->why, sizeof(k->why), "it has no table with these columns");
		}
		ay_buf_free(&schema);
	}
	ay_file_list_free(&files);
	if (rc && !*k->why)
		snprintf(k->why, sizeof(k->why), "%s", ay_strerror(rc));
	return rc;
}

/* ---- the gate ---- */

static void remember(struct ay_candidate *c, const char *package, const struct ay_artifact *a)
{
	struct ay_judgement *j = &c->judged;
	struct ay_compared_with *more = realloc(j->with, (j->nwith + 1) * sizeof(*more));

	if (!more)
		ay_bug("out of memory for a verdict");
	j->with = more;
	j->with[j->nwith] = (struct ay_compared_with){.root = a->root};
	snprintf(j->with[j->nwith].package, sizeof(j->with->package), "%s", package);
	snprintf(j->with[j->nwith].ref, sizeof(j->with->ref), "%s", a->ref.text);
	j->nwith++;
}

static void judge_package(struct ay_candidate *c, struct ay_foreign_package *p)
{
	struct asking k = {.c = c, .p = p};
	const char *ref = ay_foreign_package_ref(p);
	struct ay_artifact a;

	if (ay_version_find(c, ref, true, &a, k.why) != 0) {
		ay_gate_find(c, K, "schema.foreign-key-dataset", NULL, ref, NULL, "foreign keys into %s cannot be compared: %s", ref, k.why);
		return;
	}
	remember(c, ref, &a);
	if (ask_all(&k, &a) != 0) {
		ay_gate_find(c, K, "schema.foreign-key-dataset", NULL, a.ref.text, NULL, "foreign keys into %s cannot be compared: %s", a.ref.text, k.why);
		return;
	}
	ay_gate_find(c, K, "schema.foreign-key-version", NULL, a.ref.text, NULL, "%zu different keys were looked for in %s",
		     ay_foreign_package_sought(p), a.ref.text);
	ay_foreign_package_judge(p, a.ref.text);
}

void ay_schema_keys(struct ay_candidate *c, const struct ay_schema *s)
{
	struct ay_foreign_file *v = calloc(c->files.n + 1, sizeof(*v));
	struct ay_foreign_package *p = NULL;
	int rc = v ? 0 : -ENOMEM;

	for (size_t i = 0; v && i < c->files.n; i++) {
		const struct ay_scan_note *n = c->notes ? c->notes[i] : NULL;

		v[i] = (struct ay_foreign_file){.path = c->files.v[i].path, .keys = n ? n->keys : NULL, .keys_len = n ? n->keys_len : 0};
	}
	if (!rc)
		ay_foreign_check(s, v, c->files.n, tell_key, c);
	for (size_t i = 0; rc == 0; i++) {
		rc = ay_foreign_package_new(s, i, v, c->files.n, tell_key, c, &p);
		if (!rc)
			judge_package(c, p);
		ay_foreign_package_free(p);
		p = NULL;
	}
	if (rc != AY_ENOTFOUND)
		ay_gate_find(c, K, "gate.not-judged", NULL, NULL, NULL, "foreign keys could not be compared: %s", ay_strerror(rc));
	free(v);
}
