/* SPDX-License-Identifier: Apache-2.0 */
/* sign, put and import. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "assay/claim.h"
#include "assay/fd.h"
#include "assay/text.h"
#include "cli/cli.h"

/* ---- sign ---- */

struct claim_dir { int fd; struct ay_error *e; };

static int write_claim(void *arg, const char *name, const void *bytes, size_t len)
{
	struct claim_dir *d = arg;

	return ay_write_file(d->fd, name, bytes, len, 0644, d->e);
}

static void default_ignore(struct cli_list *l, const struct cli_list *more)
{
	for (size_t i = 0; cli_default_ignore[i]; i++)
		l->v[l->n++] = cli_default_ignore[i];
	for (size_t i = 0; i < more->n && l->n < AY_ARRAY_LEN(l->v); i++)
		l->v[l->n++] = more->v[i];
}

/* In a mount: what is there may not be read back before it is admitted, but the daemon gives its writer the digests. */
static int staged_files(struct cli *c, const char *ref, struct ay_file_list *out, struct ay_error *e)
{
	struct ay_json_doc *doc = NULL;
	int r = cli_ask_ref(c, "staged", ref, false, &doc, e);
	const struct ay_json *list = r == 0 ? ay_json_get(ay_json_root(doc), "list") : NULL;

	for (size_t i = 0; i < ay_json_count(list) && r == 0; i++) {
		const char *path = ay_json_str(ay_json_get(ay_json_at(list, i), "path"), NULL);
		const char *hex = ay_json_str(ay_json_get(ay_json_at(list, i), "sha256"), NULL);
		struct ay_sha256 d;
		uint64_t size;

		if (!path || !hex || ay_sha256_parse(hex, strlen(hex), &d) < 0 || ay_json_u64(ay_json_get(ay_json_at(list, i), "size"), &size) < 0)
			r = ay_error_set(e, AY_EINTERNAL, "the list of files is malformed");
		else
			r = ay_file_list_add(out, path, size, &d);
	}
	if (r == 0 && out->n == 0)
		r = ay_error_set(e, AY_EPOLICY, "there is no file to sign in %s", ref);
	ay_json_free(doc);
	return r;
}

static int local_files(const char *dir, const struct cli_list *exclude, struct ay_file_list *out, struct ay_error *e)
{
	struct cli_list ignore = { 0 };
	struct cli_tree tree;

	default_ignore(&ignore, exclude);
	int r = cli_tree(dir, &ignore, false, &tree, e);

	if (r < 0)
		return r;
	r = cli_tree_hash(&tree, out, e);
	cli_tree_free(&tree);
	return r;
}

int cmd_sign(struct cli *c, int argc, char **argv)
{
	struct cli_sign s = { 0 };
	struct cli_list exclude = { 0 };
	const char *as = NULL, *member;
	struct cli_opt opts[20] = { { 0 } };
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_file_list files = { 0 };
	char mounted[AY_LIMIT_REF + 1];
	bool in_mount = false;
	struct ay_ref ref;
	int status;
	size_t k = cli_sign_options(&s, opts);

	opts[k++] = (struct cli_opt){ "as", CLI_TEXT_OPT, &as, "REF", "reference that the signature binds" };
	opts[k++] = (struct cli_opt){ "exclude", CLI_LIST, &exclude, "GLOB", "leave out" };
	if (cli_parse(c, argc, argv, opts, 1, 1, &status) < 0)
		return status;
	if (!s.key)
		s.key = cli_solo_key();
	if (!as || !s.key)
		return cli_usage(c, "expected: assay sign DIR --as REF --key K");
	int r = ay_ref_parse(as, &ref, &e);

	if (r < 0)
		return cli_fail(c, &e, r);
	cli_store_near(c, argv[0]);
	struct claim_dir d = { .fd = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC), .e = &e };

	if (d.fd < 0)
		r = ay_error_errno(&e, "%s (a single file is signed by assay put)", argv[0]);
	else if ((in_mount = c->store && cli_mounted_ref(c, argv[0], mounted, &member) && !member))
		r = staged_files(c, mounted, &files, &e);
	else
		r = local_files(argv[0], &exclude, &files, &e);
	if (r == 0)
		r = cli_make_claims(c, &s, ref.text, &files, write_claim, &d, &e);
	ay_close(&d.fd);
	if (r == 0 && c->format == CLI_JSON) {
		printf("{\"ref\": \"%s\", \"files\": %zu}\n", ref.text, files.n);
	} else if (r == 0) {
		printf("signed %zu files of %s as %s\n", files.n, argv[0], ref.text);
		if (in_mount)
			printf("next: assay wait %s\n", ref.text);
		else
			printf("next: assay put %s %s\n", argv[0], ref.text);
	}
	ay_file_list_free(&files);
	return r < 0 ? cli_fail(c, &e, r) : 0;
}

/* ---- put ---- */

struct put {
	struct cli *c;
	const struct cli_sign *sign;     /* key NULL: claims come with the tree */
	const char *ref;
	bool import;                     /* claims that came with the tree are kept beside ours */
	struct cli_tree tree;
	struct cli_tree first;           /* claims that are handed over before the tree, for the gate ignores nothing that they list */
	size_t next;
	struct ay_error *e;
};

static int next_file(void *arg, struct ay_put_file *out, struct ay_error *e)
{
	struct put *p = arg;

	if (p->next == p->first.n + p->tree.n)
		return 1;
	const struct cli_file *f = p->next < p->first.n ? &p->first.v[p->next] : &p->tree.v[p->next - p->first.n];

	p->next++;

	out->path = f->path;
	out->fd = open(f->source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return out->fd < 0 ? ay_error_errno(e, "open %s", f->source) : 0;
}

static void rewind_files(void *arg)
{
	((struct put *)arg)->next = 0;
}

struct adder { int (*add)(void *arg, const char *name, const void *bytes, size_t len); void *arg; };

static int pass_on(void *arg, const char *name, const void *bytes, size_t len)
{
	struct adder *a = arg;

	return a->add(a->arg, name, bytes, len);
}

/* What others signed keeps its bytes; upstream- keeps its name apart from ours. */
static void claim_name(const struct put *p, const char *path, char *out, size_t size)
{
	if (!p->import)
		snprintf(out, size, "%s", path);
	else if (strcmp(path, "model.sig") == 0)
		snprintf(out, size, "upstream-model.sigstore.json");
	else
		snprintf(out, size, "upstream-%s", path);
}

/* Claim files at the top of the tree, as they are. --from alone brings no tree. */
static int given_claims(const struct put *p, int (*add)(void *arg, const char *name, const void *bytes, size_t len), void *arg, struct ay_error *e)
{
	struct cli_tree claims = { 0 };
	int r = p->tree.top ? cli_tree_claims(p->tree.top, &claims, e) : 0;

	for (size_t i = 0; i < claims.n && r == 0; i++) {
		struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);
		char name[AY_LIMIT_PATH + 32];

		claim_name(p, claims.v[i].path, name, sizeof(name));
		r = ay_read_file(AT_FDCWD, claims.v[i].source, &b, e);
		if (r == 0)
			r = add(arg, name, b.data, b.len);
		ay_buf_free(&b);
	}
	cli_tree_free(&claims);
	return r;
}

/* Adds what a claim says the tree consists of; what it cannot tell, the gate reports. */
static int add_listed(const char *path, struct ay_file_list *out, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);
	struct ay_envelope env = { 0 };
	struct ay_statement st = { 0 };
	struct ay_oms oms = { 0 };
	int r = ay_read_file(AT_FDCWD, path, &b, e);

	if (r == 0 && ay_envelope_parse(b.data, b.len, &env, NULL) == 0 && ay_statement_parse(env.payload, env.payload_len, &st, NULL) == 0 &&
	    ay_oms_parse(&st, &oms, NULL) == 0)
		for (size_t i = 0; i < oms.files.n && r == 0; i++)
			r = ay_file_list_add(out, oms.files.v[i].path, oms.files.v[i].size, &oms.files.v[i].sha256);
	ay_oms_free(&oms);
	ay_statement_free(&st);
	ay_envelope_free(&env);
	ay_buf_free(&b);
	return r;
}

/* What others signed as part of this tree, sorted. */
static int listed_files(const struct cli_tree *claims, struct ay_file_list *out, struct ay_error *e)
{
	int r = 0;

	for (size_t i = 0; i < claims->n && r == 0; i++)
		r = add_listed(claims->v[i].source, out, e);
	ay_file_list_sort(out);
	return r;
}

/* The tree with all that its own claims list. A claim that is kept for the record only leaves out what any tree leaves out, but not in silence. */
static int signed_tree(struct put *p, const char *source, const struct cli_list *ignore, struct ay_error *e)
{
	struct ay_file_list listed = { 0 };
	int r = cli_tree_claims(source, &p->first, e);

	if (r == 0)
		r = listed_files(&p->first, &listed, e);
	if (r == 0)
		r = p->import ? cli_tree(source, ignore, false, &p->tree, e) : cli_tree_listed(source, ignore, &listed, &p->tree, e);
	for (size_t i = 0, n = 0; r == 0 && p->import && i < listed.n; i++) {
		while (n < p->tree.n && strcmp(p->tree.v[n].path, listed.v[i].path) < 0)
			n++;
		if (n == p->tree.n || strcmp(p->tree.v[n].path, listed.v[i].path) != 0)
			cli_say("%s is left out, though a signature that came with the files lists it", listed.v[i].path);
	}
	if (p->import)
		cli_tree_free(&p->first);
	ay_file_list_free(&listed);
	return r;
}

static int sign_files(void *arg, const struct ay_file_list *sorted, int (*add)(void *add_arg, const char *name, const void *bytes, size_t len),
		      void *add_arg, struct ay_error *e)
{
	struct put *p = arg;
	struct adder a = { add, add_arg };
	int r = p->import || (!p->sign->key && !p->first.n) ? given_claims(p, add, add_arg, e) : 0;

	return r == 0 && p->sign->key ? cli_make_claims(p->c, p->sign, p->ref, sorted, pass_on, &a, e) : r;
}

static void progress(void *arg, uint64_t files, uint64_t bytes)
{
	struct put *p = arg;
	char done[16], all[16];

	cli_progress("%llu of %zu files, %s of %s", (unsigned long long)files, p->tree.n, ay_size_format(done, bytes),
		     ay_size_format(all, p->tree.bytes));
}

/* Nobody owns the store: straight into it. */
static int put_here(struct put *p, const char *from, const struct cli_list *remove, int *status, struct ay_error *e)
{
	struct ay_buf report = ay_buf_new(AY_LIMIT_REPORT);
	struct ay_json_doc *doc = NULL;
	const struct ay_put q = { .ref = p->ref, .cred = { .uid = getuid(), .gid = getgid(), .pid = getpid() }, .next = next_file,
				  .rewind = rewind_files,
				  .sign = sign_files, .progress = progress, .arg = p, .from = from, .remove = remove->n ? remove->v : NULL };
	int r = ay_gate_put(p->c->gate, &q, &report, e);

	cli_progress_end();
	if (report.len && ay_json_parse(report.data, report.len, 4000000, &doc, NULL) == 0) {
		const char *verdict = ay_json_str(ay_json_get(ay_json_root(doc), "verdict"), NULL);

		if (p->c->format == CLI_TEXT)
			printf("%s %s\n", r == 0 ? "admitted" : r == AY_EPOLICY ? "rejected" : "held", p->ref);
		/* Only what went wrong is worth lines. */
		if (p->c->format != CLI_TEXT || !verdict || strcmp(verdict, "pass") != 0)
			cli_report(p->c, ay_json_root(doc));
		if (p->c->format == CLI_TEXT && p->import && r == 0)
			printf("every file fits the profiles that the policy's rule %s allows\n",
			       ay_json_str(ay_json_get(ay_json_root(doc), "rules"), NULL));
		if (p->c->format == CLI_TEXT)
			printf("next: assay %s %s\n", r == 0 ? "show" : r == AY_EPOLICY ? "why" : "retry", p->ref);
		*status = r == 0 ? 0 : r == AY_EPOLICY ? 1 : 2;
		r = 0;
	} else if (r == 0) {
		if (p->c->format == CLI_TEXT)
			printf("admitted %s\n", p->ref);
		*status = 0;
	}
	ay_json_free(doc);
	ay_buf_free(&report);
	return r;
}

static int copy_one(int dir, const struct cli_file *f, struct ay_error *e)
{
	static uint8_t piece[1 << 20];
	char parent[AY_LIMIT_PATH + 1];
	const char *slash = strrchr(f->path, '/');
	ssize_t n;
	int r = 0;

	snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - f->path) : 0, f->path);
	if (slash && (r = ay_mkdirs(dir, parent, 0755)) < 0)
		return ay_error_set(e, r, "make %s: %s", parent, ay_strerror(r));
	AY_CLEANUP_FD int in = open(f->source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (in < 0)
		return ay_error_errno(e, "open %s", f->source);
	int out = ay_open_beneath(dir, f->path, O_WRONLY | O_CREAT | O_EXCL, 0644);

	if (out < 0)
		return ay_error_set(e, out, "create %s: %s", f->path, ay_strerror(out));
	while (r == 0 && (n = read(in, piece, sizeof(piece))) > 0)
		r = ay_write_full(out, piece, (size_t)n);
	if (r < 0)
		ay_error_set(e, r, "write %s: %s", f->path, ay_strerror(r));
	/* A refused file says so here; the verdict that follows says why. */
	if (close(out) != 0 && errno != EACCES && r == 0)
		r = ay_error_errno(e, "close %s", f->path);
	return r;
}

/* A mount daemon owns the store: by way of its file system, like any other program. */
static int put_mounted(struct put *p, const char *mount, int *status, struct ay_error *e)
{
	struct ay_file_list files = { 0 };
	struct ay_json_doc *doc = NULL;
	char path[PATH_MAX + AY_LIMIT_REF + 2];
	int r = p->sign->key ? cli_tree_hash(&p->tree, &files, e) : 0;

	/* Here they come last: until they do, nothing is judged. */
	cli_tree_free(&p->first);
	snprintf(path, sizeof(path), "%s/%s", mount, p->ref);
	if (r == 0 && (r = ay_mkdirs(AT_FDCWD, path, 0755)) < 0) {
		ay_error_set(e, r == -EACCES || r == -EPERM ? AY_EACCESS : r, "make %s: %s", path, ay_strerror(r));
		ay_error_next(e, "assay show %s", p->ref);
	}
	struct claim_dir d = { .fd = r == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, .e = e };

	if (r == 0 && d.fd < 0)
		r = ay_error_errno(e, "open %s", path);
	for (size_t i = 0; r == 0 && i < p->tree.n; i++) {
		cli_progress("%zu of %zu files", i + 1, p->tree.n);
		r = copy_one(d.fd, &p->tree.v[i], e);
	}
	if (r == 0)
		r = sign_files(p, &files, write_claim, &d, e);
	ay_close(&d.fd);
	cli_progress_end();
	/* A refused file stops the copy; the verdict says more than the errno. */
	if (r == 0 || r == -EACCES)
		r = cli_ask_ref(p->c, "judge", p->ref, false, &doc, e);
	if (r == AY_ESTATE)
		r = cli_ask_ref(p->c, "wait", p->ref, false, &doc, e);
	if (r == 0)
		*status = cli_verdict(p->c, ay_json_root(doc));
	ay_json_free(doc);
	ay_file_list_free(&files);
	return r;
}

static int dry_run_json(const struct put *p, const char *ref)
{
	struct ay_buf b = ay_buf_new(256 * MIB);
	struct ay_jw w = ay_jw_new(&b, true);

	ay_jw_object(&w);
	ay_jw_kstr(&w, "ref", ref);
	ay_jw_key(&w, "files");
	ay_jw_array(&w);
	for (size_t i = 0; i < p->tree.n; i++) {
		ay_jw_object(&w);
		ay_jw_kstr(&w, "path", p->tree.v[i].path);
		ay_jw_ku64(&w, "size", p->tree.v[i].size);
		ay_jw_object_end(&w);
	}
	ay_jw_array_end(&w);
	ay_jw_ku64(&w, "bytes", p->tree.bytes);
	ay_jw_ku64(&w, "ignored", p->tree.ignored);
	ay_jw_object_end(&w);
	puts(ay_buf_str(&b));
	ay_buf_free(&b);
	return 0;
}

static int dry_run(const struct put *p, const char *ref)
{
	char size[16];

	if (p->c->format != CLI_TEXT)
		return dry_run_json(p, ref);
	for (size_t i = 0; i < p->tree.n; i++) {
		cli_put(p->tree.v[i].path);
		printf("  %s\n", ay_size_format(size, p->tree.v[i].size));
	}
	printf("would publish %zu files, %s, as %s; %zu ignored\n", p->tree.n, ay_size_format(size, p->tree.bytes), ref, p->tree.ignored);
	return 0;
}

static int publish(struct cli *c, struct cli_sign *s, bool import, const char *source, const char *ref_text,
		   const struct cli_list *exclude, const char *from, const struct cli_list *remove, bool dry)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct put p = { .c = c, .sign = s, .import = import, .e = &e };
	struct cli_list ignore = { 0 };
	char mount[PATH_MAX];
	struct ay_ref ref;
	int status = 2, r = ay_ref_parse(ref_text, &ref, &e);

	if (r < 0)
		return cli_fail(c, &e, r);
	if (!cli_store(c))
		return 64;
	p.ref = ref.text;
	default_ignore(&ignore, exclude);
	if (source)
		r = import || !s->key ? signed_tree(&p, source, &ignore, &e) : cli_tree(source, &ignore, false, &p.tree, &e);
	/* What others signed is not signed again by whoever gives no key. */
	if (!s->key && !p.first.n)
		s->key = cli_solo_key();
	if (r == 0 && dry) {
		status = dry_run(&p, ref.text);
	} else if (r == 0) {
		r = cli_mount_point(c, mount, sizeof(mount));
		if (r < 0)
			ay_error_set(&e, r, "the owner of the store does not answer");
		else if (mount[0] && !from)
			r = put_mounted(&p, mount, &status, &e);
		else if (mount[0])
			r = ay_error_set(&e, AY_EBUSY, "--from works when the store is not mounted; unmount %s first", mount);
		else if ((r = cli_own(c, true, &e)) == 0)
			r = put_here(&p, from, remove, &status, &e);
	}
	cli_tree_free(&p.first);
	cli_tree_free(&p.tree);
	return r < 0 ? cli_fail(c, &e, r) : status;
}

int cmd_put(struct cli *c, int argc, char **argv)
{
	struct cli_sign s = { 0 };
	struct cli_list exclude = { 0 }, remove = { 0 };
	const char *from = NULL, *add = NULL;
	bool dry = false;
	struct cli_opt opts[24] = { { 0 } };
	int status;
	size_t k = cli_sign_options(&s, opts);

	opts[k++] = (struct cli_opt){ "exclude", CLI_LIST, &exclude, "GLOB", "leave out" };
	opts[k++] = (struct cli_opt){ "dry-run", CLI_FLAG, &dry, NULL, "only list what would be published" };
	opts[k++] = (struct cli_opt){ "from", CLI_TEXT_OPT, &from, "REF", "start from this version; unchanged files are not copied" };
	opts[k++] = (struct cli_opt){ "add", CLI_TEXT_OPT, &add, "DIR|FILE", "with --from: add or replace these" };
	opts[k++] = (struct cli_opt){ "rm", CLI_LIST, &remove, "PATH", "with --from: leave this out" };
	int n = cli_parse(c, argc, argv, opts, 1, 2, &status);

	if (n < 0)
		return status;
	if (from ? n != 1 : n != 2)
		return cli_usage(c, from ? "expected: assay put --from REF@v1 [--add F] [--rm F] REF@v2" : "expected: assay put DIR|FILE REF");
	if (!from && (add || remove.n))
		return cli_usage(c, "--add and --rm go with --from");
	return publish(c, &s, false, from ? add : argv[0], argv[n - 1], &exclude, from, &remove, dry);
}

int cmd_import(struct cli *c, int argc, char **argv)
{
	struct cli_sign s = { 0 };
	struct cli_list exclude = { 0 }, none = { 0 };
	bool dry = false;
	struct cli_opt opts[20] = { { 0 } };
	int status;
	size_t k = cli_sign_options(&s, opts);

	opts[k++] = (struct cli_opt){ "exclude", CLI_LIST, &exclude, "GLOB", "leave out" };
	opts[k++] = (struct cli_opt){ "dry-run", CLI_FLAG, &dry, NULL, "only list what would be published" };
	if (cli_parse(c, argc, argv, opts, 2, 2, &status) < 0)
		return status;
	if (!s.key)
		s.key = cli_solo_key();
	if (!s.source || !s.key)
		return cli_usage(c, "expected: assay import DIR|FILE REF --source URI --key K");
	return publish(c, &s, true, argv[0], argv[1], &exclude, NULL, &none, dry);
}
