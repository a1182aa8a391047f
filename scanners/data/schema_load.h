/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the schema loader share. */
#ifndef ASSAY_SCANNERS_SCHEMA_LOAD_H
#define ASSAY_SCANNERS_SCHEMA_LOAD_H

#include "assay/json.h"
#include "scanners/data/schema.h"

/* Where we are: the schema, the error, and the JSON pointer of the value at hand. */
struct ay_schema_loader {
	struct ay_schema *schema;
	struct ay_error *e;
	char place[256];
	unsigned patterns;
	bool may_seek;             /* it comes from a gate, and may say which keys to look for */
};

/* AY_EFORMAT about the value at hand, or its member key. */
int ay_schema_bad(struct ay_schema_loader *l, const char *key, const char *fmt, ...) AY_PRINTF(3, 4);
int ay_schema_no_memory(struct ay_schema_loader *l);
AY_MUSTCHECK int ay_schema_copy(struct ay_schema_loader *l, const char *text, size_t len, struct ay_schema_text *out);
/* Every key is in the list, or a note: "x-" and not nearly the name of something that is checked. */
AY_MUSTCHECK int ay_schema_only_keys(struct ay_schema_loader *l, const struct ay_json *object, const char *const *known, const char *what);
/* title and description are strings. */
AY_MUSTCHECK int ay_schema_load_notes(struct ay_schema_loader *l, const struct ay_json *object);
/* A share of 0 to 1, more than 0; *out stays what it is when there is none. */
AY_MUSTCHECK int ay_schema_load_share(struct ay_schema_loader *l, const struct ay_json *object, const char *key, double *out);
/* place grows by "/key"; gives its former length, to be cut back to. */
size_t ay_schema_enter(struct ay_schema_loader *l, const char *fmt, ...) AY_PRINTF(2, 3);
void ay_schema_leave(struct ay_schema_loader *l, size_t place);

/* schema_load.c */
AY_MUSTCHECK int ay_schema_load_table(struct ay_schema_loader *l, const struct ay_json *root);
AY_MUSTCHECK int ay_schema_load_documents(struct ay_schema_loader *l, const struct ay_json *schema);
/* x-shape and x-dtype of this object. */
AY_MUSTCHECK int ay_schema_load_arrays(struct ay_schema_loader *l, const struct ay_json *object);
/* schema_files.c */
AY_MUSTCHECK int ay_schema_load_files(struct ay_schema_loader *l, const struct ay_json *root);
void ay_schema_files_free(struct ay_schema *s);
/* schema_field.c */
AY_MUSTCHECK int ay_schema_load_field(struct ay_schema_loader *l, const struct ay_json *field, struct ay_schema_field *f);
void ay_schema_field_free(struct ay_schema_field *f);

/* schema_rules.c; the fields are loaded */
AY_MUSTCHECK int ay_schema_load_rules(struct ay_schema_loader *l, const struct ay_json *root);
void ay_schema_rules_free(struct ay_schema *s);

/* schema_foreign.c; fields are loaded */
AY_MUSTCHECK int ay_schema_load_sought(struct ay_schema_loader *l, const struct ay_json *root);
/* All tables are loaded. */
AY_MUSTCHECK int ay_schema_load_foreign(struct ay_schema_loader *l, const struct ay_json *root);
void ay_schema_foreign_free(struct ay_schema *s);

#endif
