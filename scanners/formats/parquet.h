/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parquet, inside: the schema as leaves (parquet_schema.c), row groups and the
 * places of chunks (parquet.c), pages (parquet_page.c), and the encodings of
 * levels and values (parquet_runs.c, parquet_values.c).
 */
#ifndef ASSAY_SCANNERS_PARQUET_H
#define ASSAY_SCANNERS_PARQUET_H

#include "assay/scan.h"
#include "scanners/data/columns.h"

enum ay_pq_type { AY_PQ_BOOLEAN, AY_PQ_INT32, AY_PQ_INT64, AY_PQ_INT96, AY_PQ_FLOAT, AY_PQ_DOUBLE, AY_PQ_BYTES, AY_PQ_FIXED };
enum ay_pq_encoding {
	AY_PQ_PLAIN = 0, AY_PQ_PLAIN_DICTIONARY = 2, AY_PQ_RLE = 3, AY_PQ_BIT_PACKED = 4, AY_PQ_DELTA_BINARY = 5, AY_PQ_DELTA_LENGTH = 6,
	AY_PQ_DELTA_BYTES = 7, AY_PQ_RLE_DICTIONARY = 8, AY_PQ_SPLIT = 9
};
/* How what is stored becomes what it means. */
enum ay_pq_logical {
	AY_PQ_NONE, AY_PQ_TEXT, AY_PQ_INT, AY_PQ_DECIMAL, AY_PQ_DATE, AY_PQ_TIME, AY_PQ_TIMESTAMP, AY_PQ_FLOAT16, AY_PQ_UUID, AY_PQ_NULL
};
/* What the sink gets of it. */
enum ay_pq_form { AY_PQ_AS_I64, AY_PQ_AS_F64, AY_PQ_AS_BYTES };

struct ay_pq_leaf {
	char *path;                  /* parts joined with dots */
	size_t path_len;
	enum ay_pq_type type;
	size_t width;                /* FIXED: bytes of a value */
	enum ay_pq_logical logical;
	unsigned bits;               /* INT */
	bool is_signed;
	unsigned scale;              /* DECIMAL, TIME, TIMESTAMP: as in struct ay_column */
	unsigned precision;
	unsigned max_def, max_rep;
	unsigned list_def;           /* definition below this: the innermost list has no element here */
	size_t list_len;             /* as in struct ay_column */
	enum ay_pq_form form;
};

/* ---- runs: levels, indexes, packed numbers ---- */

/* Numbers of the same width, least significant bit first. */
struct ay_pq_bits {
	struct ay_cursor c;
	uint64_t held;
	unsigned have;
};
uint64_t ay_pq_bits_take(struct ay_pq_bits *b, unsigned width);

/* The hybrid of runs and packed groups. */
struct ay_pq_runs {
	struct ay_cursor c;
	struct ay_pq_bits bits;
	uint64_t left;               /* in the run at hand */
	uint32_t value;
	unsigned width;
	bool packed;
};
void ay_pq_runs_open(struct ay_pq_runs *r, struct ay_cursor c, unsigned width);
/* n numbers. AY_EFORMAT. */
AY_MUSTCHECK int ay_pq_runs_take(struct ay_pq_runs *r, uint32_t *out, size_t n);
/* AY_EFORMAT when more is there than the padding of the last groups. */
AY_MUSTCHECK int ay_pq_runs_end(const struct ay_pq_runs *r);

/* DELTA_BINARY_PACKED. */
struct ay_pq_delta {
	struct ay_cursor c, widths;
	struct ay_pq_bits bits;
	uint64_t left;               /* values in all, the first included */
	uint64_t mini_size, mini_left;
	uint64_t minis;              /* in a block */
	uint64_t minis_left;
	uint64_t last, min;
	unsigned width, max_width;
	bool started;
};
/* At most max values. Errors stick in c. */
void ay_pq_delta_open(struct ay_pq_delta *d, struct ay_cursor c, uint64_t max, unsigned max_width);
uint64_t ay_pq_delta_next(struct ay_pq_delta *d);
/* A cursor behind it all; d does not move. */
AY_MUSTCHECK int ay_pq_delta_behind(const struct ay_pq_delta *d, struct ay_budget *b, struct ay_cursor *out);

/* ---- values ---- */

struct ay_pq_dict {
	bool there;
	uint32_t count;
	uint64_t *raw;               /* numbers: their bits */
	uint8_t *page;               /* owned: bytes that places lead into */
	size_t page_len;
	uint32_t *places;            /* BYTES: of each length; FIXED and INT96 lie in a row */
};

struct ay_pq_values {
	const struct ay_pq_leaf *leaf;
	const struct ay_pq_dict *dict;
	struct ay_budget *budget;
	enum ay_pq_encoding encoding;
	struct ay_cursor c;
	struct ay_pq_bits bits;      /* PLAIN booleans */
	struct ay_pq_runs runs;      /* indexes, RLE booleans */
	struct ay_pq_delta delta, lengths;
	uint64_t count, at;          /* SPLIT */
	uint8_t *held;               /* the value that was put together last */
	size_t held_len, held_room;
	const char *why;             /* of an error */
};
/* c: the values' part of a page; max: how many there are at most. AY_EFORMAT, AY_EUNSUPPORTED. */
AY_MUSTCHECK int ay_pq_values_open(struct ay_pq_values *v, const struct ay_pq_leaf *leaf, enum ay_pq_encoding encoding,
				   const struct ay_pq_dict *dict, struct ay_cursor c, uint64_t max);
/* The bits of n numbers (BOOLEAN, INT32, INT64, FLOAT, DOUBLE). */
AY_MUSTCHECK int ay_pq_values_raw(struct ay_pq_values *v, uint64_t *out, size_t n);
/* One of BYTES, FIXED, INT96; valid until the next. */
AY_MUSTCHECK int ay_pq_values_bytes(struct ay_pq_values *v, struct ay_cursor *out);
/* AY_EFORMAT when values are left over. */
AY_MUSTCHECK int ay_pq_values_end(struct ay_pq_values *v);
void ay_pq_values_close(struct ay_pq_values *v);
/* PLAIN values of a dictionary page; takes the page, also on failure. */
AY_MUSTCHECK int ay_pq_dict_open(struct ay_pq_dict *d, const struct ay_pq_leaf *leaf, struct ay_budget *b, uint8_t *page, size_t len,
				 uint32_t count);
void ay_pq_dict_close(struct ay_pq_dict *d, struct ay_budget *b);

/* What stored values mean. NULL, or why the logical type does not allow one. */
const char *ay_pq_mean_i64(const struct ay_pq_leaf *leaf, const uint64_t *raw, int64_t *out, size_t n);
void ay_pq_mean_f64(const struct ay_pq_leaf *leaf, const uint64_t *raw, double *out, size_t n);
const char *ay_pq_mean_wide(const struct ay_pq_leaf *leaf, struct ay_cursor value, int64_t *i64_out, double *f64_out);
const char *ay_pq_mean_bytes(const struct ay_pq_leaf *leaf, struct ay_cursor value);

/* ---- the file ---- */

struct ay_pq_chunk {
	enum ay_pq_type type;
	int32_t codec;
	uint64_t num_values;
	uint64_t begin, end;         /* of its pages in the file */
	int64_t nulls;               /* as the statistics say; negative: they do not */
	bool bounded;                /* and these */
	int64_t least, greatest;
};

struct ay_pq {
	struct ay_scan *scan;
	struct ay_source *in;
	struct ay_budget *budget;
	const struct ay_columns *sink;
	uint64_t unstored;           /* values that take no bytes */
	struct ay_pq_leaf *leaves;
	size_t leaf_count;
	uint64_t rows;               /* of the row groups before */
	uint64_t group_rows;         /* of the one at hand */
	struct ay_pq_batch *batch;   /* of parquet_page.c */
	bool reported;
};

/* Reports under a rule and answers AY_EFORMAT. */
int ay_pq_refuse(struct ay_pq *r, const char *rule, uint64_t off, const char *fmt, ...) AY_PRINTF(4, 5);
/* The schema of the footer. Reported. */
AY_MUSTCHECK int ay_pq_schema_read(struct ay_pq *r, struct ay_cursor list);
void ay_pq_schema_free(struct ay_pq *r);
enum ay_column_type ay_pq_column_type(const struct ay_pq_leaf *leaf);
/* All pages of one column chunk, whose values go to the sink. Reported, but for AY_ELIMIT and the like. */
AY_MUSTCHECK int ay_pq_chunk_read(struct ay_pq *r, size_t column, const struct ay_pq_chunk *chunk);
void ay_pq_batch_free(struct ay_pq *r);

/* Judges a whole file; its values go to the sink, which may be NULL. What it is refused for is reported, and the code returned. */
AY_MUSTCHECK int ay_parquet_read(struct ay_scan *s, struct ay_source *in, const struct ay_columns *sink);

#endif
