/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns over CLASS/NAME, beyond matching them (which is ay_glob_match). */
#ifndef ASSAY_GATE_PATTERN_H
#define ASSAY_GATE_PATTERN_H

#include <stdbool.h>
#include "assay/attr.h"

/* NULL when the pattern can match some CLASS/NAME and is well-formed, else what is wrong with it, as a phrase. */
const char *ay_pattern_problem(const char *pattern);
/* Is there a name that both match? Only for patterns without a problem. */
bool ay_patterns_meet(const char *a, const char *b);

#endif
