/* SPDX-License-Identifier: Apache-2.0 */
/* What decodes has one form, and everything that is computed from it is a number. */
#include <math.h>
#include <stdlib.h>

#include "scanners/data/drift.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void same(struct ay_buf *again, const uint8_t *data, size_t size)
{
	must(!again->err && again->len == size && memcmp(again->data, data, size) == 0);
}

static void judge(struct ay_budget *b, const struct ay_drift_column *c)
{
	struct ay_drift_result r;
	enum ay_drift_state worst;

	if (ay_drift_judge(b, c, 1, 0.001, &r, &worst))
		return;
	must(r.test.p >= 0 && r.test.p <= 1 && r.test.adjusted >= r.test.p);
	for (int e = 0; e < AY_DRIFT_EFFECTS; e++)
		must(!isnan(r.effect[e]) && !isnan(r.noise[e]));
}

static void numbers(struct ay_budget *b, struct ay_numbers *c)
{
	struct ay_drift_column column = {.ref_numbers = c, .numbers = c, .limits = &ay_drift_limits_default};
	struct ay_numbers batch;

	must(!isnan(ay_numbers_quantile(c, 0)) && !isnan(ay_numbers_quantile(c, 0.5)) && !isnan(ay_numbers_quantile(c, 1)));
	judge(b, &column);
	if (ay_numbers_init(&batch, b, &c->key, c->edges, c->edge_count))
		return;
	for (size_t i = 0; i < c->edge_count; i++)
		must(!ay_numbers_add(&batch, c->edges[i]) && !ay_numbers_add(&batch, c->edges[i] * 1.5));
	column.numbers = &batch;
	judge(b, &column);
	int err = ay_numbers_merge(c, &batch);

	must(!err || err == AY_ELIMIT);
	ay_numbers_free(&batch);
}

static void values(struct ay_budget *b, struct ay_values *c)
{
	struct ay_drift_column column = {.ref_values = c, .limits = &ay_drift_limits_default};
	struct ay_values batch;

	if (c->fixed || ay_values_like(&batch, b, c))
		return;
	must(!ay_values_add(&batch, "x", 1) && !ay_values_add_null(&batch));
	column.values = &batch;
	judge(b, &column);
	ay_values_free(&batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_cursor in = ay_cursor_of(data, size, 0);
	struct ay_buf again = ay_buf_new(1 << 24);
	struct ay_budget b;
	struct ay_numbers n;
	struct ay_values v;
	struct ay_sample s;

	ay_budget_init(&b, size);
	uint64_t whole = b.alloc_left;
	int kind = ay_cursor_peek(&in, 0);

	if (kind == 'n' && !ay_numbers_decode(&in, &b, &n)) {
		ay_numbers_encode(&n, true, &again);
		same(&again, data, size - in.left);
		numbers(&b, &n);
		ay_numbers_free(&n);
	} else if (kind == 'v' && !ay_values_decode(&in, &b, &v)) {
		ay_values_encode(&v, true, &again);
		same(&again, data, size - in.left);
		values(&b, &v);
		ay_values_free(&v);
	} else if (kind == 's' && !ay_sample_decode(&in, &b, &s)) {
		ay_sample_encode(&s, &again);
		same(&again, data, size - in.left);
		ay_sample_free(&s);
	}
	must(b.alloc_left == whole);
	ay_buf_free(&again);
	return 0;
}
