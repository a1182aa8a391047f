/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns of texts. Of the reference: in how many rows each of its more frequent tokens stands. Of a batch: the tokens that are not
 * usual there, by label, to see whether a word came up that carries one.
 */
#ifndef ASSAY_SCANNERS_TEXTS_H
#define ASSAY_SCANNERS_TEXTS_H

#include "scanners/data/block.h"
#include "scanners/data/tokens.h"

#define AY_TEXT_COLUMNS 4            /* of more the first */
#define AY_TEXT_WORDS 4096           /* tokens of a column of the reference; a bound is known for the others */
#define AY_TEXT_USUAL 0.02           /* share of the reference's rows above which a token is usual, and no trigger */
#define AY_TEXT_CLASSES 64           /* labels; more are no classes */

/* ---- the reference ---- */

struct ay_word { uint64_t hash; uint32_t rows; };
struct ay_text {
	char *name;
	struct ay_sipkey key;
	uint64_t rows;                   /* that have a text */
	uint32_t rest;                   /* no token that is not listed stands in more rows than this */
	struct ay_word *words;           /* by hash; their rows are no fewer than there were */
	size_t n;
};
struct ay_prose {
	struct ay_budget *budget;        /* borrowed */
	struct ay_text *v;
	size_t n;
};
/* Rows of the reference that the token can at most stand in. */
uint64_t ay_text_rows(const struct ay_text *t, uint64_t hash);
/* Canonical; sticky errors of out. */
void ay_prose_encode(const struct ay_prose *t, struct ay_buf *out);
/* Trusts nothing. To be freed after errors too. */
AY_MUSTCHECK int ay_prose_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_prose *out);
void ay_prose_free(struct ay_prose *t);

/*
 * Made in two passes over a table: the first looks which of its columns of strings are texts (two tokens a value and more), the
 * second counts their tokens.
 */
struct ay_prose_making;
/* names: of all columns; types: those of strings may be texts. AY_ELIMIT. */
AY_MUSTCHECK int ay_prose_making_new(struct ay_budget *b, const char *const *names, const enum ay_value_type *types, size_t columns,
				     struct ay_prose_making **out);
void ay_prose_look(struct ay_prose_making *m, size_t column, const struct ay_cell *cell);
/* Between the passes: key says which hashes the tokens have. */
AY_MUSTCHECK int ay_prose_choose(struct ay_prose_making *m, const struct ay_sipkey *key);
void ay_prose_count(struct ay_prose_making *m, size_t column, uint64_t row, const struct ay_cell *cell);
/* skip: whether a column of this name is no text after all. *out is to be freed after errors too. */
AY_MUSTCHECK int ay_prose_made(struct ay_prose_making *m, bool (*skip)(void *arg, const char *name), void *arg, struct ay_prose *out);
/* NULL-safe. */
void ay_prose_making_free(struct ay_prose_making *m);

/* ---- a batch ---- */

struct ay_text_count {
	uint64_t rows, of[AY_TEXT_CLASSES];      /* rows with a text, and those of each class */
	struct ay_tokens tokens;
};
/* One a column of texts of the reference; none while nobody counts. */
struct ay_text_counts {
	struct ay_budget *budget;        /* borrowed */
	size_t classes, n;
	struct ay_text_count *v;
};
/* Ready to count by so many labels, 0 < classes <= AY_TEXT_CLASSES. To be freed after errors too. */
AY_MUSTCHECK int ay_text_counts_start(struct ay_text_counts *t, const struct ay_prose *ref, struct ay_budget *b, size_t classes);
void ay_text_counts_set_file(struct ay_text_counts *t, uint32_t file);
/* Into what nobody counted in yet: a copy. AY_EUSAGE when the two are not of one reference. */
AY_MUSTCHECK int ay_text_counts_merge(struct ay_text_counts *t, const struct ay_text_counts *other);
/* Canonical: the more frequent tokens, as many as there is room for; sticky errors of out. */
void ay_text_counts_encode(struct ay_text_counts *t, struct ay_buf *out);
/* Trusts nothing. To be freed after errors too. */
AY_MUSTCHECK int ay_text_counts_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_text_counts *out);
void ay_text_counts_free(struct ay_text_counts *t);

/* The reader of one table. */
struct ay_text_counting {
	struct ay_budget *budget;
	const struct ay_prose *ref;      /* borrowed */
	struct ay_text_counts *sums;     /* borrowed */
	size_t at[AY_TEXT_COLUMNS];      /* of each column of texts: that of the table, or beyond its columns */
	uint64_t *usual[AY_TEXT_COLUMNS];        /* hashes of usual tokens, in slots; 0: free */
	size_t slots[AY_TEXT_COLUMNS];
};
AY_MUSTCHECK int ay_text_counting_init(struct ay_text_counting *k, struct ay_budget *b, const struct ay_prose *ref, struct ay_text_counts *sums);
void ay_text_counting_columns(struct ay_text_counting *k, const char *const *names, size_t n);
/* The row at this place of the block. */
void ay_text_counting_row(struct ay_text_counting *k, const struct ay_block *rows, size_t at, size_t class);
void ay_text_counting_free(struct ay_text_counting *k);

#endif
