/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded schema, and the check of rows against it. */
#ifndef ASSAY_SCANNERS_SCHEMA_H
#define ASSAY_SCANNERS_SCHEMA_H

#include "assay/scan.h"
#include "assay/schema.h"
#include "scanners/data/pattern.h"
#include "scanners/data/value.h"
#include "scanners/formats/csv.h"

/* An owned string that may hold NUL. */
struct ay_schema_text {
	char *text;
	size_t len;
};

struct ay_schema_field {
	struct ay_schema_text name;
	enum ay_value_type type;
	bool label;                                  /* "x-label": what a model is to learn; a table may come without it */
	bool required, unique, has_min, has_max, has_min_len, has_max_len;
	struct ay_schema_text min_text, max_text;    /* what min and max borrow from */
	struct ay_value min, max;
	uint64_t min_len, max_len;                   /* characters */
	struct ay_schema_text *enums;                /* canonical values, sorted */
	size_t enum_count;
	struct ay_pattern *pattern;
	char *pattern_text;
};

struct ay_schema {
	struct ay_schema_field *fields;
	size_t field_count;
	struct ay_schema_text *missing;
	size_t missing_count;
	size_t *key;                                 /* field indexes */
	size_t key_count;
	uint8_t *profile;                            /* encoded reference (scanners/data/reference.h), or NULL */
	size_t profile_len;
};

/* By length, then bytes: the order of enums. */
int ay_schema_text_compare(const struct ay_schema_text *a, const struct ay_schema_text *b);
bool ay_schema_is_missing(const struct ay_schema *s, const char *text, size_t len);

struct ay_schema_check;

/* Compares the columns first: "schema.columns" is reported here, and then rows are not judged. Borrows schema and names. */
AY_MUSTCHECK int ay_schema_check_new(struct ay_scan *s, const struct ay_schema *schema, const struct ay_csv *table,
				     struct ay_schema_check **out);
/* One row of the table. Reports violations; AY_ELIMIT when uniqueness cannot be held in memory, which is reported too. */
AY_MUSTCHECK int ay_schema_check_row(struct ay_schema_check *c, const struct ay_csv_field *fields, uint64_t row, uint64_t off);
/* Reports the sums of what was not listed. */
void ay_schema_check_finish(struct ay_schema_check *c);
void ay_schema_check_free(struct ay_schema_check *c);

#endif
