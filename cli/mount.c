/* SPDX-License-Identifier: Apache-2.0 */
/* mount and umount. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "assay/fd.h"
#include "assay/mount.h"
#include "cli/cli.h"

struct options { bool foreground, read_only, no_passthrough, accept_rollback; const char *mount_point; };

/* In the daemon: owns the store until it is unmounted. ready: a byte when the mount answers, else the error's text. */
static int serve(struct cli *c, const struct options *o, int ready)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_server *server = NULL;
	/* Before any thread exists. */
	int r = ay_monitor_start(NULL, &c->monitor, &e);
	struct ay_gate_options go = { .store = c->store, .monitor = c->monitor, .accept_rollback = o->accept_rollback };

	if (r == 0)
		r = ay_mount_privileges(c->store, &e);
	if (r == 0)
		r = cli_open_gate(c, &go, &e);
	if (r == 0)
		r = ay_server_start(c->gate, o->mount_point, &server, &e);
	struct ay_mount_options mo = { .mount_point = o->mount_point, .read_only = o->read_only, .passthrough = !o->no_passthrough,
				       .allow_other = getuid() == 0, .ready_fd = ready };

	if (r == 0)
		r = ay_mount_serve(c->gate, &mo, &e);
	ay_server_stop(server);
	if (r < 0 && ready >= 0)
		return write(ready, &e, sizeof(e)) == (ssize_t)sizeof(e) ? 1 : 2;
	return r < 0 ? cli_fail(c, &e, r) : 0;
}

/* The parent answers when the mount does, or with the error that the daemon met. */
static int report(const struct cli *c, int ready, pid_t pid, const struct options *o)
{
	union { struct ay_error e; char byte; } said;
	ssize_t n = read(ready, &said, sizeof(said));

	if (n == 1) {
		if (c->format == CLI_JSON)
			printf("{\"mount\": \"%s\", \"pid\": %d}\n", o->mount_point, (int)pid);
		else
			printf("%s is mounted on %s\n", c->store, o->mount_point);
		return 0;
	}
	if (n != (ssize_t)sizeof(said.e))
		said.e = (struct ay_error){ .code = AY_EINTERNAL, .off = AY_NO_OFFSET, .msg = "the daemon died before it could mount" };
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return cli_fail(c, &said.e, said.e.code);
}

int cmd_mount(struct cli *c, int argc, char **argv)
{
	struct options o = { 0 };
	const char *mount_options = NULL;
	const struct cli_opt opts[] = {
		{ "f", CLI_FLAG, &o.foreground, NULL, "stay in the foreground" },
		{ "o", CLI_TEXT_OPT, &mount_options, "ro", "ro: nothing can be published through this mount" },
		{ "no-passthrough", CLI_FLAG, &o.no_passthrough, NULL, "serve reads by the daemon; permits overlays on top" },
		{ "accept-rollback", CLI_FLAG, &o.accept_rollback, NULL, "take a store older than what this machine has seen; it is logged" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	static char mount_point[PATH_MAX];
	int status, ready[2];

	if (cli_parse(c, argc, argv, opts, 2, 2, &status) < 0)
		return status;
	if (mount_options && strcmp(mount_options, "ro") != 0 && strcmp(mount_options, "rw") != 0)
		return cli_usage(c, "-o takes ro or rw");
	o.read_only = mount_options && strcmp(mount_options, "ro") == 0;
	static char store[PATH_MAX];

	if (!realpath(argv[0], store))
		return cli_usage(c, "there is no store at %s", argv[0]);
	c->store = store;
	/* A stale mount has no real path, and is recovered by the mount itself. */
	if (!realpath(argv[1], mount_point))
		snprintf(mount_point, sizeof(mount_point), "%s", argv[1]);
	o.mount_point = mount_point;
	if (o.foreground)
		return serve(c, &o, -1);
	if (pipe2(ready, O_CLOEXEC) != 0)
		return 2;
	fflush(NULL);
	pid_t pid = fork();

	if (pid < 0)
		return 2;
	if (pid > 0) {
		close(ready[1]);
		return report(c, ready[0], pid, &o);
	}
	close(ready[0]);
	setsid();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
	if (chdir("/") != 0)
		return 2;
	return serve(c, &o, ready[1]);
}

int cmd_umount(struct cli *c, int argc, char **argv)
{
	bool lazy = false;
	const struct cli_opt opts[] = {
		{ "lazy", CLI_FLAG, &lazy, NULL, "detach now, finish when the last file is closed" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	int status;

	if (cli_parse(c, argc, argv, opts, 1, 1, &status) < 0)
		return status;
	int r = ay_umount(argv[0], lazy, &e);

	return r < 0 ? cli_fail(c, &e, r) : 0;
}
