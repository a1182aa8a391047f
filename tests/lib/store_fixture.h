/* SPDX-License-Identifier: Apache-2.0 */
/* A fresh store in a temporary directory, for unit tests of what lives in one. */
#ifndef ASSAY_STORE_FIXTURE_H
#define ASSAY_STORE_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "assay/fd.h"
#include "assay/store.h"
#include "tests/lib/tap.h"

static char fixture_dir[256];
static struct ay_store *fixture;

static inline void fixture_fail(const char *what, int rc, const struct ay_error *e)
{
	printf("Bail out! %s: %d %s\n", what, rc, e->msg);
	exit(1);
}

static inline void fixture_open(void)
{
	struct ay_error e = {0};
	int rc = ay_store_open(fixture_dir, &fixture, &e);

	if (rc)
		fixture_fail("open", rc, &e);
}

static inline void fixture_close(void)
{
	ay_store_close(fixture);
	fixture = NULL;
}

static inline void fixture_make(void)
{
	const char *tmp = getenv("TMPDIR");
	struct ay_error e = {0};

	snprintf(fixture_dir, sizeof(fixture_dir), "%s/assay-unit.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(fixture_dir))
		exit(99);
	int rc = ay_store_create(fixture_dir, &e);

	if (rc)
		fixture_fail("create", rc, &e);
	fixture_open();
}

static inline void fixture_remove(void)
{
	fixture_close();
	if (ay_rmtree(AT_FDCWD, fixture_dir))
		printf("# %s stays behind\n", fixture_dir);
}

/* Commits and dies when that fails. */
static inline void fixture_commit(int (*fn)(struct ay_txn *t, void *arg), void *arg)
{
	struct ay_error e = {0};
	int rc = ay_commit(fixture, fn, arg, &e);

	if (rc)
		fixture_fail("commit", rc, &e);
}

/* An artifact record of models/NAME@VERSION in a state. */
static inline struct ay_artifact fixture_artifact(const char *ref, enum ay_state state)
{
	struct ay_artifact a = { .state = state, .uid = 7, .gid = 8, .created_s = 1, .changed_s = 2, .log_index = UINT64_MAX };

	snprintf(a.ref.text, sizeof(a.ref.text), "%s", ref);
	return a;
}

/* Makes staging/ID/tree/PATH with this text; the directories must exist. Returns a descriptor for reading. */
static inline int fixture_stage(uint64_t id, const char *path, const char *text)
{
	struct ay_error e;

	if (ay_staging_create(fixture, id, &e))
		fixture_fail("staging", 0, &e);
	int tree = ay_staging_tree_fd(fixture, id);
	/* A file of its own: what an earlier try left may already be linked as an object, and is read-only then. */
	unlinkat(tree, path, 0);
	int fd = openat(tree, path, O_CREAT | O_EXCL | O_WRONLY, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fixture_fail(path, errno, &e);
	close(fd);
	fd = openat(tree, path, O_RDONLY);
	close(tree);
	return fd;
}

#endif
