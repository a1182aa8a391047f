/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/driver.h"

#include <errno.h>

#include "assay/text.h"

const char *ay_verdict_name(enum ay_verdict v)
{
	switch (v) {
	case AY_PASS: return "pass";
	case AY_WARN: return "warn";
	case AY_INCONCLUSIVE: return "inconclusive";
	case AY_ERROR: return "error";
	case AY_FAIL: return "fail";
	}
	return "error";
}

const char *ay_severity_name(enum ay_severity s)
{
	switch (s) {
	case AY_NOTE: return "note";
	case AY_LOW: return "low";
	case AY_MEDIUM: return "medium";
	case AY_HIGH: return "high";
	case AY_CRITICAL: return "critical";
	}
	return "critical";
}

static const struct {
	const char *name;
	uint32_t bit;
} profiles[] = {
	{ "weights", AY_PROFILE_WEIGHTS },
	{ "sklearn", AY_PROFILE_SKLEARN },
	{ "torch-module", AY_PROFILE_TORCH_MODULE },
	{ "hf-trainer", AY_PROFILE_HF_TRAINER },
	{ "pandas", AY_PROFILE_PANDAS },
};

uint32_t ay_profile_bit(const char *name)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(profiles); i++)
		if (strcmp(profiles[i].name, name) == 0)
			return profiles[i].bit;
	return 0;
}

const char *ay_profile_name(uint32_t bit)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(profiles); i++)
		if (profiles[i].bit == bit)
			return profiles[i].name;
	return NULL;
}

static void found_free(struct ay_found *f)
{
	free(f->member);
	free(f->column);
	free(f->value);
	free(f->limit);
	free(f->message);
	*f = (struct ay_found){ 0 };
}

void ay_scan_result_free(struct ay_scan_result *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->found_count; i++)
		found_free(&r->found[i]);
	free(r->found);
	ay_siblings_free(r->siblings, r->sibling_count);
	free(r->profile);
	free(r->keys);
	*r = (struct ay_scan_result){ 0 };
}

/* Owned copy, safe to print; NULL stays NULL. */
static char *escaped(const char *text)
{
	struct ay_buf b = ay_buf_new(64 * KIB);

	if (!text)
		return NULL;
	if (ay_buf_adds(&b, "") < 0 || ay_escape(&b, text, strlen(text)) < 0) {
		ay_buf_free(&b);
		return NULL;
	}
	return (char *)ay_buf_steal(&b, NULL);
}

/* Where the finding goes: a new place, or that of the mildest listed one when the list is full; NULL when it is only counted. */
static struct ay_found *place(struct ay_scan_result *r, const struct ay_rule *rule)
{
	struct ay_found *mildest;

	if (!r->found)
		r->found = calloc(AY_LIMIT_FINDINGS_PER_FILE, sizeof(*r->found));
	if (!r->found)
		return NULL;
	if (r->found_count < AY_LIMIT_FINDINGS_PER_FILE)
		return &r->found[r->found_count++];
	mildest = &r->found[0];
	for (size_t i = 1; i < r->found_count; i++)
		if (r->found[i].rule->verdict <= mildest->rule->verdict)
			mildest = &r->found[i];
	if (mildest->rule->verdict >= rule->verdict)
		return NULL;
	found_free(mildest);
	return mildest;
}

void ay_scan_result_add(struct ay_scan_result *r, const struct ay_rule *rule, const char *member, const struct ay_finding *f)
{
	struct ay_found *found;

	r->found_total++;
	if (rule->verdict > r->verdict)
		r->verdict = rule->verdict;
	found = place(r, rule);
	if (!found)
		return;
	*found = (struct ay_found){
		.rule = rule, .member = escaped(member), .column = escaped(f->column), .value = escaped(f->value),
		.limit = escaped(f->limit), .message = escaped(f->message), .off = f->off, .row = f->row,
	};
}

void ay_scan_result_find(struct ay_scan_result *r, const char *rule, const char *message)
{
	struct ay_finding f = {.off = AY_NO_OFFSET};
	const struct ay_rule *known = ay_rule_find(rule);

	snprintf(f.message, sizeof(f.message), "%s", message);
	ay_scan_result_add(r, known, "", &f);
	/* What was found beside the scan, no profile permits. */
	if (known->verdict >= AY_INCONCLUSIVE)
		r->profile_would_pass = 0;
}

void ay_profile_bytes_encode(const uint8_t *profile, size_t len, struct ay_buf *out)
{
	ay_buf_le32(out, (uint32_t)len);
	ay_buf_add(out, profile, len);
}

static int bytes_decode(struct ay_cursor *c, size_t most, uint8_t **out, size_t *len_out)
{
	uint32_t len = ay_cursor_le32(c);

	*out = NULL;
	*len_out = 0;
	if (!c->err && (len > most || len > c->left))
		ay_cursor_fail(c, AY_EFORMAT);
	if (c->err || !len)
		return c->err;
	*out = malloc(len);
	if (!*out)
		return ay_cursor_fail(c, -ENOMEM);
	ay_cursor_copy(c, *out, len);
	*len_out = len;
	return 0;
}

int ay_profile_bytes_decode(struct ay_cursor *c, uint8_t **out, size_t *len_out)
{
	return bytes_decode(c, AY_LIMIT_PROFILE, out, len_out);
}

int ay_key_bytes_decode(struct ay_cursor *c, uint8_t **out, size_t *len_out)
{
	return bytes_decode(c, AY_LIMIT_KEYS, out, len_out);
}
