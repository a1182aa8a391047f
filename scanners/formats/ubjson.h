/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UBJSON (draft 12) as far as XGBoost writes and reads it, as events of
 * enum ay_json_event in constant memory. Lengths and counts are 64-bit numbers
 * with the mark L; objects that announce their count, no-ops, and numbers as
 * text are refused, as its reader does not take them. An array that announces
 * a type is one of numbers. Duplicate keys are for the caller to refuse.
 */
#ifndef ASSAY_SCANNERS_UBJSON_H
#define ASSAY_SCANNERS_UBJSON_H

#include "assay/json.h"
#include "assay/scan.h"

#define AY_UBJ_DEPTH 16

struct ay_ubj_level {
	uint64_t left;               /* elements, of an array that announced them */
	uint8_t type;                /* of the elements, 0: each says its own */
	bool object, counted, value; /* value: a key was given, its value comes next */
};

struct ay_ubj {
	struct ay_source *in;
	struct ay_budget *budget;
	uint64_t off;                /* of the next byte */
	uint64_t event_off;
	const char *why;             /* of an error, as a phrase, or "" */
	struct ay_ubj_level levels[AY_UBJ_DEPTH];
	size_t depth;
	bool begun;
	bool whole;                  /* the number is in integer; else it was a binary fraction */
	int64_t integer;
	struct ay_buf text;
	uint64_t window_off;
	size_t window_len;
	uint8_t window[8192];
};

/* Borrows both. max_text bounds one string (AY_ELIMIT beyond). */
void ay_ubj_open(struct ay_ubj *r, struct ay_source *in, struct ay_budget *budget, size_t max_text);
void ay_ubj_close(struct ay_ubj *r);
/* As ay_json_next: the next event, or a negative code. */
AY_MUSTCHECK int ay_ubj_next(struct ay_ubj *r);

#endif
