/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of an ONNX model and who calls them. A runtime puts the body of a
 * function where it is called, so calls in a circle never end, and calls in a
 * chain grow as its power.
 */
#include "scanners/formats/onnx.h"

#define MAX_NAMES (1 * MIB)       /* bytes of all names */
#define MAX_CALLS (1u << 22)
#define MAX_NODES (1ull << 24)    /* of the graph with each call replaced by its body */
#define MAX_CHAIN 128             /* functions in each other */

struct function {
	size_t off, len;          /* of its name in names */
	const uint8_t *name;      /* set when all are known */
	uint64_t nodes;           /* its own, then with each call replaced */
	uint32_t calls;           /* to functions that are not yet replaced */
	uint32_t first;           /* where those who call it begin in callers */
	uint32_t chain;
};
struct call { uint32_t from, to; };

struct ay_onnx_functions {
	struct ay_budget *budget;
	struct ay_buf names;
	struct function *all;     /* in the model's order; one more, the last, is its graphs */
	uint32_t *sorted;         /* by name */
	size_t count, room;
	struct call *calls;
	size_t call_count, call_room;
};

int ay_onnx_functions_new(struct ay_budget *b, struct ay_onnx_functions **out)
{
	struct ay_onnx_functions *f = ay_budget_alloc(b, sizeof(*f));

	if (f)
		*f = (struct ay_onnx_functions){.budget = b, .names = ay_buf_new(MAX_NAMES)};
	*out = f;
	return f ? 0 : AY_ELIMIT;
}

void ay_onnx_functions_free(struct ay_onnx_functions *f)
{
	if (!f)
		return;
	ay_buf_free(&f->names);
	ay_budget_free(f->budget, f->all);
	ay_budget_free(f->budget, f->sorted);
	ay_budget_free(f->budget, f->calls);
	ay_budget_free(f->budget, f);
}

/* Makes room for one more of size bytes in *v. */
static int more(struct ay_budget *b, void **v, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return 0;
	size_t want = *room ? *room * 2 : 64;
	void *grown = ay_budget_realloc(b, *v, want * size);

	if (!grown)
		return AY_ELIMIT;
	*v = grown;
	*room = want;
	return 0;
}

static int add(struct ay_onnx_functions *f, size_t off, size_t len)
{
	void *all = f->all;
	int err = more(f->budget, &all, f->count, &f->room, sizeof(*f->all));

	f->all = all;
	if (!err)
		f->all[f->count++] = (struct function){.off = off, .len = len};
	return err;
}

/* No text of the format has a NUL in it. Two names stand for ONNX's own domain. */
static int key(struct ay_buf *b, const char *domain, const char *name, const char *overload)
{
	if (strcmp(domain, "ai.onnx") == 0)
		domain = "";
	ay_buf_add(b, domain, strlen(domain) + 1);
	ay_buf_add(b, name, strlen(name) + 1);
	ay_buf_add(b, overload, strlen(overload) + 1);
	return b->err;
}

int ay_onnx_functions_add(struct ay_onnx_functions *f, const char *domain, const char *name, const char *overload)
{
	size_t off = f->names.len;
	int err = key(&f->names, domain, name, overload);

	return err ? AY_ELIMIT : add(f, off, f->names.len - off);
}

static int compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order ? order : (a_len > b_len) - (a_len < b_len);
}

static int by_name(const void *a, const void *b, void *arg)
{
	const struct function *all = arg;
	const uint32_t *first = a, *second = b;
	const struct function *x = &all[*first], *y = &all[*second];

	return compare(x->name, x->len, y->name, y->len);
}

int ay_onnx_functions_end(struct ay_onnx_functions *f)
{
	size_t n = f->count;
	int err = add(f, 0, 0);

	f->count = n;
	if (err)
		return err;
	f->sorted = ay_budget_alloc(f->budget, (n + 1) * sizeof(*f->sorted));
	if (!f->sorted)
		return AY_ELIMIT;
	for (size_t i = 0; i < n; i++) {
		f->all[i].name = f->names.data + f->all[i].off;
		f->sorted[i] = (uint32_t)i;
	}
	qsort_r(f->sorted, n, sizeof(*f->sorted), by_name, f->all);
	for (size_t i = 1; i < n; i++)
		if (by_name(&f->sorted[i - 1], &f->sorted[i], f->all) == 0)
			return AY_EFORMAT;
	return 0;
}

size_t ay_onnx_functions_count(const struct ay_onnx_functions *f)
{
	return f->count;
}

bool ay_onnx_functions_find(const struct ay_onnx_functions *f, const char *domain, const char *name, const char *overload, size_t *out)
{
	struct ay_buf want = ay_buf_new(4 * AY_ONNX_NAME);
	size_t low = 0, high = key(&want, domain, name, overload) ? 0 : f->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct function *one = &f->all[f->sorted[middle]];
		int order = compare(want.data, want.len, one->name, one->len);

		if (order == 0) {
			*out = f->sorted[middle];
			ay_buf_free(&want);
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	ay_buf_free(&want);
	return false;
}

void ay_onnx_functions_node(struct ay_onnx_functions *f, size_t in)
{
	f->all[in].nodes++;
}

int ay_onnx_functions_call(struct ay_onnx_functions *f, size_t from, size_t to)
{
	void *calls = f->calls;
	int err = f->call_count == MAX_CALLS ? AY_ELIMIT : more(f->budget, &calls, f->call_count, &f->call_room, sizeof(*f->calls));

	f->calls = calls;
	if (!err) {
		f->calls[f->call_count++] = (struct call){(uint32_t)from, (uint32_t)to};
		f->all[from].calls++;
	}
	return err;
}

static int by_callee(const void *a, const void *b)
{
	const struct call *x = a, *y = b;

	return (x->to > y->to) - (x->to < y->to);
}

/* Takes this function's body into all that call it; those without a call left are added to ready. */
static void replace(struct ay_onnx_functions *f, uint32_t callee, uint32_t *ready, size_t *ready_count)
{
	const struct function *body = &f->all[callee];

	for (size_t i = body->first; i < f->call_count && f->calls[i].to == callee; i++) {
		struct function *caller = &f->all[f->calls[i].from];

		caller->nodes += body->nodes < MAX_NODES ? body->nodes : MAX_NODES;
		if (caller->nodes > MAX_NODES)
			caller->nodes = MAX_NODES + 1;
		if (caller->chain <= body->chain)
			caller->chain = body->chain + 1;
		if (--caller->calls == 0)
			ready[(*ready_count)++] = f->calls[i].from;
	}
}

int ay_onnx_functions_judge(struct ay_onnx_functions *f, const char **why_out)
{
	size_t all = f->count + 1, ready_count = 0, done = 0;
	uint32_t *ready = ay_budget_alloc(f->budget, all * sizeof(*ready));
	int err = ready ? 0 : AY_ELIMIT;

	*why_out = NULL;
	if (f->call_count)
		qsort(f->calls, f->call_count, sizeof(*f->calls), by_callee);
	for (size_t i = f->call_count; i > 0; i--)
		f->all[f->calls[i - 1].to].first = (uint32_t)(i - 1);
	for (size_t i = 0; i < all && !err; i++)
		if (f->all[i].calls == 0)
			ready[ready_count++] = (uint32_t)i;
	for (; done < ready_count && !err; done++) {
		const struct function *one = &f->all[ready[done]];

		if (one->nodes > MAX_NODES)
			*why_out = "the functions that call each other unfold to more than 16,777,216 nodes";
		else if (one->chain > MAX_CHAIN)
			*why_out = "functions call each other more than 128 deep";
		replace(f, ready[done], ready, &ready_count);
		err = ay_budget_tick(f->budget);
	}
	if (!err && done < all)
		*why_out = "functions call each other in a circle";
	ay_budget_free(f->budget, ready);
	return err;
}
