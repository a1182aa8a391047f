/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/webdataset.h"

#include <strings.h>

#include "assay/text.h"
#include "scanners/formats/bytes.h"
#include "scanners/images.h"

#define PARTS_MAX 64            /* members of one sample */
#define LABEL_MAX 24            /* bytes of an integer as text */
#define HEAD 512

struct sample {
	size_t first, count;        /* members that lie together */
};

struct samples {
	struct ay_scan *scan;
	struct ay_source *in;
	struct ay_budget *budget;
	const struct ay_wds_member *v;
	struct sample *s;
	size_t n;
	size_t image;               /* next one that may get a label */
};

/* ---- names ---- */

/* Bytes before the first dot of the name; 0: the reader passes over it. */
static size_t stem_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strchr(name, '.');

	return dot && dot > name && dot[1] ? (size_t)(dot - path) : 0;
}

static const char *kind_of(const char *path)
{
	return path + stem_of(path) + 1;
}

static bool is_one_of(const char *kind, const char *const *list)
{
	const char *dot = strrchr(kind, '.'), *last = dot ? dot + 1 : kind;

	for (; *list; list++)
		if (strcasecmp(last, *list) == 0)
			return true;
	return false;
}

static const char *const integers[] = {"cls", "cls2", "index", "inx", "id", "count", NULL};
static const char *const documents[] = {"json", NULL};
static const char *const texts[] = {"txt", "text", "transcript", NULL};
static const char *const images[] = {"png", "jpg", "jpeg", NULL};
static const char *const data[] = {
	"png", "jpg", "jpeg", "webp", "gif", "ppm", "pgm", "pbm", "bmp", "tif", "tiff", "flac", "mp3", "wav", "ogg", "opus", "mp4", "avi", "mov", "mkv", "npy",
	"npz", "pth", "ten", NULL
};

static bool same_stem(const struct ay_wds_member *a, const struct ay_wds_member *b)
{
	size_t n = stem_of(a->name);

	return n == stem_of(b->name) && memcmp(a->name, b->name, n) == 0;
}

/* ---- samples ---- */

static int find_samples(struct samples *w, size_t n)
{
	w->s = ay_budget_alloc(w->budget, (n + 1) * sizeof(*w->s));
	if (!w->s)
		return AY_ELIMIT;
	for (size_t i = 0; i < n; i++) {
		const struct ay_wds_member *m = &w->v[i];

		if (!stem_of(m->name))
			continue;
		if (w->n && w->s[w->n - 1].first + w->s[w->n - 1].count == i && same_stem(&w->v[w->s[w->n - 1].first], m))
			w->s[w->n - 1].count++;
		else
			w->s[w->n++] = (struct sample){.first = i, .count = 1};
	}
	return 0;
}

static bool is_like_a_sample(const struct samples *w, const struct sample *s)
{
	bool labelled = false, filled = false;

	for (size_t i = s->first; i < s->first + s->count; i++) {
		const char *kind = kind_of(w->v[i].name);

		labelled = labelled || is_one_of(kind, integers) || is_one_of(kind, documents) || is_one_of(kind, texts);
		filled = filled || is_one_of(kind, data);
	}
	return labelled && filled;
}

static bool has(const struct samples *w, const struct sample *s, const char *kind)
{
	for (size_t i = s->first; i < s->first + s->count; i++)
		if (strcasecmp(kind_of(w->v[i].name), kind) == 0)
			return true;
	return false;
}

/* The first kind that b lacks, or NULL. */
static const char *lacks(const struct samples *w, const struct sample *a, const struct sample *b)
{
	for (size_t i = a->first; i < a->first + a->count; i++)
		if (!has(w, b, kind_of(w->v[i].name)))
			return kind_of(w->v[i].name);
	return NULL;
}

/* One that most are like, when there is a majority: each other sample takes away one vote. */
static const struct sample *usual(const struct samples *w)
{
	const struct sample *best = NULL;
	size_t votes = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct sample *s = &w->s[i];

		if (votes == 0)
			best = s;
		if (s->count == best->count && !lacks(w, best, s))
			votes++;
		else
			votes--;
	}
	return best;
}

static void name_sample(const struct samples *w, const struct sample *s, char *out, size_t size)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_PATH + 1);

	ay_buf_add(&b, w->v[s->first].name, stem_of(w->v[s->first].name));
	ay_escape_str(out, size, ay_buf_str(&b));
	ay_buf_free(&b);
}

static void check_set(struct samples *w, const struct sample *s, const struct sample *model)
{
	const char *less = lacks(w, model, s), *more = lacks(w, s, model);
	char name[128], kind[64];

	if (!less && !more)
		return;
	name_sample(w, s, name, sizeof(name));
	ay_escape_str(kind, sizeof(kind), less ? less : more);
	ay_scan_find(w->scan, "webdataset.set", w->v[s->first].off, "the sample %s has %s .%s, other samples %s", name, less ? "no" : "a", kind,
		     less ? "have one" : "have none");
}

static void check_twice(struct samples *w, const struct sample *s)
{
	for (size_t i = s->first; i < s->first + s->count; i++)
		for (size_t k = s->first; k < i; k++)
			if (strcasecmp(kind_of(w->v[i].name), kind_of(w->v[k].name)) == 0)
				ay_scan_find(w->scan, "webdataset.duplicate", w->v[i].off, "a sample has two members of the kind .%s", kind_of(w->v[i].name));
}

/* ---- contents ---- */

/* [+-]digits, and the end of a line. */
static bool is_integer(struct ay_cursor c, size_t *len)
{
	size_t digits = 0;
	int ch;

	if (!ay_cursor_accept(&c, "-", 1))
		ay_cursor_accept(&c, "+", 1);
	while ((ch = ay_cursor_peek(&c, 0)) >= '0' && ch <= '9') {
		ay_cursor_skip(&c, 1);
		digits++;
	}
	*len = (size_t)c.off;
	ay_cursor_accept(&c, "\r", 1);
	ay_cursor_accept(&c, "\n", 1);
	return digits > 0 && digits <= 18 && c.left == 0;
}

/* The integer goes to the images of its sample. */
static int check_integer(struct samples *w, const struct sample *s, const struct ay_wds_member *m, const char *kind)
{
	uint8_t bytes[LABEL_MAX];
	char text[LABEL_MAX + 1], path[2 * AY_LIMIT_PATH];
	const char *outer = ay_scan_member(w->scan);
	size_t size = m->size < LABEL_MAX ? (size_t)m->size : LABEL_MAX, len;
	int rc = ay_source_read_full(w->in, m->at, bytes, size);

	if (rc)
		return rc;
	struct ay_cursor c = ay_cursor_of(bytes, size, 0);

	if (m->size > LABEL_MAX || !is_integer(c, &len)) {
		ay_scan_find(w->scan, "webdataset.label", m->at, "a member .%s is not an integer", kind);
		return 0;
	}
	ay_cursor_copy(&c, text, len);
	for (size_t i = s->first; strcasecmp(kind, "cls") == 0 && rc == 0 && i < s->first + s->count; i++)
		if (is_one_of(kind_of(w->v[i].name), images) &&
		    (size_t)snprintf(path, sizeof(path), "%s%s%s", outer, *outer ? "!" : "", w->v[i].name) < sizeof(path))
			rc = ay_images_label(w->scan, &w->image, path, text, len);
	return rc;
}

/* What begins as text was read to its end as such when the member itself was judged. */
static int check_text(struct samples *w, const struct ay_wds_member *m, const char *kind, bool may_be_empty)
{
	uint8_t bytes[HEAD];
	size_t size = m->size < HEAD ? (size_t)m->size : HEAD;
	int rc = ay_source_read_full(w->in, m->at, bytes, size);
	struct ay_cursor c = ay_cursor_of(bytes, size, 0);

	if (!rc && (size ? !ay_bytes_look_like_text(&c) : !may_be_empty))
		ay_scan_find(w->scan, "webdataset.text", m->at, "a member .%s is not %s", kind, may_be_empty ? "text" : "JSON");
	return rc;
}

static int check_contents(struct samples *w, const struct sample *s)
{
	int rc = ay_budget_tick(w->budget);

	for (size_t i = s->first; rc == 0 && i < s->first + s->count; i++) {
		const struct ay_wds_member *m = &w->v[i];
		const char *kind = kind_of(m->name);

		if (is_one_of(kind, integers))
			rc = check_integer(w, s, m, kind);
		else if (is_one_of(kind, documents))
			rc = check_text(w, m, kind, false);
		else if (is_one_of(kind, texts))
			rc = check_text(w, m, kind, true);
	}
	return rc;
}

/* ---- all ---- */

static int by_stem(const void *a, const void *b, void *arg)
{
	const struct samples *w = arg;
	const struct sample *x = a, *y = b;
	const char *p = w->v[x->first].name, *q = w->v[y->first].name;
	size_t n = stem_of(p), m = stem_of(q);
	int order = memcmp(p, q, n < m ? n : m);

	return order ? order : n != m ? (n > m) - (n < m) : (x->first > y->first) - (x->first < y->first);
}

static int by_place(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* How many samples begin again. */
static size_t check_together(struct samples *w)
{
	size_t apart = 0;
	char name[128];

	qsort_r(w->s, w->n, sizeof(*w->s), by_stem, w);
	for (size_t i = 1; i < w->n; i++)
		if (same_stem(&w->v[w->s[i - 1].first], &w->v[w->s[i].first])) {
			name_sample(w, &w->s[i], name, sizeof(name));
			ay_scan_find(w->scan, "webdataset.apart", w->v[w->s[i].first].off, "the members of the sample %s do not lie together", name);
			apart++;
		}
	qsort(w->s, w->n, sizeof(*w->s), by_place);
	return apart;
}

static int judge(struct samples *w)
{
	bool whole = check_together(w) == 0;    /* parts of samples lack members that are elsewhere */
	const struct sample *model = usual(w);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < w->n; i++) {
		const struct sample *s = &w->s[i];

		if (whole)
			check_set(w, s, model);
		check_twice(w, s);
		rc = check_contents(w, s);
	}
	return rc;
}

int ay_wds_judge(struct ay_scan *s, struct ay_source *in, const struct ay_wds_member *v, size_t n, size_t first_image)
{
	struct samples w = {.scan = s, .in = in, .budget = ay_scan_budget(s), .v = v, .image = first_image};
	size_t like = 0, most = 0;
	int rc = find_samples(&w, n);

	for (size_t i = 0; rc == 0 && i < w.n; i++) {
		like += is_like_a_sample(&w, &w.s[i]);
		most = w.s[i].count > most ? w.s[i].count : most;
	}
	if (!rc && like >= 2 && most > PARTS_MAX)
		ay_scan_find(s, "limit.exceeded", AY_NO_OFFSET, "a sample has %zu members, the limit is %d", most, PARTS_MAX);
	else if (!rc && like >= 2)
		rc = judge(&w);
	ay_budget_free(w.budget, w.s);
	return rc;
}
