/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/trust.h"

#include "assay/claim.h"
#include "assay/text.h"
#include "tests/lib/tap.h"

#define DAY 86400

static struct ay_key *owner, *second, *third, *publisher, *gate;

static const struct ay_sha256 *id_of(const struct ay_key *k)
{
	return &ay_key_public(k)->id;
}

static void need(int r, const char *what)
{
	if (r < 0)
		ay_bug("%s: %s", what, ay_strerror(r));
}

/* Version 1: three root keys, one publisher of models/fraud. */
static struct ay_trust first(uint32_t threshold)
{
	struct ay_trust t = { .version = 1, .issued_s = 1000 * DAY, .expires_s = 1365 * DAY, .log_origin = "assay.local/x" };
	const struct ay_key *const all[] = { owner, second, third, publisher, gate };

	for (size_t i = 0; i < AY_ARRAY_LEN(all); i++)
		need(ay_trust_add_key(&t, ay_key_public(all[i])), "key");
	for (size_t i = 0; i < 3; i++)
		need(ay_trust_add_grant(&t, id_of(all[i]), AY_ROLE_ROOT, "**"), "root");
	need(ay_trust_add_grant(&t, id_of(publisher), AY_ROLE_PUBLISHER, "models/fraud/**"), "publisher");
	need(ay_trust_add_grant(&t, id_of(gate), AY_ROLE_GATE, "**"), "gate");
	need(ay_trust_set_threshold(&t, AY_ROLE_ROOT, "**", threshold), "threshold");
	return t;
}

static struct ay_buf signed_by(const struct ay_trust *t, const struct ay_key *const *keys, size_t n)
{
	struct ay_buf doc = ay_buf_new(1 << 20), env = ay_buf_new(1 << 20), next = ay_buf_new(1 << 20);

	need(ay_trust_document(t, &doc), "document");
	need(ay_envelope_sign(keys[0], doc.data, doc.len, &env), "sign");
	for (size_t i = 1; i < n; i++) {
		struct ay_error e;

		ay_buf_clear(&next);
		need(ay_envelope_add(env.data, env.len, keys[i], &next, &e), "sign too");
		ay_buf_clear(&env);
		ay_buf_add(&env, next.data, next.len);
	}
	ay_buf_free(&doc);
	ay_buf_free(&next);
	return env;
}

static int load(const struct ay_trust *t, const struct ay_trust *prev, const struct ay_key *const *keys, size_t n)
{
	struct ay_buf env = signed_by(t, keys, n);
	struct ay_trust again;
	struct ay_error e;
	int r = ay_trust_load(env.data, env.len, prev, &again, &e);

	if (r == 0)
		ay_trust_free(&again);
	ay_buf_free(&env);
	return r;
}

static void test_round_trip(void)
{
	struct ay_trust t = first(2), again;
	const struct ay_key *both[] = { owner, second };
	struct ay_buf env, doc = ay_buf_new(1 << 20), doc2 = ay_buf_new(1 << 20);
	struct ay_error e;

	need(ay_trust_revoke_key(&t, id_of(publisher), 77, true, "laptop \"lost\"\nin a train"), "revoke");
	env = signed_by(&t, both, 2);
	is_int(ay_trust_load(env.data, env.len, NULL, &again, &e), 0, "loaded");
	ok(again.version == 1 && again.issued_s == t.issued_s && again.expires_s == t.expires_s && again.nkeys == 5 && again.ngrants == 5 &&
	   again.nthresholds == 1 && again.nrevoked == 1, "everything is there");
	is_str(again.log_origin, "assay.local/x", "log");
	is_str(again.revoked[0].reason, "laptop \"lost\"\nin a train", "reason");
	ok(again.revoked[0].compromised && again.revoked[0].since_log_index == 77, "revocation");
	ok(ay_trust_document(&t, &doc) == 0 && ay_trust_document(&again, &doc2) == 0 && doc.len == doc2.len &&
	   memcmp(doc.data, doc2.data, doc.len) == 0, "written again it is the same text");
	ay_trust_free(&again);
	bool refused = true;
	/* A keyid is not evidence: only from the first one on may a byte differ. */
	size_t evidence = (size_t)(strstr(ay_buf_str(&env), "\"keyid\"") - ay_buf_str(&env));

	for (size_t i = 0; i < env.len; i += 3) {
		env.data[i] ^= 1;
		if (ay_trust_load(env.data, env.len, NULL, &again, &e) == 0) {
			refused &= i > evidence;
			ay_trust_free(&again);
		}
		env.data[i] ^= 1;
	}
	ok(refused, "no changed byte of what is signed is taken");
	ay_buf_free(&env);
	ay_buf_free(&doc);
	ay_buf_free(&doc2);
	ay_trust_free(&t);
}

static void test_threshold(void)
{
	struct ay_trust t = first(2);
	const struct ay_key *one[] = { owner }, *two[] = { owner, third }, *wrong[] = { owner, publisher };
	struct ay_buf env = signed_by(&t, one, 1), more = ay_buf_new(1 << 20);
	struct ay_error e;

	is_int(load(&t, NULL, one, 1), AY_ESIGNATURE, "one of two is too few");
	is_int(load(&t, NULL, two, 2), 0, "two are enough");
	is_int(load(&t, NULL, wrong, 2), AY_ESIGNATURE, "a publisher's signature does not count");
	is_int(ay_envelope_add(env.data, env.len, owner, &more, &e), AY_EEXISTS, "nobody signs twice");

	/* By hand: the same signature twice, under two keyids. */
	char *sigs = strstr((char *)env.data, "\"signatures\":[") + strlen("\"signatures\":[");
	size_t head = (size_t)(sigs - (char *)env.data), body = env.len - head - 2;
	struct ay_trust again;

	ay_buf_clear(&more);
	ay_buf_add(&more, env.data, head + body);
	ay_buf_adds(&more, ",");
	ay_buf_add(&more, sigs, body);
	ay_buf_adds(&more, "]}");
	is_int(ay_trust_load(more.data, more.len, NULL, &again, &e), AY_ESIGNATURE, "one key's signature twice counts once");
	ay_buf_free(&env);
	ay_buf_free(&more);
	ay_trust_free(&t);
}

static void test_rotation(void)
{
	struct ay_trust one = first(2), two, three;
	const struct ay_key *old[] = { owner, second }, *mixed[] = { owner, third }, *all[] = { owner, second, third };

	need(ay_trust_next(&one, &two), "next");
	is_int((long long)two.version, 2, "the next version");
	is_int(two.expires_s - two.issued_s, one.expires_s - one.issued_s, "lives as long");
	is_int(load(&two, &one, old, 2), 0, "signed by the old and the new");
	is_int(load(&two, &one, old, 1), AY_ESIGNATURE, "too few");
	/* Owner leaves: the old set must say so, and the new one too. */
	need(ay_trust_remove_key(&two, id_of(owner), 5), "remove");
	is_int(load(&two, &one, old, 2), AY_ESIGNATURE, "two of the old, one of the new");
	const struct ay_key *new[] = { second, third };

	is_int(load(&two, &one, new, 2), 0, "two that are in both");
	is_int(load(&two, &one, all, 3), 0, "all three");
	is_int(load(&two, &one, mixed, 2), AY_ESIGNATURE, "the one who left does not count for the new");
	need(ay_trust_next(&two, &three), "next");
	is_int(load(&three, &one, all, 3), AY_EROLLBACK, "a version is not skipped");
	is_int(load(&one, &two, all, 3), AY_EROLLBACK, "nor is there a way back");
	is_int(load(&three, &two, mixed, 2), AY_ESIGNATURE, "the one who left cannot sign the version after");
	/* A document that only its own signers want. */
	struct ay_trust coup = { .version = 2, .issued_s = 1, .expires_s = 2 };
	const struct ay_key *usurper[] = { gate };

	need(ay_trust_add_key(&coup, ay_key_public(gate)), "key");
	need(ay_trust_add_grant(&coup, id_of(gate), AY_ROLE_ROOT, "**"), "root");
	is_int(load(&coup, NULL, usurper, 1), 0, "a root of others stands on its own");
	is_int(load(&coup, &one, usurper, 1), AY_ESIGNATURE, "but does not follow ours");
	ay_trust_free(&coup);
	three.nrevoked = 0;
	is_int(load(&three, &two, all, 3), AY_ETRUST, "a revocation is not taken back");
	ay_trust_free(&three);
	ay_trust_free(&two);
	ay_trust_free(&one);
}

static void test_allows(void)
{
	struct ay_trust t = first(1);
	struct ay_key *stranger;
	struct ay_error e;

	need(ay_key_generate(AY_KEY_ED25519, &stranger, NULL), "key");
	is_int(ay_trust_allows(&t, id_of(publisher), AY_ROLE_PUBLISHER, "models/fraud/x", UINT64_MAX, &e), 0, "the publisher, below its name");
	is_int(ay_trust_allows(&t, id_of(publisher), AY_ROLE_PUBLISHER, "models/fraud/x/y", 3, &e), 0, "and deeper");
	is_int(ay_trust_allows(&t, id_of(publisher), AY_ROLE_PUBLISHER, "models/fraudulent/x", 3, &e), AY_ETRUST, "not beside it");
	ok(strstr(e.msg, "not for models/fraudulent/x") != NULL, "and is told why: %s", e.msg);
	is_int(ay_trust_allows(&t, id_of(publisher), AY_ROLE_BUILDER, "models/fraud/x", 3, &e), AY_ETRUST, "not in another role");
	is_int(ay_trust_allows(&t, id_of(stranger), AY_ROLE_PUBLISHER, "models/fraud/x", 3, &e), AY_ETRUST, "a stranger");
	ok(strstr(e.next, "assay trust add") != NULL, "learns what to do");

	need(ay_trust_remove_key(&t, id_of(publisher), 10), "remove");
	is_int(ay_trust_allows(&t, id_of(publisher), AY_ROLE_PUBLISHER, "models/fraud/x", 9, &e), 0, "removed: what was logged before counts");
	is_int(ay_trust_allows(&t, id_of(publisher), AY_ROLE_PUBLISHER, "models/fraud/x", 10, &e), AY_ETRUST, "from then on it does not");
	is_int(ay_trust_allows(&t, id_of(publisher), AY_ROLE_PUBLISHER, "models/fraud/x", UINT64_MAX, &e), AY_ETRUST, "nor what is not logged yet");
	need(ay_trust_revoke_key(&t, id_of(publisher), 20, false, "again"), "revoke");
	is_int(ay_trust_allows(&t, id_of(publisher), AY_ROLE_PUBLISHER, "models/fraud/x", 15, &e), AY_ETRUST, "a later revocation gives nothing back");
	need(ay_trust_revoke_key(&t, id_of(publisher), 20, true, "stolen"), "revoke");
	is_int(ay_trust_allows(&t, id_of(publisher), AY_ROLE_PUBLISHER, "models/fraud/x", 0, &e), AY_ETRUST, "compromised: nothing counts");
	need(ay_trust_revoke_key(&t, id_of(publisher), 0, false, "retired"), "revoke");
	is_int(ay_trust_allows(&t, id_of(publisher), AY_ROLE_PUBLISHER, "models/fraud/x", 0, &e), AY_ETRUST, "and stays so");
	is_int(ay_trust_revoke_key(&t, id_of(stranger), 0, true, ""), AY_ENOTFOUND, "an unknown key cannot be revoked");

	ok(!ay_trust_expired(&t, t.expires_s - 1) && ay_trust_expired(&t, t.expires_s), "expiry is sharp");
	ay_key_free(stranger);
	ay_trust_free(&t);
}

static void test_thresholds(void)
{
	struct ay_trust t = first(1);

	is_int(ay_trust_threshold(&t, AY_ROLE_PUBLISHER, "models/x"), 1, "one without an entry");
	need(ay_trust_set_threshold(&t, AY_ROLE_PUBLISHER, "**", 2), "set");
	need(ay_trust_set_threshold(&t, AY_ROLE_PUBLISHER, "models/fraud/**", 3), "set");
	need(ay_trust_set_threshold(&t, AY_ROLE_PUBLISHER, "models/fraud/*", 1), "set");
	is_int(ay_trust_threshold(&t, AY_ROLE_PUBLISHER, "models/x"), 2, "the general entry");
	is_int(ay_trust_threshold(&t, AY_ROLE_PUBLISHER, "models/fraud/x"), 3, "two of the same length: the stricter");
	need(ay_trust_set_threshold(&t, AY_ROLE_PUBLISHER, "models/fraud/?", 5), "set");
	is_int(ay_trust_threshold(&t, AY_ROLE_PUBLISHER, "models/fraud/x"), 5, "whichever stands first");
	is_int(ay_trust_threshold(&t, AY_ROLE_CURATOR, "models/fraud/x"), 1, "another role");
	is_int(ay_trust_set_threshold(&t, AY_ROLE_PUBLISHER, "**", 0), AY_EUSAGE, "zero is no threshold");
	ay_trust_free(&t);
}

static void test_one_role(void)
{
	struct ay_trust t = first(1);
	struct ay_buf doc = ay_buf_new(1 << 20);

	is_int(ay_trust_add_grant(&t, id_of(owner), AY_ROLE_PUBLISHER, "**"), AY_EUSAGE, "an owner is nothing else");
	is_int(ay_trust_add_grant(&t, id_of(publisher), AY_ROLE_LOG, "**"), AY_EUSAGE, "a publisher does not sign the log");
	is_int(ay_trust_add_grant(&t, id_of(publisher), AY_ROLE_BUILDER, "models/**"), 0, "but may build");
	is_int(ay_trust_add_grant(&t, id_of(publisher), AY_ROLE_CURATOR, "models/**"), 0, "and curate");
	is_int(ay_trust_document(&t, &doc), 0, "that can be written");
	t.grants[t.ngrants - 1].role = AY_ROLE_WITNESS;
	is_int(ay_trust_document(&t, &doc), AY_EFORMAT, "a bent one cannot");
	t.grants[t.ngrants - 1].role = AY_ROLE_CURATOR;
	need(ay_trust_set_threshold(&t, AY_ROLE_ROOT, "**", 4), "set");
	is_int(ay_trust_document(&t, &doc), AY_EFORMAT, "nor one whose threshold nobody can reach");
	ay_buf_free(&doc);
	ay_trust_free(&t);
}

/* Documents with one thing changed, signed as they are. */
static void test_strict(void)
{
	static const struct { const char *from, *to, *name; } edits[] = {
		{ "\"version\":\"1\"", "\"version\":\"1\",\"x\":1", "an unknown member" },
		{ "\"version\":\"1\"", "\"version\":\"0\"", "version 0" },
		{ "\"version\":\"1\"", "\"version\":-1", "a negative version" },
		{ "\"role\":\"gate\"", "\"role\":\"gatekeeper\"", "an unknown role" },
		{ "\"role\":\"gate\"", "\"role\":\"gate\",\"until\":1", "an unknown member of a grant" },
		{ "\"n\":1", "\"n\":0", "a threshold of 0" },
		{ "\"n\":1", "\"n\":4294967297", "a threshold beyond 32 bits" },
		{ "\"for\":\"models/fraud/**\"", "\"for\":\"\"", "an empty pattern" },
		{ "\"revoked\":[],", "", "a member that is missing" },
		{ "-----BEGIN", "x----BEGIN", "a key that is none" },
		{ "https://assay.dev/trust-root/v1", "https://assay.dev/policy/v1", "another kind of document" },
		{ "\"_type\"", "\"extra\":1,\"_type\"", "an unknown member of the statement" },
	};
	struct ay_trust t = first(1), again;
	struct ay_buf doc = ay_buf_new(1 << 20);
	struct ay_error e;

	need(ay_trust_document(&t, &doc), "document");
	for (size_t i = 0; i < AY_ARRAY_LEN(edits); i++) {
		struct ay_buf bad = ay_buf_new(1 << 20), env = ay_buf_new(1 << 20);
		const char *text = ay_buf_str(&doc), *at = strstr(text, edits[i].from);

		if (!at)
			ay_bug("no %s in %s", edits[i].from, text);
		ay_buf_add(&bad, text, (size_t)(at - text));
		ay_buf_adds(&bad, edits[i].to);
		ay_buf_adds(&bad, at + strlen(edits[i].from));
		/* The subject is made to fit, so that only the edit can be the reason. */
		char *p = strstr((char *)bad.data, "\"predicate\":"), hex[AY_SHA256_HEX];
		struct ay_sha256 d = ay_sha256_of(p + 12, strlen(p + 12) - 1);

		ay_sha256_hex(&d, hex);
		memcpy(strstr((char *)bad.data, "\"sha256\":\"") + 10, hex, 64);
		need(ay_envelope_sign(owner, bad.data, bad.len, &env), "sign");
		int r = ay_trust_load(env.data, env.len, NULL, &again, &e);

		ok(r == AY_EFORMAT || r == AY_EUNSUPPORTED, "%s: %s", edits[i].name, r < 0 ? e.msg : "taken");
		if (r == 0)
			ay_trust_free(&again);
		ay_buf_free(&bad);
		ay_buf_free(&env);
	}
	doc.data[strstr(ay_buf_str(&doc), "\"sha256\":\"") - ay_buf_str(&doc) + 10] ^= 1;
	struct ay_buf env = ay_buf_new(1 << 20);

	need(ay_envelope_sign(owner, doc.data, doc.len, &env), "sign");
	ok(ay_trust_load(env.data, env.len, NULL, &again, &e) < 0, "a subject that is not the digest");
	ay_buf_free(&env);
	ay_buf_free(&doc);
	ay_trust_free(&t);
}

int main(void)
{
	struct ay_key **const all[] = { &owner, &second, &third, &gate };
	enum ay_role role;

	for (size_t i = 0; i < AY_ARRAY_LEN(all); i++)
		need(ay_key_generate(i == 2 ? AY_KEY_P256 : AY_KEY_ED25519, all[i], NULL), "key");
	need(ay_key_generate(AY_KEY_P256, &publisher, NULL), "key");
	test_round_trip();
	test_threshold();
	test_rotation();
	test_allows();
	test_thresholds();
	test_one_role();
	test_strict();
	for (enum ay_role r = AY_ROLE_ROOT; r <= AY_ROLE_MANIFEST; r++)
		ok(ay_role_parse(ay_role_name(r), &role) == 0 && role == r, "role %s", ay_role_name(r));
	is_int(ay_role_parse("unknown", &role), AY_EFORMAT, "no other role");
	for (size_t i = 0; i < AY_ARRAY_LEN(all); i++)
		ay_key_free(*all[i]);
	ay_key_free(publisher);
	return done_testing();
}
