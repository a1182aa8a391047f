/* SPDX-License-Identifier: Apache-2.0 */
/* What sign, put and import say about a tree: signature and provenance claims. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>

#include "assay/claim.h"
#include "assay/fd.h"
#include "assay/provenance.h"
#include "assay/text.h"
#include "cli/cli.h"

extern char **environ;

#define INPUTS_MAX 256
#define PAIRS_MAX 1024

size_t cli_sign_options(struct cli_sign *s, struct cli_opt *rows)
{
	const struct cli_opt all[] = {
		{ "key", CLI_TEXT_OPT, &s->key, "K", "key that signs; a file, or env://VAR; else that of init --solo" },
		{ "code", CLI_TEXT_OPT, &s->code, "auto|URI@COMMIT", "the code that trained it; auto reads git" },
		{ "dirty", CLI_FLAG, &s->dirty, NULL, "--code auto: accept uncommitted changes, and say so" },
		{ "dataset", CLI_LIST, &s->datasets, "REF", "dataset it was trained on; or URI#sha256:HEX" },
		{ "base", CLI_TEXT_OPT, &s->base, "REF", "model it was derived from" },
		{ "input", CLI_LIST, &s->inputs, "REF", "any other input" },
		{ "param", CLI_LIST, &s->params, "K=V|@FILE", "training parameter, or a JSON file of them" },
		{ "metric", CLI_LIST, &s->metrics, "K=V", "measured result" },
		{ "builder", CLI_TEXT_OPT, &s->builder, "URI", "what ran the training" },
		{ "initiator", CLI_TEXT_OPT, &s->initiator, "WHO", "who asked for it; else git's user.email, else user@host" },
		{ "source", CLI_TEXT_OPT, &s->source, "URI", "where the content came from" },
		{ "revision", CLI_TEXT_OPT, &s->revision, "REV", "revision at the source" },
	};

	memcpy(rows, all, sizeof(all));
	return AY_ARRAY_LEN(all);
}

/* First line of what git prints; "" when it fails. Runs without a shell. */
static bool git(const char *dir, const char *const *words, char *out, size_t size)
{
	const char *argv[8] = { "git", "-C", dir };
	posix_spawn_file_actions_t actions;
	int pipefd[2], status = 1;
	pid_t pid;

	for (size_t i = 0; words[i] && i < 4; i++)
		argv[3 + i] = words[i];
	out[0] = '\0';
	if (pipe2(pipefd, O_CLOEXEC) != 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipefd[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	int r = posix_spawnp(&pid, "git", &actions, NULL, (char *const *)argv, environ);

	posix_spawn_file_actions_destroy(&actions);
	close(pipefd[1]);
	FILE *f = r == 0 ? fdopen(pipefd[0], "r") : NULL;

	if (f) {
		if (!fgets(out, (int)size, f))
			out[0] = '\0';
		while (fgetc(f) != EOF)
			;
		fclose(f);
	} else {
		close(pipefd[0]);
	}
	if (r == 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	out[strcspn(out, "\n")] = '\0';
	return r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct making {
	struct cli *c;
	const struct cli_sign *s;
	struct ay_provenance p;
	struct ay_prov_input inputs[INPUTS_MAX];
	struct ay_prov_pair params[PAIRS_MAX], metrics[PAIRS_MAX];
	char uris[INPUTS_MAX][2 * AY_LIMIT_REF];
	char code_uri[4096], code_commit[80], initiator[512];
	char *pair_text[2 * PAIRS_MAX];
	size_t npair_text;
};

static int read_code(struct making *m, struct ay_error *e)
{
	static const char *const head[] = { "rev-parse", "HEAD", NULL }, *const remote[] = { "config", "--get", "remote.origin.url", NULL },
				 *const changes[] = { "status", "--porcelain", NULL }, *const top[] = { "rev-parse", "--show-toplevel", NULL };
	char line[2048];
	const char *at;

	if (strcmp(m->s->code, "auto") != 0) {
		at = strrchr(m->s->code, '@');
		if (!at)
			return ay_error_set(e, AY_EUSAGE, "--code is auto or URI@COMMIT");
		snprintf(m->code_uri, sizeof(m->code_uri), "%.*s", (int)(at - m->s->code), m->s->code);
		snprintf(m->code_commit, sizeof(m->code_commit), "%s", at + 1);
	} else {
		if (!git(".", head, m->code_commit, sizeof(m->code_commit))) {
			ay_error_set(e, AY_EUSAGE, "--code auto: the working directory is not in a git repository with a commit");
			ay_error_next(e, "run it where the training code is, or give --code URI@COMMIT");
			return AY_EUSAGE;
		}
		if (git(".", changes, line, sizeof(line)) && line[0] && !m->s->dirty) {
			ay_error_set(e, AY_EPOLICY, "--code auto: the git tree has uncommitted changes, so the commit is not what ran");
			ay_error_where(e, "%s", line);
			ay_error_next(e, "commit them, or say --dirty");
			return AY_EPOLICY;
		}
		if (git(".", remote, line, sizeof(line)) && line[0])
			snprintf(m->code_uri, sizeof(m->code_uri), "git+%s%s", line, m->s->dirty ? "#dirty" : "");
		else if (git(".", top, line, sizeof(line)))
			snprintf(m->code_uri, sizeof(m->code_uri), "git+file://%s%s", line, m->s->dirty ? "#dirty" : "");
	}
	m->p.code_uri = m->code_uri;
	m->p.code_commit = m->code_commit;
	return 0;
}

static int find_root(struct making *m, const char *ref, struct ay_sha256 *out, struct ay_error *e)
{
	struct ay_json_doc *doc = NULL;

	if (!cli_store(m->c))
		return ay_error_set(e, AY_EUSAGE, "%s is looked up in a store: name it with --store", ref);
	int r = cli_ask_ref(m->c, "show", ref, true, &doc, e);
	const char *hex = r == 0 ? ay_json_str(ay_json_get(ay_json_root(doc), "root"), NULL) : NULL;

	if (r == 0 && (!hex || ay_sha256_parse(hex, strlen(hex), out) < 0))
		r = ay_error_set(e, AY_ESTATE, "%s is not admitted, so nothing can rest on it", ref);
	ay_json_free(doc);
	return r;
}

/* REF of the store, or URI#sha256:HEX from outside. */
static int add_input(struct making *m, const char *role, const char *text, struct ay_error *e)
{
	const char *hash = strstr(text, "#sha256:");

	if (m->p.ninputs == INPUTS_MAX)
		return ay_error_set(e, AY_ELIMIT, "more than %d inputs", INPUTS_MAX);
	struct ay_prov_input *in = &m->inputs[m->p.ninputs];
	char *uri = m->uris[m->p.ninputs];

	in->role = role;
	in->uri = uri;
	m->p.ninputs++;
	if (hash) {
		snprintf(uri, sizeof(m->uris[0]), "%.*s", (int)(hash - text), text);
		if (ay_sha256_parse(hash + 8, strlen(hash + 8), &in->digest) < 0)
			return ay_error_set(e, AY_EUSAGE, "%s does not end in #sha256: and 64 hex digits", text);
		return 0;
	}
	struct ay_ref ref;
	int r = ay_ref_parse(text, &ref, e);

	snprintf(uri, sizeof(m->uris[0]), "assay:%s", text);
	return r < 0 ? r : find_root(m, text, &in->digest, e);
}

static int add_pair(struct making *m, struct ay_prov_pair *pairs, size_t *n, const char *key, size_t key_len, const char *value, struct ay_error *e)
{
	char *k = strndup(key, key_len), *v = strdup(value);

	if (!k || !v || *n == PAIRS_MAX) {
		free(k);
		free(v);
		return ay_error_set(e, AY_ELIMIT, "more than %d parameters", PAIRS_MAX);
	}
	m->pair_text[m->npair_text++] = k;
	m->pair_text[m->npair_text++] = v;
	pairs[(*n)++] = (struct ay_prov_pair){ k, v };
	return 0;
}

/* @FILE: a JSON object; each value as text. */
static int add_file(struct making *m, const char *path, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(1 * MIB);
	struct ay_json_doc *doc = NULL;
	int r = ay_read_file(AT_FDCWD, path, &b, e);

	if (r == 0)
		r = ay_json_parse(b.data, b.len, 100000, &doc, e);
	if (r == 0 && !ay_json_is(ay_json_root(doc), AY_JSON_OBJECT))
		r = ay_error_set(e, AY_EUSAGE, "%s is not a JSON object", path);
	for (size_t i = 0; r == 0 && i < ay_json_count(ay_json_root(doc)); i++) {
		const struct ay_json *v = ay_json_at(ay_json_root(doc), i);
		const char *key = ay_json_key(ay_json_root(doc), i), *text = ay_json_str(v, NULL);
		struct ay_buf whole = ay_buf_new(1 * MIB);
		struct ay_jw w = ay_jw_new(&whole, false);

		if (!text)
			ay_jw_tree(&w, v);
		r = add_pair(m, m->params, &m->p.nparams, key, strlen(key), text ? text : ay_buf_str(&whole), e);
		ay_buf_free(&whole);
	}
	ay_json_free(doc);
	ay_buf_free(&b);
	return r;
}

static int add_pairs(struct making *m, const struct cli_list *words, struct ay_prov_pair *pairs, size_t *n, struct ay_error *e)
{
	for (size_t i = 0; i < words->n; i++) {
		const char *word = words->v[i], *eq = strchr(word, '=');
		int r;

		if (word[0] == '@')
			r = add_file(m, word + 1, e);
		else if (eq && eq > word)
			r = add_pair(m, pairs, n, word, (size_t)(eq - word), eq + 1, e);
		else
			r = ay_error_set(e, AY_EUSAGE, "'%s' is not KEY=VALUE", word);
		if (r < 0)
			return r;
	}
	return 0;
}

static void find_initiator(struct making *m)
{
	static const char *const mail[] = { "config", "--get", "user.email", NULL };
	struct passwd *pw = getpwuid(getuid());
	char host[256] = "localhost";

	if (m->s->initiator) {
		snprintf(m->initiator, sizeof(m->initiator), "%s", m->s->initiator);
	} else if (!git(".", mail, m->initiator, sizeof(m->initiator)) || !m->initiator[0]) {
		if (gethostname(host, sizeof(host) - 1) != 0)
			snprintf(host, sizeof(host), "localhost");
		snprintf(m->initiator, sizeof(m->initiator), "%s@%s", pw ? pw->pw_name : "unknown", host);
	}
	m->p.initiator = m->initiator;
	m->p.collector = m->initiator;
}

static int make_provenance(struct making *m, const char *ref, const struct ay_sha256 *root, const struct ay_sha256 *alias,
			   struct ay_buf *out, struct ay_error *e)
{
	const struct cli_sign *s = m->s;
	int r = 0;

	m->p = (struct ay_provenance){ .form = s->source ? AY_PROV_FORM_SOURCE : AY_PROV_FORM_TRAINING, .ref = ref, .root = *root, .alias = *alias,
				       .builder = s->builder, .source_uri = s->source, .source_revision = s->revision,
				       .finished_s = ay_time_now(), .inputs = m->inputs, .params = m->params, .metrics = m->metrics };
	find_initiator(m);
	if (s->code)
		r = read_code(m, e);
	for (size_t i = 0; r == 0 && i < s->datasets.n; i++)
		r = add_input(m, "dataset", s->datasets.v[i], e);
	if (r == 0 && s->base)
		r = add_input(m, "base", s->base, e);
	for (size_t i = 0; r == 0 && i < s->inputs.n; i++)
		r = add_input(m, "input", s->inputs.v[i], e);
	if (r == 0)
		r = add_pairs(m, &s->params, m->params, &m->p.nparams, e);
	if (r == 0)
		r = add_pairs(m, &s->metrics, m->metrics, &m->p.nmetrics, e);
	return r < 0 ? r : ay_provenance_statement(&m->p, out, e);
}

static int sign_one(const struct ay_key *k, const char *name, struct ay_buf *statement,
		    int (*add)(void *arg, const char *name, const void *bytes, size_t len), void *arg, struct ay_error *e)
{
	struct ay_buf bundle = ay_buf_new(AY_LIMIT_CLAIM);
	int r = ay_bundle_sign(k, statement->data, statement->len, &bundle);

	if (r < 0)
		ay_error_set(e, r, "%s could not be signed: %s", name, ay_strerror(r));
	else if ((r = add(arg, name, bundle.data, bundle.len)) < 0 && e && !e->msg[0])
		ay_error_set(e, r, "%s: %s", name, ay_strerror(r));
	ay_buf_free(&bundle);
	return r;
}

int cli_make_claims(struct cli *c, const struct cli_sign *s, const char *ref, const struct ay_file_list *files,
		    int (*add)(void *arg, const char *name, const void *bytes, size_t len), void *arg, struct ay_error *e)
{
	struct making *m = calloc(1, sizeof(*m));
	struct ay_buf st = ay_buf_new(AY_LIMIT_CLAIM);
	struct ay_sha256 root, alias;
	struct ay_key *k = NULL;
	int r = m ? cli_key(s->key, &k, e) : ay_error_set(e, -ENOMEM, "out of memory");

	if (r == 0 && (r = ay_oms_roots(files, &root, &alias)) < 0)
		ay_error_set(e, r, "out of memory");
	if (r == 0 && (r = ay_oms_statement(ref, files, NULL, 0, &st)) < 0)
		ay_error_set(e, r, "the signature of %zu files could not be written: %s", files->n, ay_strerror(r));
	if (r == 0)
		r = sign_one(k, "model.sig", &st, add, arg, e);
	bool told = s->code || s->datasets.n || s->base || s->inputs.n || s->params.n || s->metrics.n || s->builder || s->source;

	if (r == 0 && told) {
		m->c = c;
		m->s = s;
		ay_buf_clear(&st);
		r = make_provenance(m, ref, &root, &alias, &st, e);
		if (r == 0)
			r = sign_one(k, "provenance.sigstore.json", &st, add, arg, e);
	}
	for (size_t i = 0; m && i < m->npair_text; i++)
		free(m->pair_text[i]);
	free(m);
	ay_key_free(k);
	ay_buf_free(&st);
	return r;
}
