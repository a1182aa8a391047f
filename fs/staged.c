/* SPDX-License-Identifier: Apache-2.0 */
/* Artifacts on their way in, as the mount holds them: the intake while there is one, the catalogue's record afterwards. */
#include "fs/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "assay/fd.h"

struct ay_staged *ay_staged_new(struct ay_intake *intake)
{
	struct ay_staged *s = calloc(1, sizeof(*s));
	struct ay_artifact a;

	if (!s) {
		ay_intake_unref(intake);
		return NULL;
	}
	ay_intake_artifact(intake, &a);
	pthread_rwlock_init(&s->lock, NULL);
	s->intake = intake;
	s->id = a.id;
	s->uid = a.uid;
	s->gid = a.gid;
	memcpy(s->ref, a.ref.text, sizeof(s->ref));
	s->refs = 1;
	return s;
}

struct ay_staged *ay_staged_ref(struct ay_staged *s)
{
	__atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
	return s;
}

void ay_staged_unref(struct ay_staged *s)
{
	if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL))
		return;
	if (s->intake)
		ay_intake_unref(s->intake);
	pthread_rwlock_destroy(&s->lock);
	free(s);
}

struct ay_intake *ay_staged_begin(struct ay_staged *s)
{
	pthread_rwlock_rdlock(&s->lock);
	if (s->intake)
		return s->intake;
	pthread_rwlock_unlock(&s->lock);
	return NULL;
}

void ay_staged_end(struct ay_staged *s)
{
	pthread_rwlock_unlock(&s->lock);
}

void ay_staged_changed(struct ay_staged *s)
{
	ay_intake_done(s->intake);
	pthread_rwlock_unlock(&s->lock);
}

static bool is_staged(enum ay_state s)
{
	return s == AY_OPEN || s == AY_HELD || s == AY_REJECTED;
}

static int recorded(struct ay_mount *m, uint64_t id, struct ay_artifact *out)
{
	struct ay_txn *t;
	int err = ay_read_begin(m->store, &t);

	if (err)
		return err;
	err = ay_artifact_by_id(t, id, out);
	ay_read_end(t);
	return err;
}

int ay_staged_artifact(struct ay_mount *m, struct ay_staged *s, struct ay_artifact *out)
{
	struct ay_intake *in = ay_staged_begin(s);

	if (in) {
		ay_intake_artifact(in, out);
		ay_staged_end(s);
		if (is_staged(out->state))
			return 0;
	}
	/* What admission says counts once it is committed. */
	return recorded(m, s->id, out);
}

void ay_staged_settle(struct ay_mount *m, struct ay_staged *s)
{
	struct ay_artifact a;
	struct ay_intake *in = NULL;
	int err = recorded(m, s->id, &a);

	if (err != AY_ENOTFOUND && (err || is_staged(a.state)))
		return;
	pthread_rwlock_wrlock(&s->lock);
	in = s->intake;
	s->intake = NULL;
	pthread_rwlock_unlock(&s->lock);
	if (in)
		ay_intake_unref(in);
}

int ay_staged_stat(struct ay_staged *s, const char *path, struct stat *out)
{
	struct ay_intake *in = ay_staged_begin(s);
	AY_CLEANUP_FD int fd = -1;
	int err = 0;

	if (!in)
		return -ESTALE;
	if (*path) {
		fd = ay_open_beneath(ay_intake_tree_fd(in), path, O_PATH | O_NOFOLLOW, 0);
		err = fd < 0 ? fd : 0;
	}
	if (!err && fstat(*path ? fd : ay_intake_tree_fd(in), out) < 0)
		err = -errno;
	ay_staged_end(s);
	return err;
}

int ay_staged_parent(struct ay_intake *in, const char *path, const char **last_out)
{
	const char *slash = strrchr(path, '/');
	char dir[AY_PATH_ROOM];
	int fd;

	*last_out = slash ? slash + 1 : path;
	if (!slash) {
		fd = fcntl(ay_intake_tree_fd(in), F_DUPFD_CLOEXEC, 0);
		return fd < 0 ? -errno : fd;
	}
	if ((size_t)(slash - path) >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	return ay_open_beneath(ay_intake_tree_fd(in), dir, O_PATH | O_DIRECTORY, 0);
}
