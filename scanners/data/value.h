/* SPDX-License-Identifier: Apache-2.0 */
/* Typed values of table cells: strict grammars, exact comparison, one canonical form per value. */
#ifndef ASSAY_SCANNERS_VALUE_H
#define ASSAY_SCANNERS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ay_value_type {
	AY_VALUE_STRING, AY_VALUE_INTEGER, AY_VALUE_NUMBER, AY_VALUE_BOOLEAN, AY_VALUE_DATE, AY_VALUE_DATETIME, AY_VALUE_TIME,
	AY_VALUE_YEAR, AY_VALUE_ANY
};
const char *ay_value_type_name(enum ay_value_type t);
/* False when no type has this name. */
bool ay_value_type_find(const char *name, enum ay_value_type *out);
bool ay_value_type_ordered(enum ay_value_type t);

#define AY_VALUE_SHORT 18    /* digits that always fit int64_t */

/* Borrows its text. Integers of more than 18 digits keep digits instead of i. */
struct ay_value {
	enum ay_value_type type;
	const char *text;        /* string and any: the cell; integer: its digits without sign and leading zeros */
	size_t len;
	bool negative;           /* integer */
	int64_t i;               /* integer of at most 18 digits, boolean, days, year; time and datetime: seconds in UTC */
	uint32_t nanos;          /* time, datetime */
	double d;                /* number */
};

/*
 * False when the text is not of the type. Integers: [+-]?[0-9]+, beyond 18 digits without leading zeros. Numbers: decimal with optional fraction and exponent,
 * finite as a double; no NaN, infinity, hexadecimal, separators. Booleans: true True TRUE 1 and false False FALSE 0.
 * Dates: YYYY-MM-DD of the calendar. Times: hh:mm:ss with optional fraction and zone. Datetimes: date, T or one space, time.
 */
bool ay_value_parse(enum ay_value_type type, const char *text, size_t len, struct ay_value *out);
/* The same of AY_VALUE_NUMBER alone. */
bool ay_value_number(const char *text, size_t len, double *out);
/* Of AY_VALUE_INTEGER alone, without sign and of at most 8 digits; false: it may be one of another form. */
bool ay_value_short_integer(const char *text, size_t len, int64_t *out);
/* <0, 0, >0. Both of the same ordered type. */
int ay_value_compare(const struct ay_value *a, const struct ay_value *b);

/*
 * Values of readers that have types already. Integers beyond 18 digits put their digits into scratch, which must live as long as
 * the value. NaN and infinities can be made and shown, but are no numbers of a schema: NaN is of no type, infinity of any (ay_value_as).
 */
#define AY_VALUE_TEXT 64
struct ay_value ay_value_of_i64(int64_t i, char scratch[AY_VALUE_TEXT]);
struct ay_value ay_value_of_u64(uint64_t i, char scratch[AY_VALUE_TEXT]);
struct ay_value ay_value_of_f64(double d);
struct ay_value ay_value_of_text(const char *text, size_t len);
/* boolean: 0 or 1; date: days since 1970-01-01; time, datetime: seconds in UTC and nanos; year. */
struct ay_value ay_value_of(enum ay_value_type type, int64_t i, uint32_t nanos);
/*
 * The value as one of the type want: itself, an integer as a number, a text as the date, datetime or time that it spells. False
 * when it is none: a number is never an integer, a text never a number.
 */
bool ay_value_as(const struct ay_value *v, enum ay_value_type want, struct ay_value *out);
/* An integer, number or year as a double; infinite beyond its range. */
double ay_value_double(const struct ay_value *v);
/* <0, 0, >0 of integers, numbers and years, also of different types. */
int ay_value_compare_numbers(const struct ay_value *a, const struct ay_value *b);
/* As a person would write it, cut to size - 1 bytes; returns the length. */
size_t ay_value_write(const struct ay_value *v, char *out, size_t size);

#define AY_VALUE_CANON 16
/* Bytes that are equal exactly when the values are; from scratch, or the text itself. */
const void *ay_value_canon(const struct ay_value *v, uint8_t scratch[AY_VALUE_CANON], size_t *len_out);

#endif
