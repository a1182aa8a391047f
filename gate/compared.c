/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/compared.h"

#include <math.h>

#include "scanners/data/describe.h"

double ay_compared_limit(const struct ay_drift_result *r, const struct ay_drift_limits *l)
{
	double floor = r->state == AY_DRIFT_WARN ? l->warn[r->decided_by] : l->fail[r->decided_by];

	return r->state == AY_DRIFT_HELD || floor > r->noise[r->decided_by] ? floor : r->noise[r->decided_by];
}

static void effects(struct ay_jw *w, const struct ay_compared *c)
{
	const struct ay_drift_result *r = c->result;

	ay_jw_key(w, "effects");
	ay_jw_array(w);
	for (int e = 0; e < AY_DRIFT_EFFECTS; e++) {
		if (!r->known[e])
			continue;
		ay_jw_object(w);
		ay_jw_kstr(w, "effect", ay_drift_effect_name((enum ay_drift_effect)e));
		ay_describe_number(w, "value", r->effect[e]);
		ay_describe_number(w, "noise", r->noise[e]);
		ay_describe_number(w, "warn", c->limits->warn[e] > 0 ? c->limits->warn[e] : NAN);
		ay_describe_number(w, "fail", c->limits->fail[e] > 0 ? c->limits->fail[e] : NAN);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
}

static void test(struct ay_jw *w, const char *key, const struct ay_drift_test *t)
{
	ay_jw_key(w, key);
	ay_jw_object(w);
	ay_jw_kbool(w, "tested", t->tested);
	ay_describe_number(w, "p", t->tested ? t->p : NAN);
	ay_describe_number(w, "adjusted", t->tested ? t->adjusted : NAN);
	ay_jw_object_end(w);
}

static const char *method_of(const struct ay_compared *c)
{
	if (c->ref->numeric)
		return c->result->ks.exact ? "Kolmogorov-Smirnov, exact" : "Kolmogorov-Smirnov, asymptotic";
	return c->result->in_buckets ? "chi-square over keyed buckets of the values" : "chi-square";
}

/* What decided, or would: D of numbers, V of values. */
static void decision(struct ay_jw *w, const struct ay_compared *c)
{
	const struct ay_drift_result *r = c->result;
	bool decided = r->state != AY_DRIFT_NONE && r->state != AY_DRIFT_UNKNOWN;
	enum ay_drift_effect e = decided ? r->decided_by : c->ref->numeric ? AY_DRIFT_D : AY_DRIFT_V;
	bool known = e < AY_DRIFT_EFFECTS && r->known[e];
	double floor = known ? c->limits->fail[e] : NAN;
	double limit = known && decided ? ay_compared_limit(r, c->limits) : known && r->noise[e] > floor ? r->noise[e] : floor;

	ay_jw_kstr(w, "effect", known ? ay_drift_effect_name(e) : NULL);
	ay_describe_number(w, "value", known ? r->effect[e] : NAN);
	ay_describe_number(w, "limit", limit);
	ay_describe_number(w, "floor", floor);
	ay_describe_number(w, "noise", known ? r->noise[e] : NAN);
	ay_jw_kbool(w, "calibrated", r->calibrated);
}

int ay_compared_column(struct ay_jw *w, const struct ay_compared *c)
{
	const struct ay_drift_result *r = c->result;
	int rc = 0;

	ay_jw_object(w);
	ay_jw_kstr(w, "column", c->ref->name);
	if (c->what)
		ay_jw_kstr(w, "what", c->what);
	ay_jw_kstr(w, "kind", c->ref->numeric ? "numbers" : "values");
	ay_jw_kstr(w, "verdict", ay_drift_state_name(r->state));
	if (r->why != AY_STAT_OK)
		ay_jw_kstr(w, "why", ay_stat_why_text(r->why));
	ay_jw_ku64(w, "reference_rows", r->ref_rows);
	ay_jw_ku64(w, "rows", r->rows);
	if (r->state == AY_DRIFT_HELD && r->rows_needed != UINT64_MAX)
		ay_jw_ku64(w, "rows_needed", r->rows_needed);
	ay_jw_kstr(w, "method", method_of(c));
	ay_describe_number(w, "alpha", c->alpha);
	test(w, "test", &r->test);
	if (c->ref->numeric)
		test(w, "missing", &r->missing);
	decision(w, c);
	effects(w, c);
	ay_describe_number(w, "outside", r->outside);
	if (c->ref->numeric && r->ks.why == AY_STAT_OK && r->ks.at < c->ref->numbers.edge_count)
		ay_describe_number(w, "at", c->ref->numbers.edges[r->ks.at]);
	ay_jw_key(w, "reference");
	ay_describe_column(w, c->ref);
	if (c->batch) {
		ay_jw_key(w, "batch");
		ay_describe_column(w, c->batch);
		ay_jw_key(w, "chart");
		rc = ay_describe_chart(w, c->ref, c->batch, AY_SHOWN_BINS);
	}
	ay_jw_object_end(w);
	return rc;
}

/* ---- rows ---- */

static void row(struct ay_jw *w, const struct ay_reference *ref, enum ay_outlier_method m, const struct ay_outlier_row *v)
{
	ay_jw_object(w);
	ay_jw_ku64(w, "row", v->row);
	ay_jw_kstr(w, "method", ay_outlier_method_name(m));
	ay_describe_number(w, "score", v->score);
	ay_jw_key(w, "columns");
	ay_jw_array(w);
	for (size_t i = 0; i < AY_OUTLIER_BLAMED; i++)
		if (v->blamed[i] < ref->count)
			ay_jw_str(w, ref->columns[v->blamed[i]].name);
	ay_jw_array_end(w);
	ay_jw_object_end(w);
}

static bool told_before(const struct ay_outliers *o, int method, const struct ay_outlier_row *v)
{
	for (int m = 0; m < method; m++)
		for (size_t i = 0; i < o->worst_count[m]; i++)
			if (o->worst[m][i].row == v->row && o->worst[m][i].file == v->file)
				return true;
	return false;
}

void ay_compared_worst(struct ay_jw *w, const struct ay_reference *ref, const struct ay_outliers *o)
{
	ay_jw_array(w);
	for (int m = 0; m < AY_OUTLIER_METHODS; m++)
		for (size_t i = 0; i < o->worst_count[m]; i++)
			if (!told_before(o, m, &o->worst[m][i]))
				row(w, ref, (enum ay_outlier_method)m, &o->worst[m][i]);
	ay_jw_array_end(w);
}
