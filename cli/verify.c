/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "assay/claim.h"
#include "assay/fd.h"
#include "assay/log.h"
#include "assay/text.h"
#include "cli/cli.h"

#define KEYS_MAX 64

struct args { struct cli_list keys; const char *signature, *log_key, *origin, *digest; };

static int load_keys(const struct cli_list *files, struct ay_pubkey *out, struct ay_error *e)
{
	for (size_t i = 0; i < files->n; i++) {
		struct ay_buf b = ay_buf_new(AY_LIMIT_KEY_FILE);
		int r = i == KEYS_MAX ? ay_error_set(e, AY_EUSAGE, "more than %d keys", KEYS_MAX)
				      : ay_read_file(AT_FDCWD, files->v[i], &b, e);

		if (r == 0)
			r = ay_pubkey_parse(b.data, b.len, &out[i], e);
		if (r < 0)
			ay_error_where(e, "%s", files->v[i]);
		ay_buf_free(&b);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The inclusion proof inside the bundle, when the log's key was given. */
static int check_log(const struct cli *c, const struct args *a, const struct ay_envelope *env, const struct ay_pubkey *signer, struct ay_error *e)
{
	struct cli_list one = { .v = { a->log_key }, .n = 1 };
	struct ay_pubkey log;
	uint64_t index;
	int r = load_keys(&one, &log, e);

	if (r == 0)
		r = ay_bundle_check_proof(env, signer, &log, a->origin, &index, e);
	if (r == AY_ENOTFOUND)
		r = ay_error_set(e, AY_ESIGNATURE, "the bundle has no inclusion proof of the log");
	if (r == 0 && c->format == CLI_TEXT)
		printf("in the log %s at index %llu\n", a->origin, (unsigned long long)index);
	return r;
}

/*
 * One bundle or envelope: the signature by one of the keys over the bytes, the
 * statement inside, and what it says about dir (or --digest).
 */
static int check_claim(const struct cli *c, const struct args *a, const struct ay_buf *bytes, int dir, struct ay_error *e)
{
	struct ay_pubkey keys[KEYS_MAX];
	struct ay_envelope env;
	struct ay_statement st;
	uint64_t mask = 0;
	int r = load_keys(&a->keys, keys, e);

	if (r == 0)
		r = ay_envelope_parse(bytes->data, bytes->len, &env, e);
	if (r < 0)
		return r;
	r = ay_envelope_verify(&env, keys, a->keys.n, &mask, e);
	if (r == 0 && mask == 0)
		r = ay_error_set(e, AY_ESIGNATURE, "no signature in it was made by a given key");
	if (r == 0 && a->log_key)
		r = check_log(c, a, &env, &keys[__builtin_ctzll(mask)], e);
	if (r == 0)
		r = ay_statement_parse(env.payload, env.payload_len, &st, e);
	ay_envelope_free(&env);
	if (r < 0)
		return r;
	if (a->digest) {
		struct ay_sha256 d;

		if (ay_sha256_parse(a->digest, strlen(a->digest), &d) < 0)
			r = ay_error_set(e, AY_EUSAGE, "--digest is 64 lower-case hex digits");
		else if (!ay_statement_has_subject(&st, &d))
			r = ay_error_set(e, AY_EDIGEST, "the statement is not about this digest");
	}
	if (r == 0 && strcmp(st.predicate_type, AY_PREDICATE_OMS) == 0 && dir >= 0)
		r = ay_oms_check_dir(&st, dir, e);
	else if (r == 0 && !a->digest)
		r = ay_error_set(e, AY_EUSAGE, "a statement of type %s does not list files; say what it is about with --digest",
				 st.predicate_type);
	ay_statement_free(&st);
	return r;
}

static int verify_dir(struct cli *c, const char *path, const struct args *a)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);
	AY_CLEANUP_FD int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (dir < 0)
		r = ay_error_errno(&e, "%s", path);
	else if (a->keys.n == 0)
		r = ay_error_set(&e, AY_EUSAGE, "a local directory is verified against keys: --key K.pub");
	if (r == 0)
		r = a->signature ? ay_read_file(AT_FDCWD, a->signature, &b, &e) : ay_read_file(dir, "model.sig", &b, &e);
	if (r == 0)
		r = check_claim(c, a, &b, dir, &e);
	ay_buf_free(&b);
	if (r < 0)
		return cli_fail(c, &e, r);
	if (c->format == CLI_JSON)
		puts("{\"verified\": true}");
	else
		printf("verified: %s\n", path);
	return 0;
}

static int verify_ref(struct cli *c, const char *ref)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_json_doc *doc = NULL;

	if (!cli_store(c))
		return 64;
	int r = cli_ask_ref(c, "verify", ref, true, &doc, &e);

	if (r < 0)
		return cli_fail(c, &e, r);
	const struct ay_json *reply = ay_json_root(doc), *checks = ay_json_get(reply, "checks");

	if (c->format == CLI_JSON) {
		cli_print_json(reply);
	} else {
		for (size_t i = 0; i < ay_json_count(checks); i++) {
			printf("%-10s ", ay_json_key(checks, i));
			cli_put(ay_json_str(ay_json_at(checks, i), NULL));
			putchar('\n');
		}
		printf("verified: %s\n", ay_json_str(ay_json_get(reply, "ref"), NULL));
	}
	ay_json_free(doc);
	return 0;
}

int cmd_verify(struct cli *c, int argc, char **argv)
{
	struct args a = { 0 };
	const struct cli_opt opts[] = {
		{ "key", CLI_LIST, &a.keys, "K.pub", "DIR: a key whose signature counts" },
		{ "signature", CLI_TEXT_OPT, &a.signature, "FILE", "DIR: the claim, else DIR/model.sig" },
		{ "digest", CLI_TEXT_OPT, &a.digest, "HEX", "DIR: the claim must be about this SHA-256" },
		{ "log-key", CLI_TEXT_OPT, &a.log_key, "LOG.pub", "DIR: the claim must hold a proof of this log" },
		{ "origin", CLI_TEXT_OPT, &a.origin, "NAME", "the log's origin" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct stat st;
	struct ay_ref ref;
	int status;

	if (cli_parse(c, argc, argv, opts, 1, 1, &status) < 0)
		return status;
	if (!a.log_key != !a.origin)
		return cli_usage(c, "--log-key and --origin go together");
	if (a.keys.n == 0 && ay_ref_parse(argv[0], &ref, NULL) == 0)
		return verify_ref(c, argv[0]);
	if (stat(argv[0], &st) != 0 || !S_ISDIR(st.st_mode))
		return cli_usage(c, "%s is neither a reference nor a directory", argv[0]);
	return verify_dir(c, argv[0], &a);
}
