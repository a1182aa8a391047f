/* SPDX-License-Identifier: Apache-2.0 */
/* The report document of DESIGN 2.4, and the manifest text. */
#include "assay/text.h"
#include "gate/candidate.h"
#include "gate/compared.h"
#include "gate/drift_parts.h"

#define ROOM (AY_LIMIT_REPORT - 2 * MIB)      /* files stop here; gates, columns and the end must fit too */
#define COLUMNS_END (AY_LIMIT_REPORT - 512 * KIB)

static void file(struct ay_jw *w, const struct ay_candidate *c, size_t i)
{
	const struct ay_file *f = &c->files.v[i];
	const struct ay_scan_note *n = c->notes ? c->notes[i] : NULL;
	enum ay_verdict v = n ? ay_note_decide(n, c->rules, c->waivers, c->now_s) : AY_ERROR;
	char hex[AY_SHA256_HEX];

	ay_sha256_hex(&f->sha256, hex);
	ay_jw_object(w);
	ay_jw_kstr(w, "path", f->path);
	ay_jw_kstr(w, "sha256", hex);
	ay_jw_ku64(w, "size", f->size);
	ay_jw_kstr(w, "format", n && n->format[0] ? n->format : NULL);
	ay_jw_kstr(w, "verdict", c->plan.wanted ? ay_verdict_name(v) : NULL);
	if (n && n->total > 0)
		ay_jw_ku64(w, "findings_total", n->total);
	if (n && n->code)
		ay_jw_kstr(w, "error", n->why);
	if (n && n->would_pass && n->verdict > AY_WARN) {
		ay_jw_key(w, "would_pass_with");
		ay_jw_array(w);
		for (uint32_t bit = 1; bit && bit <= n->would_pass; bit <<= 1)
			if (n->would_pass & bit)
				ay_jw_str(w, ay_profile_name(bit));
		ay_jw_array_end(w);
	}
	ay_jw_key(w, "findings");
	if (n && n->findings)
		ay_jw_raw(w, n->findings, strlen(n->findings));
	else
		ay_jw_raw(w, "[]", 2);
	ay_jw_object_end(w);
}

static void files(struct ay_jw *w, const struct ay_candidate *c)
{
	size_t i = 0;

	ay_jw_key(w, "files");
	ay_jw_array(w);
	for (; i < c->files.n && w->b->len < ROOM; i++)
		file(w, c, i);
	ay_jw_array_end(w);
	ay_jw_ku64(w, "files_omitted", c->files.n - i);
}

static void finding(struct ay_jw *w, const struct ay_note *n)
{
	ay_jw_object(w);
	ay_jw_kstr(w, "rule", n->rule->id);
	ay_jw_kstr(w, "severity", ay_severity_name(n->rule->severity));
	ay_jw_kstr(w, "message", n->message);
	ay_jw_kstr(w, "path", n->path);
	ay_jw_kstr(w, "value", n->value);
	ay_jw_kstr(w, "limit", n->limit);
	ay_jw_kstr(w, "next", n->rule->next);
	if (n->waived)
		ay_jw_kbool(w, "waived", true);
	ay_jw_object_end(w);
}

static void gates(struct ay_jw *w, const struct ay_candidate *c)
{
	ay_jw_key(w, "gates");
	ay_jw_array(w);
	for (int k = 0; k < AY_GATE_COUNT; k++) {
		const struct ay_gate_result *g = &c->judged.gate[k];

		if (!g->ran)
			continue;
		ay_jw_object(w);
		ay_jw_kstr(w, "gate", ay_gate_name((enum ay_gate_kind)k));
		ay_jw_kstr(w, "verdict", ay_verdict_name(g->verdict));
		ay_jw_key(w, "findings");
		ay_jw_array(w);
		for (size_t i = 0; i < g->n; i++)
			finding(w, &g->v[i]);
		ay_jw_array_end(w);
		ay_jw_ku64(w, "findings_total", g->total);
		ay_jw_ki64(w, "duration_ms", g->ms);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
}

/* The counts that a result is of, if they are still there: those of the first comparison are. */
static const struct ay_profiled *counts_of(const struct ay_drift_kept *kept, size_t set, size_t column)
{
	const struct ay_profiled *p = kept->counted && set == 0 && column < kept->batch.counts.count ? &kept->batch.counts.columns[column] : NULL;
	uint64_t rows = p ? (p->numeric ? p->numbers.rows : p->values.rows) : 0;

	return p && rows == kept->set[set].results[column].rows ? p : NULL;
}

static int column(struct ay_jw *w, const struct ay_candidate *c, size_t set, size_t i)
{
	const struct ay_drift_kept *kept = c->drift;
	const struct ay_drift_set *s = &kept->set[set];
	struct ay_compared k = {s->what, &kept->reference->columns[i], counts_of(kept, set, i), &s->results[i], &s->limits[i], c->rules->drift.alpha};

	return ay_compared_column(w, &k);
}

/* What the drift gate measured, the worst first; what does not fit is counted. */
static int columns(struct ay_jw *w, const struct ay_candidate *c)
{
	uint64_t omitted = 0;
	int rc = 0;

	ay_jw_key(w, "columns");
	ay_jw_array(w);
	for (int state = AY_DRIFT_FOUND; state >= AY_DRIFT_NONE; state--)
		for (size_t s = 0; s < c->drift->nsets; s++)
			for (size_t i = 0; i < c->drift->reference->count && rc == 0; i++) {
				const struct ay_drift_set *set = &c->drift->set[s];

				if (set->absent[i] || set->results[i].state != (enum ay_drift_state)state)
					continue;
				if (w->b->len < COLUMNS_END)
					rc = column(w, c, s, i);
				else
					omitted++;
			}
	ay_jw_array_end(w);
	ay_jw_ku64(w, "columns_omitted", omitted);
	return rc;
}

/* Claims that do not count are named, so that nobody wonders where they went. */
static void claims(struct ay_jw *w, const struct ay_candidate *c)
{
	char hex[AY_SHA256_HEX];

	ay_jw_key(w, "claims");
	ay_jw_array(w);
	for (size_t i = 0; i < c->claims.n; i++) {
		const struct ay_claim *k = &c->claims.v[i];

		ay_jw_object(w);
		ay_jw_kstr(w, "name", k->name);
		ay_sha256_hex(&k->id, hex);
		ay_jw_kstr(w, "sha256", hex);
		ay_jw_kbool(w, "counts", k->counts);
		if (k->counts)
			ay_jw_kstr(w, "predicate_type", k->st.predicate_type);
		else
			ay_jw_kstr(w, "why_not", k->why.msg);
		ay_jw_key(w, "signers");
		ay_jw_array(w);
		for (size_t s = 0; s < k->nsigners; s++) {
			ay_sha256_hex(&k->signers[s], hex);
			ay_jw_str(w, hex);
		}
		ay_jw_array_end(w);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
}

/* The versions that foreign keys were looked for in. */
static void compared_with(struct ay_jw *w, const struct ay_judgement *j)
{
	char hex[AY_SHA256_HEX];

	ay_jw_key(w, "compared_with");
	ay_jw_array(w);
	for (size_t i = 0; i < j->nwith; i++) {
		ay_jw_object(w);
		ay_jw_kstr(w, "package", j->with[i].package);
		ay_jw_kstr(w, "ref", j->with[i].ref);
		ay_sha256_hex(&j->with[i].root, hex);
		ay_jw_kstr(w, "root", hex);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
}

int ay_report(struct ay_candidate *c, struct ay_buf *out)
{
	struct ay_jw w = ay_jw_new(out, false);
	char hex[AY_SHA256_HEX], when[24];

	ay_jw_object(&w);
	ay_jw_kstr(&w, "assay", PACKAGE_VERSION);
	ay_jw_kstr(&w, "verdict", ay_verdict_name(c->judged.verdict));
	ay_jw_kstr(&w, "ref", c->art.ref.text);
	ay_jw_kstr(&w, "reason", c->judged.reason);
	ay_sha256_hex(&c->root, hex);
	ay_jw_kstr(&w, "root", hex);
	ay_time_format(c->now_s, when);
	ay_jw_kstr(&w, "judged", when);
	ay_jw_kstr(&w, "rules", c->rules->pattern);
	files(&w, c);
	gates(&w, c);
	claims(&w, c);
	if (c->judged.nwith)
		compared_with(&w, &c->judged);
	int rc = c->drift && c->drift->reference ? columns(&w, c) : 0;

	ay_jw_key(&w, "ignored");
	ay_jw_array(&w);
	for (size_t i = 0; i < c->nignored; i++)
		ay_jw_str(&w, c->ignored[i]);
	ay_jw_array_end(&w);
	ay_jw_ku64(&w, "ignored_total", c->ignored_total);
	ay_jw_object_end(&w);
	return rc < 0 ? rc : out->err;
}

/* As sha256sum writes it: a leading backslash says that backslash and newline in the name are escaped. */
int ay_manifest_text(const struct ay_file_list *list, struct ay_buf *out)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct ay_file *f = &list->v[i];
		char hex[AY_SHA256_HEX];

		ay_sha256_hex(&f->sha256, hex);
		if (!strpbrk(f->path, "\\\n\r")) {
			ay_buf_addf(out, "%s  %s\n", hex, f->path);
			continue;
		}
		ay_buf_addf(out, "\\%s  ", hex);
		for (const char *p = f->path; *p; p++)
			if (*p == '\\')
				ay_buf_adds(out, "\\\\");
			else if (*p == '\n')
				ay_buf_adds(out, "\\n");
			else if (*p == '\r')
				ay_buf_adds(out, "\\r");
			else
				ay_buf_addc(out, (uint8_t)*p);
		ay_buf_addc(out, '\n');
	}
	return out->err;
}
