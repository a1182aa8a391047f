/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/value.h"

#include <locale.h>
#include <math.h>
#include "assay/attr.h"
#include "scanners/data/words.h"

#define MAX_NUMBER_TEXT 512  /* no writer of doubles needs more; strtod gets a bounded copy */

static const char *const type_names[] = {
	[AY_VALUE_STRING] = "string", [AY_VALUE_INTEGER] = "integer", [AY_VALUE_NUMBER] = "number", [AY_VALUE_BOOLEAN] = "boolean",
	[AY_VALUE_DATE] = "date", [AY_VALUE_DATETIME] = "datetime", [AY_VALUE_TIME] = "time", [AY_VALUE_YEAR] = "year", [AY_VALUE_ANY] = "any"
};

const char *ay_value_type_name(enum ay_value_type t)
{
	return type_names[t];
}

bool ay_value_type_find(const char *name, enum ay_value_type *out)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(type_names); i++) {
		if (strcmp(type_names[i], name) == 0) {
			*out = (enum ay_value_type)i;
			return true;
		}
	}
	return false;
}

bool ay_value_type_ordered(enum ay_value_type t)
{
	return t != AY_VALUE_STRING && t != AY_VALUE_BOOLEAN && t != AY_VALUE_ANY;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- digits as words ---- */

#define ONES 0x0101010101010101ull
#define HIGH (0x80 * ONES)

/* Eight digits as bytes 0 to 9, the first one lowest: in pairs, in fours, in all. */
static uint64_t eight_digits(uint64_t t)
{
	const uint64_t every_fourth = 0x000000ff000000ffull;

	t = t * 10 + (t >> 8);
	return ((t & every_fourth) * (100 + (1000000ull << 32)) + ((t >> 16) & every_fourth) * (1 + (10000ull << 32))) >> 32;
}

/* Takes the byte at this place out; what stands before it moves up. */
static uint64_t without_byte(uint64_t word, unsigned place)
{
	uint64_t before = ((uint64_t)1 << (8 * place)) - 1;

	return (word & ~before & ~((uint64_t)0xff << (8 * place))) | (word & before) << 8;
}

/* Bytes that stand for digits, as many as there are in the last places of a word, as digits; others 0. */
static uint64_t last_digits(uint64_t word, size_t n)
{
	return n ? (word ^ 0x3030303030303030ull) & ~(uint64_t)0 << (n < 8 ? 8 * (8 - n) : 0) : 0;
}

/* The high bits of bytes that are greater than 9. */
static uint64_t not_digits(uint64_t word)
{
	return ((word + 0x76 * ONES) | word) & HIGH;
}

/* Not 0 when a byte of the word is a point, the lowest one at the first bit that is set. */
static uint64_t points_of(uint64_t word)
{
	uint64_t v = word ^ ONES * '.';

	return (v - ONES) & ~v & HIGH;
}

/* ---- integers ---- */

static bool parse_integer(const char *text, size_t len, struct ay_value *v)
{
	size_t i = 0;

	if (len && (text[0] == '-' || text[0] == '+')) {
		v->negative = text[0] == '-';
		i = 1;
	}
	if (i == len)
		return false;
	while (i + 1 < len && text[i] == '0')
		i++;
	v->text = text + i;
	v->len = len - i;
	/* So that the sign of long digits always stands right before them. */
	if (v->len > AY_VALUE_SHORT && i > 0 && text[i - 1] == '0')
		return false;
	for (; i < len; i++) {
		if (!is_digit(text[i]))
			return false;
		if (v->len <= AY_VALUE_SHORT)
			v->i = v->i * 10 + (text[i] - '0');
	}
	if (v->negative)
		v->i = -v->i;
	if (v->len == 1 && v->text[0] == '0')
		v->negative = false;
	return true;
}

bool ay_value_short_integer(const char *text, size_t len, int64_t *out)
{
	if (len - 1 > 7)
		return false;
	uint64_t digits = last_digits(ay_word_short(text, len) << (8 * (8 - len)), len);

	*out = (int64_t)eight_digits(digits);
	return !not_digits(digits);
}

static int compare_magnitudes(const struct ay_value *a, const struct ay_value *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->text, b->text, a->len);
}

static int compare_integers(const struct ay_value *a, const struct ay_value *b)
{
	if (a->len <= AY_VALUE_SHORT && b->len <= AY_VALUE_SHORT)
		return a->i < b->i ? -1 : a->i > b->i;
	if (a->negative != b->negative)
		return a->negative ? -1 : 1;
	return a->negative ? -compare_magnitudes(a, b) : compare_magnitudes(a, b);
}

/* ---- numbers ---- */

/* The decimal as mantissa * 10^exponent; more than 18 significant digits or another oddity make it slow. */
struct decimal {
	uint64_t mantissa;
	int exponent;
	bool negative, slow;
};

static bool read_decimal(const char *p, const char *end, struct decimal *d)
{
	int digits = 0, seen = 0;
	bool point = false;

	if (p < end && (*p == '-' || *p == '+'))
		d->negative = *p++ == '-';
	for (; p < end && (is_digit(*p) || (*p == '.' && !point)); p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		seen = 1;
		d->exponent -= point;
		d->mantissa = d->mantissa * 10 + (uint64_t)(*p - '0');
		digits += d->mantissa != 0;
		if (digits > AY_VALUE_SHORT) {
			d->slow = true;
			d->mantissa = 1;    /* keeps it from overflowing; the value is not used */
		}
	}
	if (!seen)
		return false;
	if (p == end)
		return true;
	if (*p != 'e' && *p != 'E')
		return false;
	p++;
	bool minus = p < end && *p == '-';
	int exponent = 0;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end)
		return false;
	for (; p < end; p++) {
		if (!is_digit(*p))
			return false;
		if (exponent < 10000)
			exponent = exponent * 10 + (*p - '0');
	}
	d->exponent += minus ? -exponent : exponent;
	return true;
}

/* A decimal point in the word, which says how many digits of it stand behind, and is taken out. */
static inline int drop_point(uint64_t *word, uint64_t point)
{
	unsigned place = (unsigned)__builtin_ctzll(point) / 8;

	*word = without_byte(*word, place);
	return 7 - (int)place;
}

/* Of at most 8 bytes, which stand at the end of a word. */
static inline bool decimal_of_8(const char *text, size_t len, struct decimal *d)
{
	uint64_t last = ay_word_short(text, len) << (8 * (8 - len)), point = points_of(last);

	if (point) {
		d->exponent = -drop_point(&last, point);
		len--;
	}
	last = last_digits(last, len);
	d->mantissa = eight_digits(last);
	return len && !not_digits(last);
}

static inline bool decimal_of_16(const char *text, size_t len, struct decimal *d)
{
	uint64_t last = ay_word_load(text + len - 8), first = ay_word_short(text, len - 8) << (8 * (16 - len)), point;

	if ((point = points_of(first))) {
		d->exponent = -8 - drop_point(&first, point);
		len--;
	} else if ((point = points_of(last))) {
		d->exponent = -drop_point(&last, point);
		last |= first >> 56;
		first <<= 8;
		len--;
	}
	last = last_digits(last, 8);
	first = last_digits(first, len - 8);
	d->mantissa = eight_digits(last) + eight_digits(first) * 100000000;
	return !(not_digits(last) | not_digits(first));
}

/* Of at most 24, a point among the first 16 and at most 19 digits behind leading zeros: as doubles are written. */
static inline bool decimal_of_24(const char *text, size_t len, struct decimal *d)
{
	uint64_t last = last_digits(ay_word_load(text + len - 8), 8), middle = ay_word_load(text + len - 16);
	uint64_t first = ay_word_short(text, len - 16) << (8 * (24 - len)), point;

	if ((point = points_of(first))) {
		d->exponent = -16 - drop_point(&first, point);
		len--;
	} else if ((point = points_of(middle))) {
		d->exponent = -8 - drop_point(&middle, point);
		middle |= first >> 56;
		first <<= 8;
		len--;
	}
	middle = last_digits(middle, 8);
	first = last_digits(first, len - 16);
	uint64_t head = eight_digits(first);

	d->mantissa = eight_digits(last) + eight_digits(middle) * 100000000 + head * 10000000000000000;
	return head < 1000 && d->exponent >= -19 && !(not_digits(last) | not_digits(middle) | not_digits(first));
}

/* The usual form, digits with or without sign and point, and no branch for each of them. False: look closer. */
static inline bool plain_decimal(const char *text, size_t len, struct decimal *d)
{
	bool minus = len > 0 && text[0] == '-';

	text += minus;
	len -= minus;
	d->negative = minus;
	if (len - 1 < 8)
		return decimal_of_8(text, len, d);
	if (len - 1 < 16)
		return decimal_of_16(text, len, d);
	return len - 1 < 24 && decimal_of_24(text, len, d);
}

/* a/b, rounded once: the quotient of 62 bits or more with a last bit that says whether anything is left, and a power of two. Not 0. */
static double divide(uint64_t a, uint64_t b)
{
	int up = __builtin_clzll(a), by = __builtin_clzll(b);
	__uint128_t n = (__uint128_t)(a << up) << 63;
	uint64_t d = b << by, q = (uint64_t)(n / d);
	union { uint64_t bits; double number; } power = {.bits = (uint64_t)(1023 + by - up - 63) << 52};

	return (double)(q | (n - (__uint128_t)q * d != 0)) * power.number;
}

/* The C library rounds correctly; the locale is named so that a program that sets one changes nothing. */
static bool slow_double(const char *text, size_t len, double *out)
{
	static locale_t c_locale;
	char copy[MAX_NUMBER_TEXT + 1];

	if (len > MAX_NUMBER_TEXT)
		return false;
	if (!c_locale)
		c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c_locale)
		return false;
	memcpy(copy, text, len);    /* own: length checked above */
	copy[len] = 0;
	*out = strtod_l(copy, NULL, c_locale);
	return isfinite(*out);
}

bool ay_value_number(const char *text, size_t len, double *out)
{
	/* Powers of ten that are exact doubles: one multiplication or division of exact operands rounds once, so correctly. */
	static const double tens[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
	};
	struct decimal d = {.mantissa = 0};

	if (!plain_decimal(text, len, &d)) {
		d = (struct decimal){.mantissa = 0};
		if (!read_decimal(text, text + len, &d))
			return false;
	}
	bool exact = d.mantissa <= 1ull << 53 && d.exponent <= 22 && d.exponent >= -22;

	if (d.slow || (!exact && (d.exponent >= 0 || d.exponent < -19)))
		return slow_double(text, len, out);
	if (exact) {
		*out = (double)(int64_t)d.mantissa;
		*out = d.exponent < 0 ? *out / tens[-d.exponent] : *out * tens[d.exponent];
	} else {
		*out = divide(d.mantissa, (uint64_t)tens[-d.exponent]);
	}
	if (d.negative)
		*out = -*out;
	return true;
}

/* ---- booleans ---- */

static bool parse_boolean(const char *text, size_t len, struct ay_value *v)
{
	static const char *const words[] = {"false", "False", "FALSE", "0", "true", "True", "TRUE", "1"};

	for (size_t i = 0; i < AY_ARRAY_LEN(words); i++) {
		if (strlen(words[i]) == len && memcmp(words[i], text, len) == 0) {
			v->i = i >= 4;
			return true;
		}
	}
	return false;
}

/* ---- calendar and clock ---- */

/* Exactly n digits at text. */
static bool fixed_digits(const char *text, size_t n, int *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (!is_digit(text[i]))
			return false;
		*out = *out * 10 + (text[i] - '0');
	}
	return true;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool parse_date(const char *text, size_t len, int64_t *days_out)
{
	static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int y, m, d;

	if (len != 10 || text[4] != '-' || text[7] != '-')
		return false;
	if (!fixed_digits(text, 4, &y) || !fixed_digits(text + 5, 2, &m) || !fixed_digits(text + 8, 2, &d) || m < 1 || m > 12)
		return false;
	bool leap = m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

	if (d < 1 || d > month_days[m - 1] + leap)
		return false;
	*days_out = days_of(y, m, d);
	return true;
}

/* "Z" or "+hh:mm"; seconds east of UTC. */
static bool parse_zone(const char *text, size_t len, int64_t *east_out)
{
	int h, m;

	if (len == 1 && text[0] == 'Z')
		return true;
	if (len != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
		return false;
	if (!fixed_digits(text + 1, 2, &h) || !fixed_digits(text + 4, 2, &m) || h > 23 || m > 59)
		return false;
	*east_out = (text[0] == '-' ? -1 : 1) * (h * 3600 + m * 60);
	return true;
}

static bool parse_time(const char *text, size_t len, struct ay_value *v)
{
	int h, m, s;
	int64_t east = 0;
	size_t at = 8;
	uint32_t unit = 100000000;

	if (len < 8 || text[2] != ':' || text[5] != ':')
		return false;
	if (!fixed_digits(text, 2, &h) || !fixed_digits(text + 3, 2, &m) || !fixed_digits(text + 6, 2, &s) || h > 23 || m > 59 || s > 60)
		return false;
	if (at < len && text[at] == '.') {
		for (at++; at < len && is_digit(text[at]) && unit; at++, unit /= 10)
			v->nanos += (uint32_t)(text[at] - '0') * unit;
		if (at == 9)
			return false;
	}
	if (at < len && !parse_zone(text + at, len - at, &east))
		return false;
	v->i += h * 3600 + m * 60 + s - east;
	return true;
}

static bool parse_datetime(const char *text, size_t len, struct ay_value *v)
{
	int64_t days;

	if (len < 19 || (text[10] != 'T' && text[10] != ' ') || !parse_date(text, 10, &days))
		return false;
	v->i = days * 86400;
	return parse_time(text + 11, len - 11, v);
}

static bool parse_year(const char *text, size_t len, struct ay_value *v)
{
	int year;
	bool minus = len == 5 && text[0] == '-';

	if ((len != 4 && !minus) || !fixed_digits(text + minus, 4, &year))
		return false;
	v->i = minus ? -year : year;
	return true;
}

bool ay_value_parse(enum ay_value_type type, const char *text, size_t len, struct ay_value *out)
{
	*out = (struct ay_value){.type = type, .text = text, .len = len};
	switch (type) {
	case AY_VALUE_INTEGER:
		return parse_integer(text, len, out);
	case AY_VALUE_NUMBER:
		return ay_value_number(text, len, &out->d);
	case AY_VALUE_BOOLEAN:
		return parse_boolean(text, len, out);
	case AY_VALUE_DATE:
		return parse_date(text, len, &out->i);
	case AY_VALUE_DATETIME:
		return parse_datetime(text, len, out);
	case AY_VALUE_TIME:
		return parse_time(text, len, out);
	case AY_VALUE_YEAR:
		return parse_year(text, len, out);
	case AY_VALUE_STRING:
	case AY_VALUE_ANY:
		return true;
	}
	return false;
}

int ay_value_compare(const struct ay_value *a, const struct ay_value *b)
{
	if (a->type == AY_VALUE_INTEGER)
		return compare_integers(a, b);
	if (a->type == AY_VALUE_NUMBER)
		return a->d < b->d ? -1 : a->d > b->d;
	if (a->i != b->i)
		return a->i < b->i ? -1 : 1;
	return a->nanos < b->nanos ? -1 : a->nanos > b->nanos;
}

static void put_le64(uint8_t *to, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		to[i] = (uint8_t)(v >> (8 * i));
}

const void *ay_value_canon(const struct ay_value *v, uint8_t scratch[AY_VALUE_CANON], size_t *len_out)
{
	uint64_t bits = (uint64_t)v->i;

	*len_out = v->len;
	if (v->type == AY_VALUE_STRING || v->type == AY_VALUE_ANY)
		return v->text;
	/* At least 19 bytes, so never the same as the 16 bytes of a short one. */
	if (v->type == AY_VALUE_INTEGER && v->len > AY_VALUE_SHORT) {
		*len_out = v->len + v->negative;
		return v->text - v->negative;
	}
	if (v->type == AY_VALUE_NUMBER) {
		double positive_zero = v->d == 0 ? 0 : v->d;

		memcpy(&bits, &positive_zero, sizeof(bits));    /* own: a double as its bits */
	}
	put_le64(scratch, bits);
	put_le64(scratch + 8, v->nanos);
	*len_out = 16;
	return scratch;
}
