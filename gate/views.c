/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual files of DESIGN 2.1: attest/, trust/, log/ and .assay/. */
#include "gate/views.h"

static const char *below(const char *path, const char *top)
{
	size_t n = strlen(top);

	if (strncmp(path, top, n) != 0)
		return NULL;
	return path[n] == 0 ? path + n : path[n] == '/' ? path + n + 1 : NULL;
}

int ay_view_names(const char *const *names, ay_view_fn fn, void *arg)
{
	int rc = 0;

	for (; rc == 0 && *names; names++) {
		size_t n = strlen(*names);
		char name[64];

		snprintf(name, sizeof(name), "%s", *names);
		if (name[n - 1] == '/')
			name[n - 1] = 0;
		rc = fn(&(struct ay_view_entry){ .name = name, .dir = (*names)[n - 1] == '/' }, arg);
	}
	return rc;
}

static int own_read(struct ay_gate *g, const char *rest, struct ay_buf *out)
{
	if (strcmp(rest, "status.json") == 0)
		return ay_status_store(g, out);
	if (strcmp(rest, "metrics") == 0)
		return ay_status_metrics(g, out);
	return strcmp(rest, "version") == 0 ? ay_buf_addf(out, "assay %s\n", PACKAGE_VERSION) : AY_ENOTFOUND;
}

int ay_view_list(struct ay_gate *g, const char *path, const struct ay_cred *c, int (*fn)(const struct ay_view_entry *v, void *arg), void *arg)
{
	static const char *const own[] = { "status.json", "metrics", "version", NULL };
	const char *rest;

	if ((rest = below(path, "attest")))
		return ay_view_attest_list(g, rest, c, fn, arg);
	if ((rest = below(path, "trust")))
		return ay_view_trust_list(g, rest, fn, arg);
	if ((rest = below(path, "log")))
		return ay_view_log_list(g, rest, fn, arg);
	if ((rest = below(path, ".assay")))
		return *rest ? AY_ENOTFOUND : ay_view_names(own, fn, arg);
	return AY_ENOTFOUND;
}

static int nothing(const struct ay_view_entry *v, void *arg)
{
	(void)v;
	(void)arg;
	return 0;
}

/* Small trees, so that a look at the whole directory or file is cheap enough. */
int ay_view_stat(struct ay_gate *g, const char *path, const struct ay_cred *c, bool *dir_out)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);
	const char *rest = below(path, "attest");
	int rc;

	if (rest)
		return ay_view_attest_stat(g, rest, c, dir_out);
	*dir_out = true;
	rc = ay_view_list(g, path, c, nothing, NULL);
	if (rc == AY_ENOTFOUND) {
		*dir_out = false;
		rc = ay_view_read(g, path, c, &b, NULL);
	}
	ay_buf_free(&b);
	return rc;
}

int ay_view_read(struct ay_gate *g, const char *path, const struct ay_cred *c, struct ay_buf *out, struct ay_error *e)
{
	const char *rest;
	int rc = AY_ENOTFOUND;

	if ((rest = below(path, "attest")))
		rc = ay_view_attest_read(g, rest, c, out, e);
	else if ((rest = below(path, "trust")))
		rc = ay_view_trust_read(g, rest, out, e);
	else if ((rest = below(path, "log")))
		rc = ay_view_log_read(g, rest, out, e);
	else if ((rest = below(path, ".assay")))
		rc = own_read(g, rest, out);
	if (rc == AY_ENOTFOUND)
		return ay_error_set(e, rc, "there is no %s", path);
	return rc ? rc : out->err;
}
