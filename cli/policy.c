/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "assay/change.h"
#include "assay/claim.h"
#include "assay/fd.h"
#include "assay/policy.h"
#include "assay/text.h"
#include "cli/cli.h"

/* The YAML in force. */
static int current(struct cli *c, struct ay_buf *yaml, uint64_t *version, struct ay_error *e)
{
	struct ay_json_doc *doc = NULL;
	struct ay_buf bytes = ay_buf_new(AY_LIMIT_REQUEST);
	struct ay_envelope env = { 0 };
	struct ay_statement st = { 0 };
	int r = cli_ask_ref(c, "policy.get", NULL, false, &doc, e);

	if (r < 0)
		return r;
	const char *b64 = ay_json_str(ay_json_get(ay_json_root(doc), "envelope"), NULL);

	r = b64 ? ay_base64_decode(&bytes, b64, strlen(b64), false) : AY_EINTERNAL;
	if (r == 0)
		r = ay_json_u64(ay_json_get(ay_json_root(doc), "version"), version);
	if (r == 0)
		r = ay_envelope_parse(bytes.data, bytes.len, &env, e);
	if (r == 0)
		r = ay_statement_parse(env.payload, env.payload_len, &st, e);
	const char *text = r == 0 ? ay_json_str(ay_json_get(st.predicate, "yaml"), NULL) : NULL;

	if (r == 0)
		r = text ? ay_buf_adds(yaml, text) : ay_error_set(e, AY_EINTERNAL, "the answer holds no policy");
	ay_statement_free(&st);
	ay_envelope_free(&env);
	ay_buf_free(&bytes);
	ay_json_free(doc);
	return r;
}

static int check(const char *file, struct ay_buf *yaml, struct ay_error *e)
{
	struct ay_policy *p = NULL;
	int r = ay_read_file(AT_FDCWD, file, yaml, e);

	if (r < 0)
		return r;
	r = ay_policy_parse(yaml->data, yaml->len, &p, e);
	if (r < 0) {
		ay_error_where(e, "%s", file);
		return r;
	}
	struct ay_buf warnings = ay_buf_new(1 * MIB);

	if (ay_policy_warnings(p, &warnings) == 0 && warnings.len)
		fprintf(stderr, "%s", ay_buf_str(&warnings));
	ay_buf_free(&warnings);
	ay_policy_free(p);
	return 0;
}

/* rule NULL: none matches. */
static void would(const struct cli *c, struct ay_jw *w, const char *ref, const char *rule, size_t *touched)
{
	(*touched)++;
	ay_jw_object(w);
	ay_jw_kstr(w, "ref", ref);
	ay_jw_kstr(w, "would", rule ? "be judged again" : "become unreadable");
	ay_jw_kstr(w, "rules", rule);
	ay_jw_object_end(w);
	if (c->format == CLI_TEXT && rule)
		printf("%s would be judged again, by the rules of %s\n", ref, rule);
	else if (c->format == CLI_TEXT)
		printf("%s would become unreadable: no rule (policy.no-rule)\n", ref);
}

/* What a policy would make unreadable: names of admitted artifacts that it has no rule for, or stricter ones. */
static int dry_run(struct cli *c, const struct ay_buf *yaml, struct ay_error *e)
{
	struct ay_buf old_yaml = ay_buf_new(AY_LIMIT_POLICY), q = ay_buf_new(1 * KIB);
	struct ay_buf json = ay_buf_new(256 * MIB);
	struct ay_jw w = ay_jw_new(&json, true);
	struct ay_policy *was = NULL, *will = NULL;
	struct ay_json_doc *doc = NULL;
	uint64_t version;
	int r = current(c, &old_yaml, &version, e);

	if (r == 0)
		r = ay_policy_parse(old_yaml.data, old_yaml.len, &was, e);
	if (r == 0)
		r = ay_policy_parse(yaml->data, yaml->len, &will, e);
	ay_buf_adds(&q, "{\"verb\":\"ls\",\"state\":\"admitted\"}");
	if (r == 0)
		r = cli_ask(c, &q, false, &doc, e);
	const struct ay_json *list = r == 0 ? ay_json_get(ay_json_root(doc), "artifacts") : NULL;
	size_t touched = 0;

	ay_jw_object(&w);
	ay_jw_key(&w, "artifacts");
	ay_jw_array(&w);
	for (size_t i = 0; i < ay_json_count(list); i++) {
		const char *text = ay_json_str(ay_json_get(ay_json_at(list, i), "ref"), NULL);
		const struct ay_rules *before, *after;
		struct ay_ref ref;

		if (!text || ay_ref_parse(text, &ref, NULL) < 0)
			continue;
		if (ay_policy_rules(will, ref.name, &after, NULL) < 0)
			would(c, &w, ref.text, NULL, &touched);
		else if (ay_policy_rules(was, ref.name, &before, NULL) < 0 || !ay_sha256_eq(&before->digest, &after->digest))
			would(c, &w, ref.text, after->pattern, &touched);
	}
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
	if (r == 0 && c->format != CLI_TEXT)
		puts(ay_buf_str(&json));
	else if (r == 0 && touched == 0)
		puts("nothing that is admitted would change");
	ay_buf_free(&json);
	ay_json_free(doc);
	ay_policy_free(was);
	ay_policy_free(will);
	ay_buf_free(&old_yaml);
	ay_buf_free(&q);
	return r;
}

static int set(struct cli *c, const struct ay_buf *yaml, const char *owner, struct ay_error *e)
{
	struct ay_buf old = ay_buf_new(AY_LIMIT_POLICY), st = ay_buf_new(8 * AY_LIMIT_POLICY);
	struct ay_key *k = NULL;
	uint64_t version = 0;
	int r = current(c, &old, &version, e);

	if (r == 0)
		r = cli_owner_key(owner, &k, e);
	if (r == 0)
		r = ay_policy_statement(version + 1, yaml->data, yaml->len, &st);
	if (r == 0)
		r = cli_change(c, k, "policy", &st, e);
	if (r == 0)
		printf(c->format == CLI_TEXT ? "policy %llu is in force\n" : "{\"version\": %llu}\n", (unsigned long long)version + 1);
	ay_key_free(k);
	ay_buf_free(&old);
	ay_buf_free(&st);
	return r;
}

static void show_rules(const struct ay_rules *rules)
{
	printf("decided by %s\ngates:", rules->pattern);
	for (int g = 0; g < AY_GATE_COUNT; g++)
		if (rules->gates & 1u << g)
			printf(" %s", ay_gate_name((enum ay_gate_kind)g));
	printf("\nsignature: %u of role %s, %s\nprofiles:", rules->signature.threshold, ay_role_name(rules->signature.role),
	       rules->signature.bind_ref ? "bound to the reference" : "not bound");
	for (uint32_t bit = 1; bit <= AY_PROFILE_PANDAS; bit <<= 1)
		if (rules->deserialization.profiles & bit)
			printf(" %s", ay_profile_name(bit));
	putchar('\n');
}

/* The whole text, or what decides one name. */
static void show_json(uint64_t version, const struct ay_buf *yaml, const struct ay_rules *rules)
{
	struct ay_buf b = ay_buf_new(8 * AY_LIMIT_POLICY);
	struct ay_jw w = ay_jw_new(&b, true);

	ay_jw_object(&w);
	ay_jw_ku64(&w, "version", version);
	if (yaml)
		ay_jw_kstr(&w, "yaml", ay_buf_str(yaml));
	if (rules) {
		ay_jw_kstr(&w, "rules", rules->pattern);
		ay_jw_key(&w, "gates");
		ay_jw_array(&w);
		for (int g = 0; g < AY_GATE_COUNT; g++)
			if (rules->gates & 1u << g)
				ay_jw_str(&w, ay_gate_name((enum ay_gate_kind)g));
		ay_jw_array_end(&w);
		ay_jw_kstr(&w, "role", ay_role_name(rules->signature.role));
		ay_jw_ku64(&w, "threshold", rules->signature.threshold);
		ay_jw_kbool(&w, "bind_ref", rules->signature.bind_ref);
		ay_jw_key(&w, "profiles");
		ay_jw_array(&w);
		for (uint32_t bit = 1; bit <= AY_PROFILE_PANDAS; bit <<= 1)
			if (rules->deserialization.profiles & bit)
				ay_jw_str(&w, ay_profile_name(bit));
		ay_jw_array_end(&w);
	}
	ay_jw_object_end(&w);
	puts(ay_buf_str(&b));
	ay_buf_free(&b);
}

static int show(struct cli *c, const char *ref_text, struct ay_error *e)
{
	struct ay_buf yaml = ay_buf_new(AY_LIMIT_POLICY);
	struct ay_policy *p = NULL;
	const struct ay_rules *rules;
	struct ay_ref ref;
	uint64_t version;
	int r = current(c, &yaml, &version, e);

	if (r == 0 && !ref_text && c->format != CLI_TEXT) {
		show_json(version, &yaml, NULL);
	} else if (r == 0 && !ref_text) {
		printf("# policy %llu\n%s", (unsigned long long)version, ay_buf_str(&yaml));
	} else if (r == 0) {
		bool whole = strchr(ref_text, '@') != NULL;

		r = whole ? ay_ref_parse(ref_text, &ref, e) : ay_name_parse(ref_text, e);
		if (r == 0)
			r = ay_policy_parse(yaml.data, yaml.len, &p, e);
		if (r == 0)
			r = ay_policy_rules(p, whole ? ref.name : ref_text, &rules, e);
		if (r == 0 && c->format == CLI_TEXT)
			show_rules(rules);
		else if (r == 0)
			show_json(version, NULL, rules);
	}
	ay_policy_free(p);
	ay_buf_free(&yaml);
	return r;
}

int cmd_policy(struct cli *c, int argc, char **argv)
{
	const char *owner = NULL;
	bool only_dry = false;
	const struct cli_opt opts[] = {
		{ "owner", CLI_TEXT_OPT, &owner, "OWNER.key", "signs the new policy" },
		{ "dry-run", CLI_FLAG, &only_dry, NULL, "set: only list what would become unreadable" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_buf yaml = ay_buf_new(AY_LIMIT_POLICY);
	int status, n = cli_parse(c, argc, argv, opts, 1, 2, &status), r;

	if (n < 0)
		return status;
	if (strcmp(argv[0], "check") == 0 && n == 2) {
		r = check(argv[1], &yaml, &e);
		if (r == 0)
			puts(c->format == CLI_TEXT ? "the policy is valid" : "{\"valid\": true}");
	} else if (strcmp(argv[0], "set") == 0 && n == 2) {
		if (!cli_store(c))
			return 64;
		r = check(argv[1], &yaml, &e);
		if (r == 0)
			r = only_dry ? dry_run(c, &yaml, &e) : set(c, &yaml, owner, &e);
	} else if (strcmp(argv[0], "show") == 0) {
		if (!cli_store(c))
			return 64;
		r = show(c, n == 2 ? argv[1] : NULL, &e);
	} else {
		return cli_usage(c, "expected: check FILE, set FILE, or show [REF]");
	}
	ay_buf_free(&yaml);
	return r < 0 ? cli_fail(c, &e, r) : 0;
}
