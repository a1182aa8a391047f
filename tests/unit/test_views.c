/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual files: each is there, is what other tools expect, and shows nothing to who may not see it. */
#include <errno.h>
#include <pwd.h>
#include "assay/text.h"
#include "tests/unit/gate_lib.h"

static const struct tree_file two[] = { { "config.json", "{}" }, { "sub/weights.bin", "weights" } };
static char policy[4096];
static const struct tree_file evil[] = { { "<b>.pkl", "EVIL pickle" } };

static int collect(const struct ay_view_entry *v, void *arg)
{
	struct ay_buf *b = arg;

	ay_buf_addf(b, "%s%s ", v->name, v->dir ? "/" : "");
	return 0;
}

static char *list(struct fixture *f, const char *path, const struct ay_cred *c)
{
	static char out[4096];
	struct ay_buf b = ay_buf_new(sizeof(out) - 1);
	int rc = ay_view_list(f->g, path, c ? c : &f->me, collect, &b);

	if (rc)
		snprintf(out, sizeof(out), "error %d", rc);
	else
		snprintf(out, sizeof(out), "%s", ay_buf_str(&b));
	ay_buf_free(&b);
	return out;
}

static int read_view(struct fixture *f, const char *path, struct ay_buf *out)
{
	struct ay_error e;

	ay_buf_clear(out);
	return ay_view_read(f->g, path, &f->me, out, &e);
}

static bool is_json(const struct ay_buf *b)
{
	struct ay_json_doc *doc;
	struct ay_error e;

	if (ay_json_parse(b->data, b->len, 100000, &doc, &e)) {
		printf("# %s at %llu\n", e.msg, (unsigned long long)e.off);
		return false;
	}
	ay_json_free(doc);
	return true;
}

/* Whatever a listing names can be looked up and, when it is a file, read. */
static void walk(struct fixture *f, const char *path, unsigned *files)
{
	struct ay_buf b = ay_buf_new(4 * MIB), text = ay_buf_new(MIB);
	char *save = NULL, below[600];
	bool dir;

	if (ay_view_list(f->g, path, &f->me, collect, &text))
		ok(false, "list %s", path);
	for (char *name = text.data ? strtok_r((char *)text.data, " ", &save) : NULL; name; name = strtok_r(NULL, " ", &save)) {
		size_t n = strlen(name);
		bool listed_dir = name[n - 1] == '/';

		if (listed_dir)
			name[n - 1] = 0;
		snprintf(below, sizeof(below), "%s/%s", path, name);
		if (ay_view_stat(f->g, below, &f->me, &dir) || dir != listed_dir)
			ok(false, "stat %s", below);
		if (listed_dir) {
			walk(f, below, files);
		} else {
			if (read_view(f, below, &b))
				ok(false, "read %s", below);
			++*files;
		}
	}
	ay_buf_free(&b);
	ay_buf_free(&text);
}

/* ---- what other programs ask of the two formats ---- */

static bool has_text(const struct ay_json *j, const char *path)
{
	const char *s = ay_json_str(ay_json_path(j, path), NULL);

	return s && s[0];
}

static const struct ay_json *parsed(const struct ay_buf *b, struct ay_json_doc **doc)
{
	if (ay_json_parse(b->data, b->len, 100000, doc, NULL))
		abort();
	return ay_json_root(*doc);
}

/* SARIF 2.1.0: what its schema requires, and that each result points at its rule. */
static void check_sarif(const struct ay_buf *b)
{
	struct ay_json_doc *doc;
	const struct ay_json *root = parsed(b, &doc), *run = ay_json_at(ay_json_get(root, "runs"), 0);
	const struct ay_json *results = ay_json_get(run, "results"), *rules = ay_json_path(run, "tool.driver.rules");
	bool good = ay_json_count(results) > 0 && ay_json_count(rules) > 0;

	is_str(ay_json_str(ay_json_get(root, "version"), NULL), "2.1.0", "SARIF 2.1.0");
	ok(has_text(root, "$schema") && has_text(run, "tool.driver.name"), "schema and tool are named");
	for (size_t i = 0; i < ay_json_count(results); i++) {
		const struct ay_json *r = ay_json_at(results, i);
		const char *level = ay_json_str(ay_json_get(r, "level"), NULL), *id = ay_json_str(ay_json_get(r, "ruleId"), NULL), *at;
		uint64_t index = UINT64_MAX;

		good = good && level && id && has_text(r, "message.text") && (strcmp(level, "error") == 0 || strcmp(level, "warning") == 0 ||
			strcmp(level, "note") == 0) && ay_json_u64(ay_json_get(r, "ruleIndex"), &index) == 0;
		at = ay_json_str(ay_json_get(ay_json_at(rules, (size_t)index), "id"), NULL);
		good = good && at && strcmp(at, id) == 0;
	}
	for (size_t i = 0; i < ay_json_count(rules); i++)
		good = good && has_text(ay_json_at(rules, i), "shortDescription.text") && has_text(ay_json_at(rules, i), "defaultConfiguration.level");
	ok(good, "every result has a level, a message and its rule");
	ay_json_free(doc);
}

static bool components(const struct ay_json *list)
{
	bool good = ay_json_count(list) > 0;

	for (size_t i = 0; i < ay_json_count(list); i++) {
		const struct ay_json *c = ay_json_at(list, i), *hash = ay_json_at(ay_json_get(c, "hashes"), 0);

		good = good && has_text(c, "bom-ref") && has_text(c, "type") && has_text(c, "name") &&
		       (!hash || (has_text(hash, "alg") && has_text(hash, "content")));
	}
	return good;
}

/* CycloneDX 1.6, with the fields where readers of ML-BOMs look for them. */
static void check_bom(const struct ay_buf *b)
{
	struct ay_json_doc *doc;
	const struct ay_json *root = parsed(b, &doc), *whole = ay_json_path(root, "metadata.component");
	const struct ay_json *deps = ay_json_at(ay_json_get(root, "dependencies"), 0);
	const char *serial = ay_json_str(ay_json_get(root, "serialNumber"), NULL);
	uint64_t version = 0;

	is_str(ay_json_str(ay_json_get(root, "bomFormat"), NULL), "CycloneDX", "CycloneDX");
	is_str(ay_json_str(ay_json_get(root, "specVersion"), NULL), "1.6", "1.6");
	ok(serial && strncmp(serial, "urn:uuid:", 9) == 0 && strlen(serial) == 45, "a serial number");
	ok(ay_json_u64(ay_json_get(root, "version"), &version) == 0 && version == 1, "a version");
	is_str(ay_json_str(ay_json_get(whole, "type"), NULL), "machine-learning-model", "of a model");
	ok(has_text(whole, "bom-ref") && has_text(whole, "name") && has_text(whole, "version") && has_text(root, "metadata.timestamp"), "with its name");
	ok(components(ay_json_get(whole, "components")) && components(ay_json_get(root, "components")), "files and inputs are components");
	ok(ay_json_is(ay_json_path(whole, "modelCard.modelParameters.datasets"), AY_JSON_ARRAY) &&
	   ay_json_is(ay_json_path(whole, "modelCard.quantitativeAnalysis.performanceMetrics"), AY_JSON_ARRAY), "a model card");
	ok(has_text(deps, "ref") && ay_json_count(ay_json_get(deps, "dependsOn")) == ay_json_count(ay_json_get(root, "components")),
	   "every input is a dependency");
	ay_json_free(doc);
}

static void attest(struct fixture *f)
{
	static const char *const json[] = { "status.json", "report.json", "report.sarif", "model.sig", "hallmark.sigstore.json", "bom.cdx.json" };
	struct ay_prov_pair param = { "epochs", "3" };
	struct ay_provenance p = { .form = AY_PROV_FORM_TRAINING, .params = &param, .nparams = 1, .code_uri = "git+https://x.example/y",
				   .code_commit = "0123456789abcdef0123456789abcdef01234567" };
	struct tree t = { .ref = "models/org/v@v1", .v = two, .n = 2, .key = f->alice, .prov = &p };
	struct tree bad = { .ref = "models/org/v@v2", .v = evil, .n = 1, .key = f->alice };
	struct ay_cred stranger = { .uid = 4242, .gid = 4242 };
	struct ay_buf b = ay_buf_new(4 * MIB), sig = ay_buf_new(MIB), bom = ay_buf_new(MIB);
	struct ay_envelope env;
	struct ay_error e = { 0 };
	struct ay_artifact a;
	uint8_t hash[64];
	uint64_t index = 0;
	char path[200];

	is_int(tree_put(f, &t, NULL, &e), 0, "published (%s)", e.msg);
	is_int(tree_put(f, &bad, NULL, &e), AY_EPOLICY, "rejected");
	is_str(list(f, "attest", NULL), "models/ datasets/ code/ ", "classes");
	is_str(list(f, "attest/models", NULL), "org/ ", "names");
	is_str(list(f, "attest/models/org", NULL), "v@v1/ v@v2/ ", "versions");
	is_str(list(f, "attest/models/org", &stranger), "v@v1/ ", "a stranger does not see the rejected one");
	is_str(list(f, "attest/models/org/v@v2", &stranger), "error -1009", "nor its records");
	is_str(list(f, "attest/models/none", NULL), "error -1009", "no such name");
	is_str(list(f, "attest/other", NULL), "error -1009", "no such class");
	is_str(list(f, "attest/models/org/v@v1", NULL),
	       "status.json report.json report.sarif report.html model.sig claims.jsonl provenance.intoto.jsonl hallmark.sigstore.json "
	       "bom.cdx.json manifest.sha256 manifest.sha256.minisig proof.tlog-proof ", "all records of an admitted one");
	is_str(list(f, "attest/models/org/v@v2", NULL),
	       "status.json report.json report.sarif report.html hallmark.sigstore.json proof.tlog-proof ", "of a rejected one");
	for (size_t i = 0; i < AY_ARRAY_LEN(json); i++) {
		snprintf(path, sizeof(path), "attest/models/org/v@v1/%s", json[i]);
		is_int(read_view(f, path, &b), 0, "%s", json[i]);
		ok(is_json(&b), "%s is JSON", json[i]);
	}

	state_of(f, "models/org/v@v1", &a);
	is_int(read_view(f, "attest/models/org/v@v1/hallmark.sigstore.json", &b), 0, "hallmark");
	if (ay_envelope_parse(b.data, b.len, &env, &e))
		abort();
	is_int(ay_bundle_check_proof(&env, ay_key_public(f->g->key), &f->g->log_pub, f->g->origin, &index, &e), 0,
	       "it carries a proof that it is in the log (%s)", e.msg);
	is_int(index, a.log_index, "at the entry that the record names");
	ay_envelope_free(&env);
	is_int(read_view(f, "attest/models/org/v@v1/model.sig", &b), 0, "model.sig");
	if (ay_envelope_parse(b.data, b.len, &env, &e))
		abort();
	is_int(ay_bundle_check_proof(&env, ay_key_public(f->alice), &f->g->log_pub, f->g->origin, &index, &e), 0, "with a proof too (%s)", e.msg);
	ay_envelope_free(&env);

	is_int(read_view(f, "attest/models/org/v@v1/manifest.sha256", &b), 0, "manifest");
	ok(strstr(ay_buf_str(&b), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a  config.json\n") == ay_buf_str(&b),
	   "as sha256sum writes it");
	is_int(read_view(f, "attest/models/org/v@v1/manifest.sha256.minisig", &sig), 0, "its minisign signature");
	ay_blake2b(b.data, b.len, hash, sizeof(hash));
	is_int(ay_minisign_verify(ay_key_public(f->g->manifest_key), sig.data, sig.len, hash, &e), 0, "which verifies (%s)", e.msg);
	is_int(read_view(f, "attest/models/org/v@v1/claims.jsonl", &b), 0, "claims");
	ok(b.len && memchr(b.data, '\n', b.len) != b.data + b.len - 1, "two lines of them");
	is_int(read_view(f, "attest/models/org/v@v1/bom.cdx.json", &bom), 0, "BOM");
	check_bom(&bom);
	ok(strstr(ay_buf_str(&bom), "assay:hyperparameter:epochs"), "with the training parameters");
	is_int(read_view(f, "attest/models/org/v@v1/bom.cdx.json", &b), 0, "BOM again");
	ok(b.len == bom.len && memcmp(b.data, bom.data, b.len) == 0, "is the same byte for byte");

	is_int(read_view(f, "attest/models/org/v@v2/report.sarif", &b), 0, "SARIF of a rejection");
	check_sarif(&b);
	ok(strstr(ay_buf_str(&b), "\"ruleId\":\"pickle.call.denied\"") && strstr(ay_buf_str(&b), "%3Cb%3E.pkl"), "names rule and file");
	is_int(read_view(f, "attest/models/org/v@v2/report.html", &b), 0, "HTML of a rejection");
	ok(!strstr(ay_buf_str(&b), "<b>.pkl") && strstr(ay_buf_str(&b), "&lt;b&gt;.pkl"), "escapes hostile names");
	is_int(read_view(f, "attest/models/org/v@v2/status.json", &b), 0, "status of a rejection");
	ok(strstr(ay_buf_str(&b), "\"rejected\"") && strstr(ay_buf_str(&b), "pickle.call.denied"), "says why");
	is_int(read_view(f, "attest/models/org/v@v2/manifest.sha256", &b), AY_ENOTFOUND, "and has no manifest");
	ay_buf_free(&b);
	ay_buf_free(&sig);
	ay_buf_free(&bom);
}

static void others(struct fixture *f)
{
	struct ay_buf b = ay_buf_new(4 * MIB), tile = ay_buf_new(MIB);
	struct ay_checkpoint cp;
	struct ay_error e = { 0 };
	unsigned files = 0;
	char path[64];

	walk(f, "attest", &files);
	walk(f, "trust", &files);
	walk(f, "log", &files);
	walk(f, ".assay", &files);
	ok(files > 40, "everything that is listed can be read (%u files)", files);
	is_int(read_view(f, "trust/policy.yaml", &b), 0, "the policy");
	is_str(ay_buf_str(&b), policy, "as it was signed");
	is_int(read_view(f, "trust/trusted_root.json", &b), 0, "trusted_root.json");
	ok(is_json(&b), "is JSON");
	is_int(read_view(f, "log/checkpoint", &b), 0, "the checkpoint");
	is_int(ay_checkpoint_verify(b.data, b.len, f->g->origin, &f->g->log_pub, &cp, &e), 0, "verifies (%s)", e.msg);
	snprintf(path, sizeof(path), "log/tile/0/000.p/%llu", (unsigned long long)cp.size);
	is_int(read_view(f, path, &tile), 0, "%s", path);
	is_int(tile.len, cp.size * 32, "holds a hash for each leaf");
	is_int(read_view(f, "log/tile/0/001", &tile), AY_ENOTFOUND, "no tile beyond it");
	is_int(read_view(f, "log/tile/../x", &tile), AY_ENOTFOUND, "no path out of it");
	is_int(read_view(f, "nowhere", &tile), AY_ENOTFOUND, "no other top directory");
	is_int(read_view(f, ".assay/metrics", &b), 0, "metrics");
	ok(strstr(ay_buf_str(&b), "assay_artifacts{state=\"admitted\"} 1\n"), "count the admitted one");
	ay_buf_free(&b);
	ay_buf_free(&tile);
}

/* The policy of the other tests, but only this user may publish. */
static void own_policy(char *out, size_t size)
{
	static const char everyone[] = "publish: [everyone]";
	const char *at = strstr(gate_policy, everyone);
	const struct passwd *pw = getpwuid(getuid());

	if (!at || !pw)
		abort();
	snprintf(out, size, "%.*spublish: [\"user:%s\"]%s", (int)(at - gate_policy), gate_policy, pw->pw_name, at + strlen(everyone));
}

int main(void)
{
	struct fixture f;

	own_policy(policy, sizeof(policy));
	fixture_make(&f, policy);
	attest(&f);
	others(&f);
	fixture_free(&f);
	return done_testing();
}
