/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of a column instead of its values. The reference alone sets the edges of the bins and the dictionary; a
 * batch is then one pass of whole counts. Counts of two parts add up exactly, in any order; moments agree to rounding and
 * are the same for the same parts in the same order. No memory is taken for a row, whatever the number of rows.
 *
 * The encoding is canonical: equal contents give equal bytes, so a profile can be addressed by its digest. Decoding
 * trusts nothing. Keyed hashes take their key from the caller, who derives it from the reference.
 */
#ifndef ASSAY_SCANNERS_PROFILE_H
#define ASSAY_SCANNERS_PROFILE_H

#include "assay/buf.h"
#include "assay/scan.h"
#include "base/siphash.h"

#define AY_PROFILE_BINS 1024            /* quantile bins of the reference */
#define AY_PROFILE_EDGES_MAX 2200       /* with tail anchors, and a second edge at values that fill several bins */
#define AY_PROFILE_VALUES_MAX 4096      /* distinct values counted exactly */
#define AY_PROFILE_VALUE_LEN 256        /* bytes of a value that are kept; longer ones are known by their keyed hash */
#define AY_PROFILE_BUCKETS 64
#define AY_PROFILE_CELLS 2048           /* even cells that the search for a bin begins with: more than bins, so that most hold one edge or none */
#define AY_PROFILE_PENDING 128          /* values whose moments are taken together */
#define AY_PROFILE_ROWS_MAX (1ull << 40)    /* no sum overflows up to here; more rows are refused */
#define AY_PROFILE_SAMPLE_MAX 10000
#define AY_PROFILE_SAMPLE_WIDTH 4096

/* ---- distinct values, estimated ---- */

/* HyperLogLog with 4096 registers (standard error 1.6 %), read by Ertl's improved estimator (arXiv 1702.01284). */
struct ay_distinct { uint8_t rank[4096]; };
void ay_distinct_add(struct ay_distinct *d, uint64_t hash);
void ay_distinct_merge(struct ay_distinct *d, const struct ay_distinct *other);
double ay_distinct_estimate(const struct ay_distinct *d);

/* ---- moments ---- */

/* Of parts by two passes, joined by Chan; third and fourth as Pebay 2008. overflow: the others are 0 and mean nothing. */
struct ay_moments {
	uint64_t n;
	double mean, m2, m3, m4;          /* sums of powers of the deviation from the mean */
	bool overflow;
};
/* Of these values, finite ones. */
struct ay_moments ay_moments_of(const double *v, size_t n);
void ay_moments_merge(struct ay_moments *m, const struct ay_moments *other);

/* ---- a column of numbers ---- */

struct ay_numbers {
	struct ay_budget *budget;
	struct ay_sipkey key;
	/* Finite, strictly rising, one infinity behind them; the first lies just below the least value of the reference. */
	double *edges;
	size_t edge_count;
	double cells_from, cells_per;     /* where the cells begin, and how many there are to a unit */
	uint16_t cells[AY_PROFILE_CELLS + 1];    /* edges in the cells before this one */
	unsigned cell_steps, outer_steps; /* of the search in the fullest inner cell, and in the first and the last */
	uint64_t *counts;                 /* edge_count + 1: bin i is greater than edge i - 1 and not greater than edge i */
	uint64_t *places;                 /* of inner bins: sum of the values' places in the bin, in 2^-24 of its width */
	uint64_t rows, null, nan, minus_infinity, plus_infinity;
	double min, max;                  /* of finite values; 0 when there are none */
	/* Of finite values drawn to the first and the last edge: one huge value is one row. Its n has those that are pending, the rest has not. */
	struct ay_moments moments;
	double pending[AY_PROFILE_PENDING];
	size_t pending_count;
	struct ay_distinct distinct;
};
/* The first and the last bin hold what the reference never had: below its least, above its greatest value. */
static inline size_t ay_numbers_bins(const struct ay_numbers *c) { return c->edge_count + 1; }

/*
 * Edges from the sorted finite values of a reference (or a sample of it): bins quantiles, the quantiles 1e-3, 1e-4, 1e-5
 * of both ends, both ends themselves, and a bin of its own for a value that fills several bins. n and bins > 0;
 * out has room for AY_PROFILE_EDGES_MAX. Returns how many; 0 when values are not sorted and finite.
 */
size_t ay_numbers_edges(const double *sorted, size_t n, size_t bins, double *out);
/* Copies the edges. AY_EFORMAT when they are not finite and strictly rising, AY_ELIMIT beyond a limit. */
AY_MUSTCHECK int ay_numbers_init(struct ay_numbers *c, struct ay_budget *b, const struct ay_sipkey *key, const double *edges, size_t edge_count);
/* AY_ELIMIT beyond AY_PROFILE_ROWS_MAX. */
AY_MUSTCHECK int ay_numbers_add(struct ay_numbers *c, double v);
/* The same of several, and where each was counted: the bin, infinities in the outer ones; ay_numbers_bins() for NaN. */
AY_MUSTCHECK int ay_numbers_place(struct ay_numbers *c, const double *v, size_t n, uint32_t *bin);
/* Of all finite values. */
struct ay_moments ay_numbers_moments(const struct ay_numbers *c);
/* Where it would be counted. */
size_t ay_numbers_bin(const struct ay_numbers *c, double v);
AY_MUSTCHECK int ay_numbers_add_null(struct ay_numbers *c);
/* AY_EUSAGE for other edges or another key. */
AY_MUSTCHECK int ay_numbers_merge(struct ay_numbers *c, const struct ay_numbers *other);
/* Mean of each bin's values, to 2^-24 of its width; the outer bins lie at their edge, so that tails do not rule. */
void ay_numbers_means(const struct ay_numbers *c, double *out);
/* Value at share q of the finite ones, by a straight line inside of the bin; 0 <= q <= 1; 0 when there are none. */
double ay_numbers_quantile(const struct ay_numbers *c, double q);
/* distinct false: without what it takes to estimate how many different ones there are. Sticky errors of b. */
void ay_numbers_encode(const struct ay_numbers *c, bool distinct, struct ay_buf *b);
AY_MUSTCHECK int ay_numbers_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_numbers *out);
void ay_numbers_free(struct ay_numbers *c);

/* ---- a column of values ---- */

struct ay_counted {
	uint64_t hash[2];
	uint64_t count;
	uint8_t *bytes;                   /* NULL for long values: the hash stands for them */
	uint32_t len;                     /* of the value */
};
struct ay_values {
	struct ay_budget *budget;
	struct ay_sipkey key;
	bool fixed;                       /* the dictionary is that of a reference: what is not in it is unseen */
	/*
	 * More distinct values than AY_PROFILE_VALUES_MAX were seen: the most frequent are left, each counted at most `missed`
	 * too low, as Misra and Gries; then the buckets, which stay exact, are what can be tested.
	 */
	bool crowded;
	uint64_t missed;
	struct ay_counted *entries;       /* room of them, at most AY_PROFILE_VALUES_MAX */
	size_t used, room;
	uint16_t *slots;                  /* entry + 1, or 0 */
	struct ay_values_memo *memo;      /* of fixed ones: where short values were counted of late */
	uint64_t rows, null, unseen;
	uint64_t buckets[AY_PROFILE_BUCKETS];    /* of all values but null, by keyed hash */
	struct ay_distinct distinct;
};
AY_MUSTCHECK int ay_values_init(struct ay_values *c, struct ay_budget *b, const struct ay_sipkey *key);
/* Empty, with the dictionary of ref, fixed. */
AY_MUSTCHECK int ay_values_like(struct ay_values *c, struct ay_budget *b, const struct ay_values *ref);
AY_MUSTCHECK int ay_values_add(struct ay_values *c, const void *bytes, size_t len);
/* The same into a fixed dictionary, and where it was counted: the entry, or used for an unseen one. hash: its keyed hash. */
AY_MUSTCHECK int ay_values_place(struct ay_values *c, const void *bytes, size_t len, size_t *entry, uint64_t *hash);
/* Where it would be counted. */
size_t ay_values_find(const struct ay_values *c, const void *bytes, size_t len, uint64_t *hash);
AY_MUSTCHECK int ay_values_add_null(struct ay_values *c);
/* How often the value of that entry, of a profile with the same key, was counted here; 0 when it has no entry. */
uint64_t ay_values_count(const struct ay_values *c, const struct ay_counted *entry);
/* AY_EUSAGE when the keys or, of fixed ones, the dictionaries differ. */
AY_MUSTCHECK int ay_values_merge(struct ay_values *c, const struct ay_values *other);
void ay_values_encode(struct ay_values *c, bool distinct, struct ay_buf *b);
AY_MUSTCHECK int ay_values_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_values *out);
void ay_values_free(struct ay_values *c);

/* ---- a sample of rows ---- */

struct ay_sampled {
	uint64_t order[2];                /* keyed hash of where the row stands: the least are kept */
	size_t at;                        /* its place in rows */
};
struct ay_sample {
	struct ay_budget *budget;
	struct ay_sipkey key;
	size_t width, cap, used;
	struct ay_sampled *heap;          /* the greatest order first */
	double *rows;
};
/* cap rows of width numbers each; NaN stands for what is no number. */
AY_MUSTCHECK int ay_sample_init(struct ay_sample *s, struct ay_budget *b, const struct ay_sipkey *key, size_t width, size_t cap);
/* Which rows stay depends on the key, the digest of their file and their number in it, not on the order they come in. */
void ay_sample_add(struct ay_sample *s, const uint8_t object[32], uint64_t row, const double *numbers);
AY_MUSTCHECK int ay_sample_merge(struct ay_sample *s, const struct ay_sample *other);
void ay_sample_encode(struct ay_sample *s, struct ay_buf *b);
AY_MUSTCHECK int ay_sample_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_sample *out);
void ay_sample_free(struct ay_sample *s);

#endif
