/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/ref.h"

#include <string.h>

#include "assay/error.h"
#include "assay/text.h"

static bool alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool ay_component_ok(const char *component, size_t len)
{
	if (len == 0 || len > AY_LIMIT_COMPONENT || !alnum(component[0]))
		return false;
	for (size_t i = 1; i < len; i++) {
		char c = component[i];

		if (!alnum(c) && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

static bool class_ok(const char *class, size_t len)
{
	static const char *const classes[] = {"models", "datasets", "code"};

	for (size_t i = 0; i < AY_ARRAY_LEN(classes); i++) {
		if (len == strlen(classes[i]) && memcmp(class, classes[i], len) == 0)
			return true;
	}
	return false;
}

static int check_name(const char *name, size_t len, struct ay_error *e)
{
	const char *p = memchr(name, '/', len), *end = name + len;

	if (len > AY_LIMIT_REF)
		return ay_error_set(e, AY_EUSAGE, "the name has %zu bytes, the limit is %d", len, AY_LIMIT_REF);
	if (!class_ok(name, p ? (size_t)(p - name) : len))
		return ay_error_set(e, AY_EUSAGE, "\"%.*s\" must begin with models/, datasets/ or code/", (int)len, name);
	if (!p)
		return ay_error_set(e, AY_EUSAGE, "\"%.*s\" names a class; a name follows it, as in %.*s/NAME", (int)len, name, (int)len, name);
	while (p) {
		const char *component = p + 1;
		size_t n;

		p = memchr(component, '/', (size_t)(end - component));
		n = (size_t)((p ? p : end) - component);
		if (!ay_component_ok(component, n))
			return ay_error_set(e, AY_EUSAGE, "\"%.*s\" in \"%.*s\" is not a name: it takes letters, digits, '.', '_' and '-', "
					    "and begins with a letter or digit", (int)n, component, (int)len, name);
	}
	return 0;
}

int ay_name_parse(const char *text, struct ay_error *e)
{
	return check_name(text, strlen(text), e);
}

int ay_ref_parse(const char *text, struct ay_ref *out, struct ay_error *e)
{
	const char *at = strchr(text, '@');
	size_t len = strlen(text), name_len, version_len;
	int rc;

	*out = (struct ay_ref){0};
	if (len > AY_LIMIT_REF)
		return ay_error_set(e, AY_EUSAGE, "the reference has %zu bytes, the limit is %d", len, AY_LIMIT_REF);
	if (!at)
		return ay_error_set(e, AY_EUSAGE, "\"%s\" has no version; a reference is CLASS/NAME@VERSION", text);
	name_len = (size_t)(at - text);
	version_len = len - name_len - 1;
	rc = check_name(text, name_len, e);
	if (rc)
		return rc;
	if (version_len > AY_LIMIT_VERSION)
		return ay_error_set(e, AY_EUSAGE, "the version has %zu bytes, the limit is %d", version_len, AY_LIMIT_VERSION);
	if (!ay_component_ok(at + 1, version_len))
		return ay_error_set(e, AY_EUSAGE, "\"%s\" is not a version: it takes letters, digits, '.', '_' and '-', "
				    "and begins with a letter or digit", at + 1);
	memcpy(out->text, text, len);
	memcpy(out->name, text, name_len);
	memcpy(out->version, at + 1, version_len);
	return 0;
}

int ay_path_check(const char *path, size_t len, struct ay_error *e)
{
	size_t start = 0, depth = 0, bad;

	if (len == 0)
		return ay_error_set(e, AY_EFORMAT, "the path is empty");
	if (len > AY_LIMIT_PATH)
		return ay_error_set(e, AY_ELIMIT, "the path has %zu bytes, the limit is %d", len, AY_LIMIT_PATH);
	if (memchr(path, '\0', len))
		return ay_error_at(e, AY_EFORMAT, strnlen(path, len), "the path holds a NUL byte");
	bad = ay_utf8_check(path, len);
	if (bad != len)
		return ay_error_at(e, AY_EFORMAT, bad, "the path is not valid UTF-8");
	while (start <= len) {
		const char *c = path + start, *slash = memchr(c, '/', len - start);
		size_t n = slash ? (size_t)(slash - c) : len - start;

		if (n == 0 || (n == 1 && c[0] == '.') || (n == 2 && c[0] == '.' && c[1] == '.'))
			return ay_error_at(e, AY_EFORMAT, start, "the path has an empty, '.' or '..' component");
		if (n > AY_LIMIT_COMPONENT)
			return ay_error_at(e, AY_ELIMIT, start, "a path component has %zu bytes, the limit is %d", n, AY_LIMIT_COMPONENT);
		if (++depth > AY_LIMIT_PATH_DEPTH)
			return ay_error_at(e, AY_ELIMIT, start, "the path has more than %d components", AY_LIMIT_PATH_DEPTH);
		start += n + 1;
	}
	return 0;
}
