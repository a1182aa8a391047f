/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deserialization, format and schema: one scan of each file answers for the
 * three. A file that was not judged makes each of them "error" (INV-6).
 */
#include "gate/candidate.h"

#define CONTENT_GATES (1u << AY_GATE_DESERIALIZATION | 1u << AY_GATE_FORMAT | 1u << AY_GATE_SCHEMA)

struct sorting {
	struct ay_candidate *c;
	const char *path;
	enum ay_verdict listed;       /* worst of what is listed */
};

static void sort(void *arg, const struct ay_rule *rule, const struct ay_json *f)
{
	struct sorting *s = arg;
	const char *msg = ay_json_str(ay_json_get(f, "message"), NULL);
	enum ay_gate_kind k;

	if (!rule) {
		s->listed = AY_FAIL;
		ay_gate_find(s->c, AY_GATE_DESERIALIZATION, "gate.not-judged", s->path, NULL, NULL, "a finding of an unknown rule");
		return;
	}
	if (rule->verdict > s->listed)
		s->listed = rule->verdict;
	k = ay_rule_gate(rule);
	if (s->c->rules->gates >> k & 1)
		ay_gate_find(s->c, k, rule->id, s->path, ay_json_str(ay_json_get(f, "value"), NULL),
			     ay_json_str(ay_json_get(f, "limit"), NULL), "%s", msg ? msg : rule->meaning);
}

static void not_judged(struct ay_candidate *c, const char *path, const char *why)
{
	for (int k = 0; k < AY_GATE_COUNT; k++)
		if ((c->rules->gates & CONTENT_GATES) >> k & 1)
			ay_gate_find(c, (enum ay_gate_kind)k, "gate.not-judged", path, NULL, NULL, "the file could not be judged: %s", why);
}

static void one(struct ay_candidate *c, size_t i)
{
	const struct ay_scan_note *n = c->notes ? c->notes[i] : NULL;
	struct sorting s = { c, c->files.v[i].path, AY_PASS };

	if (!n) {
		not_judged(c, s.path, "it was not scanned");
	} else if (n->code) {
		not_judged(c, s.path, n->why ? n->why : ay_strerror(n->code));
	} else if (ay_note_each(n, sort, &s)) {
		not_judged(c, s.path, "its findings cannot be read");
	} else if (n->verdict > s.listed) {
		/* The worst finding was only counted: its gate is not known, so all of them carry it. */
		for (int k = 0; k < AY_GATE_COUNT; k++) {
			struct ay_gate_result *g = &c->judged.gate[k];

			if (!((c->rules->gates & CONTENT_GATES) >> k & 1))
				continue;
			g->total += n->total;
			if (n->verdict > g->verdict)
				g->verdict = n->verdict;
		}
	}
}

static void baseline(struct ay_candidate *c)
{
	if (c->baseline || !(c->rules->gates >> AY_GATE_SCHEMA & 1))
		return;
	ay_gate_find(c, AY_GATE_SCHEMA, c->rules->baseline_required ? "baseline.required" : "baseline.none", NULL, NULL, NULL,
		     "no schema is approved for %s", c->art.ref.name);
}

void ay_gate_content(struct ay_candidate *c)
{
	for (int k = 0; k < AY_GATE_COUNT; k++)
		if ((c->rules->gates & CONTENT_GATES) >> k & 1)
			c->judged.gate[k].ran = true;
	baseline(c);
	for (size_t i = 0; i < c->files.n; i++)
		one(c, i);
}

static void differs(void *arg, size_t file, const char *rule, const char *message)
{
	struct ay_candidate *c = arg;

	ay_gate_find(c, AY_GATE_FORMAT, rule, c->files.v[file].path, NULL, NULL, "%s", message);
}

void ay_gate_siblings(struct ay_candidate *c)
{
	struct ay_sibling_file *v;

	if (!(c->rules->gates >> AY_GATE_FORMAT & 1))
		return;
	v = calloc(c->files.n + 1, sizeof(*v));
	if (!v) {
		ay_gate_find(c, AY_GATE_FORMAT, "gate.not-judged", NULL, NULL, NULL, "out of memory to compare the files with each other");
		return;
	}
	for (size_t i = 0; i < c->files.n; i++) {
		const struct ay_scan_note *n = c->notes ? c->notes[i] : NULL;

		v[i] = (struct ay_sibling_file){.path = c->files.v[i].path, .size = c->files.v[i].size};
		if (n) {
			v[i].tensors = &n->tensors;
			v[i].siblings = n->siblings;
			v[i].sibling_count = n->sibling_count;
			v[i].formless = ay_scan_formless(n->format);
		}
	}
	if (ay_siblings_check(v, c->files.n, differs, c))
		ay_gate_find(c, AY_GATE_FORMAT, "gate.not-judged", NULL, NULL, NULL, "out of memory to compare the files with each other");
	free(v);
}
