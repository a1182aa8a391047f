/* SPDX-License-Identifier: Apache-2.0 */
/* Enough distinct trusted keys, each allowed for this name, signed this tree under this reference. */
#include "assay/text.h"
#include "gate/candidate.h"

static void why_not(struct ay_candidate *c)
{
	for (size_t i = 0; i < c->claims.n; i++) {
		const struct ay_claim *k = &c->claims.v[i];

		if (!k->counts && k->rule && k->kind != AY_CLAIM_PROVENANCE)
			ay_gate_find(c, AY_GATE_SIGNATURE, k->rule, k->name, NULL, NULL, "%s", k->why.msg);
	}
}

void ay_gate_signature(struct ay_candidate *c)
{
	enum ay_role role = c->rules->signature.role ? c->rules->signature.role : AY_ROLE_PUBLISHER;
	uint32_t need = ay_trust_threshold(c->trust, role, c->art.ref.name);
	unsigned have = ay_claims_signers(&c->claims);
	char got[16], want[16], until[24];
	bool conflict;

	ay_claims_manifest(&c->claims, &conflict);
	if (c->rules->signature.threshold > need)
		need = c->rules->signature.threshold;
	if (!c->again && ay_trust_expired(c->trust, c->now_s)) {
		ay_time_format(c->trust->expires_s, until);
		ay_gate_find(c, AY_GATE_SIGNATURE, "signature.trust-expired", NULL, until, NULL, "the trust root expired at %s", until);
	}
	if (!c->again && c->now_s < c->trust->issued_s - AY_LIMIT_CLOCK_SKEW_S) {
		char now[24];

		ay_time_format(c->now_s, now);
		ay_time_format(c->trust->issued_s, until);
		ay_gate_find(c, AY_GATE_SIGNATURE, "signature.clock", NULL, now, until, "the clock says %s, the trust root was issued at %s", now, until);
	}
	if (conflict)
		ay_gate_find(c, AY_GATE_SIGNATURE, "signature.conflict", NULL, NULL, NULL, "two trusted signatures list different files");
	if (have >= need && have > 0)
		return;
	why_not(c);
	snprintf(got, sizeof(got), "%u", have);
	snprintf(want, sizeof(want), "%u", need);
	if (have)
		ay_gate_find(c, AY_GATE_SIGNATURE, "signature.threshold", NULL, got, want, "%u of %u trusted keys signed", have, need);
	else if (!c->judged.gate[AY_GATE_SIGNATURE].total)
		ay_gate_find(c, AY_GATE_SIGNATURE, "signature.missing", NULL, NULL, NULL, "nobody signed these files");
}
