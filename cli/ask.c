/* SPDX-License-Identifier: Apache-2.0 */
/* The way to whoever owns the store: its socket, or this process itself. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>

#include "assay/fd.h"
#include "assay/text.h"
#include "cli/cli.h"

#define OWNER_WAIT_MS 10000

/* A mount says which store it shows: looks for .assay/status.json upwards from start. */
static const char *store_of_mount(const char *start)
{
	static char found[PATH_MAX];
	char dir[PATH_MAX], path[PATH_MAX + 32];

	if (!realpath(start, dir))
		return NULL;
	for (;;) {
		struct ay_buf b = ay_buf_new(1 * MIB);
		struct ay_json_doc *doc = NULL;
		const char *store = NULL;

		snprintf(path, sizeof(path), "%s/.assay/status.json", strcmp(dir, "/") == 0 ? "" : dir);
		if (ay_read_file(AT_FDCWD, path, &b, NULL) == 0 && ay_json_parse(b.data, b.len, 10000, &doc, NULL) == 0)
			store = ay_json_str(ay_json_get(ay_json_root(doc), "store"), NULL);
		if (store)
			snprintf(found, sizeof(found), "%s", store);
		ay_json_free(doc);
		ay_buf_free(&b);
		if (store)
			return found;
		char *slash = strrchr(dir, '/');

		if (!slash || slash[1] == '\0')
			return NULL;
		slash[slash == dir] = '\0';
	}
}

void cli_store_near(struct cli *c, const char *path)
{
	const char *found = store_of_mount(path);

	if (found)
		c->store = found;
}

const char *cli_store(struct cli *c)
{
	if (!c->store || !c->store[0])
		c->store = store_of_mount(".");
	if (!c->store)
		cli_say("which store? next: assay %s --store DIR, or set ASSAY_STORE", c->verb->name);
	return c->store;
}

/* The owner serves a mount that stands: waiting for it is in vain. One that was unmounted is about to end. */
static bool owner_stays(struct cli *c)
{
	char mount[PATH_MAX], above[PATH_MAX + 4];
	struct stat st, up;

	if (cli_mount_point(c, mount, sizeof(mount)) < 0 || !mount[0])
		return false;
	snprintf(above, sizeof(above), "%s/..", mount);
	return stat(mount, &st) == 0 && stat(above, &up) == 0 && st.st_dev != up.st_dev;
}

int cli_open_gate(struct cli *c, const struct ay_gate_options *o, struct ay_error *e)
{
	int64_t until_ms = ay_time_mono_ms() + OWNER_WAIT_MS;
	int r;

	/* Another command is at it; most are short. */
	while ((r = ay_gate_open(o, &c->gate, e)) == AY_EBUSY && ay_time_mono_ms() < until_ms && !owner_stays(c)) {
		const struct timespec pause = { .tv_nsec = 50 * 1000000 };

		cli_progress("waiting for the store: %s", e ? e->msg : "");
		nanosleep(&pause, NULL);
	}
	cli_progress_end();
	return r;
}

int cli_own(struct cli *c, bool judge, struct ay_error *e)
{
	if (c->gate && (c->monitor || !judge))
		return 0;
	/* Opened for a question; what follows needs workers, whose monitor is forked before any thread. */
	ay_gate_close(c->gate);
	c->gate = NULL;
	if (judge && !c->monitor) {
		int r = ay_monitor_start(NULL, &c->monitor, e);

		if (r < 0)
			return r;
	}
	return cli_open_gate(c, &(struct ay_gate_options){ .store = c->store, .monitor = c->monitor }, e);
}

void cli_close(struct cli *c)
{
	ay_gate_close(c->gate);
	ay_monitor_stop(c->monitor);
	c->gate = NULL;
	c->monitor = NULL;
}

/* A refusal in a reply becomes the error that it was. */
static int reply_error(const struct ay_json *reply, struct ay_error *e)
{
	const struct ay_json *err = ay_json_get(reply, "error");
	const char *msg = ay_json_str(ay_json_get(err, "message"), NULL);
	const char *where = ay_json_str(ay_json_get(err, "where"), NULL);
	const char *next = ay_json_str(ay_json_get(err, "next"), NULL);
	int64_t code = AY_EINTERNAL;

	if (ay_json_i64(ay_json_get(reply, "code"), &code) < 0 || code >= 0)
		code = AY_EINTERNAL;
	ay_error_set(e, (int)code, "%s", msg ? msg : ay_strerror((int)code));
	if (e && msg)
		snprintf(e->msg, sizeof(e->msg), "%s", msg);
	if (e && where)
		snprintf(e->where, sizeof(e->where), "%s", where);
	if (e && next)
		snprintf(e->next, sizeof(e->next), "%s", next);
	return (int)code;
}

/* An owner that ends may hang up before it answers. What changes nothing is asked again of whoever owns the store then. */
static bool may_repeat(const struct ay_buf *request)
{
	static const char *const verbs[] = {"status", "ls", "show", "files", "view", "stats", "fsck", "verify", "resolve", "claims"};
	struct ay_json_doc *doc = NULL;
	const char *verb = NULL;
	bool yes = false;

	if (ay_json_parse(request->data, request->len, 8000000, &doc, NULL) == 0)
		verb = ay_json_str(ay_json_get(ay_json_root(doc), "verb"), NULL);
	for (size_t i = 0; verb && i < AY_ARRAY_LEN(verbs); i++)
		yes = yes || strcmp(verb, verbs[i]) == 0;
	ay_json_free(doc);
	return yes;
}

int cli_ask(struct cli *c, const struct ay_buf *request, bool judge, struct ay_json_doc **doc_out, struct ay_error *e)
{
	struct ay_buf reply = ay_buf_new(AY_LIMIT_REQUEST);
	int r = AY_ENOTFOUND;

	*doc_out = NULL;
	if (request->err)
		return ay_error_set(e, request->err, "the request is too large");
	if (!c->gate)
		r = ay_ask(c->store, request, &reply, e);
	if (r == AY_EBUSY && may_repeat(request)) {
		ay_buf_clear(&reply);
		r = AY_ENOTFOUND;
	}
	if (r == AY_ENOTFOUND) {
		struct ay_json_doc *q = NULL;
		struct ay_cred self = { .uid = getuid(), .gid = getgid(), .pid = getpid() };

		r = cli_own(c, judge, e);
		if (r == 0)
			r = ay_json_parse(request->data, request->len, 8000000, &q, e);
		if (r == 0)
			ay_serve(c->gate, &self, ay_json_root(q), &reply);
		ay_json_free(q);
	}
	if (r == 0)
		r = ay_json_parse(reply.data, reply.len, 16000000, doc_out, e);
	ay_buf_free(&reply);
	if (r == 0 && !ay_json_bool(ay_json_get(ay_json_root(*doc_out), "ok"), false)) {
		r = reply_error(ay_json_root(*doc_out), e);
		ay_json_free(*doc_out);
		*doc_out = NULL;
	}
	return r;
}

int cli_ask_ref(struct cli *c, const char *verb, const char *ref, bool judge, struct ay_json_doc **doc_out, struct ay_error *e)
{
	struct ay_buf q = ay_buf_new(64 * KIB);
	struct ay_jw w = ay_jw_new(&q, false);

	ay_jw_object(&w);
	ay_jw_kstr(&w, "verb", verb);
	if (ref)
		ay_jw_kstr(&w, "ref", ref);
	ay_jw_object_end(&w);
	int r = cli_ask(c, &q, judge, doc_out, e);

	ay_buf_free(&q);
	return r;
}

int cli_mount_point(struct cli *c, char *out, size_t size)
{
	struct ay_buf q = ay_buf_new(1 * KIB), reply = ay_buf_new(1 * MIB);
	struct ay_json_doc *doc = NULL;

	out[0] = '\0';
	ay_buf_adds(&q, "{\"verb\":\"status\"}");
	int r = ay_ask(c->store, &q, &reply, NULL);

	if (r == 0 && (r = ay_json_parse(reply.data, reply.len, 10000, &doc, NULL)) == 0) {
		const char *mount = ay_json_str(ay_json_get(ay_json_root(doc), "mount"), NULL);

		snprintf(out, size, "%s", mount ? mount : "");
	}
	ay_json_free(doc);
	ay_buf_free(&q);
	ay_buf_free(&reply);
	return r == AY_ENOTFOUND ? 0 : r;
}

bool cli_mounted_ref(struct cli *c, const char *path, char out[AY_LIMIT_REF + 1], const char **member_out)
{
	static char whole[2 * PATH_MAX];
	char mount[PATH_MAX], cwd[PATH_MAX];
	struct ay_ref ref;

	*member_out = NULL;
	if (cli_mount_point(c, mount, sizeof(mount)) < 0 || !mount[0])
		return false;
	/* The file itself may be refused or gone: its name is enough. */
	if (path[0] == '/')
		snprintf(whole, sizeof(whole), "%s", path);
	else if (getcwd(cwd, sizeof(cwd)))
		snprintf(whole, sizeof(whole), "%s/%s", cwd, path);
	else
		return false;
	size_t len = strlen(mount);
	const char *at = strncmp(whole, mount, len) == 0 && whole[len] == '/' ? strchr(whole + len, '@') : NULL;

	if (!at)
		return false;
	size_t end = strcspn(at, "/");

	snprintf(out, AY_LIMIT_REF + 1, "%.*s", (int)(at + end - whole - len - 1), whole + len + 1);
	if (at[end] && at[end + 1])
		*member_out = at + end + 1;
	return ay_ref_parse(out, &ref, NULL) == 0;
}

void cli_print_json(const struct ay_json *reply)
{
	struct ay_buf b = ay_buf_new(256 * MIB);
	struct ay_jw w = ay_jw_new(&b, true);

	ay_jw_object(&w);
	for (size_t i = 0; i < ay_json_count(reply); i++) {
		const char *key = ay_json_key(reply, i);

		if (strcmp(key, "ok") == 0)
			continue;
		ay_jw_key(&w, key);
		ay_jw_tree(&w, ay_json_at(reply, i));
	}
	ay_jw_object_end(&w);
	puts(ay_buf_str(&b));
	ay_buf_free(&b);
}
