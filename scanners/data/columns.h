/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What readers of columnar tables hand their values to: one column after the
 * other, each in pieces (row groups, batches). Callbacks return 0, or a negative
 * code that stops the reader; a NULL callback is not called.
 */
#ifndef ASSAY_SCANNERS_COLUMNS_H
#define ASSAY_SCANNERS_COLUMNS_H

#include "assay/scan.h"

enum ay_column_type {
	AY_COLUMN_BOOLEAN, AY_COLUMN_INTEGER, AY_COLUMN_UNSIGNED, AY_COLUMN_NUMBER, AY_COLUMN_DECIMAL, AY_COLUMN_DATE, AY_COLUMN_TIME,
	AY_COLUMN_TIMESTAMP, AY_COLUMN_TEXT, AY_COLUMN_BYTES, AY_COLUMN_NULL
};
const char *ay_column_type_name(enum ay_column_type t);

/* Whose values come. Borrowed for the piece. */
struct ay_column {
	const char *name;            /* "a", or with the groups that it is in: "a.list.element" */
	size_t index;                /* among the columns of the file */
	enum ay_column_type type;
	unsigned scale;              /* DECIMAL: digits behind the point; TIME and TIMESTAMP: of a second's fraction (0, 3, 6, 9) */
	bool repeated;               /* below a list: a row may have any number of values */
	size_t list_len;             /* repeated: bytes of the name up to the outermost list, "a" */
};

struct ay_columns {
	void *arg;
	int (*begin)(void *arg, const struct ay_column *c);
	/* In the order of the rows. Of a list that is empty or absent nothing comes. */
	int (*null)(void *arg, uint64_t n);
	/* BOOLEAN, INTEGER, UNSIGNED (its bits), DATE (days), TIME, TIMESTAMP, and DECIMAL of at most 18 digits (unscaled). */
	int (*i64)(void *arg, const int64_t *v, size_t n);
	/* NUMBER, and longer DECIMAL (scaled). */
	int (*f64)(void *arg, const double *v, size_t n);
	/* TEXT, which is UTF-8, and BYTES. Valid for the call. */
	int (*bytes)(void *arg, struct ay_cursor value);
	/* The piece had so many rows. */
	int (*end)(void *arg, uint64_t rows);
};

/* NULL-safe on the sink and its callbacks. */
AY_MUSTCHECK int ay_columns_begin(const struct ay_columns *k, const struct ay_column *c);
AY_MUSTCHECK int ay_columns_null(const struct ay_columns *k, uint64_t n);
AY_MUSTCHECK int ay_columns_i64(const struct ay_columns *k, const int64_t *v, size_t n);
AY_MUSTCHECK int ay_columns_f64(const struct ay_columns *k, const double *v, size_t n);
AY_MUSTCHECK int ay_columns_bytes(const struct ay_columns *k, struct ay_cursor value);
AY_MUSTCHECK int ay_columns_end(const struct ay_columns *k, uint64_t rows);

#define AY_COLUMNS_WHY 160

/*
 * Nulls of a column that has nothing else, and runs, take no bytes: a few make more values than there is time for. Adds to *unstored what n values in
 * so many bytes have no bit for. False when a file of this size may not have as many: why says so.
 */
AY_MUSTCHECK bool ay_columns_stored(uint64_t *unstored, uint64_t n, uint64_t bytes, uint64_t file_size, char why[AY_COLUMNS_WHY]);

/* ---- a sink that counts ---- */

#define AY_COLUMN_PREFIX 32

struct ay_column_stats {
	char *name;                  /* NULL: nothing came yet */
	enum ay_column_type type;
	unsigned scale;
	bool repeated;
	uint64_t rows, nulls, values, nans;
	int64_t min_i64, max_i64;    /* unsigned ones compared as such */
	int64_t sum_high;            /* 128 bits, two's complement; of bytes: of their lengths */
	uint64_t sum_low;
	double min_f64, max_f64, sum_f64;            /* without NaN */
	uint8_t min_bytes[AY_COLUMN_PREFIX], max_bytes[AY_COLUMN_PREFIX];    /* the first bytes of the least and the greatest */
	size_t min_len, max_len;                     /* of these prefixes */
};

struct ay_column_counts {
	struct ay_budget *budget;
	struct ay_column_stats *columns;
	size_t count;
	struct ay_column_stats *now;
};
/* A sink for c, which starts with its budget and else zero. The callbacks answer AY_ELIMIT when there is no memory left. */
struct ay_columns ay_column_counts_sink(struct ay_column_counts *c);
void ay_column_counts_free(struct ay_column_counts *c);

#endif
