/* SPDX-License-Identifier: Apache-2.0 */
/* tag, retire, revoke, waive: changes that a curator signs. */
#include "assay/change.h"
#include "assay/text.h"
#include "cli/cli.h"

/* Root digest and state of a reference. */
static int root_of(struct cli *c, const char *ref, struct ay_sha256 *root, struct ay_error *e)
{
	struct ay_json_doc *doc = NULL;
	int r = cli_ask_ref(c, "show", ref, false, &doc, e);

	if (r < 0)
		return r;
	const char *hex = ay_json_str(ay_json_get(ay_json_root(doc), "root"), NULL);
	const char *state = ay_json_str(ay_json_get(ay_json_root(doc), "state"), NULL);

	if (!hex || ay_sha256_parse(hex, strlen(hex), root) < 0)
		r = ay_error_set(e, AY_ESTATE, "%s is %s and has no content to speak about", ref, state ? state : "unknown");
	ay_json_free(doc);
	return r;
}

static int finish(struct cli *c, struct ay_key *k, const char *kind, struct ay_buf *st, int r, struct ay_error *e, const char *done)
{
	if (r == 0)
		r = cli_change(c, k, kind, st, e);
	ay_key_free(k);
	ay_buf_free(st);
	if (r < 0)
		return cli_fail(c, e, r);
	if (c->format == CLI_JSON)
		puts("{}");
	else
		puts(done);
	return 0;
}

static uint64_t tag_seq(struct cli *c, const char *name, const char *tag)
{
	struct ay_buf q = ay_buf_new(64 * KIB);
	struct ay_json_doc *doc = NULL;
	struct ay_jw w = ay_jw_new(&q, false);
	uint64_t seq = 0;

	ay_jw_object(&w);
	ay_jw_kstr(&w, "verb", "ls");
	ay_jw_kstr(&w, "prefix", name);
	ay_jw_object_end(&w);
	if (cli_ask(c, &q, false, &doc, NULL) == 0) {
		const struct ay_json *tags = ay_json_get(ay_json_root(doc), "tags");

		for (size_t i = 0; i < ay_json_count(tags); i++) {
			const struct ay_json *t = ay_json_at(tags, i);

			if (strcmp(ay_json_str(ay_json_get(t, "name"), NULL), name) == 0 &&
			    strcmp(ay_json_str(ay_json_get(t, "tag"), NULL), tag) == 0)
				(void)!ay_json_u64(ay_json_get(t, "seq"), &seq);
		}
	}
	ay_json_free(doc);
	ay_buf_free(&q);
	return seq;
}

int cmd_tag(struct cli *c, int argc, char **argv)
{
	const char *key = NULL;
	const struct cli_opt opts[] = {
		{ "key", CLI_TEXT_OPT, &key, "CURATOR.key", "signs the move" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_buf st = ay_buf_new(1 * MIB);
	struct ay_key *k = NULL;
	struct ay_sha256 root;
	char ref[2 * AY_LIMIT_REF], done[4 * AY_LIMIT_REF];
	int status;

	if (cli_parse(c, argc, argv, opts, 3, 3, &status) < 0)
		return status;
	if (!cli_store(c))
		return 64;
	if (!ay_component_ok(argv[1], strlen(argv[1])) || strlen(argv[1]) > AY_LIMIT_VERSION)
		return cli_usage(c, "a tag takes letters, digits, '.', '_' and '-', and begins with a letter or digit");
	snprintf(ref, sizeof(ref), "%s@%s", argv[0], argv[2]);
	snprintf(done, sizeof(done), "%s@%s is now %s", argv[0], argv[1], argv[2]);
	int r = root_of(c, ref, &root, &e);

	if (r == 0)
		r = cli_curator_key(key, &k, &e);
	if (r == 0)
		r = ay_tag_statement(argv[0], argv[1], argv[2], tag_seq(c, argv[0], argv[1]) + 1, &root, &st);
	return finish(c, k, "tag", &st, r, &e, done);
}

static int withdraw(struct cli *c, int argc, char **argv, const char *kind,
		    int (*make)(const char *ref, const struct ay_sha256 *root, const char *reason, struct ay_buf *out), bool reason_needed)
{
	const char *key = NULL, *reason = NULL;
	const struct cli_opt opts[] = {
		{ "key", CLI_TEXT_OPT, &key, "CURATOR.key", "signs the change" },
		{ "reason", CLI_TEXT_OPT, &reason, "TEXT", "why; it is signed and logged" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_buf st = ay_buf_new(1 * MIB);
	struct ay_key *k = NULL;
	struct ay_sha256 root;
	char done[2 * AY_LIMIT_REF];
	int status;

	if (cli_parse(c, argc, argv, opts, 1, 1, &status) < 0)
		return status;
	if (reason_needed && !reason)
		return cli_usage(c, "say why: --reason TEXT");
	if (!cli_store(c))
		return 64;
	snprintf(done, sizeof(done), "%s is %sd; the next open fails", argv[0], kind);
	int r = root_of(c, argv[0], &root, &e);

	if (r == 0)
		r = cli_curator_key(key, &k, &e);
	if (r == 0)
		r = make(argv[0], &root, reason ? reason : "", &st);
	return finish(c, k, kind, &st, r, &e, done);
}

int cmd_retire(struct cli *c, int argc, char **argv)
{
	return withdraw(c, argc, argv, "retire", ay_retire_statement, false);
}

int cmd_revoke(struct cli *c, int argc, char **argv)
{
	return withdraw(c, argc, argv, "revoke", ay_revoke_statement, true);
}

/* A day ("2027-01-31", to its end) or a whole time. */
static int until(const char *text, int64_t *out)
{
	char whole[64];

	if (text && strlen(text) == 10) {
		snprintf(whole, sizeof(whole), "%sT23:59:59Z", text);
		text = whole;
	}
	return text ? ay_time_parse(text, strlen(text), out) : AY_EUSAGE;
}

int cmd_waive(struct cli *c, int argc, char **argv)
{
	const char *key = NULL, *reason = NULL, *date = NULL;
	const struct cli_opt opts[] = {
		{ "key", CLI_TEXT_OPT, &key, "CURATOR.key", "signs the waiver" },
		{ "until", CLI_TEXT_OPT, &date, "DATE", "last day on which it helps an admission" },
		{ "reason", CLI_TEXT_OPT, &reason, "TEXT", "why; it is signed and logged" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_buf st = ay_buf_new(1 * MIB);
	struct ay_key *k = NULL;
	int64_t until_s = 0;
	int status;

	if (cli_parse(c, argc, argv, opts, 2, 2, &status) < 0)
		return status;
	if (!reason || until(date, &until_s) < 0)
		return cli_usage(c, "expected: --until YYYY-MM-DD --reason TEXT");
	const struct ay_rule *rule = ay_rule_find(argv[1]);

	if (rule && rule->code_execution) {
		ay_error_set(&e, AY_EPOLICY, "%s means that code would run; such a rule cannot be waived", argv[1]);
		ay_error_next(&e, "ask the publisher for safetensors");
		return cli_fail(c, &e, AY_EPOLICY);
	}
	if (until_s <= ay_time_now())
		return cli_usage(c, "--until %s is past", date);
	if (!cli_store(c))
		return 64;
	int r = cli_curator_key(key, &k, &e);

	if (r == 0)
		r = ay_waiver_statement(argv[0], argv[1], until_s, reason, &st);
	return finish(c, k, "waiver", &st, r, &e, "waived\nnext: assay retry a held version, or put a rejected one again");
}
