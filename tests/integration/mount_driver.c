/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the mount need of a store, without the command line:
 *
 *   mount_driver init STORE POLICY.yaml         keys beside the store, the policy as its version 2
 *   mount_driver sign STORE DIR REF <paths      a model signature of these files, on standard output
 *   mount_driver describe                       how files are read here: passthrough or daemon
 *   mount_driver serve STORE DIR [ro] [daemon]  writes a byte on standard output when the mount answers
 */
#include <errno.h>
#include <fcntl.h>
#include "assay/claim.h"
#include "assay/fd.h"
#include "assay/mount.h"
#include "assay/worker.h"
#include "gate/core.h"

static void key_path(char out[512], const char *store, const char *name)
{
	snprintf(out, 512, "%s.%s.key", store, name);
}

static int make_key(const char *store, const char *name, struct ay_key **out, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_KEY_FILE);
	char path[512];
	int err = ay_key_generate(AY_KEY_P256, out, e);

	key_path(path, store, name);
	if (!err)
		err = ay_key_save(*out, NULL, &b);
	if (!err)
		err = ay_write_file(AT_FDCWD, path, b.data, b.len, 0600, e);
	ay_buf_free(&b);
	return err;
}

static int set_policy(const char *store, const struct ay_key *owner, const char *file, struct ay_error *e)
{
	struct ay_buf yaml = ay_buf_new(AY_LIMIT_POLICY), st = ay_buf_new(8 * AY_LIMIT_POLICY), signed_st = ay_buf_new(32 * AY_LIMIT_POLICY);
	struct ay_gate_options o = {.store = store};
	struct ay_gate *g = NULL;
	int err = ay_read_file(AT_FDCWD, file, &yaml, e);

	if (!err)
		err = ay_policy_statement(2, yaml.data, yaml.len, &st);
	if (!err)
		err = ay_envelope_sign(owner, st.data, st.len, &signed_st);
	if (!err)
		err = ay_gate_open(&o, &g, e);
	if (!err)
		err = ay_change_policy(g, signed_st.data, signed_st.len, e);
	if (g)
		ay_gate_close(g);
	ay_buf_free(&yaml);
	ay_buf_free(&st);
	ay_buf_free(&signed_st);
	return err;
}

static int do_init(const char *store, const char *policy, struct ay_error *e)
{
	struct ay_key *owner = NULL, *publisher = NULL;
	int err = make_key(store, "owner", &owner, e);

	if (!err)
		err = make_key(store, "publisher", &publisher, e);
	if (!err)
		err = ay_gate_init(store, owner, ay_key_public(publisher), "root", e);
	if (!err)
		err = set_policy(store, owner, policy, e);
	ay_key_free(owner);
	ay_key_free(publisher);
	return err;
}

static int add_file(struct ay_file_list *l, int dir, const char *path, struct ay_error *e)
{
	AY_CLEANUP_FD int fd = ay_open_beneath(dir, path, O_RDONLY, 0);
	struct ay_sha256 d;
	uint64_t size;
	int err = fd < 0 ? ay_error_set(e, fd, "%s", path) : ay_sha256_fd(fd, &d, &size, e);

	return err ? err : ay_file_list_add(l, path, size, &d);
}

static int do_sign(const char *store, const char *dir, const char *ref, struct ay_error *e)
{
	struct ay_buf st = ay_buf_new(AY_LIMIT_CLAIM), bundle = ay_buf_new(AY_LIMIT_CLAIM);
	AY_CLEANUP_FD int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct ay_file_list l = {0};
	struct ay_key *k = NULL;
	char path[4096];
	int err = fd < 0 ? ay_error_errno(e, "%s", dir) : 0;

	while (!err && fgets(path, sizeof(path), stdin)) {
		path[strcspn(path, "\n")] = '\0';
		err = add_file(&l, fd, path, e);
	}
	ay_file_list_sort(&l);
	key_path(path, store, "publisher");
	if (!err)
		err = ay_key_read(path, NULL, &k, e);
	if (!err)
		err = ay_oms_statement(ref, &l, NULL, 0, &st);
	if (!err)
		err = ay_bundle_sign(k, st.data, st.len, &bundle);
	if (!err)
		err = ay_write_full(STDOUT_FILENO, bundle.data, bundle.len);
	ay_key_free(k);
	ay_file_list_free(&l);
	ay_buf_free(&st);
	ay_buf_free(&bundle);
	return err;
}

static int do_serve(int argc, char **argv, struct ay_error *e)
{
	struct ay_mount_options m = {.mount_point = argv[3], .passthrough = true, .ready_fd = STDOUT_FILENO};
	struct ay_gate_options o = {.store = argv[2]};
	struct ay_server *server = NULL;
	struct ay_gate *g;
	int err = ay_monitor_start(getenv("ASSAY_WORKER"), &o.monitor, e);

	for (int i = 4; i < argc; i++) {
		if (strcmp(argv[i], "ro") == 0)
			m.read_only = true;
		else
			m.passthrough = false;
	}
	if (!err)
		err = ay_mount_privileges(argv[2], e);
	if (!err)
		err = ay_gate_open(&o, &g, e);
	if (err) {
		ay_monitor_stop(o.monitor);
		return err;
	}
	err = ay_server_start(g, argv[3], &server, e);
	if (!err)
		err = ay_mount_serve(g, &m, e);
	if (server)
		ay_server_stop(server);
	ay_gate_close(g);
	ay_monitor_stop(o.monitor);
	return err;
}

static int do_describe(void)
{
	char text[256];

	ay_mount_describe(text, sizeof(text));
	return puts(text) < 0 ? -EIO : 0;
}

int main(int argc, char **argv)
{
	struct ay_error e = {0};
	int err = ay_crypto_init();

	if (!err && argc == 4 && strcmp(argv[1], "init") == 0)
		err = do_init(argv[2], argv[3], &e);
	else if (!err && argc == 2 && strcmp(argv[1], "describe") == 0)
		err = do_describe();
	else if (!err && argc == 5 && strcmp(argv[1], "sign") == 0)
		err = do_sign(argv[2], argv[3], argv[4], &e);
	else if (!err && argc >= 4 && strcmp(argv[1], "serve") == 0)
		err = do_serve(argc, argv, &e);
	else
		return 64;
	if (err)
		fprintf(stderr, "mount_driver: %s: %s\n", e.msg[0] ? e.msg : ay_strerror(err), e.next);
	return err ? 2 : 0;
}
