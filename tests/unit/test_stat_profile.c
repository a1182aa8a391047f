/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/profile.h"
#include "scanners/data/profile_code.h"

#include <math.h>
#include <stdlib.h>

#include "tests/lib/made.h"
#include "tests/lib/tap.h"

static struct ay_budget budget;
static const struct ay_sipkey key = {.k0 = 1, .k1 = 2}, other_key = {.k0 = 1, .k1 = 3};

static bool near(double got, double want, double abs)
{
	if (fabs(got - want) <= abs)
		return true;
	printf("#  got %.17g\n# want %.17g\n", got, want);
	return false;
}

static void edges(void)
{
	static double v[5000], out[AY_PROFILE_EDGES_MAX];
	static const double one[] = {7}, same[] = {3, 3, 3, 3}, two[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, down[] = {2, 1}, nan[] = {NAN}, inf[] = {1, INFINITY};
	struct ay_numbers c;
	size_t k;

	for (size_t i = 0; i < AY_ARRAY_LEN(v); i++)
		v[i] = normal();
	qsort(v, AY_ARRAY_LEN(v), sizeof(*v), by_value);
	k = ay_numbers_edges(v, AY_ARRAY_LEN(v), AY_PROFILE_BINS, out);
	ok(k > AY_PROFILE_BINS && k < AY_PROFILE_BINS + 10 && out[0] < v[0] && nextafter(out[0], INFINITY) == v[0] && out[k - 1] == v[4999],
	   "quantiles, tails and ends: %zu edges", k);
	ok(!ay_numbers_init(&c, &budget, &key, out, k), "a column of them");
	for (size_t i = 0; i < AY_ARRAY_LEN(v); i++)
		if (ay_numbers_add(&c, v[i]))
			ok(false, "row %zu", i);
	uint64_t most = 0;

	for (size_t i = 0; i <= k; i++)
		most = c.counts[i] > most ? c.counts[i] : most;
	ok(c.counts[0] == 0 && c.counts[k] == 0 && most <= 6, "none outside, the fullest bin holds %llu of 5000", (unsigned long long)most);
	ok(near(ay_numbers_quantile(&c, 0.5), v[2500], 0.01) && ay_numbers_quantile(&c, 0) == v[0] && ay_numbers_quantile(&c, 1) == v[4999], "quantiles of it");
	ay_numbers_free(&c);
	is_int(ay_numbers_edges(one, 1, AY_PROFILE_BINS, out), 2, "one value");
	is_int(ay_numbers_edges(same, 4, AY_PROFILE_BINS, out), 2, "a constant");
	k = ay_numbers_edges(two, 10, 10, out);
	ok(k == 3 && out[1] == 0 && out[2] == 1 && out[0] < 0, "a value that fills bins has its own: %zu", k);
	is_int(ay_numbers_edges(down, 2, 4, out), 0, "not sorted");
	is_int(ay_numbers_edges(nan, 1, 4, out), 0, "NaN");
	is_int(ay_numbers_edges(inf, 2, 4, out), 0, "infinity");
	is_int(ay_numbers_edges(one, 0, 4, out), 0, "nothing");
	is_int(ay_numbers_edges(one, 1, AY_PROFILE_BINS + 1, out), 0, "too many bins");
	for (size_t i = 0; i < AY_ARRAY_LEN(v); i++)
		v[i] = (double)(i * 2 / 7);
	k = ay_numbers_edges(v, AY_ARRAY_LEN(v), AY_PROFILE_BINS, out);
	ok(k && k <= AY_PROFILE_EDGES_MAX, "many values that each fill bins: %zu", k);
	static const double wrong[] = {1, 1}, infinite[] = {1, INFINITY};

	is_int(ay_numbers_init(&c, &budget, &key, wrong, 2), AY_EFORMAT, "edges that do not rise");
	is_int(ay_numbers_init(&c, &budget, &key, infinite, 2), AY_EFORMAT, "edges that are not finite");
	is_int(ay_numbers_init(&c, &budget, &key, wrong, 0), AY_ELIMIT, "no edges");
	is_int(ay_numbers_init(&c, &budget, &key, wrong, AY_PROFILE_EDGES_MAX + 1), AY_ELIMIT, "too many");
}

static const double few_edges[] = {0, 1, 2, 4};
static const double odd[] = {-5, 0, -0.0, 0.5, 1, 1.5, 2, 3, 4, 4.5, 1e308, -1e308, INFINITY, -INFINITY, NAN, 1e-320};

static void fill(struct ay_numbers *c, size_t from, size_t to)
{
	if (ay_numbers_init(c, &budget, &key, few_edges, AY_ARRAY_LEN(few_edges)))
		ok(false, "init");
	for (size_t i = from; i < to; i++)
		if (ay_numbers_add(c, odd[i % AY_ARRAY_LEN(odd)]))
			ok(false, "add");
	if (ay_numbers_add_null(c))
		ok(false, "null");
}

static void numbers(void)
{
	struct ay_numbers c, a, b;
	double means[5];

	fill(&c, 0, AY_ARRAY_LEN(odd));
	ok(c.counts[0] == 4 && c.counts[1] == 3 && c.counts[2] == 2 && c.counts[3] == 2 && c.counts[4] == 2, "bins include their upper edge");
	ok(c.null == 1 && c.nan == 1 && c.plus_infinity == 1 && c.minus_infinity == 1 && c.rows == 17 && c.moments.n == 13, "the rest has bins of its own");
	ok(c.min == -1e308 && c.max == 1e308 && !ay_numbers_moments(&c).overflow && ay_numbers_moments(&c).mean <= 4 && ay_numbers_moments(&c).mean >= 0, "a huge value is one row at the end");
	ay_numbers_means(&c, means);
	ok(means[0] == 0 && near(means[1], 0.5, 1e-6) && near(means[2], 1.75, 1e-6) && near(means[3], 3.5, 1e-6) && means[4] == 4, "means of the bins");
	ay_numbers_free(&c);

	struct ay_buf x = ay_buf_new(1 << 20), y = ay_buf_new(1 << 20);

	fill(&a, 0, 5);
	fill(&b, 5, 50);
	fill(&c, 0, 5);
	ok(!ay_numbers_merge(&a, &b) && !ay_numbers_merge(&b, &c), "merging either way");
	for (size_t i = 0; i <= a.edge_count; i++)
		ok(a.counts[i] == b.counts[i] && a.places[i] == b.places[i], "bin %zu", i);
	ok(a.rows == 52 && b.rows == 52 && a.min == b.min && a.max == b.max && near(ay_numbers_moments(&a).m4, ay_numbers_moments(&b).m4, 1e-6), "and all else");
	ay_numbers_encode(&a, true, &x);
	struct ay_cursor in = ay_cursor_of(x.data, x.len, 0);

	ay_numbers_free(&c);
	ok(!ay_numbers_decode(&in, &budget, &c) && !in.left, "decodes");
	ay_numbers_encode(&c, true, &y);
	ok(x.len == y.len && memcmp(x.data, y.data, x.len) == 0, "to the same %zu bytes", x.len);
	struct ay_numbers none;

	for (size_t i = 0; i <= a.edge_count; i += a.edge_count) {    /* places follow a head of 22 bytes, edges and counts */
		size_t at = 22 + 8 * a.edge_count;

		for (size_t left = a.edge_count + 1 + i; left; at++)
			left -= x.data[at] < 128;

		x.data[at]++;
		in = ay_cursor_of(x.data, x.len, 0);
		is_int(ay_numbers_decode(&in, &budget, &none), AY_EFORMAT, "an outer bin has no places: %zu", i);
		x.data[at]--;
	}
	c.key = other_key;
	is_int(ay_numbers_merge(&a, &c), AY_EUSAGE, "another key");
	c.key = key;
	c.edges[1] = 0.5;
	is_int(ay_numbers_merge(&a, &c), AY_EUSAGE, "other edges");
	c.rows = AY_PROFILE_ROWS_MAX;
	is_int(ay_numbers_add(&c, 1), AY_ELIMIT, "a row too many");
	is_int(ay_numbers_add_null(&c), AY_ELIMIT, "a null too many");
	ay_numbers_free(&a);
	ay_numbers_free(&b);
	ay_numbers_free(&c);
	ay_buf_free(&x);
	ay_buf_free(&y);

	const double digits[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, huge = 1e200;
	struct ay_moments m = ay_moments_of(digits, 4), rest = ay_moments_of(digits + 4, 6);

	ay_moments_merge(&m, &rest);
	ok(m.mean == 4.5 && near(m.m2, 82.5, 1e-9) && near(m.m3, 0, 1e-9) && near(m.m4, 1208.625, 1e-9), "moments of 0 .. 9");
	rest = ay_moments_of(&huge, 1);
	ay_moments_merge(&m, &rest);
	ok(m.overflow && m.n == 11 && m.mean == 0, "beyond double they are nothing");
}

/* Every change of a byte and every cut: refused, or something that encodes to just these bytes. */
static void damaged(const struct ay_buf *good, bool (*decode)(struct ay_cursor *in, struct ay_buf *again), const char *name)
{
	struct ay_buf again = ay_buf_new(1 << 22);
	size_t wrong = 0, taken = 0, step = good->len > 20000 ? 7 : 1;

	for (size_t i = 0; i < good->len; i++) {
		struct ay_cursor in = ay_cursor_of(good->data, i, 0);

		ay_buf_clear(&again);
		wrong += decode(&in, &again);
	}
	is_int(wrong, 0, "%s: cut at every byte is refused", name);
	for (size_t i = 0; i < good->len; i += step)
		for (int bit = 0; bit < 8; bit++) {
			good->data[i] ^= (uint8_t)(1 << bit);
			struct ay_cursor in = ay_cursor_of(good->data, good->len, 0);

			ay_buf_clear(&again);
			if (decode(&in, &again) && !in.left) {
				taken++;
				wrong += again.len != good->len || memcmp(again.data, good->data, good->len) != 0;
			}
			good->data[i] ^= (uint8_t)(1 << bit);
		}
	is_int(wrong, 0, "%s: changed bytes are refused or have no other form (%zu taken)", name, taken);
	ay_buf_free(&again);
}

static bool numbers_again(struct ay_cursor *in, struct ay_buf *again)
{
	struct ay_numbers c;

	if (ay_numbers_decode(in, &budget, &c))
		return false;
	ay_numbers_encode(&c, true, again);
	ay_numbers_free(&c);
	return true;
}

static bool values_again(struct ay_cursor *in, struct ay_buf *again)
{
	struct ay_values c;

	if (ay_values_decode(in, &budget, &c))
		return false;
	ay_values_encode(&c, true, again);
	ay_values_free(&c);
	return true;
}

static bool sample_again(struct ay_cursor *in, struct ay_buf *again)
{
	struct ay_sample c;

	if (ay_sample_decode(in, &budget, &c))
		return false;
	ay_sample_encode(&c, again);
	ay_sample_free(&c);
	return true;
}

static void add_text(struct ay_values *c, const char *text, int times)
{
	while (times-- > 0)
		if (ay_values_add(c, text, strlen(text)))
			ok(false, "add");
}

static uint64_t count_of(const struct ay_values *c, const char *text)
{
	for (size_t i = 0; i < c->used; i++)
		if (c->entries[i].bytes && c->entries[i].len == strlen(text) && memcmp(c->entries[i].bytes, text, strlen(text)) == 0)
			return c->entries[i].count;
	return 0;
}

static void values(void)
{
	struct ay_values ref, batch, part;
	struct ay_buf x = ay_buf_new(1 << 20), y = ay_buf_new(1 << 20);
	char large[AY_PROFILE_VALUE_LEN + 2];

	memset(large, 'x', sizeof(large));
	ok(!ay_values_init(&ref, &budget, &key), "init");
	add_text(&ref, "red", 5);
	add_text(&ref, "green", 3);
	add_text(&ref, "", 1);
	add_text(&ref, "rad", 1);    /* a changed bit away from red: order and doubles */
	ok(!ay_values_add(&ref, large, AY_PROFILE_VALUE_LEN) && !ay_values_add(&ref, large, AY_PROFILE_VALUE_LEN + 1) &&
	   !ay_values_add(&ref, large, AY_PROFILE_VALUE_LEN + 1) && !ay_values_add_null(&ref), "long values");
	ok(ref.used == 6 && ref.rows == 14 && ref.null == 1 && count_of(&ref, "red") == 5 && near(ay_distinct_estimate(&ref.distinct), 6, 0.1), "counts");
	ok(!ay_values_like(&batch, &budget, &ref) && !ay_values_like(&part, &budget, &ref), "a batch like it");
	add_text(&batch, "red", 2);
	add_text(&batch, "blue", 4);
	add_text(&part, "blue", 1);
	add_text(&part, "", 1);
	ok(batch.unseen == 4 && count_of(&batch, "red") == 2 && batch.used == 6, "what the reference has not is unseen");
	ok(!ay_values_merge(&batch, &part) && batch.unseen == 5 && batch.rows == 8 && count_of(&batch, "") == 1, "merged");
	is_int(ay_values_merge(&batch, &ref), AY_EUSAGE, "a reference does not merge into a batch");
	ay_values_encode(&batch, true, &x);
	damaged(&x, values_again, "a batch");
	ay_buf_clear(&x);
	ay_values_encode(&ref, true, &x);
	damaged(&x, values_again, "a reference");
	struct ay_cursor in = ay_cursor_of(x.data, x.len, 0);

	ay_values_free(&part);
	ok(!ay_values_decode(&in, &budget, &part) && !in.left && count_of(&part, "green") == 3, "decodes");
	add_text(&part, "red", 1);
	ok(count_of(&part, "red") == 6 && part.used == 6, "and goes on");
	ay_values_free(&part);
	ay_values_free(&batch);
	ay_values_free(&ref);
	ay_buf_free(&x);
	ay_buf_free(&y);
}

static void crowds(void)
{
	struct ay_values c, batch;
	char text[16];

	ok(!ay_values_init(&c, &budget, &key), "init");
	for (int i = 0; i < AY_PROFILE_VALUES_MAX; i++) {
		snprintf(text, sizeof(text), "id%d", i);
		add_text(&c, text, 1);
	}
	ok(!c.crowded && c.used == AY_PROFILE_VALUES_MAX, "as many values as are counted exactly");
	add_text(&c, "id5", 100);
	ok(!c.crowded && count_of(&c, "id5") == 101, "one of them again");
	for (int i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "more%d", i);
		add_text(&c, text, 1);
		if (i % 4 == 0)
			add_text(&c, "frequent", 1);
	}
	ok(c.crowded && c.used <= AY_PROFILE_VALUES_MAX && count_of(&c, "frequent") + c.missed >= 5000 && count_of(&c, "frequent") <= 5000,
	   "a frequent value stays among many: %llu of 5000", (unsigned long long)count_of(&c, "frequent"));
	uint64_t sum = 0;

	for (size_t i = 0; i < AY_PROFILE_BUCKETS; i++)
		sum += c.buckets[i];
	ok(sum == c.rows, "buckets are exact");
	ok(near(ay_distinct_estimate(&c.distinct), 24097, 24097 * 0.05), "distinct: %.0f of 24097", ay_distinct_estimate(&c.distinct));
	ok(!ay_values_like(&batch, &budget, &c) && batch.crowded && batch.fixed, "a batch of such");
	add_text(&batch, "never", 1);
	struct ay_buf x = ay_buf_new(1 << 20);

	ay_values_encode(&batch, true, &x);
	struct ay_cursor in = ay_cursor_of(x.data, x.len, 0);

	ay_values_free(&batch);
	ok(!ay_values_decode(&in, &budget, &batch) && batch.unseen == 1, "decodes");
	ay_buf_clear(&x);
	ay_values_encode(&c, true, &x);
	in = ay_cursor_of(x.data, x.len, 0);
	ay_values_free(&batch);
	ok(!ay_values_decode(&in, &budget, &batch) && batch.missed == c.missed, "as does the crowd");
	ay_values_free(&batch);
	ay_values_free(&c);
	ay_buf_free(&x);
}

static void samples(void)
{
	static const uint8_t one[32] = {1}, two[32] = {2};
	struct ay_sample a, b, all;
	struct ay_buf x = ay_buf_new(1 << 20), y = ay_buf_new(1 << 20);
	double row[2];

	ok(!ay_sample_init(&a, &budget, &key, 2, 50) && !ay_sample_init(&b, &budget, &key, 2, 50) && !ay_sample_init(&all, &budget, &key, 2, 50), "init");
	for (uint64_t i = 0; i < 1000; i++) {
		row[0] = (double)i;
		row[1] = i % 2 ? NAN : -0.0;
		ay_sample_add(i < 300 ? &a : &b, one, i, row);
	}
	for (uint64_t i = 1000; i-- > 0;) {
		row[0] = (double)i;
		row[1] = i % 2 ? NAN : -0.0;
		ay_sample_add(&all, one, i, row);
	}
	ok(!ay_sample_merge(&a, &b) && a.used == 50 && all.used == 50, "parts merge");
	ay_sample_encode(&a, &x);
	ay_sample_encode(&all, &y);
	ok(x.len == y.len && memcmp(x.data, y.data, x.len) == 0, "to the sample of the whole, in whatever order");
	double mean = 0;

	for (size_t i = 0; i < 50; i++)
		mean += a.rows[2 * i] / 50;
	ok(mean > 350 && mean < 650, "rows from all over: mean number %.0f", mean);
	damaged(&x, sample_again, "a sample");
	ok(!ay_sample_merge(&a, &all), "the same rows twice");
	ay_buf_clear(&y);
	ay_sample_encode(&a, &y);
	struct ay_cursor in = ay_cursor_of(y.data, y.len, 0);
	struct ay_sample again;

	ok(!ay_sample_decode(&in, &budget, &again), "stand once");
	ay_sample_add(&again, two, 5, row);
	ay_sample_free(&again);
	b.key = other_key;
	is_int(ay_sample_merge(&a, &b), AY_EUSAGE, "another key");
	is_int(ay_sample_init(&again, &budget, &key, 0, 5), AY_ELIMIT, "no numbers");
	is_int(ay_sample_init(&again, &budget, &key, 2, AY_PROFILE_SAMPLE_MAX + 1), AY_ELIMIT, "too many rows");
	ay_sample_free(&a);
	ay_sample_free(&b);
	ay_sample_free(&all);
	ay_buf_free(&x);
	ay_buf_free(&y);
}

static void distinct(void)
{
	struct ay_distinct d = {{0}};
	uint64_t hash[2];

	ok(ay_distinct_estimate(&d) == 0, "nothing");
	for (uint64_t i = 0, next = 1; i <= 1000000; i++) {
		if (i == next) {
			double e = ay_distinct_estimate(&d);

			ok(near(e, (double)i, 0.06 * (double)i), "distinct: %.0f of %llu", e, (unsigned long long)i);
			next *= 10;
		}
		ay_siphash128(&key, &i, sizeof(i), hash);
		ay_distinct_add(&d, hash[0]);
	}
	ay_distinct_add(&d, 0);
	ok(d.rank[0] == 53, "the rarest hash");
}

static int by_size(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

static unsigned wrong_bins(const double *edges, size_t n, double v)
{
	struct ay_numbers c;
	size_t less = 0;

	if (ay_numbers_init(&c, &budget, &key, edges, n))
		abort();
	for (size_t i = 0; i < n; i++)
		less += edges[i] < v;
	unsigned wrong = ay_numbers_bin(&c, v) != less;
	/* Several at once go another way, the last of an odd number too. */
	const double several[] = {edges[n / 2], v, edges[n - 1], edges[0], v};
	uint32_t at[5];

	if (isfinite(v)) {
		wrong += ay_numbers_place(&c, several, AY_ARRAY_LEN(several), at) != 0;
		wrong += at[0] != n / 2 || at[1] != less || at[2] != n - 1 || at[3] != 0 || at[4] != less;
	}
	ay_numbers_free(&c);
	return wrong;
}

/* The bin is the number of edges below, whatever the edges are like. */
static void bins(void)
{
	static const double ends[] = {0, -0.0, 1, -1, 1e-320, 1e300, -1e300, HUGE_VAL, -HUGE_VAL};
	unsigned wrong[5] = {0}, tried = 0;

	for (int round = 0; round < 60; round++) {
		double edges[300];
		size_t n = 1 + (size_t)(uniform() * 299), kind = (size_t)round % 5, kept = 0;

		for (size_t i = 0; i < n; i++) {
			double x = normal();

			edges[i] = kind == 0 ? x : kind == 1 ? floor(x * 20) : kind == 2 ? exp(x * 30) : kind == 3 ? 1e9 + x * 1e-7 : x * 1e308;
			if (!isfinite(edges[i]))
				edges[i] = x < 0 ? -1.7e308 : 1.7e308;
		}
		qsort(edges, n, sizeof(*edges), by_size);
		for (size_t i = 0; i < n; i++)
			if (!kept || edges[i] > edges[kept - 1])
				edges[kept++] = edges[i] + 0.0;
		for (size_t i = 0; i < kept; i += 1 + kept / 40) {
			wrong[kind] += wrong_bins(edges, kept, edges[i]) + wrong_bins(edges, kept, nextafter(edges[i], HUGE_VAL)) +
				       wrong_bins(edges, kept, nextafter(edges[i], -HUGE_VAL)) + wrong_bins(edges, kept, edges[i] + normal());
			tried++;
		}
		for (size_t i = 0; i < AY_ARRAY_LEN(ends); i++)
			wrong[kind] += wrong_bins(edges, kept, ends[i]);
	}
	for (size_t i = 0; i < AY_ARRAY_LEN(wrong); i++)
		is_int(wrong[i], 0, "bins of edges of kind %zu", i);
	ok(tried > 1000, "at %u edges", tried);
}

/* Registers as they are written: near to each other, far apart, none, and what no writer makes. */
static void registers(void)
{
	struct ay_distinct d = {.rank = {0}}, back;
	struct ay_buf x = ay_buf_new(1 << 20);
	size_t lens[4];

	for (int kind = 0; kind < 4; kind++) {
		for (size_t i = 0; i < sizeof(d.rank); i++)
			d.rank[i] = (uint8_t)(kind == 0 ? 3 + i % 4 : kind == 1 ? i % 54 : kind == 2 ? 0 : 53);
		ay_buf_clear(&x);
		ay_profile_put_distinct(&x, &d, true);
		lens[kind] = x.len;
		struct ay_cursor in = ay_cursor_of(x.data, x.len, 0);

		ay_profile_take_distinct(&in, &back);
		ok(ay_cursor_end(&in) == 0 && memcmp(&back, &d, sizeof(d)) == 0, "registers of kind %d, in %zu bytes", kind, x.len);
		for (size_t cut = 0; cut < x.len && cut < 2; cut++) {
			in = ay_cursor_of(x.data, x.len - 1 - cut, 0);
			ay_profile_take_distinct(&in, &back);
			ok(in.err != 0, "kind %d, cut", kind);
		}
	}
	ok(lens[0] == 2049 && lens[1] > lens[0] && lens[2] == 1 && lens[3] == 2049, "no more than they need");
	ay_buf_clear(&x);
	ay_profile_put_distinct(&x, &d, false);
	is_int(x.len, 1, "left out");
	ay_buf_clear(&x);
	for (size_t i = 0; i < 2049; i++)
		ay_buf_addc(&x, 0);
	struct ay_cursor in = ay_cursor_of(x.data, x.len, 0);

	ay_profile_take_distinct(&in, &back);
	is_int(in.err, AY_EFORMAT, "none, written at length");
	x.data[0] = 54;
	in = ay_cursor_of(x.data, x.len, 0);
	ay_profile_take_distinct(&in, &back);
	is_int(in.err, AY_EFORMAT, "more than there can be");
	ay_buf_free(&x);
}

int main(void)
{
	ay_budget_init(&budget, 1 << 20);
	uint64_t whole = budget.alloc_left;
	struct ay_buf x = ay_buf_new(1 << 20);
	struct ay_numbers c;

	edges();
	bins();
	numbers();
	fill(&c, 0, 40);
	ay_numbers_encode(&c, true, &x);
	damaged(&x, numbers_again, "numbers");
	ay_numbers_free(&c);
	ay_buf_free(&x);
	values();
	crowds();
	samples();
	distinct();
	registers();
	is_int(budget.alloc_left, whole, "all memory is given back");
	return done_testing();
}
