/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify: open. An object is hashed at its first open, and remembered in a
 * table of fixed size: one that was pushed out of it is hashed once more.
 */
#include <errno.h>
#include "assay/fd.h"
#include "gate/candidate.h"

#define SLOTS 16384           /* a power of two; 512 KiB */

struct ay_verified { pthread_mutex_t lock; struct ay_sha256 v[SLOTS]; };

int ay_verified_new(struct ay_verified **out)
{
	struct ay_verified *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	pthread_mutex_init(&v->lock, NULL);
	*out = v;
	return 0;
}

void ay_verified_free(struct ay_verified *v)
{
	if (!v)
		return;
	pthread_mutex_destroy(&v->lock);
	free(v);
}

static struct ay_sha256 *slot_of(struct ay_verified *v, const struct ay_sha256 *d)
{
	uint32_t h;

	memcpy(&h, d->b, sizeof(h));
	return &v->v[h & (SLOTS - 1)];
}

static bool verified(struct ay_verified *v, const struct ay_sha256 *d)
{
	bool yes;

	pthread_mutex_lock(&v->lock);
	yes = ay_sha256_eq(slot_of(v, d), d);
	pthread_mutex_unlock(&v->lock);
	return yes;
}

static bool wanted(struct ay_gate *g, uint64_t artifact)
{
	const struct ay_policy *p;
	const struct ay_rules *r;
	struct ay_artifact a;
	struct ay_txn *t;
	bool yes = true;

	if (!__atomic_load_n(&g->verifies, __ATOMIC_RELAXED))
		return false;
	if (!artifact || ay_read_begin(g->store, &t))
		return true;
	p = ay_gate_policy(g);
	if (ay_artifact_by_id(t, artifact, &a) == 0 && ay_policy_rules(p, a.ref.name, &r, NULL) == 0)
		yes = r->verify == AY_VERIFY_OPEN;
	ay_gate_policy_release(g, p);
	ay_read_end(t);
	return yes;
}

static int check(struct ay_verified *v, const struct ay_sha256 *d, int fd, struct ay_error *e)
{
	struct ay_sha256 got;
	char hex[AY_SHA256_HEX];
	int rc = ay_sha256_fd(fd, &got, NULL, e);

	if (rc)
		return rc;
	if (!ay_sha256_eq(&got, d)) {
		ay_sha256_hex(d, hex);
		ay_error_set(e, AY_ECORRUPT, "object %s holds other bytes than were sealed", hex);
		ay_error_next(e, "assay fsck --scrub");
		return AY_ECORRUPT;
	}
	pthread_mutex_lock(&v->lock);
	*slot_of(v, d) = *d;
	pthread_mutex_unlock(&v->lock);
	return 0;
}

int ay_gate_object_open(struct ay_gate *g, uint64_t artifact, const struct ay_sha256 *d, struct ay_error *e)
{
	int fd = ay_object_open(g->store, d, e), rc;

	if (fd < 0 || !wanted(g, artifact) || verified(g->verified, d))
		return fd;
	rc = check(g->verified, d, fd, e);
	if (rc)
		ay_close(&fd);
	return rc ? rc : fd;
}
