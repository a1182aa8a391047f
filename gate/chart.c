/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/chart.h"

#include <math.h>

#include "assay/limits.h"
#include "assay/text.h"

#define WIDE 640.0               /* of the drawing, in its own units */
#define LEFT 46.0                /* room of the scale */
#define TOP 10.0
#define TALL 130.0               /* of the highest bar */
#define BEYOND 22.0              /* width of the bars beyond the ends */
#define GAP 8.0
#define NAMES 190.0              /* room of the names of values */
#define ROW 32.0
#define NAME_LETTERS 26

void ay_chart_text(struct ay_buf *out, const char *s)
{
	struct ay_buf b = ay_buf_new(64 * KIB);

	ay_escape(&b, s ? s : "", s ? strlen(s) : 0);
	for (const char *p = ay_buf_str(&b); *p; p++)
		switch (*p) {
		case '<': ay_buf_adds(out, "&lt;"); break;
		case '>': ay_buf_adds(out, "&gt;"); break;
		case '&': ay_buf_adds(out, "&amp;"); break;
		case '"': ay_buf_adds(out, "&quot;"); break;
		case '\'': ay_buf_adds(out, "&#39;"); break;
		default: ay_buf_addc(out, (uint8_t)*p);
		}
	ay_buf_free(&b);
}

static double share(uint64_t n, uint64_t rows)
{
	double s = rows ? (double)n / (double)rows : 0;

	return s > 1 ? 1 : s;
}

/* The least of 1, 2, 5, 10 ... per cent that nothing exceeds. */
static double scale_of(const struct ay_chart *c, size_t n)
{
	static const double tops[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1};
	double most = 0;
	size_t k = 0;

	for (int s = 0; s < 2; s++) {
		most = fmax(most, fmax(share(c->below[s], c->rows[s]), share(c->above[s], c->rows[s])));
		for (size_t i = 0; i < n; i++)
			most = fmax(most, share(c->bars[i].counts[s], c->rows[s]));
	}
	while (k + 1 < AY_ARRAY_LEN(tops) && tops[k] < most)
		k++;
	return tops[k];
}

static void start(struct ay_buf *out, const struct ay_chart *c, double tall)
{
	ay_buf_addf(out, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"t%u d%u\"><title id=\"t%u\">", WIDE, tall, c->id, c->id, c->id);
	ay_chart_text(out, c->title);
	ay_buf_addf(out, "</title><desc id=\"d%u\">", c->id);
	ay_chart_text(out, c->description);
	ay_buf_adds(out, "</desc>\n");
}

static void word(struct ay_buf *out, double x, double y, const char *anchor, const char *text)
{
	ay_buf_addf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
	ay_chart_text(out, text);
	ay_buf_adds(out, "</text>\n");
}

static void box(struct ay_buf *out, const char *class, double x, double y, double w, double h)
{
	if (h > 0 && w > 0)
		ay_buf_addf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", class, x, y, w, h);
}

static double height(uint64_t n, uint64_t rows, double top)
{
	double h = share(n, rows) / top * TALL;

	/* What is there is seen. */
	return n && rows && h < 1 ? 1 : h;
}

/* ---- histogram ---- */

struct frame { double x, step, top, floor; size_t n; };

static void grid(struct ay_buf *out, const struct frame *f)
{
	char text[16];

	for (int k = 0; k <= 2; k++) {
		double y = f->floor - TALL * k / 2;

		ay_buf_addf(out, "<path class=\"%s\" d=\"M%.0f %.1fH%.0f\"/>\n", k ? "grid" : "axis", LEFT, y, WIDE);
		snprintf(text, sizeof(text), "%.3g%%", f->top * 50 * k);
		word(out, LEFT - 5, y + 4, "end", text);
	}
}

/* The batch as a line over the bins, dropped to the floor at both ends. */
static void outline(struct ay_buf *out, const struct ay_chart *c, const struct frame *f)
{
	if (!f->n || !c->rows[1])
		return;
	ay_buf_addf(out, "<path class=\"line\" d=\"M%.1f %.1f", f->x, f->floor);
	for (size_t i = 0; i < f->n; i++)
		ay_buf_addf(out, "V%.1fH%.1f", f->floor - height(c->bars[i].counts[1], c->rows[1], f->top), f->x + f->step * (double)(i + 1));
	ay_buf_addf(out, "V%.1f\"/>\n", f->floor);
}

static void beyond(struct ay_buf *out, const struct ay_chart *c, const struct frame *f, const uint64_t counts[2], double x)
{
	double h = height(counts[0], c->rows[0], f->top), b = height(counts[1], c->rows[1], f->top);

	box(out, "ref", x, f->floor - h, BEYOND, h);
	box(out, "batch", x + BEYOND / 3, f->floor - b, BEYOND / 3, b);
}

static void marks(struct ay_buf *out, const struct ay_chart *c, const struct frame *f)
{
	char text[40];
	double end = c->low + c->width * (double)f->n, x = f->x + (c->mark - c->low) / c->width * f->step;

	snprintf(text, sizeof(text), "%.4g", c->low);
	word(out, f->x, f->floor + 16, "start", text);
	snprintf(text, sizeof(text), "%.4g", c->low + (end - c->low) / 2);
	word(out, f->x + f->step * (double)f->n / 2, f->floor + 16, "middle", text);
	snprintf(text, sizeof(text), "%.4g", end);
	word(out, f->x + f->step * (double)f->n, f->floor + 16, "end", text);
	word(out, LEFT + BEYOND / 2, f->floor + 16, "middle", "<");
	word(out, WIDE - BEYOND / 2, f->floor + 16, "middle", ">");
	if (x >= f->x && x <= f->x + f->step * (double)f->n)
		ay_buf_addf(out, "<path class=\"mark\" d=\"M%.1f %.1fV%.1f\"/>\n", x, TOP, f->floor);
}

void ay_chart_histogram(struct ay_buf *out, const struct ay_chart *c)
{
	size_t n = c->n < AY_CHART_BARS ? c->n : AY_CHART_BARS;
	double x = LEFT + BEYOND + GAP, room = WIDE - x - BEYOND - GAP;
	struct frame f = {x, room / (double)(n ? n : 1), scale_of(c, n), TOP + TALL, n};

	start(out, c, TOP + TALL + 24);
	grid(out, &f);
	for (size_t i = 0; i < n; i++) {
		double h = height(c->bars[i].counts[0], c->rows[0], f.top);

		box(out, "ref", f.x + f.step * (double)i, f.floor - h, f.step, h);
	}
	outline(out, c, &f);
	beyond(out, c, &f, c->below, LEFT);
	beyond(out, c, &f, c->above, WIDE - BEYOND);
	if (c->width > 0 && isfinite(c->low) && isfinite(c->width))
		marks(out, c, &f);
	ay_buf_adds(out, "</svg>\n");
}

/* ---- values ---- */

/* Cut by letters; what is cut ends with dots. Escapes stay whole, since they are made after it. */
static void name_of(const char *label, char out[4 * NAME_LETTERS + 8])
{
	size_t letters = 0, len = 0, cut = 0;
	const char *s = label ? label : "";

	for (; s[len] && letters < NAME_LETTERS && len < 4 * NAME_LETTERS; len++) {
		if (((uint8_t)s[len + 1] & 0xc0) != 0x80)
			letters++;
		if (letters == NAME_LETTERS - 1 && !cut)
			cut = len + 1;
	}
	if (s[len])
		snprintf(out, 4 * NAME_LETTERS + 8, "%.*s…", (int)(cut ? cut : len), s);
	else
		snprintf(out, 4 * NAME_LETTERS + 8, "%s", s);
}

static void side(struct ay_buf *out, const char *class, double y, double tall, double part, double top)
{
	char text[16];
	double room = WIDE - NAMES - 60, w = part / top * room;

	box(out, class, NAMES, y, part > 0 && w < 1 ? 1 : w, tall);
	snprintf(text, sizeof(text), "%.3g%%", part * 100);
	ay_buf_addf(out, "<text class=\"small\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", NAMES + w + 4, y + tall - 1, text);
}

void ay_chart_values(struct ay_buf *out, const struct ay_chart *c)
{
	size_t n = c->n < AY_CHART_BARS ? c->n : AY_CHART_BARS;
	char name[4 * NAME_LETTERS + 8];
	double top = scale_of(c, n);

	start(out, c, TOP + ROW * (double)(n ? n : 1));
	ay_buf_addf(out, "<path class=\"axis\" d=\"M%.0f %.0fV%.0f\"/>\n", NAMES, TOP - 4, TOP + ROW * (double)n);
	for (size_t i = 0; i < n; i++) {
		double y = TOP + ROW * (double)i;

		name_of(c->bars[i].label, name);
		word(out, NAMES - 6, y + 17, "end", name);
		if (c->rows[0])
			side(out, "ref", y, 12, share(c->bars[i].counts[0], c->rows[0]), top);
		if (c->rows[1])
			side(out, "batch", y + 13, 10, share(c->bars[i].counts[1], c->rows[1]), top);
	}
	ay_buf_adds(out, "</svg>\n");
}
