/* SPDX-License-Identifier: Apache-2.0 */
/* The content gates alone. Files are hashed here while workers scan them. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include "assay/fd.h"
#include "assay/schema.h"
#include "assay/text.h"
#include "assay/worker.h"
#include "cli/cli.h"
#include "scanners/data/foreign.h"

#define IN_FLIGHT 64   /* files with the workers at once */
#define AHEAD 32       /* files of a folder that are opened, and begun to be read, before it is their turn */
#define AHEAD_BYTES (1 * MIB)

struct scan_job {
	char *path;
	uint64_t size;
	struct ay_sha256 digest;
	size_t inner;                  /* where in path the path inside of the artifact begins */
	bool scanned;                  /* guarded by run.lock */
	int code;
	struct ay_error e;
	struct ay_scan_result result;
};

/* A folder that is scanned as one tree: what files need of each other is compared at its end. */
struct folder {
	struct ay_sibling_file *files;
	struct ay_names *tensors;      /* of each file */
	struct scan_job **held;        /* of each file: not yet printed, because it needs others; else NULL */
	size_t n, cap;
};

struct scan_run {
	struct cli *c;
	struct ay_pool *pool;
	struct ay_scan_options options;
	struct ay_schema *schema;      /* with foreign keys; else NULL */
	bool automatic;
	uint32_t uid;
	pthread_mutex_t lock;
	pthread_cond_t ready;
	struct scan_job *ring[IN_FLIGHT];
	size_t first, count;           /* of the ring, in order of output */
	struct folder *folder;         /* NULL outside of one */
	struct ay_buf files;           /* JSON of all, comma separated */
	enum ay_verdict worst;
	uint64_t done, bytes, by_verdict[AY_FAIL + 1];
};

struct callback { struct scan_run *run; struct scan_job *job; };

static void scanned(void *arg, int code, struct ay_scan_result *r, const struct ay_error *e)
{
	struct callback *cb = arg;
	struct scan_job *j = cb->job;

	pthread_mutex_lock(&cb->run->lock);
	j->code = code;
	if (code == 0) {
		j->result = *r;
		*r = (struct ay_scan_result){ 0 };
	} else {
		j->result.verdict = AY_ERROR;
		j->e = *e;
	}
	j->scanned = true;
	pthread_cond_signal(&cb->run->ready);
	pthread_mutex_unlock(&cb->run->lock);
	free(cb);
}

static void print_profiles(uint32_t bits)
{
	const char *sep = "";

	for (uint32_t bit = 1; bit && bit <= bits; bit <<= 1)
		if (bits & bit) {
			printf("%s%s", sep, ay_profile_name(bit));
			sep = ", ";
		}
}

/* The "files" element, without its digest. */
static void write_json(const struct scan_job *j, struct ay_buf *out)
{
	if (j->code == 0) {
		ay_scan_result_json(&j->result, j->path, j->size, out);
		return;
	}
	struct ay_jw w = ay_jw_new(out, false);

	ay_jw_object(&w);
	ay_jw_kstr(&w, "path", j->path);
	ay_jw_ku64(&w, "size", j->size);
	ay_jw_kstr(&w, "format", NULL);
	ay_jw_kstr(&w, "verdict", "error");
	ay_jw_kstr(&w, "error", j->e.msg);
	ay_jw_key(&w, "findings");
	ay_jw_array(&w);
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
}

static void print_findings(const struct scan_job *j)
{
	struct ay_buf json = ay_buf_new(AY_LIMIT_WORKER_ANSWER);
	struct ay_json_doc *doc = NULL;

	write_json(j, &json);
	if (ay_json_parse(json.data, json.len, 1000000, &doc, NULL) == 0)
		cli_findings(ay_json_root(doc));
	ay_json_free(doc);
	ay_buf_free(&json);
}

static void print_text(const struct scan_run *run, const struct scan_job *j)
{
	enum ay_verdict verdict = j->result.verdict;
	uint32_t would_pass = j->result.profile_would_pass;
	char size[16];

	cli_progress_end();
	printf("%-12s ", ay_verdict_name(verdict));
	cli_put(j->path);
	printf("  %s\n", ay_size_format(size, j->size));
	if (j->code < 0)
		printf("      scan.error: %s\n", j->e.msg);
	else if (j->result.found_count)
		print_findings(j);
	if (would_pass && (run->automatic ? verdict < AY_INCONCLUSIVE : verdict >= AY_INCONCLUSIVE)) {
		fputs(run->automatic ? "      profile: " : "      would pass with --profile ", stdout);
		print_profiles(would_pass);
		putchar('\n');
	}
}

static void keep_json(struct scan_run *run, const struct scan_job *j)
{
	struct ay_buf json = ay_buf_new(AY_LIMIT_WORKER_ANSWER);
	char hex[AY_SHA256_HEX];

	ay_sha256_hex(&j->digest, hex);
	write_json(j, &json);
	if (run->files.len)
		ay_buf_addc(&run->files, ',');
	ay_buf_addf(&run->files, "{\"sha256\":\"%s\",", hex);
	ay_buf_add(&run->files, json.data + 1, json.len - 1);
	ay_buf_free(&json);
}

/* Prints one finished file, or keeps its JSON. Frees j. */
static void finish(struct scan_run *run, struct scan_job *j)
{
	run->by_verdict[j->result.verdict]++;
	run->done++;
	run->bytes += j->size;
	if (j->result.verdict > run->worst)
		run->worst = j->result.verdict;
	if (run->c->format == CLI_TEXT)
		print_text(run, j);
	else
		keep_json(run, j);
	ay_scan_result_free(&j->result);
	free(j->path);
	free(j);
}

/* Notes what the tree has to know of a file; true when the file waits for the end of the tree. */
static bool keep(struct folder *d, bool all, struct scan_job *j)
{
	size_t i = d->n++;
	char *path = strdup(j->path);

	if (i >= d->cap || !path)
		ay_bug("out of memory for a folder, or it has more files than were counted");
	d->tensors[i] = j->result.tensors;
	d->files[i] = (struct ay_sibling_file){ .path = path, .size = j->size, .tensors = &d->tensors[i], .siblings = j->result.siblings,
						.sibling_count = j->result.sibling_count, .formless = ay_scan_formless(j->result.format) };
	d->held[i] = all || j->result.sibling_count || d->files[i].formless ? j : NULL;
	return d->held[i] != NULL;
}

static void differs(void *arg, size_t file, const char *rule, const char *message)
{
	struct folder *d = arg;

	ay_scan_result_find(&d->held[file]->result, rule, message);
}

static int folder_open(struct folder *d, size_t files)
{
	*d = (struct folder){ .cap = files };
	d->files = calloc(files + 1, sizeof(*d->files));
	d->tensors = calloc(files + 1, sizeof(*d->tensors));
	d->held = calloc(files + 1, sizeof(struct scan_job *));
	return d->files && d->tensors && d->held ? 0 : -ENOMEM;
}

static void key_differs(void *arg, size_t file, const char *rule, const char *value, const char *message)
{
	(void)value;
	differs(arg, file, rule, message);
}

static void compare_keys(struct scan_run *run, struct folder *d)
{
	struct ay_foreign_file *v = calloc(d->n + 1, sizeof(*v));
	struct ay_foreign_package *package;

	if (!v)
		ay_bug("out of memory for a folder");
	for (size_t i = 0; i < d->n; i++) {
		const struct scan_job *j = d->held[i];

		v[i] = (struct ay_foreign_file){ .path = j->path + j->inner, .keys = j->result.keys, .keys_len = j->result.keys_len };
	}
	ay_foreign_check(run->schema, v, d->n, key_differs, d);
	for (size_t i = 0; ay_foreign_package_new(run->schema, i, v, d->n, key_differs, d, &package) == 0; i++) {
		ay_foreign_package_cannot(package, "the other dataset that its keys refer to is known to a store alone");
		ay_foreign_package_free(package);
	}
	free(v);
}

/* Compares the files and prints those that waited. */
static void folder_close(struct scan_run *run, struct folder *d)
{
	if (ay_siblings_check(d->files, d->n, differs, d))
		ay_bug("out of memory for a folder");
	if (run->schema)
		compare_keys(run, d);
	for (size_t i = 0; i < d->n; i++) {
		if (d->held[i])
			finish(run, d->held[i]);
		free((char *)d->files[i].path);
	}
	free(d->files);
	free(d->tensors);
	free(d->held);
}

/* Waits for the oldest and prints it. */
static void drain_one(struct scan_run *run)
{
	struct scan_job *j = run->ring[run->first];

	pthread_mutex_lock(&run->lock);
	while (!j->scanned)
		pthread_cond_wait(&run->ready, &run->lock);
	pthread_mutex_unlock(&run->lock);
	run->first = (run->first + 1) % IN_FLIGHT;
	run->count--;
	if (!run->folder && j->result.keys)
		ay_scan_result_find(&j->result, "schema.foreign-key-unknown", "the file alone has not what its keys refer to; scan its folder");
	if (!run->folder && ay_scan_formless(j->result.format))
		ay_scan_result_find(&j->result, "sibling.unnamed", "any bytes could be in this file; scan its folder, with the model that reads it");
	if (!run->folder || !keep(run->folder, run->schema != NULL, j))
		finish(run, j);
}

static bool oldest_done(struct scan_run *run)
{
	pthread_mutex_lock(&run->lock);
	bool done = run->ring[run->first]->scanned;

	pthread_mutex_unlock(&run->lock);
	return done;
}

/* path from byte inner on is the path inside of the artifact. */
static int submit(struct scan_run *run, int fd, const char *path, size_t inner, uint64_t size, struct ay_error *e)
{
	struct scan_job *j = calloc(1, sizeof(*j));
	struct callback *cb = malloc(sizeof(*cb));

	if (!j || !cb || !(j->path = strdup(path))) {
		free(j);
		free(cb);
		return ay_error_set(e, -ENOMEM, "out of memory");
	}
	j->size = size;
	j->inner = inner;
	*cb = (struct callback){ .run = run, .job = j };
	struct ay_job job = { .fd = fd, .size = size, .uid = run->uid, .options = run->options };

	job.options.path = path + inner;
	int r = ay_pool_submit(run->pool, &job, scanned, cb, e);

	if (r < 0) {
		free(cb);
		free(j->path);
		free(j);
		return r;
	}
	run->ring[(run->first + run->count++) % IN_FLIGHT] = j;
	/* While a worker parses it. */
	r = ay_sha256_fd(fd, &j->digest, NULL, e);
	while (run->count == IN_FLIGHT || (run->count && oldest_done(run)))
		drain_one(run);
	return r;
}

static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* Takes opened, the file at source, or -1: it is still to be opened. */
static int scan_path(struct scan_run *run, const char *source, int opened, const char *name, size_t inner, struct ay_error *e)
{
	AY_CLEANUP_FD int fd = opened >= 0 ? opened : open_file(source);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return ay_error_errno(e, "%s", source);
	if (!S_ISREG(st.st_mode))
		return ay_error_set(e, AY_EUSAGE, "%s is not a regular file", source);
	return submit(run, fd, name, inner, (uint64_t)st.st_size, e);
}

/* Standard input is copied to a file without a name, for scanners read where they like. */
static int scan_stdin(struct scan_run *run, struct ay_error *e)
{
	const char *dir = getenv("TMPDIR");
	AY_CLEANUP_FD int fd = open(dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	static uint8_t piece[1 << 20];
	uint64_t size = 0;
	ssize_t n;

	if (fd < 0)
		return ay_error_errno(e, "%s", dir ? dir : "/tmp");
	while ((n = read(STDIN_FILENO, piece, sizeof(piece))) > 0) {
		int r = ay_write_full(fd, piece, (size_t)n);

		if (r < 0)
			return ay_error_set(e, r, "standard input cannot be kept: %s", ay_strerror(r));
		size += (uint64_t)n;
	}
	return n < 0 ? ay_error_errno(e, "standard input") : submit(run, fd, "stdin", 0, size, e);
}

/*
 * The files of a folder, in order. A disk serves many requests sooner than one after another, so those of the next files
 * are with it while one is scanned.
 */
static int scan_files(struct scan_run *run, const struct cli_tree *tree, const char *path, struct ay_error *e)
{
	int ahead[AHEAD], r = 0;
	size_t opened = 0;

	for (size_t i = 0; i < tree->n && r == 0; i++) {
		char name[AY_LIMIT_PATH + 4096];

		for (; opened < tree->n && opened < i + AHEAD; opened++) {
			ahead[opened % AHEAD] = open_file(tree->v[opened].source);
			if (ahead[opened % AHEAD] >= 0)
				posix_fadvise(ahead[opened % AHEAD], 0, AHEAD_BYTES, POSIX_FADV_WILLNEED);
		}
		snprintf(name, sizeof(name), "%s/%s", path, tree->v[i].path);
		if ((i & 63) == 0)
			cli_progress("scanned %llu of %zu files", (unsigned long long)run->done, tree->n);
		r = scan_path(run, tree->v[i].source, ahead[i % AHEAD], name, strlen(path) + 1, e);
		ahead[i % AHEAD] = -1;
	}
	for (size_t i = 0; i < AHEAD && i < opened; i++)
		ay_close(&ahead[i]);
	return r;
}

static int scan_argument(struct scan_run *run, const char *path, struct ay_error *e)
{
	static const struct cli_list none;
	struct cli_tree tree;
	struct stat st;

	if (strcmp(path, "-") == 0)
		return scan_stdin(run, e);
	if (stat(path, &st) != 0)
		return ay_error_errno(e, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return scan_path(run, path, -1, path, 0, e);
	int r = cli_tree(path, &none, true, &tree, e);
	struct folder folder;

	if (r < 0)
		return r;
	while (run->count)
		drain_one(run);
	if (folder_open(&folder, tree.n) != 0)
		r = ay_error_set(e, -ENOMEM, "out of memory");
	run->folder = &folder;
	if (r == 0)
		r = scan_files(run, &tree, path, e);
	while (run->count)
		drain_one(run);
	run->folder = NULL;
	folder_close(run, &folder);
	cli_tree_free(&tree);
	return r;
}

static void print_document(struct scan_run *run)
{
	struct ay_buf b = ay_buf_new(SIZE_MAX / 4);
	struct ay_json_doc *doc = NULL;

	ay_buf_addf(&b, "{\"assay\":\"%s\",\"verdict\":\"%s\",\"ref\":null,\"files\":[", PACKAGE_VERSION, ay_verdict_name(run->worst));
	ay_buf_add(&b, run->files.data, run->files.len);
	ay_buf_adds(&b, "],\"gates\":[]}");
	struct ay_error e = { .off = AY_NO_OFFSET };

	if (ay_json_parse(b.data, b.len, 64000000, &doc, &e) == 0)
		cli_report(run->c, ay_json_root(doc));
	else
		cli_say("the report could not be written: %s", e.msg);
	ay_json_free(doc);
	ay_buf_free(&b);
}

static int set_profiles(struct scan_run *run, const struct cli_list *names)
{
	run->options.profiles = AY_PROFILE_WEIGHTS;
	for (size_t i = 0; i < names->n; i++) {
		if (strcmp(names->v[i], "auto") == 0) {
			run->automatic = true;
			run->options.profiles = AY_PROFILE_PANDAS * 2 - 1;
			continue;
		}
		uint32_t bit = ay_profile_bit(names->v[i]);

		if (!bit)
			return cli_usage(run->c, "unknown profile '%s': weights, sklearn, torch-module, hf-trainer, pandas or auto",
					 names->v[i]);
		run->options.profiles |= bit;
	}
	return 0;
}

int cmd_scan(struct cli *c, int argc, char **argv)
{
	struct cli_list profiles = { 0 }, opaque = { 0 };
	const char *schema = NULL, *jobs = NULL;
	bool rules = false;
	const struct cli_opt opts[] = {
		{ "profile", CLI_LIST, &profiles, "NAME|auto", "also allow what this profile allows; auto: say which is needed" },
		{ "schema", CLI_TEXT_OPT, &schema, "FILE", "Table Schema for data files" },
		{ "opaque", CLI_LIST, &opaque, ".SUFFIX", "accept unread files of this suffix" },
		{ "jobs", CLI_TEXT_OPT, &jobs, "N", "workers; else one per core" },
		{ "rules", CLI_FLAG, &rules, NULL, "list the rules of all gates; scans nothing" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct scan_run run = { .c = c, .uid = getuid(), .lock = PTHREAD_MUTEX_INITIALIZER, .ready = PTHREAD_COND_INITIALIZER };
	struct ay_buf schema_json = ay_buf_new(AY_LIMIT_SCHEMA);
	int status, n = cli_parse(c, argc, argv, opts, 0, argc, &status), r = 0;

	if (n < 0)
		return status;
	if (rules)
		return cli_rules(c);
	if (n == 0)
		return cli_usage(c, "expected: assay scan %s", c->verb->args);
	if (set_profiles(&run, &profiles) != 0)
		return 64;
	if (schema)
		r = ay_read_file(AT_FDCWD, schema, &schema_json, &e);
	if (schema && r == 0) {
		run.options.schema_json = ay_buf_str(&schema_json);
		run.options.schema_len = schema_json.len;
	}
	/* What is wrong with it is said of each file. */
	if (schema && r == 0 && ay_schema_load(schema_json.data, schema_json.len, &run.schema, NULL) == 0 && !ay_foreign_any(run.schema)) {
		ay_schema_free(run.schema);
		run.schema = NULL;
	}
	run.options.opaque = opaque.n ? opaque.v : NULL;
	run.files = ay_buf_new(SIZE_MAX / 4);
	struct ay_pool_options po = { .workers = jobs ? (unsigned)strtoul(jobs, NULL, 10) : 0 };

	if (r == 0)
		r = ay_monitor_start(NULL, &c->monitor, &e);
	if (r == 0)
		r = ay_pool_new(c->monitor, &po, &run.pool, &e);
	for (int i = 0; i < n && r == 0; i++)
		r = scan_argument(&run, argv[i], &e);
	while (run.count)
		drain_one(&run);
	ay_pool_free(run.pool);
	ay_schema_free(run.schema);
	ay_buf_free(&schema_json);
	if (r < 0) {
		ay_buf_free(&run.files);
		return cli_fail(c, &e, r) == 64 ? 64 : 2;
	}
	cli_progress_end();
	if (c->format != CLI_TEXT) {
		print_document(&run);
	} else {
		char size[16];

		printf("%llu files, %s: %llu pass, %llu warn, %llu fail, %llu not judged\n", (unsigned long long)run.done,
		       ay_size_format(size, run.bytes), (unsigned long long)run.by_verdict[AY_PASS],
		       (unsigned long long)run.by_verdict[AY_WARN], (unsigned long long)run.by_verdict[AY_FAIL],
		       (unsigned long long)(run.by_verdict[AY_INCONCLUSIVE] + run.by_verdict[AY_ERROR]));
	}
	ay_buf_free(&run.files);
	return run.worst <= AY_WARN ? 0 : run.by_verdict[AY_FAIL] ? 1 : 2;
}
