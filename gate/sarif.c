/* SPDX-License-Identifier: Apache-2.0 */
/* SARIF 2.1.0 from a report document: what code scanning views read. */
#include "gate/candidate.h"

static const char *text(const struct ay_json *j, const char *key)
{
	return ay_json_str(ay_json_get(j, key), NULL);
}

/* SARIF has four levels; the rule's verdict says more than its severity does. */
static const char *level(const struct ay_rule *r)
{
	if (!r || r->verdict == AY_FAIL)
		return "error";
	return r->verdict == AY_PASS ? "note" : "warning";
}

struct rules { const struct ay_rule *v[512]; size_t n; };

static size_t rule_index(struct rules *l, const struct ay_rule *r)
{
	size_t i = 0;

	while (i < l->n && l->v[i] != r)
		i++;
	if (i == l->n && l->n < AY_ARRAY_LEN(l->v))
		l->v[l->n++] = r;
	return i;
}

static void message(struct ay_jw *w, const char *key, const char *s)
{
	ay_jw_key(w, key);
	ay_jw_object(w);
	ay_jw_kstr(w, "text", s ? s : "");
	ay_jw_object_end(w);
}

/* Paths become relative URIs: what RFC 3986 does not allow is escaped. */
static void uri(struct ay_jw *w, const char *path)
{
	struct ay_buf b = ay_buf_new(4 * AY_LIMIT_PATH);

	for (const uint8_t *p = (const uint8_t *)path; *p; p++)
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("/-._~", *p))
			ay_buf_addc(&b, *p);
		else
			ay_buf_addf(&b, "%%%02X", *p);
	ay_jw_kstr(w, "uri", ay_buf_str(&b));
	ay_buf_free(&b);
}

static void location(struct ay_jw *w, const char *path, const struct ay_json *f)
{
	uint64_t n;

	ay_jw_key(w, "locations");
	ay_jw_array(w);
	ay_jw_object(w);
	ay_jw_key(w, "physicalLocation");
	ay_jw_object(w);
	ay_jw_key(w, "artifactLocation");
	ay_jw_object(w);
	uri(w, path);
	ay_jw_object_end(w);
	if (ay_json_is(ay_json_get(f, "row"), AY_JSON_NUMBER) && ay_json_u64(ay_json_get(f, "row"), &n) == 0 && n) {
		ay_jw_key(w, "region");
		ay_jw_object(w);
		ay_jw_ku64(w, "startLine", n);
		ay_jw_object_end(w);
	} else if (ay_json_is(ay_json_get(f, "offset"), AY_JSON_NUMBER) && ay_json_u64(ay_json_get(f, "offset"), &n) == 0 && !text(f, "member")) {
		ay_jw_key(w, "region");
		ay_jw_object(w);
		ay_jw_ku64(w, "byteOffset", n);
		ay_jw_object_end(w);
	}
	ay_jw_object_end(w);
	ay_jw_object_end(w);
	ay_jw_array_end(w);
}

static void result(struct ay_jw *w, struct rules *rules, const char *path, const struct ay_json *f)
{
	static const char *const extra[] = { "member", "column", "value", "limit", NULL };
	const char *id = text(f, "rule");
	const struct ay_rule *r = id ? ay_gate_rule(id) : NULL;
	size_t i = r ? rule_index(rules, r) : AY_ARRAY_LEN(rules->v);

	ay_jw_object(w);
	ay_jw_kstr(w, "ruleId", id ? id : "unknown");
	if (i < AY_ARRAY_LEN(rules->v))
		ay_jw_ku64(w, "ruleIndex", i);
	ay_jw_kstr(w, "level", ay_json_bool(ay_json_get(f, "waived"), false) ? "note" : level(r));
	message(w, "message", text(f, "message"));
	if (path)
		location(w, path, f);
	ay_jw_key(w, "properties");
	ay_jw_object(w);
	for (size_t k = 0; extra[k]; k++)
		if (text(f, extra[k]))
			ay_jw_kstr(w, extra[k], text(f, extra[k]));
	ay_jw_object_end(w);
	ay_jw_object_end(w);
}

/* Findings of files come from the files; gates repeat them, so that of the gates only their own are taken. */
static bool own_rule(const struct ay_json *f)
{
	const char *id = text(f, "rule");

	return !id || !ay_rule_find(id);
}

static void results(struct ay_jw *w, struct rules *rules, const struct ay_json *report)
{
	const struct ay_json *files = ay_json_get(report, "files"), *gates = ay_json_get(report, "gates");

	ay_jw_key(w, "results");
	ay_jw_array(w);
	for (size_t i = 0; i < ay_json_count(files); i++) {
		const struct ay_json *file = ay_json_at(files, i), *list = ay_json_get(file, "findings");

		for (size_t k = 0; k < ay_json_count(list); k++)
			result(w, rules, text(file, "path"), ay_json_at(list, k));
	}
	for (size_t i = 0; i < ay_json_count(gates); i++) {
		const struct ay_json *list = ay_json_get(ay_json_at(gates, i), "findings");

		for (size_t k = 0; k < ay_json_count(list); k++)
			if (own_rule(ay_json_at(list, k)))
				result(w, rules, text(ay_json_at(list, k), "path"), ay_json_at(list, k));
	}
	ay_jw_array_end(w);
}

static void driver(struct ay_jw *w, const struct rules *rules, const char *version)
{
	ay_jw_key(w, "tool");
	ay_jw_object(w);
	ay_jw_key(w, "driver");
	ay_jw_object(w);
	ay_jw_kstr(w, "name", "assay");
	ay_jw_kstr(w, "version", version ? version : PACKAGE_VERSION);
	ay_jw_key(w, "rules");
	ay_jw_array(w);
	for (size_t i = 0; i < rules->n; i++) {
		ay_jw_object(w);
		ay_jw_kstr(w, "id", rules->v[i]->id);
		message(w, "shortDescription", rules->v[i]->meaning);
		message(w, "help", rules->v[i]->next);
		ay_jw_key(w, "defaultConfiguration");
		ay_jw_object(w);
		ay_jw_kstr(w, "level", level(rules->v[i]));
		ay_jw_object_end(w);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
	ay_jw_object_end(w);
	ay_jw_object_end(w);
}

int ay_report_sarif(const struct ay_json *report, struct ay_buf *out)
{
	struct rules *rules = calloc(1, sizeof(*rules));
	struct ay_jw w = ay_jw_new(out, false);

	if (!rules)
		return AY_ELIMIT;
	ay_jw_object(&w);
	ay_jw_kstr(&w, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	ay_jw_kstr(&w, "version", "2.1.0");
	ay_jw_key(&w, "runs");
	ay_jw_array(&w);
	ay_jw_object(&w);
	results(&w, rules, report);
	driver(&w, rules, text(report, "assay"));
	ay_jw_kstr(&w, "columnKind", "utf16CodeUnits");
	ay_jw_object_end(&w);
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
	free(rules);
	return out->err;
}
