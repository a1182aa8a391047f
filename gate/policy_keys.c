/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a policy: every complaint names the line, the place, and what would be right. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/text.h"
#include "gate/policy_parts.h"

#define WHERE_SIZE 640   /* a pattern and the keys around it */

void ay_texts_free(struct ay_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->list[i]);
	free(t->list);
	*t = (struct ay_texts){0};
}

static int unknown_key(const struct ay_yaml *kid, const char *where, const struct ay_policy_key *keys, size_t nkeys, struct ay_error *e)
{
	struct ay_buf known = ay_buf_new(256);
	int rc;

	for (size_t i = 0; i < nkeys; i++) {
		if (keys[i].read)
			ay_buf_addf(&known, "%s%s", known.len ? ", " : "", keys[i].name);
	}
	rc = ay_error_set(e, AY_EFORMAT, "line %u: unknown key '%s' in %s; known: %s", kid->line, kid->key, *where ? where : "the policy",
			  ay_buf_str(&known));
	ay_buf_free(&known);
	return rc;
}

int ay_policy_read_keys(const struct ay_yaml *map, const char *where, const struct ay_policy_key *keys, size_t nkeys, void *into,
			struct ay_error *e)
{
	if (map->kind != AY_YAML_MAP)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s must be keys with values", map->line, *where ? where : "the policy");
	for (size_t i = 0; i < map->nkids; i++) {
		const struct ay_yaml *kid = &map->kids[i];
		const struct ay_policy_key *key = NULL;
		char place[WHERE_SIZE];
		int rc;

		for (size_t k = 0; k < nkeys && !key; k++) {
			if (strcmp(keys[k].name, kid->key) == 0)
				key = &keys[k];
		}
		if (!key)
			return unknown_key(kid, where, keys, nkeys, e);
		if (!key->read)
			return ay_error_set(e, AY_EFORMAT, "line %u: '%s' in %s is not yet built", kid->line, kid->key, where);
		snprintf(place, sizeof(place), "%s%s%s", where, *where ? "." : "", kid->key);
		rc = key->read(kid, place, into, e);
		if (rc)
			return rc;
	}
	return 0;
}

int ay_policy_check_text(const struct ay_yaml *v, const char *where, struct ay_error *e)
{
	if (v->kind != AY_YAML_SCALAR || !*v->text)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s must be a text", v->line, where);
	return 0;
}

int ay_policy_check_list(const struct ay_yaml *v, const char *where, struct ay_error *e)
{
	if (v->kind != AY_YAML_LIST)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s must be a list, as in [a, b]", v->line, where);
	return 0;
}

int ay_policy_read_choice(const struct ay_yaml *v, const char *where, const char *const *names, size_t nnames, unsigned *out,
			  struct ay_error *e)
{
	struct ay_buf list = ay_buf_new(256);
	int rc;

	for (unsigned i = 0; v->kind == AY_YAML_SCALAR && i < nnames; i++) {
		if (strcmp(v->text, names[i]) == 0) {
			*out = i;
			return 0;
		}
	}
	for (size_t i = 0; i < nnames; i++)
		ay_buf_addf(&list, "%s%s", i ? ", " : "", names[i]);
	rc = ay_error_set(e, AY_EFORMAT, "line %u: %s is '%s'; it must be one of %s", v->line, where,
			  v->kind == AY_YAML_SCALAR ? v->text : "a list or keys", ay_buf_str(&list));
	ay_buf_free(&list);
	return rc;
}

int ay_policy_read_bool(const struct ay_yaml *v, const char *where, bool *out, struct ay_error *e)
{
	static const char *const names[] = {"false", "true"};
	unsigned i;
	int rc = ay_policy_read_choice(v, where, names, 2, &i, e);

	if (rc)
		return rc;
	if (v->quoted)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s must be true or false without quotes", v->line, where);
	*out = i == 1;
	return 0;
}

int ay_policy_read_size(const struct ay_yaml *v, const char *where, uint64_t min, uint64_t max, uint64_t *out, struct ay_error *e)
{
	if (v->kind != AY_YAML_SCALAR || v->quoted || ay_size_parse(v->text, out) != 0)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s must be a size, as in 512MiB", v->line, where);
	if (*out < min || *out > max)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s is %" PRIu64 " bytes; it must be %" PRIu64 " to %" PRIu64, v->line, where,
				    *out, min, max);
	return 0;
}

int ay_policy_read_number(const struct ay_yaml *v, const char *where, uint64_t min, uint64_t max, uint64_t *out, struct ay_error *e)
{
	/* A size without a unit is a number. */
	if (v->kind != AY_YAML_SCALAR || v->quoted || v->text[strspn(v->text, "0123456789")] || ay_size_parse(v->text, out) != 0)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s must be a number", v->line, where);
	if (*out < min || *out > max)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s is %" PRIu64 "; it must be %" PRIu64 " to %" PRIu64, v->line, where, *out,
				    min, max);
	return 0;
}

int ay_policy_read_decimal(const struct ay_yaml *v, const char *where, double max, double *out, struct ay_error *e)
{
	const char *text = v->kind == AY_YAML_SCALAR && !v->quoted ? v->text : "";
	size_t digits = strspn(text, "0123456789"), more = text[digits] == '.' ? 1 + strspn(text + digits + 1, "0123456789") : 0;

	/* Only these characters, so that the locale of the process cannot matter: it is never set. */
	if (!digits || more == 1 || text[digits + more] || digits + more > 20)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s must be a number, as in 0.2", v->line, where);
	*out = strtod(text, NULL);
	if (!(*out > 0) || *out > max)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s is %s; it must be above 0 and at most %g", v->line, where, text, max);
	return 0;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int ay_policy_read_texts(const struct ay_yaml *v, const char *where, struct ay_texts *out, struct ay_error *e)
{
	int rc = ay_policy_check_list(v, where, e);

	if (rc || v->nkids == 0)
		return rc;
	out->list = calloc(v->nkids + 1, sizeof(*out->list));
	if (!out->list)
		return ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
	for (size_t i = 0; i < v->nkids; i++) {
		rc = ay_policy_check_text(&v->kids[i], where, e);
		if (rc)
			return rc;
		out->list[i] = strdup(v->kids[i].text);
		if (!out->list[i])
			return ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
		out->n++;
	}
	qsort(out->list, out->n, sizeof(*out->list), compare_texts);
	for (size_t i = 1; i < out->n; i++) {
		if (strcmp(out->list[i - 1], out->list[i]) == 0)
			return ay_error_set(e, AY_EFORMAT, "line %u: %s lists '%s' twice", v->line, where, out->list[i]);
	}
	return 0;
}
