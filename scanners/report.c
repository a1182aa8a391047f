/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/scan.h"

#include "assay/json.h"

static void write_found(struct ay_jw *w, const struct ay_found *f)
{
	ay_jw_object(w);
	ay_jw_kstr(w, "rule", f->rule->id);
	ay_jw_kstr(w, "severity", ay_severity_name(f->rule->severity));
	ay_jw_kstr(w, "verdict", ay_verdict_name(f->rule->verdict));
	ay_jw_kstr(w, "message", f->message ? f->message : f->rule->meaning);
	ay_jw_kstr(w, "member", f->member ? f->member : "");
	ay_jw_key(w, "offset");
	if (f->off == AY_NO_OFFSET)
		ay_jw_null(w);
	else
		ay_jw_u64(w, f->off);
	ay_jw_key(w, "row");
	if (f->row == 0)
		ay_jw_null(w);
	else
		ay_jw_u64(w, f->row);
	ay_jw_kstr(w, "column", f->column);
	ay_jw_kstr(w, "value", f->value);
	ay_jw_kstr(w, "limit", f->limit);
	ay_jw_kstr(w, "next", f->rule->next);
	ay_jw_object_end(w);
}

void ay_scan_result_json(const struct ay_scan_result *r, const char *path, uint64_t size, struct ay_buf *out)
{
	struct ay_jw w = ay_jw_new(out, false);

	ay_jw_object(&w);
	ay_jw_kstr(&w, "path", path);
	ay_jw_ku64(&w, "size", size);
	ay_jw_kstr(&w, "format", r->format);
	ay_jw_kstr(&w, "verdict", ay_verdict_name(r->verdict));
	ay_jw_key(&w, "profiles");
	ay_jw_array(&w);
	for (uint32_t bit = 1; bit && bit <= r->profile_would_pass; bit <<= 1)
		if (r->profile_would_pass & bit)
			ay_jw_str(&w, ay_profile_name(bit));
	ay_jw_array_end(&w);
	ay_jw_ku64(&w, "found", r->found_total);
	ay_jw_key(&w, "findings");
	ay_jw_array(&w);
	for (size_t i = 0; i < r->found_count; i++)
		write_found(&w, &r->found[i]);
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
}
