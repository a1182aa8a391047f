/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrow IPC, inside: messages of files and streams (arrow.c), the schema as a
 * flat list of nodes (arrow_schema.c), batches (arrow_batch.c) with their
 * buffers (arrow_buffer.c), and what other formats need of it
 * (arrow_extension.c).
 */
#ifndef ASSAY_SCANNERS_ARROW_H
#define ASSAY_SCANNERS_ARROW_H

#include "assay/scan.h"
#include "scanners/data/columns.h"
#include "scanners/formats/flatbuf.h"

/* These bytes name the type that is a pickle. */
bool ay_arrow_names_pickle(struct ay_cursor c);
/*
 * A schema in base64, as Parquet's key ARROW:schema holds it. AY_EFORMAT, reported: a type that is unpickled when the
 * schema is read (arrow.extension), or no base64 (arrow.malformed). AY_ELIMIT without memory.
 */
AY_MUSTCHECK int ay_arrow_check_base64(struct ay_scan *s, struct ay_cursor text);

/* ---- schema ---- */

enum ay_arrow_kind {
	AY_ARROW_NULL, AY_ARROW_BITS, AY_ARROW_FIXED, AY_ARROW_BYTES, AY_ARROW_VIEWS, AY_ARROW_LIST, AY_ARROW_FIXED_LIST, AY_ARROW_STRUCT
};

struct ay_arrow_node {
	char *path;
	uint32_t index;              /* among the nodes */
	enum ay_arrow_kind kind;
	size_t width;                /* FIXED: bytes of a value; BYTES and LIST: of an offset; FIXED_LIST: elements of each */
	uint32_t end;                /* the node behind its children */
	enum ay_column_type type;
	unsigned scale, precision;
	bool is_signed, is_text, is_real, repeated;
	size_t list_len;             /* as in struct ay_column */
	uint32_t dict;               /* one-based; 0: none. The node then describes the indexes */
};

/* The values that a column refers to; kept from its batches on. */
struct ay_arrow_dict {
	int64_t id;
	struct ay_arrow_node value;
	bool there;
	uint64_t count, room;
	uint64_t *raw;               /* numbers: their bits; bytes: where each ends */
	uint8_t *nulls;
	uint8_t *bytes;
	size_t bytes_len, bytes_room;
};

/* ---- reading ---- */

struct ay_arrow_batch;

struct ay_arrow {
	struct ay_scan *scan;
	struct ay_source *in;
	struct ay_budget *budget;
	const struct ay_columns *sink;
	uint64_t unstored;           /* values that take no bytes */
	struct ay_arrow_node *nodes;
	size_t count, room;
	struct ay_arrow_dict *dicts;
	size_t dict_count;
	bool has_schema;
	uint64_t off;                /* of the message at hand, for reports */
	struct ay_arrow_batch *batch;
	uint64_t looked;             /* bytes that no tick stands for yet */
	bool reported;
};

/* Reports under a rule and answers AY_EFORMAT. */
int ay_arrow_refuse(struct ay_arrow *r, const char *rule, const char *fmt, ...) AY_PRINTF(3, 4);
/* What a failed FlatBuffer means: reported as malformed, or its code. */
int ay_arrow_flat_error(struct ay_arrow *r, const struct ay_flat *f);
/* 64 bits of a struct in a vector: Polars aligns them to four bytes only. */
uint64_t ay_arrow_long(struct ay_flat *f, uint64_t at);

/* A Schema table into nodes and dictionaries. */
AY_MUSTCHECK int ay_arrow_schema_read(struct ay_arrow *r, struct ay_flat *f, const struct ay_flat_table *t);
void ay_arrow_schema_free(struct ay_arrow *r);
/* Both have the same columns. */
bool ay_arrow_schema_same(const struct ay_arrow *a, const struct ay_arrow *b);

/* A RecordBatch or DictionaryBatch table, whose body lies at this place of the source. */
AY_MUSTCHECK int ay_arrow_batch_read(struct ay_arrow *r, struct ay_flat *f, const struct ay_flat_table *t, uint64_t body, uint64_t len);
AY_MUSTCHECK int ay_arrow_dict_read(struct ay_arrow *r, struct ay_flat *f, const struct ay_flat_table *t, uint64_t body, uint64_t len);
void ay_arrow_batch_free(struct ay_arrow *r);

/* ---- buffers ---- */

/* One buffer of a body: a window of the file, or what was unpacked into memory. Read through a piece that moves. */
struct ay_arrow_buffer {
	struct ay_source source;
	struct ay_source_window window;
	uint8_t *memory;
	uint8_t *piece;
	size_t room, have;
	uint64_t off;                /* of the piece */
};
enum { AY_ARROW_PLAIN = -1, AY_ARROW_LZ4 = 0, AY_ARROW_ZSTD = 1 };
/* [off, off + len) of the source. AY_EFORMAT: damaged; not reported. To be closed also after a failure. */
AY_MUSTCHECK int ay_arrow_buffer_open(struct ay_arrow *r, struct ay_arrow_buffer *b, uint64_t off, uint64_t len, int codec);
/* len bytes of it; valid until the next call. AY_EFORMAT beyond its end. */
AY_MUSTCHECK int ay_arrow_buffer_get(struct ay_arrow *r, struct ay_arrow_buffer *b, uint64_t off, uint64_t len, struct ay_cursor *out);
void ay_arrow_buffer_close(struct ay_arrow *r, struct ay_arrow_buffer *b);

/* Judges a whole file or stream; its values go to the sink, which may be NULL. What it is refused for is reported, and the code returned. */
AY_MUSTCHECK int ay_arrow_read(struct ay_scan *s, struct ay_source *in, const struct ay_columns *sink);

#endif
