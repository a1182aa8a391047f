/* SPDX-License-Identifier: Apache-2.0 */
/* LightGBM's text, line by line, and one tree of it. */
#ifndef ASSAY_SCANNERS_LIGHTGBM_H
#define ASSAY_SCANNERS_LIGHTGBM_H

#include "assay/scan.h"
#include "scanners/formats/ints.h"
#include "scanners/formats/stream.h"

#define AY_LGB_KEY 64

struct ay_lgb {
	struct ay_scan *s;
	struct ay_lines lines;
	struct ay_cursor line;           /* the current one */
	bool again;                      /* it is to be read once more */
	int64_t features;
	bool reported;
};

/* Reports at the current line under the rule; AY_EFORMAT. */
int ay_lgb_refuse(struct ay_lgb *r, const char *rule, const char *fmt, ...) AY_PRINTF(3, 4);
/* The next line: 1, 0 at the end, or a negative code. */
AY_MUSTCHECK int ay_lgb_line(struct ay_lgb *r);
bool ay_lgb_is(const struct ay_cursor *c, const char *text);
/* Splits KEY=VALUE at the first '='; false when it has another form. */
bool ay_lgb_key(struct ay_cursor *c, char key[AY_LGB_KEY]);
/* The next of several that blanks separate; false when there is none. */
bool ay_lgb_token(struct ay_cursor *c, struct ay_cursor *out);
bool ay_lgb_whole(struct ay_cursor c, int64_t *out);
bool ay_lgb_number(struct ay_cursor c);
/* All numbers of a line, whole ones of 32 bits into out. AY_EFORMAT when reported. */
AY_MUSTCHECK int ay_lgb_ints(struct ay_lgb *r, struct ay_cursor c, struct ay_ints *out, const char *what);
AY_MUSTCHECK int ay_lgb_numbers(struct ay_lgb *r, struct ay_cursor c, uint64_t *count_out, const char *what);

enum { AY_LGB_FEATURES, AY_LGB_DECISIONS, AY_LGB_LEFT, AY_LGB_RIGHT, AY_LGB_BOUNDARIES, AY_LGB_LINEAR_COUNTS, AY_LGB_LINEAR_FEATURES,
       AY_LGB_THRESHOLDS, AY_LGB_MARKS, AY_LGB_ARRAYS };

struct ay_lgb_tree {
	struct ay_ints ints[AY_LGB_ARRAYS];
};

void ay_lgb_tree_free(struct ay_scan *s, struct ay_lgb_tree *t);
/* The lines behind Tree=N up to an empty one. AY_EFORMAT when reported, or another negative code. */
AY_MUSTCHECK int ay_lgb_tree(struct ay_lgb *r, struct ay_lgb_tree *t);

#endif
