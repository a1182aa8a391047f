/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names in a graph. The library of functions is read before the nodes, which
 * may call any of them. The saver's operators read and write files, so their
 * path is followed from node to node: it must be the one that the loading
 * program feeds, with nothing but plain text behind it.
 */
#include "scanners/formats/tensorflow.h"

#include <stdlib.h>

#include "scanners/model/tensorflow_ops.h"

#define MAX_LOOKUPS 1024      /* nodes looked up for the paths of one scope; each reads the scope once */
#define MAX_CHAIN 16          /* nodes from a path back to its start */
#define MAX_SUFFIX 256

int ay_tf_text(struct ay_tf *t, const struct ay_pb_field *f, char *out, size_t size)
{
	struct ay_cursor c;
	int err = f->value < size ? ay_pb_load(&t->r, f, &c) : AY_EFORMAT;

	t->r.bad_off = f->off;
	out[0] = 0;
	if (err)
		return err;
	size_t len = c.left;

	ay_cursor_copy(&c, out, len);
	out[len] = 0;
	return strlen(out) == len ? 0 : AY_EFORMAT;
}

int ay_tf_last(struct ay_tf *t, struct ay_pb_message m, uint32_t number, struct ay_pb_field *out)
{
	struct ay_pb_field f;
	int rc, found = 0;

	while ((rc = ay_pb_next(&t->r, &m, &f)) == 1)
		if (f.number == number && f.wire == AY_PB_LEN) {
			*out = f;
			found = 1;
		}
	return rc < 0 ? rc : found;
}

/* The text of a field of a message; "" when it is not there. */
static int text_of(struct ay_tf *t, struct ay_pb_message m, uint32_t number, char *out, size_t size)
{
	struct ay_pb_field f;
	int rc = ay_tf_last(t, m, number, &f);

	out[0] = 0;
	return rc == 1 ? ay_tf_text(t, &f, out, size) : rc;
}

/* ---- functions ---- */

static int compare(const void *a, const void *b)
{
	const struct ay_tf_function *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static int compare_name(const void *key, const void *one)
{
	const struct ay_tf_function *f = one;

	return strcmp(key, f->name);
}

const struct ay_tf_function *ay_tf_function_find(const struct ay_tf *t, const char *name)
{
	if (t->function_count == 0)
		return NULL;
	return bsearch(name, t->functions, t->function_count, sizeof(t->functions[0]), compare_name);
}

void ay_tf_functions_free(struct ay_tf *t)
{
	for (size_t i = 0; i < t->function_count; i++)
		ay_budget_free(t->r.budget, t->functions[i].name);
	ay_budget_free(t->r.budget, t->functions);
	t->functions = NULL;
	t->function_count = 0;
}

/* True in *out when a node of this body belongs to a saver. */
static int find_savers(struct ay_tf *t, struct ay_pb_message body, bool *out)
{
	struct ay_pb_field f;
	int rc;

	while ((rc = ay_pb_next(&t->r, &body, &f)) == 1) {
		struct ay_pb_message node = f.body;
		struct ay_pb_field op;

		if (f.number != 3 || f.wire != AY_PB_LEN)
			continue;
		while ((rc = ay_pb_next(&t->r, &node, &op)) == 1)
			if (op.number == 2 && op.wire == AY_PB_LEN) {
				int err = ay_tf_text(t, &op, t->op, sizeof(t->op));

				if (err)
					return err;
				*out = *out || ay_tensorflow_saver(t->op);
			}
		if (rc < 0)
			return rc;
	}
	return rc;
}

static int add_function(struct ay_tf *t, const struct ay_pb_field *f)
{
	struct ay_tf_function one = {0};
	struct ay_pb_field signature;
	size_t n = t->function_count;
	int rc = ay_tf_last(t, f->body, 1, &signature);

	if (rc == 1)
		rc = text_of(t, signature.body, 1, t->name, sizeof(t->name));
	else if (rc == 0)
		rc = AY_EFORMAT;
	/* TensorFlow does not take a function in place of an operator. */
	if (!rc && (ay_tensorflow_computes(t->name) || ay_tensorflow_saver(t->name))) {
		t->r.bad_off = f->off;
		rc = AY_EFORMAT;
	}
	if (!rc)
		rc = find_savers(t, f->body, &one.saves);
	if (rc)
		return rc;
	if ((n & (n - 1)) == 0) {
		void *more = ay_budget_realloc(t->r.budget, t->functions, (n ? 2 * n : 1) * sizeof(one));

		if (!more)
			return AY_ELIMIT;
		t->functions = more;
	}
	one.name = ay_budget_alloc(t->r.budget, strlen(t->name) + 1);
	if (!one.name)
		return AY_ELIMIT;
	snprintf(one.name, strlen(t->name) + 1, "%s", t->name);
	t->functions[t->function_count++] = one;
	return 0;
}

static int read_library(struct ay_tf *t, struct ay_pb_message library)
{
	struct ay_pb_field f;
	int rc;

	while ((rc = ay_pb_next(&t->r, &library, &f)) == 1) {
		int err = f.number == 1 && f.wire == AY_PB_LEN ? add_function(t, &f) : 0;

		if (err)
			return err;
	}
	return rc;
}

int ay_tf_functions_read(struct ay_tf *t, struct ay_pb_message graph)
{
	uint64_t at = graph.at;
	struct ay_pb_field f;
	int rc;

	ay_tf_functions_free(t);
	while ((rc = ay_pb_next(&t->r, &graph, &f)) == 1) {
		int err = f.number == 2 && f.wire == AY_PB_LEN ? read_library(t, f.body) : 0;

		if (err)
			return err;
	}
	if (rc < 0)
		return rc;
	if (t->function_count)
		qsort(t->functions, t->function_count, sizeof(t->functions[0]), compare);
	for (size_t i = 1; i < t->function_count; i++)
		if (strcmp(t->functions[i - 1].name, t->functions[i].name) == 0) {
			t->r.bad_off = at;
			return AY_EFORMAT;
		}
	return 0;
}

/* ---- the saver's path ---- */

int ay_tf_input(struct ay_tf *t, struct ay_pb_message node, unsigned at, char *out, size_t size)
{
	struct ay_pb_field f;
	int rc;

	while ((rc = ay_pb_next(&t->r, &node, &f)) == 1) {
		if (f.number != 3 || f.wire != AY_PB_LEN)
			continue;
		int err = ay_tf_text(t, &f, out, size);

		if (err)
			return err;
		if (out[0] == '^' || at-- > 0)
			continue;
		out[strcspn(out, ":")] = 0;
		return 1;
	}
	return rc;
}

/* The node of this name: 1 with its operator, or 0. */
static int find_node(struct ay_tf *t, const char *name, struct ay_pb_message *node, char op[AY_TF_NAME])
{
	struct ay_pb_message m = t->scope.in;
	char one[AY_TF_NAME];
	struct ay_pb_field f;
	int rc;

	if (++t->scope.lookups > MAX_LOOKUPS)
		return AY_ELIMIT;
	while ((rc = ay_pb_next(&t->r, &m, &f)) == 1) {
		if (f.number != t->scope.nodes || f.wire != AY_PB_LEN)
			continue;
		rc = text_of(t, f.body, 1, one, sizeof(one));
		if (rc)
			return rc;
		if (strcmp(one, name) != 0)
			continue;
		*node = f.body;
		rc = text_of(t, f.body, 2, op, AY_TF_NAME);
		return rc ? rc : 1;
	}
	return rc;
}

/* Behind a path: each dot starts a part of a name, so no piece and no two pieces make "..". */
static bool is_plain(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	for (; *text; text++)
		if (*text == '.' ? text[1] == 0 || !strchr(letters, text[1]) : !strchr(letters, *text) && !strchr("_-/", *text))
			return false;
	return true;
}

static bool is_default(const char *text)
{
	return strcmp(text, "model") == 0;
}

/* The strings of a constant, or of an attribute, hold by the test; a constant without strings does not. */
static int strings_hold(struct ay_tf *t, struct ay_pb_message m, uint32_t number, bool (*test)(const char *), unsigned *count)
{
	char text[MAX_SUFFIX];
	struct ay_pb_field f;
	int rc;

	while ((rc = ay_pb_next(&t->r, &m, &f)) == 1) {
		if (f.number == 4 && number == 8)
			return 0;    /* tensor_content */
		if (f.number != number || f.wire != AY_PB_LEN)
			continue;
		if (f.value >= sizeof(text) || ay_tf_text(t, &f, text, sizeof(text)) || !test(text))
			return 0;
		++*count;
	}
	return rc < 0 ? rc : 1;
}

/* All text in the attributes of a node: strings, and those of tensors. */
static int attributes_hold(struct ay_tf *t, struct ay_pb_message node, bool (*test)(const char *), unsigned *count)
{
	struct ay_pb_field f, value, tensor;
	int rc;

	while ((rc = ay_pb_next(&t->r, &node, &f)) == 1) {
		if (f.number != 5 || f.wire != AY_PB_LEN)
			continue;
		rc = ay_tf_last(t, f.body, 2, &value);
		if (rc == 1)
			rc = strings_hold(t, value.body, 2, test, count);
		if (rc != 1)
			return rc;
		rc = ay_tf_last(t, value.body, 8, &tensor);
		if (rc == 1)
			rc = strings_hold(t, tensor.body, 8, test, count);
		else if (rc == 0)
			rc = 1;
		if (rc != 1)
			return rc;
	}
	return rc < 0 ? rc : 1;
}

/* A constant text, or one of two. */
static int is_suffix(struct ay_tf *t, const char *name, unsigned depth)
{
	char op[AY_TF_NAME], input[AY_TF_NAME];
	struct ay_pb_message node;
	unsigned count = 0;
	int rc = depth > MAX_CHAIN ? 0 : find_node(t, name, &node, op);

	if (rc != 1)
		return rc;
	if (strcmp(op, "Const") == 0) {
		rc = attributes_hold(t, node, is_plain, &count);
		return rc == 1 ? count > 0 : rc;
	}
	if (strncmp(op, "Select", 6) != 0)
		return 0;
	for (unsigned i = 1; i <= 2 && rc == 1; i++) {
		rc = ay_tf_input(t, node, i, input, sizeof(input));
		if (rc == 1)
			rc = is_suffix(t, input, depth + 1);
	}
	return rc;
}

static int is_path(struct ay_tf *t, const char *name, unsigned depth);

/* Inputs from first on; there must be one. */
static int inputs_hold(struct ay_tf *t, struct ay_pb_message node, unsigned first, int (*test)(struct ay_tf *, const char *, unsigned),
		       unsigned depth)
{
	char input[AY_TF_NAME];
	int rc = 1;

	for (unsigned i = first; rc == 1; i++) {
		rc = ay_tf_input(t, node, i, input, sizeof(input));
		if (rc == 0)
			return i > first;
		if (rc == 1)
			rc = test(t, input, depth + 1);
	}
	return rc;
}

static int first_is_path(struct ay_tf *t, struct ay_pb_message node, unsigned depth)
{
	char input[AY_TF_NAME];
	int rc = ay_tf_input(t, node, 0, input, sizeof(input));

	return rc == 1 ? is_path(t, input, depth + 1) : rc;
}

static bool is_known(const struct ay_tf *t, const char *name)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(t->scope.good); i++)
		if (t->scope.good[i][0] && strcmp(t->scope.good[i], name) == 0)
			return true;
	return false;
}

static int is_path(struct ay_tf *t, const char *name, unsigned depth)
{
	char op[AY_TF_NAME];
	struct ay_pb_message node;
	unsigned count = 0;
	int rc;

	if (depth > MAX_CHAIN)
		return 0;
	if ((t->scope.function && name[0] && strcmp(name, t->scope.arg) == 0) || is_known(t, name))
		return 1;
	rc = find_node(t, name, &node, op);
	if (rc != 1)
		return rc;
	if (!t->scope.function && strcmp(op, "Placeholder") == 0)
		return 1;
	if (!t->scope.function && strcmp(op, "Const") == 0) {
		rc = attributes_hold(t, node, is_default, &count);
		return rc == 1 ? count == 1 : rc;
	}
	if (strcmp(op, "Pack") == 0)
		return inputs_hold(t, node, 0, is_path, depth);
	if (strcmp(op, "StringJoin") == 0) {
		rc = first_is_path(t, node, depth);
		if (rc == 1)
			rc = attributes_hold(t, node, is_plain, &count);
		return rc == 1 ? inputs_hold(t, node, 1, is_suffix, depth) : rc;
	}
	if (strcmp(op, "Identity") == 0 || strcmp(op, "PlaceholderWithDefault") == 0 || strcmp(op, "ShardedFilename") == 0 ||
	    strcmp(op, "ShardedFilespec") == 0)
		return first_is_path(t, node, depth);
	return 0;
}

int ay_tf_saver_path(struct ay_tf *t, const char *name)
{
	int rc = is_path(t, name, 0);

	if (rc == 1 && !is_known(t, name))
		snprintf(t->scope.good[t->scope.goods++ % AY_ARRAY_LEN(t->scope.good)], AY_TF_NAME, "%s", name);
	return rc;
}
