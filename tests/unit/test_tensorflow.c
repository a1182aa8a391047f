/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

#define MAX 4096

/* A message; append puts a field of a length behind what is there. */
struct message { uint8_t bytes[MAX]; size_t len; };

static void add_varint(struct message *m, uint64_t v)
{
	for (; v > 127; v >>= 7)
		m->bytes[m->len++] = (uint8_t)(v | 128);
	m->bytes[m->len++] = (uint8_t)v;
}

static void add_number(struct message *m, unsigned field, uint64_t v)
{
	add_varint(m, field << 3);
	add_varint(m, v);
}

static void add_bytes(struct message *m, unsigned field, const void *bytes, size_t len)
{
	add_varint(m, field << 3 | 2);
	add_varint(m, len);
	memcpy(m->bytes + m->len, bytes, len);
	m->len += len;
}

static void add_text(struct message *m, unsigned field, const char *text)
{
	add_bytes(m, field, text, strlen(text));
}

static void add(struct message *m, unsigned field, const struct message *inner)
{
	add_bytes(m, field, inner->bytes, inner->len);
}

static struct message node(const char *name, const char *op, const char *input)
{
	struct message m = {.len = 0};

	add_text(&m, 1, name);
	add_text(&m, 2, op);
	if (input)
		add_text(&m, 3, input);
	return m;
}

/* A placeholder, then this node, then the version. */
static struct message graph(const struct message *second)
{
	struct message m = {.len = 0}, first = node("x", "Placeholder", NULL), versions = {.len = 0};

	add(&m, 1, &first);
	if (second)
		add(&m, 1, second);
	add_number(&versions, 1, 1994);
	add(&m, 4, &versions);
	return m;
}

static const char *judge(const char *path, const struct message *m)
{
	return scan_case_with(path, m->bytes, m->len, NULL);
}

static void operator_is(const char *op, const char *want)
{
	struct message n = node("n", op, "x"), g = graph(&n);

	is_str(judge("a.pb", &g), want, "the operator %s", op);
}

static void test_operators(void)
{
	/* The ends of the list, and names beside them. */
	operator_is("Abs", "pass");
	operator_is("Zeta", "pass");
	operator_is("MatMul", "pass");
	operator_is("Ab", "tensorflow.operator");
	operator_is("Abss", "tensorflow.operator");
	operator_is("Zetaa", "tensorflow.operator");
	operator_is("_Abs", "tensorflow.operator");
	operator_is("abs", "tensorflow.operator");
	operator_is("PyFunc", "tensorflow.operator.denied");
	operator_is("PyFuncStateless", "tensorflow.operator.denied");
	operator_is("EagerPyFunc", "tensorflow.operator.denied");
	operator_is("EagerPyFunc2", "tensorflow.operator");
	operator_is("ReadFile", "tensorflow.operator.denied");
	operator_is("WriteFile", "tensorflow.operator.denied");
	operator_is("PrintV2", "tensorflow.operator.denied");
	operator_is("RestoreV2", "pass");
	operator_is("TPUCompile", "tensorflow.operator");
	operator_is("ParallelMapDataset", "tensorflow.operator");
	is_int(scan_case_result.verdict, AY_FAIL, "which fails");
}

static void test_envelopes(void)
{
	struct message g = graph(NULL), meta = {.len = 0}, info = {.len = 0}, saved = {.len = 0};

	is_str(judge("a.pb", &g), "pass", "a graph");
	is_str(scan_case_result.format, "tensorflow", "is TensorFlow");
	add_text(&info, 5, "2.15.0");
	add(&meta, 1, &info);
	add(&meta, 2, &g);
	is_str(judge("a.meta", &meta), "pass", "a meta graph");
	add_number(&saved, 1, 1);
	add(&saved, 2, &meta);
	is_str(judge("saved_model.pb", &saved), "pass", "a SavedModel");
	saved.bytes[1] = 2;
	is_str(judge("saved_model.pb", &saved), "format.unsupported", "a SavedModel of another schema");
	is_str(judge("model", &saved), "format.unknown", "without a suffix");
	saved.bytes[1] = 1;
	meta.bytes[0] = 9 << 3 | 2;
	is_str(judge("a.meta", &meta), "format.unknown", "a field that a meta graph does not have");
	is_str(scan_case("a.pb", "\x0a\x00"), "format.unsupported", "an empty node");
	is_str(scan_case("a.pb", "\x0a\x05\x0a\x01n\x12\x00"), "format.unsupported", "a node without an operator");
}

static void test_every_cut(void)
{
	struct message n = node("n", "Abs", "x"), g = graph(&n), meta = {.len = 0}, saved = {.len = 0};
	unsigned passed = 0;

	for (size_t len = 1; len < g.len; len++)
		passed += strcmp(scan_case_with("a.pb", g.bytes, len, NULL), "pass") == 0;
	is_int(passed, 0, "no proper prefix of a graph passes");
	add(&meta, 2, &g);
	add_number(&saved, 1, 1);
	add(&saved, 2, &meta);
	is_str(judge("saved_model.pb", &saved), "pass", "the whole SavedModel");
	for (size_t len = 1; len < saved.len; len++) {
		scan_case_with("saved_model.pb", saved.bytes, len, NULL);
		passed += scan_case_result.verdict <= AY_WARN;
	}
	is_int(passed, 0, "no proper prefix of a SavedModel is admitted");
}

static void length_is(uint64_t length, const char *want)
{
	struct message n = node("n", "Abs", "x"), g = graph(&n);

	/* One more node, of that length, with three bytes in it. */
	g.bytes[g.len++] = 1 << 3 | 2;
	add_varint(&g, length);
	g.len += (size_t)snprintf((char *)g.bytes + g.len, 4, "\x12\x01q");
	is_str(judge("a.pb", &g), want, "a length of %llu with 3 left", (unsigned long long)length);
}

static void test_lengths(void)
{
	/* The bid looks at the first fields; what it does not take is refused by name. */
	length_is(3, "tensorflow.operator");
	length_is(4, "format.unsupported");
	length_is(1ull << 31, "format.unsupported");
	length_is(1ull << 63, "format.unsupported");
	length_is(UINT64_MAX, "format.unsupported");
}

/* The same behind as many fields as the bid looks at. */
static void test_late_lengths(void)
{
	struct message n = node("n", "Abs", "x"), g = {.len = 0};

	for (unsigned i = 0; i < 64; i++)
		add(&g, 1, &n);
	g.bytes[g.len++] = 1 << 3 | 2;
	add_varint(&g, 1ull << 63);
	is_str(judge("a.pb", &g), "tensorflow.truncated", "a length of 2^63");
	g.len -= 10;
	add_varint(&g, UINT64_MAX);
	is_str(judge("a.pb", &g), "tensorflow.truncated", "a length of 2^64 - 1");
}

static struct message function(const char *name, const char *arg, const struct message *body)
{
	struct message m = {.len = 0}, signature = {.len = 0}, input = {.len = 0};

	add_text(&signature, 1, name);
	add_text(&input, 1, arg);
	add(&signature, 2, &input);
	add(&m, 1, &signature);
	add(&m, 3, body);
	return m;
}

static void function_is(const char *body_op, const char *input, const char *call, const char *call_input, const char *want)
{
	struct message body = node("b", body_op, input), f = function("f", input[0] == ':' ? "" : "path", &body), n = node("n", call, call_input), g = graph(&n);
	struct message library = {.len = 0};

	add(&library, 1, &f);
	add(&g, 2, &library);
	is_str(judge("a.pb", &g), want, "%s of %s in a function, called as %s of %s", body_op, input, call, call_input ? call_input : "nothing");
}

static void test_functions(void)
{
	function_is("Abs", "path", "f", "x", "pass");
	function_is("Abs", "path", "g", "x", "tensorflow.operator");
	function_is("f", "path", "Abs", "x", "pass");
	function_is("PyFunc", "path", "Abs", "x", "tensorflow.operator.denied");
	function_is("RestoreV2", "path", "f", "x", "pass");
	function_is("RestoreV2", "other", "f", "x", "tensorflow.path");
	function_is("RestoreV2", "path:0", "f", "x:0", "pass");
	function_is("RestoreV2", "^path", "f", "x", "tensorflow.path");
	function_is("RestoreV2", "path", "f", "y", "tensorflow.path");
	function_is("RestoreV2", "path", "f", "n", "tensorflow.path");
	function_is("RestoreV2", ":0", "f", "x", "tensorflow.path");
	function_is("RestoreV2", "path", "f", NULL, "tensorflow.path");
}

/* Attributes in attributes, each two messages and a function deep. */
static void depth_is(unsigned levels, const char *want)
{
	struct message at = {.len = 0}, n = node("n", "Abs", "x");

	add_text(&at, 1, "Abs");
	for (unsigned i = 0; i < levels; i++) {
		struct message value = {.len = 0}, entry = {.len = 0}, next = {.len = 0};

		add(&value, 10, &at);
		add_text(&entry, 1, "f");
		add(&entry, 2, &value);
		add_text(&next, 1, "Abs");
		add(&next, 2, &entry);
		at = next;
	}
	struct message value = {.len = 0}, entry = {.len = 0};

	add(&value, 10, &at);
	add_text(&entry, 1, "f");
	add(&entry, 2, &value);
	add(&n, 5, &entry);
	struct message g = graph(&n);

	is_str(judge("a.pb", &g), want, "functions %u deep", levels);
}

static struct message keras_object(const char *kind, const char *config)
{
	struct message m = {.len = 0};

	add_number(&m, 2, 7);
	add_text(&m, 3, "root");
	add_text(&m, 4, kind);
	add_text(&m, 5, config);
	return m;
}

static void keras_is(const char *kind, const char *config, const char *want)
{
	struct message first = keras_object("_tf_keras_model", "{\"class_name\":\"Model\"}"), second = keras_object(kind, config), all = {.len = 0};

	add(&all, 1, &first);
	add(&all, 1, &second);
	is_str(judge("keras_metadata.pb", &all), want, "%s with %s", kind, config);
}

static void test_keras(void)
{
	struct message first = keras_object("_tf_keras_layer", "{\"class_name\":\"Dense\"}"), all = {.len = 0};
	unsigned passed = 0;

	keras_is("_tf_keras_layer", "{\"class_name\":\"Dense\"}", "pass");
	is_str(scan_case_result.format, "tf-keras", "is metadata of Keras");
	keras_is("_tf_keras_layer", "{\"class_name\":\"Lambda\"}", "keras.code");
	keras_is("_tf_keras_layer", "{\"class_name\":\"InputSpec\"}", "pass");
	keras_is("_tf_keras_layer", "{\"class_name\":\"InputSpec\",\"module\":\"os\"}", "keras.module");
	keras_is("_tf_keras_layer", "{}", "keras.malformed");
	keras_is("_tf_keras_layer", "", "pass");
	keras_is("_tf_keras_other", "{\"class_name\":\"Dense\"}", "tensorflow.object");
	keras_is("optimizer", "{\"class_name\":\"Dense\"}", "tensorflow.object");
	add(&all, 1, &first);
	for (size_t len = 1; len < all.len; len++) {
		scan_case_with("keras_metadata.pb", all.bytes, len, NULL);
		passed += scan_case_result.verdict <= AY_WARN;
	}
	is_int(passed, 0, "no proper prefix of one object passes");
}

int main(void)
{
	test_operators();
	test_envelopes();
	test_every_cut();
	test_lengths();
	test_late_lengths();
	test_functions();
	test_keras();
	depth_is(32, "pass");
	depth_is(33, "limit.exceeded");
	return done_testing();
}
