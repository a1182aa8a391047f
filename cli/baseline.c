/* SPDX-License-Identifier: Apache-2.0 */
/* baseline propose, approve, show: the schema of a dataset name. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "assay/change.h"
#include "assay/claim.h"
#include "assay/fd.h"
#include "assay/schema.h"
#include "assay/text.h"
#include "assay/worker.h"
#include "cli/cli.h"
#include "scanners/data/image_row.h"

#define SCHEMA_NODES 1000000

/* By its name, for REF: its content decides later. */
static bool is_table(const char *path)
{
	static const char *const ends[] = {".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather"};
	static const char *const packed[] = {"", ".gz", ".zst"};
	char end[24];

	for (size_t i = 0; i < AY_ARRAY_LEN(ends) * AY_ARRAY_LEN(packed); i++) {
		snprintf(end, sizeof(end), "%s%s", ends[i % AY_ARRAY_LEN(ends)], packed[i / AY_ARRAY_LEN(ends)]);
		if (strlen(path) > strlen(end) && strcmp(path + strlen(path) - strlen(end), end) == 0)
			return true;
	}
	return false;
}

/* The table of REF: its only file that is named like one. */
static int open_ref(struct cli *c, const char *ref, char name[AY_LIMIT_PATH + 1], struct ay_error *e)
{
	struct ay_json_doc *doc = NULL;
	char mount[PATH_MAX], path[2 * PATH_MAX];
	struct ay_sha256 d;
	size_t found = 0;
	int r = cli_mount_point(c, mount, sizeof(mount));

	if (r == 0)
		r = cli_ask_ref(c, "files", ref, true, &doc, e);
	const struct ay_json *list = r == 0 ? ay_json_get(ay_json_root(doc), "list") : NULL;

	for (size_t i = 0; i < ay_json_count(list); i++) {
		const char *p = ay_json_str(ay_json_get(ay_json_at(list, i), "path"), NULL);
		const char *hex = ay_json_str(ay_json_get(ay_json_at(list, i), "sha256"), NULL);
		size_t n = p ? strlen(p) : 0;

		if (n > AY_LIMIT_PATH || !hex || !p || !is_table(p))
			continue;
		snprintf(name, AY_LIMIT_PATH + 1, "%s", p);
		if (ay_sha256_parse(hex, strlen(hex), &d) == 0)
			found++;
	}
	ay_json_free(doc);
	if (r == 0 && found != 1)
		r = ay_error_set(e, AY_EUSAGE, "%s holds %zu tables; name one file with --from FILE", ref, found);
	if (r < 0)
		return r;
	if (!mount[0])
		return ay_object_open(ay_gate_store(c->gate), &d, e);
	snprintf(path, sizeof(path), "%s/%s/%s", mount, ref, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? ay_error_errno(e, "%s", path) : fd;
}

/* Scans one file of a folder; *out when it is an image that was measured. */
static int measure(struct ay_pool *pool, const struct cli_file *f, struct ay_image_row *out, struct ay_look *look, bool *image, struct ay_error *e)
{
	AY_CLEANUP_FD int fd = open(f->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct ay_scan_result result;
	struct ay_pixels_seen seen;
	struct stat st;

	*image = false;
	if (fd < 0 || fstat(fd, &st) != 0)
		return ay_error_errno(e, "%s", f->source);
	struct ay_job job = { .fd = fd, .size = (uint64_t)st.st_size, .uid = getuid(), .options = { .path = f->path } };
	int r = ay_pool_scan(pool, &job, &result, e);

	if (r < 0)
		return r;
	if (strcmp(result.format, "gif") == 0 || strcmp(result.format, "webp") == 0)
		r = ay_error_set(e, AY_EUSAGE, "%s is an image of the format %s, which is not measured; save it as PNG", f->path, result.format);
	else if (ay_image_decode(result.profile, result.profile_len, &seen))
		*image = true;
	if (*image) {
		out->stats = seen.stats;
		*look = seen.look;
	}
	if (*image && result.verdict > AY_WARN)
		r = ay_error_set(e, AY_EFORMAT, "%s is refused; assay scan %s says why", f->path, f->source);
	out->label = ay_image_label_of(f->path);
	ay_scan_result_free(&result);
	return r;
}

/* Images below a folder are the rows of a table, with their folders as labels. */
static int propose_folder(struct ay_pool *pool, const char *from, struct ay_buf *schema, struct ay_error *e)
{
	static const struct cli_list none;
	static const struct ay_sha256 unkeyed;
	struct ay_drawn looks = { .used = 0 };
	struct ay_image_table table = { .looks = &looks };
	struct cli_tree tree;
	struct ay_budget budget;
	int r = cli_tree(from, &none, false, &tree, e);

	if (r < 0)
		return r;
	struct ay_image_row *rows = calloc(tree.n + 1, sizeof(*rows));

	ay_budget_init(&budget, 0);
	if (!rows || ay_looks_init(&looks, &budget, &unkeyed) != 0)
		r = ay_error_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < tree.n && r == 0; i++) {
		struct ay_look look;
		bool image;

		if ((i & 63) == 0)
			cli_progress("measured %zu of %zu files", i, tree.n);
		r = measure(pool, &tree.v[i], &rows[table.n], &look, &image, e);
		if (r == 0 && image)
			ay_looks_add(&looks, ++table.n, AY_LOOK_NO_LABEL, &look);
	}
	table.v = rows;
	if (r == 0 && !table.n)
		r = ay_error_set(e, AY_EUSAGE, "%s holds neither PNG nor JPEG images; of a table name its file", from);
	if (r == 0 && (r = ay_image_infer(&table, &budget, schema)) < 0)
		ay_error_set(e, r, "the images of %s cannot be made a reference: %s", from, ay_strerror(r));
	ay_drawn_free(&looks);
	free(rows);
	cli_tree_free(&tree);
	return r;
}

/* of: the schema that a reference is wanted for, without one; NULL: a schema is proposed, with its reference. */
static int propose(struct cli *c, const char *from, const struct ay_buf *of, struct ay_buf *schema, struct ay_error *e)
{
	char name[AY_LIMIT_PATH + 1];
	struct ay_pool_options po = { .workers = 1 };
	struct ay_pool *pool = NULL;
	struct ay_ref ref;
	struct stat st;
	int r = c->monitor ? 0 : ay_monitor_start(NULL, &c->monitor, e);

	if (r < 0)
		return r;
	AY_CLEANUP_FD int fd = -1;

	if (access(from, F_OK) != 0 && ay_ref_parse(from, &ref, NULL) == 0) {
		fd = cli_store(c) ? open_ref(c, from, name, e) : AY_EUSAGE;
	} else {
		snprintf(name, sizeof(name), "%s", from);
		fd = open(from, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			fd = ay_error_errno(e, "%s", from);
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) != 0)
		return ay_error_errno(e, "%s", from);
	r = ay_pool_new(c->monitor, &po, &pool, e);
	if (r == 0 && S_ISDIR(st.st_mode)) {
		r = propose_folder(pool, from, schema, e);
		ay_pool_free(pool);
		return r;
	}
	struct ay_job job = { .fd = fd, .size = (uint64_t)st.st_size, .uid = getuid(), .options = { .path = name } };

	if (of) {
		job.options.schema_json = (const char *)of->data;
		job.options.schema_len = of->len;
	}
	if (r == 0)
		r = ay_pool_infer(pool, &job, schema, e);
	ay_pool_free(pool);
	return r;
}

/* Version in force and, when wanted, the schema. */
static int current(struct cli *c, const char *name, uint64_t *version, struct ay_buf *schema, struct ay_error *e)
{
	struct ay_buf q = ay_buf_new(64 * KIB), bytes = ay_buf_new(AY_LIMIT_REQUEST);
	struct ay_json_doc *doc = NULL;
	struct ay_envelope env = { 0 };
	struct ay_statement st = { 0 };
	struct ay_jw w = ay_jw_new(&q, false);

	ay_jw_object(&w);
	ay_jw_kstr(&w, "verb", "baseline");
	ay_jw_kstr(&w, "name", name);
	ay_jw_object_end(&w);
	int r = cli_ask(c, &q, false, &doc, e);

	ay_buf_free(&q);
	if (r < 0)
		return r;
	const char *b64 = ay_json_str(ay_json_get(ay_json_root(doc), "envelope"), NULL);

	*version = 0;
	(void)!ay_json_u64(ay_json_get(ay_json_root(doc), "version"), version);
	if (b64 && schema) {
		r = ay_base64_decode(&bytes, b64, strlen(b64), false);
		if (r == 0)
			r = ay_envelope_parse(bytes.data, bytes.len, &env, e);
		if (r == 0)
			r = ay_statement_parse(env.payload, env.payload_len, &st, e);
		if (r == 0) {
			struct ay_jw sw = ay_jw_new(schema, true);

			ay_jw_tree(&sw, ay_json_get(st.predicate, "schema"));
		}
		ay_statement_free(&st);
		ay_envelope_free(&env);
	}
	ay_json_free(doc);
	ay_buf_free(&bytes);
	return r;
}

/* All members of an object but one, or two. */
static void put_others(struct ay_jw *w, const struct ay_json *object, const char *but, const char *nor)
{
	for (size_t i = 0; i < ay_json_count(object); i++) {
		if (strcmp(ay_json_key(object, i), but) == 0 || (nor && strcmp(ay_json_key(object, i), nor) == 0))
			continue;
		ay_jw_key(w, ay_json_key(object, i));
		ay_jw_tree(w, ay_json_at(object, i));
	}
}

/* The schema with what was learnt of a table as its reference, or as that of one more season. */
static int put_reference(const struct ay_json *old, const struct ay_json *learnt, const char *season, struct ay_buf *out, struct ay_error *e)
{
	const char *reference = ay_json_str(ay_json_get(learnt, "x-profile"), NULL);
	struct ay_schema *loaded = NULL;
	struct ay_jw w = ay_jw_new(out, true);

	if (!reference)
		return ay_error_set(e, AY_EFORMAT, "the table has no column that could be compared");
	ay_jw_object(&w);
	put_others(&w, old, season ? "x-seasons" : "x-profile", NULL);
	if (season) {
		ay_jw_key(&w, "x-seasons");
		ay_jw_object(&w);
		put_others(&w, ay_json_get(old, "x-seasons"), season, NULL);
	}
	ay_jw_kstr(&w, season ? season : "x-profile", reference);
	if (season)
		ay_jw_object_end(&w);
	ay_jw_object_end(&w);
	ay_buf_addc(out, '\n');
	int r = out->err ? out->err : ay_schema_load(out->data, out->len, &loaded, e);

	ay_schema_free(loaded);
	return r;
}

/* The schema in force, to which a season is to be added. */
static int approved(struct cli *c, const char *name, struct ay_buf *schema, struct ay_error *e)
{
	uint64_t version = 0;
	int r = cli_store(c) ? current(c, name, &version, schema, e) : ay_error_set(e, AY_EUSAGE, "no store");

	if (r == 0 && !version) {
		r = ay_error_set(e, AY_ENOTFOUND, "no schema is approved for %s, to which a season could be added", name);
		ay_error_next(e, "assay baseline propose %s --from FILE, then approve it", name);
	}
	return r;
}

/* The table is counted as the schema has its columns: by its types and missing values. */
static int propose_reference(struct cli *c, const char *from, const struct ay_buf *schema, const char *season, struct ay_buf *out, struct ay_error *e)
{
	struct ay_buf learnt = ay_buf_new(AY_LIMIT_REQUEST), bare = ay_buf_new(AY_LIMIT_REQUEST);
	struct ay_json_doc *old = NULL, *fresh = NULL;
	int r = ay_json_parse(schema->data, schema->len, SCHEMA_NODES, &old, e);

	if (r == 0 && !ay_json_get(ay_json_root(old), "fields")) {
		r = ay_error_set(e, AY_EUSAGE, "a reference belongs to the schema of one table, which has fields");
		ay_error_next(e, "of a schema of several files, take that of one resource");
	}
	if (r == 0) {
		struct ay_jw w = ay_jw_new(&bare, false);

		ay_jw_object(&w);
		put_others(&w, ay_json_root(old), "x-profile", "x-seasons");
		ay_jw_object_end(&w);
		r = bare.err;
	}
	if (r == 0)
		r = propose(c, from, &bare, &learnt, e);
	if (r == 0)
		r = ay_json_parse(learnt.data, learnt.len, SCHEMA_NODES, &fresh, e);
	if (r == 0)
		r = put_reference(ay_json_root(old), ay_json_root(fresh), season, out, e);
	ay_json_free(old);
	ay_json_free(fresh);
	ay_buf_free(&learnt);
	ay_buf_free(&bare);
	return r;
}

/* file: a schema that is there; else, for a season, that in force. */
static int propose_any(struct cli *c, const char *name, const char *from, const char *file, const char *season, struct ay_buf *out, struct ay_error *e)
{
	struct ay_buf schema = ay_buf_new(AY_LIMIT_REQUEST);
	int r;

	if (!file && !season)
		return propose(c, from, NULL, out, e);
	r = file ? ay_read_file(AT_FDCWD, file, &schema, e) : approved(c, name, &schema, e);
	if (r == 0)
		r = propose_reference(c, from, &schema, season, out, e);
	ay_buf_free(&schema);
	return r;
}

static int approve(struct cli *c, const char *name, const char *file, const char *key, struct ay_error *e)
{
	struct ay_buf schema = ay_buf_new(AY_LIMIT_REQUEST / 8), st = ay_buf_new(AY_LIMIT_REQUEST / 2);
	struct ay_schema *loaded = NULL;
	struct ay_key *k = NULL;
	uint64_t version = 0;
	int r = ay_read_file(AT_FDCWD, file, &schema, e);

	if (r == 0)
		r = ay_schema_load(schema.data, schema.len, &loaded, e);
	ay_schema_free(loaded);
	if (r == 0)
		r = current(c, name, &version, NULL, e);
	if (r == 0)
		r = cli_curator_key(key, &k, e);
	if (r == 0)
		r = ay_baseline_statement(name, version + 1, ay_buf_str(&schema), &st);
	if (r == 0)
		r = cli_change(c, k, "baseline", &st, e);
	if (r == 0 && c->format == CLI_TEXT)
		printf("baseline %llu of %s is approved; it judges what comes from now on\n", (unsigned long long)version + 1, name);
	else if (r == 0)
		printf("{\"name\": \"%s\", \"version\": %llu}\n", name, (unsigned long long)version + 1);
	ay_key_free(k);
	ay_buf_free(&schema);
	ay_buf_free(&st);
	return r;
}

int cmd_baseline(struct cli *c, int argc, char **argv)
{
	const char *from = NULL, *schema_file = NULL, *key = NULL, *season = NULL;
	const struct cli_opt opts[] = {
		{ "from", CLI_TEXT_OPT, &from, "FILE|DIR|REF", "propose: the table to learn from; of a folder, its images" },
		{ "season", CLI_TEXT_OPT, &season, "TAG", "propose: the table is the reference of this season, for the schema in force" },
		{ "schema", CLI_TEXT_OPT, &schema_file, "FILE", "approve: the schema, edited by you; propose: count its reference again" },
		{ "key", CLI_TEXT_OPT, &key, "CURATOR.key", "approve: signs it" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_buf schema = ay_buf_new(AY_LIMIT_REQUEST);
	uint64_t version = 0;
	int status, r;

	if (cli_parse(c, argc, argv, opts, 2, 2, &status) < 0)
		return status;
	if ((r = ay_name_parse(argv[1], &e)) < 0)
		return cli_fail(c, &e, r);
	if (strcmp(argv[0], "propose") == 0 && from) {
		r = propose_any(c, argv[1], from, schema_file, season, &schema, &e);
		if (r == 0) {
			fputs(ay_buf_str(&schema), stdout);
			fprintf(stderr, "next: edit it, then assay baseline approve %s --schema FILE\n", argv[1]);
		}
	} else if (strcmp(argv[0], "approve") == 0 && schema_file) {
		r = cli_store(c) ? approve(c, argv[1], schema_file, key, &e) : ay_error_set(&e, AY_EUSAGE, "no store");
	} else if (strcmp(argv[0], "show") == 0) {
		r = cli_store(c) ? current(c, argv[1], &version, &schema, &e) : ay_error_set(&e, AY_EUSAGE, "no store");
		if (r == 0 && version == 0) {
			r = ay_error_set(&e, AY_ENOTFOUND, "%s has no approved baseline", argv[1]);
			ay_error_next(&e, "assay baseline propose %s --from FILE", argv[1]);
		}
		if (r == 0)
			puts(ay_buf_str(&schema));
	} else {
		return cli_usage(c, "expected: propose NAME --from FILE|DIR|REF, approve NAME --schema FILE, or show NAME");
	}
	ay_buf_free(&schema);
	return r < 0 ? cli_fail(c, &e, r) : 0;
}
