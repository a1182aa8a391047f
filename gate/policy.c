/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assay/ref.h"
#include "assay/text.h"
#include "gate/pattern.h"
#include "gate/policy_parts.h"

#define DEFAULT_PUBLISHER_BYTES (10 * TIB)
#define DEFAULT_PUBLISHER_OPEN 64
#define WORKER_MEMORY_MIN (64 * MIB)
#define WORKER_MEMORY_MAX (1 * TIB)

static const char *const default_ignore[] = {".cache/**", ".git*", ".DS_Store", "__pycache__/**", ".ipynb_checkpoints/**"};

const char *ay_gate_name(enum ay_gate_kind g)
{
	static const char *const names[AY_GATE_COUNT] = {
		[AY_GATE_INTEGRITY] = "integrity", [AY_GATE_SIGNATURE] = "signature", [AY_GATE_PROVENANCE] = "provenance",
		[AY_GATE_DESERIALIZATION] = "deserialization", [AY_GATE_FORMAT] = "format", [AY_GATE_SCHEMA] = "schema",
		[AY_GATE_DRIFT] = "drift", [AY_GATE_OUTLIERS] = "outliers", [AY_GATE_POISONING] = "poisoning", [AY_GATE_CODE] = "code",
		[AY_GATE_MODEL_TESTS] = "model-tests",
	};

	return g < AY_GATE_COUNT ? names[g] : "unknown";
}

/* ---- reading ---- */

static int read_version(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	uint64_t version;

	(void)into;
	return ay_policy_read_number(v, where, 1, 1, &version, e);
}

static int read_on_expiry(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	static const char *const names[] = {"serve", "deny"};
	struct ay_policy *p = into;
	unsigned i = 0;
	int rc = ay_policy_read_choice(v, where, names, AY_ARRAY_LEN(names), &i, e);

	p->expiry_denies = i == 1;
	return rc;
}

static int read_ignore(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_policy *p = into;
	int rc;

	ay_texts_free(&p->ignore);
	rc = ay_policy_read_texts(v, where, &p->ignore, e);
	for (size_t i = 0; i < p->ignore.n && !rc; i++) {
		struct ay_error why;

		if (ay_path_check(p->ignore.list[i], strlen(p->ignore.list[i]), &why) != 0)
			rc = ay_error_set(e, AY_EFORMAT, "line %u: '%s' in %s cannot match: %s", v->line, p->ignore.list[i], where, why.msg);
	}
	return rc;
}

static int read_file_bytes(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	return ay_policy_read_size(v, where, 1, AY_LIMIT_FILE_BYTES, &((struct ay_policy *)into)->limits.file_bytes, e);
}

static int read_files(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	return ay_policy_read_number(v, where, 1, AY_LIMIT_FILES, &((struct ay_policy *)into)->limits.files, e);
}

static int read_worker_memory(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	return ay_policy_read_size(v, where, WORKER_MEMORY_MIN, WORKER_MEMORY_MAX, &((struct ay_policy *)into)->limits.worker_memory, e);
}

static int read_publisher_bytes(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	return ay_policy_read_size(v, where, 1, UINT64_MAX, &((struct ay_policy *)into)->limits.publisher_bytes, e);
}

static int read_publisher_open(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	uint64_t n = 1;
	int rc = ay_policy_read_number(v, where, 1, 1000000, &n, e);

	((struct ay_policy *)into)->limits.publisher_open = (uint32_t)n;
	return rc;
}

static int read_open_ttl(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	int64_t *ttl = &((struct ay_policy *)into)->limits.open_ttl_s;

	if (v->kind != AY_YAML_SCALAR || v->quoted || ay_duration_parse(v->text, ttl) != 0)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s must be a duration, as in 24h", v->line, where);
	if (*ttl < 60 || *ttl > 3650 * 86400ll)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s is %lld seconds; it must be 60 seconds to ten years", v->line, where,
				    (long long)*ttl);
	return 0;
}

static const struct ay_policy_key limits_keys[] = {
	{"file_bytes", read_file_bytes}, {"files", read_files}, {"worker_memory", read_worker_memory}, {"open_ttl", read_open_ttl},
	{"publisher_bytes", read_publisher_bytes}, {"publisher_open", read_publisher_open},
};

static int read_limits(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	return ay_policy_read_keys(v, where, limits_keys, AY_ARRAY_LEN(limits_keys), into, e);
}

static const struct ay_policy_key policy_keys[] = {
	{"version", read_version}, {"on_expiry", read_on_expiry}, {"access", ay_policy_read_access}, {"names", ay_policy_read_names},
	{"ignore", read_ignore}, {"limits", read_limits},
};

static int set_defaults(struct ay_policy *p)
{
	p->limits = (struct ay_policy_limits){
		.file_bytes = AY_LIMIT_FILE_BYTES, .files = AY_LIMIT_FILES, .worker_memory = AY_LIMIT_WORKER_MEMORY,
		.publisher_bytes = DEFAULT_PUBLISHER_BYTES, .open_ttl_s = AY_LIMIT_OPEN_TTL_S, .publisher_open = DEFAULT_PUBLISHER_OPEN,
	};
	p->ignore.list = calloc(AY_ARRAY_LEN(default_ignore) + 1, sizeof(*p->ignore.list));
	for (size_t i = 0; p->ignore.list && i < AY_ARRAY_LEN(default_ignore); i++) {
		p->ignore.list[i] = strdup(default_ignore[i]);
		if (!p->ignore.list[i])
			return -ENOMEM;
		p->ignore.n++;
	}
	return p->ignore.list ? 0 : -ENOMEM;
}

/* What a policy cannot do without. */
static int check_present(const struct ay_yaml *root, struct ay_error *e)
{
	static const char *const needed[] = {"version", "access", "names"};

	for (size_t i = 0; i < AY_ARRAY_LEN(needed); i++) {
		bool found = false;

		for (size_t k = 0; k < root->nkids; k++)
			found |= strcmp(root->kids[k].key, needed[i]) == 0;
		if (!found)
			return ay_error_set(e, AY_EFORMAT, "line 1: the policy has no '%s'", needed[i]);
	}
	return 0;
}

int ay_policy_parse(const void *yaml, size_t len, struct ay_policy **out, struct ay_error *e)
{
	struct ay_policy *p = calloc(1, sizeof(*p));
	struct ay_yaml root;
	int rc;

	*out = NULL;
	if (!p)
		return ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
	rc = ay_yaml_parse(yaml, len, &root, e);
	if (!rc) {
		rc = set_defaults(p);
		if (rc)
			ay_error_set(e, rc, "out of memory while the policy is read");
	}
	if (!rc)
		rc = ay_policy_read_keys(&root, "", policy_keys, AY_ARRAY_LEN(policy_keys), p, e);
	if (!rc)
		rc = check_present(&root, e);
	ay_yaml_free(&root);
	if (rc) {
		ay_error_next(e, "correct that line, then: assay policy check FILE");
		ay_policy_free(p);
		return rc;
	}
	p->digest = ay_sha256_of(yaml, len);
	*out = p;
	return 0;
}

void ay_policy_free(struct ay_policy *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->naccess; i++)
		ay_access_free(&p->access[i]);
	free(p->access);
	for (size_t i = 0; i < p->nentries; i++) {
		free(p->entries[i].pattern);
		ay_texts_free(&p->entries[i].builders);
		ay_texts_free(&p->entries[i].opaque);
		ay_texts_free(&p->entries[i].seasons);
		for (size_t k = 0; k < p->entries[i].ncolumns; k++)
			free(p->entries[i].columns[k].name);
		free(p->entries[i].columns);
		ay_policy_free_outliers(&p->entries[i]);
		free(p->entries[i].label);
		free(p->entries[i].predictions);
		free(p->entries[i].activations);
		ay_texts_free(&p->entries[i].not_in);
	}
	free(p->entries);
	ay_texts_free(&p->ignore);
	free(p);
}

/* ---- asking ---- */

int ay_policy_rules(const struct ay_policy *p, const char *name, const struct ay_rules **out, struct ay_error *e)
{
	const struct ay_entry *best = NULL;

	*out = NULL;
	for (size_t i = 0; i < p->nentries; i++) {
		const struct ay_entry *entry = &p->entries[i];

		if ((!best || ay_glob_literal(entry->pattern) > ay_glob_literal(best->pattern)) && ay_glob_match(entry->pattern, name))
			best = entry;
	}
	if (!best) {
		ay_error_set(e, AY_EPOLICY, "policy.no-rule: no pattern of the policy matches %s", name);
		ay_error_where(e, "%s", name);
		ay_error_next(e, "assay policy show; add a pattern under names, then: assay policy set FILE");
		return AY_EPOLICY;
	}
	*out = &best->rules;
	return 0;
}

const struct ay_policy_limits *ay_policy_limits(const struct ay_policy *p)
{
	return &p->limits;
}

bool ay_policy_verifies_opens(const struct ay_policy *p)
{
	for (size_t i = 0; i < p->nentries; i++) {
		if (p->entries[i].rules.verify == AY_VERIFY_OPEN)
			return true;
	}
	return false;
}

bool ay_policy_expiry_denies(const struct ay_policy *p)
{
	return p->expiry_denies;
}

const struct ay_sha256 *ay_policy_digest(const struct ay_policy *p)
{
	return &p->digest;
}

static bool anywhere(const char *pattern)
{
	const char *slash = strchr(pattern, '/');

	return !slash || strcmp(slash, "/**") == 0;
}

/* The whole text or, where the pattern has no leading directory, what follows any slash in it. */
static bool ignore_one(const char *pattern, const char *text)
{
	if (ay_glob_match(pattern, text))
		return true;
	if (!anywhere(pattern))
		return false;
	for (const char *s = strchr(text, '/'); s; s = strchr(s + 1, '/')) {
		if (ay_glob_match(pattern, s + 1))
			return true;
	}
	return false;
}

bool ay_ignore_match(const char *pattern, const char *path)
{
	char leading[AY_LIMIT_PATH + 1];
	size_t len = strlen(path);

	if (len > AY_LIMIT_PATH)
		return false;
	memcpy(leading, path, len + 1);
	/* The path, then each directory that leads to it. */
	for (;;) {
		char *slash;

		if (ignore_one(pattern, leading))
			return true;
		slash = strrchr(leading, '/');
		if (!slash)
			return false;
		*slash = '\0';
	}
}

bool ay_policy_ignored(const struct ay_policy *p, const char *path)
{
	for (size_t i = 0; i < p->ignore.n; i++) {
		if (ay_ignore_match(p->ignore.list[i], path))
			return true;
	}
	return false;
}

int ay_policy_warnings(const struct ay_policy *p, struct ay_buf *out)
{
	for (const struct ay_entry *narrow = p->entries; narrow < p->entries + p->nentries; narrow++) {
		for (const struct ay_entry *broad = p->entries; broad < p->entries + p->nentries; broad++) {
			uint32_t dropped = broad->rules.gates & ~narrow->rules.gates;
			const char *comma = " ";

			if (!dropped || ay_glob_literal(broad->pattern) >= ay_glob_literal(narrow->pattern) ||
			    !ay_patterns_meet(broad->pattern, narrow->pattern))
				continue;
			ay_buf_addf(out, "line %u: \"%s\" drops", narrow->line, narrow->pattern);
			for (unsigned g = 0; g < AY_GATE_COUNT; g++) {
				if (!(dropped >> g & 1))
					continue;
				ay_buf_addf(out, "%s%s", comma, ay_gate_name((enum ay_gate_kind)g));
				comma = ", ";
			}
			ay_buf_addf(out, ", which \"%s\" on line %u has\n", broad->pattern, broad->line);
		}
	}
	return out->err;
}

/* ---- what init writes ---- */

int ay_policy_default(const char *user, struct ay_buf *out)
{
	/* A name that YAML's double quotes take as it is. */
	if (!*user || ay_utf8_check(user, strlen(user)) != strlen(user) || strpbrk(user, "\"\\"))
		return AY_EUSAGE;
	for (const char *c = user; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return AY_EUSAGE;
	}
	ay_buf_adds(out,
		"# What must hold before an artifact can be read. After a change: assay policy check FILE, then assay policy set FILE.\n"
		"version: 1\n"
		"on_expiry: serve                        # reads after the trust root has expired: serve or deny\n"
		"access:                                 # who may do what; the most specific entry decides alone\n");
	ay_buf_addf(out, "  - {for: \"**\", publish: [\"user:%s\"], read: [everyone]}\n", user);
	return ay_buf_adds(out,
		"names:                                  # the most specific pattern decides alone; what none matches is refused\n"
		"  \"models/**\":\n"
		"    gates: [integrity, signature, provenance, deserialization, format]\n"
		"    signature: {role: publisher, threshold: 1, bind: ref}\n"
		"    provenance: {kind: training, require: [code, datasets, parameters, initiator], external: false}\n"
		"    deserialization: {profiles: [weights], opaque: []}\n"
		"  \"models/imported/**\":\n"
		"    gates: [integrity, signature, provenance, deserialization, format]\n"
		"    signature: {role: publisher, threshold: 1, bind: none}\n"
		"    provenance: {kind: source, require: [uri, collector]}\n"
		"    deserialization: {profiles: [weights], opaque: []}\n"
		"  \"datasets/**\":\n"
		"    gates: [integrity, signature, provenance, deserialization, format, schema, drift, outliers, poisoning]\n"
		"    signature: {role: publisher, threshold: 1, bind: ref}\n"
		"    provenance: {kind: source, require: [uri, collector]}\n"
		"    deserialization: {profiles: [weights], opaque: []}\n"
		"    baseline: optional\n"
		"  # code/** has no rule: what its gate would check is not built, so it is refused as policy.no-rule.\n"
		"# Left out when nobody signed them. A pattern without a leading directory matches at any depth, \"a/b/**\" only from the top.\n"
		"ignore: [\".cache/**\", \".git*\", \".DS_Store\", \"__pycache__/**\", \".ipynb_checkpoints/**\"]\n"
		"limits: {file_bytes: 1TiB, files: 20000000, worker_memory: 512MiB, open_ttl: 24h, publisher_bytes: 10TiB, publisher_open: 64}\n");
}
