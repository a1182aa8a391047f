/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign keys between the files of one artifact, and into other datasets. A worker sees one file: it collects the different keys
 * that the file holds or refers to, as digests. Whoever sees the whole tree compares them. Of another dataset's tables a worker
 * is asked which of given keys they hold, so that their size does not matter.
 */
#ifndef ASSAY_SCANNERS_FOREIGN_H
#define ASSAY_SCANNERS_FOREIGN_H

#include "assay/scan.h"
#include "scanners/data/value.h"

struct ay_schema;

#define AY_FOREIGN_KEY 16      /* bytes of a SHA-256 that stand for a key: nobody finds a second one to given ones */
#define AY_FOREIGN_SHOWN 40    /* bytes of a key's text */

enum ay_foreign_role { AY_FOREIGN_REFERS, AY_FOREIGN_HOLDS };

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

/* ---- into another dataset ---- */

struct ay_foreign_package;
/* The index-th foreign key of the schema that names a package; AY_ENOTFOUND: there are no more. Borrows all. */
AY_MUSTCHECK int ay_foreign_package_new(const struct ay_schema *s, size_t index, const struct ay_foreign_file *files, size_t n, ay_foreign_fn fn,
					void *arg, struct ay_foreign_package **out);
void ay_foreign_package_free(struct ay_foreign_package *p);
/* CLASS/NAME, or with @VERSION or @TAG. */
const char *ay_foreign_package_ref(const struct ay_foreign_package *p);
/* Pattern of its files; NULL: all its tables. */
const char *ay_foreign_package_path(const struct ay_foreign_package *p);
/* How many different keys are looked for. */
size_t ay_foreign_package_sought(const struct ay_foreign_package *p);
/* 1 with the schema that each of the package's files is to be scanned by, for ay_schema_load_job; 0: all was asked. */
AY_MUSTCHECK int ay_foreign_package_ask(struct ay_foreign_package *p, struct ay_buf *schema);
/* What one of these scans left as keys. */
AY_MUSTCHECK int ay_foreign_package_take(struct ay_foreign_package *p, const uint8_t *keys, size_t len);
/* Tells of each key that no scan found in this version. */
void ay_foreign_package_judge(struct ay_foreign_package *p, const char *version);
/* Tells instead that nobody could look: of each file that may refer to it. */
void ay_foreign_package_cannot(struct ay_foreign_package *p, const char *why);

#endif
