/* SPDX-License-Identifier: Apache-2.0 */
/* Chat templates (Jinja2), wherever they are kept: tokenizer_config.json, .jinja files, GGUF metadata. */
#ifndef ASSAY_SCANNERS_TEMPLATE_H
#define ASSAY_SCANNERS_TEMPLATE_H

#include "assay/scan.h"

/* What a template says that could leave its sandbox, or NULL. Constant string; *at_out is its index. */
const char *ay_template_danger(struct ay_cursor text, size_t *at_out);
/* Reports "template.dangerous". off is where the template stands in the member, or AY_NO_OFFSET. */
void ay_template_check(struct ay_scan *s, struct ay_cursor text, uint64_t off);

#endif
