/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict JSON (RFC 8259): duplicate keys, lone surrogates, invalid UTF-8, NaN,
 * leading zeros, depth beyond the limit and trailing data are errors with an
 * offset. Two faces: a pull reader for large or hostile documents in constant
 * memory, and a small immutable tree for claims, requests and policy.
 */
#ifndef ASSAY_JSON_H
#define ASSAY_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"

struct ay_error;

enum ay_json_type {
	AY_JSON_NULL, AY_JSON_BOOL, AY_JSON_NUMBER, AY_JSON_STRING, AY_JSON_ARRAY, AY_JSON_OBJECT
};

/* ---- tree ---- */

/* A node; valid until its document is freed. All accessors take NULL and answer as if absent. */
struct ay_json;
struct ay_json_doc;

/* Copies what it needs. max_nodes bounds memory. AY_EFORMAT/AY_ETRUNC/AY_ELIMIT with e->off. Keys that hold U+0000 are refused too. */
AY_MUSTCHECK int ay_json_parse(const void *bytes, size_t len, size_t max_nodes, struct ay_json_doc **out, struct ay_error *e);
void ay_json_free(struct ay_json_doc *doc);
const struct ay_json *ay_json_root(const struct ay_json_doc *doc);

enum ay_json_type ay_json_type(const struct ay_json *j);       /* NULL answers AY_JSON_NULL */
bool ay_json_is(const struct ay_json *j, enum ay_json_type t); /* false for NULL */
const struct ay_json *ay_json_get(const struct ay_json *object, const char *key);
/* Dotted path of plain keys: "verificationMaterial.publicKey.hint". */
const struct ay_json *ay_json_path(const struct ay_json *object, const char *dotted);
size_t ay_json_count(const struct ay_json *array_or_object);
const struct ay_json *ay_json_at(const struct ay_json *array_or_object, size_t i);   /* value */
const char *ay_json_key(const struct ay_json *object, size_t i);                     /* key, NUL-terminated */
/* NUL-terminated text of a string or number (numbers as written), else NULL. len_out may be NULL. Strings with an inner NUL answer NULL unless len_out is given. */
const char *ay_json_str(const struct ay_json *j, size_t *len_out);
bool ay_json_bool(const struct ay_json *j, bool otherwise);
/* Whole numbers, or a string of decimal digits (protobuf's int64), else AY_EFORMAT. */
AY_MUSTCHECK int ay_json_u64(const struct ay_json *j, uint64_t *out);
AY_MUSTCHECK int ay_json_i64(const struct ay_json *j, int64_t *out);
/* otherwise also stands for numbers beyond the range of a double. */
double ay_json_num(const struct ay_json *j, double otherwise);
/* Next sibling iteration is by ay_json_at, O(1). */

/* ---- pull reader ---- */

enum ay_json_event {
	AY_JSON_EV_END, AY_JSON_EV_NULL, AY_JSON_EV_TRUE, AY_JSON_EV_FALSE, AY_JSON_EV_NUMBER, AY_JSON_EV_STRING,
	AY_JSON_EV_KEY, AY_JSON_EV_ARRAY, AY_JSON_EV_ARRAY_END, AY_JSON_EV_OBJECT, AY_JSON_EV_OBJECT_END
};

/* Fills dst with up to len bytes of input; returns bytes, 0 at the end, or a negative code that the reader passes on. */
typedef int64_t (*ay_json_fill)(void *arg, void *dst, size_t len);

struct ay_json_reader;
/*
 * max_string bounds one string or number (AY_ELIMIT beyond). max_keys bounds the keys of all open objects, which are
 * tracked to refuse duplicates; 0 tracks none.
 */
AY_MUSTCHECK int ay_json_reader_new(ay_json_fill fill, void *arg, size_t max_depth, size_t max_string, size_t max_keys,
				    struct ay_json_reader **out);
/* NaN, Infinity and -Infinity are numbers too, for formats that have them. Before the first event. */
void ay_json_reader_permit_nonfinite(struct ay_json_reader *r);
void ay_json_reader_free(struct ay_json_reader *r);
/* Begins another document with the same limits and source; memory that it holds is kept. */
void ay_json_reader_reset(struct ay_json_reader *r);
/* Next event >= 0, or a negative code; then ay_json_reader_off says where. After AY_JSON_EV_END only END follows. */
int ay_json_next(struct ay_json_reader *r);
/* Unescaped text of the current KEY, STRING or NUMBER; valid until the next call. */
const char *ay_json_text(const struct ay_json_reader *r, size_t *len_out);
size_t ay_json_depth(const struct ay_json_reader *r);
/*
 * Behind an element of an array that is the document: the input that is at hand, from off_out on, for who reads elements by himself.
 * NULL elsewhere. What he takes is whole elements, each with the comma before it.
 */
const char *ay_json_ahead(const struct ay_json_reader *r, size_t *len_out, uint64_t *off_out);
void ay_json_take(struct ay_json_reader *r, size_t len);
/* Offset of the current event's first byte, or of what an error is about. */
uint64_t ay_json_reader_off(const struct ay_json_reader *r);
/* Why ay_json_next failed, as a phrase; "" otherwise. */
const char *ay_json_reader_reason(const struct ay_json_reader *r);

/* ---- writer: appends to a buffer, errors stick in it ---- */

/* Commas and quoting are its business. pretty: two-space indentation. No allocation; depth <= 64. */
struct ay_jw {
	struct ay_buf *b;
	bool pretty;
	uint8_t depth;
	uint64_t has_items;   /* bit per depth */
	bool after_key;
};
struct ay_jw ay_jw_new(struct ay_buf *b, bool pretty);
void ay_jw_object(struct ay_jw *w);
void ay_jw_object_end(struct ay_jw *w);
void ay_jw_array(struct ay_jw *w);
void ay_jw_array_end(struct ay_jw *w);
void ay_jw_key(struct ay_jw *w, const char *key);
void ay_jw_str(struct ay_jw *w, const char *text);                 /* NULL writes null; invalid UTF-8 is escaped as ay_escape does */
void ay_jw_strn(struct ay_jw *w, const void *text, size_t len);
void ay_jw_u64(struct ay_jw *w, uint64_t v);
void ay_jw_i64(struct ay_jw *w, int64_t v);
void ay_jw_f64(struct ay_jw *w, double v);                         /* shortest round-trip; NaN and infinity as strings */
void ay_jw_bool(struct ay_jw *w, bool v);
void ay_jw_null(struct ay_jw *w);
void ay_jw_raw(struct ay_jw *w, const char *json, size_t len);     /* one well-formed value */
/* key + value in one call */
void ay_jw_kstr(struct ay_jw *w, const char *key, const char *text);
void ay_jw_ku64(struct ay_jw *w, const char *key, uint64_t v);
void ay_jw_ki64(struct ay_jw *w, const char *key, int64_t v);
void ay_jw_kbool(struct ay_jw *w, const char *key, bool v);
/* A node of a tree, as canonical JSON (RFC 8785: sorted keys, no white space; numbers must be integers below 2^53 or they are written as they were). */
void ay_jw_tree(struct ay_jw *w, const struct ay_json *j);

#endif
