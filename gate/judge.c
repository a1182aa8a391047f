/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the gates over a candidate. The worst verdict wins; only pass and warn admit. */
#include <errno.h>
#include <stdarg.h>
#include "assay/text.h"
#include "gate/candidate.h"

#define LISTED 100            /* findings of one gate that are kept; the rest is counted */

static void note_free(struct ay_note *n)
{
	free(n->path);
	free(n->message);
	free(n->value);
	free(n->limit);
}

void ay_gate_result_free(struct ay_gate_result *r)
{
	for (size_t i = 0; i < r->n; i++)
		note_free(&r->v[i]);
	free(r->v);
	*r = (struct ay_gate_result){ .verdict = AY_PASS };
}

void ay_judgement_free(struct ay_judgement *j)
{
	for (int k = 0; k < AY_GATE_COUNT; k++)
		ay_gate_result_free(&j->gate[k]);
	free(j->with);
	*j = (struct ay_judgement){ .verdict = AY_PASS };
}

bool ay_waived(const struct ay_waiver *w, const struct ay_rule *r, int64_t now_s)
{
	if (r->code_execution)
		return false;
	for (; w; w = w->next)
		if (strcmp(w->rule, r->id) == 0 && now_s < w->until_s)
			return true;
	return false;
}

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

void ay_gate_find(struct ay_candidate *c, enum ay_gate_kind k, const char *rule, const char *path, const char *value, const char *limit,
		  const char *fmt, ...)
{
	struct ay_gate_result *g = &c->judged.gate[k];
	const struct ay_rule *r = ay_gate_rule(rule);
	enum ay_verdict v;
	char msg[512];
	struct ay_note *more;
	bool waived;
	va_list ap;

	if (!r)
		ay_bug("rule %s is in no table", rule);
	waived = r->verdict > AY_WARN && ay_waived(c->waivers, r, c->now_s);
	v = waived ? AY_WARN : r->verdict;
	if (v > g->verdict)
		g->verdict = v;
	g->total++;
	if (g->n == LISTED)
		return;
	more = realloc(g->v, (g->n + 1) * sizeof(*more));
	if (!more)
		return;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	g->v = more;
	g->v[g->n++] = (struct ay_note){ .rule = r, .path = copy(path), .message = strdup(msg), .value = copy(value),
					 .limit = copy(limit), .waived = waived };
}

static void run(struct ay_candidate *c, enum ay_gate_kind k, void (*gate)(struct ay_candidate *c))
{
	int64_t start = ay_time_mono_ms();

	if (!(c->rules->gates >> k & 1))
		return;
	c->judged.gate[k].ran = true;
	gate(c);
	c->judged.gate[k].ms = ay_time_mono_ms() - start;
}

/* The sentence for status and errors: the first finding of the worst gate. */
static void reason(struct ay_candidate *c)
{
	struct ay_judgement *j = &c->judged;
	char path[160];

	if (j->verdict == AY_PASS) {
		snprintf(j->reason, sizeof(j->reason), "passed every gate");
		return;
	}
	for (int k = 0; k < AY_GATE_COUNT; k++) {
		const struct ay_gate_result *g = &j->gate[k];

		if (!g->ran || g->verdict != j->verdict)
			continue;
		for (size_t i = 0; i < g->n; i++) {
			const struct ay_note *n = &g->v[i];

			if ((n->waived ? AY_WARN : n->rule->verdict) != j->verdict)
				continue;
			if (n->path)
				snprintf(j->reason, sizeof(j->reason), "%s: %s: %s", n->rule->id,
					 ay_escape_str(path, sizeof(path), n->path), n->message ? n->message : "");
			else
				snprintf(j->reason, sizeof(j->reason), "%s: %s", n->rule->id, n->message ? n->message : "");
			return;
		}
		snprintf(j->reason, sizeof(j->reason), "gate %s: %s", ay_gate_name((enum ay_gate_kind)k), ay_verdict_name(g->verdict));
		return;
	}
}

/* Roots, sizes; forgets an earlier judgement. */
static int begin(struct ay_candidate *c, struct ay_error *e)
{
	ay_judgement_free(&c->judged);
	if (ay_oms_roots(&c->files, &c->root, &c->alias))
		return ay_error_set(e, -ENOMEM, "out of memory");
	c->art.root = c->root;
	c->art.root_alias = c->alias;
	c->art.files = c->files.n;
	c->art.bytes = 0;
	for (size_t i = 0; i < c->files.n; i++)
		c->art.bytes += c->files.v[i].size;
	return 0;
}

static void worst(struct ay_candidate *c)
{
	for (int k = 0; k < AY_GATE_COUNT; k++)
		if ((c->rules->gates >> k & 1) && c->judged.gate[k].ran && c->judged.gate[k].verdict > c->judged.verdict)
			c->judged.verdict = c->judged.gate[k].verdict;
	reason(c);
}

int ay_judge_content(struct ay_candidate *c, struct ay_error *e)
{
	int rc = begin(c, e);

	if (rc)
		return rc;
	ay_gate_content(c);
	worst(c);
	return 0;
}

int ay_judge(struct ay_candidate *c, struct ay_error *e)
{
	int rc = begin(c, e);

	if (rc)
		return rc;
	ay_claims_verify(&c->claims, c->trust, c->rules, &c->art.ref);
	run(c, AY_GATE_INTEGRITY, ay_gate_integrity);
	run(c, AY_GATE_SIGNATURE, ay_gate_signature);
	run(c, AY_GATE_PROVENANCE, ay_gate_provenance);
	/* One scan answers for three gates; the gate function sorts its findings. */
	if (c->plan.wanted) {
		ay_gate_content(c);
		ay_gate_siblings(c);
		ay_gate_schema(c);
	}
	run(c, AY_GATE_DRIFT, ay_gate_drift);
	run(c, AY_GATE_OUTLIERS, ay_gate_outliers);
	run(c, AY_GATE_POISONING, ay_gate_poison);
	if (!c->rules->gates)
		return ay_error_set(e, AY_EPOLICY, "the policy for %s names no gate", c->art.ref.name);
	/* A gate that the policy names and that nobody ran is no pass. */
	for (int k = 0; k < AY_GATE_COUNT; k++)
		if ((c->rules->gates >> k & 1) && !c->judged.gate[k].ran)
			return ay_error_set(e, AY_EUNSUPPORTED, "gate %s is not built", ay_gate_name((enum ay_gate_kind)k));
	worst(c);
	return 0;
}
