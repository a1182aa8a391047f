/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Models as documents: JSON, or another form that has the same events. Every
 * key of an object is known, stands there once, and has a reader of its own.
 */
#ifndef ASSAY_SCANNERS_DOC_H
#define ASSAY_SCANNERS_DOC_H

#include "assay/json.h"
#include "assay/scan.h"
#include "scanners/formats/ints.h"

/* A document as events of enum ay_json_event. Texts are valid until the next event. */
struct ay_doc {
	void *arg;
	int (*next)(void *arg);
	const char *(*text)(void *arg, size_t *len_out);     /* of a KEY or STRING */
	bool (*whole)(void *arg, int64_t *out);              /* the NUMBER, when it is a whole one */
	uint64_t (*off)(void *arg);
	const char *(*reason)(void *arg);                    /* why next failed, or "" */
};

/*
 * JSON text; base is where it begins in the file. format is the first word of the rules. judge reports all but what it
 * returns, which stops the scan.
 */
AY_MUSTCHECK int ay_doc_json(struct ay_scan *s, struct ay_source *in, uint64_t base, size_t max_depth, const char *format,
			     int (*judge)(struct ay_scan *s, const struct ay_doc *d));

struct ay_doc_reader {
	struct ay_scan *s;
	const struct ay_doc *d;
	const char *malformed;   /* the rule of a structure that is not the maker's */
	const char *format;      /* first word of the rules, for ay_scan_find_error */
	const char *maker;
	int pending;             /* an event that was looked at and not taken; 0: none */
	bool reported;
};

/* What stands below a key. Each key at most once; bit i of the seen set is field i. */
struct ay_doc_field {
	const char *key;
	int (*take)(struct ay_doc_reader *r, void *to, unsigned id);
	unsigned id;
	bool required;
};

/* Reports under the rule and answers AY_EFORMAT. */
int ay_doc_refuse(struct ay_doc_reader *r, const char *rule, const char *fmt, ...) AY_PRINTF(3, 4);
AY_MUSTCHECK int ay_doc_next(struct ay_doc_reader *r);
/* Within an array: 1 when a value follows, 0 past its end. */
AY_MUSTCHECK int ay_doc_more(struct ay_doc_reader *r);
AY_MUSTCHECK int ay_doc_expect(struct ay_doc_reader *r, enum ay_json_event wanted, const char *what);
/* The object that begins next. what is for messages. */
AY_MUSTCHECK int ay_doc_object(struct ay_doc_reader *r, const struct ay_doc_field *fields, size_t count, void *to, const char *what,
			       uint32_t *seen_out);
/* The next value as a string that is copied; AY_EFORMAT when it is longer or has an inner NUL. */
AY_MUSTCHECK int ay_doc_string(struct ay_doc_reader *r, char *out, size_t size, const char *what);
/* Whole numbers: plain, or written as a string. */
AY_MUSTCHECK int ay_doc_int(struct ay_doc_reader *r, int64_t *out, const char *what);
AY_MUSTCHECK int ay_doc_int_text(struct ay_doc_reader *r, uint64_t *out, const char *what);

/* The next array, of whole numbers of 32 bits (true and false count as 1 and 0), or of any numbers, which are only counted. */
AY_MUSTCHECK int ay_doc_ints(struct ay_doc_reader *r, struct ay_ints *out, const char *what);
AY_MUSTCHECK int ay_doc_numbers(struct ay_doc_reader *r, uint64_t *count_out, const char *what);

/* What ended the reading, once and at the place: a damaged document, or memory. */
void ay_doc_tell(struct ay_doc_reader *r, int err);

#endif
