/* SPDX-License-Identifier: Apache-2.0 */
/* "access": who may publish, read and attest through the mount. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "assay/text.h"
#include "gate/pattern.h"
#include "gate/policy_parts.h"

#define UID_CACHE_S 60

static void subjects_free(struct ay_subject *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i].name);
	free(list);
}

void ay_access_free(struct ay_access *a)
{
	free(a->pattern);
	subjects_free(a->publish, a->npublish);
	subjects_free(a->read, a->nread);
	subjects_free(a->attest, a->nattest);
}

static int read_subject(const struct ay_yaml *v, const char *where, struct ay_subject *out, struct ay_error *e)
{
	const char *name = NULL;

	if (v->kind == AY_YAML_SCALAR && strcmp(v->text, "everyone") == 0) {
		out->kind = AY_SUBJECT_EVERYONE;
		return 0;
	}
	if (v->kind == AY_YAML_SCALAR && strncmp(v->text, "user:", 5) == 0) {
		out->kind = AY_SUBJECT_USER;
		name = v->text + 5;
	} else if (v->kind == AY_YAML_SCALAR && strncmp(v->text, "group:", 6) == 0) {
		out->kind = AY_SUBJECT_GROUP;
		name = v->text + 6;
	}
	if (!name || !*name)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s takes user:NAME, group:NAME and everyone, not '%s'", v->line, where,
				    v->kind == AY_YAML_SCALAR ? v->text : "a list or keys");
	out->name = strdup(name);
	return out->name ? 0 : ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
}

static int read_subjects(const struct ay_yaml *v, const char *where, struct ay_subject **list, size_t *n, struct ay_error *e)
{
	int rc = ay_policy_check_list(v, where, e);

	if (rc || v->nkids == 0)
		return rc;
	*list = calloc(v->nkids, sizeof(**list));
	if (!*list)
		return ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
	*n = v->nkids;
	for (size_t i = 0; i < v->nkids && !rc; i++)
		rc = read_subject(&v->kids[i], where, &(*list)[i], e);
	return rc;
}

static int read_for(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_access *a = into;
	const char *problem;
	int rc = ay_policy_check_text(v, where, e);

	if (rc)
		return rc;
	problem = ay_pattern_problem(v->text);
	if (problem)
		return ay_error_set(e, AY_EFORMAT, "line %u: the pattern \"%s\" in %s %s", v->line, v->text, where, problem);
	a->pattern = strdup(v->text);
	return a->pattern ? 0 : ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
}

static int read_publish(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_access *a = into;

	return read_subjects(v, where, &a->publish, &a->npublish, e);
}

static int read_read(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_access *a = into;

	return read_subjects(v, where, &a->read, &a->nread, e);
}

static int read_attest(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_access *a = into;

	return read_subjects(v, where, &a->attest, &a->nattest, e);
}

static const struct ay_policy_key access_keys[] = {
	{"for", read_for}, {"publish", read_publish}, {"read", read_read}, {"attest", read_attest},
};

static int read_one(const struct ay_yaml *v, const char *where, struct ay_policy *p, struct ay_error *e)
{
	struct ay_access *a = &p->access[p->naccess++];
	int rc = ay_policy_read_keys(v, where, access_keys, AY_ARRAY_LEN(access_keys), a, e);

	if (rc)
		return rc;
	a->line = v->line;
	if (!a->pattern)
		return ay_error_set(e, AY_EFORMAT, "line %u: an entry of access lacks 'for', the pattern of names that it is about", v->line);
	for (const struct ay_access *other = p->access; other < a; other++) {
		if (ay_glob_literal(other->pattern) == ay_glob_literal(a->pattern) && ay_patterns_meet(other->pattern, a->pattern))
			return ay_error_set(e, AY_EFORMAT, "line %u: access for \"%s\" is as specific as \"%s\" on line %u, and both match some "
					    "names", a->line, a->pattern, other->pattern, other->line);
	}
	return 0;
}

int ay_policy_read_access(const struct ay_yaml *v, const char *where, void *policy, struct ay_error *e)
{
	struct ay_policy *p = policy;
	int rc = ay_policy_check_list(v, where, e);

	if (rc)
		return rc;
	if (v->nkids > AY_POLICY_ENTRIES_MAX)
		return ay_error_set(e, AY_ELIMIT, "line %u: access has more than %d entries", v->line, AY_POLICY_ENTRIES_MAX);
	p->access = calloc(v->nkids + 1, sizeof(*p->access));
	if (!p->access)
		return ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
	for (size_t i = 0; i < v->nkids && !rc; i++)
		rc = read_one(&v->kids[i], where, p, e);
	return rc;
}

/* ---- asking ---- */

/* Is this uid the user's? Names are looked up at most once a minute: a lookup may go over the network. */
static bool is_user(struct ay_subject *s, uint32_t uid)
{
	uint64_t now = (uint64_t)ay_time_mono_ms() / 1000 + 1, seen = atomic_load(&s->uid_cache);
	struct passwd pw, *found = NULL;
	char text[4096];

	if (!s->name[strspn(s->name, "0123456789")])
		return strtoull(s->name, NULL, 10) == uid;
	if (seen && now - (seen >> 32) < UID_CACHE_S)
		return (uint32_t)seen == uid && uid != UINT32_MAX;
	if (getpwnam_r(s->name, &pw, text, sizeof(text), &found) != 0)
		return false;
	seen = now << 32 | (found ? pw.pw_uid : UINT32_MAX);
	atomic_store(&s->uid_cache, seen);
	return (uint32_t)seen == uid && uid != UINT32_MAX;
}

static bool any_is(struct ay_subject *list, size_t n, uint32_t uid, bool (*in_group)(const char *group, void *arg), void *arg)
{
	for (size_t i = 0; i < n; i++) {
		switch (list[i].kind) {
		case AY_SUBJECT_EVERYONE:
			return true;
		case AY_SUBJECT_USER:
			if (is_user(&list[i], uid))
				return true;
			break;
		case AY_SUBJECT_GROUP:
			if (in_group && in_group(list[i].name, arg))
				return true;
			break;
		}
	}
	return false;
}

static bool grants(const struct ay_access *a, enum ay_right right, uint32_t uid, bool (*in_group)(const char *group, void *arg), void *arg)
{
	switch (right) {
	case AY_RIGHT_READ:
		return any_is(a->read, a->nread, uid, in_group, arg);
	case AY_RIGHT_ATTEST:
		/* Who may publish a thing may also speak about it. */
		return any_is(a->attest, a->nattest, uid, in_group, arg) || any_is(a->publish, a->npublish, uid, in_group, arg);
	case AY_RIGHT_PUBLISH:
		return any_is(a->publish, a->npublish, uid, in_group, arg);
	}
	return false;
}

bool ay_policy_access(const struct ay_policy *p, const char *name, enum ay_right right, uint32_t uid,
		      bool (*in_group)(const char *group, void *arg), void *arg)
{
	const struct ay_access *best = NULL;
	size_t best_literal = 0;

	for (size_t i = 0; i < p->naccess; i++) {
		const struct ay_access *a = &p->access[i];
		size_t literal = ay_glob_literal(a->pattern);

		if ((!best || literal > best_literal) && ay_glob_match(a->pattern, name)) {
			best = a;
			best_literal = literal;
		}
	}
	return best && grants(best, right, uid, in_group, arg);
}

bool ay_policy_may_below(const struct ay_policy *p, const char *dir, enum ay_right right, uint32_t uid,
			 bool (*in_group)(const char *group, void *arg), void *arg)
{
	char below[AY_LIMIT_REF + 4];

	if ((size_t)snprintf(below, sizeof(below), "%s/**", dir) > AY_LIMIT_REF || ay_pattern_problem(below))
		return false;
	for (size_t i = 0; i < p->naccess; i++) {
		if (ay_patterns_meet(p->access[i].pattern, below) && grants(&p->access[i], right, uid, in_group, arg))
			return true;
	}
	return false;
}
