/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/pattern.h"

#include <string.h>

#include "assay/limits.h"
#include "assay/text.h"

struct part {
	const char *s;
	size_t len;
};

static bool is_double_star(struct part p)
{
	return p.len == 2 && p.s[0] == '*' && p.s[1] == '*';
}

static bool could_be_class(struct part p)
{
	static const char *const classes[] = {"models", "datasets", "code"};
	char text[AY_LIMIT_REF + 1];

	memcpy(text, p.s, p.len);
	text[p.len] = '\0';
	for (size_t i = 0; i < AY_ARRAY_LEN(classes); i++) {
		if (ay_glob_match(text, classes[i]))
			return true;
	}
	return false;
}

static const char *part_problem(struct part p, bool first)
{
	if (p.len == 0)
		return "has an empty component";
	if (is_double_star(p))
		return NULL;
	for (size_t i = 0; i < p.len; i++) {
		char c = p.s[i];

		if (c == '*' && i + 1 < p.len && p.s[i + 1] == '*')
			return "has '**' that is not a whole component";
		if (c == '@')
			return "holds '@', but rules are for names without a version";
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && !strchr("._-*?", c))
			return "holds a character that no name has";
	}
	if (first && !could_be_class(p))
		return "begins with none of models, datasets and code";
	return NULL;
}

const char *ay_pattern_problem(const char *pattern)
{
	const char *problem;
	bool first = true;

	if (strlen(pattern) > AY_LIMIT_REF)
		return "is too long";
	for (;;) {
		struct part p = {pattern, strcspn(pattern, "/")};

		problem = part_problem(p, first);
		if (problem)
			return problem;
		if (pattern[p.len] != '/')
			return first && !is_double_star(p) ? "names a class without a name" : NULL;
		pattern += p.len + 1;
		first = false;
	}
}

/* ---- do two patterns meet? ---- */

/*
 * Both are sequences of items, some of which stand for any run of items. The
 * table says for each pair of tails whether they meet, from the ends backwards:
 * a star may end, or swallow one item of the other side.
 */
static bool tails_meet(bool a_star, bool b_star, bool items_meet, bool skip_a, bool skip_b, bool skip_both)
{
	if (a_star || b_star)
		return skip_a || skip_b;
	return items_meet && skip_both;
}

/* Inside one component: '*' is the star, '?' meets any byte. */
static bool components_meet(struct part a, struct part b)
{
	bool rows[2][AY_LIMIT_REF + 1];

	for (size_t i = a.len + 1; i-- > 0;) {
		bool *row = rows[i & 1], *below = rows[(i + 1) & 1];

		for (size_t j = b.len + 1; j-- > 0;) {
			bool a_star = i < a.len && a.s[i] == '*', b_star = j < b.len && b.s[j] == '*';
			bool both = i < a.len && j < b.len;

			if (i == a.len && j == b.len)
				row[j] = true;
			else
				row[j] = tails_meet(a_star, b_star, both && (a.s[i] == b.s[j] || a.s[i] == '?' || b.s[j] == '?'),
						    i < a.len && (a_star || (b_star && both)) && below[j],
						    j < b.len && (b_star || (a_star && both)) && row[j + 1],
						    both && below[j + 1]);
		}
	}
	return rows[0][0];
}

#define PARTS_MAX (AY_LIMIT_REF / 2 + 2)

/* Components of a pattern. A "**" at the end stands for one component or more: a '*' goes before it. */
static size_t split(const char *pattern, struct part parts[PARTS_MAX])
{
	size_t n = 0;

	for (;;) {
		parts[n].s = pattern;
		parts[n].len = strcspn(pattern, "/");
		pattern += parts[n].len;
		if (!*pattern)
			break;
		pattern++;
		n++;
	}
	if (is_double_star(parts[n])) {
		parts[n + 1] = parts[n];
		parts[n++].len = 1;
	}
	return n + 1;
}

bool ay_patterns_meet(const char *a, const char *b)
{
	struct part as[PARTS_MAX], bs[PARTS_MAX];
	size_t na = split(a, as), nb = split(b, bs);
	bool rows[2][PARTS_MAX + 1];

	for (size_t i = na + 1; i-- > 0;) {
		bool *row = rows[i & 1], *below = rows[(i + 1) & 1];

		for (size_t j = nb + 1; j-- > 0;) {
			bool a_star = i < na && is_double_star(as[i]), b_star = j < nb && is_double_star(bs[j]);
			bool both = i < na && j < nb;

			if (i == na && j == nb)
				row[j] = true;
			else
				row[j] = tails_meet(a_star, b_star, both && !a_star && !b_star && below[j + 1] && components_meet(as[i], bs[j]),
						    i < na && (a_star || (b_star && both)) && below[j],
						    j < nb && (b_star || (a_star && both)) && row[j + 1],
						    both && below[j + 1]);
		}
	}
	return rows[0][0];
}
