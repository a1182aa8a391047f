/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of one class that lie together where the reference has none. */
#include "gate/poison_parts.h"

#include "scanners/data/spectral.h"

static void name_worst(const struct ay_poisoning *k, const struct ay_spectral_found *f, struct ay_buf *out)
{
	for (size_t i = 0; i < f->ncolumns; i++)
		ay_buf_addf(out, "%s%s", i ? ", " : "; they differ most in ", k->ref->columns[f->columns[i]].name);
	for (size_t i = 0; i < f->nworst; i++) {
		char row[160];

		ay_poison_name_row(k, f->worst[i].file, f->worst[i].row, row, sizeof(row));
		ay_buf_addf(out, "%s%s", i ? ", " : "; the farthest are ", row);
	}
}

static void report(const struct ay_poisoning *k, size_t label, const char *what, const struct ay_spectral_found *f)
{
	struct ay_buf rows = ay_buf_new(1024);
	char class[64], value[32], limit[32];

	ay_poison_name_place(&k->ref->columns[label], f->class, class, sizeof(class));
	snprintf(value, sizeof(value), "%.3g", f->share - f->ref_share);
	snprintf(limit, sizeof(limit), "%.3g", k->c->rules->poisoning.spectral);
	name_worst(k, f, &rows);
	ay_gate_find(k->c, AY_GATE_POISONING, "poison.spectrum", NULL, value, limit,
		     "rows where %s is %s, %s: %.1f %% of %llu lie together far out, %.1f %% of the reference's %llu; p %.1g; the greatest eigenvalue, whitened "
		     "by the reference, is %.3g, at most %.3g in %d draws of it%s", k->ref->columns[label].name, class, what, 100 * f->share,
		     (unsigned long long)f->rows, 100 * f->ref_share, (unsigned long long)f->ref_rows, f->p, f->value, f->usual, AY_SPECTRAL_DRAWS,
		     rows.err ? "" : ay_buf_str(&rows));
	ay_buf_free(&rows);
}

void ay_poison_spectrum(struct ay_poisoning *k, size_t label, const bool *only, const struct ay_batch *batch, const char *what)
{
	struct ay_spectral_result r;
	int rc = ay_spectral_judge(k->ref, label, only, &batch->poison.rows, AY_POISON_ALPHA, k->c->rules->poisoning.spectral, &k->budget, &r);

	if (rc)
		ay_poison_cannot(k, what, ay_strerror(rc));
	for (size_t i = 0; rc == 0 && i < r.n; i++)
		report(k, label, what, &r.v[i]);
}
