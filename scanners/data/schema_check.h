/* SPDX-License-Identifier: Apache-2.0 */
/* The running check of rows, as its parts share it. */
#ifndef ASSAY_SCANNERS_SCHEMA_CHECK_H
#define ASSAY_SCANNERS_SCHEMA_CHECK_H

#include "scanners/data/foreign.h"
#include "scanners/data/schema.h"
#include "scanners/data/uniq.h"

#define AY_SCHEMA_SHOWN 64     /* bytes of a value in a finding */
#define AY_SCHEMA_NO_FIELD SIZE_MAX

enum ay_schema_kind {
	AY_SCHEMA_TYPE, AY_SCHEMA_RANGE, AY_SCHEMA_LENGTH, AY_SCHEMA_ENUM, AY_SCHEMA_PATTERN, AY_SCHEMA_REQUIRED, AY_SCHEMA_UNIQUE,
	AY_SCHEMA_PRIMARY_KEY, AY_SCHEMA_RULE, AY_SCHEMA_KINDS
};

/* What was seen of one field. */
struct ay_schema_tally {
	uint64_t seen, missing;          /* values, and those of them that are missing */
	uint64_t outside;                /* of the enum, where a share may be */
	unsigned shown;
};

/* What one row rule said so far. */
struct ay_schema_rule_tally {
	uint64_t held, broken, null;
	unsigned shown;
};

struct ay_schema_check {
	struct ay_scan *scan;
	const struct ay_schema *schema;
	bool columns_match;
	size_t column_count;             /* of the table */
	size_t *field;                   /* of each column: all fields in order, without the labels that the table may lack; of sought keys any, or none */
	struct ay_uniq_pool pool;
	struct ay_uniq *unique;          /* per field; used where the field is unique */
	struct ay_uniq key;
	struct ay_foreign *foreign;      /* NULL: no part in a foreign key */
	struct ay_schema_tally *tallies; /* per field */
	struct ay_schema_rule_tally *rules;
	struct ay_value *values;         /* of the row at hand */
	bool *missing, *wrong;           /* of the row at hand: wrong ones are not of their type */
	const char *cell;                /* the value at hand as it stood in the file, or NULL */
	size_t cell_len;
	uint64_t row, off, rows;
	unsigned listed;
	uint64_t unlisted[AY_SCHEMA_KINDS];
};

/* A finding about the row at hand, listed or counted. v may be NULL: no value is shown. */
void ay_schema_violation(struct ay_schema_check *c, enum ay_schema_kind kind, const struct ay_schema_field *f, const struct ay_value *v,
			 const char *limit, const char *fmt, ...) AY_PRINTF(6, 7);
/* The value at hand as text, cut. */
void ay_schema_show(const struct ay_schema_check *c, const struct ay_value *v, char out[AY_SCHEMA_SHOWN + 1]);
/* Type and constraints of one value that is there. */
void ay_schema_judge_value(struct ay_schema_check *c, size_t field, const struct ay_value *v);
/* Shares over all rows. */
void ay_schema_judge_tallies(struct ay_schema_check *c);
/* The row rules over the row at hand, and over all. */
void ay_schema_judge_rules(struct ay_schema_check *c);
void ay_schema_judge_rule_tallies(struct ay_schema_check *c);
/* How many findings the rows may list; room is left for what is judged at the end. */
#define AY_SCHEMA_LISTED (AY_LIMIT_FINDINGS_PER_FILE * 3 / 4)
/* part of all is less than the share, by more than rounding. */
bool ay_schema_share_misses(uint64_t part, uint64_t all, double share);

#endif
