/* SPDX-License-Identifier: Apache-2.0 */
/* Which version of another name a candidate is compared with. */
#include "gate/candidate.h"

struct newest {
	struct ay_candidate *c;
	struct ay_txn *t;
	struct ay_artifact found;            /* id 0: none so far */
};

static int keep_newest(const struct ay_artifact *a, void *arg)
{
	struct newest *k = arg;

	if (a->state == AY_ADMITTED && a->id != k->c->art.id && (!k->found.id || a->log_index > k->found.log_index))
		k->found = *a;
	return 0;
}

/* A version, or the one that a tag of this name points at. */
static int find_named(struct newest *k, const char *text, char why[256])
{
	struct ay_artifact *a = &k->found;
	struct ay_tag tag;
	struct ay_ref ref;
	int rc = ay_ref_parse(text, &ref, NULL);

	if (!rc)
		rc = ay_artifact_get(k->t, text, a);
	if (rc == AY_ENOTFOUND && (rc = ay_tag_get(k->t, ref.name, ref.version, &tag)) == 0) {
		char whole[2 * AY_LIMIT_REF];

		snprintf(whole, sizeof(whole), "%s@%s", ref.name, tag.version);
		rc = ay_artifact_get(k->t, whole, a);
	}
	if (rc) {
		snprintf(why, 256, "%.200s is not known here", text);
		return rc;
	}
	if (a->state == AY_ADMITTED)
		return 0;
	snprintf(why, 256, "%.200s is %s", a->ref.text, ay_state_name(a->state));
	return AY_ENOTFOUND;
}

/* After a change of policy versions are judged one after the other: one whose turn has not come yet is what it was. */
static int check_standing(struct newest *k, char why[256])
{
	struct ay_error e = {.msg = ""};
	const struct ay_rules *r;
	struct ay_decision d;
	int rc = ay_policy_rules(k->c->policy, k->found.ref.name, &r, &e);

	if (!rc && ay_decision_get(k->t, k->found.id, &r->digest, &d) == 0)
		rc = ay_standing(k->c->g, k->t, k->c->policy, k->c->trust, &k->found, &e);
	if (rc)
		snprintf(why, 256, "%.255s", e.msg);
	return rc;
}

int ay_version_find(struct ay_candidate *c, const char *ref, bool standing, struct ay_artifact *out, char why[256])
{
	struct newest k = {.c = c};
	char prefix[AY_LIMIT_REF + 2];
	int rc = ay_read_begin(c->g->store, &k.t);

	if (rc) {
		snprintf(why, 256, "the catalogue cannot be read: %s", ay_strerror(rc));
		return rc;
	}
	if (strchr(ref, '@')) {
		rc = find_named(&k, ref, why);
	} else {
		snprintf(prefix, sizeof(prefix), "%s@", ref);
		rc = ay_artifact_each(k.t, prefix, keep_newest, &k);
		if (!rc && !k.found.id)
			rc = AY_ENOTFOUND;
		if (rc)
			snprintf(why, 256, "no version of %.200s is admitted here", ref);
	}
	if (!rc && standing)
		rc = check_standing(&k, why);
	ay_read_end(k.t);
	*out = k.found;
	return rc;
}
