/* SPDX-License-Identifier: Apache-2.0 */
/* From the root of a pickle's values to its tensors: their names are the keys on the way, joined by dots. */
#include "scanners/driver.h"
#include "scanners/formats/pickle_tree.h"

/* Nested deeper than this nothing is read; objects, unlike containers, are not counted while the pickle runs. */
#define DEPTH_MAX 128

struct walk {
	struct pk_vm *vm;
	char name[AY_LIMIT_TENSOR_NAME + 1];
	size_t len;
	unsigned depth;
	bool told_module;
};

static struct ay_scan *scan_of(const struct walk *w)
{
	return w->vm->s;
}

static void refuse(struct walk *w, const char *why)
{
	ay_extract_refuse(scan_of(w), AY_NO_OFFSET, "%.200s %s", w->len ? w->name : "the file", why);
}

static bool over(const struct walk *w)
{
	return w->vm->err || ay_scan_extract(w->vm->s)->refused[0] != '\0';
}

/* Whether a tensor lies below v. Recursion is bounded by DEPTH_MAX. */
static bool has_tensor(struct walk *w, const struct pk_value *v)
{
	struct pk_head *h;
	bool found = false;

	if (v->kind == PK_TENSOR)
		return true;
	h = pk_tree_head(w->vm, v);
	if (!h || h->found == PK_FOUND_LOOKING)
		return false;
	if (h->tensor)
		return true;
	if (h->found)
		return h->found == PK_FOUND_SOME;
	if (w->depth == DEPTH_MAX) {
		refuse(w, "is nested too deeply");
		return false;
	}
	h->found = PK_FOUND_LOOKING;
	w->depth++;
	for (const struct pk_edge *e = pk_tree_next(w->vm, h, NULL); e && !found && !over(w); e = pk_tree_next(w->vm, h, e))
		found = has_tensor(w, &e->value) || has_tensor(w, &e->key);
	w->depth--;
	h->found = found ? PK_FOUND_SOME : PK_FOUND_NONE;
	return found;
}

static void leave_out(struct walk *w, const struct pk_value *v)
{
	const struct pk_head *h = v->flags & PK_OBJECT ? pk_tree_head(w->vm, v) : NULL;
	const char *name = w->len ? w->name : "the file's value";

	if (h && h->class)
		ay_extract_leave_out(scan_of(w), name, "made by %s.%s, which was not called", w->vm->globals[h->class - 1].module,
				     w->vm->globals[h->class - 1].name);
	else
		ay_extract_leave_out(scan_of(w), name, "%s%s", pk_kind_name(v), pk_has_node(v) ? " without tensors" : "");
}

static void tensor(struct walk *w, const struct pk_value *v)
{
	const char *key = NULL;
	const struct pk_tensor *t = pk_tree_tensor(w->vm, v, &key);
	int rc;

	if (!w->len) {
		ay_scan_inner_name(scan_of(w), w->name, sizeof(w->name));
		w->len = strlen(w->name);
	}
	if (t && t->literal && !t->bad) {
		struct ay_source_window window;
		struct ay_source data;

		rc = ay_source_sub(w->vm->in, t->off, t->bytes, &window, &data);
		if (rc == 0)
			rc = ay_extract_tensor(scan_of(w), w->name, &t->layout, &data);
		if (rc < 0)
			w->vm->err = rc;
		return;
	}
	if (!t || t->bad || !key) {
		refuse(w, t && t->bad ? t->bad : "is a tensor that cannot be read without executing the pickle");
		return;
	}
	rc = w->vm->ctx->tensor(w->vm->ctx->arg, w->name, &t->layout, key);
	if (rc < 0)
		w->vm->err = rc;
}

static void visit(struct walk *w, const struct pk_value *v);

/* Adds a key to the name. False when it is none that a name can hold; then the name is as it was. */
static bool push_key(struct walk *w, const struct pk_value *key)
{
	char text[AY_LIMIT_TENSOR_NAME + 1];
	int n;

	if (key->kind == PK_INT && !(key->flags & PK_INEXACT))
		snprintf(text, sizeof(text), "%lld", (long long)key->u);
	else if (!pk_text(w->vm, key, text, sizeof(text)))
		return false;
	n = snprintf(w->name + w->len, sizeof(w->name) - w->len, "%s%s", w->len ? "." : "", text);
	if (n < 0 || (size_t)n >= sizeof(w->name) - w->len) {
		w->name[w->len] = '\0';
		return false;
	}
	w->len += (size_t)n;
	return true;
}

static void visit_item(struct walk *w, const struct pk_edge *e)
{
	size_t len = w->len;

	if (push_key(w, &e->key))
		visit(w, &e->value);
	else if (has_tensor(w, &e->value))
		refuse(w, "holds a tensor under a key that is neither text nor a number, or is too long");
	else
		leave_out(w, &e->value);
	if (has_tensor(w, &e->key))
		refuse(w, "holds a tensor as a key");
	w->len = len;
	w->name[len] = '\0';
}

/* True when key is among the values of a set. */
static bool listed(struct walk *w, const struct pk_value *set, const struct pk_value *key)
{
	const struct pk_head *h = set ? pk_tree_head(w->vm, set) : NULL;
	char a[AY_LIMIT_TENSOR_NAME + 1], b[AY_LIMIT_TENSOR_NAME + 1];

	if (!h || !pk_text(w->vm, key, a, sizeof(a)))
		return false;
	for (const struct pk_edge *e = pk_tree_next(w->vm, h, NULL); e; e = pk_tree_next(w->vm, h, e))
		if (pk_text(w->vm, &e->value, b, sizeof(b)) && strcmp(a, b) == 0)
			return true;
	return false;
}

/* Items of one of a module's dicts: None stands for a parameter that is not there. */
static void visit_named(struct walk *w, const struct pk_value *dict, const struct pk_value *except)
{
	const struct pk_head *h = pk_tree_head(w->vm, dict);

	for (const struct pk_edge *e = h ? pk_tree_next(w->vm, h, NULL) : NULL; e && !over(w); e = pk_tree_next(w->vm, h, e))
		if (e->value.kind != PK_NONE && !listed(w, except, &e->key))
			visit_item(w, e);
}

/* A module's state as its state_dict() would name it; false when state is that of something else. */
static bool visit_module(struct walk *w, const struct pk_value *state)
{
	struct pk_value parameters, buffers, modules, set, *except = NULL;

	if (state->kind != PK_DICT || !pk_tree_member(w->vm, state, "_parameters", &parameters) || !pk_tree_member(w->vm, state, "_modules", &modules))
		return false;
	if (!w->told_module)
		ay_extract_leave_out(scan_of(w), w->len ? w->name : "the file's value", "the class and settings of a module");
	w->told_module = true;
	if (pk_tree_member(w->vm, state, "_non_persistent_buffers_set", &set))
		except = &set;
	visit_named(w, &parameters, NULL);
	if (pk_tree_member(w->vm, state, "_buffers", &buffers))
		visit_named(w, &buffers, except);
	visit_named(w, &modules, NULL);
	return true;
}

static void visit_state(struct walk *w, const struct pk_value *state)
{
	struct pk_value metadata;

	if (visit_module(w, state))
		return;
	/* Of a state_dict: the versions of its modules, which no tensor needs. */
	if (state->kind == PK_DICT && w->vm->nodes[state->aux].count == 1 && pk_tree_member(w->vm, state, "_metadata", &metadata) &&
	    !has_tensor(w, &metadata))
		return;
	visit(w, state);
}

/* Recursion is bounded by DEPTH_MAX. */
static void visit_children(struct walk *w, const struct pk_value *v)
{
	struct pk_head *h = pk_tree_head(w->vm, v);

	if (!h || h->open || w->depth == DEPTH_MAX) {
		refuse(w, h && h->open ? "holds itself" : "is nested too deeply");
		return;
	}
	h->open = true;
	w->depth++;
	for (const struct pk_edge *e = pk_tree_next(w->vm, h, NULL); e && !over(w); e = pk_tree_next(w->vm, h, e)) {
		if (e->kind == PK_EDGE_STATE)
			visit_state(w, &e->value);
		else
			visit_item(w, e);
	}
	w->depth--;
	h->open = false;
}

static void visit(struct walk *w, const struct pk_value *v)
{
	const char *key;

	if (over(w))
		return;
	if (ay_budget_tick(w->vm->budget) != 0) {
		pk_fail(w->vm, AY_ELIMIT, "the scan's time is over");
		return;
	}
	if (v->kind == PK_TENSOR || (v->kind == PK_INSTANCE && pk_tree_tensor(w->vm, v, &key)))
		tensor(w, v);
	else if (has_tensor(w, v))
		visit_children(w, v);
	else if (!over(w))
		leave_out(w, v);
}

int pk_flatten(struct pk_vm *vm)
{
	struct walk *w = ay_budget_alloc(vm->budget, sizeof(*w));

	if (!w)
		return pk_fail(vm, AY_ELIMIT, "no memory left in this scan's budget for names");
	*w = (struct walk){ .vm = vm };
	if (vm->depth)
		visit(w, &vm->stack[0]);
	ay_budget_free(vm->budget, w);
	return vm->err;
}
