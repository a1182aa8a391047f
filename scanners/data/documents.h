/* SPDX-License-Identifier: Apache-2.0 */
/* Files of JSON documents against the JSON Schema that is about them. */
#ifndef ASSAY_SCANNERS_DOCUMENTS_H
#define ASSAY_SCANNERS_DOCUMENTS_H

#include "assay/scan.h"

struct ay_documents;

/* *out NULL: no JSON Schema is about the file at hand. whole: the file is one document, and only a resource that names it is about it. */
AY_MUSTCHECK int ay_documents_open(struct ay_scan *s, bool whole, struct ay_documents **out);
/* One document, which the strict reader has read. row: 0 for a file that is one. */
AY_MUSTCHECK int ay_documents_judge(struct ay_documents *d, struct ay_cursor text, uint64_t row);
/* The file that is one. */
AY_MUSTCHECK int ay_documents_judge_file(struct ay_documents *d, struct ay_source *in);
/* Reports what was not listed. NULL does nothing. */
void ay_documents_close(struct ay_documents *d);

#endif
