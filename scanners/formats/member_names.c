/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/member_names.h"

#include "assay/text.h"

const char *ay_member_name_bad(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > AY_LIMIT_PATH)
		return "is empty or too long";
	if (name[0] == '/')
		return "is absolute";
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '\\' || *p == ':')
			return "has a control character, a backslash or a colon";
	if (ay_utf8_check(name, len) != len)
		return "is not UTF-8";
	for (const char *p = name; p; p = strchr(p, '/')) {
		p += *p == '/';
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return "has an empty, \".\" or \"..\" component";
	}
	return NULL;
}

int ay_member_names_add(struct ay_member_names *m, const char *name, uint64_t off)
{
	size_t len = strlen(name) + 1;

	if (m->count == m->room) {
		size_t room = m->room ? 2 * m->room : 64;
		struct ay_member_name *more = ay_budget_realloc(m->budget, m->seen, room * sizeof(*more));

		if (!more)
			return AY_ELIMIT;
		m->seen = more;
		m->room = room;
	}
	m->seen[m->count] = (struct ay_member_name){ .name = ay_budget_alloc(m->budget, len), .off = off };
	if (!m->seen[m->count].name)
		return AY_ELIMIT;
	snprintf(m->seen[m->count++].name, len, "%s", name);
	return 0;
}

static int by_folded_name(const void *a, const void *b)
{
	const struct ay_member_name *x = a, *y = b;

	return strcasecmp(x->name, y->name);
}

void ay_member_names_check(struct ay_scan *s, struct ay_member_names *m, const char *rule_same, const char *rule_case)
{
	if (m->count > 1)
		qsort(m->seen, m->count, sizeof(*m->seen), by_folded_name);
	for (size_t i = 1; i < m->count; i++) {
		const char *a = m->seen[i - 1].name, *b = m->seen[i].name;

		if (strcmp(a, b) == 0)
			ay_scan_find(s, rule_same, m->seen[i].off, "two members are named %s", a);
		else if (strcasecmp(a, b) == 0)
			ay_scan_find(s, rule_case, m->seen[i].off, "%s and %s differ only in case", a, b);
	}
}

void ay_member_names_free(struct ay_member_names *m)
{
	for (size_t i = 0; i < m->count; i++)
		ay_budget_free(m->budget, m->seen[i].name);
	ay_budget_free(m->budget, m->seen);
	*m = (struct ay_member_names){ .budget = m->budget };
}
