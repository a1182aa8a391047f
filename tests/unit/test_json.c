/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/json.h"

#include <errno.h>
#include <time.h>

#include "assay/error.h"
#include "assay/limits.h"
#include "assay/text.h"
#include "base/siphash.h"
#include "tests/lib/corpus.h"
#include "tests/lib/tap.h"

struct trickle { const char *p; size_t left, step; };

/* Few bytes at a time, so that every token meets a border of the input buffer. */
static int64_t fill_slowly(void *arg, void *dst, size_t len)
{
	struct trickle *t = arg;
	size_t n = t->left < t->step ? t->left : t->step;

	n = n < len ? n : len;
	memcpy(dst, t->p, n);
	t->p += n;
	t->left -= n;
	return (int64_t)n;
}

/* All events of a document in one line, or its error. */
static const char *events(const char *json, size_t len, size_t step, size_t max_string, size_t max_keys, uint64_t *off_out)
{
	static char line[4096];
	static const char *const names[] = {"end", "null", "true", "false", "n:", "s:", "k:", "[", "]", "{", "}"};
	struct trickle t = {json, len, step};
	struct ay_buf b = ay_buf_new(sizeof(line) - 1);
	struct ay_json_reader *r;
	int event;

	if (ay_json_reader_new(fill_slowly, &t, AY_LIMIT_JSON_DEPTH, max_string, max_keys, &r) != 0)
		return "no reader";
	do {
		event = ay_json_next(r);
		if (event < 0) {
			ay_buf_addf(&b, "%s: %s", ay_strerror(event), ay_json_reader_reason(r));
			is_int(ay_json_next(r), event, "the error sticks");
			break;
		}
		ay_buf_adds(&b, names[event]);
		if (event == AY_JSON_EV_KEY || event == AY_JSON_EV_STRING || event == AY_JSON_EV_NUMBER)
			ay_buf_adds(&b, ay_json_text(r, NULL));
		ay_buf_addc(&b, ' ');
	} while (event != AY_JSON_EV_END);
	*off_out = ay_json_reader_off(r);
	snprintf(line, sizeof(line), "%s", ay_buf_str(&b));
	ay_buf_free(&b);
	ay_json_reader_free(r);
	return line;
}

static void test_events(void)
{
	static const char doc[] = " {\"a\" : [1, -0.5e+7, true,false , null,\"x\\u00e9\\ud83d\\ude00\\n\"],\"b\":{} ,\"\":[]}\n";
	uint64_t off;

	for (size_t step = 1; step <= sizeof(doc); step++)
		is_str(events(doc, sizeof(doc) - 1, step, 100, 100, &off),
		       "{ k:a [ n:1 n:-0.5e+7 true false null s:x\xc3\xa9\xf0\x9f\x98\x80\n ] k:b { } k: [ ] } end ", "events in steps of %zu", step);
}

static void test_bad(void)
{
	static const struct { const char *json; int rc; uint64_t off; } bad[] = {
		{"", AY_ETRUNC, 0}, {"  ", AY_ETRUNC, 2}, {"[1", AY_ETRUNC, 2}, {"[1,", AY_ETRUNC, 3}, {"\"abc", AY_ETRUNC, 4},
		{"{\"a\"", AY_ETRUNC, 4}, {"{\"a\":", AY_ETRUNC, 5}, {"tru", AY_ETRUNC, 3}, {"-", AY_ETRUNC, 1}, {"1.", AY_ETRUNC, 2},
		{"1e", AY_ETRUNC, 2}, {"\"\\", AY_ETRUNC, 2}, {"\"\\u12", AY_ETRUNC, 5}, {"\"\\ud800", AY_ETRUNC, 7},
		{"01", AY_EFORMAT, 1}, {"-01", AY_EFORMAT, 2}, {"+1", AY_EFORMAT, 0}, {".5", AY_EFORMAT, 0}, {"1.e5", AY_EFORMAT, 2},
		{"1ee", AY_EFORMAT, 2}, {"NaN", AY_EFORMAT, 0}, {"nan", AY_EFORMAT, 1}, {"Infinity", AY_EFORMAT, 0}, {"0x10", AY_EFORMAT, 1},
		{"[1,]", AY_EFORMAT, 3}, {"[,1]", AY_EFORMAT, 1}, {"{\"a\":1,}", AY_EFORMAT, 7}, {"{a:1}", AY_EFORMAT, 1},
		{"{1:1}", AY_EFORMAT, 1}, {"{\"a\" 1}", AY_EFORMAT, 5}, {"[1 2]", AY_EFORMAT, 3}, {"[}", AY_EFORMAT, 1}, {"{]", AY_EFORMAT, 1},
		{"1 1", AY_EFORMAT, 2}, {"{}{}", AY_EFORMAT, 2}, {"'a'", AY_EFORMAT, 0}, {"/* */ 1", AY_EFORMAT, 0},
		{"\xef\xbb\xbf" "1", AY_EFORMAT, 0}, {"\"\t\"", AY_EFORMAT, 1}, {"\"\\x41\"", AY_EFORMAT, 2}, {"\"\\u12g4\"", AY_EFORMAT, 5},
		{"\"\\ud800x\"", AY_EFORMAT, 1}, {"\"\\ud800\\n\"", AY_EFORMAT, 1}, {"\"\\udc00\"", AY_EFORMAT, 1},
		{"\"\\ud800\\ud800\"", AY_EFORMAT, 1}, {"\"\\udfff\"", AY_EFORMAT, 1}, {"\"\\udbff\"", AY_EFORMAT, 1},
		{"\"\\ud800\\udbff\"", AY_EFORMAT, 1}, {"\"\\ud800\\ue000\"", AY_EFORMAT, 1}, {"\"a\xff\"", AY_EFORMAT, 2}, {"\"\xc0\x80\"", AY_EFORMAT, 1},
		{"\"\\n\xed\xa0\x80\"", AY_EFORMAT, 3}, {"\"\xc3\\u0041\"", AY_EFORMAT, 1}, {"[1]\x01", AY_EFORMAT, 3},
		{"{\"a\":1,\"a\":2}", AY_EFORMAT, 7}, {"{\"a\":1,\"\\u0061\":2}", AY_EFORMAT, 7},
		{"{\"a\":{\"b\":1},\"b\":{\"b\":1,\"b\":2}}", AY_EFORMAT, 24}, {"{\"\":1,\"\":1}", AY_EFORMAT, 6},
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(bad); i++) {
		size_t len = strlen(bad[i].json);
		struct ay_json_doc *doc;
		struct ay_error e;
		uint64_t off;

		is_int(ay_json_parse(bad[i].json, len, 1000, &doc, &e), bad[i].rc, "tree refuses %s", bad[i].json);
		ok(!doc, "no document");
		is_int(e.off, bad[i].off, "at the right offset");
		events(bad[i].json, len, 1, 100, 100, &off);
		is_int(off, bad[i].off, "the reader too");
	}
}

static void test_code_points(void)
{
	static const char doc[] = "[\"\\u0000\\u007f\\u0080\\u07ff\\u0800\\ud7ff\\uE000\\uffff\\ud800\\udc00\\uDBFF\\uDFFF\"]";
	static const char want[] = "\0\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
	struct ay_json_doc *doc_tree;
	const char *text;
	size_t len;

	is_int(ay_json_parse(doc, sizeof(doc) - 1, 9, &doc_tree, NULL), 0, "escapes at each border");
	text = ay_json_str(ay_json_at(ay_json_root(doc_tree), 0), &len);
	ok(text && len == sizeof(want) - 1 && memcmp(text, want, len) == 0, "become their UTF-8");
	ay_json_free(doc_tree);
}

static void test_limits(void)
{
	char deep[2 * AY_LIMIT_JSON_DEPTH + 3];
	struct ay_json_doc *doc;
	struct ay_error e;
	uint64_t off;

	memset(deep, '[', sizeof(deep));
	memset(deep + AY_LIMIT_JSON_DEPTH, ']', AY_LIMIT_JSON_DEPTH);
	is_int(ay_json_parse(deep, 2 * AY_LIMIT_JSON_DEPTH, 1000, &doc, &e), 0, "the last depth");
	ay_json_free(doc);
	memset(deep, '[', sizeof(deep));
	is_int(ay_json_parse(deep, sizeof(deep), 1000, &doc, &e), AY_ELIMIT, "one beyond");
	is_int(e.off, AY_LIMIT_JSON_DEPTH, "where it goes too deep");
	is_int(ay_json_parse("[1,2]", 5, 3, &doc, &e), 0, "as many nodes as allowed");
	ay_json_free(doc);
	is_int(ay_json_parse("[1,2]", 5, 2, &doc, &e), AY_ELIMIT, "one more");
	is_str(events("[\"abc\"]", 7, 7, 3, 9, &off), "[ s:abc ] end ", "the longest string");
	is_str(events("[\"abcd\"]", 8, 8, 3, 9, &off), "[ limit exceeded: a string is longer than the limit", "one beyond");
	is_str(events("[\"ab\\u00e9\"]", 12, 8, 3, 9, &off), "[ limit exceeded: a string is longer than the limit", "by an escape");
	is_str(events("[1234]", 6, 8, 3, 9, &off), "[ limit exceeded: a string is longer than the limit", "a number too");
	is_str(events("[{\"a\":1,\"b\":1},{\"a\":1}]", 23, 23, 9, 2, &off), "[ { k:a n:1 k:b n:1 } { k:a n:1 } ] end ",
	       "closed objects give their keys back");
	is_str(events("{\"a\":{\"b\":{\"c\":1}}}", 19, 23, 9, 2, &off), "{ k:a { k:b { limit exceeded: objects hold more keys than the limit",
	       "open ones count");
	is_str(events("{\"a\":1,\"a\":1}", 13, 23, 9, 0, &off), "{ k:a n:1 k:a n:1 } end ", "untracked keys may repeat");
}

static int64_t fill_fails(void *arg, void *dst, size_t len)
{
	int *calls = arg;

	(void)len;
	memcpy(dst, "[1", 2);
	return (*calls)++ ? -EIO : 2;
}

static void test_source_error(void)
{
	struct ay_json_reader *r;
	int calls = 0;

	is_int(ay_json_reader_new(fill_fails, &calls, 4, 4, 4, &r), 0, "reader");
	is_int(ay_json_next(r), AY_JSON_EV_ARRAY, "an event before the failure");
	is_int(ay_json_next(r), -EIO, "a source's failure is passed on");
	is_int(ay_json_next(r), -EIO, "and sticks");
	ay_json_reader_free(r);
}

static void test_tree(void)
{
	static const char json[] = "{\"a\":{\"b\":[10,\"20\",-3,1.5,true,\"x\\u0000y\",18446744073709551615,18446744073709551616,-9223372036854775808,"
				   "\"007\",1e999,-0]},\"n\":null,\"a.b\":1}";
	const struct ay_json *root, *list;
	struct ay_json_doc *doc;
	uint64_t u;
	int64_t i;
	size_t len;

	is_int(ay_json_parse(json, sizeof(json) - 1, 100, &doc, NULL), 0, "parses");
	root = ay_json_root(doc);
	list = ay_json_path(root, "a.b");
	is_int(ay_json_count(root), 3, "members");
	is_str(ay_json_key(root, 2), "a.b", "key");
	ok(!ay_json_key(root, 3) && !ay_json_at(root, 3), "one beyond");
	is_int(ay_json_count(list), 12, "items");
	ok(ay_json_u64(ay_json_at(list, 0), &u) == 0 && u == 10, "number");
	ok(ay_json_u64(ay_json_at(list, 1), &u) == 0 && u == 20, "string of digits");
	is_int(ay_json_u64(ay_json_at(list, 2), &u), AY_EFORMAT, "negative is no u64");
	ok(ay_json_i64(ay_json_at(list, 2), &i) == 0 && i == -3, "negative");
	is_int(ay_json_u64(ay_json_at(list, 3), &u), AY_EFORMAT, "a fraction is not whole");
	ok(ay_json_num(ay_json_at(list, 3), 0) == 1.5, "fraction");
	ok(ay_json_bool(ay_json_at(list, 4), false), "bool");
	ok(!ay_json_str(ay_json_at(list, 5), NULL), "inner NUL is no C string");
	ok(ay_json_str(ay_json_at(list, 5), &len) && len == 3, "but has a length");
	ok(ay_json_u64(ay_json_at(list, 6), &u) == 0 && u == UINT64_MAX, "largest");
	is_int(ay_json_u64(ay_json_at(list, 7), &u), AY_EFORMAT, "one beyond");
	ok(ay_json_i64(ay_json_at(list, 8), &i) == 0 && i == INT64_MIN, "least");
	is_int(ay_json_i64(ay_json_at(list, 6), &i), AY_EFORMAT, "too large for i64");
	is_int(ay_json_u64(ay_json_at(list, 9), &u), AY_EFORMAT, "leading zeros in a string");
	ok(ay_json_num(ay_json_at(list, 10), 7) == 7, "beyond a double");
	ok(ay_json_i64(ay_json_at(list, 11), &i) == 0 && i == 0, "minus zero");
	ok(ay_json_is(ay_json_get(root, "n"), AY_JSON_NULL), "null is there");
	ok(!ay_json_is(ay_json_get(root, "m"), AY_JSON_NULL), "absent is not null");
	ok(ay_json_type(NULL) == AY_JSON_NULL && !ay_json_get(NULL, "a") && !ay_json_path(NULL, "a.b") && !ay_json_at(NULL, 0) &&
	   !ay_json_str(NULL, NULL) && ay_json_bool(NULL, true) && ay_json_u64(NULL, &u) == AY_EFORMAT, "NULL is as absent");
	ok(!ay_json_get(root, "a.") && !ay_json_get(list, "a") && !ay_json_path(root, "a.c"), "no such key");
	ay_json_free(doc);
	is_int(ay_json_parse("{\"a\\u0000b\":1}", 14, 10, &doc, NULL), AY_EFORMAT, "a key with NUL is refused");
}

/* A wide object: found duplicates and a bounded time, with keys that would all fall together in a weak table. */
static void test_wide(void)
{
	struct ay_buf b = ay_buf_new(64 * MIB);
	struct ay_json_doc *doc;
	struct ay_error e;
	clock_t start = clock();

	ay_buf_addc(&b, '{');
	for (int i = 0; i < 200000; i++)
		ay_buf_addf(&b, "\"%d\":[],", i);
	ay_buf_adds(&b, "\"199999\":1}");
	is_int(ay_json_parse(b.data, b.len, 1000000, &doc, &e), AY_EFORMAT, "a duplicate far away is found");
	is_int(e.off, b.len - 11, "at the second");
	b.data[b.len - 5] = 'x';
	is_int(ay_json_parse(b.data, b.len, 1000000, &doc, &e), 0, "else it parses");
	is_int(ay_json_count(ay_json_root(doc)), 200001, "with all members");
	ok(clock() - start < 10 * CLOCKS_PER_SEC, "in less than quadratic time");
	ay_json_free(doc);
	ay_buf_free(&b);
}

static void test_writer(void)
{
	struct ay_buf b = ay_buf_new(4096);
	struct ay_jw w = ay_jw_new(&b, false);

	ay_jw_object(&w);
	ay_jw_kstr(&w, "s", "q\"\\\n\x01\x7f\xc3\xa9/");
	ay_jw_kstr(&w, "none", NULL);
	ay_jw_ku64(&w, "u", UINT64_MAX);
	ay_jw_ki64(&w, "i", INT64_MIN);
	ay_jw_kbool(&w, "t", true);
	ay_jw_kstr(&w, "bad", "\xff\\\n");
	ay_jw_key(&w, "list");
	ay_jw_array(&w);
	ay_jw_f64(&w, 0.1);
	ay_jw_f64(&w, 1.0 / 3);
	ay_jw_f64(&w, 1e300);
	ay_jw_f64(&w, 0.0 / 0.0);
	ay_jw_null(&w);
	ay_jw_array(&w);
	ay_jw_array_end(&w);
	ay_jw_object(&w);
	ay_jw_object_end(&w);
	ay_jw_raw(&w, "[1]", 3);
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
	is_str(ay_buf_str(&b), "{\"s\":\"q\\\"\\\\\\n\\u0001\x7f\xc3\xa9/\",\"none\":null,\"u\":18446744073709551615,\"i\":-9223372036854775808,"
	       "\"t\":true,\"bad\":\"\\\\xff\\\\x5c\\\\x0a\",\"list\":[0.1,0.3333333333333333,1e+300,\"NaN\",null,[],{},[1]]}", "one line");
	ay_buf_clear(&b);
	w = ay_jw_new(&b, true);
	ay_jw_object(&w);
	ay_jw_ku64(&w, "a", 1);
	ay_jw_key(&w, "b");
	ay_jw_array(&w);
	ay_jw_u64(&w, 2);
	ay_jw_u64(&w, 3);
	ay_jw_array_end(&w);
	ay_jw_key(&w, "c");
	ay_jw_object(&w);
	ay_jw_object_end(&w);
	ay_jw_object_end(&w);
	is_str(ay_buf_str(&b), "{\n  \"a\": 1,\n  \"b\": [\n    2,\n    3\n  ],\n  \"c\": {}\n}", "pretty");
	ay_buf_clear(&b);
	w = ay_jw_new(&b, false);
	for (int i = 0; i < 64; i++)
		ay_jw_array(&w);
	is_int(b.err, 0, "deepest");
	ay_jw_array(&w);
	is_int(b.err, AY_ELIMIT, "one deeper");
	for (int i = 0; i < 65; i++)
		ay_jw_array_end(&w);
	ay_buf_free(&b);
}

static void test_canonical(void)
{
	/* The example of RFC 8785 section 3.2.3, with its order of keys. */
	static const char json[] = "{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\","
				   "\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji\",\"\\u0080\":\"Control\",\"\\u00f6\":[ 3 , -0, {\"b\":1,\"a\":\"\\/\"}]}";
	struct ay_buf b = ay_buf_new(4096);
	struct ay_jw w = ay_jw_new(&b, false);
	struct ay_json_doc *doc;

	is_int(ay_json_parse(json, sizeof(json) - 1, 100, &doc, NULL), 0, "parses");
	ay_jw_tree(&w, ay_json_root(doc));
	is_str(ay_buf_str(&b), "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"\xc3\xb6\":[3,0,{\"a\":\"/\",\"b\":1}],"
	       "\"\xe2\x82\xac\":\"Euro Sign\",\"\xf0\x9f\x98\x80\":\"Emoji\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}", "canonical");
	ay_json_free(doc);
	ay_buf_free(&b);
}

static void test_siphash(void)
{
	struct ay_sipkey key = {0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull};
	uint8_t in[15];

	for (uint8_t i = 0; i < sizeof(in); i++)
		in[i] = i;
	uint64_t out[2];

	ay_siphash128(&key, in, sizeof(in), out);
	ok(out[0] == 0x11a8b03399e99354ull && out[1] == 0xd9c3cf970fec087eull, "the vector of SipHash's authors");
	ay_siphash128(&key, in, 0, out);
	ok(out[0] == 0xe6a825ba047f81a3ull && out[1] == 0x930255c71472f66dull, "and of no bytes");
}

/* The reader alone: the tree also refuses keys with NUL. */
static bool parses(const uint8_t *bytes, size_t len)
{
	struct trickle t = {(const char *)bytes, len, 3};
	struct ay_json_reader *r;
	int event = AY_EINTERNAL;

	if (ay_json_reader_new(fill_slowly, &t, AY_LIMIT_JSON_DEPTH, 1000, 1000, &r) == 0) {
		while ((event = ay_json_next(r)) > AY_JSON_EV_END)
			;
	}
	ay_json_reader_free(r);
	return event == AY_JSON_EV_END;
}

int main(void)
{
	corpus_check("json", parses);
	test_events();
	test_bad();
	test_code_points();
	test_limits();
	test_source_error();
	test_tree();
	test_wide();
	test_writer();
	test_canonical();
	test_siphash();
	return done_testing();
}
