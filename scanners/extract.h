/* SPDX-License-Identifier: Apache-2.0 */
/* What the driver asks of a running extraction. */
#ifndef ASSAY_SCANNERS_EXTRACT_H
#define ASSAY_SCANNERS_EXTRACT_H

#include <stdbool.h>
#include "assay/extract.h"

/* A finding of this rule says that something would run, not that tensors cannot be read without it. */
bool ay_extract_tolerates(const char *rule);
/* The file itself, of which windows may be noted instead of copied. */
struct ay_source *ay_extract_input(struct ay_scan *s);

#endif
