/* SPDX-License-Identifier: Apache-2.0 */
/* When is everything there, and what then: from a staged tree to a candidate, a verdict, and its consequences. */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "assay/fd.h"
#include "assay/text.h"
#include "gate/intake.h"

/* ---- claims ---- */

static int read_claims(int dirfd, struct ay_claim_list *out, struct ay_error *e)
{
	int copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *de;
	int rc = 0;

	if (!d) {
		rc = ay_error_errno(e, "the staged claims");
		ay_close(&copy);
		return rc;
	}
	while (rc == 0 && (de = readdir(d))) {
		struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);
		struct stat st;

		if (!ay_claim_name(de->d_name) || fstatat(dirfd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
			continue;
		rc = ay_read_file(dirfd, de->d_name, &b, e);
		if (rc == 0 && b.len)
			rc = ay_claims_add(out, de->d_name, b.data, b.len, UINT64_MAX, e);
		ay_buf_free(&b);
	}
	closedir(d);
	return rc;
}

int ay_intake_claims(struct ay_intake *in, struct ay_claim_list *out, struct ay_error *e)
{
	int AY_CLEANUP_FD dir = ay_staging_claims_fd(in->g->store, in->art.id);
	int rc = read_claims(in->tree_fd, out, e);

	if (rc == 0 && dir < 0 && dir != -ENOENT)
		rc = ay_error_set(e, dir, "the staged claims cannot be read: %s", ay_strerror(dir));
	if (rc == 0 && dir >= 0)
		rc = read_claims(dir, out, e);
	return rc;
}

/* ---- candidate ---- */

struct building { struct ay_intake *in; struct ay_candidate *c; struct ay_scans *scans; struct ay_sha256 *keys; };

static bool same_key(const struct building *b, const struct ay_intake_file *t, const char *path)
{
	struct ay_sha256 key = ay_scan_key(b->in->g, &b->c->plan, &t->sha256, path);

	return memcmp(key.b, t->key.b, sizeof(key.b)) == 0;
}

/* Hash and note that the table already has; 1 when it has no hash. */
static int from_table(struct building *b, struct ay_file *f, size_t at)
{
	struct ay_intake_file *t;
	int rc = 1;

	pthread_mutex_lock(&b->in->lock);
	t = ay_table_find(&b->in->files, f->path);
	if (t && t->ino)
		f->ino = t->ino;
	if (t && t->hashed && t->size == f->size) {
		f->sha256 = t->sha256;
		rc = 0;
		/* Its folder may have another name by now, and the schema may say something else there. */
		if (!b->c->plan.by_path || same_key(b, t, f->path)) {
			b->c->notes[at] = ay_note_ref(t->note);
			b->keys[at] = t->key;
			if (t->note && !t->cached)
				ay_candidate_fresh(b->c, &t->key, t->note);
		}
	}
	pthread_mutex_unlock(&b->in->lock);
	return rc;
}

/* So that a second judging does not hash again. */
static void to_table(struct building *b, const struct ay_file *f)
{
	struct ay_intake_file *t;

	pthread_mutex_lock(&b->in->lock);
	t = ay_table_make(&b->in->files, f->path);
	if (t && !t->hashed) {
		t->hashed = true;
		t->sha256 = f->sha256;
		t->size = f->size;
	}
	pthread_mutex_unlock(&b->in->lock);
}

static void scanned(void *arg, size_t i, struct ay_scan_note *note)
{
	struct building *b = arg;

	ay_note_unref(b->c->notes[i]);
	b->c->notes[i] = note;
	ay_candidate_fresh(b->c, &b->keys[i], note);
}

static int one_file(struct building *b, size_t at, struct ay_error *e)
{
	struct ay_file *f = &b->c->files.v[at];
	int known = from_table(b, f, at);
	int AY_CLEANUP_FD fd = -1;
	struct ay_txn *t;
	int rc = 0;

	if (known == 0 && (b->c->notes[at] || !b->c->plan.wanted))
		return 0;
	fd = ay_open_beneath(b->in->tree_fd, f->path, O_RDONLY, 0);
	if (fd < 0)
		return ay_error_set(e, fd, "%s: %s", f->path, ay_strerror(fd));
	if (known) {
		rc = ay_sha256_fd(fd, &f->sha256, &f->size, e);
		if (rc)
			return rc;
		to_table(b, f);
	}
	if (!b->c->plan.wanted)
		return 0;
	b->keys[at] = ay_scan_key(b->in->g, &b->c->plan, &f->sha256, f->path);
	rc = ay_read_begin(b->in->g->store, &t);
	if (rc == 0) {
		rc = ay_scan_cached(t, &b->keys[at], &b->c->notes[at]);
		ay_read_end(t);
	}
	if (rc)
		return ay_error_set(e, rc, "the catalogue cannot be read: %s", ay_strerror(rc));
	return b->c->notes[at] ? 0 : ay_scans_add(b->scans, at, fd, f->size, f->path, e);
}

/* What of the staged files is payload: not claims and not what the policy ignores, unless the manifest lists it. */
static int pick(struct ay_candidate *c, struct ay_file_list *all, const struct ay_oms *manifest)
{
	size_t kept = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct ay_file f = all->v[i];
		bool listed = manifest && ay_file_list_find(&manifest->files, f.path);

		if (!listed && (ay_claim_name(f.path) || ay_policy_ignored(c->policy, f.path))) {
			if (!ay_claim_name(f.path))
				ay_candidate_ignored(c, f.path);
			free(f.path);
			continue;
		}
		all->v[kept++] = f;
	}
	all->n = kept;
	c->files = *all;
	ay_file_list_sort(&c->files);
	c->notes = calloc(kept + 1, sizeof(struct ay_scan_note *));
	return c->notes ? 0 : -ENOMEM;
}

static int build(struct ay_intake *in, struct ay_candidate **out, struct ay_error *e)
{
	struct building b = { .in = in };
	struct ay_file_list all = { 0 };
	const struct ay_oms *manifest;
	bool conflict;
	int rc = ay_candidate_new(in->g, &in->art.ref, &b.c, e);

	if (rc)
		return rc;
	pthread_mutex_lock(&in->lock);
	b.c->art = in->art;
	pthread_mutex_unlock(&in->lock);
	rc = ay_intake_claims(in, &b.c->claims, e);
	if (rc == 0)
		rc = ay_candidate_attached(b.c, e);
	if (rc == 0)
		rc = ay_staging_list(in->g->store, in->art.id, &all, e);
	if (rc == 0) {
		ay_claims_verify(&b.c->claims, b.c->trust, b.c->rules, &in->art.ref);
		manifest = ay_claims_manifest(&b.c->claims, &conflict);
		rc = pick(b.c, &all, manifest);
		all = (struct ay_file_list){ 0 };
	}
	if (rc == 0) {
		b.keys = calloc(b.c->files.n + 1, sizeof(*b.keys));
		rc = b.keys ? ay_scans_new(in->g, &b.c->plan, in->art.uid, scanned, &b, &b.scans) : -ENOMEM;
	}
	for (size_t i = 0; rc == 0 && i < b.c->files.n; i++)
		rc = one_file(&b, i, e);
	ay_scans_free(b.scans);
	free(b.keys);
	ay_file_list_free(&all);
	if (rc) {
		ay_candidate_free(b.c);
		return rc;
	}
	*out = b.c;
	return 0;
}

/* ---- verdict ---- */

static int place(void *arg, size_t i, struct ay_error *e)
{
	struct building *b = arg;
	const struct ay_file *f = &b->c->files.v[i];
	int AY_CLEANUP_FD fd = ay_open_beneath(b->in->tree_fd, f->path, O_RDONLY, 0);

	if (fd < 0)
		return ay_error_set(e, fd, "%s: %s", f->path, ay_strerror(fd));
	return ay_object_link(b->in->g->store, fd, &f->sha256, e);
}

/* Links every file under its content name, makes all of it durable, then commits. */
static int admit(struct ay_intake *in, struct ay_candidate *c, struct ay_error *e)
{
	struct building b = { .in = in, .c = c };
	struct ay_placer placer = { place, &b };
	int rc = 0;

	if (c->judged.verdict > AY_WARN)
		return ay_admit(c, NULL, false, e);
	for (size_t i = 0; rc == 0 && i < c->files.n; i++)
		rc = place(&b, i, e);
	AY_FAILPOINT("admit-placed");
	if (rc == 0)
		rc = ay_objects_sync(in->g->store, e);
	AY_FAILPOINT("admit-synced");
	if (rc == 0)
		rc = ay_admit(c, &placer, false, e);
	if (rc == 0 && c->art.state == AY_ADMITTED) {
		struct ay_error ignored;

		ay_objects_seal(in->g->store, c->art.id, &c->files);
		AY_FAILPOINT("admit-sealed");
		/* What is left of it is found again when the store is opened. */
		if (ay_staging_remove(in->g->store, c->art.id, &ignored))
			return 0;
	}
	return rc;
}

/* What a verdict changes. The name stays untouched: who looks for it holds the gate's lock and not this one. */
static void take_verdict(struct ay_intake *in, const struct ay_artifact *a)
{
	in->art.top = a->top;
	in->art.files = a->files;
	in->art.bytes = a->bytes;
	in->art.root = a->root;
	in->art.root_alias = a->root_alias;
	in->art.log_index = a->log_index;
	ay_intake_state(in, a->state, a->reason);
}

/* Lock held and in->judging set by the caller; drops and takes the lock again. */
static int judge(struct ay_intake *in, struct ay_error *e)
{
	struct ay_candidate *c = NULL;
	bool in_catalogue = in->art.top != 0;
	struct ay_waiter *all;
	int rc;

	pthread_mutex_unlock(&in->lock);
	rc = in_catalogue ? ay_candidate_from_tree(in->g, &in->art, true, &c, e) : build(in, &c, e);
	if (rc == 0 && in_catalogue)
		rc = ay_intake_claims(in, &c->claims, e);
	if (rc == 0)
		rc = ay_judge(c, e);
	if (rc == 0)
		rc = in_catalogue ? ay_admit(c, NULL, true, e) : admit(in, c, e);
	if (rc == 0 && in_catalogue && c->art.state == AY_ADMITTED)
		ay_objects_seal(in->g->store, 0, &c->files);

	pthread_mutex_lock(&in->lock);
	in->judging = false;
	if (rc == 0) {
		take_verdict(in, &c->art);
		/* A tree that put left held is not kept when it is rejected. */
		if (in_catalogue && c->art.state == AY_REJECTED) {
			ay_gate_count(in->g, in->art.uid, 0, -in->bytes);
			in->bytes = 0;
		}
	} else {
		snprintf(in->art.reason, sizeof(in->art.reason), "could not be judged: %.200s", e->msg);
	}
	all = ay_waiters_take(in, NULL, 0);
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
	if (rc == 0) {
		if (c->art.state == AY_ADMITTED)
			ay_intake_unlist(in);
		ay_gate_fire(in->g, in->art.ref.text, c->art.state);
		if (c->art.state == AY_REJECTED)
			rc = ay_error_set(e, AY_EPOLICY, "%s", c->art.reason);
		else if (c->art.state == AY_HELD)
			rc = ay_error_set(e, AY_ESTATE, "%s", c->art.reason);
		if (rc) {
			ay_error_where(e, "%s", in->art.ref.text);
			ay_error_next(e, rc == AY_EPOLICY ? "assay why %s" : "assay retry %s", in->art.ref.text);
		}
	}
	/* Held is no refusal: the gates could not tell, and wait and show say so. */
	ay_waiters_answer(all, rc == AY_EPOLICY ? AY_EPOLICY : 0);
	ay_candidate_free(c);
	pthread_mutex_lock(&in->lock);
	return rc;
}

/* ---- settling ---- */

static void waiting_for_signature(const struct ay_claim_list *l, const struct ay_rules *r, unsigned have, uint32_t need, char *out, size_t size)
{
	const char *role = ay_role_name(r->signature.role ? r->signature.role : AY_ROLE_PUBLISHER);

	for (size_t i = 0; !have && i < l->n; i++)
		if (!l->v[i].counts && l->v[i].kind != AY_CLAIM_PROVENANCE) {
			snprintf(out, size, "waiting: signature by a trusted %s (found %.60s: %.110s)", role, l->v[i].name, l->v[i].why.msg);
			return;
		}
	snprintf(out, size, "waiting: signature by a trusted %s (%u of %u)", role, have, need);
}

/* What was found and why it does not count, and what to do. */
static void waiting_for_provenance(struct ay_intake *in, const struct ay_claim_list *l, const struct ay_rules *r, char *out, size_t size)
{
	const char *who = r->provenance.kind == AY_PROV_SOURCE ? "builder or publisher" : "builder";

	for (size_t i = 0; i < l->n; i++) {
		const struct ay_claim *k = &l->v[i];

		if (k->kind != AY_CLAIM_PROVENANCE)
			continue;
		if (k->counts)
			snprintf(out, size, "waiting: provenance of these files by a trusted %s (found %.60s: it is about other files); "
				 "assay sign again, after the last change of a file", who, k->name);
		else
			snprintf(out, size, "waiting: provenance by a trusted %s (found %.40s: %.80s); assay trust add KEY.pub --role builder --for NAME",
				 who, k->name, k->why.msg);
		return;
	}
	snprintf(out, size, "waiting: provenance of these files by a trusted %s (found none); assay sign DIR --as %.60s --key KEY --%s", who,
		 in->art.ref.text, r->provenance.kind == AY_PROV_SOURCE ? "source URI" : "code auto");
}

/* True when nothing is missing. out: what is, for the status. */
static bool complete(struct ay_intake *in, const struct ay_candidate *ctx, const struct ay_claim_list *l, const struct ay_file_list *have,
		     char *out, size_t size)
{
	const struct ay_rules *r = ctx->rules;
	enum ay_role role = r->signature.role ? r->signature.role : AY_ROLE_PUBLISHER;
	uint32_t need = ay_trust_threshold(ctx->trust, role, in->art.ref.name);
	unsigned signers = ay_claims_signers(l);
	bool conflict;
	const struct ay_oms *m = ay_claims_manifest(l, &conflict);

	if (ay_trust_expired(ctx->trust, ay_time_now())) {
		snprintf(out, size, "waiting: the trust root has expired; the owner renews it with assay trust sign");
		return false;
	}
	if (conflict)
		return true;
	if (!(r->gates >> AY_GATE_SIGNATURE & 1)) {
		snprintf(out, size, "waiting: the policy asks for no signature, so nothing says what is complete; assay judge %.150s", in->art.ref.text);
		return false;
	}
	if (r->signature.threshold > need)
		need = r->signature.threshold;
	if (!m || signers < need) {
		waiting_for_signature(l, r, signers, need, out, size);
		return false;
	}
	for (size_t i = 0, k = 0; i < m->files.n; i++) {
		char path[120];

		while (k < have->n && strcmp(have->v[k].path, m->files.v[i].path) < 0)
			k++;
		if (k < have->n && strcmp(have->v[k].path, m->files.v[i].path) == 0)
			continue;
		snprintf(out, size, "waiting: %s and perhaps more of %zu listed files", ay_escape_str(path, sizeof(path), m->files.v[i].path),
			 m->files.n);
		return false;
	}
	if ((r->gates >> AY_GATE_PROVENANCE & 1)) {
		struct ay_sha256 root, alias;

		if (ay_oms_roots(&m->files, &root, &alias))
			return false;
		if (!ay_claims_provenance(l, &root, &alias)) {
			waiting_for_provenance(in, l, r, out, size);
			return false;
		}
	}
	return true;
}

static int refresh_claims(struct ay_intake *in, const struct ay_candidate *ctx, struct ay_error *e)
{
	struct ay_claim_list fresh = { 0 }, old;
	bool conflict;
	int rc = ay_intake_claims(in, &fresh, e);

	if (rc) {
		ay_claims_free(&fresh);
		return rc;
	}
	ay_claims_verify(&fresh, ctx->trust, ctx->rules, &in->art.ref);
	pthread_mutex_lock(&in->lock);
	old = in->claims;
	in->claims = fresh;
	in->manifest = ay_claims_manifest(&in->claims, &conflict);
	pthread_mutex_unlock(&in->lock);
	ay_claims_free(&old);
	return 0;
}

/* Fewer files than listed: not worth listing the tree. */
static bool too_few(struct ay_intake *in)
{
	bool yes;

	pthread_mutex_lock(&in->lock);
	yes = in->manifest && in->files.n < in->manifest->files.n;
	pthread_mutex_unlock(&in->lock);
	return yes;
}

static void look(struct ay_gate *g, void *arg)
{
	struct ay_intake *in = arg;
	struct ay_file_list have = { 0 };
	struct ay_context *ctx = NULL;
	struct ay_waiter *rest = NULL;
	char waiting[256] = "waiting: listed files";
	struct ay_error e = { 0 };
	bool dirty, ready = false;
	int rc = ay_intake_context(in, &ctx, &e);

	(void)g;
	pthread_mutex_lock(&in->lock);
	dirty = in->claims_dirty;
	in->claims_dirty = in->again = false;
	pthread_mutex_unlock(&in->lock);
	if (rc == 0 && dirty)
		rc = refresh_claims(in, ctx->c, &e);
	if (rc == 0 && !too_few(in)) {
		/* Without a manifest there is nothing to compare the tree with. */
		if (in->manifest)
			rc = ay_staging_list(in->g->store, in->art.id, &have, &e);
		if (rc == 0) {
			ay_file_list_sort(&have);
			/* claims are replaced only here, and only one look runs at a time */
			ready = complete(in, ctx->c, &in->claims, &have, waiting, sizeof(waiting));
		}
	}
	if (rc)
		snprintf(waiting, sizeof(waiting), "waiting: %.240s", e.msg);
	ay_file_list_free(&have);
	if (ctx)
		ay_context_unref(ctx);

	pthread_mutex_lock(&in->lock);
	in->settling = false;
	if (ready && in->art.state == AY_OPEN && !in->handles && !in->busy && !in->changing && !in->judging && !in->claims_dirty && !in->gone) {
		in->judging = true;
		if (judge(in, &e) && in->art.state == AY_OPEN)
			rest = ay_waiters_take(in, NULL, 0);
	} else {
		if (in->art.state == AY_OPEN)
			snprintf(in->art.reason, sizeof(in->art.reason), "%.*s%s", (int)(sizeof(in->art.reason) - strlen(in->refused) - 1), waiting,
				 in->refused);
		/* What came while the tree was listed may be what was missing. */
		if (!(in->claims_dirty || in->changing || in->again) || !ay_intake_settle(in))
			rest = ay_waiters_take(in, NULL, 0);
	}
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
	ay_waiters_answer(rest, 0);
	ay_intake_unref(in);
}

bool ay_intake_settle(struct ay_intake *in)
{
	if (in->art.state != AY_OPEN || in->handles || in->busy || in->failed || in->judging || in->gone)
		return false;
	in->again = in->again || in->settling;
	/* A change under way asks again when it is done. */
	if (!in->settling && !in->changing) {
		in->settling = true;
		ay_intake_ref(in);
		ay_tasks_add(in->g->tasks, look, in);
	}
	return true;
}

/* ---- by command ---- */

static int wait_idle(struct ay_intake *in, struct ay_error *e)
{
	while (in->judging || in->settling || in->busy || in->changing)
		pthread_cond_wait(&in->changed, &in->lock);
	if (in->gone)
		return ay_error_set(e, AY_ENOTFOUND, "%s was discarded", in->art.ref.text);
	if (!in->handles)
		return 0;
	ay_error_set(e, AY_ESTATE, "%u files of %s are still being written", in->handles, in->art.ref.text);
	ay_error_next(e, "close them first");
	return AY_ESTATE;
}

int ay_intake_judge(struct ay_intake *in, struct ay_error *e)
{
	struct ay_error own;
	int rc;

	if (!e)
		e = &own;
	pthread_mutex_lock(&in->lock);
	rc = wait_idle(in, e);
	if (rc == 0 && in->art.state == AY_ADMITTED) {
		pthread_mutex_unlock(&in->lock);
		return 0;
	}
	if (rc == 0 && in->art.state == AY_REJECTED && in->failed) {
		rc = ay_error_set(e, AY_EPOLICY, "%s", in->art.reason);
		ay_error_next(e, "remove the file that offends");
	} else if (rc == 0 && in->art.state == AY_REJECTED && !in->files.n) {
		/* What put brings leaves no files behind when it is rejected: the verdict stands. */
		rc = ay_error_set(e, AY_EPOLICY, "%s", in->art.reason);
		ay_error_next(e, "assay why %s", in->art.ref.text);
	} else if (rc == 0 && in->art.state == AY_HELD) {
		rc = ay_error_set(e, AY_ESTATE, "%s is held: %.200s", in->art.ref.text, in->art.reason);
		ay_error_next(e, "assay retry %s", in->art.ref.text);
	}
	if (rc == 0) {
		in->judging = true;
		rc = judge(in, e);
	}
	pthread_mutex_unlock(&in->lock);
	return rc;
}

int ay_intake_retry(struct ay_intake *in, struct ay_error *e)
{
	struct ay_error own;
	int rc;

	if (!e)
		e = &own;
	pthread_mutex_lock(&in->lock);
	rc = wait_idle(in, e);
	if (rc == 0 && in->art.state != AY_HELD)
		rc = ay_error_set(e, AY_ESTATE, "%s is %s, not held", in->art.ref.text, ay_state_name(in->art.state));
	if (rc == 0) {
		/* Notes of what could not be judged are dropped; they were never cached. */
		for (size_t i = 0; i < in->files.nbuckets; i++)
			for (struct ay_intake_file *f = in->files.v[i]; f; f = f->next)
				if (f->note && f->note->code) {
					ay_note_unref(f->note);
					f->note = NULL;
				}
		in->judging = true;
		rc = judge(in, e);
	}
	pthread_mutex_unlock(&in->lock);
	return rc;
}
