/* SPDX-License-Identifier: Apache-2.0 */
/* Labels and patches of images, judged by what they look like: made-up looks of five classes. */
#include "assay/json.h"
#include "assay/text.h"
#include "scanners/data/image_row.h"
#include "scanners/data/poison_labels.h"
#include "scanners/data/poison_marks.h"
#include "tests/lib/tap.h"

#define CLASSES 5
#define IMAGES 4000

static struct ay_budget budget;
static struct ay_buf profile;
static struct ay_reference ref;
static size_t label;
static uint64_t state;

/* flips, patched: of all images; grey: the patch is no brighter than others; prior: of the images that are of class 0. */
struct spec { size_t n; uint64_t seed; double flips, patched, prior; bool unlabelled; };

static double share(void)
{
	state += 0x9e3779b97f4a7c15u;
	uint64_t z = (state ^ state >> 30) * 0xbf58476d1ce4e5b9u;

	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (double)(z >> 11) / 9007199254740992.0;
}

static size_t below(size_t n)
{
	return (size_t)(share() * (double)n);
}

static struct ay_look make_look(size_t class)
{
	struct ay_look l;

	for (size_t i = 0; i < AY_LOOK_CELLS; i++)
		l.means[i] = (uint8_t)((i * (class + 3) % 16) * 6 + below(100));
	for (size_t i = 0; i < AY_LOOK_EDGES; i++)
		l.edges[i] = (uint8_t)((i * (class + 7) % 8) * 6 + below(100));
	for (size_t m = 0; m < AY_LOOK_MARKS; m++)
		for (size_t i = 0; i < AY_LOOK_CELLS; i++)
			l.marks[m][i] = (uint8_t)(class * 4 + below(200));
	return l;
}

static struct ay_image_row made[IMAGES];

static void make(struct spec s, const struct ay_sha256 *digest, struct ay_image_table *t, struct ay_drawn *looks)
{
	static const char *const names[CLASSES] = {"0", "1", "2", "3", "4"};

	state = s.seed * 1000003;
	if (ay_looks_init(looks, &budget, digest))
		abort();
	for (size_t i = 0; i < s.n; i++) {
		size_t class = share() < s.prior ? 0 : below(CLASSES), given = class;
		struct ay_look look = make_look(class);

		if (share() < s.flips)
			given = (class + 1 + below(CLASSES - 1)) % CLASSES;
		if (share() < s.patched) {
			look.marks[AY_LOOK_BRIGHT][63] = 255;
			given = 2;
		}
		made[i] = (struct ay_image_row){.stats = {.width = 28, .height = 28, .channels = 1, .brightness = share()}, .label = {names[given], 1}};
		if (s.unlabelled)
			made[i].label.text = NULL;
		ay_looks_add(looks, i + 1, AY_LOOK_NO_LABEL, &look);
	}
	*t = (struct ay_image_table){made, s.n, looks};
}

/* As a proposal has it, or without any looks. */
static void make_reference(struct spec s, bool old)
{
	static const struct ay_sha256 none;
	struct ay_buf schema = ay_buf_new(4 * MIB);
	struct ay_image_table t;
	struct ay_drawn looks;
	struct ay_json_doc *doc;
	struct ay_error e = {.code = 0};

	make(s, &none, &t, &looks);
	if (old)
		t.looks = NULL;
	profile = ay_buf_new(4 * MIB);
	if (ay_image_infer(&t, &budget, &schema) || ay_json_parse(schema.data, schema.len, 1000000, &doc, &e))
		abort();
	const char *text = ay_json_str(ay_json_get(ay_json_root(doc), AY_REFERENCE_NOTE), NULL);

	if (ay_base64_decode(&profile, text, strlen(text), false) || ay_reference_decode(profile.data, profile.len, &budget, &ref))
		abort();
	ay_json_free(doc);
	ay_buf_free(&schema);
	ay_drawn_free(&looks);
	for (label = 0; label < ref.count && strcmp(ref.columns[label].name, AY_IMAGE_LABEL) != 0;)
		label++;
}

static int count_row(void *arg, uint64_t row, const struct ay_cell *cells)
{
	return ay_counting_row(arg, row, cells);
}

static int count_columns(void *arg, const char *const *names, size_t n)
{
	return ay_counting_columns(arg, names, n);
}

static struct ay_counting *count(struct spec s)
{
	struct ay_image_table t;
	struct ay_counting *k;
	struct ay_drawn looks;

	make(s, &ref.digest, &t, &looks);
	const struct ay_rows rows = ay_image_rows(&t);

	if (ay_counting_new(profile.data, profile.len, &budget, &k))
		abort();
	const struct ay_rows_sink sink = {.arg = k, .columns = count_columns, .row = count_row};

	if (rows.each(rows.arg, &budget, &sink))
		abort();
	rows.looks(rows.arg, k);
	ay_drawn_free(&looks);
	return k;
}

static struct ay_label_result labels_of(struct ay_label_model *m, struct spec s)
{
	struct ay_counting *k = count(s);
	struct ay_label_result r;

	is_int(ay_label_judge(m, &ay_counting_batch(k)->poison, 0.001, 0.02, &r), 0, "labels are judged");
	ay_counting_free(k);
	return r;
}

static void test_labels(void)
{
	struct ay_label_model *m;
	struct ay_label_result r;

	is_int(ay_label_model_new(&ref, label, &budget, &m), 0, "a model of labels");
	for (uint64_t seed = 10; seed < 14; seed++) {
		r = labels_of(m, (struct spec){.n = 1000, .seed = seed});
		ok(r.why == AY_LABEL_OK && !r.flipped && r.rows == 1000, "an honest batch: share %.4f", r.share);
	}
	r = labels_of(m, (struct spec){.n = 1000, .seed = 20, .flips = 0.05});
	ok(r.flipped && r.share > 0.03 && r.share < 0.07, "5 %% of flips are seen as such: %.4f", r.share);
	ok(r.worst_count == AY_LABEL_WORST && r.worst[0].for_given == 0 && r.worst[0].for_expected == AY_LABEL_NEIGHBOURS, "and named");
	r = labels_of(m, (struct spec){.n = IMAGES, .seed = 21, .flips = 0.03});
	ok(r.flipped && r.rows == AY_LOOK_ROWS, "3 %% of more images than are drawn, too: %.4f", r.share);
	r = labels_of(m, (struct spec){.n = AY_LABEL_ROWS_MIN - 1, .seed = 22});
	is_int(r.why, AY_LABEL_FEW_ROWS, "too few images");
	r = labels_of(m, (struct spec){.n = 1000, .seed = 23, .unlabelled = true});
	ok(r.why == AY_LABEL_FEW_ROWS && r.rows == 0, "without labels there are none");
	ay_label_model_free(m);
}

static struct ay_mark_result marks_of(struct spec s)
{
	struct ay_counting *k = count(s);
	struct ay_mark_result r;

	is_int(ay_marks_judge(ref.looks, &ay_counting_batch(k)->poison.looks, &budget, &r), 0, "marks are judged");
	ay_counting_free(k);
	return r;
}

static void test_marks(void)
{
	struct ay_mark_result r;

	for (uint64_t seed = 30; seed < 34; seed++) {
		r = marks_of((struct spec){.n = 1000, .seed = seed});
		ok(r.judged && r.total == 0, "an honest batch");
	}
	r = marks_of((struct spec){.n = 1000, .seed = 40, .patched = 0.05});
	ok(r.n == 1 && r.v[0].mark == AY_LOOK_BRIGHT && r.v[0].column == 8 && r.v[0].line == 8 && r.v[0].from == 248 && r.v[0].to == 255 && r.v[0].pure == 1,
	   "5 %% with a patch are seen, and where");
	ok(r.v[0].share > 0.03 && r.v[0].share < 0.07 && r.v[0].row > 0 && r.v[0].row <= 1000 && r.v[0].ref_images == 0, "how many, and one of them");
	r = marks_of((struct spec){.n = IMAGES, .seed = 41, .patched = 0.01});
	ok(r.n == 1 && r.v[0].column == 8, "so is 1 %% of many");
	r = marks_of((struct spec){.n = 1000, .seed = 42, .prior = 0.5});
	ok(r.total == 0, "more images of one label bring no mark");
	r = marks_of((struct spec){.n = AY_MARK_ROWS_MIN - 1, .seed = 43, .patched = 1});
	ok(!r.judged && r.total == 0, "too few are not judged");
	r = marks_of((struct spec){.n = AY_MARK_ROWS_MIN, .seed = 44, .patched = 0.5});
	ok(r.judged && r.total == 1, "just enough are");
}

/* Tables of one batch in any order, and as bytes. */
static void test_bytes(void)
{
	struct ay_counting *k[2] = {count((struct spec){.n = 2500, .seed = 50}), count((struct spec){.n = 2500, .seed = 51})};
	struct ay_buf bytes[2] = {ay_buf_new(8 * MIB), ay_buf_new(8 * MIB)};
	struct ay_batch sum, again;
	unsigned decoded = 0;

	for (uint32_t i = 0; i < 2; i++)
		ay_poison_set_file(&ay_counting_batch(k[i])->poison, i);
	for (size_t way = 0; way < 2; way++) {
		is_int(ay_batch_init(&sum, &budget, &ref), 0, "a sum");
		is_int(ay_batch_merge(&sum, ay_counting_batch(k[way])), 0, "of one");
		is_int(ay_batch_merge(&sum, ay_counting_batch(k[1 - way])), 0, "and another table");
		is_int((long long)sum.poison.looks.used, AY_LOOK_ROWS, "has as many looks as are kept");
		ay_batch_encode(&sum, &bytes[way]);
		if (way == 0)
			ay_batch_free(&sum);
	}
	ok(bytes[0].len == bytes[1].len && memcmp(bytes[0].data, bytes[1].data, bytes[0].len) == 0, "the same in any order");
	ay_buf_clear(&bytes[1]);
	is_int(ay_batch_decode(bytes[0].data, bytes[0].len, &budget, &again), 0, "decode");
	ay_batch_encode(&again, &bytes[1]);
	ok(bytes[0].len == bytes[1].len && memcmp(bytes[0].data, bytes[1].data, bytes[0].len) == 0, "to the same bytes");
	ay_batch_free(&again);
	for (size_t len = bytes[0].len - 1; len > 40000; len -= 39989)
		if (ay_batch_decode(bytes[0].data, len, &budget, &again) == 0) {
			decoded++;
			ay_batch_free(&again);
		}
	is_int(decoded, 0, "no proper prefix does");
	ay_batch_free(&sum);
	for (size_t i = 0; i < 2; i++) {
		ay_counting_free(k[i]);
		ay_buf_free(&bytes[i]);
	}
}

static void test_reference(void)
{
	struct ay_buf bytes = ay_buf_new(8 * MIB);
	struct ay_reference again;
	unsigned decoded = 0;

	is_int((long long)ref.looks->used, AY_LOOK_ROWS, "a reference keeps as many looks");
	ay_reference_encode(&ref, &bytes);
	size_t looks = 12 + ref.looks->used * (16 + 2 * AY_LOOK_WIDTH), from = bytes.len - looks;

	for (size_t len = from + 1; len < bytes.len; len += len < from + 400 ? 1 : 9973)
		if (ay_reference_decode(bytes.data, len, &budget, &again) == 0) {
			decoded++;
			ay_reference_free(&again);
		}
	is_int(decoded, 0, "cut within them it is none");
	is_int(ay_reference_decode(bytes.data, from, &budget, &again), 0, "without them it is one of old");
	ok(!again.looks, "that has none");
	ay_reference_free(&again);
	ay_buf_addc(&bytes, 0);
	ok(ay_reference_decode(bytes.data, bytes.len, &budget, &again) != 0, "a byte behind them is refused");
	ay_buf_free(&bytes);
	ay_reference_free(&ref);
	ay_buf_free(&profile);
	make_reference((struct spec){.n = IMAGES, .seed = 1}, true);
	struct ay_counting *k = count((struct spec){.n = 100, .seed = 2});

	ok(!ref.looks && ay_counting_batch(k)->poison.looks.width == 0, "against such a reference no looks are kept");
	ay_counting_free(k);
}

int main(void)
{
	ay_budget_init(&budget, 0);
	make_reference((struct spec){.n = IMAGES, .seed = 1}, false);
	ok(ref.looks && label < ref.count, "a reference that knows looks");
	test_labels();
	test_marks();
	test_bytes();
	test_reference();
	ay_reference_free(&ref);
	ay_buf_free(&profile);
	return done_testing();
}
