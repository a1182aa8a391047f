/* SPDX-License-Identifier: Apache-2.0 */
/* in-toto Statements, v1 and the v0.1 that cosign still writes. Unknown fields are ignored, as the format asks. */
#include <string.h>

#include "assay/claim.h"
#include "assay/limits.h"

static int check(const struct ay_json *root, struct ay_statement *out, struct ay_error *e)
{
	const char *type = ay_json_str(ay_json_get(root, "_type"), NULL);
	const struct ay_json *predicate_type = ay_json_get(root, "predicateType");

	if (!ay_json_is(root, AY_JSON_OBJECT) || !type ||
	    (strcmp(type, "https://in-toto.io/Statement/v1") != 0 && strcmp(type, "https://in-toto.io/Statement/v0.1") != 0))
		return ay_error_set(e, AY_EUNSUPPORTED, "not an in-toto Statement of version 1 or 0.1");
	out->predicate_type = ay_json_is(predicate_type, AY_JSON_STRING) ? ay_json_str(predicate_type, NULL) : NULL;
	if (!out->predicate_type || !*out->predicate_type)
		return ay_error_set(e, AY_EFORMAT, "the statement has no predicateType");
	out->subject = ay_json_get(root, "subject");
	if (!ay_json_is(out->subject, AY_JSON_ARRAY) || ay_json_count(out->subject) == 0)
		return ay_error_set(e, AY_EFORMAT, "the statement has no subject");
	for (size_t i = 0; i < ay_json_count(out->subject); i++)
		if (!ay_json_is(ay_json_get(ay_json_at(out->subject, i), "digest"), AY_JSON_OBJECT))
			return ay_error_set(e, AY_EFORMAT, "subject %zu of the statement has no digest", i);
	out->predicate = ay_json_get(root, "predicate");
	if (ay_json_is(out->predicate, AY_JSON_NULL))
		out->predicate = NULL;
	if (out->predicate && !ay_json_is(out->predicate, AY_JSON_OBJECT))
		return ay_error_set(e, AY_EFORMAT, "the statement's predicate is not an object");
	return 0;
}

int ay_statement_parse(const void *payload, size_t len, struct ay_statement *out, struct ay_error *e)
{
	int r;

	memset(out, 0, sizeof(*out));
	if (len > AY_LIMIT_CLAIM)
		return ay_error_set(e, AY_ELIMIT, "a statement of %zu bytes is too large", len);
	r = ay_json_parse(payload, len, AY_LIMIT_CLAIM_NODES, &out->doc, e);
	if (r == 0)
		r = check(ay_json_root(out->doc), out, e);
	if (r < 0)
		ay_statement_free(out);
	return r;
}

void ay_statement_free(struct ay_statement *st)
{
	ay_json_free(st->doc);
	memset(st, 0, sizeof(*st));
}

bool ay_statement_has_subject(const struct ay_statement *st, const struct ay_sha256 *digest)
{
	for (size_t i = 0; i < ay_json_count(st->subject); i++) {
		const struct ay_json *j = ay_json_path(ay_json_at(st->subject, i), "digest.sha256");
		struct ay_sha256 d;
		size_t len = 0;
		const char *hex = ay_json_is(j, AY_JSON_STRING) ? ay_json_str(j, &len) : NULL;

		if (hex && ay_sha256_parse(hex, len, &d) == 0 && ay_sha256_eq(&d, digest))
			return true;
	}
	return false;
}
