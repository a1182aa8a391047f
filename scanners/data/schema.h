/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded schema, and the check of rows against it. */
#ifndef ASSAY_SCANNERS_SCHEMA_H
#define ASSAY_SCANNERS_SCHEMA_H

#include "assay/scan.h"
#include "assay/schema.h"
#include "scanners/data/pattern.h"
#include "scanners/data/row_rule.h"
#include "scanners/data/shape.h"
#include "scanners/data/rows.h"

#define AY_SCHEMA_MASS "x-min-domain-mass"
#define AY_SCHEMA_PRESENCE "x-min-presence"
#define AY_SCHEMA_LABEL "x-label"
#define AY_SCHEMA_RULES "x-rules"
#define AY_SCHEMA_NULL "x-null"
#define AY_SCHEMA_JSON "x-json-schema"
#define AY_SCHEMA_SHAPE "x-shape"
#define AY_SCHEMA_DTYPE "x-dtype"
#define AY_SCHEMA_SOUGHT "x-sought"

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
	double min_mass;                             /* share of the values that must be in enum; 0: every one */
	double min_presence;                         /* share of the rows that must have a value; 0: none */
	struct ay_pattern *pattern;
	char *pattern_text;
};

/* One of x-rules. */
struct ay_schema_rule {
	struct ay_row_rule *rule;
	struct ay_schema_text name;                  /* what it is called in findings */
	double min_share;                            /* of the rows that it applies to; 1: every one */
	bool null_passes;                            /* a row that it does not apply to counts for neither side */
};

/* What a schema is about. */
enum ay_schema_of { AY_SCHEMA_OF_TABLE, AY_SCHEMA_OF_DOCUMENTS, AY_SCHEMA_OF_ARRAYS, AY_SCHEMA_OF_NOTHING, AY_SCHEMA_OF_FILES };

/* Files of one kind, by the pattern of their paths. */
struct ay_schema_resource {
	struct ay_schema_text name, path;
	struct ay_schema *schema;
	char *sha256;                                /* 64 lower-case digits, or NULL */
	uint64_t bytes;
	bool has_bytes, optional;
};

/* One of foreignKeys. */
struct ay_schema_foreign {
	uint32_t id;                                 /* of the whole schema */
	size_t resource;                             /* that it refers to */
	size_t *fields, *target, count;              /* field indexes, here and there */
	char *package;                               /* reference of another dataset, without its scheme; NULL: target is of this schema */
	char *path;                                  /* pattern of the package's files; NULL: all its tables */
	char **names;                                /* instead of target: fields of the package's tables */
};
/* What a foreign key asks of the table that it refers to; borrows from it. */
struct ay_schema_wanted {
	uint32_t id;
	const size_t *fields;
	size_t count;
};

/* A reference that goes by a tag. */
struct ay_schema_season {
	char *tag;
	uint8_t *profile;
	size_t len;
};

struct ay_measure;

struct ay_schema {
	unsigned refs;                               /* of one thread: ay_schema_free drops one */
	enum ay_schema_of of;
	struct ay_schema_resource *resources;        /* of files */
	size_t resource_count;
	struct ay_json_schema *documents;            /* of documents (scanners/data/json_schema.h) */
	struct ay_shape shape;                       /* of arrays */
	struct ay_schema_field *fields;
	size_t field_count;
	struct ay_schema_text *missing;
	size_t missing_count;
	size_t *key;                                 /* field indexes */
	size_t key_count;
	struct ay_schema_rule *rules;
	size_t rule_count;
	struct ay_schema_foreign *foreign;
	size_t foreign_count;
	struct ay_schema_wanted *wanted;
	size_t wanted_count;
	uint32_t foreign_ids;                        /* of the whole schema: how many foreign keys it has */
	uint8_t *sought;                             /* sorted keys, of which those that the rows have are asked for; or NULL */
	size_t sought_count;
	size_t *asked;                               /* indexes of the fields that make such a key */
	uint8_t *profile;                            /* encoded reference (scanners/data/reference.h), or NULL */
	size_t profile_len;
	struct ay_schema_season *seasons;            /* of "x-seasons" */
	size_t season_count;
	struct ay_measure **measures;                /* of profile, then of each season: made when a table is first counted against it */
};

/* ay_schema_load for a worker: a gate may ask it for the keys of foreign.h too. */
AY_MUSTCHECK int ay_schema_load_job(const void *json, size_t len, struct ay_schema **out, struct ay_error *e);
/* The part that has the reference: that of one of several resources, or s. */
const struct ay_schema *ay_schema_referenced(const struct ay_schema *s);
/* AY_ENOTFOUND when there is none. */
AY_MUSTCHECK int ay_schema_find_field(const struct ay_schema *s, const char *name, size_t *out);
/* By length, then bytes: the order of enums. */
int ay_schema_text_compare(const struct ay_schema_text *a, const struct ay_schema_text *b);
bool ay_schema_is_missing(const struct ay_schema *s, const char *text, size_t len);

/*
 * For a scanner that can compare what it reads with a schema of this kind: the part that is about the file or member at hand. *part
 * NULL: there is no schema, the file is one that needs none, or what is wrong was reported. *whole is to be freed with ay_schema_free.
 */
AY_MUSTCHECK int ay_schema_open(struct ay_scan *s, enum ay_schema_of kind, struct ay_schema **whole, const struct ay_schema **part);
/* The same for who may find that the part says nothing about it: who compares then says ay_scan_schema_met. */
AY_MUSTCHECK int ay_schema_peek(struct ay_scan *s, enum ay_schema_of kind, struct ay_schema **whole, const struct ay_schema **part);
/* Whether a resource names the member at hand by itself ("data.npz!x.npy"), and not only its archive. */
bool ay_schema_names_member(struct ay_scan *s);
/* At the end of the file itself: one that no pattern names, or that nobody could compare, is reported. */
void ay_schema_judge_scope(struct ay_scan *s);

struct ay_schema_check;

/* Compares the columns first: "schema.columns" is reported here, and then values are not judged. Borrows schema; names for the call. */
AY_MUSTCHECK int ay_schema_check_new(struct ay_scan *s, const struct ay_schema *schema, const char *const *names, size_t count,
				     struct ay_schema_check **out);
/* False after "schema.columns": there is nothing to judge. */
bool ay_schema_check_judges(const struct ay_schema_check *c);
/*
 * Values come row by row: begin, one value of each column in any order, end. A reader of columns calls begin before each value and
 * never end; it must refuse a schema that ay_schema_needs_rows. What a value borrows is valid until end. AY_ELIMIT when
 * uniqueness cannot be held in memory, which is reported too.
 */
void ay_schema_check_begin(struct ay_schema_check *c, uint64_t row, uint64_t off);
/* A cell of text: missing when the schema says so, else read as the type of its field. column: of the table. */
AY_MUSTCHECK int ay_schema_check_text(struct ay_schema_check *c, size_t column, const char *text, size_t len);
/*
 * The cell of text that ay_schema_check_text just judged, as what it was read as: missing, a number, or still a text. So nobody
 * reads it twice. False when it was not judged, because the columns are not those of the schema; the cell stays.
 */
bool ay_schema_checked(const struct ay_schema_check *c, size_t column, struct ay_cell *cell);
/* A value that has a type already (scanners/data/value.h); NULL: missing. */
AY_MUSTCHECK int ay_schema_check_value(struct ay_schema_check *c, size_t column, const struct ay_value *v);
AY_MUSTCHECK int ay_schema_check_end(struct ay_schema_check *c);
/*
 * Instead of all of this: rows of which nothing is to be said, up to this one. missing: of each column of the table, how many. For a
 * schema without unique fields that does not need whole rows.
 */
void ay_schema_check_held(struct ay_schema_check *c, uint64_t last, uint64_t rows, const uint64_t *missing);
/* Is a value of its type what the field asks for? */
bool ay_schema_holds(const struct ay_schema_field *f, const struct ay_value *v);
/* Something is judged of several fields of one row at a time. */
bool ay_schema_needs_rows(const struct ay_schema *s);
/* Reports the sums of what was not listed and, when whole (every value was seen), what is judged of all values together. */
void ay_schema_check_finish(struct ay_schema_check *c, bool whole);
void ay_schema_check_free(struct ay_schema_check *c);

#endif
