/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions of schemas, matched against whole values in time linear
 * in the value: the subset that XML Schema and ECMAScript read alike, plus
 * non-capturing groups, \d \w \s (ASCII), lazy marks (which change nothing for
 * a whole match), and ^ and $ at the ends. No backreferences, look-around, \b,
 * \p, flags or class subtraction: refused when compiled.
 */
#ifndef ASSAY_SCANNERS_PATTERN_H
#define ASSAY_SCANNERS_PATTERN_H

#include "assay/error.h"

#include <stdbool.h>
#include <stddef.h>

struct ay_pattern;

/* AY_EFORMAT (not a pattern), AY_EUNSUPPORTED (beyond the subset), AY_ELIMIT (too large), with e->off in the text. */
AY_MUSTCHECK int ay_pattern_compile(const char *text, size_t len, struct ay_pattern **out, struct ay_error *e);
/* The whole of value matches. Not thread-safe: states are made as they are met, in bounded memory. False out of memory. */
bool ay_pattern_match(struct ay_pattern *p, const char *value, size_t len);
void ay_pattern_free(struct ay_pattern *p);

#endif
