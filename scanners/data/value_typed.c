/* SPDX-License-Identifier: Apache-2.0 */
/* Values of readers that have types already, and how values are written for people. */
#include "scanners/data/value.h"

#include <inttypes.h>
#include <math.h>
#include "assay/attr.h"

#define SHORT_LIMIT 1000000000000000000ll    /* 19 digits */

static struct ay_value integer_of(uint64_t magnitude, bool negative, char scratch[AY_VALUE_TEXT])
{
	struct ay_value v = {.type = AY_VALUE_INTEGER, .negative = negative};
	int n;

	/* The sign of long digits stands right before them. */
	scratch[0] = '-';
	n = snprintf(scratch + 1, AY_VALUE_TEXT - 1, "%" PRIu64, magnitude);
	v.text = scratch + 1;
	v.len = (size_t)n;
	if (magnitude < SHORT_LIMIT)
		v.i = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	return v;
}

struct ay_value ay_value_of_i64(int64_t i, char scratch[AY_VALUE_TEXT])
{
	return integer_of(i < 0 ? 0 - (uint64_t)i : (uint64_t)i, i < 0, scratch);
}

struct ay_value ay_value_of_u64(uint64_t i, char scratch[AY_VALUE_TEXT])
{
	return integer_of(i, false, scratch);
}

struct ay_value ay_value_of_f64(double d)
{
	return (struct ay_value){.type = AY_VALUE_NUMBER, .d = d};
}

struct ay_value ay_value_of_text(const char *text, size_t len)
{
	return (struct ay_value){.type = AY_VALUE_STRING, .text = text, .len = len};
}

struct ay_value ay_value_of(enum ay_value_type type, int64_t i, uint32_t nanos)
{
	return (struct ay_value){.type = type, .i = i, .nanos = nanos};
}

double ay_value_double(const struct ay_value *v)
{
	double d = 0;

	if (v->type == AY_VALUE_NUMBER)
		return v->d;
	if (v->type != AY_VALUE_INTEGER || v->len <= AY_VALUE_SHORT)
		return (double)v->i;

	struct ay_value n;

	/* More digits than a double has are rounded as the C library does; more than it reads are larger than any double. */
	d = ay_value_parse(AY_VALUE_NUMBER, v->text, v->len, &n) ? n.d : INFINITY;
	return v->negative ? -d : d;
}

static bool is_short(const struct ay_value *v)
{
	return (v->type == AY_VALUE_INTEGER && v->len <= AY_VALUE_SHORT) || v->type == AY_VALUE_YEAR;
}

int ay_value_compare_numbers(const struct ay_value *a, const struct ay_value *b)
{
	if (a->type == AY_VALUE_INTEGER && b->type == AY_VALUE_INTEGER)
		return ay_value_compare(a, b);
	/* Short integers are exact in it, and so are doubles. */
	long double x = is_short(a) ? (long double)a->i : (long double)ay_value_double(a);
	long double y = is_short(b) ? (long double)b->i : (long double)ay_value_double(b);

	return x < y ? -1 : x > y;
}

bool ay_value_as(const struct ay_value *v, enum ay_value_type want, struct ay_value *out)
{
	*out = *v;
	if (v->type == AY_VALUE_NUMBER && !isfinite(v->d))
		return want == AY_VALUE_ANY && !isnan(v->d);
	if (v->type == want || want == AY_VALUE_ANY)
		return true;
	if (v->type == AY_VALUE_INTEGER && want == AY_VALUE_NUMBER) {
		*out = ay_value_of_f64(ay_value_double(v));
		return isfinite(out->d);
	}
	if (v->type == AY_VALUE_INTEGER && want == AY_VALUE_YEAR) {
		*out = ay_value_of(AY_VALUE_YEAR, v->i, 0);
		return v->len <= 4;
	}
	if (v->type == AY_VALUE_STRING && (want == AY_VALUE_DATE || want == AY_VALUE_DATETIME || want == AY_VALUE_TIME))
		return ay_value_parse(want, v->text, v->len, out);
	return false;
}

/* The civil date of days since 1970-01-01, by whole eras of 400 years. */
static int write_date(int64_t days, char *out, size_t size)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day = z - era * 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t of_year = day - (365 * year + year / 4 - year / 100);
	int64_t m = (5 * of_year + 2) / 153, month = m < 10 ? m + 3 : m - 9;

	return snprintf(out, size, "%04lld-%02d-%02d", (long long)(year + era * 400 + (month <= 2)), (int)month,
			(int)(of_year - (153 * m + 2) / 5 + 1));
}

static int write_clock(int64_t seconds, uint32_t nanos, char *out, size_t size)
{
	int n = snprintf(out, size, "%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));

	if (nanos && n > 0 && (size_t)n < size)
		n += snprintf(out + n, size - (size_t)n, ".%09u", (unsigned)nanos);
	return n;
}

static int64_t second_of_day(int64_t i)
{
	return i % 86400 < 0 ? i % 86400 + 86400 : i % 86400;
}

static int write_instant(const struct ay_value *v, char *out, size_t size)
{
	int64_t of_day = second_of_day(v->i);
	int n = write_date((v->i - of_day) / 86400, out, size);

	if ((size_t)n + 1 >= size)
		return n;
	out[n++] = 'T';
	return n + write_clock(of_day, v->nanos, out + n, size - (size_t)n);
}

static size_t write_text(const char *text, size_t len, char *out, size_t size)
{
	size_t n = len < size ? len : size - 1;

	/* Not in the middle of a character. */
	while (n < len && n > 0 && ((uint8_t)text[n] & 0xC0) == 0x80)
		n--;
	memcpy(out, text, n);    /* own: cut to the room above */
	out[n] = 0;
	return n;
}

size_t ay_value_write(const struct ay_value *v, char *out, size_t size)
{
	int n = 0;

	switch (v->type) {
	case AY_VALUE_STRING:
	case AY_VALUE_ANY:
		return write_text(v->text, v->len, out, size);
	case AY_VALUE_INTEGER:
		if (v->len > AY_VALUE_SHORT)
			return write_text(v->text - v->negative, v->len + v->negative, out, size);
		n = snprintf(out, size, "%lld", (long long)v->i);
		break;
	case AY_VALUE_NUMBER:
		for (int digits = 6; digits <= 17; digits++) {
			n = snprintf(out, size, "%.*g", digits, v->d);
			if (strtod(out, NULL) == v->d)
				break;
		}
		break;
	case AY_VALUE_BOOLEAN:
		n = snprintf(out, size, "%s", v->i ? "true" : "false");
		break;
	case AY_VALUE_YEAR:
		n = snprintf(out, size, "%04lld", (long long)v->i);
		break;
	case AY_VALUE_DATE:
		n = write_date(v->i, out, size);
		break;
	case AY_VALUE_TIME:
		n = write_clock(second_of_day(v->i), v->nanos, out, size);
		break;
	case AY_VALUE_DATETIME:
		n = write_instant(v, out, size);
		break;
	}
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}
