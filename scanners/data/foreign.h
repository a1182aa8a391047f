/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign keys between the files of one artifact. A worker sees one file: it collects the different keys that the file holds or
 * refers to, as digests. Whoever sees the whole tree compares them.
 */
#ifndef ASSAY_SCANNERS_FOREIGN_H
#define ASSAY_SCANNERS_FOREIGN_H

#include "assay/scan.h"
#include "scanners/data/value.h"

struct ay_schema;

/* ---- in the worker ---- */

struct ay_foreign;
/* *out NULL: the table has no part in a foreign key. */
AY_MUSTCHECK int ay_foreign_new(struct ay_scan *s, const struct ay_schema *part, struct ay_foreign **out);
/* One row; wrong: not of its type, so that it is no key. */
AY_MUSTCHECK int ay_foreign_row(struct ay_foreign *f, const struct ay_value *values, const bool *missing, const bool *wrong, uint64_t row);
/* The keys of all rows become those of the scanned file. */
void ay_foreign_finish(struct ay_foreign *f);
void ay_foreign_free(struct ay_foreign *f);

/* ---- over the tree ---- */

struct ay_foreign_file {
	const char *path;
	const uint8_t *keys;     /* as the scan of the file left them, or NULL */
	size_t keys_len;
};
typedef void (*ay_foreign_fn)(void *arg, size_t file, const char *rule, const char *value, const char *message);
/* Tells of each key that is in no file of its target, and of each file whose keys are not known. */
void ay_foreign_check(const struct ay_schema *s, const struct ay_foreign_file *files, size_t n, ay_foreign_fn fn, void *arg);
/* The schema has a foreign key. */
bool ay_foreign_any(const struct ay_schema *s);

#endif
