/* SPDX-License-Identifier: Apache-2.0 */
/* Weights rewritten as safetensors. A worker finds the tensors; this process copies bytes and parses nothing. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "assay/convert.h"
#include "assay/fd.h"
#include "assay/text.h"
#include "assay/worker.h"
#include "cli/cli.h"

struct convert {
	struct cli *c;
	struct ay_pool *pool;
	const char *source, *dest;
	bool force, strict;
	int in, out;
	uint64_t size;                 /* of the input */
	char partial[PATH_MAX];        /* "" when there is no such file */
	struct ay_scan_result result;
	struct ay_extract x;
};

/* A fresh file beside the destination; its name is left in name. */
static int make_file(const char *dest, char *name, size_t size, struct ay_error *e)
{
	if ((size_t)snprintf(name, size, "%s.XXXXXX", dest) >= size)
		return ay_error_set(e, AY_EUSAGE, "the name is too long");
	int fd = mkostemp(name, O_CLOEXEC);

	if (fd < 0) {
		ay_error_errno(e, "create %s", name);
		name[0] = '\0';
		return e->code;
	}
	return fd;
}

static int open_files(struct convert *k, struct ay_error *e)
{
	char unnamed[PATH_MAX];
	struct stat st;

	k->in = open(k->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (k->in < 0 || fstat(k->in, &st) != 0)
		return ay_error_errno(e, "%s", k->source);
	if (!S_ISREG(st.st_mode))
		return ay_error_set(e, AY_EUSAGE, "%s is not a regular file", k->source);
	if (!k->force && access(k->dest, F_OK) == 0) {
		ay_error_set(e, AY_EEXISTS, "%s exists already and is not overwritten", k->dest);
		ay_error_next(e, "give another name, or --force");
		return AY_EEXISTS;
	}
	k->size = (uint64_t)st.st_size;
	k->x.fd = make_file(k->dest, unnamed, sizeof(unnamed), e);
	if (k->x.fd < 0)
		return k->x.fd;
	unlink(unnamed);
	k->out = make_file(k->dest, k->partial, sizeof(k->partial), e);
	return k->out < 0 ? k->out : 0;
}

/* What safetensors readers call the framework; NULL: a format that is not read here. */
static const char *kind_of(const char *format)
{
	static const struct { const char *format, *kind; } kinds[] = {
		{ "torch-zip", "pt" }, { "torch-legacy", "pt" }, { "torch-export", "pt" }, { "pickle", "np" }, { "npy", "np" }, { "npz", "np" }, { "hdf5", "np" }, { "keras", "np" },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].format, format) == 0)
			return kinds[i].kind;
	return NULL;
}

static int refuse(struct convert *k, struct ay_error *e, const char *kind)
{
	const struct ay_extract *x = &k->x;

	if (!kind)
		ay_error_set(e, AY_EPOLICY, "%s is %s, which is not one of the formats that can be converted", k->source, k->result.format);
	else if (x->refused[0])
		ay_error_at(e, AY_EPOLICY, x->refused_off, "%s", x->refused);
	else if (x->count == 0)
		ay_error_set(e, AY_EPOLICY, "no tensor can be read from %s without executing it", k->source);
	else if (k->strict && x->left_total)
		ay_error_set(e, AY_EPOLICY, "%llu values are no tensors and would be left out, the first is %s: %s",
			     (unsigned long long)x->left_total, x->left_count ? x->left[0].name : "?", x->left_count ? x->left[0].why : "?");
	else
		return 0;
	ay_error_where(e, "%s", k->source);
	ay_error_next(e, "assay scan %s", k->source);
	return AY_EPOLICY;
}

/* The file that was written goes through the gate itself. */
static int check_output(struct convert *k, struct ay_error *e)
{
	struct ay_scan_result r;
	struct stat st;

	if (fstat(k->out, &st) != 0)
		return ay_error_errno(e, "%s", k->dest);
	struct ay_job job = { .fd = k->out, .size = (uint64_t)st.st_size, .uid = getuid(), .options = { .path = "model.safetensors" } };
	int rc = ay_pool_scan(k->pool, &job, &r, e);

	if (rc < 0)
		return rc;
	if (r.verdict > AY_WARN || strcmp(r.format, "safetensors") != 0)
		rc = ay_error_set(e, AY_EPOLICY, "what was written is not a clean safetensors file: %s",
				  r.found_count ? r.found[0].message : r.format);
	ay_scan_result_free(&r);
	return rc;
}

static int publish(struct convert *k, struct ay_error *e)
{
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(k->out, 0666 & ~mask) != 0 || ay_fsync(k->out) < 0)
		return ay_error_errno(e, "%s", k->partial);
	if (renameat2(AT_FDCWD, k->partial, AT_FDCWD, k->dest, k->force ? 0 : RENAME_NOREPLACE) != 0)
		return ay_error_errno(e, "rename to %s", k->dest);
	k->partial[0] = '\0';
	const char *slash = strrchr(k->dest, '/');
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - k->dest + 1) : 1, slash ? k->dest : ".");
	int r = ay_fsync_dir(AT_FDCWD, dir);

	return r < 0 ? ay_error_set(e, r, "%s: %s", dir, ay_strerror(r)) : 0;
}

static int convert(struct convert *k, struct ay_error *e)
{
	struct ay_pool_options one = { .workers = 1 };
	int r = open_files(k, e);

	if (r == 0)
		r = ay_monitor_start(NULL, &k->c->monitor, e);
	if (r == 0)
		r = ay_pool_new(k->c->monitor, &one, &k->pool, e);
	if (r < 0)
		return r;
	struct ay_job job = { .fd = k->in, .size = k->size, .uid = getuid(), .options = { .path = k->source } };

	r = ay_pool_extract(k->pool, &job, &k->result, &k->x, e);
	if (r < 0)
		return r;
	const char *kind = kind_of(k->result.format);

	r = refuse(k, e, kind);
	if (r == 0)
		r = ay_safetensors_write(k->out, &k->x, k->in, kind, e);
	if (r == 0)
		r = check_output(k, e);
	return r < 0 ? r : publish(k, e);
}

static void print_text(const struct convert *k)
{
	const struct ay_extract *x = &k->x;
	char size[16];
	uint64_t bytes = 0;

	for (size_t i = 0; i < x->count; i++)
		bytes += x->tensors[i].len;
	cli_put(k->dest);
	printf(": %zu tensors, %s, from %s\n", x->count, ay_size_format(size, bytes), k->result.format);
	for (size_t i = 0; i < x->left_count; i++) {
		fputs("      left out: ", stdout);
		cli_put(x->left[i].name);
		printf(": %s\n", x->left[i].why);
	}
	if (x->left_total > x->left_count)
		printf("      and %llu more\n", (unsigned long long)(x->left_total - x->left_count));
}

static void print_json(const struct convert *k)
{
	const struct ay_extract *x = &k->x;
	struct ay_buf b = ay_buf_new(256 * MIB);
	struct ay_jw w = ay_jw_new(&b, true);

	ay_jw_object(&w);
	ay_jw_kstr(&w, "assay", PACKAGE_VERSION);
	ay_jw_kstr(&w, "input", k->source);
	ay_jw_kstr(&w, "output", k->dest);
	ay_jw_kstr(&w, "format", k->result.format);
	ay_jw_kstr(&w, "verdict", ay_verdict_name(k->result.verdict));
	ay_jw_key(&w, "tensors");
	ay_jw_array(&w);
	for (size_t i = 0; i < x->count; i++) {
		ay_jw_object(&w);
		ay_jw_kstr(&w, "name", x->tensors[i].name);
		ay_jw_kstr(&w, "dtype", ay_dtype_name(x->tensors[i].dtype));
		ay_jw_key(&w, "shape");
		ay_jw_array(&w);
		for (unsigned d = 0; d < x->tensors[i].dims; d++)
			ay_jw_u64(&w, x->tensors[i].shape[d]);
		ay_jw_array_end(&w);
		ay_jw_ku64(&w, "bytes", x->tensors[i].len);
		ay_jw_object_end(&w);
	}
	ay_jw_array_end(&w);
	ay_jw_ku64(&w, "left_out_total", x->left_total);
	ay_jw_key(&w, "left_out");
	ay_jw_array(&w);
	for (size_t i = 0; i < x->left_count; i++) {
		ay_jw_object(&w);
		ay_jw_kstr(&w, "name", x->left[i].name);
		ay_jw_kstr(&w, "why", x->left[i].why);
		ay_jw_object_end(&w);
	}
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
	puts(ay_buf_str(&b));
	ay_buf_free(&b);
}

int cmd_convert(struct cli *c, int argc, char **argv)
{
	struct convert k = { .c = c, .in = -1, .out = -1, .x = { .fd = -1 } };
	const struct cli_opt opts[] = {
		{ "strict", CLI_FLAG, &k.strict, NULL, "refuse when anything but tensors would be left out" },
		{ "force", CLI_FLAG, &k.force, NULL, "overwrite an existing file" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	int status;

	if (cli_parse(c, argc, argv, opts, 2, 2, &status) < 0)
		return status;
	size_t len = strlen(argv[1]);

	if (len < 12 || strcmp(argv[1] + len - 12, ".safetensors") != 0)
		return cli_usage(c, "the output is a safetensors file: its name ends in .safetensors");
	k.source = argv[0];
	k.dest = argv[1];
	int second, r = convert(&k, &e);

	second = k.x.fd;
	if (k.partial[0])
		unlink(k.partial);
	if (r == 0 && c->format == CLI_TEXT)
		print_text(&k);
	else if (r == 0)
		print_json(&k);
	ay_pool_free(k.pool);
	ay_scan_result_free(&k.result);
	ay_extract_free(&k.x);
	ay_close(&second);
	ay_close(&k.in);
	ay_close(&k.out);
	return r < 0 ? cli_fail(c, &e, r) : 0;
}
