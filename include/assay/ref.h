/* SPDX-License-Identifier: Apache-2.0 */
/* References CLASS/NAME@VERSION and relative paths inside artifacts. */
#ifndef ASSAY_REF_H
#define ASSAY_REF_H

#include <stdbool.h>
#include <stddef.h>
#include "assay/attr.h"
#include "assay/limits.h"

struct ay_error;

/*
 * A parsed reference. text is the canonical whole, "models/org/llama@v3";
 * name is the part before '@' with the class, "models/org/llama".
 */
struct ay_ref {
	char text[AY_LIMIT_REF + 1];
	char name[AY_LIMIT_REF + 1];
	char version[AY_LIMIT_VERSION + 1];
};

/* Names: components [A-Za-z0-9][A-Za-z0-9._-]*, class models|datasets|code, version the same characters, at most 128. */
AY_MUSTCHECK int ay_ref_parse(const char *text, struct ay_ref *out, struct ay_error *e);
/* CLASS/NAME without a version. */
AY_MUSTCHECK int ay_name_parse(const char *text, struct ay_error *e);
bool ay_component_ok(const char *component, size_t len);

/*
 * A path inside an artifact: relative, '/'-separated, valid UTF-8, no empty,
 * '.' or '..' component, no NUL, component <= 255 bytes, whole <= AY_LIMIT_PATH.
 * Control bytes are legal in names (and escaped when shown).
 */
AY_MUSTCHECK int ay_path_check(const char *path, size_t len, struct ay_error *e);

#endif
