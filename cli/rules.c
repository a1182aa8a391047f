/* SPDX-License-Identifier: Apache-2.0 */
/* All rules by which anything is refused: for people, for dashboards and for docs/gates.md. */
#include "assay/scan.h"
#include "cli/cli.h"

static void write_json(struct ay_jw *w, const struct ay_rule *r)
{
	ay_jw_object(w);
	ay_jw_kstr(w, "rule", r->id);
	ay_jw_kstr(w, "gate", r->gate);
	ay_jw_kstr(w, "verdict", ay_verdict_name(r->verdict));
	ay_jw_kstr(w, "severity", ay_severity_name(r->severity));
	ay_jw_kbool(w, "waivable", !r->code_execution);
	ay_jw_kstr(w, "meaning", r->meaning);
	ay_jw_kstr(w, "next", r->next);
	ay_jw_object_end(w);
}

int cli_rules(const struct cli *c)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_REPORT);
	struct ay_jw w = ay_jw_new(&b, true);
	const struct ay_rule *r;

	ay_jw_object(&w);
	ay_jw_key(&w, "rules");
	ay_jw_array(&w);
	for (size_t i = 0; (r = ay_rule_at(i)); i++) {
		if (c->format == CLI_JSON)
			write_json(&w, r);
		else
			printf("%-28s %-16s %-12s %-9s%s\n      %s\n      next: %s\n", r->id, r->gate, ay_verdict_name(r->verdict),
			       ay_severity_name(r->severity), r->code_execution ? "never waived" : "", r->meaning, r->next);
	}
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
	if (c->format == CLI_JSON)
		puts(ay_buf_str(&b));
	ay_buf_free(&b);
	return 0;
}
