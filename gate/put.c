/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Put: a tree straight into the store. Each file is read once and placed under
 * its content name; what nobody scanned yet is scanned from there while the
 * next files are read; one sync, while it is judged, makes all of it durable;
 * one commit says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "assay/fd.h"
#include "assay/text.h"
#include "gate/belt.h"
#include "gate/candidate.h"
#include "gate/durable.h"

#define SMALL MIB             /* read to memory at once */
#define BATCH 256             /* cache look-ups in one read transaction */
#define NO_ENTRY SIZE_MAX
#define PLACE_AGAIN 3

struct entry {
	struct ay_file f;
	struct ay_sha256 key;         /* of the scan cache */
	struct ay_scan_note *note;
	size_t same_as;               /* entry of the same key, whose note this one shares */
};

struct putting {
	struct ay_gate *g;
	const struct ay_put *p;
	struct ay_candidate *c;
	struct ay_scans *scans;
	struct ay_durable *durable;
	pthread_mutex_t lock;         /* entries move while scans land */
	struct entry *v;
	size_t n, cap;
	size_t looked;                /* entries before this one were looked up in the cache */
	size_t *slots, nslots;        /* open addressing: scan key -> entry */
	uint8_t *buf;
	struct ay_belt *belt;         /* while files are read */
	uint64_t files, bytes;        /* read so far */
	int64_t charged;              /* to the publisher's quota */
	const struct ay_oms *manifest;
};

/* ---- entries ---- */

static int grow(struct putting *u, struct ay_error *e)
{
	size_t cap = u->cap ? u->cap * 2 : 256;
	struct entry *v;

	pthread_mutex_lock(&u->lock);
	v = realloc(u->v, cap * sizeof(*v));
	if (v) {
		u->v = v;
		u->cap = cap;
	}
	pthread_mutex_unlock(&u->lock);
	return v ? 0 : ay_error_set(e, -ENOMEM, "out of memory");
}

static size_t *find_slot(struct putting *u, const struct ay_sha256 *key)
{
	uint64_t h;
	size_t i;

	memcpy(&h, key->b, sizeof(h));
	for (i = h & (u->nslots - 1); u->slots[i]; i = (i + 1) & (u->nslots - 1))
		if (ay_sha256_eq(&u->v[u->slots[i] - 1].key, key))
			break;
	return &u->slots[i];
}

static int rehash(struct putting *u, struct ay_error *e)
{
	size_t old_n = u->nslots, *old = u->slots;

	u->nslots = old_n ? old_n * 2 : 1024;
	u->slots = calloc(u->nslots, sizeof(*u->slots));
	if (!u->slots) {
		u->slots = old;
		u->nslots = old_n;
		return ay_error_set(e, -ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < old_n; i++)
		if (old[i])
			*find_slot(u, &u->v[old[i] - 1].key) = old[i];
	free(old);
	return 0;
}

/* ---- scans ---- */

static void scanned(void *arg, size_t i, struct ay_scan_note *note)
{
	struct putting *u = arg;

	pthread_mutex_lock(&u->lock);
	ay_note_unref(u->v[i].note);
	u->v[i].note = note;
	ay_candidate_fresh(u->c, &u->v[i].key, note);
	pthread_mutex_unlock(&u->lock);
}

/* An object that is placed but not yet in the catalogue: what is scanned must be what is stored. */
static int open_placed(struct ay_store *s, const struct ay_sha256 *d)
{
	char hex[AY_SHA256_HEX], path[96];
	int fd;

	ay_sha256_hex(d, hex);
	snprintf(path, sizeof(path), "objects/%.2s/%s", hex, hex);
	fd = openat(ay_store_fd(s), path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? AY_ECORRUPT : -errno;
	return fd;
}

static int look_up(struct putting *u, struct ay_error *e)
{
	struct ay_txn *t;
	int rc = ay_read_begin(u->g->store, &t);

	if (rc)
		return ay_error_set(e, rc, "the catalogue cannot be read: %s", ay_strerror(rc));
	for (size_t i = u->looked; rc == 0 && i < u->n; i++) {
		struct entry *en = &u->v[i];
		size_t *slot;

		en->key = ay_scan_key(u->g, &u->c->plan, &en->f.sha256, en->f.path);
		if ((u->n + 1) * 2 > u->nslots)
			rc = rehash(u, e);
		if (rc)
			break;
		slot = find_slot(u, &en->key);
		if (*slot) {
			en->same_as = *slot - 1;
			continue;
		}
		*slot = i + 1;
		rc = ay_scan_cached(t, &en->key, &en->note);
	}
	ay_read_end(t);
	return rc;
}

/* Entry i to the scanners; what nobody else refers to is made immutable meanwhile. */
static int scan_entry(struct putting *u, size_t i, struct ay_error *e)
{
	const struct ay_file *f = &u->v[i].f;
	int fd = open_placed(u->g->store, &f->sha256);
	int rc;

	if (fd < 0)
		return ay_error_set(e, fd, "a file that was just placed cannot be opened: %s", ay_strerror(fd));
	rc = ay_scans_add(u->scans, i, fd, f->size, f->path, e);
	ay_durable_add(u->durable, &f->sha256, fd);
	return rc;
}

static int submit(struct putting *u, struct ay_error *e)
{
	int rc = u->c->plan.wanted ? look_up(u, e) : 0;

	for (size_t i = u->looked; rc == 0 && u->c->plan.wanted && i < u->n; i++)
		if (!u->v[i].note && u->v[i].same_as == NO_ENTRY)
			rc = scan_entry(u, i, e);
	u->looked = u->n;
	return rc;
}

static int add_entry(struct putting *u, const char *path, const struct stat *st, uint64_t size, const struct ay_sha256 *d, struct ay_error *e)
{
	const struct ay_policy_limits *lim = ay_policy_limits(u->c->policy);
	struct entry en = { .same_as = NO_ENTRY };
	int rc = u->n == u->cap ? grow(u, e) : 0;

	if (rc)
		return rc;
	if (u->n >= lim->files)
		return ay_error_set(e, AY_ELIMIT, "more than the %llu files that the policy allows", (unsigned long long)lim->files);
	rc = ay_gate_charge(u->g, u->p->cred.uid, 0, (int64_t)size, e);
	if (rc)
		return rc;
	u->charged += (int64_t)size;
	en.f = (struct ay_file){ .path = strdup(path), .size = size, .sha256 = *d };
	if (!en.f.path)
		return ay_error_set(e, -ENOMEM, "out of memory");
	if (st) {
		en.f.executable = st->st_mode & 0111;
		en.f.mtime_s = st->st_mtim.tv_sec;
		en.f.mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
	}
	u->v[u->n++] = en;
	return u->n - u->looked >= BATCH ? submit(u, e) : 0;
}

/* ---- reading ---- */

static int take_claim(struct putting *u, const char *path, int fd, uint64_t size, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);
	uint8_t *room = ay_buf_reserve(&b, size);
	bool conflict;
	int rc = room ? ay_pread_full(fd, room, size, 0) : b.err ? b.err : AY_ELIMIT;

	if (rc == 0) {
		ay_buf_grew(&b, size);
		rc = ay_claims_add(&u->c->claims, path, b.data, b.len, UINT64_MAX, e);
	} else {
		ay_error_set(e, rc, "the claim cannot be read: %s", ay_strerror(rc));
	}
	ay_buf_free(&b);
	if (rc == 0) {
		/* What it lists is never ignored, so it is looked at before the files that follow. */
		ay_claims_verify(&u->c->claims, u->c->trust, u->c->rules, &u->c->art.ref);
		u->manifest = ay_claims_manifest(&u->c->claims, &conflict);
	}
	return rc;
}

static int place_fd(struct putting *u, int fd, const struct stat *st, struct ay_sha256 *d, uint64_t *size, struct ay_error *e)
{
	int rc;

	if (st->st_size > (off_t)SMALL)
		return ay_object_put_fd(u->g->store, fd, d, size, e);
	*size = (uint64_t)st->st_size;
	rc = ay_pread_full(fd, u->buf, *size, 0);
	if (rc)
		return ay_error_set(e, rc, "the file changed while it was read: %s", ay_strerror(rc));
	return ay_object_put_bytes(u->g->store, u->buf, *size, d, e);
}

/* In the belt's thread, to which the entries belong until it is drained. */
static int place_small(void *arg, struct ay_belt_item *item, struct ay_error *e)
{
	struct putting *u = arg;
	struct ay_sha256 d;
	int rc = ay_object_put_bytes(u->g->store, item->bytes, item->len, &d, e);

	return rc ? rc : add_entry(u, item->path, &item->st, item->len, &d, e);
}

static int send_small(struct putting *u, const char *path, int fd, const struct stat *st, struct ay_error *e)
{
	struct ay_belt_item *item = ay_belt_room(u->belt);
	int rc;

	if (!item)
		return ay_belt_drain(u->belt, e);
	rc = ay_pread_full(fd, item->bytes, (size_t)st->st_size, 0);

	if (rc)
		return ay_error_set(e, rc, "the file changed while it was read: %s", ay_strerror(rc));
	item->path = strdup(path);
	if (!item->path)
		return ay_error_set(e, -ENOMEM, "out of memory");
	item->st = *st;
	item->len = (size_t)st->st_size;
	ay_belt_send(u->belt);
	return 0;
}

static int take_file(struct putting *u, const char *path, int fd, struct ay_error *e)
{
	const struct ay_policy_limits *lim = ay_policy_limits(u->c->policy);
	struct ay_sha256 d;
	struct stat st;
	uint64_t size;
	int rc = ay_path_check(path, strlen(path), e);

	if (rc == 0 && fstat(fd, &st))
		rc = ay_error_errno(e, "%s", path);
	if (rc == 0 && !S_ISREG(st.st_mode))
		rc = ay_error_set(e, AY_EUSAGE, "only regular files can be published");
	if (rc == 0 && (uint64_t)st.st_size > lim->file_bytes)
		rc = ay_error_set(e, AY_ELIMIT, "the file has %llu bytes, the policy allows %llu", (unsigned long long)st.st_size,
				  (unsigned long long)lim->file_bytes);
	if (rc)
		return rc;
	if (ay_claim_name(path))
		return take_claim(u, path, fd, (uint64_t)st.st_size, e);
	if (ay_policy_ignored(u->c->policy, path) && !(u->manifest && ay_file_list_find(&u->manifest->files, path))) {
		ay_candidate_ignored(u->c, path);
		return 0;
	}
	u->files++;
	u->bytes += (uint64_t)st.st_size;
	if (st.st_size <= (off_t)AY_BELT_FILE)
		return send_small(u, path, fd, &st, e);
	rc = ay_belt_drain(u->belt, e);
	if (rc == 0)
		rc = place_fd(u, fd, &st, &d, &size, e);
	return rc ? rc : add_entry(u, path, &st, size, &d, e);
}

static int take_each(struct putting *u, struct ay_error *e)
{
	for (;;) {
		struct ay_put_file f = { .fd = -1 };
		int rc = u->p->next(u->p->arg, &f, e);

		if (rc)
			return rc == 1 ? 0 : rc;
		rc = take_file(u, f.path, f.fd, e);
		/* What failed on the belt was an earlier file, and says so. */
		if (rc && !(e && e->where[0]))
			ay_error_where(e, "%s", f.path);
		ay_close(&f.fd);
		if (rc)
			return rc;
		if (u->p->progress)
			u->p->progress(u->p->arg, u->files, u->bytes);
	}
}

static int take_all(struct putting *u, struct ay_error *e)
{
	int rc = ay_belt_new(place_small, u, &u->belt), placed;

	if (rc)
		return ay_error_set(e, rc, "a version cannot be taken in: %s", ay_strerror(rc));
	rc = take_each(u, e);
	placed = ay_belt_drain(u->belt, rc ? NULL : e);
	ay_belt_free(u->belt);
	u->belt = NULL;
	return rc ? rc : placed;
}

static bool removed(const struct ay_put *p, const char *path)
{
	for (size_t i = 0; p->remove && p->remove[i]; i++)
		if (strcmp(p->remove[i], path) == 0)
			return true;
	return false;
}

/* The files of an admitted version, which this user may read: nothing is copied. */
static int take_from(struct putting *u, struct ay_error *e)
{
	struct ay_file_list list = { 0 };
	struct ay_artifact a;
	struct ay_txn *t;
	int rc = ay_read_begin(u->g->store, &t);

	if (rc)
		return ay_error_set(e, rc, "the catalogue cannot be read: %s", ay_strerror(rc));
	rc = ay_artifact_get(t, u->p->from, &a);
	if (rc == 0)
		rc = ay_node_list(t, a.top, &list);
	ay_read_end(t);
	if (rc) {
		ay_error_set(e, rc, "there is no artifact %s to start from", u->p->from);
		ay_error_next(e, "assay ls");
	} else {
		rc = ay_gate_may_open(u->g, a.id, &u->p->cred, e);
	}
	for (size_t i = 0; rc == 0 && u->p->remove && u->p->remove[i]; i++)
		if (!ay_file_list_find(&list, u->p->remove[i])) {
			rc = ay_error_set(e, AY_EUSAGE, "%s has no file %s to leave out", u->p->from, u->p->remove[i]);
			ay_error_next(e, "assay show %s --json lists its files", u->p->from);
		}
	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		const struct ay_file *f = &list.v[i];

		if (removed(u->p, f->path))
			continue;
		rc = add_entry(u, f->path, NULL, f->size, &f->sha256, e);
		if (rc == 0) {
			u->v[u->n - 1].f.executable = f->executable;
			u->v[u->n - 1].f.mtime_s = f->mtime_s;
			u->v[u->n - 1].f.mtime_ns = f->mtime_ns;
		}
	}
	ay_file_list_free(&list);
	return rc;
}

/* ---- from entries to the candidate ---- */

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->f.path, ((const struct entry *)b)->f.path);
}

/* A file that comes twice is the later one: --from REF --add FILE replaces. */
static int settle(struct putting *u, struct ay_error *e)
{
	size_t kept = 0;

	ay_scans_finish(u->scans);
	for (size_t i = 0; i < u->n; i++)
		if (u->v[i].same_as != NO_ENTRY)
			u->v[i].note = ay_note_ref(u->v[u->v[i].same_as].note);
	/* From here same_as is the order of arrival. */
	for (size_t i = 0; i < u->n; i++)
		u->v[i].same_as = i;
	if (u->n)
		qsort(u->v, u->n, sizeof(*u->v), by_path);
	for (size_t i = 0; i < u->n; i++) {
		if (!kept || by_path(&u->v[kept - 1], &u->v[i]) != 0) {
			struct entry tmp = u->v[kept];

			u->v[kept++] = u->v[i];
			if (kept - 1 != i)
				u->v[i] = tmp;
			continue;
		}
		if (u->v[i].same_as > u->v[kept - 1].same_as) {
			struct entry tmp = u->v[kept - 1];

			u->v[kept - 1] = u->v[i];
			u->v[i] = tmp;
		}
	}
	u->c->files.v = calloc(kept + 1, sizeof(*u->c->files.v));
	u->c->notes = calloc(kept + 1, sizeof(struct ay_scan_note *));
	if (!u->c->files.v || !u->c->notes)
		return ay_error_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < kept; i++) {
		u->c->files.v[i] = u->v[i].f;
		u->c->notes[i] = u->v[i].note;
		u->v[i].f.path = NULL;
		u->v[i].note = NULL;
	}
	u->c->files.n = u->c->files.cap = kept;
	return 0;
}

static int add_claim(void *arg, const char *name, const void *bytes, size_t len)
{
	struct putting *u = arg;

	return ay_claims_add(&u->c->claims, name, bytes, len, UINT64_MAX, NULL);
}

/* Claims that the manifest lists are payload too. */
static int listed_claims(struct putting *u, struct ay_error *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && u->manifest && i < u->c->claims.n; i++) {
		const struct ay_claim *k = &u->c->claims.v[i];
		struct ay_sha256 d;

		if (!ay_file_list_find(&u->manifest->files, k->name))
			continue;
		rc = ay_object_put_bytes(u->g->store, k->bytes, k->len, &d, e);
		if (rc == 0)
			rc = add_entry(u, k->name, NULL, k->len, &d, e);
	}
	return rc;
}

static int read_report(struct ay_gate *g, uint64_t id, struct ay_buf *out)
{
	struct ay_txn *t;
	int rc = ay_read_begin(g->store, &t);

	if (rc)
		return rc;
	rc = ay_record_get(t, id, "report.json", out);
	ay_read_end(t);
	return rc;
}

/* The version may be there: identical content is a success, other content is not. */
static int already(struct putting *u, const struct ay_artifact *old, struct ay_error *e)
{
	struct ay_sha256 root, alias;

	if (ay_oms_roots(&u->c->files, &root, &alias))
		return ay_error_set(e, -ENOMEM, "out of memory");
	if (ay_sha256_eq(&root, &old->root))
		return 0;
	ay_error_set(e, AY_EEXISTS, "%s exists with other content; a version is taken for ever", u->p->ref);
	ay_error_next(e, "publish under another version");
	return AY_EEXISTS;
}

static int outcome(const struct ay_candidate *c, struct ay_error *e)
{
	int code;

	if (c->art.state == AY_ADMITTED)
		return 0;
	code = c->art.state == AY_REJECTED ? AY_EPOLICY : AY_ESTATE;
	ay_error_set(e, code, "%s", c->judged.reason);
	ay_error_where(e, "%s", c->art.ref.text);
	ay_error_next(e, code == AY_EPOLICY ? "assay why %s" : "assay retry %s", c->art.ref.text);
	return code;
}

static int run(struct putting *u, const struct ay_artifact *old, struct ay_buf *report, struct ay_error *e)
{
	int rc = u->p->from ? take_from(u, e) : 0;

	if (rc == 0)
		rc = take_all(u, e);
	if (rc == 0)
		rc = listed_claims(u, e);
	if (rc == 0)
		rc = submit(u, e);
	ay_durable_end(u->durable);
	if (rc == 0)
		rc = settle(u, e);
	if (rc)
		return rc;
	if (old->state == AY_ADMITTED) {
		rc = already(u, old, e);
		return rc ? rc : read_report(u->g, old->id, report);
	}
	if (u->p->sign)
		rc = u->p->sign(u->p->arg, &u->c->files, add_claim, u, e);
	if (rc == 0)
		rc = ay_judge(u->c, e);
	if (rc == 0)
		rc = ay_durable_join(u->durable, e);
	if (rc == 0)
		rc = ay_admit(u->c, NULL, true, e);
	if (rc)
		return rc;
	if (u->c->art.state == AY_ADMITTED)
		ay_objects_seal(u->g->store, 0, &u->c->files);
	rc = read_report(u->g, u->c->art.id, report);
	if (rc)
		return ay_error_set(e, rc, "the report cannot be read back: %s", ay_strerror(rc));
	ay_gate_fire(u->g, u->p->ref, u->c->art.state);
	return outcome(u->c, e);
}

/* A held or rejected artifact of the same writer gives way; an open one, or another writer's, does not. */
static int make_way(struct ay_gate *g, const struct ay_put *p, struct ay_artifact *old, struct ay_error *e)
{
	struct ay_intake *in;
	struct ay_txn *t;
	struct ay_tag tag;
	struct ay_ref ref;
	int rc = ay_ref_parse(p->ref, &ref, e);

	*old = (struct ay_artifact){ 0 };
	if (rc)
		return rc;
	rc = ay_read_begin(g->store, &t);
	if (rc)
		return ay_error_set(e, rc, "the catalogue cannot be read: %s", ay_strerror(rc));
	rc = ay_artifact_get(t, p->ref, old);
	if (rc == AY_ENOTFOUND && ay_tag_get(t, ref.name, ref.version, &tag) == 0) {
		rc = ay_error_set(e, AY_EEXISTS, "%s is a tag; a version cannot have the same name", p->ref);
		ay_error_next(e, "publish under another version");
	}
	ay_read_end(t);
	if (rc == AY_ENOTFOUND || (rc == 0 && old->state == AY_ADMITTED))
		return 0;
	if (rc)
		return rc;
	if ((old->state == AY_HELD || old->state == AY_REJECTED) && old->uid == p->cred.uid) {
		rc = ay_intake_find(g, p->ref, &in);
		if (rc == 0) {
			rc = ay_intake_discard(in, &p->cred, e);
			ay_intake_unref(in);
		}
		*old = (struct ay_artifact){ 0 };
		return rc;
	}
	ay_error_set(e, AY_EEXISTS, "%s exists and is %s", p->ref, ay_state_name(old->state));
	ay_error_next(e, old->state == AY_OPEN ? "assay rm %s" : "publish another version than %s", p->ref);
	return AY_EEXISTS;
}

static void putting_free(struct putting *u)
{
	ay_scans_free(u->scans);
	ay_durable_free(u->durable);
	ay_gate_count(u->g, u->p->cred.uid, 0, -u->charged);
	for (size_t i = 0; i < u->n; i++) {
		free(u->v[i].f.path);
		ay_note_unref(u->v[i].note);
	}
	free(u->v);
	free(u->slots);
	free(u->buf);
	ay_candidate_free(u->c);
	pthread_mutex_destroy(&u->lock);
}

static int attempt(struct ay_gate *g, const struct ay_put *p, const struct ay_ref *ref, const struct ay_artifact *old, struct ay_buf *report,
		   struct ay_error *e)
{
	struct putting u = { .g = g, .p = p };
	int rc = ay_candidate_new(g, ref, &u.c, e);

	pthread_mutex_init(&u.lock, NULL);
	if (rc == 0) {
		u.c->art.uid = p->cred.uid;
		u.c->art.gid = p->cred.gid;
		u.c->art.created_s = u.c->now_s;
		u.buf = malloc(SMALL);
		rc = u.buf ? ay_scans_new(g, &u.c->plan, p->cred.uid, scanned, &u, &u.scans) : -ENOMEM;
		if (rc == 0)
			rc = ay_durable_new(g->store, &u.durable);
		if (rc)
			ay_error_set(e, rc, "a version cannot be taken in: %s", ay_strerror(rc));
	}
	if (rc == 0)
		rc = run(&u, old, report, e);
	/* What is held goes on lying here. */
	if (u.c && u.c->art.state == AY_HELD && u.c->art.top)
		ay_gate_count(g, p->cred.uid, 0, (int64_t)u.c->art.bytes);
	putting_free(&u);
	return rc;
}

int ay_gate_put(struct ay_gate *g, const struct ay_put *p, struct ay_buf *report, struct ay_error *e)
{
	struct ay_artifact old;
	struct ay_ref ref;
	int rc = ay_ref_parse(p->ref, &ref, e);

	if (rc)
		return rc;
	if (!ay_gate_may(g, &p->cred, ref.name, AY_RIGHT_PUBLISH)) {
		ay_error_set(e, AY_EACCESS, "the policy gives uid %u no right to publish %s", p->cred.uid, ref.name);
		ay_error_next(e, "ask the owner for a publish entry under access: in the policy");
		return AY_EACCESS;
	}
	rc = ay_gate_reserve(g, p->ref, e);
	if (rc)
		return rc;
	rc = make_way(g, p, &old, e);
	if (rc == 0)
		rc = attempt(g, p, &ref, &old, report, e);
	/* A collector may take an object between its placing and the commit: all of them are placed again. */
	for (int turn = 0; rc == AY_ECORRUPT && p->rewind && turn < PLACE_AGAIN; turn++) {
		p->rewind(p->arg);
		ay_buf_clear(report);
		rc = attempt(g, p, &ref, &old, report, e);
	}
	ay_gate_unreserve(g, p->ref);
	return rc;
}
