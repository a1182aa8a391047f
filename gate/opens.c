/* SPDX-License-Identifier: Apache-2.0 */
/*
 * INV-1: who may open what was admitted. The answer depends on the artifact,
 * on its signers under the trust root in force, on whether it was judged under
 * the rules in force, and on the reader's rights. Only a yes is kept, for at
 * most a minute (groups) and never across a change of generation.
 */
#include <errno.h>
#include "assay/text.h"
#include "gate/candidate.h"

#define SLOTS 4096            /* a power of two */
#define KEEP_MS 60000

struct slot { uint64_t artifact, generation; int64_t until_ms; uint32_t uid; };
struct ay_opens { pthread_mutex_t lock; struct slot v[SLOTS]; };

int ay_opens_new(struct ay_opens **out)
{
	struct ay_opens *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	pthread_mutex_init(&o->lock, NULL);
	*out = o;
	return 0;
}

void ay_opens_free(struct ay_opens *o)
{
	if (!o)
		return;
	pthread_mutex_destroy(&o->lock);
	free(o);
}

static struct slot *slot_of(struct ay_opens *o, uint64_t artifact, uint32_t uid)
{
	uint64_t h = (artifact * 31 + uid) * 0x9e3779b97f4a7c15ull;

	return &o->v[h >> 32 & (SLOTS - 1)];
}

static bool remembered(struct ay_gate *g, uint64_t artifact, uint32_t uid, uint64_t generation)
{
	const struct slot *s = slot_of(g->opens, artifact, uid);
	bool yes;

	pthread_mutex_lock(&g->opens->lock);
	yes = s->artifact == artifact && s->uid == uid && s->generation == generation && s->until_ms > ay_time_mono_ms();
	pthread_mutex_unlock(&g->opens->lock);
	return yes;
}

static void remember(struct ay_gate *g, uint64_t artifact, uint32_t uid, uint64_t generation, int64_t keep_ms)
{
	struct slot *s = slot_of(g->opens, artifact, uid);

	pthread_mutex_lock(&g->opens->lock);
	*s = (struct slot){ artifact, generation, ay_time_mono_ms() + keep_ms, uid };
	pthread_mutex_unlock(&g->opens->lock);
}

/* ---- standing ---- */

struct signer { bool signature; enum ay_role role; struct ay_sha256 key; uint64_t log_index; };

/* One line of record "signers": kind, role, key id, log index. */
static int parse_signer(const char *line, struct signer *out)
{
	char kind[16], role[32], hex[65];
	unsigned long long index;

	if (sscanf(line, "%15s %31s %64s %llu", kind, role, hex, &index) != 4)
		return AY_ECORRUPT;
	out->signature = strcmp(kind, "signature") == 0;
	out->log_index = index;
	if (ay_role_parse(role, &out->role))
		return AY_ECORRUPT;
	return ay_sha256_parse(hex, strlen(hex), &out->key);
}

struct tally {
	const struct ay_trust *trust;
	const char *name;
	const struct ay_decision *decided;
	struct ay_sha256 keys[AY_LIMIT_CLAIMS_PER_ARTIFACT]; size_t n;
	bool provenance;
	char why[384];
};

/* A claim by a trusted key about something else, or with a field missing, carries nothing. */
static bool held(const struct ay_decision *d, uint64_t log_index)
{
	for (size_t i = 0; i < d->nproofs; i++)
		if (d->proof[i] == log_index)
			return true;
	return false;
}

static void count(struct tally *t, const struct signer *s)
{
	struct ay_error e;

	if (ay_trust_allows(t->trust, &s->key, s->role, t->name, s->log_index, &e)) {
		snprintf(t->why, sizeof(t->why), "%s", e.msg);
		return;
	}
	if (!s->signature) {
		t->provenance |= held(t->decided, s->log_index);
		return;
	}
	for (size_t i = 0; i < t->n; i++)
		if (ay_sha256_eq(&t->keys[i], &s->key))
			return;
	if (t->n < AY_ARRAY_LEN(t->keys))
		t->keys[t->n++] = s->key;
}

/* The claims of an admitted artifact were verified over their bytes when it was admitted and never change: only who may speak does. */
static int check_signers(struct ay_txn *t, const struct ay_trust *tr, const struct ay_rules *r, const struct ay_artifact *a,
			 const struct ay_decision *decided, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(MIB);
	struct tally tally = { .trust = tr, .name = a->ref.name, .decided = decided };
	enum ay_role role = r->signature.role ? r->signature.role : AY_ROLE_PUBLISHER;
	uint32_t need = ay_trust_threshold(tr, role, a->ref.name);
	char *save = NULL;
	int rc = ay_record_get(t, a->id, "signers", &b);

	if (rc && rc != AY_ENOTFOUND) {
		ay_buf_free(&b);
		return ay_error_set(e, rc, "the signers of %s cannot be read: %s", a->ref.text, ay_strerror(rc));
	}
	for (char *line = b.data ? strtok_r((char *)b.data, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		struct signer s;

		if (parse_signer(line, &s) == 0)
			count(&tally, &s);
	}
	ay_buf_free(&b);
	if (r->signature.threshold > need)
		need = r->signature.threshold;
	if ((r->gates >> AY_GATE_SIGNATURE & 1) && tally.n < need) {
		ay_error_set(e, AY_ETRUST, "%s has %zu of %u signatures that still count%s%s", a->ref.text, tally.n, need,
			     tally.why[0] ? ": " : "", tally.why);
		ay_error_next(e, "assay show %s", a->ref.text);
		return AY_ETRUST;
	}
	if ((r->gates >> AY_GATE_PROVENANCE & 1) && !tally.provenance) {
		ay_error_set(e, AY_ETRUST, "the provenance of %s no longer counts%s%s", a->ref.text, tally.why[0] ? ": " : "", tally.why);
		ay_error_next(e, "assay show %s", a->ref.text);
		return AY_ETRUST;
	}
	return 0;
}

int ay_standing(struct ay_gate *g, struct ay_txn *t, const struct ay_policy *p, const struct ay_trust *tr,
		const struct ay_artifact *a, struct ay_error *e)
{
	const struct ay_rules *r;
	struct ay_decision d;
	int rc;

	(void)g;
	if (a->state != AY_ADMITTED)
		return ay_error_set(e, AY_ESTATE, "%s is %s", a->ref.text, ay_state_name(a->state));
	rc = ay_policy_rules(p, a->ref.name, &r, e);
	if (rc)
		return rc;
	if (ay_decision_get(t, a->id, &r->digest, &d)) {
		ay_error_set(e, AY_EPOLICY, "%s was not judged under the policy in force", a->ref.text);
		ay_error_next(e, "assay judge %s", a->ref.text);
		return AY_EPOLICY;
	}
	if (d.verdict > AY_WARN) {
		ay_error_set(e, AY_EPOLICY, "%s does not pass the policy in force: %.200s", a->ref.text, d.reason);
		ay_error_next(e, "assay why %s", a->ref.text);
		return AY_EPOLICY;
	}
	if (ay_policy_expiry_denies(p) && ay_trust_expired(tr, ay_time_now())) {
		rc = ay_error_set(e, AY_ETRUST, "the trust root has expired and the policy says on_expiry: deny");
		ay_error_next(e, "assay trust sign --owner OWNER.key");
		return rc;
	}
	return check_signers(t, tr, r, a, &d, e);
}

/* ---- opening ---- */

/* A yes does not outlive the trust root when its end closes reads. */
static int64_t keep_ms(const struct ay_policy *p, const struct ay_trust *tr)
{
	int64_t left_s = tr->expires_s - ay_time_now();

	return ay_policy_expiry_denies(p) && left_s < KEEP_MS / 1000 ? left_s * 1000 : KEEP_MS;
}

static int decide(struct ay_gate *g, uint64_t artifact, const struct ay_cred *c, int64_t *keep_ms_out, struct ay_error *e)
{
	const struct ay_policy *p = ay_gate_policy(g);
	const struct ay_trust *tr = ay_gate_trust(g);
	struct ay_artifact a;
	struct ay_txn *t;
	int rc = ay_read_begin(g->store, &t);

	if (rc == 0) {
		rc = ay_artifact_by_id(t, artifact, &a);
		if (rc)
			ay_error_set(e, rc, "there is no such artifact");
		else
			rc = ay_standing(g, t, p, tr, &a, e);
		ay_read_end(t);
	}
	*keep_ms_out = keep_ms(p, tr);
	ay_gate_policy_release(g, p);
	ay_gate_trust_release(g, tr);
	if (rc == 0 && !ay_gate_may(g, c, a.ref.name, AY_RIGHT_READ)) {
		rc = ay_error_set(e, AY_EACCESS, "the policy gives uid %u no right to read %s", c->uid, a.ref.name);
		ay_error_next(e, "ask the owner for a read entry under access: in the policy");
	}
	return rc;
}

int ay_gate_may_open(struct ay_gate *g, uint64_t artifact, const struct ay_cred *c, struct ay_error *e)
{
	uint64_t generation = ay_gate_generation(g);
	int64_t keep;
	int rc;

	if (remembered(g, artifact, c->uid, generation))
		return 0;
	rc = decide(g, artifact, c, &keep, e);
	if (rc == 0)
		remember(g, artifact, c->uid, generation, keep);
	return rc;
}

#define HOLDERS_AT_ONCE 64
struct holders { uint64_t v[HOLDERS_AT_ONCE]; size_t n; };

static int take_holder(uint64_t artifact, void *arg)
{
	struct holders *h = arg;

	if (h->n == HOLDERS_AT_ONCE)
		return 1;
	h->v[h->n++] = artifact;
	return 0;
}

struct asking { struct ay_gate *g; const struct ay_cred *c; uint64_t found; struct ay_txn *t; const struct ay_policy *p; const struct ay_trust *tr; };

static int any_standing(uint64_t artifact, void *arg)
{
	struct asking *k = arg;
	struct ay_artifact a;

	if (ay_artifact_by_id(k->t, artifact, &a) || ay_standing(k->g, k->t, k->p, k->tr, &a, NULL))
		return 0;
	/* Rights may ask a name service: at most a minute's worth of that, then it is cached. */
	return ay_gate_may(k->g, k->c, a.ref.name, AY_RIGHT_READ);
}

int ay_gate_may_open_object(struct ay_gate *g, const struct ay_sha256 *d, const struct ay_cred *c, struct ay_error *e)
{
	struct asking k = { .g = g, .c = c, .p = ay_gate_policy(g), .tr = ay_gate_trust(g) };
	struct holders h = { .n = 0 };
	int rc = ay_read_begin(g->store, &k.t);

	if (rc == 0) {
		rc = ay_object_artifacts(k.t, d, take_holder, &h);
		for (size_t i = 0; rc >= 0 && i < h.n; i++)
			if (remembered(g, h.v[i], c->uid, ay_gate_generation(g)))
				k.found = 1;
		if (rc >= 0 && !k.found)
			k.found = ay_object_artifacts(k.t, d, any_standing, &k) == 1;
		ay_read_end(k.t);
	}
	ay_gate_policy_release(g, k.p);
	ay_gate_trust_release(g, k.tr);
	if (rc < 0 || !h.n)
		return ay_error_set(e, AY_ENOTFOUND, "no admitted artifact holds this object");
	return k.found ? 0 : ay_error_set(e, AY_EACCESS, "you may read no admitted artifact that holds this object");
}
