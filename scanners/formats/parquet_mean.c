/* SPDX-License-Identifier: Apache-2.0 */
/* What stored values mean by their logical type, and whether it allows them. */
#include "scanners/formats/parquet.h"

#include <math.h>

#include "assay/ckd.h"
#include "scanners/formats/bytes.h"

#define MAX_DECIMAL 18               /* digits that 64 bits surely hold */
#define JULIAN_EPOCH 2440588         /* 1970-01-01 */
#define DAY_MICROS 86400000000ll

static int64_t sign_extend(uint64_t v, unsigned bits)
{
	uint64_t sign = 1ull << (bits - 1);

	v &= sign | (sign - 1);
	return (int64_t)((v ^ sign) - sign);
}

static int64_t power_of_ten(unsigned digits)
{
	int64_t v = 1;

	while (digits-- > 0)
		v *= 10;
	return v;
}

static const char *check_i64(const struct ay_pq_leaf *leaf, int64_t v)
{
	int64_t day = 86400;

	switch (leaf->logical) {
	case AY_PQ_INT:
		if (leaf->bits < 64 && leaf->is_signed && v != sign_extend((uint64_t)v, leaf->bits))
			return "a number needs more bits than its type has";
		if (leaf->bits < 64 && !leaf->is_signed && (uint64_t)v >> leaf->bits)
			return "a number needs more bits than its type has";
		return NULL;
	case AY_PQ_TIME:
		day *= power_of_ten(leaf->scale);
		return v < 0 || v > day ? "a time of day is negative or beyond 24 hours" : NULL;
	case AY_PQ_DECIMAL:
		day = power_of_ten(leaf->precision < MAX_DECIMAL ? leaf->precision : MAX_DECIMAL);
		return v <= -day || v >= day ? "a decimal has more digits than its type" : NULL;
	default: return NULL;
	}
}

const char *ay_pq_mean_i64(const struct ay_pq_leaf *leaf, const uint64_t *raw, int64_t *out, size_t n)
{
	bool narrow = leaf->type == AY_PQ_INT32;
	bool plain = leaf->logical == AY_PQ_INT && !leaf->is_signed;

	for (size_t i = 0; i < n; i++) {
		const char *why;

		out[i] = narrow && !plain ? sign_extend(raw[i], 32) : (int64_t)raw[i];
		why = leaf->logical == AY_PQ_NONE ? NULL : check_i64(leaf, out[i]);
		if (why)
			return why;
	}
	return NULL;
}

void ay_pq_mean_f64(const struct ay_pq_leaf *leaf, const uint64_t *raw, double *out, size_t n)
{
	union { uint32_t bits; float value; } f;
	union { uint64_t bits; double value; } d;

	for (size_t i = 0; i < n; i++) {
		f.bits = (uint32_t)raw[i];
		d.bits = raw[i];
		out[i] = leaf->type == AY_PQ_FLOAT ? (double)f.value : d.value;
	}
}

static double half(uint16_t bits)
{
	int exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
	double v = exponent ? 1024 + fraction : fraction;

	if (exponent == 31)
		v = fraction ? NAN : INFINITY;
	else
		v *= (double)(1ull << (exponent ? exponent : 1)) / (1 << 25);
	return bits & 0x8000 ? -v : v;
}

/* Big-endian two's complement of any length. */
static const char *decimal(const struct ay_pq_leaf *leaf, struct ay_cursor c, int64_t *i64_out, double *f64_out)
{
	bool negative = ay_cursor_peek(&c, 0) >= 0x80;
	uint64_t low = negative ? UINT64_MAX : 0;
	double v = negative ? -1 : 0, unit = 1;

	if (!c.left)
		return "a decimal has no bytes";
	while (c.left > 0) {
		uint8_t byte = ay_cursor_u8(&c);

		if (leaf->form == AY_PQ_AS_I64 && low >> 55 != (negative ? 0x1ff : 0))
			return "a decimal has more digits than its type";
		low = low << 8 | byte;
		v = v * 256 + byte;
	}
	*i64_out = (int64_t)low;
	for (unsigned i = 0; i < leaf->scale; i++)
		unit *= 10;
	*f64_out = v / unit;
	return leaf->form == AY_PQ_AS_I64 ? check_i64(leaf, *i64_out) : NULL;
}

/* Nanoseconds of the day and a Julian day, as Impala and Spark once wrote times. */
static const char *int96(struct ay_cursor c, int64_t *out)
{
	int64_t nanos = (int64_t)ay_cursor_le64(&c);
	int64_t day = (int32_t)ay_cursor_le32(&c);

	/* Spark writes nanoseconds beyond a day for far years; readers add them up. */
	if (ay_ckd_mul_i64(day - JULIAN_EPOCH, DAY_MICROS, out) || ay_ckd_add_i64(*out, nanos / 1000, out))
		return "a timestamp is beyond what 64 bits can count";
	return NULL;
}

const char *ay_pq_mean_wide(const struct ay_pq_leaf *leaf, struct ay_cursor value, int64_t *i64_out, double *f64_out)
{
	if (leaf->logical == AY_PQ_DECIMAL)
		return decimal(leaf, value, i64_out, f64_out);
	if (leaf->type == AY_PQ_INT96)
		return int96(value, i64_out);
	*f64_out = half(ay_cursor_le16(&value));
	return NULL;
}

const char *ay_pq_mean_bytes(const struct ay_pq_leaf *leaf, struct ay_cursor value)
{
	if (leaf->logical == AY_PQ_TEXT && ay_bytes_find_bad_utf8(&value) < value.left)
		return "a text is not UTF-8";
	return NULL;
}
