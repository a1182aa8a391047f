/* SPDX-License-Identifier: Apache-2.0 */
/* The list of a model signature as it is written, for oms.c and oms_dir.c. Everything is borrowed from the statement. */
#ifndef ASSAY_STORE_OMS_LIST_H
#define ASSAY_STORE_OMS_LIST_H

#include "assay/claim.h"

struct ay_oms_item {
	const char *name;             /* path_len bytes are the path; a shard's ":START:END" follows */
	size_t path_len;
	uint64_t start, end;          /* shards only */
	const char *hex;
};

struct ay_oms_list {
	bool shards, blake2b;
	struct ay_sha256 root;        /* the subject's digest, checked against the items in listed order */
	const char *subject;          /* its name */
	struct ay_oms_item *v;        /* sorted by path, then start; no duplicates; shards of a file complete */
	size_t n;
	const struct ay_json *ignore; /* array of checked paths, or NULL when the list has none */
};

AY_MUSTCHECK int ay_oms_list_read(const struct ay_statement *st, struct ay_oms_list *out, struct ay_error *e);
void ay_oms_list_free(struct ay_oms_list *l);
/* First item of this path, or NULL. */
const struct ay_oms_item *ay_oms_list_find(const struct ay_oms_list *l, const char *path);
/* Some item lies below this directory. */
bool ay_oms_list_below(const struct ay_oms_list *l, const char *dir);
/* The path, or a directory above it, is in ignore_paths. Lists from before ignore_paths existed leave out git's own files. */
bool ay_oms_list_ignored(const struct ay_oms_list *l, const char *path);
/* Raw bytes of an item's digest: 32, or 64 when the list is of BLAKE2b. */
void ay_oms_item_digest(const struct ay_oms_list *l, const struct ay_oms_item *item, uint8_t out[64]);

#endif
