/* SPDX-License-Identifier: Apache-2.0 */
/* The payload of an open artifact with its digests, for its writer to sign: reading it back is not allowed, knowing it is. */
#include <fcntl.h>

#include "assay/fd.h"
#include "gate/intake.h"

/* The digest known from the closing of the file, else of the staged file now. */
static int digest_of(struct ay_intake *in, struct ay_file *f, struct ay_error *e)
{
	struct ay_intake_file *known;
	bool hashed;

	pthread_mutex_lock(&in->lock);
	known = ay_table_find(&in->files, f->path);
	hashed = known && known->hashed && known->size == f->size;
	if (hashed)
		f->sha256 = known->sha256;
	pthread_mutex_unlock(&in->lock);
	if (hashed)
		return 0;
	AY_CLEANUP_FD int fd = ay_open_beneath(in->tree_fd, f->path, O_RDONLY, 0);

	return fd < 0 ? ay_error_set(e, fd, "open %s: %s", f->path, ay_strerror(fd)) : ay_sha256_fd(fd, &f->sha256, NULL, e);
}

static int quiet(struct ay_intake *in, const struct ay_cred *c, struct ay_error *e)
{
	int rc = 0;

	pthread_mutex_lock(&in->lock);
	while (in->judging || in->settling || in->busy || in->changing)
		pthread_cond_wait(&in->changed, &in->lock);
	if (c->uid != in->art.uid)
		rc = ay_error_set(e, AY_EACCESS, "%s belongs to another user", in->art.ref.text);
	else if (in->gone || in->art.state == AY_ADMITTED)
		rc = ay_error_set(e, AY_ESTATE, "%s is not open any more", in->art.ref.text);
	else if (in->handles)
		rc = ay_error_set(e, AY_ESTATE, "%u files of %s are still being written", in->handles, in->art.ref.text);
	pthread_mutex_unlock(&in->lock);
	return rc;
}

int ay_intake_files(struct ay_intake *in, const struct ay_cred *c, struct ay_file_list *out, struct ay_error *e)
{
	struct ay_file_list all = { 0 };
	const struct ay_policy *p;
	int rc = quiet(in, c, e);

	memset(out, 0, sizeof(*out));
	if (rc == 0)
		rc = ay_staging_list(in->g->store, in->art.id, &all, e);
	p = ay_gate_policy(in->g);
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		struct ay_file *f = &all.v[i];

		if (ay_claim_name(f->path) || ay_policy_ignored(p, f->path))
			continue;
		rc = digest_of(in, f, e);
		if (rc == 0)
			rc = ay_file_list_add(out, f->path, f->size, &f->sha256);
	}
	ay_gate_policy_release(in->g, p);
	ay_file_list_free(&all);
	if (rc)
		ay_file_list_free(out);
	else
		ay_file_list_sort(out);
	return rc;
}
