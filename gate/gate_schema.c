/* SPDX-License-Identifier: Apache-2.0 */
/* What a schema asks of the tree as a whole: that its files are there and are those that it names by digest, and that their keys meet. */
#include "gate/schema_parts.h"
#include "scanners/data/foreign.h"

static void judge_content(struct ay_candidate *c, const struct ay_schema *s, size_t resource, const struct ay_file *f)
{
	const char *want = ay_schema_resource_sha256(s, resource);
	char have[65], value[24], limit[24];
	uint64_t bytes;

	if (ay_schema_resource_bytes(s, resource, &bytes) && bytes != f->size) {
		snprintf(value, sizeof(value), "%llu", (unsigned long long)f->size);
		snprintf(limit, sizeof(limit), "%llu", (unsigned long long)bytes);
		ay_gate_find(c, AY_GATE_SCHEMA, "schema.digest", f->path, value, limit, "the file has %s bytes, its resource says %s", value, limit);
		return;
	}
	if (!want)
		return;
	ay_sha256_hex(&f->sha256, have);
	if (strcmp(have, want) != 0)
		ay_gate_find(c, AY_GATE_SCHEMA, "schema.digest", f->path, have, want, "the file has another SHA-256 than its resource says");
}

static void judge_files(struct ay_candidate *c, const struct ay_schema *s)
{
	size_t n = ay_schema_resources(s);
	bool *met = calloc(n, sizeof(*met));

	if (!met) {
		ay_gate_find(c, AY_GATE_SCHEMA, "gate.not-judged", NULL, NULL, NULL, "out of memory to compare the files with the schema");
		return;
	}
	for (size_t i = 0; i < c->files.n; i++) {
		int r = ay_schema_resource_of(s, c->files.v[i].path);

		if (r < 0)
			continue;
		met[r] = true;
		judge_content(c, s, (size_t)r, &c->files.v[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (!met[i] && !ay_schema_resource_optional(s, i))
			ay_gate_find(c, AY_GATE_SCHEMA, "schema.missing-file", NULL, NULL, ay_schema_resource_path(s, i),
				     "no file belongs to the resource %s of the schema", ay_schema_resource_path(s, i));
	free(met);
}

void ay_gate_schema(struct ay_candidate *c)
{
	const struct ay_schema *s;
	struct ay_error e = {.off = AY_NO_OFFSET};

	if (!(c->rules->gates >> AY_GATE_SCHEMA & 1) || !c->plan.schema)
		return;
	s = ay_candidate_schema(c, &e);
	if (!s)
		ay_gate_find(c, AY_GATE_SCHEMA, "schema.invalid", NULL, NULL, NULL, "the schema itself is not valid: %s: %s", e.where, e.msg);
	if (s && ay_schema_resources(s))
		judge_files(c, s);
	if (s && ay_foreign_any(s))
		ay_schema_keys(c, s);
}
