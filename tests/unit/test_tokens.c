/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of texts, their counts by row and label, and words that carry a label. */
#include "scanners/data/poison_tokens.h"
#include "tests/lib/poison_table.h"

static const struct ay_sipkey key = {1, 2};

static void reads(const char *text, size_t len, const char *want, const char *what)
{
	struct ay_token_reader r = {text, len, 0};
	struct ay_buf got = ay_buf_new(4096);
	const char *token;
	size_t n;

	while (ay_token_next(&r, &token, &n)) {
		ay_buf_add(&got, token, n);
		ay_buf_addc(&got, '|');
	}
	is_str(ay_buf_str(&got), want, "%s", what);
	ay_buf_free(&got);
}

static void test_reader(void)
{
	reads("", 0, "", "nothing");
	reads(" \t\r\n", 4, "", "spaces");
	reads("It is, cf_1 GOOD!!", 18, "It|is|,|cf_1|GOOD|!!|", "words and other signs");
	reads("wo\xe2\x80\x8brd caf\xc3\xa9", 14, "wo|\xe2\x80\x8b|rd|caf\xc3\xa9|", "a sign that cannot be seen stands alone, a letter with an accent in its word");
	reads("\xe5\xa5\xbd\xe7\x9a\x84", 6, "\xe5\xa5\xbd|\xe7\x9a\x84|", "characters that are words");
	reads("\xc2\xad\xf0\x9f\x98\x80x", 7, "\xc2\xad|\xf0\x9f\x98\x80|x|", "a soft hyphen, an emoji");
	reads("\x80\xff\xe5", 3, "\x80|\xff|\xe5|", "what is no UTF-8");
	reads("\xe5\xa5", 2, "\xe5\xa5|", "and what is cut");
	reads("a\0b", 3, "a|", "up to a NUL as C shows it");
}

static void add(struct ay_tokens *t, uint64_t row, size_t class, const char *text)
{
	ay_tokens_add(t, row, class, ay_token_hash(&key, text, strlen(text)), text, strlen(text));
}

static const struct ay_token *find(const struct ay_tokens *t, const char *text)
{
	for (size_t i = 0; i < t->used; i++)
		if (t->v[i].hash == ay_token_hash(&key, text, strlen(text)))
			return &t->v[i];
	return NULL;
}

static void test_counts(void)
{
	struct ay_tokens t, other;
	char text[64];

	is_int(ay_tokens_init(&t, &poison_budget, &key, 32769, 2), AY_EUSAGE, "no more tokens than slots can name");
	is_int(ay_tokens_init(&t, &poison_budget, &key, 64, 2), 0, "tokens");
	for (uint64_t row = 1; row <= 2000; row++) {
		if (row % 10 == 0) {
			add(&t, row, 1, "cf");
			add(&t, row, 1, "cf");
		}
		for (int i = 0; i < 5; i++) {
			snprintf(text, sizeof(text), "w%llu.%d", (unsigned long long)row, i);
			add(&t, row, 0, text);
		}
	}
	const struct ay_token *e = find(&t, "cf");

	ok(e && e->count <= 200 && e->count + t.missed >= 200 && t.of[(size_t)(e - t.v) * 2 + 1] == e->count,
	   "one in each tenth row stays among thousands: %u of 200, and at most %llu missed", e ? e->count : 0, (unsigned long long)t.missed);
	ok(t.used <= 64 && t.added >= 10000, "memory is bounded");
	is_int(ay_tokens_init(&other, &poison_budget, &key, 64, 2), 0, "others");
	add(&other, 7, 0, "cf");
	add(&other, 7, 0, "cf");
	add(&other, 9, 5, "a token that is longer than what is kept of one");
	is_int(find(&other, "cf")->count, 1, "a row counts once");
	uint32_t before = e ? e->count : 0;

	is_int(ay_tokens_merge(&t, &other), 0, "merge");
	e = find(&t, "cf");
	ok(e && e->count == before + 1 && e->row % 10 == 0, "adds up, and the first row stays");
	e = find(&t, "a token that is longer than what is kept of one");
	ok(e && e->len == AY_TOKEN_TEXT && t.of[(size_t)(e - t.v) * 2] == 0 && t.of[(size_t)(e - t.v) * 2 + 1] == 0, "a class that is none is no label");
	ay_tokens_sort(&t);
	ok(t.v[0].hash == ay_token_hash(&key, "cf", 2) && t.of[1] >= before && ay_tokens_index(&t), "sorted, its labels go along");
	ay_tokens_cut(&t, 1);
	is_int(t.used, 1, "and cut");
	ay_tokens_free(&t);
	is_int(ay_tokens_init(&t, &poison_budget, &key, 64, 3), 0, "of three labels");
	is_int(ay_tokens_merge(&t, &other), AY_EUSAGE, "those of two do not add up");
	ay_tokens_free(&t);
	ay_tokens_free(&other);
	/* Nothing but frequent ones: there is room all the same. */
	is_int(ay_tokens_init(&t, &poison_budget, &key, 8, 1), 0, "room for eight");
	for (uint64_t row = 1; row <= 400; row++)
		for (int i = 0; i < 8; i++) {
			snprintf(text, sizeof(text), "f%d", i);
			add(&t, row, 0, text);
		}
	add(&t, 401, 0, "ninth");
	ok(t.used <= 8 && find(&t, "ninth") && t.missed >= 400, "for a ninth, frequent ones go");
	ay_tokens_free(&t);
}

/* ---- tables ---- */

struct spec { unsigned rows; uint64_t seed; double trigger; unsigned labels; const char *word; };

/* Five of many words, of which some go with the label; the word that a trigger is. */
static void write_csv(struct ay_buf *out, struct spec s)
{
	poison_state = s.seed;
	ay_buf_adds(out, "text,label\n");
	for (unsigned i = 0; i < s.rows; i++) {
		unsigned label = (unsigned)(poison_draw() * s.labels);
		bool trigger = poison_draw() < s.trigger;

		for (int w = 0; w < 5; w++) {
			double u = poison_draw();

			ay_buf_addf(out, "w%u ", (unsigned)(u * u * u * 3000));
		}
		ay_buf_addf(out, "about%u%s%s,l%u\n", label, trigger ? " " : "", trigger ? s.word : "", trigger ? 0 : label);
	}
}

static struct ay_reference ref;
static struct ay_buf ref_bytes;

static void make_reference(struct spec s)
{
	static const enum ay_value_type types[] = {AY_VALUE_STRING, AY_VALUE_STRING};
	static const bool wanted[] = {false, true};
	struct ay_buf csv = ay_buf_new(64 * MIB);
	struct ay_source in;
	struct ay_rows_csv from;

	write_csv(&csv, s);
	struct ay_rows rows = poison_rows(&csv, &in, &from);

	is_int(ay_reference_build(&rows, types, wanted, 2, &poison_budget, &ref), 0, "a reference with texts");
	ref_bytes = ay_buf_new(4 * MIB);
	ay_reference_encode(&ref, &ref_bytes);
	ay_reference_free(&ref);
	is_int(ay_reference_decode(ref_bytes.data, ref_bytes.len, &poison_budget, &ref), 0, "read again");
	ay_buf_free(&csv);
}

static void drop_reference(void)
{
	ay_reference_free(&ref);
	ay_buf_free(&ref_bytes);
}

static bool is_label(const void *arg, const char *name)
{
	return strcmp(name, arg) == 0;
}

static struct ay_counting *count(struct spec s, const char *label)
{
	struct ay_buf csv = ay_buf_new(64 * MIB);
	struct ay_counting *k = NULL;
	struct ay_source in;
	struct ay_rows_csv from;

	write_csv(&csv, s);
	struct ay_rows rows = poison_rows(&csv, &in, &from);

	if (ay_counting_new(ref_bytes.data, ref_bytes.len, &poison_budget, &k) != 0 || ay_counting_label(k, is_label, label) != 0)
		abort();
	const struct ay_rows_sink sink = {.arg = k, .columns = poison_columns, .row = poison_row};

	if (rows.each(rows.arg, &poison_budget, &sink) != 0)
		abort();
	ay_buf_free(&csv);
	return k;
}

static struct ay_token_result judge(struct ay_counting *k)
{
	struct ay_token_result r;

	is_int(ay_tokens_judge(&ref, 0, &ay_counting_batch(k)->poison.texts, 0.001, 0.005, &poison_budget, &r), 0, "judged");
	return r;
}

static void test_judge(void)
{
	const struct ay_text *t = &ref.texts.v[0];
	struct ay_counting *k;
	struct ay_token_result r;

	ok(ref.texts.n == 1 && strcmp(t->name, "text") == 0 && t->rows == 6000 && t->n <= AY_TEXT_WORDS && ref.count == 1, "a column of texts is none of values");
	ok(ay_text_rows(t, ay_token_hash(&t->key, "about1", 6)) >= 2000 - 200 && ay_text_rows(t, ay_token_hash(&t->key, "nothing", 7)) == t->rest,
	   "how often a token came is known");
	for (uint64_t seed = 10; seed < 20; seed++) {
		k = count((struct spec){3000, seed, 0, 3, ""}, "label");
		r = judge(k);
		ok(r.looked > 500 && !r.total, "an honest batch has no such word");
		ay_counting_free(k);
	}
	for (int i = 0; i < 2; i++) {
		const char *word = i ? "\xe2\x80\x8b" : "w77cf";

		k = count((struct spec){3000, 30, 0.02, 3, word}, "label");
		r = judge(k);
		ok(r.n == 1 && r.v[0].token->len == strlen(word) && memcmp(r.v[0].token->text, word, strlen(word)) == 0 && r.v[0].with == r.v[0].rows &&
		   r.v[0].token->row > 0 && r.v[0].rows > 40 && r.v[0].rows < 80 && r.v[0].p < 1e-9 && r.v[0].p_label < 1e-9,
		   "a word in 2 %% of the rows that carries a label is named");
		ay_counting_free(k);
	}
	k = count((struct spec){3000, 31, 0.003, 3, "cf"}, "label");
	r = judge(k);
	is_int(r.total, 0, "below the share that matters it is not");
	ay_counting_free(k);
	k = count((struct spec){3000, 32, 0.02, 3, "cf"}, "text");
	ok(!ay_counting_batch(k)->poison.texts.n, "without a label nothing is counted");
	ay_counting_free(k);
}

/* Two files are one. */
static void test_merge(void)
{
	struct ay_counting *k[2];
	struct ay_batch sum;
	struct ay_token_result r;

	for (unsigned i = 0; i < 2; i++) {
		k[i] = count((struct spec){1500, 40 + i, i ? 0.04 : 0, 3, "cf"}, "label");
		ay_poison_set_file(&ay_counting_batch(k[i])->poison, i + 3);
	}
	is_int(ay_batch_init(&sum, &poison_budget, &ref), 0, "a sum");
	for (unsigned i = 0; i < 2; i++)
		is_int(ay_batch_merge(&sum, ay_counting_batch(k[i])), 0, "of both");
	is_int(ay_tokens_judge(&ref, 0, &sum.poison.texts, 0.001, 0.005, &poison_budget, &r), 0, "is judged");
	ok(r.n == 1 && r.v[0].of == 3000 && r.v[0].token->file == 4, "the word is of the second file");
	ay_batch_free(&sum);
	ay_counting_free(k[0]);
	ay_counting_free(k[1]);
}

static unsigned decodes(const struct ay_buf *b, size_t len)
{
	struct ay_cursor c = ay_cursor_of(b->data, len, 0);
	struct ay_text_counts t;
	unsigned good = ay_text_counts_decode(&c, &poison_budget, &t) == 0 && c.left == 0;

	ay_text_counts_free(&t);
	return good;
}

static void test_bytes(void)
{
	struct ay_counting *k = count((struct spec){3000, 50, 0.02, 3, "cf"}, "label");
	struct ay_buf a = ay_buf_new(4 * MIB), b = ay_buf_new(4 * MIB);
	struct ay_text_counts again;
	unsigned prefixes = 0;

	ay_text_counts_encode(&ay_counting_batch(k)->poison.texts, &a);
	struct ay_cursor c = ay_cursor_of(a.data, a.len, 0);

	is_int(ay_text_counts_decode(&c, &poison_budget, &again), 0, "decode");
	ay_text_counts_encode(&again, &b);
	ok(a.len == b.len && a.len < 100 * KIB && memcmp(a.data, b.data, a.len) == 0, "to the same bytes");
	ay_text_counts_free(&again);
	for (size_t len = 0; len < a.len; len += len < 600 ? 1 : 997)
		prefixes += decodes(&a, len);
	is_int(prefixes, 0, "no proper prefix does");
	/* Number of columns, labels, rows, of each label, key, missed, added: then how many tokens. */
	const size_t many = 2 + 8 + 3 * 8 + 16 + 16;

	a.data[0] = AY_TEXT_COLUMNS + 1;
	is_int(decodes(&a, a.len), 0, "nor more columns than there can be");
	a.data[0] = 1;
	a.data[1] = AY_TEXT_CLASSES + 1;
	is_int(decodes(&a, a.len), 0, "nor more labels");
	a.data[1] = 0;
	is_int(decodes(&a, a.len), 0, "nor none");
	a.data[1] = 3;
	is_int(decodes(&a, a.len), 1, "but as it was");
	a.data[many + 3] = 0x7f;
	is_int(decodes(&a, a.len), 0, "nor more tokens than bytes");
	a.data[many + 3] = 0;
	a.data[many + 4] ^= 1;
	ok(decodes(&a, a.len) == 1, "another hash may be");
	a.data[many + 4 + 16 + 3] = 0x7f;
	is_int(decodes(&a, a.len), 0, "more rows than there are may not");
	ay_buf_free(&a);
	ay_buf_free(&b);
	ay_counting_free(k);
}

int main(void)
{
	ay_budget_init(&poison_budget, 0);
	test_reader();
	test_counts();
	make_reference((struct spec){6000, 1, 0, 3, ""});
	test_judge();
	test_merge();
	test_bytes();
	drop_reference();
	make_reference((struct spec){6000, 1, 0, 70, ""});
	struct ay_counting *k = count((struct spec){500, 2, 0, 70, ""}, "label");

	ok(!ay_counting_batch(k)->poison.texts.n, "what has more values than labels can is none");
	ay_counting_free(k);
	drop_reference();
	return done_testing();
}
