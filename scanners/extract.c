/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors as scanners find them: noted where they lie, or brought into order in the second file. */
#include "scanners/extract.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#include "assay/ckd.h"
#include "assay/fd.h"
#include "assay/text.h"

#define CHUNK (16 * MIB)         /* of output, brought into order in memory */
#define WINDOW (256 * KIB)       /* of input, while items lie close together */

static const struct { const char *name; uint8_t size; } dtypes[AY_DTYPE_COUNT] = {
	[AY_DTYPE_BOOL] = { "BOOL", 1 }, [AY_DTYPE_U8] = { "U8", 1 }, [AY_DTYPE_I8] = { "I8", 1 }, [AY_DTYPE_F8_E5M2] = { "F8_E5M2", 1 },
	[AY_DTYPE_F8_E4M3] = { "F8_E4M3", 1 }, [AY_DTYPE_U16] = { "U16", 2 }, [AY_DTYPE_I16] = { "I16", 2 }, [AY_DTYPE_F16] = { "F16", 2 },
	[AY_DTYPE_BF16] = { "BF16", 2 }, [AY_DTYPE_U32] = { "U32", 4 }, [AY_DTYPE_I32] = { "I32", 4 }, [AY_DTYPE_F32] = { "F32", 4 },
	[AY_DTYPE_U64] = { "U64", 8 }, [AY_DTYPE_I64] = { "I64", 8 }, [AY_DTYPE_F64] = { "F64", 8 },
};

const char *ay_dtype_name(unsigned dtype)
{
	return dtype < AY_DTYPE_COUNT ? dtypes[dtype].name : NULL;
}

unsigned ay_dtype_size(unsigned dtype)
{
	return dtype < AY_DTYPE_COUNT ? dtypes[dtype].size : 0;
}

uint64_t ay_extract_most(uint64_t size)
{
	if (size > (UINT64_MAX - AY_LIMIT_CONVERT_FREE) / AY_LIMIT_CONVERT_RATIO)
		return UINT64_MAX;
	return size * AY_LIMIT_CONVERT_RATIO + AY_LIMIT_CONVERT_FREE;
}

void ay_extract_free(struct ay_extract *x)
{
	for (size_t i = 0; i < x->count; i++)
		free(x->tensors[i].name);
	for (size_t i = 0; i < x->left_count; i++) {
		free(x->left[i].name);
		free(x->left[i].why);
	}
	free(x->tensors);
	free(x->left);
	*x = (struct ay_extract){ .fd = -1 };
}

bool ay_extract_tolerates(const char *rule)
{
	static const char *const rules[] = {
		"pickle.global.unknown", "pickle.global.misplaced", "pickle.call.denied", "pickle.call.arguments", "pickle.state.denied",
		"pickle.extension", "pickle.profile", "pickle.trainer-file", "torch.torchscript", "torch.export",
		"keras.code", "keras.module", "keras.class", "keras.function", "keras.custom", "keras.path",
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(rules); i++)
		if (strcmp(rules[i], rule) == 0)
			return true;
	return false;
}

void ay_extract_refuse(struct ay_scan *s, uint64_t off, const char *fmt, ...)
{
	struct ay_extract *x = ay_scan_extract(s);
	va_list ap;

	if (x->refused[0])
		return;
	va_start(ap, fmt);
	vsnprintf(x->refused, sizeof(x->refused), fmt, ap);
	va_end(ap);
	x->refused_off = off;
}

/* Doubles an array of at most limit elements; false when there is no room. */
static bool room(void **v, size_t *cap, size_t count, size_t item, size_t limit)
{
	size_t want = *cap ? *cap * 2 : 64;
	void *p;

	if (count < *cap)
		return true;
	if (want > limit)
		want = limit;
	if (count >= want || !(p = realloc(*v, want * item)))
		return false;
	*v = p;
	*cap = want;
	return true;
}

void ay_extract_leave_out(struct ay_scan *s, const char *name, const char *fmt, ...)
{
	struct ay_extract *x = ay_scan_extract(s);
	struct ay_left_out *one;
	char why[256], shown[AY_LIMIT_TENSOR_NAME + 1];
	void *v = x->left;
	va_list ap;

	x->left_total++;
	if (!room(&v, &x->left_cap, x->left_count, sizeof(*x->left), AY_LIMIT_EXTRACT_LEFT_OUT))
		return;
	x->left = v;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	one = &x->left[x->left_count];
	*one = (struct ay_left_out){ strdup(ay_escape_str(shown, sizeof(shown), name)), strdup(why) };
	if (one->name && one->why) {
		x->left_count++;
		return;
	}
	free(one->name);
	free(one->why);
}

bool ay_layout_dense(struct ay_layout *l, bool reversed)
{
	uint64_t step = 1;

	for (unsigned i = 0; i < l->dims; i++) {
		unsigned at = reversed ? i : l->dims - 1 - i;

		l->stride[at] = step;
		if (ay_ckd_mul_u64(step, l->shape[at] ? l->shape[at] : 1, &step))
			return false;
	}
	return true;
}

/* Items of the tensor, and one beyond the furthest that it reaches. False when they cannot be counted. */
static bool measure(const struct ay_layout *l, uint64_t *items, uint64_t *end)
{
	uint64_t last = l->first, reach;

	*items = 1;
	for (unsigned i = 0; i < l->dims; i++) {
		if (ay_ckd_mul_u64(*items, l->shape[i], items))
			return false;
		if (l->shape[i] && (ay_ckd_mul_u64(l->shape[i] - 1, l->stride[i], &reach) || ay_ckd_add_u64(last, reach, &last)))
			return false;
	}
	*end = *items ? last + 1 : 0;
	return last < UINT64_MAX;
}

static bool is_dense(const struct ay_layout *l)
{
	uint64_t step = 1;

	for (unsigned i = l->dims; i-- > 0;) {
		if (l->shape[i] != 1 && l->stride[i] != step)
			return false;
		step *= l->shape[i];
	}
	return true;
}

/* ---- bringing items into row-major order ---- */

struct gather {
	struct ay_scan *s;
	struct ay_source *in;
	unsigned size;                 /* of an item */
	uint8_t *window;
	uint64_t window_off;
	size_t window_len, want;       /* bytes to read at once */
	uint8_t *chunk;
	unsigned dims;                 /* dimensions by stride, the smallest last */
	uint64_t n[AY_LIMIT_TENSOR_DIMS], from[AY_LIMIT_TENSOR_DIMS], to[AY_LIMIT_TENSOR_DIMS];   /* items; strides of input and chunk in bytes */
};

/* One item of the input, at off. */
static int read_item(struct gather *g, uint64_t off, uint8_t *to)
{
	if (off < g->window_off || off - g->window_off > g->window_len || g->size > g->window_len - (off - g->window_off)) {
		size_t len = g->in->size - off < g->want ? (size_t)(g->in->size - off) : g->want;
		int rc = ay_source_read_full(g->in, off, g->window, len);

		g->window_off = off;
		g->window_len = rc == 0 ? len : 0;
		if (rc < 0 || len < g->size)
			return rc < 0 ? rc : AY_ETRUNC;
	}
	memcpy(to, g->window + (off - g->window_off), g->size); /* own: the place in the window was just checked */
	return 0;
}

/* All items of the part that n, from and to describe, in the order of the input. */
static int read_part(struct gather *g, uint64_t off)
{
	uint64_t at[AY_LIMIT_TENSOR_DIMS] = { 0 }, to = 0;

	for (;;) {
		int rc = read_item(g, off, g->chunk + to);
		unsigned d = g->dims;

		if (rc < 0)
			return rc;
		while (d > 0 && ++at[d - 1] == g->n[d - 1]) {
			off -= (g->n[d - 1] - 1) * g->from[d - 1];
			to -= (g->n[d - 1] - 1) * g->to[d - 1];
			at[--d] = 0;
		}
		if (d == 0)
			return 0;
		off += g->from[d - 1];
		to += g->to[d - 1];
		if (d < g->dims && (rc = ay_budget_tick(ay_scan_budget(g->s))) < 0)
			return rc;
	}
}

/* The dimensions from k on, of which k has n steps, sorted by their stride in the input. */
static void plan_part(struct gather *g, const struct ay_layout *l, unsigned k, uint64_t n)
{
	uint64_t to = g->size, near;

	g->dims = 0;
	for (unsigned i = l->dims; i-- > k;) {
		uint64_t steps = i == k ? n : l->shape[i], from = l->stride[i] * g->size;
		unsigned at = g->dims++;

		for (; at > 0 && g->from[at - 1] < from; at--) {
			g->n[at] = g->n[at - 1];
			g->from[at] = g->from[at - 1];
			g->to[at] = g->to[at - 1];
		}
		g->n[at] = steps;
		g->from[at] = from;
		g->to[at] = to;
		to *= steps;
	}
	/* A run along the smallest stride; more when the next run lies close by. */
	near = g->dims ? g->from[g->dims - 1] * (g->n[g->dims - 1] - 1) + g->size : g->size;
	g->want = near < WINDOW ? (size_t)near : WINDOW;
	if (g->dims < 2 || g->from[g->dims - 2] <= 4 * near)
		g->want = WINDOW;
}

static void swap_items(uint8_t *p, size_t len, unsigned size)
{
	for (size_t i = 0; i < len; i += size)
		for (unsigned a = 0, b = size - 1; a < b; a++, b--) {
			uint8_t t = p[i + a];

			p[i + a] = p[i + b];
			p[i + b] = t;
		}
}

static int write_chunk(struct gather *g, size_t len, bool swap)
{
	struct ay_extract *x = ay_scan_extract(g->s);
	int rc;

	if (swap)
		swap_items(g->chunk, len, g->size);
	rc = ay_pwrite_full(x->fd, g->chunk, len, x->expanded);
	if (rc == 0)
		x->expanded += len;
	return rc;
}

/* Moves n steps on in dimension d; false after the last. */
static bool advance(const struct ay_layout *l, uint64_t *at, unsigned d, uint64_t n)
{
	at[d] += n;
	for (;;) {
		if (at[d] < l->shape[d])
			return true;
		at[d] = 0;
		if (d == 0)
			return false;
		at[--d]++;
	}
}

/* Writes the tensor in parts: as many steps of dimension d as a chunk holds, for each place in the dimensions before it. */
static int gather_all(struct gather *g, const struct ay_layout *l)
{
	uint64_t row = g->size, at[AY_LIMIT_TENSOR_DIMS] = { 0 };
	unsigned d = l->dims ? l->dims - 1 : 0;

	while (d > 0 && l->shape[d] <= CHUNK / row)
		row *= l->shape[d--];
	uint64_t steps = CHUNK / row, n;

	do {
		uint64_t off = l->first, left = l->dims ? l->shape[d] - at[d] : 1;
		int rc;

		for (unsigned i = 0; i <= d; i++)
			off += at[i] * l->stride[i];
		n = left < steps ? left : steps;
		plan_part(g, l, d, n);
		rc = read_part(g, off * g->size);
		if (rc == 0)
			rc = write_chunk(g, (size_t)(n * row), l->swap);
		if (rc < 0)
			return rc;
	} while (advance(l, at, d, n));
	return 0;
}

static int expand(struct ay_scan *s, const struct ay_layout *l, struct ay_source *storage, struct ay_tensor *t)
{
	struct ay_budget *b = ay_scan_budget(s);
	struct ay_extract *x = ay_scan_extract(s);
	struct gather g = { .s = s, .in = storage, .size = ay_dtype_size(l->dtype) };
	int rc = AY_ELIMIT;

	if (t->len > x->room - x->expanded) {
		ay_extract_refuse(s, AY_NO_OFFSET, "more than %" PRIu64 " bytes of tensors are strided, compressed or big-endian", x->room);
		return 0;
	}
	g.window = ay_budget_alloc(b, WINDOW);
	g.chunk = ay_budget_alloc(b, CHUNK);
	t->expanded = true;
	t->off = x->expanded;
	if (g.window && g.chunk)
		rc = gather_all(&g, l);
	ay_budget_free(b, g.window);
	ay_budget_free(b, g.chunk);
	if (rc == AY_ELIMIT)
		ay_scan_find(s, ay_budget_expired(b) ? "limit.time" : "limit.memory", AY_NO_OFFSET, "a tensor could not be brought into order");
	else if (rc < 0)
		ay_extract_refuse(s, AY_NO_OFFSET, "a tensor cannot be copied: %s", ay_strerror(rc));
	return rc == AY_ELIMIT ? rc : 0;
}

static int keep(struct ay_extract *x, struct ay_tensor *t, const char *name)
{
	void *v = x->tensors;

	if (!room(&v, &x->cap, x->count, sizeof(*x->tensors), AY_LIMIT_EXTRACT_TENSORS))
		return -ENOMEM;
	x->tensors = v;
	if (!(t->name = strdup(name)))
		return -ENOMEM;
	x->tensors[x->count++] = *t;
	return 0;
}

/* What the gate admits as a name in safetensors. */
static bool name_is_plain(const char *name)
{
	size_t len = strlen(name);

	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return len > 0 && len <= AY_LIMIT_TENSOR_NAME && ay_utf8_check(name, len) == len && strcmp(name, "__metadata__") != 0;
}

int ay_extract_tensor(struct ay_scan *s, const char *name, const struct ay_layout *l, struct ay_source *storage)
{
	struct ay_extract *x = ay_scan_extract(s);
	unsigned size = ay_dtype_size(l->dtype);
	struct ay_tensor t = { .dtype = (uint8_t)l->dtype, .dims = l->dims };
	uint64_t items, end, bytes, place, first;
	int rc = 0;

	if (x->refused[0])
		return 0;
	if (!name_is_plain(name)) {
		ay_extract_refuse(s, AY_NO_OFFSET, "a tensor's name is empty, reserved, longer than %d bytes, or has control characters",
				  AY_LIMIT_TENSOR_NAME);
		return 0;
	}
	if (!size || l->dims > AY_LIMIT_TENSOR_DIMS || !measure(l, &items, &end) || ay_ckd_mul_u64(end, size, &bytes) ||
	    bytes > storage->size || ay_ckd_mul_u64(items, size, &t.len) || ay_ckd_mul_u64(l->first, size, &first)) {
		ay_extract_refuse(s, AY_NO_OFFSET, "%s reaches outside of its storage", name);
		return 0;
	}
	if (ay_ckd_add_u64(x->total, t.len, &x->total) || x->total > ay_extract_most(ay_extract_input(s)->size)) {
		ay_extract_refuse(s, AY_NO_OFFSET, "the tensors share so much that they would take more than %" PRIu64 " bytes",
				  ay_extract_most(ay_extract_input(s)->size));
		return 0;
	}
	for (unsigned i = 0; i < l->dims; i++)
		t.shape[i] = l->shape[i];
	place = ay_source_place(storage, ay_extract_input(s));
	if (t.len && place != AY_NO_OFFSET && is_dense(l) && (!l->swap || size == 1))
		t.off = place + first;
	else if (t.len)
		rc = expand(s, l, storage, &t);
	if (rc == 0 && keep(x, &t, name) < 0)
		ay_extract_refuse(s, AY_NO_OFFSET, "the file holds more than %d tensors", AY_LIMIT_EXTRACT_TENSORS);
	return rc;
}
