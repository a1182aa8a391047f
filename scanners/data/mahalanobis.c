/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/outlier_model.h"

#include <math.h>
#include <stdlib.h>

#include "scanners/data/sort.h"
#include "scanners/data/stat_test.h"

#define TAIL 0.005                        /* values beyond these quantiles of the reference are drawn to them */
#define SHRINK_MIN 0.001

/* A column of numbers while its place among those looked at is decided. */
struct candidate {
	size_t column;
	double low, high, mean, sd;
	double tie;                       /* greatest absolute correlation with another one */
};

struct building {
	const struct ay_outlier_rows *rows;
	struct candidate *columns;
	size_t count;
	double *z;                        /* of each column its rows: standardised, drawn to the quantiles */
};

/* Mean and deviation of a column; false when it does not vary. Writes the values standardised, 0 for what is missing. */
static bool standardise(const struct building *u, struct candidate *c, double *sorted, uint64_t *spare, double *z)
{
	size_t n = 0;
	double sum = 0, squares = 0;

	for (size_t i = 0; i < u->rows->count; i++) {
		double v = ay_outlier_rows_at(u->rows, i)[c->column].number;

		if (isfinite(v))
			sorted[n++] = v;
	}
	if (n < 2)
		return false;
	ay_sort_numbers(sorted, n, spare);
	double low = c->low = ay_stat_quantile(sorted, n, TAIL), high = c->high = ay_stat_quantile(sorted, n, 1 - TAIL);

	for (size_t i = 0; i < n; i++)
		sum += fmin(fmax(sorted[i], low), high) / (double)n;
	for (size_t i = 0; i < n; i++) {
		double gap = fmin(fmax(sorted[i], low), high) - sum;

		squares += gap * gap / (double)(n - 1);
	}
	c->mean = sum;
	c->sd = sqrt(squares);
	if (!isfinite(c->mean) || !isfinite(c->sd) || !(c->sd > 0) || !(high - low > 1e-12 * fmax(fabs(low), fabs(high))))
		return false;
	for (size_t i = 0; i < u->rows->count; i++) {
		double v = ay_outlier_rows_at(u->rows, i)[c->column].number;

		z[i] = isfinite(v) ? (fmin(fmax(v, low), high) - c->mean) / c->sd : 0;
	}
	return true;
}

static int read_columns(struct building *u, const struct ay_reference *ref, struct ay_budget *b)
{
	double *sorted = ay_budget_alloc(b, (u->rows->count + 1) * sizeof(*sorted));
	uint64_t *spare = ay_budget_alloc(b, (2 * u->rows->count + 1) * sizeof(*spare));
	int rc = sorted && spare ? 0 : AY_ELIMIT;

	for (size_t i = 0; rc == 0 && i < ref->count; i++) {
		struct candidate *c = &u->columns[u->count];

		*c = (struct candidate){.column = i};
		if (ref->columns[i].numeric && standardise(u, c, sorted, spare, u->z + u->count * u->rows->count))
			u->count++;
		rc = ay_budget_tick(b);
	}
	ay_budget_free(b, sorted);
	ay_budget_free(b, spare);
	return rc;
}

static double correlation(const struct building *u, size_t i, size_t k)
{
	const double *a = u->z + i * u->rows->count, *b = u->z + k * u->rows->count;
	double sum = 0;

	for (size_t r = 0; r < u->rows->count; r++)
		sum += a[r] * b[r];
	return sum / (double)(u->rows->count - 1);
}

static int by_tie(const void *x, const void *y)
{
	const struct candidate *a = x, *b = y;

	if (a->tie != b->tie)
		return a->tie > b->tie ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

/* Of too many columns, those that others tell most about: there are the combinations that can be impossible. */
static int choose(struct building *u, struct ay_budget *b)
{
	struct candidate *order;

	if (u->count <= AY_MAHALANOBIS_COLUMNS)
		return 0;
	for (size_t i = 0; i < u->count; i++) {
		for (size_t k = 0; k < i; k++) {
			double r = fabs(correlation(u, i, k));

			u->columns[i].tie = fmax(u->columns[i].tie, r);
			u->columns[k].tie = fmax(u->columns[k].tie, r);
		}
		if (ay_budget_tick(b))
			return AY_ELIMIT;
	}
	order = ay_budget_alloc(b, u->count * sizeof(*order));
	if (!order)
		return AY_ELIMIT;
	memcpy(order, u->columns, u->count * sizeof(*order));    /* own: of that many */
	qsort(order, u->count, sizeof(*order), by_tie);
	size_t kept = 0;

	for (size_t i = 0; i < u->count; i++)
		if (by_tie(&u->columns[i], &order[AY_MAHALANOBIS_COLUMNS]) < 0) {
			for (size_t r = 0; r < u->rows->count; r++)
				u->z[kept * u->rows->count + r] = u->z[i * u->rows->count + r];
			u->columns[kept++] = u->columns[i];
		}
	ay_budget_free(b, order);
	u->count = kept;
	return 0;
}

/* Positive definite: what is added to the diagonal is far above rounding. */
static int factorise(struct ay_mahalanobis *m)
{
	size_t n = m->n;

	for (size_t i = 0; i < n; i++) {
		double *row = m->lower + i * n;

		for (size_t k = 0; k <= i; k++) {
			double left = m->correlation[i * n + k];

			for (size_t j = 0; j < k; j++)
				left -= row[j] * m->lower[k * n + j];
			if (k < i)
				row[k] = left * m->lower[k * n + k];
			else if (left > 0)
				row[k] = 1 / sqrt(left);
			else
				return AY_EINTERNAL;
		}
	}
	return 0;
}

/*
 * Correlations drawn towards none, the more the fewer rows there are for each column: few rows must not look as if they lay in a
 * plane.
 */
static void correlate(struct ay_mahalanobis *m, const struct building *u)
{
	double shrink = fmax((double)u->count / (double)(u->count + u->rows->count), SHRINK_MIN);

	for (size_t i = 0; i < m->n; i++) {
		m->column[i] = u->columns[i].column;
		m->low[i] = u->columns[i].low;
		m->high[i] = u->columns[i].high;
		m->mean[i] = u->columns[i].mean;
		m->sd[i] = u->columns[i].sd;
		m->correlation[i * m->n + i] = 1;
		for (size_t k = 0; k < i; k++)
			m->correlation[i * m->n + k] = m->correlation[k * m->n + i] = (1 - shrink) * correlation(u, i, k);
	}
}

static int build(struct building *u, const struct ay_reference *ref, struct ay_mahalanobis *m)
{
	int rc = read_columns(u, ref, m->budget);

	if (!rc)
		rc = choose(u, m->budget);
	if (!rc && !u->count)
		rc = AY_ENOTFOUND;
	if (rc)
		return rc;
	m->n = u->count;
	m->correlation = ay_budget_alloc(m->budget, m->n * m->n * sizeof(double));
	m->lower = ay_budget_alloc(m->budget, m->n * m->n * sizeof(double));
	if (!m->correlation || !m->lower)
		return AY_ELIMIT;
	for (size_t i = 0; i < m->n * m->n; i++)
		m->lower[i] = 0;
	correlate(m, u);
	return factorise(m);
}

int ay_mahalanobis_new(const struct ay_reference *ref, const struct ay_outlier_rows *rows, struct ay_budget *b, struct ay_mahalanobis **out)
{
	struct ay_mahalanobis *m = *out = ay_budget_alloc(b, sizeof(*m));
	struct building u = {.rows = rows};

	if (!m)
		return AY_ELIMIT;
	*m = (struct ay_mahalanobis){.budget = b};
	u.columns = ay_budget_alloc(b, (ref->count + 1) * sizeof(*u.columns));
	u.z = ay_budget_alloc(b, (rows->count * ref->count + 1) * sizeof(*u.z));
	int rc = u.columns && u.z ? build(&u, ref, m) : AY_ELIMIT;

	ay_budget_free(b, u.columns);
	ay_budget_free(b, u.z);
	if (rc) {
		ay_mahalanobis_free(m);
		*out = NULL;
	}
	return rc;
}

static void read_row(const struct ay_mahalanobis *m, const struct ay_placed *row, double *z)
{
	for (size_t i = 0; i < m->n; i++) {
		double v = row[m->column[i]].number;

		z[i] = isnan(v) ? 0 : ((v < m->low[i] ? m->low[i] : v > m->high[i] ? m->high[i] : v) - m->mean[i]) / m->sd[i];
	}
}

/* L y = z; the square of y is the distance. */
static double solve(const struct ay_mahalanobis *m, const double *z, double *y)
{
	double sum = 0;

	for (size_t i = 0; i < m->n; i++) {
		const double *row = m->lower + i * m->n;
		double left = z[i];

		for (size_t k = 0; k < i; k++)
			left -= row[k] * y[k];
		y[i] = left * row[i];
		sum += y[i] * y[i];
	}
	return sum;
}

double ay_mahalanobis_score(const struct ay_mahalanobis *m, const struct ay_placed *row)
{
	double z[AY_MAHALANOBIS_COLUMNS], y[AY_MAHALANOBIS_COLUMNS];

	read_row(m, row, z);
	return solve(m, z, y);
}

/* The distance is the sum over columns of z_i (R^-1 z)_i. */
void ay_mahalanobis_shares(const struct ay_mahalanobis *m, const struct ay_placed *row, size_t width, double *share)
{
	double z[AY_MAHALANOBIS_COLUMNS], y[AY_MAHALANOBIS_COLUMNS];

	for (size_t i = 0; i < width; i++)
		share[i] = 0;
	read_row(m, row, z);
	solve(m, z, y);
	for (size_t i = m->n; i-- > 0;) {
		for (size_t k = i + 1; k < m->n; k++)
			y[i] -= m->lower[k * m->n + i] * y[k];
		y[i] *= m->lower[i * m->n + i];
		share[m->column[i]] = z[i] * y[i];
	}
}

void ay_mahalanobis_free(struct ay_mahalanobis *m)
{
	if (!m)
		return;
	ay_budget_free(m->budget, m->correlation);
	ay_budget_free(m->budget, m->lower);
	ay_budget_free(m->budget, m);
}
