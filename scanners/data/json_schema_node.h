/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled JSON Schema: one node for each schema in it, so that what refers to a schema is a number. */
#ifndef ASSAY_SCANNERS_JSON_SCHEMA_NODE_H
#define ASSAY_SCANNERS_JSON_SCHEMA_NODE_H

#include "scanners/data/json_schema.h"
#include "scanners/data/pattern.h"
#include "scanners/data/value.h"

enum { AY_JS_NULL = 1, AY_JS_BOOLEAN = 2, AY_JS_NUMBER = 4, AY_JS_INTEGER = 8, AY_JS_STRING = 16, AY_JS_ARRAY = 32, AY_JS_OBJECT = 64 };
enum ay_js_bound { AY_JS_MINIMUM, AY_JS_MAXIMUM, AY_JS_EXCLUSIVE_MINIMUM, AY_JS_EXCLUSIVE_MAXIMUM, AY_JS_BOUNDS };
enum ay_js_count {
	AY_JS_MIN_LENGTH, AY_JS_MAX_LENGTH, AY_JS_MIN_ITEMS, AY_JS_MAX_ITEMS, AY_JS_MIN_PROPERTIES, AY_JS_MAX_PROPERTIES, AY_JS_COUNTS
};
enum ay_js_list { AY_JS_ALL_OF, AY_JS_ANY_OF, AY_JS_ONE_OF, AY_JS_PREFIX_ITEMS, AY_JS_LISTS };
enum ay_js_single { AY_JS_ITEMS, AY_JS_ADDITIONAL, AY_JS_NOT, AY_JS_REF, AY_JS_SINGLES };

/* A decimal: digits * 10^exponent, of at most 18 digits. */
struct ay_js_decimal { int64_t digits; int exponent; };

struct ay_js_property { const char *name; uint32_t node; };
struct ay_js_pattern { struct ay_pattern *pattern; uint32_t node; };

struct ay_js_node {
	const struct ay_json *json;
	char *where;                           /* JSON pointer of the schema */
	bool never;                            /* the schema false */
	unsigned types;                        /* 0: any */
	const struct ay_json *enums, *constant;
	struct ay_value bound[AY_JS_BOUNDS];
	bool has_bound[AY_JS_BOUNDS], has_multiple, unique;
	struct ay_js_decimal multiple;
	uint64_t count[AY_JS_COUNTS];
	bool has_count[AY_JS_COUNTS];
	struct ay_pattern *pattern;
	struct ay_js_property *properties;     /* sorted by name */
	const char **required;                 /* sorted */
	struct ay_js_pattern *patterns;
	size_t property_count, required_count, pattern_count;
	uint32_t *list[AY_JS_LISTS];
	size_t list_count[AY_JS_LISTS];
	uint32_t single[AY_JS_SINGLES];        /* 0: none, else node + 1 */
	unsigned long line;                    /* longest way through schemas of the same value */
};

struct ay_json_schema {
	struct ay_json_doc *doc;               /* what the nodes borrow from */
	struct ay_js_node **nodes;             /* the first is the schema itself */
	size_t node_count;
};

#define AY_JS_LINE 64                          /* schemas that may judge one value one inside the other */

/* False when there are more digits. */
bool ay_js_decimal(const char *text, size_t len, struct ay_js_decimal *out);
/* Numbers beyond a double are none. */
bool ay_js_number(const struct ay_json *j, struct ay_value *out);

#endif
