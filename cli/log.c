/* SPDX-License-Identifier: Apache-2.0 */
/* log and bom. */
#include "assay/text.h"
#include "cli/cli.h"

static int ask_log(struct cli *c, const char *verb, const char *what, struct ay_json_doc **doc, struct ay_error *e)
{
	struct ay_buf q = ay_buf_new(64 * KIB);
	struct ay_jw w = ay_jw_new(&q, false);

	ay_jw_object(&w);
	ay_jw_kstr(&w, "verb", verb);
	if (what && strspn(what, "0123456789") == strlen(what))
		ay_jw_ku64(&w, "index", strtoull(what, NULL, 10));
	else if (what)
		ay_jw_kstr(&w, "ref", what);
	ay_jw_object_end(&w);
	int r = cli_ask(c, &q, false, doc, e);

	ay_buf_free(&q);
	return r;
}

static void show_text(const struct ay_json *reply)
{
	const struct ay_json *entries = ay_json_get(reply, "entries");

	for (size_t i = 0; i < ay_json_count(entries); i++) {
		const struct ay_json *v = ay_json_path(ay_json_at(entries, i), "leaf.spec.hashedRekordV002");
		const char *index = ay_json_str(ay_json_get(ay_json_at(entries, i), "index"), NULL);
		const char *type = ay_json_str(ay_json_path(v, "signature.verifier.keyDetails"), NULL);
		const char *digest = ay_json_str(ay_json_path(v, "data.digest"), NULL);

		printf("%8s  %s  %s\n", index ? index : "?", digest ? digest : "?", type ? type : "?");
	}
	printf("\n%s", ay_json_str(ay_json_get(reply, "checkpoint"), NULL));
}

int cmd_log(struct cli *c, int argc, char **argv)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_json_doc *doc = NULL;
	int status, n = cli_parse(c, argc, argv, NULL, 1, 2, &status);

	if (n < 0)
		return status;
	bool show = strcmp(argv[0], "show") == 0, prove = strcmp(argv[0], "prove") == 0, verify = strcmp(argv[0], "verify") == 0;

	if (!show && !prove && !verify)
		return cli_usage(c, "log knows show, verify and prove, not '%s'", argv[0]);
	if (prove && n != 2)
		return cli_usage(c, "expected: assay log prove REF|INDEX");
	if (!cli_store(c))
		return 64;
	int r = ask_log(c, show ? "log.show" : prove ? "log.prove" : "log.verify", prove ? argv[1] : NULL, &doc, &e);

	if (r < 0)
		return verify && r == AY_ECORRUPT ? (cli_fail(c, &e, r), 1) : cli_fail(c, &e, r);
	const struct ay_json *reply = ay_json_root(doc);

	if (c->format == CLI_JSON)
		cli_print_json(reply);
	else if (show)
		show_text(reply);
	else if (prove)
		fputs(ay_json_str(ay_json_get(reply, "proof"), NULL), stdout);
	else
		printf("the log of %s entries is consistent with its signed checkpoint\n", ay_json_str(ay_json_get(reply, "size"), NULL));
	ay_json_free(doc);
	return 0;
}

int cmd_bom(struct cli *c, int argc, char **argv)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_buf q = ay_buf_new(64 * KIB), bytes = ay_buf_new(AY_LIMIT_REQUEST);
	struct ay_json_doc *doc = NULL;
	struct ay_ref ref;
	char path[AY_LIMIT_REF + 64];
	int status;

	if (cli_parse(c, argc, argv, NULL, 1, 1, &status) < 0)
		return status;
	if (!cli_store(c))
		return 64;
	int r = ay_ref_parse(argv[0], &ref, &e);

	/* It may be a tag. */
	if (r == 0)
		r = cli_ask_ref(c, "resolve", ref.text, false, &doc, &e);
	const char *version = r == 0 ? ay_json_str(ay_json_get(ay_json_root(doc), "ref"), NULL) : "";
	struct ay_jw w = ay_jw_new(&q, false);

	snprintf(path, sizeof(path), "attest/%s/bom.cdx.json", version);
	ay_json_free(doc);
	doc = NULL;
	ay_jw_object(&w);
	ay_jw_kstr(&w, "verb", "view");
	ay_jw_kstr(&w, "path", path);
	ay_jw_object_end(&w);
	if (r == 0)
		r = cli_ask(c, &q, false, &doc, &e);
	if (r == 0) {
		const char *b64 = ay_json_str(ay_json_get(ay_json_root(doc), "bytes"), NULL);

		r = b64 ? ay_base64_decode(&bytes, b64, strlen(b64), false) : AY_EINTERNAL;
	}
	if (r == 0)
		fwrite(bytes.data, 1, bytes.len, stdout);
	ay_json_free(doc);
	ay_buf_free(&q);
	ay_buf_free(&bytes);
	return r < 0 ? cli_fail(c, &e, r) : 0;
}
