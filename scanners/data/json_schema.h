/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schema, of draft 2020-12: type, enum, const, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minLength,
 * maxLength, pattern, minItems, maxItems, uniqueItems, items, prefixItems, properties, required, additionalProperties,
 * patternProperties, minProperties, maxProperties, allOf, anyOf, oneOf, not, $defs and $ref into the same schema. Of patterns the
 * subset of scanners/data/pattern.h, found anywhere in the text. Every other keyword is an error, except the annotations title,
 * description, $comment, default, examples, deprecated, readOnly, writeOnly, and $schema and $id at the top. So is a keyword that
 * no value of the type beside it could break, and a $ref that leads back to itself at the same value.
 */
#ifndef ASSAY_SCANNERS_JSON_SCHEMA_H
#define ASSAY_SCANNERS_JSON_SCHEMA_H

#include "assay/json.h"
#include "scanners/data/uniq.h"

#define AY_JSON_SCHEMA_2020 "https://json-schema.org/draft/2020-12/schema"

struct ay_json_schema;

/* AY_EFORMAT with e->where = the place in the schema as a JSON pointer, or -ENOMEM. */
AY_MUSTCHECK int ay_json_schema_load(const struct ay_json *schema, struct ay_json_schema **out, struct ay_error *e);
void ay_json_schema_free(struct ay_json_schema *s);

/* The first thing that a document breaks. */
struct ay_json_fault {
	char where[128];       /* in the document, as a JSON pointer */
	char keyword[128];     /* in the schema, likewise */
	char value[65];
	char message[160];
};
/* 1: it meets the schema; 0: *fault says why not; AY_ELIMIT: it cannot be judged in bounded time or memory. */
AY_MUSTCHECK int ay_json_schema_judge(const struct ay_json_schema *s, const struct ay_json *document, struct ay_uniq_pool *pool,
				      struct ay_json_fault *fault);

#endif
