/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages for people, from JSON: one file, no scripts, nothing fetched, light and dark as the reader's system is, all of it
 * reached by the keyboard. Used by report.html and `assay compare --html`. Sticky errors of out.
 */
#ifndef ASSAY_GATE_PAGE_H
#define ASSAY_GATE_PAGE_H

#include "assay/buf.h"
#include "assay/json.h"

/* Up to and with the heading: what is judged, and how. verdict: pass, warn, fail, inconclusive or error. */
void ay_page_start(struct ay_buf *out, const char *title, const char *verdict);
void ay_page_end(struct ay_buf *out);
/* A verdict or a state as a word in its colour. */
void ay_page_badge(struct ay_buf *out, const char *state);
/* Text of a member, escaped; numbers as they stand. */
void ay_page_member(struct ay_buf *out, const struct ay_json *object, const char *key);
/*
 * Columns as gate/compared.h writes them, in their order: those that are not as the reference are open. Nothing when
 * the array is empty or absent.
 */
void ay_page_columns(struct ay_buf *out, const struct ay_json *columns);
/* Rows as ay_compared_worst writes them. Nothing when there are none. */
void ay_page_worst(struct ay_buf *out, const struct ay_json *rows);

#endif
