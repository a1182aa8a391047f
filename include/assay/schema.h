/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Table Schema (Frictionless Data) as Assay takes it. Top level: fields,
 * missingValues, primaryKey, foreignKeys, fieldsMatch ("exact", the default here), title,
 * description. A field: name, type (string integer number boolean date datetime
 * time year any), format ("default"), title, description, constraints (required
 * unique minimum maximum enum pattern minLength maxLength, and the shares
 * x-min-domain-mass and x-min-presence). Other keys that start with "x-" are
 * notes; "x-profile" is the reference that drift is measured against,
 * and "x-label": true says of a field that it is what a model is to learn: its
 * drift is judged more strictly, and a table may come without it unless it is
 * required. Every other key, a note that is nearly a known key, and a
 * constraint that its type cannot have are errors.
 *
 * Several files: the top level is instead resources (title, description), a list
 * of objects with path (a pattern) and schema, or "x-unchecked": true for files
 * that are not compared; name, hash ("sha256:..."), bytes, "x-optional".
 *
 * Arrays and images: "x-shape" and "x-dtype" likewise (scanners/data/shape.h).
 * JSON documents: "x-json-schema" instead of fields or schema, or a JSON Schema
 * alone that says so in "$schema" (scanners/data/json_schema.h).
 */
#ifndef ASSAY_SCHEMA_H
#define ASSAY_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/error.h"

struct ay_source;
struct ay_budget;
struct ay_schema;

/* AY_EFORMAT and the like with e->where = the place as a JSON pointer ("/fields/2/constraints/pattern"). */
AY_MUSTCHECK int ay_schema_load(const void *json, size_t len, struct ay_schema **out, struct ay_error *e);
void ay_schema_free(struct ay_schema *s);
size_t ay_schema_fields(const struct ay_schema *s);
const char *ay_schema_field_name(const struct ay_schema *s, size_t i);
/* "integer" and so on. */
const char *ay_schema_field_type(const struct ay_schema *s, size_t i);
/* Is that field a label? False also where there is none of the name. */
bool ay_schema_label(const struct ay_schema *s, const char *name);
/* Encoded reference of the note "x-profile" (scanners/data/reference.h), which fits the fields, its own or those of one resource; NULL: none. */
const uint8_t *ay_schema_profile(const struct ay_schema *s, size_t *len_out);
/*
 * That reference, or one in the note "x-seasons" by its tag, made ready once for all who ask (scanners/data/batch.h); it lasts as long as s
 * does. Of one thread. *out is NULL after an error; AY_ENOTFOUND: there is none.
 */
struct ay_measure;
AY_MUSTCHECK int ay_schema_measure(const struct ay_schema *s, const char *season, struct ay_measure **out);
/* A table of this path is counted against that reference. */
bool ay_schema_counts(const struct ay_schema *s, const char *path);

/*
 * A schema of several files has resources, each with a pattern of paths; a file belongs to the first that matches. 0: all tables
 * of the artifact have this one schema.
 */
size_t ay_schema_resources(const struct ay_schema *s);
/* Its pattern (ay_glob_match). */
const char *ay_schema_resource_path(const struct ay_schema *s, size_t i);
/* Index of the resource that a path belongs to, or -1. */
int ay_schema_resource_of(const struct ay_schema *s, const char *path);
/* No file need match it. */
bool ay_schema_resource_optional(const struct ay_schema *s, size_t i);
/* What its one file must be: 64 lower-case digits, or NULL; and false when its size is not said. */
const char *ay_schema_resource_sha256(const struct ay_schema *s, size_t i);
bool ay_schema_resource_bytes(const struct ay_schema *s, size_t i, uint64_t *out);

/*
 * Puts into out, which is empty, a Table Schema as JSON that all rows of the table satisfy; a
 * proposal for a person to edit. path decides the delimiter by its suffix.
 * AY_EFORMAT with e->off when the table itself is refused.
 */
AY_MUSTCHECK int ay_schema_infer(struct ay_source *in, const char *path, struct ay_budget *b, struct ay_buf *out, struct ay_error *e);
/*
 * The reference alone, of a table whose schema is there and has none: counted by its types and missing values. out is an object with
 * "x-profile", without it where no column can be compared. AY_EFORMAT also when a field of the schema is no column.
 */
AY_MUSTCHECK int ay_schema_reference(struct ay_source *in, const char *path, const char *schema, size_t len, struct ay_budget *b,
				     struct ay_buf *out, struct ay_error *e);
/*
 * As ay_schema_infer, for what people are shown of the table, as JSON: rows, and of each column its name, type, missing values, summary and chart
 * (scanners/data/describe.h), keys and texts too. Of dates and times: missing ones, minimum and maximum.
 */
AY_MUSTCHECK int ay_table_describe(struct ay_source *in, const char *path, struct ay_budget *b, struct ay_buf *out, struct ay_error *e);

#endif
