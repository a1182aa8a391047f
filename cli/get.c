/* SPDX-License-Identifier: Apache-2.0 */
/* A verified copy: what arrives has the digest that was admitted, or nothing arrives. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "assay/fd.h"
#include "assay/text.h"
#include "cli/cli.h"

struct get {
	struct cli *c;
	const char *mount;       /* "" when this process owns the store */
	const char *ref;
	int dest;                /* directory that is renamed at the end */
};

static int open_source(const struct get *g, const char *path, const struct ay_sha256 *d, struct ay_error *e)
{
	char full[2 * PATH_MAX];

	if (!g->mount[0])
		return ay_object_open(ay_gate_store(g->c->gate), d, e);
	snprintf(full, sizeof(full), "%s/%s/%s", g->mount, g->ref, path);
	int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? ay_error_errno(e, "%s", full) : fd;
}

static int copy_hashed(int in, int out, struct ay_sha256 *d_out, struct ay_error *e)
{
	static uint8_t piece[1 << 20];
	struct ay_hash *h = ay_hash_new();
	ssize_t n = -1;
	int r = h ? 0 : -ENOMEM;

	while (r == 0 && (n = read(in, piece, sizeof(piece))) > 0) {
		ay_hash_add(h, piece, (size_t)n);
		r = ay_write_full(out, piece, (size_t)n);
	}
	if (r == 0 && n < 0)
		r = -errno;
	if (r == 0)
		*d_out = ay_hash_final(h);
	ay_hash_free(h);
	return r < 0 ? ay_error_set(e, r, "copy: %s", ay_strerror(r)) : 0;
}

static int get_file(const struct get *g, const struct ay_json *f, struct ay_error *e)
{
	const char *path = ay_json_str(ay_json_get(f, "path"), NULL), *hex = ay_json_str(ay_json_get(f, "sha256"), NULL);
	bool executable = ay_json_bool(ay_json_get(f, "executable"), false);
	struct ay_sha256 want, got;
	char dir[AY_LIMIT_PATH + 1];

	if (!path || !hex || ay_path_check(path, strlen(path), e) < 0 || ay_sha256_parse(hex, strlen(hex), &want) < 0)
		return ay_error_set(e, AY_EINTERNAL, "the list of files is malformed");
	const char *slash = strrchr(path, '/');
	int r = 0;

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 0, path);
	if (slash && (r = ay_mkdirs(g->dest, dir, 0755)) < 0)
		return ay_error_set(e, r, "make %s: %s", dir, ay_strerror(r));
	AY_CLEANUP_FD int in = open_source(g, path, &want, e);

	if (in < 0)
		return in;
	AY_CLEANUP_FD int out = ay_open_beneath(g->dest, path, O_WRONLY | O_CREAT | O_EXCL, executable ? 0755 : 0644);

	if (out < 0)
		return ay_error_set(e, out, "create %s: %s", path, ay_strerror(out));
	r = copy_hashed(in, out, &got, e);
	if (r == 0 && !ay_sha256_eq(&got, &want)) {
		ay_error_set(e, AY_EDIGEST, "the bytes that arrived do not have the digest that was admitted");
		ay_error_where(e, "%s", path);
		ay_error_next(e, "assay fsck --scrub");
		r = AY_EDIGEST;
	}
	return r;
}

static int get_claims(const struct get *g, struct ay_error *e)
{
	struct ay_json_doc *doc = NULL;
	int r = cli_ask_ref(g->c, "claims", g->ref, false, &doc, e);
	const struct ay_json *claims = r == 0 ? ay_json_get(ay_json_root(doc), "claims") : NULL;

	for (size_t i = 0; i < ay_json_count(claims) && r == 0; i++) {
		const char *name = ay_json_str(ay_json_get(ay_json_at(claims, i), "name"), NULL);
		const char *b64 = ay_json_str(ay_json_get(ay_json_at(claims, i), "bytes"), NULL);
		struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);

		if (!name || !b64 || strchr(name, '/') || !ay_claim_name(name) || ay_base64_decode(&b, b64, strlen(b64), false) < 0)
			r = ay_error_set(e, AY_EINTERNAL, "the list of claims is malformed");
		else
			r = ay_write_file(g->dest, name, b.data, b.len, 0644, e);
		ay_buf_free(&b);
	}
	ay_json_free(doc);
	return r;
}

static int fetch(struct get *g, bool claims, struct ay_json_doc **doc, struct ay_error *e)
{
	int r = cli_ask_ref(g->c, "files", g->ref, false, doc, e);

	if (r < 0)
		return r;
	const struct ay_json *list = ay_json_get(ay_json_root(*doc), "list");

	g->ref = ay_json_str(ay_json_get(ay_json_root(*doc), "ref"), NULL);
	for (size_t i = 0; i < ay_json_count(list) && r == 0; i++) {
		cli_progress("%zu of %zu files", i + 1, ay_json_count(list));
		r = get_file(g, ay_json_at(list, i), e);
	}
	cli_progress_end();
	return r == 0 && claims ? get_claims(g, e) : r;
}

int cmd_get(struct cli *c, int argc, char **argv)
{
	bool claims = false;
	const struct cli_opt opts[] = {
		{ "claims", CLI_FLAG, &claims, NULL, "also write the claims (model.sig ...) at the top" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_json_doc *doc = NULL;
	char partial[PATH_MAX], mount[PATH_MAX];
	int status;

	if (cli_parse(c, argc, argv, opts, 2, 2, &status) < 0)
		return status;
	if (!cli_store(c))
		return 64;
	if (access(argv[1], F_OK) == 0)
		return cli_usage(c, "%s exists already and is not overwritten", argv[1]);
	snprintf(partial, sizeof(partial), "%s.partial", argv[1]);
	int r = cli_mount_point(c, mount, sizeof(mount));

	if (r == 0 && !mount[0])
		r = cli_own(c, false, &e);
	if (r == 0 && mkdir(partial, 0755) != 0)
		r = ay_error_errno(&e, "make %s", partial);
	if (r < 0)
		return cli_fail(c, &e, r);
	struct get g = { .c = c, .mount = mount, .ref = argv[0], .dest = open(partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };

	r = g.dest < 0 ? ay_error_errno(&e, "%s", partial) : fetch(&g, claims, &doc, &e);
	ay_close(&g.dest);
	if (r == 0 && rename(partial, argv[1]) != 0)
		r = ay_error_errno(&e, "rename to %s", argv[1]);
	if (r < 0)
		(void)!ay_rmtree(AT_FDCWD, partial);
	if (r == 0 && c->format == CLI_TEXT)
		printf("%s is in %s, every file verified\n", g.ref, argv[1]);
	else if (r == 0)
		cli_print_json(ay_json_root(doc));
	ay_json_free(doc);
	return r < 0 ? cli_fail(c, &e, r) : 0;
}
