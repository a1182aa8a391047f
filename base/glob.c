/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of policy and ignore lists. Both levels (bytes in a component,
 * components in a path) remember only their last star: what stands between two
 * stars matches leftmost, so earlier stars never need another try. Each pair of
 * a pattern byte and a path byte is compared a bounded number of times.
 */
#include "assay/text.h"

#include <string.h>

static size_t component_len(const char *s)
{
	return strcspn(s, "/");
}

static bool is_double_star(const char *s, size_t len)
{
	return len == 2 && s[0] == '*' && s[1] == '*';
}

static bool match_component(const char *pat, size_t pat_len, const char *text, size_t text_len)
{
	size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;

	while (t < text_len) {
		if (p < pat_len && pat[p] == '*') {
			star = p++;
			star_text = t;
		} else if (p < pat_len && (pat[p] == '?' || pat[p] == text[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++star_text;
		} else {
			return false;
		}
	}
	while (p < pat_len && pat[p] == '*')
		p++;
	return p == pat_len;
}

/* The component after this one, or NULL after the last. */
static const char *next_component(const char *s, size_t len)
{
	return s[len] == '/' ? s + len + 1 : NULL;
}

bool ay_glob_match(const char *pattern, const char *path)
{
	const char *p = pattern, *t = path, *after_star = NULL, *star_path = NULL;

	while (t) {
		size_t pat_len = p ? component_len(p) : 0, text_len = component_len(t);

		if (p && is_double_star(p, pat_len)) {
			after_star = next_component(p, pat_len);
			if (!after_star)
				return text_len > 0;
			p = after_star;
			star_path = t;
		} else if (p && match_component(p, pat_len, t, text_len)) {
			p = next_component(p, pat_len);
			t = next_component(t, text_len);
		} else if (after_star) {
			p = after_star;
			star_path = next_component(star_path, component_len(star_path));
			t = star_path;
		} else {
			return false;
		}
	}
	return !p;
}

size_t ay_glob_literal(const char *pattern)
{
	return strcspn(pattern, "*?");
}
