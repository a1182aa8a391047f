/* SPDX-License-Identifier: Apache-2.0 */
/*
 * High-water marks outside STORE: who can write STORE can put an older copy of
 * it back, but not lower these. One small file per store path:
 * $ASSAY_STATE_DIR, or /var/lib/assay for root, or $XDG_STATE_HOME/assay, or
 * ~/.local/state/assay.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include "assay/fd.h"
#include "assay/json.h"
#include "gate/core.h"

static int state_dir(char *out, size_t size)
{
	const char *own = getenv("ASSAY_STATE_DIR"), *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (own && own[0] == '/')
		n = snprintf(out, size, "%s", own);
	else if (geteuid() == 0)
		n = snprintf(out, size, "/var/lib/assay");
	else if (xdg && xdg[0] == '/')
		n = snprintf(out, size, "%s/assay", xdg);
	else if (home && home[0] == '/')
		n = snprintf(out, size, "%s/.local/state/assay", home);
	else
		return AY_ENOTFOUND;
	return n > 0 && (size_t)n < size ? 0 : AY_ELIMIT;
}

/* Opens the state directory, making it when absent, and names this store's file in it. */
static int state_open(const char *store_dir, int *dirfd_out, char name[64], struct ay_error *e)
{
	char dir[PATH_MAX], real[PATH_MAX], hex[AY_SHA256_HEX];
	struct ay_sha256 id;
	int root, rc;

	if (state_dir(dir, sizeof(dir)))
		goto nowhere;
	if (!realpath(store_dir, real))
		return ay_error_errno(e, "%s", store_dir);
	id = ay_sha256_of(real, strlen(real));
	ay_sha256_hex(&id, hex);
	snprintf(name, 64, "%.32s.json", hex);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return ay_error_errno(e, "/");
	rc = ay_mkdirs(root, dir + 1, 0700);
	close(root);
	if (rc && rc != -EEXIST) {
		ay_error_set(e, rc, "cannot keep high-water marks in %s: %s", dir, ay_strerror(rc));
		goto advise;
	}
	*dirfd_out = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dirfd_out < 0) {
		rc = ay_error_errno(e, "%s", dir);
		goto advise;
	}
	return 0;
nowhere:
	rc = ay_error_set(e, AY_ENOTFOUND, "no directory for high-water marks: HOME is not set");
advise:
	ay_error_next(e, "set ASSAY_STATE_DIR to a directory outside the store");
	return rc;
}

static int parse(const struct ay_buf *b, struct ay_highwater *out)
{
	struct ay_json_doc *doc;
	const struct ay_json *root;
	const char *hex;
	size_t n = 0;
	int rc = ay_json_parse(b->data, b->len, 64, &doc, NULL);

	if (rc)
		return rc;
	root = ay_json_root(doc);
	hex = ay_json_str(ay_json_get(root, "root"), &n);
	rc = hex ? ay_sha256_parse(hex, n, &out->root_key) : AY_EFORMAT;
	if (rc == 0)
		rc = ay_json_u64(ay_json_get(root, "trust"), &out->trust);
	if (rc == 0)
		rc = ay_json_u64(ay_json_get(root, "policy"), &out->policy);
	if (rc == 0)
		rc = ay_json_u64(ay_json_get(root, "log"), &out->log);
	ay_json_free(doc);
	return rc;
}

static int load(const char *store_dir, struct ay_highwater *out, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(4096);
	char name[64];
	int AY_CLEANUP_FD dirfd = -1;
	int rc = state_open(store_dir, &dirfd, name, e);

	if (rc)
		return rc;
	if (faccessat(dirfd, name, F_OK, 0) && errno == ENOENT)
		return AY_ENOTFOUND;
	rc = ay_read_file(dirfd, name, &b, e);
	if (rc == 0) {
		rc = parse(&b, out);
		if (rc)
			ay_error_set(e, AY_ECORRUPT, "the high-water file %s cannot be read", name);
	}
	ay_buf_free(&b);
	return rc;
}

static int older(struct ay_error *e, const char *what, uint64_t have, uint64_t seen)
{
	ay_error_set(e, AY_EROLLBACK, "this store is older than what this machine has seen: %s %llu, seen %llu",
		     what, (unsigned long long)have, (unsigned long long)seen);
	ay_error_next(e, "find the newer copy; or accept this one for good with --accept-rollback, which is logged");
	return AY_EROLLBACK;
}

int ay_highwater_check(const char *store_dir, const struct ay_highwater *now, struct ay_error *e)
{
	struct ay_highwater seen;
	int rc = load(store_dir, &seen, e);

	if (rc == AY_ENOTFOUND)
		return ay_highwater_save(store_dir, now, e);
	if (rc)
		return rc;
	if (!ay_sha256_eq(&seen.root_key, &now->root_key)) {
		ay_error_set(e, AY_EROLLBACK, "another store was here: its trust root began with another owner's key");
		ay_error_next(e, "if you replaced it yourself, accept it with --accept-rollback, which is logged");
		return AY_EROLLBACK;
	}
	if (now->trust < seen.trust)
		return older(e, "trust root version", now->trust, seen.trust);
	if (now->policy < seen.policy)
		return older(e, "policy version", now->policy, seen.policy);
	if (now->log < seen.log)
		return older(e, "log size", now->log, seen.log);
	return 0;
}

int ay_highwater_save(const char *store_dir, const struct ay_highwater *now, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(4096);
	struct ay_jw w = ay_jw_new(&b, false);
	char name[64], hex[AY_SHA256_HEX];
	int AY_CLEANUP_FD dirfd = -1;
	int rc = state_open(store_dir, &dirfd, name, e);

	if (rc)
		return rc;
	ay_sha256_hex(&now->root_key, hex);
	ay_jw_object(&w);
	ay_jw_kstr(&w, "store", store_dir);
	ay_jw_kstr(&w, "root", hex);
	ay_jw_ku64(&w, "trust", now->trust);
	ay_jw_ku64(&w, "policy", now->policy);
	ay_jw_ku64(&w, "log", now->log);
	ay_jw_object_end(&w);
	ay_buf_addc(&b, '\n');
	rc = b.err ? b.err : ay_write_file(dirfd, name, b.data, b.len, 0600, e);
	ay_buf_free(&b);
	return rc;
}

int ay_highwater_now(struct ay_gate *g, struct ay_highwater *out)
{
	struct ay_txn *t;
	int rc = ay_read_begin(g->store, &t);

	if (rc)
		return rc;
	*out = (struct ay_highwater){ .log = ay_log_size(t) };
	ay_read_end(t);
	pthread_mutex_lock(&g->lock);
	if (g->trust)
		out->trust = g->trust->version;
	out->policy = g->policy_version;
	if (g->nowners)
		out->root_key = g->owners[0];
	pthread_mutex_unlock(&g->lock);
	return 0;
}

void ay_highwater_raise(struct ay_gate *g)
{
	const char *dir = ay_store_dir(g->store);
	struct ay_highwater now, seen;
	int rc;

	if (ay_highwater_now(g, &now))
		return;
	/* INV-9: a store that was refused is closed too, and must not lower what refused it. */
	rc = load(dir, &seen, NULL);
	if (rc && rc != AY_ENOTFOUND)
		return;
	if (rc == 0) {
		if (!ay_sha256_eq(&seen.root_key, &now.root_key))
			return;
		now.trust = now.trust > seen.trust ? now.trust : seen.trust;
		now.policy = now.policy > seen.policy ? now.policy : seen.policy;
		now.log = now.log > seen.log ? now.log : seen.log;
	}
	/* Best effort: what cannot be noted now is noted at the next change. */
	(void)!ay_highwater_save(dir, &now, NULL);
}
