/* SPDX-License-Identifier: Apache-2.0 */
/* A local directory as a list of payload files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "assay/fd.h"
#include "assay/policy.h"
#include "assay/text.h"
#include "cli/cli.h"

/* The policy's default, for trees that no store has told about. */
const char *const cli_default_ignore[] = { ".cache/**", ".git*", ".DS_Store", "__pycache__/**", ".ipynb_checkpoints/**", NULL };

struct walk {
	struct cli_tree *t;
	const struct cli_list *ignore;
	const struct ay_file_list *listed;   /* sorted; or NULL */
	bool claims;
	char cache[PATH_MAX];    /* Hugging Face cache that the tree is a snapshot of, or "" */
	struct ay_error *e;
};

/* Is this, or something below it, listed? */
static bool listed(const struct walk *w, const char *path)
{
	size_t low = 0, high = w->listed ? w->listed->n : 0, len = strlen(path);
	char inside[AY_LIMIT_PATH + 302];

	if (high && ay_file_list_find(w->listed, path))
		return true;
	snprintf(inside, sizeof(inside), "%s/", path);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(w->listed->v[middle].path, inside) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return w->listed && low < w->listed->n && strncmp(w->listed->v[low].path, inside, len + 1) == 0;
}

static bool is_default(const char *pattern)
{
	for (size_t i = 0; cli_default_ignore[i]; i++)
		if (cli_default_ignore[i] == pattern)
			return true;
	return false;
}

static bool ignored(const struct walk *w, const char *path)
{
	for (size_t i = 0; i < w->ignore->n; i++) {
		if (ay_ignore_match(w->ignore->v[i], path) && !(is_default(w->ignore->v[i]) && listed(w, path)))
			return true;
	}
	return false;
}

static int add(struct walk *w, const char *path, const char *source, uint64_t size)
{
	struct cli_tree *t = w->t;

	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		struct cli_file *v = realloc(t->v, cap * sizeof(*v));

		if (!v)
			return ay_error_set(w->e, -ENOMEM, "out of memory");
		t->v = v;
		t->cap = cap;
	}
	struct cli_file *f = &t->v[t->n];

	f->path = strdup(path);
	f->source = strdup(source);
	f->size = size;
	if (!f->path || !f->source) {
		free(f->path);
		free(f->source);
		return ay_error_set(w->e, -ENOMEM, "out of memory");
	}
	t->n++;
	t->bytes += size;
	return 0;
}

static bool below(const char *dir, const char *path)
{
	size_t n = strlen(dir);

	return n && strncmp(dir, path, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* Where a link leads, when that is allowed. */
static int follow(const struct walk *w, const char *source, const char *path, char out[PATH_MAX])
{
	if (!realpath(source, out)) {
		ay_error_errno(w->e, "the link leads nowhere");
		ay_error_where(w->e, "%s", path);
		return AY_EPOLICY;
	}
	if (below(w->t->top, out) || below(w->cache, out))
		return 0;
	ay_error_set(w->e, AY_EPOLICY, "the link leads to %s, outside the given directory", out);
	ay_error_where(w->e, "%s", path);
	ay_error_next(w->e, "copy what it means with cp -rL and put the copy");
	return AY_EPOLICY;
}

static int visit(struct walk *w, const char *path, const char *source, unsigned depth);

static int visit_dir(struct walk *w, const char *path, const char *source, unsigned depth)
{
	DIR *d = opendir(source);
	int r = 0;

	if (!d)
		return ay_error_errno(w->e, "open %s", source);
	for (struct dirent *de; r == 0 && (de = readdir(d));) {
		char child[AY_LIMIT_PATH + 300], from[PATH_MAX + 300];

		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		int n = snprintf(child, sizeof(child), "%s%s%s", path, path[0] ? "/" : "", de->d_name);
		int m = snprintf(from, sizeof(from), "%s/%s", source, de->d_name);

		if (n > AY_LIMIT_PATH || m >= PATH_MAX)
			r = ay_error_set(w->e, AY_ELIMIT, "the path %s is longer than %d bytes", child, AY_LIMIT_PATH);
		else if (ignored(w, child))
			w->t->ignored++;
		else if (path[0] || w->claims || !ay_claim_name(de->d_name))
			r = visit(w, child, from, depth + 1);
	}
	closedir(d);
	return r;
}

static int visit(struct walk *w, const char *path, const char *source, unsigned depth)
{
	char target[PATH_MAX];
	struct stat st;

	if (depth > AY_LIMIT_PATH_DEPTH)
		return ay_error_set(w->e, AY_ELIMIT, "directories are nested deeper than %d at %s", AY_LIMIT_PATH_DEPTH, path);
	if (lstat(source, &st) != 0)
		return ay_error_errno(w->e, "%s", source);
	if (S_ISLNK(st.st_mode)) {
		int r = follow(w, source, path, target);

		if (r < 0)
			return r;
		source = target;
		if (lstat(source, &st) != 0)
			return ay_error_errno(w->e, "%s", source);
	}
	if (S_ISDIR(st.st_mode))
		return visit_dir(w, path, source, depth);
	if (S_ISREG(st.st_mode)) {
		int r = ay_path_check(path, strlen(path), w->e);

		return r < 0 ? r : add(w, path, source, (uint64_t)st.st_size);
	}
	ay_error_set(w->e, AY_EPOLICY, "only regular files can be published, this is a device, socket or pipe");
	ay_error_where(w->e, "%s", path);
	return AY_EPOLICY;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct cli_file *)a)->path, ((const struct cli_file *)b)->path);
}

static int tree(const char *path, const struct cli_list *ignore, const struct ay_file_list *listed_files, bool claims, struct cli_tree *out,
		struct ay_error *e)
{
	struct walk w = { .t = out, .ignore = ignore, .listed = listed_files, .claims = claims, .e = e };
	struct stat st;

	memset(out, 0, sizeof(*out));
	out->top = realpath(path, NULL);
	if (!out->top || stat(out->top, &st) != 0)
		return ay_error_errno(e, "%s", path);
	char *snapshots = strstr(out->top, "/snapshots/");

	if (snapshots)
		snprintf(w.cache, sizeof(w.cache), "%.*s", (int)(snapshots - out->top), out->top);
	const char *slash = strrchr(out->top, '/');
	int r = S_ISDIR(st.st_mode) ? visit_dir(&w, "", out->top, 0) : visit(&w, slash + 1, out->top, 0);

	if (r == 0 && out->n == 0) {
		ay_error_set(e, AY_EPOLICY, "there is no file to publish in %s", path);
		r = AY_EPOLICY;
	}
	if (r == 0)
		qsort(out->v, out->n, sizeof(*out->v), by_path);
	else
		cli_tree_free(out);
	return r;
}

int cli_tree(const char *path, const struct cli_list *ignore, bool claims, struct cli_tree *out, struct ay_error *e)
{
	return tree(path, ignore, NULL, claims, out, e);
}

int cli_tree_listed(const char *path, const struct cli_list *ignore, const struct ay_file_list *listed_files, struct cli_tree *out, struct ay_error *e)
{
	return tree(path, ignore, listed_files, false, out, e);
}

int cli_tree_claims(const char *path, struct cli_tree *out, struct ay_error *e)
{
	static const struct cli_list none;
	struct stat st;
	size_t kept = 0;

	memset(out, 0, sizeof(*out));
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return 0;
	int r = cli_tree(path, &none, true, out, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < out->n; i++) {
		struct cli_file f = out->v[i];

		if (ay_claim_name(f.path)) {
			out->v[kept++] = f;
			continue;
		}
		free(f.path);
		free(f.source);
	}
	out->n = kept;
	return 0;
}

void cli_tree_free(struct cli_tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i].path);
		free(t->v[i].source);
	}
	free(t->v);
	free(t->top);
	memset(t, 0, sizeof(*t));
}

int cli_tree_hash(const struct cli_tree *t, struct ay_file_list *out, struct ay_error *e)
{
	uint64_t done = 0;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < t->n; i++) {
		AY_CLEANUP_FD int fd = open(t->v[i].source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		struct ay_sha256 d;
		uint64_t size;
		char text[16], all[16];

		if (fd < 0)
			return ay_error_errno(e, "open %s", t->v[i].source);
		int r = ay_sha256_fd(fd, &d, &size, e);

		if (r == 0)
			r = ay_file_list_add(out, t->v[i].path, size, &d);
		if (r < 0)
			return r;
		done += size;
		if ((i & 255) == 0 || size > 64 * MIB)
			cli_progress("hashing %zu of %zu files, %s of %s", i + 1, t->n, ay_size_format(text, done), ay_size_format(all, t->bytes));
	}
	cli_progress_end();
	ay_file_list_sort(out);
	return 0;
}
