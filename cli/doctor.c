/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine can do, what it costs to lack, and what expires soon. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

#include "assay/mount.h"
#include "assay/text.h"
#include "assay/trust.h"
#include "assay/worker.h"
#include "cli/cli.h"

struct doctor { struct cli *c; struct ay_buf json; struct ay_jw w; bool bad; };

static void line(struct doctor *d, const char *what, bool good, const char *state, const char *cost)
{
	ay_jw_object(&d->w);
	ay_jw_kstr(&d->w, "check", what);
	ay_jw_kbool(&d->w, "good", good);
	ay_jw_kstr(&d->w, "state", state);
	if (!good)
		ay_jw_kstr(&d->w, "cost", cost);
	ay_jw_object_end(&d->w);
	if (d->c->format == CLI_TEXT) {
		printf("%-4s %-14s %s\n", good ? "ok" : "note", what, state);
		if (!good)
			printf("                    %s\n", cost);
	}
}

static void machine(struct doctor *d)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_buf sandbox = ay_buf_new(4096);
	struct utsname u;
	char text[512];

	if (uname(&u) == 0) {
		snprintf(text, sizeof(text), "%s %s", u.sysname, u.release);
		line(d, "kernel", true, text, "");
	}
	bool fuse = access("/dev/fuse", R_OK | W_OK) == 0;

	line(d, "fuse", fuse, fuse ? "/dev/fuse can be opened" : strerror(errno), "the store cannot be mounted here; put, get and scan work");
	ay_mount_describe(text, sizeof(text));
	line(d, "reads", strncmp(text, "passthrough", 11) == 0, text,
	     "reads go through the daemon: cached reads are as fast, first reads and opens are slower; scripts/deps builds a newer libfuse");
	ay_sandbox_describe(&sandbox);
	line(d, "sandbox", !strstr(ay_buf_str(&sandbox), "no landlock") && !strstr(ay_buf_str(&sandbox), "none"), ay_buf_str(&sandbox),
	     "seccomp alone confines the worker; a kernel with Landlock adds a second wall");
	ay_buf_free(&sandbox);
	int r = ay_monitor_start(NULL, &d->c->monitor, &e);

	if (r == 0)
		r = ay_pool_selftest(d->c->monitor, &e);
	line(d, "self-test", r == 0, r == 0 ? "inside the worker nothing but reading and memory works" : e.msg,
	     "files are not safe to scan on this machine");
	d->bad |= r < 0 && r != AY_EUNSUPPORTED;
}

static void store(struct doctor *d)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_json_doc *doc = NULL;
	struct ay_buf env = ay_buf_new(AY_LIMIT_TRUST_ROOT);
	struct ay_trust t;
	struct statvfs fs;
	char text[256], until[24], room[16], mount[PATH_MAX];
	int r = cli_ask_ref(d->c, "trust.get", NULL, false, &doc, &e);
	const char *b64 = r == 0 ? ay_json_str(ay_json_get(ay_json_root(doc), "envelope"), NULL) : NULL;

	if (r == 0)
		r = b64 ? ay_base64_decode(&env, b64, strlen(b64), false) : AY_EINTERNAL;
	if (r == 0)
		r = ay_trust_load(env.data, env.len, NULL, &t, &e);
	ay_json_free(doc);
	ay_buf_free(&env);
	if (r < 0) {
		line(d, "store", false, e.msg[0] ? e.msg : ay_strerror(r), "nothing can be published or verified");
		d->bad = true;
		return;
	}
	int64_t left_s = t.expires_s - ay_time_now();

	ay_time_format(t.expires_s, until);
	snprintf(text, sizeof(text), "version %llu, expires %s", (unsigned long long)t.version, until);
	line(d, "trust root", left_s > 30 * 86400ll, text, left_s > 0 ? "it expires within 30 days, then nothing is admitted; next: assay trust sign"
								     : "it has expired: nothing is admitted; next: assay trust sign");
	d->bad |= left_s <= 0;
	ay_trust_free(&t);
	if (statvfs(d->c->store, &fs) == 0) {
		uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;

		snprintf(text, sizeof(text), "%s free", ay_size_format(room, free_bytes));
		line(d, "disk", free_bytes > 1 * GIB, text, "ingest fails when it is full; what was admitted stays readable");
	}
	if (cli_mount_point(d->c, mount, sizeof(mount)) == 0)
		line(d, "mount", mount[0] != '\0', mount[0] ? mount : "not mounted", "next: assay mount STORE DIR");
}

int cmd_doctor(struct cli *c, int argc, char **argv)
{
	struct doctor d = { .c = c, .json = ay_buf_new(1 * MIB) };
	int status;

	if (cli_parse(c, argc, argv, NULL, 0, 0, &status) < 0)
		return status;
	d.w = ay_jw_new(&d.json, true);
	ay_jw_object(&d.w);
	ay_jw_key(&d.w, "checks");
	ay_jw_array(&d.w);
	machine(&d);
	if (c->store && c->store[0])
		store(&d);
	ay_jw_array_end(&d.w);
	ay_jw_object_end(&d.w);
	if (c->format == CLI_JSON)
		puts(ay_buf_str(&d.json));
	ay_buf_free(&d.json);
	return d.bad ? 2 : 0;
}
