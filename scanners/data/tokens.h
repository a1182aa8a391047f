/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of a column of texts, counted by row and by label: in how many rows a token stands, and with which labels. Tokens are runs of
 * letters and digits, runs of other signs of ASCII, and each other character by itself. Upper case is not lower case: triggers differ
 * in it too.
 *
 * Memory is bounded: when it is full the rarer half goes (the frequent items of Misra and Gries, half a table at a time). What is left has
 * at least the count that it shows, and at most `missed` more.
 */
#ifndef ASSAY_SCANNERS_TOKENS_H
#define ASSAY_SCANNERS_TOKENS_H

#include "assay/buf.h"
#include "assay/scan.h"
#include "base/siphash.h"

#define AY_TOKEN_TEXT 31             /* bytes of a token that are kept; its hash is of all of them */
#define AY_TOKEN_ROW_BYTES (64 * KIB)    /* of one text; what is beyond is not looked at */

struct ay_token {
	uint64_t hash;
	uint64_t row, last;              /* the first row that it was counted in, from 1; the latest one (not encoded) */
	uint32_t count, file;            /* rows; file: of the version, of row (not encoded) */
	uint8_t len;
	char text[AY_TOKEN_TEXT];
};
struct ay_tokens {
	struct ay_budget *budget;        /* borrowed */
	struct ay_sipkey key;
	size_t classes, cap, used;       /* classes: of the label; 0: none is told apart */
	struct ay_token *v;
	uint32_t *of;                    /* of each token: rows of each class */
	uint16_t *slots;                 /* token + 1, or 0 */
	struct ay_token_known *known;    /* hashes of short tokens */
	uint64_t missed, added;          /* added: how often a token came anew: no fewer different ones were looked at */
};
/* Empty. cap: tokens, at most 32768. */
AY_MUSTCHECK int ay_tokens_init(struct ay_tokens *t, struct ay_budget *b, const struct ay_sipkey *key, size_t cap, size_t classes);
/* Counts a token of the row; the same one in one row again is nothing. class: below classes, else none. */
void ay_tokens_add(struct ay_tokens *t, uint64_t row, size_t class, uint64_t hash, const char *text, size_t len);
void ay_tokens_set_file(struct ay_tokens *t, uint32_t file);
/* AY_EUSAGE when key or classes differ. */
AY_MUSTCHECK int ay_tokens_merge(struct ay_tokens *t, const struct ay_tokens *other);
/* Most rows first, equal ones by hash; nothing can be added before ay_tokens_index(), which says whether all are different. */
void ay_tokens_sort(struct ay_tokens *t);
bool ay_tokens_index(struct ay_tokens *t);
/* Forgets those behind the first n; sorted. */
void ay_tokens_cut(struct ay_tokens *t, size_t n);
void ay_tokens_free(struct ay_tokens *t);

/* ---- reading a text ---- */

struct ay_token_reader { const char *text; size_t len, at; };
/* The next token; false at the end. Bytes that are no UTF-8 stand for themselves. */
bool ay_token_next(struct ay_token_reader *r, const char **token, size_t *len);
uint64_t ay_token_hash(const struct ay_sipkey *key, const char *token, size_t len);
/* The same by the key of t, which remembers those of short tokens that came of late. */
uint64_t ay_tokens_hash(struct ay_tokens *t, const char *token, size_t len);

#endif
