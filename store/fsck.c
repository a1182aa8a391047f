/* SPDX-License-Identifier: Apache-2.0 */
/* Reads everything: checksums of all records, records against each other (fsck_catalogue.c), objects against the disk (fsck_objects.c). */
#include <stdarg.h>

#include "assay/text.h"
#include "store/internal.h"

void ay_fsck_problem(struct ay_fsck *f, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	f->r->problems++;
	if (f->say)
		f->say(line, f->arg);
}

struct bad {
	struct ay_fsck *f;
	enum ay_ix table;
};

static void bad_record(const void *key, size_t key_len, void *arg)
{
	struct bad *w = arg;
	struct ay_buf shown = ay_buf_new(4096);

	ay_escape(&shown, key, key_len);
	w->f->r->damaged++;
	ay_fsck_problem(w->f, "catalogue: a record of table %s has a wrong checksum, key %s; restore the catalogue from a backup",
			ay_ix_name(w->table), ay_buf_str(&shown));
	ay_buf_free(&shown);
}

static int check_sums(struct ay_fsck *f)
{
	struct ay_txn *t;
	int rc = ay_read_begin(f->s, &t);

	if (rc)
		return rc;
	for (int i = AY_IX_STORE; i < AY_IX_END && !rc; i++) {
		struct bad w = { f, (enum ay_ix)i };

		rc = ay_index_check(t, w.table, bad_record, &w);
	}
	f->r->log_size = ay_ix_count(t, AY_IX_LOG_LEAF);
	ay_read_end(t);
	return rc;
}

int ay_fsck(struct ay_store *s, bool scrub, void (*say)(const char *line, void *arg), void *arg, struct ay_fsck_report *out, struct ay_error *e)
{
	struct ay_fsck f = { s, scrub, say, arg, out };
	int rc;

	memset(out, 0, sizeof(*out));
	rc = check_sums(&f);
	/* Records with wrong checksums have been told one by one; what follows stops at the first. */
	if (!rc && !out->problems)
		rc = ay_fsck_catalogue(&f);
	if (!rc)
		rc = ay_fsck_objects(&f);
	return rc ? ay_error_set(e, rc, "fsck: %s", ay_strerror(rc)) : 0;
}
