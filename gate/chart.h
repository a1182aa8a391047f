/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charts as inline SVG, for pages that fetch nothing and run nothing. Colours are the page's (classes ref, batch, axis), so
 * that light and dark need one drawing. The reference is a filled area, the batch a line or a thin bar: told apart without
 * colour too. Every chart has a title and a description for those who do not see it. What a bar is called may be hostile.
 */
#ifndef ASSAY_GATE_CHART_H
#define ASSAY_GATE_CHART_H

#include "assay/buf.h"

#define AY_CHART_BARS 64                 /* more are not drawn */

struct ay_chart_bar { const char *label; uint64_t counts[2]; };

/* All borrowed. Heights are shares of rows[0], of the reference, and rows[1], of the batch; a side without rows is not drawn. */
struct ay_chart {
	unsigned id;                     /* of its parts, unlike those of others on the page */
	const char *title, *description;
	const struct ay_chart_bar *bars;
	size_t n;
	uint64_t rows[2];
	/* Of a histogram: what lies beyond its ends; where it begins, the width of a bin, and a place to mark or NAN. */
	uint64_t below[2], above[2];
	double low, width, mark;
};

/* Markup escaped; control bytes and what is no UTF-8 made visible. NULL is nothing. */
void ay_chart_text(struct ay_buf *out, const char *s);
/* Bins of numbers, from left to right. Sticky errors of out. */
void ay_chart_histogram(struct ay_buf *out, const struct ay_chart *c);
/* Values with their names, from top to bottom. */
void ay_chart_values(struct ay_buf *out, const struct ay_chart *c);

#endif
