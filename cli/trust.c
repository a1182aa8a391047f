/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "assay/claim.h"
#include "assay/fd.h"
#include "assay/text.h"
#include "assay/trust.h"
#include "cli/cli.h"

struct args {
	const char *owner, *role, *pattern, *threshold, *reason, *expires;
	bool retired;
	struct cli_list new_owners;
};

/* The trust root in force, and the size of the log. */
static int current(struct cli *c, struct ay_trust *out, uint64_t *log_size, struct ay_buf *envelope, struct ay_error *e)
{
	struct ay_json_doc *doc = NULL;
	int r = cli_ask_ref(c, "trust.get", NULL, false, &doc, e);

	if (r < 0)
		return r;
	const char *b64 = ay_json_str(ay_json_get(ay_json_root(doc), "envelope"), NULL);

	*log_size = 0;
	if (!b64 || ay_json_u64(ay_json_get(ay_json_root(doc), "log_size"), log_size) < 0)
		r = ay_error_set(e, AY_EINTERNAL, "the answer holds no trust root");
	if (r == 0)
		r = ay_base64_decode(envelope, b64, strlen(b64), false);
	/* The owner of the store has walked the chain; here the newest must verify by itself. */
	if (r == 0)
		r = ay_trust_load(envelope->data, envelope->len, NULL, out, e);
	ay_json_free(doc);
	return r;
}

static void key_json(struct ay_jw *w, const struct ay_trust *t, const struct ay_pubkey *k)
{
	char hex[AY_SHA256_HEX];

	ay_jw_object(w);
	ay_sha256_hex(&k->id, hex);
	ay_jw_kstr(w, "key", hex);
	ay_jw_kstr(w, "type", k->type == AY_KEY_ED25519 ? "ed25519" : "ecdsa");
	ay_jw_key(w, "grants");
	ay_jw_array(w);
	for (size_t i = 0; i < t->ngrants; i++) {
		if (!ay_sha256_eq(&t->grants[i].key, &k->id))
			continue;
		ay_jw_object(w);
		ay_jw_kstr(w, "role", ay_role_name(t->grants[i].role));
		ay_jw_kstr(w, "for", t->grants[i].pattern);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
	for (size_t i = 0; i < t->nrevoked; i++)
		if (ay_sha256_eq(&t->revoked[i].key, &k->id))
			ay_jw_kstr(w, t->revoked[i].compromised ? "revoked" : "retired", t->revoked[i].reason);
	ay_jw_object_end(w);
}

static void show_json(const struct ay_trust *t)
{
	struct ay_buf b = ay_buf_new(64 * MIB);
	struct ay_jw w = ay_jw_new(&b, true);
	char text[24];

	ay_jw_object(&w);
	ay_jw_ku64(&w, "version", t->version);
	ay_time_format(t->expires_s, text);
	ay_jw_kstr(&w, "expires", text);
	ay_jw_kstr(&w, "log", t->log_origin);
	ay_jw_key(&w, "keys");
	ay_jw_array(&w);
	for (size_t i = 0; i < t->nkeys; i++)
		key_json(&w, t, &t->keys[i]);
	ay_jw_array_end(&w);
	ay_jw_key(&w, "thresholds");
	ay_jw_array(&w);
	for (size_t i = 0; i < t->nthresholds; i++) {
		ay_jw_object(&w);
		ay_jw_kstr(&w, "role", ay_role_name(t->thresholds[i].role));
		ay_jw_kstr(&w, "for", t->thresholds[i].pattern);
		ay_jw_ku64(&w, "n", t->thresholds[i].n);
		ay_jw_object_end(&w);
	}
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
	puts(ay_buf_str(&b));
	ay_buf_free(&b);
}

static void show_text(const struct ay_trust *t)
{
	char text[24], hex[AY_SHA256_HEX];

	ay_time_format(t->expires_s, text);
	printf("trust root %llu, expires %s, log %s\n", (unsigned long long)t->version, text, t->log_origin);
	for (size_t i = 0; i < t->ngrants; i++) {
		const struct ay_grant *g = &t->grants[i];
		const char *end = "";

		for (size_t j = 0; j < t->nrevoked; j++)
			if (ay_sha256_eq(&t->revoked[j].key, &g->key))
				end = t->revoked[j].compromised ? "  REVOKED" : "  retired";
		ay_sha256_hex(&g->key, hex);
		printf("  %-10s %.16s  %s%s\n", ay_role_name(g->role), hex, g->pattern, end);
	}
	for (size_t i = 0; i < t->nthresholds; i++)
		printf("  %-10s %u of them for %s\n", ay_role_name(t->thresholds[i].role), t->thresholds[i].n, t->thresholds[i].pattern);
}

/* A key of the trust root by the beginning of its id. */
static int key_by_prefix(const struct ay_trust *t, const char *prefix, struct ay_sha256 *out, struct ay_error *e)
{
	size_t found = 0;

	for (size_t i = 0; i < t->nkeys; i++) {
		char hex[AY_SHA256_HEX];

		ay_sha256_hex(&t->keys[i].id, hex);
		if (strlen(prefix) >= 8 && strncmp(hex, prefix, strlen(prefix)) == 0) {
			*out = t->keys[i].id;
			found++;
		}
	}
	if (found == 1)
		return 0;
	ay_error_set(e, AY_ENOTFOUND, found ? "%s begins several key ids" : "the trust root has no key %s (give at least 8 digits)", prefix);
	ay_error_next(e, "assay trust show");
	return AY_ENOTFOUND;
}

/* Signs the next version and brings it. more: keys that sign beside the owner. */
static int publish(struct cli *c, const struct ay_trust *t, const struct args *a, struct ay_error *e)
{
	struct ay_buf doc = ay_buf_new(AY_LIMIT_TRUST_ROOT), env = ay_buf_new(AY_LIMIT_TRUST_ROOT), more = ay_buf_new(AY_LIMIT_TRUST_ROOT);
	struct ay_key *owner = NULL;
	int r = cli_owner_key(a->owner, &owner, e);

	if (r == 0 && (r = ay_trust_document(t, &doc)) < 0)
		ay_error_set(e, r, "the trust root could not be written: %s", ay_strerror(r));
	if (r == 0 && (r = ay_envelope_sign(owner, doc.data, doc.len, &env)) < 0)
		ay_error_set(e, r, "the trust root could not be signed: %s", ay_strerror(r));
	for (size_t i = 0; r == 0 && i < a->new_owners.n; i++) {
		struct ay_key *k = NULL;

		r = cli_key(a->new_owners.v[i], &k, e);
		if (r == 0)
			r = ay_envelope_add(env.data, env.len, k, &more, e);
		if (r == 0) {
			struct ay_buf swap = env;

			env = more;
			more = swap;
			ay_buf_clear(&more);
		}
		ay_key_free(k);
	}
	if (r == 0)
		r = cli_bring(c, "trust", &env, e);
	ay_key_free(owner);
	ay_buf_free(&doc);
	ay_buf_free(&env);
	ay_buf_free(&more);
	return r;
}

static int add(struct ay_trust *t, const char *file, const struct args *a, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_KEY_FILE);
	struct ay_pubkey k;
	enum ay_role role;
	int r = ay_read_file(AT_FDCWD, file, &b, e);

	if (r == 0)
		r = ay_pubkey_parse(b.data, b.len, &k, e);
	ay_buf_free(&b);
	if (r == 0 && ay_role_parse(a->role, &role) < 0)
		r = ay_error_set(e, AY_EUSAGE, "there is no role '%s'; roles are publisher, builder, curator, scanner, root, witness", a->role);
	if (r == 0 && (r = ay_trust_add_key(t, &k)) < 0)
		ay_error_set(e, r, "the key cannot be added: %s", ay_strerror(r));
	if (r == 0 && (r = ay_trust_add_grant(t, &k.id, role, a->pattern)) < 0)
		ay_error_set(e, r, "the key cannot hold the role %s for %s: %s (a key has one role)", a->role, a->pattern, ay_strerror(r));
	if (r == 0 && a->threshold) {
		char *end;
		unsigned long n = strtoul(a->threshold, &end, 10);

		r = *end || n < 1 || n > 64 ? ay_error_set(e, AY_EUSAGE, "--threshold is a number from 1 to 64")
					    : ay_trust_set_threshold(t, role, a->pattern, (uint32_t)n);
	}
	return r;
}

/* rotate: the new owner's key takes the place of all keys that hold the root role. */
static int rotate(struct ay_trust *t, const struct args *a, uint64_t log_size, struct ay_error *e)
{
	struct ay_key *k = NULL;
	struct ay_sha256 old[64];
	size_t n = 0;
	int r = cli_key(a->new_owners.v[0], &k, e);

	for (size_t i = 0; i < t->ngrants && n < AY_ARRAY_LEN(old); i++)
		if (t->grants[i].role == AY_ROLE_ROOT)
			old[n++] = t->grants[i].key;
	if (r == 0)
		r = ay_trust_add_key(t, ay_key_public(k));
	if (r == 0)
		r = ay_trust_add_grant(t, &ay_key_public(k)->id, AY_ROLE_ROOT, "**");
	for (size_t i = 0; r == 0 && i < n; i++)
		if (!ay_sha256_eq(&old[i], &ay_key_public(k)->id))
			r = ay_trust_remove_key(t, &old[i], log_size);
	ay_key_free(k);
	return r < 0 && !e->msg[0] ? ay_error_set(e, r, "the owner's key cannot be replaced: %s", ay_strerror(r)) : r;
}

static int change(struct cli *c, const char *what, int n, char **argv, const struct args *a, struct ay_trust *t, uint64_t log_size,
		  struct ay_error *e)
{
	struct ay_sha256 key;
	int r = 0;

	if (strcmp(what, "add") == 0) {
		if (n != 2 || !a->role || !a->pattern)
			return ay_error_set(e, AY_EUSAGE, "expected: assay trust add KEY.pub --role ROLE --for PATTERN");
		r = add(t, argv[1], a, e);
	} else if (strcmp(what, "remove") == 0 || strcmp(what, "revoke") == 0) {
		bool revoke = what[2] == 'v';

		if (n != 2 || (revoke && !a->reason))
			return ay_error_set(e, AY_EUSAGE, "expected: assay trust %s KEYID%s", what, revoke ? " --reason R" : "");
		r = key_by_prefix(t, argv[1], &key, e);
		if (r == 0)
			r = revoke ? ay_trust_revoke_key(t, &key, log_size, true, a->reason) : ay_trust_remove_key(t, &key, log_size);
		if (r < 0 && !e->msg[0])
			ay_error_set(e, r, "the key cannot be changed: %s", ay_strerror(r));
	} else if (strcmp(what, "rotate") == 0) {
		if (n != 1 || a->new_owners.n != 1)
			return ay_error_set(e, AY_EUSAGE, "expected: assay trust rotate --new NEW.key [--owner OLD.key]");
		r = rotate(t, a, log_size, e);
	} else if (strcmp(what, "sign") == 0) {
		if (a->expires && ay_time_parse(a->expires, strlen(a->expires), &t->expires_s) < 0)
			return ay_error_set(e, AY_EUSAGE, "--expires is a time like 2027-01-31T00:00:00Z");
		if (t->expires_s <= ay_time_now())
			return ay_error_set(e, AY_EUSAGE, "--expires %s is past: nothing could be admitted", a->expires ? a->expires : "");
	} else {
		return ay_error_set(e, AY_EUSAGE, "trust knows show, add, remove, revoke, rotate and sign, not '%s'", what);
	}
	return r < 0 ? r : publish(c, t, a, e);
}

int cmd_trust(struct cli *c, int argc, char **argv)
{
	struct args a = { 0 };
	const struct cli_opt opts[] = {
		{ "owner", CLI_TEXT_OPT, &a.owner, "OWNER.key", "signs the next version" },
		{ "role", CLI_TEXT_OPT, &a.role, "ROLE", "publisher, builder, curator, scanner, root, witness" },
		{ "for", CLI_TEXT_OPT, &a.pattern, "PATTERN", "names that the role covers, e.g. models/fraud/**" },
		{ "threshold", CLI_TEXT_OPT, &a.threshold, "N", "this many keys of the role must agree for these names" },
		{ "reason", CLI_TEXT_OPT, &a.reason, "TEXT", "why a key is revoked; it is logged" },
		{ "new", CLI_LIST, &a.new_owners, "NEW.key", "rotate: the new owner's key; else further signers" },
		{ "expires", CLI_TEXT_OPT, &a.expires, "TIME", "sign: when the next version expires" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_trust now, next;
	struct ay_buf envelope = ay_buf_new(AY_LIMIT_TRUST_ROOT);
	uint64_t log_size;
	int status, n = cli_parse(c, argc, argv, opts, 1, 2, &status);

	if (n < 0)
		return status;
	if (!cli_store(c))
		return 64;
	int r = current(c, &now, &log_size, &envelope, &e);

	ay_buf_free(&envelope);
	if (r < 0)
		return cli_fail(c, &e, r);
	if (strcmp(argv[0], "show") == 0) {
		if (c->format == CLI_JSON)
			show_json(&now);
		else
			show_text(&now);
		ay_trust_free(&now);
		return 0;
	}
	r = ay_trust_next(&now, &next);
	ay_trust_free(&now);
	if (r == 0) {
		r = change(c, argv[0], n, argv, &a, &next, log_size, &e);
		if (r == 0) {
			if (c->format == CLI_JSON)
				printf("{\"version\": %llu}\n", (unsigned long long)next.version);
			else
				printf("trust root %llu is in force\n", (unsigned long long)next.version);
		}
		ay_trust_free(&next);
	}
	return r < 0 ? cli_fail(c, &e, r) : 0;
}
