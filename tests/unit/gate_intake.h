/* SPDX-License-Identifier: Apache-2.0 */
/* What the mount does to an artifact that is written file by file, for tests of the intake. */
#ifndef ASSAY_TESTS_GATE_INTAKE_H
#define ASSAY_TESTS_GATE_INTAKE_H

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include "assay/fd.h"
#include "tests/unit/gate_lib.h"

struct told { pthread_mutex_t lock; pthread_cond_t cond; int calls, code; };
#define TOLD { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 1 }

static inline void tell(void *arg, int code)
{
	struct told *t = arg;

	pthread_mutex_lock(&t->lock);
	t->calls++;
	t->code = code;
	pthread_cond_broadcast(&t->cond);
	pthread_mutex_unlock(&t->lock);
}

static inline int hear(struct told *t)
{
	int code;

	pthread_mutex_lock(&t->lock);
	while (!t->calls)
		pthread_cond_wait(&t->cond, &t->lock);
	code = t->code;
	pthread_mutex_unlock(&t->lock);
	return code;
}

static inline struct ay_intake *begin(struct fixture *f, const char *ref)
{
	struct ay_intake *in;
	struct ay_error e = { 0 };

	if (ay_intake_create(f->g, ref, &f->me, &in, &e)) {
		printf("Bail out! %s\n", e.msg);
		exit(99);
	}
	return in;
}

/* What the mount does for open, write, and up to the close. */
static inline void write_open(struct ay_intake *in, const char *path, const void *bytes, size_t len)
{
	struct ay_cred me = { .uid = getuid(), .gid = getgid() };
	struct stat st;
	int fd;

	/* As the mount does: judging is held off from before the name appears until the handle is known. */
	if (ay_intake_may(in, &me, AY_CHANGE_CREATE, path, NULL))
		abort();
	if (strchr(path, '/') && ay_mkdirs(ay_intake_tree_fd(in), "sub", 0700))
		abort();
	fd = ay_open_beneath(ay_intake_tree_fd(in), path, O_RDWR | O_CREAT, 0600);
	if (fd < 0 || fstat(fd, &st))
		abort();
	ay_intake_opened(in, path, st.st_ino);
	ay_intake_done(in);
	if (ftruncate(fd, 0) || ay_pwrite_full(fd, bytes, len, 0))
		abort();
	close(fd);
}

static inline int write_file(struct ay_intake *in, const char *path, const void *bytes, size_t len)
{
	struct told t = TOLD;
	uint64_t ticket;
	int code;

	write_open(in, path, bytes, len);
	ay_intake_closed(in, path, NULL, tell, &t, &ticket);
	code = hear(&t);
	ay_intake_released(in, path);
	return code;
}

static inline int write_text(struct ay_intake *in, const char *path, const char *text)
{
	return write_file(in, path, text, strlen(text));
}

static inline void remove_file(struct ay_intake *in, const char *path)
{
	struct ay_cred me = { .uid = getuid(), .gid = getgid() };

	if (ay_intake_may(in, &me, AY_CHANGE_UNLINK, path, NULL) || unlinkat(ay_intake_tree_fd(in), path, 0))
		abort();
	ay_intake_removed(in, path);
	ay_intake_done(in);
}

static inline int write_signature(struct ay_intake *in, const struct tree_file *v, size_t n, const char *ref, const struct ay_key *k)
{
	struct ay_buf b = ay_buf_new(MIB);
	int rc;

	sign_files(v, n, ref, k, &b);
	rc = write_file(in, "model.sig", b.data, b.len);
	ay_buf_free(&b);
	return rc;
}

static inline enum ay_state wait_state(struct fixture *f, const char *ref, struct ay_artifact *out)
{
	struct ay_artifact own;
	struct ay_error e;

	if (!out)
		out = &own;
	return ay_gate_wait(f->g, ref, 0, out, &e) ? (enum ay_state)0 : out->state;
}

#endif
