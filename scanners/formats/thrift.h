/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thrift's compact protocol, as Parquet uses it. Errors stick to the cursor, as
 * there: a caller reads fields until none comes and then looks at c->err. Field
 * numbers must rise, so that none is there twice; a field of another type than
 * the caller asks for is an error, not skipped.
 */
#ifndef ASSAY_SCANNERS_THRIFT_H
#define ASSAY_SCANNERS_THRIFT_H

#include "assay/scan.h"

enum ay_thrift_type {
	AY_THRIFT_TRUE = 1, AY_THRIFT_FALSE, AY_THRIFT_I8, AY_THRIFT_I16, AY_THRIFT_I32, AY_THRIFT_I64, AY_THRIFT_DOUBLE,
	AY_THRIFT_BINARY, AY_THRIFT_LIST, AY_THRIFT_SET, AY_THRIFT_MAP, AY_THRIFT_STRUCT, AY_THRIFT_UUID
};

#define AY_THRIFT_DEPTH 32           /* structs, lists and maps in each other */

/* The fields of one struct; starts as { .id = 0 }. */
struct ay_thrift_field {
	int16_t id;
	uint8_t type;
};

/* The next field; false at the end of the struct or when the cursor has failed. */
bool ay_thrift_next(struct ay_cursor *c, struct ay_thrift_field *f);
/* The value of the field just met. */
bool ay_thrift_bool(struct ay_cursor *c, const struct ay_thrift_field *f);
int32_t ay_thrift_i32(struct ay_cursor *c, const struct ay_thrift_field *f);
int64_t ay_thrift_i64(struct ay_cursor *c, const struct ay_thrift_field *f);
/* Bytes, borrowed from the input. */
struct ay_cursor ay_thrift_binary(struct ay_cursor *c, const struct ay_thrift_field *f);
/* A list whose elements are of this type: how many there are, at most one a byte left. The elements follow. */
uint32_t ay_thrift_list(struct ay_cursor *c, const struct ay_thrift_field *f, enum ay_thrift_type elem);
/* Fails the cursor when the field is no struct, whose fields then follow. */
void ay_thrift_struct(struct ay_cursor *c, const struct ay_thrift_field *f);
/* Elements of lists. */
int32_t ay_thrift_elem_i32(struct ay_cursor *c);
struct ay_cursor ay_thrift_elem_binary(struct ay_cursor *c);
/* Moves past the value of a field of any type. AY_ELIMIT beyond the depth or the deadline. */
void ay_thrift_skip(struct ay_cursor *c, struct ay_budget *b, const struct ay_thrift_field *f);

/* Varints of at most 64 bits, and their signed form, for the encodings that share them. */
uint64_t ay_thrift_varint(struct ay_cursor *c);
int64_t ay_thrift_zigzag(struct ay_cursor *c);

#endif
