/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as text against a grammar written anew and the C library, over generated texts; integers likewise. */
#include "scanners/data/value.h"

#include <errno.h>
#include <math.h>

#include "tests/lib/tap.h"

#define LONGEST 512     /* bytes of a number; see value.c */

static uint64_t state = 88172645463325252ull;
static unsigned wrong;

static uint64_t any(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static size_t digits(const char *p)
{
	return strspn(p, "0123456789");
}

/* [+-]? (digits [. digits?]? | . digits) ([eE] [+-]? digits)? and nothing else. */
static bool has_form(const char *p)
{
	p += *p == '+' || *p == '-';
	size_t before = digits(p), after = 0;

	p += before;
	if (*p == '.') {
		after = digits(p + 1);
		p += 1 + after;
	}
	if (before + after == 0)
		return false;
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '+' || *p == '-';
		if (!digits(p))
			return false;
		p += digits(p);
	}
	return *p == 0;
}

/* An allocation of its exact size, so that a sanitizer sees one byte too many. */
static char *exact(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, text, len);
	return copy;
}

static bool reads_alike(const char *text)
{
	size_t len = strlen(text);
	char *copy = exact(text, len);
	double expected = strtod(text, NULL), got = 0;
	bool good = has_form(text) && len <= LONGEST && isfinite(expected);
	bool is = ay_value_number(copy, len, &got);
	struct ay_value v;
	bool also = ay_value_parse(AY_VALUE_NUMBER, copy, len, &v);

	free(copy);
	if (is == good && also == is && (!is || (memcmp(&got, &expected, sizeof(got)) == 0 && memcmp(&v.d, &expected, sizeof(got)) == 0)))
		return true;
	if (wrong++ < 10)
		fprintf(stderr, "# %s: %s, %.17g; expected %s, %.17g\n", text, is ? "a number" : "none", got, good ? "a number" : "none", expected);
	return false;
}

static void listed(void)
{
	static const char *const texts[] = {
		"", "-", "+", ".", "-.", "+.", "..", ".5", "5.", "-.5", "+5.", "1e", "1e+", "1e-", "e5", ".e5", "5.e5", "1E+05", "0x", "0x1", "0x1p3", "1p3",
		"inf", "-inf", "infinity", "nan", "NaN", "nan(1)", " 1", "1 ", "\t1", "1\n", "1 2", "1,5", "1_0", "1'0", "--1", "+-1", "1-", "1+1", "1.2.3",
		"1e5.", "1e5e5", "0", "-0", "+0", "0.0", "-0.0", "00", "007", "-007.50", "0e0", "0e999999", "-0e-999999", "0.000e400", "1e308",
		"1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "1.797693134862315807e308", "1e309", "-1e309", "1e99999999999",
		"2.2250738585072014e-308", "2.2250738585072011e-308", "2.2250738585072009e-308", "1e-320", "4.9e-324", "5e-324", "2.5e-324", "2.4e-324",
		"2.4703282292062327e-324", "2.4703282292062328e-324", "1e-999", "1e-99999999999", "9007199254740992", "9007199254740993",
		"9007199254740994", "9007199254740995", "-9007199254740993", "9223372036854775807", "9223372036854775808", "18446744073709551615",
		"18446744073709551616", "1844674407370955161.5", "999999999999999999", "9999999999999999999", "99999999999999999999", "0.1", "0.3",
		"123456789012345678e-22", "123456789012345678e22", "123456789012345678e23", "1e22", "1e23", "1e-22", "1e-23", "8.5", "9e15", "9e16",
		"0.500000000000000166533453693773481063544750213623046875", "6929495644600919.5", "3.7455744005952583e15",
		"12345678.", ".12345678", "123456789.", ".1234567890123456", "1234567890123456.", "12345678901234567.", ".12345678901234567",
		"123456789012345678.", "1234567890123456789.", "-1234567890123456789", "-12345678901234567-", "1-234567890123456", "123-5678901234567",
		"12.-345678901234567", "1.2345678901234.6789", "1\x80", "\xd9\xa1", "1\xc2\xa0", "1:2", "1/2", "12345678/", ":2345678", "1234567890:23456",
		"/234567890123456", "1234567890123456:", "12345678901234/67"
	};

	wrong = 0;
	for (size_t i = 0; i < AY_ARRAY_LEN(texts); i++)
		reads_alike(texts[i]);
	is_int(wrong, 0, "edges of the form and of a double");
}

/* So many digits, a point at every place or none, signs, zeros before and behind the point, also with an exponent. */
static void of_each_length(void)
{
	static const char *const signs[] = {"", "-", "+"};
	char text[96];

	wrong = 0;
	for (size_t n = 1; n <= 40; n++)
		for (size_t point = 0; point <= n + 1; point++)
			for (size_t sign = 0; sign < 3; sign++)
				for (size_t zeros = 0; zeros < 3; zeros++) {
					size_t len = (size_t)snprintf(text, sizeof(text), "%s%.*s", signs[sign], (int)zeros, "000");

					for (size_t i = 0; i <= n; i++) {
						if (i == point)
							len += (size_t)snprintf(text + len, sizeof(text) - len, ".%.*s", (int)any(4), "000");
						if (i < n)
							text[len++] = (char)('0' + any(10));
					}
					text[len] = 0;
					reads_alike(text);
					snprintf(text + len, sizeof(text) - len, "e%d", (int)any(64) - 32);
					reads_alike(text);
				}
	is_int(wrong, 0, "1 to 40 digits with a point at every place");
}

static size_t put_u128(unsigned __int128 v, char *out)
{
	char turned[48];
	size_t n = 0;

	do {
		turned[n++] = (char)('0' + (int)(v % 10));
		v /= 10;
	} while (v);
	for (size_t i = 0; i < n; i++)
		out[i] = turned[n - 1 - i];
	out[n] = 0;
	return n;
}

/* (2 m + 1)/2^k with m of 53 bits lies halfway between two doubles: written out, and a little above and below. */
static void halfway(void)
{
	wrong = 0;
	for (unsigned k = 0; k <= 24; k++)
		for (int again = 0; again < 200; again++) {
			unsigned __int128 v = (1ull << 54 | any(1ull << 53) << 1 | 1), five = 1;
			char text[80];

			for (unsigned i = 0; i < k; i++)
				five *= 5;
			v *= five;
			for (int off = -1; off <= 1; off++) {
				size_t len = put_u128(v + (unsigned __int128)(__int128)off, text), cut = len - k;

				memmove(text + cut + 1, text + cut, k + 1);
				text[cut] = '.';
				reads_alike(text);
				snprintf(text + len + 1, sizeof(text) - len - 1, "e%d", (int)any(44) - 22);
				reads_alike(text);
				snprintf(text + len + 1, sizeof(text) - len - 1, "00000");
				reads_alike(text);
				snprintf(text + len + 1, sizeof(text) - len - 1, "00001");
				reads_alike(text);
			}
		}
	is_int(wrong, 0, "halfway between two doubles, and beside it");
}

/* Doubles of any bits as they are printed, with too few, enough and too many digits. */
static void printed(void)
{
	wrong = 0;
	for (int again = 0; again < 20000; again++) {
		int places = (int)(1 + any(25));
		uint64_t bits = any(UINT64_MAX) ^ any(1024) << 54;
		char text[80];
		double d;

		if (again % 4 == 0)
			bits &= 0x800fffffffffffffull;    /* subnormal */
		memcpy(&d, &bits, sizeof(d));
		if (again % 4 == 1)
			d = (double)(int64_t)(bits >> any(60)) / (double)(1 + any(10000));
		if (any(2))
			snprintf(text, sizeof(text), "%.*g", places, d);
		else
			snprintf(text, sizeof(text), "%.*E", places, d);
		reads_alike(text);
	}
	is_int(wrong, 0, "doubles as they are printed");
}

/* Texts that are nearly numbers. */
static void nearly(void)
{
	static const char odd[] = "0123456789..--++eE xXpPnaif_,\t\x80";

	wrong = 0;
	for (int again = 0; again < 100000; again++) {
		char text[48];
		size_t len = any(again % 2 ? 24 : 40);

		for (size_t i = 0; i < len; i++)
			text[i] = any(again % 3 ? 16 : 4) ? (char)('0' + any(10)) : odd[any(sizeof(odd) - 1)];
		text[len] = 0;
		reads_alike(text);
	}
	is_int(wrong, 0, "texts that are nearly numbers");
}

/* As long as a number may be, and one byte more. */
static void longest(void)
{
	char text[LONGEST + 2];

	wrong = 0;
	for (size_t len = LONGEST - 1; len <= LONGEST + 1; len++) {
		memset(text, '0', len);
		text[0] = '.';
		text[len - 1] = '7';
		text[len] = 0;
		reads_alike(text);
		memset(text, '9', len);
		memcpy(text + len - 5, "e-250", 5);
		reads_alike(text);
	}
	is_int(wrong, 0, "the longest number");
}

/* ---- integers ---- */

static bool integer_alike(const char *text)
{
	size_t len = strlen(text), sign = *text == '-' || *text == '+', n = digits(text + sign);
	const char *first = text + sign;
	bool good = n && n == len - sign;
	char *copy = exact(text, len);
	struct ay_value v;
	int64_t i = 0;

	while (*first == '0' && first[1])
		first++;
	size_t significant = strlen(first);
	bool is = ay_value_parse(AY_VALUE_INTEGER, copy, len, &v);

	/* Zeros in front of more than 18 digits are refused. */
	if (good && significant > AY_VALUE_SHORT)
		good = first == text + sign;
	bool same = is == good && (!is || significant > AY_VALUE_SHORT || v.i == strtoll(text, NULL, 10)) && (!is || v.len == significant);
	bool quick = ay_value_short_integer(copy, len, &i);

	same = same && (!quick || (good && !sign && n <= 8 && i == strtoll(text, NULL, 10))) && (quick || sign || !good || n > 8);
	free(copy);
	if (!same && wrong++ < 10)
		fprintf(stderr, "# %s: %d %lld, %d %lld\n", text, is, is ? (long long)v.i : 0, quick, (long long)i);
	return same;
}

static void integers(void)
{
	static const char *const texts[] = {"", "-", "+", "0", "-0", "+0", "00", "000000000000000000", "0000000000000000000", "1", "-1", "99999999", "100000000",
					    "012345678", "999999999999999999", "-999999999999999999", "1000000000000000000", "9223372036854775807",
					    "-9223372036854775808", "01000000000000000000", "1.", "1e5", "1 ", " 1", "0x1", "1234567/", ":2345678", "12-45678"};
	char text[48];

	wrong = 0;
	for (size_t i = 0; i < AY_ARRAY_LEN(texts); i++)
		integer_alike(texts[i]);
	for (int again = 0; again < 50000; again++) {
		size_t len = any(24);

		for (size_t i = 0; i < len; i++)
			text[i] = any(20) ? (char)('0' + (any(6) ? any(10) : 0)) : "+-. e/:"[any(7)];
		text[len] = 0;
		integer_alike(text);
	}
	is_int(wrong, 0, "integers");
}

int main(void)
{
	listed();
	of_each_length();
	halfway();
	printed();
	nearly();
	longest();
	integers();
	return done_testing();
}
