/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/policy.h"

#include <pwd.h>

#include "assay/scan.h"
#include "gate/pattern.h"
#include "tests/lib/corpus.h"
#include "tests/lib/tap.h"

#define HEAD "version: 1\naccess: []\n"
#define NAMES HEAD "names:\n"
#define DRIFT(keys) NAMES "  datasets/**: {gates: [schema, drift], drift: {" keys "}}\n"
#define BIT(g) (1u << (g))

static struct ay_policy *must_parse(const char *yaml)
{
	struct ay_policy *p;
	struct ay_error e = {0};

	if (!ok(ay_policy_parse(yaml, strlen(yaml), &p, &e) == 0, "parses"))
		printf("# %s\n", e.msg);
	return p;
}

/* Each is refused with a message that begins so. */
static const struct refusal { const char *yaml, *msg; } refusals[] = {
	/* YAML */
	{"", "line 1: the policy is empty"},
	{"a: }", "line 1: did not find expected node content"},
	{"a: 'x", "line 1: found unexpected end of stream"},
	{"- a\n", "line 1: the policy must be keys with values"},
	{"version: 1\nversion: 1\n", "line 2: the key 'version' stands already on line 1"},
	{"version: &a 1\n", "line 1: anchors are not allowed"},
	{"access: &a []\n", "line 1: anchors are not allowed"},
	{"names: &a {}\n", "line 1: anchors are not allowed"},
	{"version: 1\naccess: *a\n", "line 2: aliases are not allowed; write the value again"},
	{"version: !!int 1\n", "line 1: tags are not allowed"},
	{"access: !x []\n", "line 1: tags are not allowed"},
	{"names: !!map {}\n", "line 1: tags are not allowed"},
	{"%YAML 1.1\n---\nversion: 1\n", "line 1: directives are not allowed"},
	{"%TAG ! tag:x,2000:\n---\nversion: 1\n", "line 1: directives are not allowed"},
	{HEAD "names: {}\n---\nversion: 1\n", "line 4: a policy is one document"},
	{"? [a]\n: b\n", "line 1: a key must be plain text"},
	{"names: {<<: {a: b}}\n", "line 1: the pattern \"<<\" in names holds a character that no name has"},
	{"a: \"x\\0y\"\n", "line 1: a NUL character is not allowed"},
	{"version: 1\na: [[[[[[[[[1]]]]]]]]]\n", "line 2: nested too deeply"},
	{"version: \xff\n", "line 1: "},
	/* the top */
	{"version: 1\nnames: {}\n", "line 1: the policy has no 'access'"},
	{"access: []\nnames: {}\n", "line 1: the policy has no 'version'"},
	{HEAD, "line 1: the policy has no 'names'"},
	{"version: 2\n", "line 1: version is 2; it must be 1 to 1"},
	{"version: \"1\"\n", "line 1: version must be a number"},
	{"version: -1\n", "line 1: version must be a number"},
	{"version: 1\nacess: []\n", "line 2: unknown key 'acess' in the policy; known: version, on_expiry, access, names, ignore, limits"},
	{"on_expiry: maybe\n", "line 1: on_expiry is 'maybe'; it must be one of serve, deny"},
	{"on_expiry: [deny]\n", "line 1: on_expiry is 'a list or keys'; it must be one of serve, deny"},
	/* access */
	{"access: {}\n", "line 1: access must be a list, as in [a, b]"},
	{"access:\n  - {read: [everyone]}\n", "line 2: an entry of access lacks 'for', the pattern of names that it is about"},
	{"access:\n  - {for: \"**\", write: []}\n", "line 2: unknown key 'write' in access; known: for, publish, read, attest"},
	{"access:\n  - {for: \"**\", read: everyone}\n", "line 2: access.read must be a list, as in [a, b]"},
	{"access:\n  - {for: \"**\", read: [root]}\n", "line 2: access.read takes user:NAME, group:NAME and everyone, not 'root'"},
	{"access:\n  - {for: \"**\", attest: [\"user:\"]}\n", "line 2: access.attest takes user:NAME, group:NAME and everyone, not 'user:'"},
	{"access:\n  - {for: \"**\", publish: [[everyone]]}\n", "line 2: access.publish takes user:NAME, group:NAME and everyone, not 'a list or keys'"},
	{"access:\n  - {for: \"**\"}\n  - {for: \"*/**\"}\n", "line 3: access for \"*/**\" is as specific as \"**\" on line 2, and both match some names"},
	{"access:\n  - {for: \"**\"}\n  - {for: \"**\"}\n", "line 3: access for \"**\" is as specific as \"**\" on line 2"},
	{"access:\n  - {for: models/x@v1}\n", "line 2: the pattern \"models/x@v1\" in access.for holds '@', but rules are for names without a version"},
	{"access:\n  - {for: [a]}\n", "line 2: access.for must be a text"},
	/* names */
	{HEAD "names: []\n", "line 3: names must be patterns with rules"},
	{NAMES "  model/**: {}\n", "line 4: the pattern \"model/**\" in names begins with none of models, datasets and code"},
	{NAMES "  models: {}\n", "line 4: the pattern \"models\" in names names a class without a name"},
	{NAMES "  \"models//x\": {}\n", "line 4: the pattern \"models//x\" in names has an empty component"},
	{NAMES "  \"models/**x\": {}\n", "line 4: the pattern \"models/**x\" in names has '**' that is not a whole component"},
	{NAMES "  models/**: []\n", "line 4: names.\"models/**\" must be keys with values"},
	{NAMES "  models/**: {gate: []}\n", "line 4: unknown key 'gate' in names.\"models/**\"; known: gates, signature, provenance, deserialization, "
	 "baseline, drift, outliers, poisoning, verify, verdict"},
	{DRIFT("seasonal: winter"), "line 4: names.\"datasets/**\".drift.seasonal must be a list, as in [a, b]"},
	{DRIFT("seasonal: []"), "line 4: names.\"datasets/**\".drift.seasonal must name 1 to 8 references by tag; leave it out where there are no seasons"},
	{DRIFT("seasonal: [a, a]"), "line 4: names.\"datasets/**\".drift.seasonal lists 'a' twice"},
	{DRIFT("history: 65"), "line 4: names.\"datasets/**\".drift.history is 65; it must be 0 to 64"},
	{DRIFT("history: ten"), "line 4: names.\"datasets/**\".drift.history must be a number"},
	{DRIFT("trend: yes"), "line 4: names.\"datasets/**\".drift.trend is 'yes'; it must be one of off, on"},
	{DRIFT("history: 0, trend: on"), "line 4: names.\"datasets/**\".drift.trend is inapplicable: no batches are looked back at, because history is 0"},
	{DRIFT("decide: [d]"), "line 4: names.\"datasets/**\".drift.decide is 'd'; it must be one of psi, js, hellinger, w"},
	{DRIFT("decide: [psi, psi]"), "line 4: names.\"datasets/**\".drift.decide lists 'psi' twice"},
	{DRIFT("columns: [price]"), "line 4: names.\"datasets/**\".drift.columns must be columns with floors, as in {price: {d: 0.2}}"},
	{DRIFT("columns: {price: 0.2}"), "line 4: names.\"datasets/**\".drift.columns.\"price\" must be floors, as in {d: 0.2, w: 0.3}"},
	{DRIFT("columns: {price: {}}"), "line 4: names.\"datasets/**\".drift.columns.\"price\" must be floors, as in {d: 0.2, w: 0.3}"},
	{DRIFT("columns: {price: {ks: 0.2}}"), "line 4: unknown key 'ks' in names.\"datasets/**\".drift.columns.\"price\"; known: d, v, psi, js, hellinger, w"},
	{DRIFT("columns: {price: {d: 0}}"), "line 4: names.\"datasets/**\".drift.columns.\"price\".d is 0; it must be above 0 and at most 1"},
	{DRIFT("columns: {price: {d: 1.5}}"), "line 4: names.\"datasets/**\".drift.columns.\"price\".d is 1.5; it must be above 0 and at most 1"},
	{DRIFT("columns: {price: {d: 1e-3}}"), "line 4: names.\"datasets/**\".drift.columns.\"price\".d must be a number, as in 0.2"},
	{DRIFT("columns: {price: {d: 0.}}"), "line 4: names.\"datasets/**\".drift.columns.\"price\".d must be a number, as in 0.2"},
	{DRIFT("columns: {price: {d: -0.2}}"), "line 4: names.\"datasets/**\".drift.columns.\"price\".d must be a number, as in 0.2"},
	{DRIFT("columns: {price: {d: \"0.2\"}}"), "line 4: names.\"datasets/**\".drift.columns.\"price\".d must be a number, as in 0.2"},
	{NAMES "  models/**: {outliers: {alpha: 0.001}}\n",
	 "line 4: 'outliers' in names.\"models/**\" is inapplicable: the gate 'outliers' is not among its gates"},
	{NAMES "  datasets/**: {gates: [integrity, outliers]}\n",
	 "line 4: the gate 'outliers' in names.\"datasets/**\" needs the gate 'schema', whose baseline holds its reference"},
	{NAMES "  datasets/**: {gates: [schema, outliers], outliers: {alpha: 0.5}}\n",
	 "line 4: names.\"datasets/**\".outliers.alpha is '0.5'; it must be one of 0.05, 0.01, 0.001, 0.0001"},
	{NAMES "  datasets/**: {gates: [schema, outliers], outliers: {methods: []}}\n",
	 "line 4: names.\"datasets/**\".outliers.methods is empty: nothing would decide; leave the gate out of gates"},
	{NAMES "  datasets/**: {gates: [schema, outliers], outliers: {methods: [hbos, hbos]}}\n",
	 "line 4: names.\"datasets/**\".outliers.methods lists 'hbos' twice"},
	{NAMES "  datasets/**: {gates: [schema, outliers], outliers: {methods: [lof]}}\n",
	 "line 4: names.\"datasets/**\".outliers.methods is 'lof'; it must be one of value, rate, hbos, mahalanobis, forest"},
	{NAMES "  datasets/**: {gates: [schema, outliers], outliers: {columns: [a]}}\n",
	 "line 4: names.\"datasets/**\".outliers.columns must be names of columns with off or {ranges: N}"},
	{NAMES "  datasets/**: {gates: [schema, outliers], outliers: {columns: {a: on}}}\n",
	 "line 4: names.\"datasets/**\".outliers.columns.a must be off, or {ranges: N}"},
	{NAMES "  datasets/**: {gates: [schema, outliers], outliers: {columns: {a: off, b: {}}}}\n",
	 "line 4: names.\"datasets/**\".outliers.columns.b says nothing: give it ranges"},
	{NAMES "  datasets/**: {gates: [schema, outliers], outliers: {columns: {a: {ranges: 0}}}}\n",
	 "line 4: names.\"datasets/**\".outliers.columns.ranges is 0; it must be 1 to 1000000"},
	{NAMES "  datasets/**: {gates: [schema], drift: {alpha: 0.001}}\n",
	 "line 4: 'drift' in names.\"datasets/**\" is inapplicable: the gate 'drift' is not among its gates"},
	{NAMES "  datasets/**: {gates: [integrity, drift]}\n",
	 "line 4: the gate 'drift' in names.\"datasets/**\" needs the gate 'schema', whose baseline holds its reference"},
	{NAMES "  datasets/**: {gates: [format, poisoning]}\n", "line 4: the gate 'poisoning' in names.\"datasets/**\" needs the gate 'schema'"},
	{NAMES "  datasets/**: {gates: [schema, poisoning], poisoning: {labels: 0.6}}\n", "line 4: names.\"datasets/**\".poisoning.labels is 0.6; it must be above 0 and at most 0.5"},
	{NAMES "  datasets/**: {gates: [schema, poisoning], poisoning: {labels: few}}\n", "line 4: names.\"datasets/**\".poisoning.labels must be a number, as in 0.2"},
	{NAMES "  datasets/**: {gates: [schema, poisoning], poisoning: {label: []}}\n", "line 4: names.\"datasets/**\".poisoning.label must be a text"},
	{NAMES "  datasets/**: {gates: [schema, poisoning], poisoning: {not-in: [models/x]}}\n",
	 "line 4: names.\"datasets/**\".poisoning.not-in takes names of datasets, as datasets/test, not 'models/x'"},
	{NAMES "  datasets/**: {gates: [schema], poisoning: {label: x}}\n", "line 4: 'poisoning' in names.\"datasets/**\" is inapplicable"},
	{NAMES "  models/**: {code: {}}\n", "line 4: 'code' in names.\"models/**\" is not yet built"},
	{NAMES "  models/**: {code: {}}\n", "line 4: 'code' in names.\"models/**\" is not yet built"},
	{NAMES "  models/**: {model-tests: {}}\n", "line 4: 'model-tests' in names.\"models/**\" is not yet built"},
	{NAMES "  models/**:\n    gates: [integrity,\n      code]\n", "line 6: the gate 'code' in names.\"models/**\".gates is not yet built"},
	{NAMES "  models/**:\n    gates: [model-tests]\n", "line 5: the gate 'model-tests' in names.\"models/**\".gates is not yet built"},
	{NAMES "  models/**: {gates: []}\n", "line 4: names.\"models/**\".gates is empty: nothing would be checked"},
	{NAMES "  models/**: {gates: [format, format]}\n", "line 4: names.\"models/**\".gates lists 'format' twice"},
	{NAMES "  models/**: {gates: [formats]}\n", "line 4: names.\"models/**\".gates is 'formats'; it must be one of integrity, signature, provenance, "
	 "deserialization, format, schema"},
	{NAMES "  models/**: {gates: [schema]}\n", "line 4: the gate 'schema' in names.\"models/**\" is inapplicable: it is for datasets"},
	{NAMES "  models/**: {gates: [format], signature: {}}\n", "line 4: 'signature' in names.\"models/**\" is inapplicable: the gate 'signature' is "
	 "not among its gates"},
	{NAMES "  models/**: {gates: [format], provenance: {kind: source}}\n", "line 4: 'provenance' in names.\"models/**\" is inapplicable"},
	{NAMES "  models/**: {gates: [format], deserialization: {}}\n", "line 4: 'deserialization' in names.\"models/**\" is inapplicable"},
	{NAMES "  datasets/**:\n    gates: [format]\n    baseline: optional\n", "line 6: 'baseline' in names.\"datasets/**\" is inapplicable: the gate 'schema'"},
	{NAMES "\n  # a comment\n  models/**:\n    signature:\n      trehshold: 2\n", "line 8: unknown key 'trehshold' in names.\"models/**\".signature; "
	 "known: role, threshold, bind"},
	{NAMES "  models/**: {signature: {role: log}}\n", "line 4: names.\"models/**\".signature.role is 'log'; it must be one of publisher, builder, curator"},
	{NAMES "  models/**: {signature: {threshold: 0}}\n", "line 4: names.\"models/**\".signature.threshold is 0; it must be 1 to 64"},
	{NAMES "  models/**: {signature: {threshold: 65}}\n", "line 4: names.\"models/**\".signature.threshold is 65; it must be 1 to 64"},
	{NAMES "  models/**: {signature: {threshold: 1.5}}\n", "line 4: names.\"models/**\".signature.threshold must be a number"},
	{NAMES "  models/**: {signature: {threshold: 1kB}}\n", "line 4: names.\"models/**\".signature.threshold must be a number"},
	{NAMES "  models/**: {signature: {bind: no}}\n", "line 4: names.\"models/**\".signature.bind is 'no'; it must be one of ref, none"},
	{NAMES "  models/**: {}\n", "line 4: names.\"models/**\" has the gate 'provenance' but no provenance.kind (training or source)"},
	{NAMES "  models/**:\n    provenance: {require: []}\n", "line 5: names.\"models/**\" has the gate 'provenance' but no provenance.kind"},
	{NAMES "  models/**: {provenance: {kind: none}}\n", "line 4: names.\"models/**\".provenance.kind is 'none'; it must be one of training, source"},
	{NAMES "  models/**:\n    provenance:\n      require: [code,\n        uri]\n      kind: training\n", "line 7: 'uri' in "
	 "names.\"models/**\".provenance.require is inapplicable to the kind 'training'"},
	{NAMES "  models/**: {provenance: {kind: source, require: [code]}}\n", "line 4: 'code' in names.\"models/**\".provenance.require is inapplicable "
	 "to the kind 'source'"},
	{NAMES "  models/**: {provenance: {kind: source, require: [uri, uri]}}\n", "line 4: names.\"models/**\".provenance.require lists 'uri' twice"},
	{NAMES "  models/**: {provenance: {kind: source, require: [author]}}\n", "line 4: names.\"models/**\".provenance.require is 'author'; it must be "
	 "one of code, datasets, parameters, initiator, builder, uri, collector"},
	{NAMES "  models/**: {provenance: {kind: source, external: false}}\n", "line 4: 'external' in names.\"models/**\".provenance is inapplicable to the "
	 "kind 'source'"},
	{NAMES "  models/**: {provenance: {kind: training, external: yes}}\n", "line 4: names.\"models/**\".provenance.external is 'yes'; it must be one of "
	 "false, true"},
	{NAMES "  models/**: {provenance: {kind: training, external: \"true\"}}\n", "line 4: names.\"models/**\".provenance.external must be true or false "
	 "without quotes"},
	{NAMES "  models/**: {provenance: {kind: source, builders: [x]}}\n", "line 4: 'builders' in names.\"models/**\".provenance is inapplicable"},
	{NAMES "  models/**: {provenance: {kind: training, builders: []}}\n", "line 4: names.\"models/**\".provenance.builders is empty"},
	{NAMES "  models/**: {provenance: {kind: training, builders: [a, b, a]}}\n", "line 4: names.\"models/**\".provenance.builders lists 'a' twice"},
	{NAMES "  models/**: {provenance: {kind: training, builders: [{}]}}\n", "line 4: names.\"models/**\".provenance.builders must be a text"},
	{NAMES "  models/**: {deserialization: {profiles: [all]}}\n", "line 4: names.\"models/**\".deserialization.profiles has no profile 'all'; known: "},
	{NAMES "  models/**: {deserialization: {opaque: [h5]}}\n", "line 4: names.\"models/**\".deserialization.opaque takes suffixes of file names, as "
	 "\".h5\", not 'h5'"},
	{NAMES "  models/**: {deserialization: {opaque: [\".*\"]}}\n", "line 4: names.\"models/**\".deserialization.opaque takes suffixes"},
	{NAMES "  datasets/**: {gates: [schema], baseline: always}\n", "line 4: names.\"datasets/**\".baseline is 'always'; it must be one of optional, required"},
	{NAMES "  models/**: {verify: never}\n", "line 4: names.\"models/**\".verify is 'never'; it must be one of ingest, open"},
	{NAMES "  models/**: {verdict: later}\n", "line 4: names.\"models/**\".verdict is 'later'; it must be one of sync, async"},
	{NAMES "  models/*: {gates: [format]}\n  models/**: {gates: [format]}\n", "line 5: \"models/**\" is as specific as \"models/*\" on line 4, and both "
	 "match some names"},
	{NAMES "  models/x: {gates: [format]}\n  models/x*: {gates: [format]}\n", "line 5: \"models/x*\" is as specific as \"models/x\" on line 4"},
	/* ignore and limits */
	{"ignore: x\n", "line 1: ignore must be a list, as in [a, b]"},
	{"ignore: [a, \"\"]\n", "line 1: ignore must be a text"},
	{"ignore: [\"/x\"]\n", "line 1: '/x' in ignore cannot match: "},
	{"limits: {file_byte: 1}\n", "line 1: unknown key 'file_byte' in limits; known: file_bytes, files, worker_memory, open_ttl, publisher_bytes, publisher_open"},
	{"limits: {file_bytes: 0}\n", "line 1: limits.file_bytes is 0 bytes; it must be 1 to 1099511627776"},
	{"limits: {file_bytes: 2TiB}\n", "line 1: limits.file_bytes is 2199023255552 bytes; it must be 1 to 1099511627776"},
	{"limits: {file_bytes: lots}\n", "line 1: limits.file_bytes must be a size, as in 512MiB"},
	{"limits: {files: 20000001}\n", "line 1: limits.files is 20000001; it must be 1 to 20000000"},
	{"limits: {worker_memory: 63MiB}\n", "line 1: limits.worker_memory is "},
	{"limits: {open_ttl: 24}\n", "line 1: limits.open_ttl must be a duration, as in 24h"},
	{"limits: {open_ttl: 59s}\n", "line 1: limits.open_ttl is 59 seconds; it must be 60 seconds to ten years"},
	{"limits: {publisher_bytes: 0}\n", "line 1: limits.publisher_bytes is 0 bytes"},
	{"limits: {publisher_open: 0}\n", "line 1: limits.publisher_open is 0; it must be 1 to 1000000"},
	{"limits:\n", "line 1: limits must be keys with values"},
};

static void test_refusals(void)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(refusals); i++) {
		struct ay_policy *p = (struct ay_policy *)refusals;
		struct ay_error e = {0};
		int rc = ay_policy_parse(refusals[i].yaml, strlen(refusals[i].yaml), &p, &e);

		is_int(rc, AY_EFORMAT, "refused");
		ok(!p, "with nothing given");
		if (!ok(strncmp(e.msg, refusals[i].msg, strlen(refusals[i].msg)) == 0, "%s", refusals[i].msg))
			printf("#  got %s\n", e.msg);
	}
}

static void test_limits_of_text(void)
{
	size_t len = AY_LIMIT_POLICY + 1;
	char *text = calloc(1, len + 1);
	struct ay_policy *p;
	struct ay_error e;

	memset(text, '\n', len);
	is_int(ay_policy_parse(text, len, &p, &e), AY_ELIMIT, "one byte too long");
	memcpy(text, HEAD "names: {}", strlen(HEAD "names: {}"));
	is_int(ay_policy_parse(text, len - 1, &p, &e), 0, "the longest");
	ay_policy_free(p);
	free(text);
}

static void test_default(void)
{
	struct ay_buf b = ay_buf_new(8192), warnings = ay_buf_new(8192);
	const struct ay_rules *r;
	const struct ay_policy_limits *l;
	struct ay_policy *p;
	struct ay_sha256 digest;
	struct ay_error e;

	is_int(ay_policy_default("ml team.x", &b), 0, "default");
	p = must_parse(ay_buf_str(&b));
	is_int(ay_policy_rules(p, "models/org/llama", &r, &e), 0, "models");
	is_str(r->pattern, "models/**", "by their pattern");
	is_int(r->gates, 31, "five gates");
	ok(r->signature.role == AY_ROLE_PUBLISHER && r->signature.threshold == 1 && r->signature.bind_ref, "signature");
	ok(r->provenance.kind == AY_PROV_TRAINING && r->provenance.code && r->provenance.datasets && r->provenance.parameters &&
	   r->provenance.initiator && !r->provenance.uri && !r->provenance.collector && !r->provenance.builder && !r->provenance.external, "provenance");
	ok(r->deserialization.profiles == AY_PROFILE_WEIGHTS && !r->deserialization.opaque && !r->provenance.builders, "deserialization");
	is_int(ay_policy_rules(p, "models/imported/x/y", &r, &e), 0, "imported models");
	is_str(r->pattern, "models/imported/**", "the longer literal prefix decides");
	ok(!r->signature.bind_ref && r->provenance.kind == AY_PROV_SOURCE && r->provenance.uri && !r->provenance.code, "whole");
	is_int(ay_policy_rules(p, "models/imported", &r, &e), 0, "a name that ends where the prefix does");
	is_str(r->pattern, "models/**", "is not below it");
	is_int(ay_policy_rules(p, "datasets/x", &r, &e), 0, "datasets");
	ok(r->gates == (31 | BIT(AY_GATE_SCHEMA) | BIT(AY_GATE_DRIFT) | BIT(AY_GATE_OUTLIERS) | BIT(AY_GATE_POISONING)) && !r->baseline_required, "have a schema and a reference");
	is_int(ay_policy_rules(p, "code/x", &r, &e), AY_EPOLICY, "code has no rule");
	ok(!r && strncmp(e.msg, "policy.no-rule: ", 16) == 0, "and says so");
	l = ay_policy_limits(p);
	ok(l->file_bytes == TIB && l->files == 20000000 && l->worker_memory == 512 * MIB && l->publisher_bytes == 10 * TIB &&
	   l->open_ttl_s == 86400 && l->publisher_open == 64, "limits");
	ok(!ay_policy_expiry_denies(p), "serves after expiry");
	is_int(ay_policy_warnings(p, &warnings), 0, "warnings");
	is_str(ay_buf_str(&warnings), "", "none");
	digest = ay_sha256_of(b.data, b.len);
	ok(ay_sha256_eq(ay_policy_digest(p), &digest), "digest of the bytes");
	ok(ay_policy_access(p, "models/x", AY_RIGHT_READ, 1234, NULL, NULL), "everyone reads");
	ok(!ay_policy_access(p, "models/x", AY_RIGHT_PUBLISH, 1234, NULL, NULL), "not everyone publishes");
	ay_policy_free(p);
	ay_policy_free(NULL);
	is_int(ay_policy_default("a\"b", &b), AY_EUSAGE, "a user that YAML would misread");
	is_int(ay_policy_default("", &b), AY_EUSAGE, "no user");
	is_int(ay_policy_default("a\nb", &b), AY_EUSAGE, "a line end in a user");
	ay_buf_free(&b);
	ay_buf_free(&warnings);
}

static void test_all_keys(void)
{
	struct ay_policy *p = must_parse("version: 1\non_expiry: deny\naccess: []\nnames:\n  datasets/**:\n    gates: [schema, provenance, signature, "
					 "deserialization]\n    signature: {role: builder, threshold: 3, bind: none}\n    provenance: {kind: training, "
					 "require: [code], external: true, builders: [z, \"https://b\"]}\n    deserialization: {profiles: [sklearn], opaque: "
					 "[.onnx, .h5]}\n    baseline: required\n    verify: open\n    verdict: async\nignore: [a, \"b/**\"]\nlimits: {file_bytes: 1KiB, "
					 "files: 5, worker_memory: 1GiB, open_ttl: 2h, publisher_bytes: 1MB, publisher_open: 7}\n");
	const struct ay_policy_limits *l = ay_policy_limits(p);
	const struct ay_rules *r;

	is_int(ay_policy_rules(p, "datasets/x", &r, NULL), 0, "rules");
	is_int(r->gates, BIT(AY_GATE_SCHEMA) | BIT(AY_GATE_PROVENANCE) | BIT(AY_GATE_SIGNATURE) | BIT(AY_GATE_DESERIALIZATION), "gates");
	ok(r->signature.role == AY_ROLE_BUILDER && r->signature.threshold == 3 && !r->signature.bind_ref, "signature");
	ok(r->provenance.code && !r->provenance.datasets && r->provenance.external && r->provenance.builder, "provenance; allowed builders require one");
	ok(r->provenance.builders && strcmp(r->provenance.builders[0], "https://b") == 0 && strcmp(r->provenance.builders[1], "z") == 0 &&
	   !r->provenance.builders[2], "builders");
	is_int(r->deserialization.profiles, AY_PROFILE_WEIGHTS | AY_PROFILE_SKLEARN, "weights are always on");
	ok(strcmp(r->deserialization.opaque[0], ".h5") == 0 && strcmp(r->deserialization.opaque[1], ".onnx") == 0 && !r->deserialization.opaque[2], "opaque");
	ok(r->baseline_required && r->verify == AY_VERIFY_OPEN && r->async_verdict && ay_policy_expiry_denies(p), "the rest");
	ok(l->file_bytes == 1024 && l->files == 5 && l->worker_memory == GIB && l->open_ttl_s == 7200 && l->publisher_bytes == 1000000 &&
	   l->publisher_open == 7, "limits");
	ok(ay_policy_ignored(p, "a") && ay_policy_ignored(p, "a/x/y") && ay_policy_ignored(p, "b/c") && !ay_policy_ignored(p, "b") &&
	   !ay_policy_ignored(p, "ab") && ay_policy_ignored(p, "x/a/y") && ay_policy_ignored(p, "x/b/c") && !ay_policy_ignored(p, "x/b"), "ignored paths");
	ay_policy_free(p);
	p = must_parse(HEAD "names: {}\n");
	ok(ay_policy_ignored(p, ".git/config") && ay_policy_ignored(p, ".cache/x") && ay_policy_ignored(p, "__pycache__/a.pyc") &&
	   !ay_policy_ignored(p, "model.bin") && !ay_policy_ignored(p, ".cache"), "ignored by default");
	ok(ay_policy_ignored(p, "sub/.DS_Store") && ay_policy_ignored(p, "a/b/__pycache__/m.pyc") && ay_policy_ignored(p, "nb/.ipynb_checkpoints/x") &&
	   ay_policy_ignored(p, "sub/.gitkeep") && !ay_policy_ignored(p, "sub/x.DS_Store") && !ay_policy_ignored(p, "my__pycache__/a"),
	   "at any depth too");
	ok(ay_ignore_match("a/b/**", "a/b/c/d") && !ay_ignore_match("a/b/**", "x/a/b/c") && !ay_ignore_match("a/b", "x/a/b"),
	   "a pattern with a leading directory begins at the top");
	ay_policy_free(p);
	p = must_parse(HEAD "names: {}\nignore: []\n");
	ok(!ay_policy_ignored(p, ".git/config"), "nothing is ignored when the list is empty");
	ay_policy_free(p);
}

static struct ay_sha256 rules_digest(const char *rules)
{
	char yaml[512];
	const struct ay_rules *r;
	struct ay_sha256 digest;
	struct ay_policy *p;

	snprintf(yaml, sizeof(yaml), NAMES "  datasets/**: {%s}\n", rules);
	p = must_parse(yaml);
	is_int(ay_policy_rules(p, "datasets/x", &r, NULL), 0, "%s", rules);
	digest = r->digest;
	ay_policy_free(p);
	return digest;
}

/* Every rule that admission rests on changes the digest; order, defaults written out and serving do not. */
static void test_drift(void)
{
	static const char text[] = NAMES "  datasets/**: {gates: [schema, drift]}\n"
		"  datasets/x: {gates: [schema, drift], drift: {history: 3, trend: off, decide: [psi, w], seasonal: [winter, summer], columns: {price: {d: 0.2, w: 0.3}, \"a b\": {v: 1}}}}\n"
		"  datasets/y: {gates: [schema, drift], drift: {history: 0}}\n";
	const struct ay_rules *r, *other;
	struct ay_policy *p;
	struct ay_error e;

	is_int(ay_policy_parse(text, strlen(text), &p, &e), 0, "a policy for drift: %s", e.msg);
	is_int(ay_policy_rules(p, "datasets/z", &other, NULL), 0, "the defaults");
	ok(other->drift.history == 10 && other->drift.trend && !other->drift.decide && !other->drift.ncolumns && other->drift.alpha == 0.001, "of drift");
	is_int(ay_policy_rules(p, "datasets/x", &r, NULL), 0, "what is given");
	ok(r->drift.history == 3 && !r->drift.trend && r->drift.decide == (1u << 2 | 1u << 5), "history, trend, and what decides");
	ok(r->drift.ncolumns == 2 && strcmp(r->drift.columns[0].name, "price") == 0 && r->drift.columns[0].limit[0] == 0.2 &&
	   r->drift.columns[0].limit[5] == 0.3 && r->drift.columns[0].limit[1] == 0, "floors of a column");
	ok(strcmp(r->drift.columns[1].name, "a b") == 0 && r->drift.columns[1].limit[1] == 1, "and of another");
	ok(!other->drift.seasons && strcmp(r->drift.seasons[0], "summer") == 0 && strcmp(r->drift.seasons[1], "winter") == 0 && !r->drift.seasons[2],
	   "seasons");
	ok(!ay_sha256_eq(&r->digest, &other->digest), "admission rests on them");
	is_int(ay_policy_rules(p, "datasets/y", &r, NULL), 0, "no history");
	ok(r->drift.history == 0, "is none");
	ay_policy_free(p);
}

static void test_digest(void)
{
#define P "provenance: {kind: training, builders: [a, b]}"
	static const char *const same[] = {
		"provenance: {builders: [b, a], kind: training, require: [initiator, code, parameters, datasets]}",
		P ", gates: [format, deserialization, provenance, signature, integrity]", P ", verify: open", P ", verdict: async",
		P ", signature: {threshold: 1, bind: ref, role: publisher}", P ", deserialization: {profiles: [weights], opaque: []}",
	};
	static const char *const other[] = {
		"provenance: {kind: training, builders: [a]}", "provenance: {kind: training, builders: [ab]}", "provenance: {kind: training}",
		"provenance: {kind: training, builders: [a, b], external: true}", "provenance: {kind: training, builders: [a, b], require: [code]}",
		"provenance: {kind: source}", "provenance: {kind: source, require: [uri]}", "provenance: {kind: source, require: []}",
		P ", signature: {threshold: 2}", P ", signature: {bind: none}", P ", signature: {role: curator}",
		P ", deserialization: {profiles: [sklearn]}", P ", deserialization: {opaque: [.a]}", P ", deserialization: {opaque: [.a, .b]}",
		P ", gates: [deserialization, provenance, signature, integrity]",
		P ", gates: [format, deserialization, provenance, signature, integrity, schema]",
		P ", gates: [format, deserialization, provenance, signature, integrity, schema], baseline: required",
	};
	struct ay_sha256 seen[AY_ARRAY_LEN(other) + 1];
	size_t n = 0;

	seen[n++] = rules_digest(P);
	for (size_t i = 0; i < AY_ARRAY_LEN(same); i++) {
		struct ay_sha256 d = rules_digest(same[i]);

		ok(ay_sha256_eq(&d, &seen[0]), "the same rules");
	}
	for (size_t i = 0; i < AY_ARRAY_LEN(other); i++) {
		bool fresh = true;

		seen[n] = rules_digest(other[i]);
		for (size_t k = 0; k < n; k++)
			fresh &= !ay_sha256_eq(&seen[k], &seen[n]);
		ok(fresh, "other rules");
		n++;
	}
#undef P
}

static void test_outliers(void)
{
#define G "gates: [schema, outliers]"
	static const char *const other[] = {
		G ", outliers: {alpha: 0.01}", G ", outliers: {methods: [value]}", G ", outliers: {columns: {a: off}}",
		G ", outliers: {columns: {a: {ranges: 9}}}", G ", outliers: {columns: {a: off, b: {ranges: 9}}}",
	};
	struct ay_sha256 seen[AY_ARRAY_LEN(other) + 1], d;
	const struct ay_rules *r;
	struct ay_policy *p = must_parse(NAMES "  datasets/**: {" G ", outliers: {methods: [rate, forest], columns: {b: {ranges: 9}, a: off}}}\n");

	is_int(ay_policy_rules(p, "datasets/x", &r, NULL), 0, "outliers");
	ok(r->outliers.methods == 18 && r->outliers.alpha == 0.001 && r->outliers.ncolumns == 2, "two methods, two columns");
	ok(strcmp(r->outliers.columns[0].column, "a") == 0 && r->outliers.columns[0].ranges == 0 && r->outliers.columns[1].ranges == 9, "sorted");
	ay_policy_free(p);
	seen[0] = rules_digest(G);
	d = rules_digest(G ", outliers: {alpha: 0.001, methods: [forest, mahalanobis, hbos, rate, value], columns: {}}");
	ok(ay_sha256_eq(&d, &seen[0]), "written out, the defaults are the same rules");
	for (size_t i = 0; i < AY_ARRAY_LEN(other); i++) {
		bool fresh = true;

		seen[i + 1] = rules_digest(other[i]);
		for (size_t k = 0; k <= i; k++)
			fresh &= !ay_sha256_eq(&seen[k], &seen[i + 1]);
		ok(fresh, "other rules");
	}
	d = rules_digest(G ", outliers: {columns: {b: {ranges: 9}, a: off}}");
	ok(ay_sha256_eq(&d, &seen[AY_ARRAY_LEN(other)]), "in whatever order");
#undef G
}

static bool in_group(const char *group, void *arg)
{
	return strcmp(group, arg) == 0;
}

static void test_access(void)
{
	char yaml[1024], publishers[] = "ml-fraud", readers[] = "ml";
	struct passwd *me = getpwuid(0);
	struct ay_policy *p;

	snprintf(yaml, sizeof(yaml),
		 "version: 1\nnames: {}\naccess:\n"
		 "  - {for: \"models/fraud/**\", publish: [group:ml-fraud], read: [group:ml], attest: [user:4711]}\n"
		 "  - {for: \"models/fraud/secret\", read: [\"user:%s\"]}\n"
		 "  - {for: \"models/**\", publish: [user:no-such-user-here], read: [everyone]}\n", me ? me->pw_name : "root");
	p = must_parse(yaml);
	ok(ay_policy_access(p, "models/fraud/x", AY_RIGHT_PUBLISH, 1, in_group, publishers), "a group may publish");
	ok(ay_policy_access(p, "models/fraud/x", AY_RIGHT_ATTEST, 1, in_group, publishers), "and so attest");
	ok(!ay_policy_access(p, "models/fraud/x", AY_RIGHT_READ, 1, in_group, publishers), "but not read");
	ok(ay_policy_may_below(p, "models/fraud", AY_RIGHT_PUBLISH, 1, in_group, publishers), "somewhere below its directory");
	ok(ay_policy_may_below(p, "models", AY_RIGHT_PUBLISH, 1, in_group, publishers), "and so below the one above");
	ok(ay_policy_may_below(p, "models/fraud/x/y", AY_RIGHT_PUBLISH, 1, in_group, publishers), "and below that");
	ok(!ay_policy_may_below(p, "models/other", AY_RIGHT_PUBLISH, 1, in_group, publishers), "not below another");
	ok(!ay_policy_may_below(p, "models/fraudulent", AY_RIGHT_PUBLISH, 1, in_group, publishers), "nor one whose name begins alike");
	ok(!ay_policy_may_below(p, "models/fraud", AY_RIGHT_PUBLISH, 4711, NULL, NULL), "nor anybody else");
	ok(ay_policy_access(p, "models/fraud/x", AY_RIGHT_READ, 1, in_group, readers), "another group may read");
	ok(!ay_policy_access(p, "models/fraud/x", AY_RIGHT_READ, 1, NULL, NULL), "no groups, no right");
	ok(ay_policy_access(p, "models/fraud/x", AY_RIGHT_ATTEST, 4711, NULL, NULL), "a uid may attest");
	ok(!ay_policy_access(p, "models/fraud/x", AY_RIGHT_PUBLISH, 4711, NULL, NULL), "but not publish");
	ok(!ay_policy_access(p, "models/fraud/secret", AY_RIGHT_READ, 4711, in_group, readers), "the most specific entry decides whole");
	for (int i = 0; i < 2; i++) {
		ok(ay_policy_access(p, "models/fraud/secret", AY_RIGHT_READ, 0, NULL, NULL), "a user by name");
		ok(!ay_policy_access(p, "models/fraud/secret", AY_RIGHT_READ, 1, NULL, NULL), "not another");
		ok(!ay_policy_access(p, "models/y", AY_RIGHT_PUBLISH, UINT32_MAX, NULL, NULL), "an unknown user is nobody");
	}
	ok(ay_policy_access(p, "models/y", AY_RIGHT_READ, 99, NULL, NULL), "everyone");
	ok(!ay_policy_access(p, "datasets/y", AY_RIGHT_READ, 0, in_group, readers), "no entry, no right, for root neither");
	ay_policy_free(p);
}

static void test_warnings(void)
{
	struct ay_buf b = ay_buf_new(4096);
	struct ay_policy *p = must_parse(NAMES "  models/**: {gates: [integrity, signature, format]}\n  models/tmp/**: {gates: [format]}\n"
					 "  datasets/**: {gates: [schema]}\n  models/ok/*: {gates: [integrity, signature, format, deserialization]}\n");

	is_int(ay_policy_warnings(p, &b), 0, "warnings");
	is_str(ay_buf_str(&b), "line 5: \"models/tmp/**\" drops integrity, signature, which \"models/**\" on line 4 has\n", "say what is dropped");
	ay_policy_free(p);
	ay_buf_free(&b);
}

static void test_patterns(void)
{
	static const struct { const char *a, *b; bool meet; } pairs[] = {
		{"models/a", "models/a", true}, {"models/a", "models/b", false}, {"models/*", "models/b", true}, {"models/*", "models/a/b", false},
		{"models/**", "models/a/b", true}, {"models/**", "models/*", true}, {"models/**", "datasets/**", false}, {"**", "code/x", true},
		{"models/a*", "models/*b", true}, {"models/a*b", "models/b*", false}, {"models/*a*", "models/*b*", true}, {"models/?", "models/ab", false},
		{"models/??", "models/a?", true}, {"models/?*", "models/a", true}, {"models/*/a", "models/b/*", true}, {"models/*/a", "models/*/b", false},
		{"models/**/a", "models/b/**", true}, {"models/**/a", "models/**/b", false}, {"models/**/a/*", "models/*/b", true},
		{"models/x/**", "models/*/y", true}, {"models/x/**", "models/x", false}, {"models/**/x", "models/x", true}, {"**/a", "**/b/**", true},
		{"models/*a", "models/*b", false}, {"models/a*c", "models/ab*", true}, {"models/**/**", "models/x", true},
	};
	char longest[AY_LIMIT_REF + 2];

	for (size_t i = 0; i < AY_ARRAY_LEN(pairs); i++) {
		ok(ay_patterns_meet(pairs[i].a, pairs[i].b) == pairs[i].meet, "\"%s\" and \"%s\"", pairs[i].a, pairs[i].b);
		ok(ay_patterns_meet(pairs[i].b, pairs[i].a) == pairs[i].meet, "and the other way round");
	}
	memcpy(longest, "models/", 7);
	for (size_t i = 7; i < sizeof(longest) - 1; i++)
		longest[i] = i % 2 ? '*' : '/';
	longest[AY_LIMIT_REF - 1] = 'x';
	longest[AY_LIMIT_REF] = '\0';
	ok(!ay_pattern_problem(longest) && ay_patterns_meet(longest, longest) && ay_patterns_meet(longest, "models/**"), "the longest pattern");
	longest[AY_LIMIT_REF] = 'x';
	longest[AY_LIMIT_REF + 1] = '\0';
	is_str(ay_pattern_problem(longest), "is too long", "one longer");
	ok(!ay_pattern_problem("m*/x") && !ay_pattern_problem("**") && !ay_pattern_problem("**/x") && ay_pattern_problem("x*/y") &&
	   ay_pattern_problem("*") && ay_pattern_problem("models/a b"), "problems");
}

static bool parses(const uint8_t *bytes, size_t len)
{
	struct ay_policy *p;
	int rc = ay_policy_parse(bytes, len, &p, NULL);

	ay_policy_free(p);
	return rc == 0;
}

int main(void)
{
	corpus_check("policy", parses);
	test_refusals();
	test_limits_of_text();
	test_default();
	test_all_keys();
	test_drift();
	test_digest();
	test_outliers();
	test_access();
	test_warnings();
	test_patterns();
	for (unsigned g = 0; g < AY_GATE_COUNT; g++)
		ok(strcmp(ay_gate_name((enum ay_gate_kind)g), "unknown") != 0, "gate %u has a name", g);
	is_str(ay_gate_name(AY_GATE_COUNT), "unknown", "one beyond has none");
	return done_testing();
}
