/* SPDX-License-Identifier: Apache-2.0 */
/* Classes of a label that are not what they were, and values that carry one. */
#include "gate/poison_parts.h"

#include "scanners/data/poison_classes.h"

static void report(struct ay_poisoning *k, size_t label, const char *what, const struct ay_class_found *f)
{
	const struct ay_profiled *l = &k->ref->columns[label], *c = &k->ref->columns[f->column];
	char class[64], place[64], value[32], limit[32], row[160];
	const unsigned long long rows = f->rows, ref_rows = f->ref_rows;

	ay_poison_name_place(l, f->class, class, sizeof(class));
	snprintf(value, sizeof(value), "%.3g", f->effect);
	snprintf(limit, sizeof(limit), "%.3g",
		 f->sign == AY_CLASS_SIGN_PRIOR ? AY_CLASS_PRIOR : f->sign == AY_CLASS_SIGN_DRIFT ? AY_CLASS_DRIFT : AY_CLASS_TRIGGER);
	switch (f->sign) {
	case AY_CLASS_SIGN_PRIOR:
		ay_gate_find(k->c, AY_GATE_POISONING, "poison.class-drift", NULL, value, limit,
			     "label %s, %s: its values come in other shares: V is %s, the limit %s; p %.1g over %llu rows against %llu", l->name, what, value,
			     limit, f->p, rows, ref_rows);
		break;
	case AY_CLASS_SIGN_DRIFT:
		ay_gate_find(k->c, AY_GATE_POISONING, "poison.class-drift", NULL, value, limit,
			     "column %s where %s is %s, %s: V over tenths is %s, the limit %s; p %.1g over %llu drawn rows against %llu", c->name, l->name, class,
			     what, value, limit, f->p, rows, ref_rows);
		break;
	case AY_CLASS_SIGN_TRIGGER:
		ay_poison_name_place(c, f->place, place, sizeof(place));
		ay_poison_name_row(k, f->file, f->row, row, sizeof(row));
		ay_gate_find(k->c, AY_GATE_POISONING, "poison.trigger", NULL, value, limit,
			     "column %s, %s: %s stands in %llu drawn rows, %.0f standard errors more than in the reference, and %.0f %% of what came has "
			     "%s %s, %.0f %% there; %s is one", c->name, what, place, rows, f->p, 100 * (f->pure < 1 ? f->pure : 1), l->name, class,
			     100 * f->ref_pure, row);
		break;
	}
}

void ay_poison_classes(struct ay_poisoning *k, size_t label, const struct ay_batch *batch, const char *what)
{
	struct ay_class_result r;
	int rc = ay_classes_judge(k->ref, label, &batch->counts, &batch->poison.rows, AY_POISON_ALPHA, &k->budget, &r);

	if (rc)
		ay_poison_cannot(k, what, ay_strerror(rc));
	for (size_t i = 0; rc == 0 && i < r.n; i++)
		report(k, label, what, &r.v[i]);
}
