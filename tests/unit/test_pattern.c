/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/pattern.h"

#include <errno.h>
#include <time.h>

#include "tests/lib/tap.h"

/* 1 match, 0 no match, negative when it does not compile. */
static int match(const char *pattern, const char *value)
{
	struct ay_pattern *p;
	struct ay_error e;
	int rc = ay_pattern_compile(pattern, strlen(pattern), &p, &e);

	if (rc)
		return rc;
	rc = ay_pattern_match(p, value, strlen(value));
	ay_pattern_free(p);
	return rc;
}

static void matching(void)
{
	static const struct { const char *pattern, *yes, *no; } t[] = {
		{"abc", "abc", "abcd"}, {"abc", "abc", "xabc"}, {"", "", "a"}, {"a*", "", "b"}, {"a+", "aaa", ""}, {"a?b", "b", "aab"},
		{"a|bc", "bc", "ac"}, {"(a|b)c", "bc", "c"}, {"(?:ab){2}", "abab", "ab"}, {"a{2,}", "aaaaa", "a"}, {"a{2,3}", "aaa", "aaaa"},
		{"a{0}b", "b", "ab"}, {"[a-c]+", "abc", "abd"}, {"[^a-c]", "d", "a"}, {"[^a-c]", "\xe2\x82\xac", "b"}, {"[-a]", "-", "b"},
		{"[a-]", "-", "b"}, {"[\\]]", "]", "["}, {"\\d{3}-\\d\\d", "123-45", "12-345"}, {"\\w+", "a_9Z", "a b"}, {"\\S+", "x", " "},
		{"[\\d.]+", "1.2", "1,2"}, {"[\\D]", "x", "1"}, {".", "\xe2\x82\xac", "\n"}, {".", "\xf0\x9f\x98\x80", "ab"}, {"\\.", ".", "x"},
		{"\\u20ac", "\xe2\x82\xac", "e"}, {"\\x41", "A", "B"}, {"[\\u0400-\\u04ff]+", "\xd0\x96\xd1\x8f", "Z"},
		{"^a|b$", "b", "ab"}, {"^abc$", "abc", "abc\n"}, {"a.*?b", "axxb", "axx"}, {"(a*)*", "aaaa", "ab"}, {"(a|b|)*c", "abc", "ab"},
		{"[\\u0080-\\uffff]", "\xc2\x80", "a"}, {"[\\u07ff-\\u0801]", "\xe0\xa0\x80", "\xe0\xa0\x82"},
		{"\\$\\^", "$^", "$"}, {"[A-Z]{2}\\d{2}[A-Z0-9]{1,30}", "DE89370400440532013000", "de89"},
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(t); i++) {
		is_int(match(t[i].pattern, t[i].yes), 1, "%s matches %s", t[i].pattern, t[i].yes);
		is_int(match(t[i].pattern, t[i].no), 0, "%s does not match %s", t[i].pattern, t[i].no);
	}
}

static void refusals(void)
{
	static const struct { const char *pattern; int code; } t[] = {
		{"(", AY_EFORMAT}, {")", AY_EFORMAT}, {"a)", AY_EFORMAT}, {"[", AY_EFORMAT}, {"[]", AY_EFORMAT}, {"*", AY_EFORMAT}, {"a{", AY_EFORMAT},
		{"a{2,1}", AY_EFORMAT}, {"[b-a]", AY_EFORMAT}, {"[a-\\d]", AY_EFORMAT}, {"a}", AY_EFORMAT}, {"\\", AY_EFORMAT}, {"\\xg0", AY_EFORMAT},
		{"(a)\\1", AY_EUNSUPPORTED}, {"(?=a)", AY_EUNSUPPORTED}, {"(?<n>a)", AY_EUNSUPPORTED}, {"(?i)a", AY_EUNSUPPORTED},
		{"\\bx", AY_EUNSUPPORTED}, {"\\p{L}", AY_EUNSUPPORTED}, {"a**", AY_EUNSUPPORTED}, {"a^b", AY_EUNSUPPORTED}, {"(^a)", AY_EUNSUPPORTED},
		{"[a-z-[aeiou]]", AY_EUNSUPPORTED}, {"\\ud800", AY_EUNSUPPORTED}, {"a{1001}", AY_ELIMIT}, {"((a{1000}){1000}){1000}", AY_ELIMIT},
		{"((){100}){100}", 0}, {"(((){1000}){1000}){1000}", AY_ELIMIT}, {"\xff", AY_EFORMAT},
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(t); i++)
		is_int(match(t[i].pattern, ""), t[i].code ? t[i].code : 1, "%s", t[i].pattern);
}

/* What makes backtracking matchers explode. */
static void linear_time(void)
{
	size_t len = 1 << 20;
	char *value = malloc(len + 1);
	clock_t start = clock();

	if (!value)
		abort();
	memset(value, 'a', len);
	value[len] = 0;
	is_int(match("(a|a)*b", value), 0, "alternatives that overlap");
	is_int(match("(a*)*b", value), 0, "nested repetition");
	is_int(match("(a|b|ab)*c", value), 0, "three");
	is_int(match(".*.*.*.*x", value), 0, "many dots");
	/* Needs 2^n deterministic states: the store of sets overflows again and again. */
	for (size_t i = 0; i < len; i++)
		value[i] = (i * i >> 3) & 1 ? 'a' : 'b';
	value[1 << 16] = 0;
	(void)match("(a|b)*a(a|b){40}", value);
	ok((clock() - start) / CLOCKS_PER_SEC < 20, "one MiB each within seconds");
	free(value);
}

int main(void)
{
	matching();
	refusals();
	linear_time();
	return done_testing();
}
