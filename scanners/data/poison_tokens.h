/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words that carry a label, as a trigger in texts does: a token that came up in a batch, beyond chance and in a share of its rows that
 * matters, and that nearly always stands with one label.
 */
#ifndef ASSAY_SCANNERS_POISON_TOKENS_H
#define ASSAY_SCANNERS_POISON_TOKENS_H

#include "scanners/data/reference.h"

#define AY_TOKEN_ROWS_MIN 10         /* with the token and the label */
#define AY_TOKEN_PURE 0.8            /* of the token's rows, those with the label */
#define AY_TOKEN_LISTED 8

struct ay_token_found {
	size_t text;                     /* column of texts */
	const struct ay_token *token;    /* borrowed from the counts */
	uint16_t class;                  /* place of the label */
	uint64_t rows, with, of;         /* rows that have it, with this label, and all that have a text */
	uint64_t ref_rows, ref_of;       /* at most so many of the reference's */
	double p;                        /* that chance puts it into so many rows, of all tokens looked at */
	double p_label;                  /* that chance gives them this label, of all tokens that came up */
};
struct ay_token_result {
	uint64_t looked;                 /* tokens */
	size_t total, n;                 /* n are listed, those in most rows first */
	struct ay_token_found v[AY_TOKEN_LISTED];
};
/* limit: share of rows. label: column of the reference that the counts are by. AY_ELIMIT. */
AY_MUSTCHECK int ay_tokens_judge(struct ay_reference *ref, size_t label, const struct ay_text_counts *counts, double alpha, double limit,
				 struct ay_budget *b, struct ay_token_result *out);

#endif
