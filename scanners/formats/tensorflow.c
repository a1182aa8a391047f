/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TensorFlow graphs: SavedModel, MetaGraphDef and GraphDef, told apart by their
 * content, and what lies beside a SavedModel: fingerprint and debug information. Every field of every message is known. A graph runs code by its
 * operators, wherever they stand: nodes, functions of the library, and names
 * of functions in attributes. Each must compute only, or be a function of the
 * same library; the saver's operators may touch the checkpoint's files alone.
 */
#include "scanners/formats/tensorflow.h"

#include "scanners/formats/bytes.h"
#include "scanners/model/tensorflow_ops.h"
#include "scanners/registry.h"

#define MAX_TEXT (16 * MIB)
#define MAX_DEPTH 100           /* messages in each other: the default of protobuf itself */
#define BID_FIELDS 64           /* fields at the top that a bid looks at */

static int walk(struct ay_tf *t, struct ay_pb_message m, unsigned message, unsigned depth);

static int malformed(struct ay_tf *t, uint64_t off)
{
	t->r.bad_off = off;
	return AY_EFORMAT;
}

/* ---- operators ---- */

/* The node at hand is one of the graph itself, and the first thing it is given is the saver's path. */
static int calls_saver_plainly(struct ay_tf *t)
{
	char input[AY_TF_NAME];
	int rc = t->in_node && !t->scope.function ? ay_tf_input(t, t->node, 0, input, sizeof(input)) : 0;

	return rc == 1 ? ay_tf_saver_path(t, input) : rc;
}

/* A name that is called: a node's operator, or a function in an attribute. */
static int judge_call(struct ay_tf *t, const char *name, uint64_t off)
{
	const struct ay_tf_function *f = ay_tf_function_find(t, name);
	const char *why = ay_tensorflow_denied(name);
	int rc = 1;

	if (why) {
		ay_scan_find(t->s, "tensorflow.operator.denied", off, "the operator %s %s", name, why);
	} else if (f) {
		rc = f->saves ? calls_saver_plainly(t) : 1;
		if (rc == 0)
			ay_scan_find(t->s, "tensorflow.path", off,
				     "the function %s reads or writes files, and is called with another path than the one of the saver", name);
	} else if (!ay_tensorflow_computes(name)) {
		ay_scan_find(t->s, "tensorflow.operator", off, "%s is no operator that is known to compute only, nor a function of this graph", name);
	}
	return rc < 0 ? rc : 0;
}

/* An operator of the saver: its first inputs are paths. */
static int judge_saver(struct ay_tf *t, uint64_t off)
{
	unsigned paths = strcmp(t->op, "MergeV2Checkpoints") == 0 ? 2 : 1;
	char input[AY_TF_NAME];
	int rc = 1;

	for (unsigned i = 0; i < paths && rc == 1; i++) {
		rc = ay_tf_input(t, t->node, i, input, sizeof(input));
		if (rc == 1)
			rc = ay_tf_saver_path(t, input);
	}
	if (rc == 0)
		ay_scan_find(t->s, "tensorflow.path", off, "%s (operator %s) reads or writes files at another path than the one of the saver", t->name,
			     t->op);
	return rc < 0 ? rc : 0;
}

static int judge_node(struct ay_tf *t, struct ay_pb_message node, unsigned depth)
{
	struct ay_pb_message m = node;
	struct ay_pb_field f;
	bool has_op = false;
	uint64_t at = node.at;
	int rc;

	t->node = node;
	t->name[0] = 0;
	while ((rc = ay_pb_next(&t->r, &m, &f)) == 1 && !(f.number == 1 && f.wire == AY_PB_LEN))
		;
	if (rc == 1)
		rc = ay_tf_text(t, &f, t->name, sizeof(t->name));
	t->in_node = true;
	for (m = node; rc >= 0 && (rc = ay_pb_next(&t->r, &m, &f)) == 1;) {
		if (f.number != 2 || f.wire != AY_PB_LEN)
			continue;
		has_op = true;
		rc = ay_tf_text(t, &f, t->op, sizeof(t->op));
		if (!rc)
			rc = ay_tensorflow_saver(t->op) ? judge_saver(t, f.off) : judge_call(t, t->op, f.off);
	}
	if (rc == 0 && !has_op)
		rc = malformed(t, at);
	if (rc == 0)
		rc = walk(t, node, AY_TF_NODE, depth);
	t->in_node = false;
	return rc;
}

/* ---- messages with a meaning of their own ---- */

static int judge_graph(struct ay_tf *t, struct ay_pb_message graph, unsigned depth)
{
	struct ay_pb_message m = graph;
	struct ay_pb_field f;
	bool versions = false;
	int rc = ay_tf_functions_read(t, graph);

	t->scope = (struct ay_tf_scope){.in = graph, .nodes = 1};
	if (!rc)
		rc = walk(t, graph, AY_TF_GRAPH, depth);
	while (rc >= 0 && (rc = ay_pb_next(&t->r, &m, &f)) == 1)
		versions = versions || f.number == 3 || f.number == 4;
	if (rc == 0 && !versions)
		ay_scan_find(t->s, "tensorflow.version", graph.end, "the graph has no version at its end, so nothing shows whether it was cut off");
	return rc;
}

static int judge_function(struct ay_tf *t, struct ay_pb_message function, unsigned depth)
{
	struct ay_tf_scope outer = t->scope;
	struct ay_pb_message m;
	struct ay_pb_field f;
	int rc = ay_tf_last(t, function, 1, &f);

	t->scope = (struct ay_tf_scope){.in = function, .nodes = 3, .function = true};
	m = f.body;
	while (rc == 1 && (rc = ay_pb_next(&t->r, &m, &f)) == 1)
		if (f.number == 2 && f.wire == AY_PB_LEN) {    /* the first argument */
			rc = ay_tf_last(t, f.body, 1, &f);
			if (rc == 1)
				rc = ay_tf_text(t, &f, t->scope.arg, sizeof(t->scope.arg));
			break;
		}
	if (rc >= 0)
		rc = walk(t, function, AY_TF_FUNCTION, depth);
	t->scope = outer;
	return rc;
}

/* A function that is named where the loading program calls it with what it likes. */
static int judge_concrete(struct ay_tf *t, const struct ay_pb_field *f)
{
	int err = ay_tf_text(t, f, t->op, sizeof(t->op));
	const struct ay_tf_function *one = err ? NULL : ay_tf_function_find(t, t->op);

	if (one && one->saves)
		ay_scan_find(t->s, "tensorflow.path", f->off, "the function %s reads or writes files, and the loading program can call it", t->op);
	return err;
}

static int judge_object(struct ay_tf *t, const struct ay_pb_field *f, bool (*known)(const char *), const char *what)
{
	int err = ay_tf_text(t, f, t->op, sizeof(t->op));

	if (!err && t->op[0] && !known(t->op))
		ay_scan_find(t->s, "tensorflow.object", f->off, "%s %s is none that TensorFlow itself has", what, t->op);
	return err;
}

static int judge_asset(struct ay_tf *t, const struct ay_pb_field *f)
{
	int err = ay_tf_text(t, f, t->op, sizeof(t->op));

	if (!err && (!ay_sibling_path_plain(t->op) || strchr(t->op, '/')))
		ay_scan_find(t->s, "tensorflow.asset", f->off, "the asset %s is no plain name of a file in the folder of assets", t->op);
	return err;
}

static bool is_tensor_variant(const char *name)
{
	return strcmp(name, "tensorflow::TensorList") == 0 || strcmp(name, "RaggedTensorVariant") == 0;
}

static bool is_asset_message(const char *url)
{
	static const char name[] = "/tensorflow.AssetFileDef";
	size_t len = strlen(url);

	return len >= sizeof(name) && strcmp(url + len - (sizeof(name) - 1), name) == 0;
}

#define FIELD(message, number) ((message) << 8 | (number))

/* What a text says, where it says something. */
static int judge_text(struct ay_tf *t, unsigned message, const struct ay_pb_field *f)
{
	switch (FIELD(message, f->number)) {
	case FIELD(AY_TF_NAME_ATTRS, 1):
	case FIELD(AY_TF_GRADIENT, 1):
	case FIELD(AY_TF_GRADIENT, 2):
	case FIELD(AY_TF_REGISTERED_GRADIENT, 1): {
		int err = ay_tf_text(t, f, t->op, sizeof(t->op));

		return err || !t->op[0] ? err : judge_call(t, t->op, f->off);
	}
	case FIELD(AY_TF_CONCRETE_MAP, 1): return judge_concrete(t, f);
	case FIELD(AY_TF_USER_OBJECT, 1): return judge_object(t, f, ay_tensorflow_object, "the kind of object");
	case FIELD(AY_TF_OBJECT, 13): return judge_object(t, f, ay_tensorflow_registered, "the registered class");
	case FIELD(AY_TF_OBJECT, 16): return judge_object(t, f, ay_tensorflow_registered, "the registered saver");
	case FIELD(AY_TF_VARIANT, 1): return judge_object(t, f, is_tensor_variant, "the type of a variant,");
	case FIELD(AY_TF_ANY_ASSET, 1): return judge_object(t, f, is_asset_message, "the message in a collection,");
	case FIELD(AY_TF_ASSET, 2): return judge_asset(t, f);
	case FIELD(AY_TF_USER_OBJECT, 3):
		return f->value ? ay_tf_keras_metadata(t->s, t->r.in, f->body) : 0;
	default: break;
	}
	struct ay_cursor text;
	int err = ay_pb_load(&t->r, f, &text);

	/* No text holds control bytes, so none can be a node to whoever reads the file as another of these messages. */
	return !err && (ay_bytes_find_bad_utf8(&text) != text.left || ay_bytes_find_control(&text) != text.left) ? AY_EFORMAT : err;
}

static int judge_field(struct ay_tf *t, unsigned message, const struct ay_pb_field *f, unsigned depth)
{
	const struct ay_tf_field *k = ay_tf_field(message, f);

	switch (k->kind) {
	case AY_TF_UNKNOWN: return malformed(t, f->off);
	case AY_TF_TEXT: return judge_text(t, message, f);
	case AY_TF_SUB: break;
	default: return 0;
	}
	if (depth >= MAX_DEPTH) {
		t->r.bad_off = f->off;
		return AY_ELIMIT;
	}
	switch (k->sub) {
	case AY_TF_NODE: return judge_node(t, f->body, depth + 1);
	case AY_TF_GRAPH: return judge_graph(t, f->body, depth + 1);
	case AY_TF_FUNCTION: return judge_function(t, f->body, depth + 1);
	default: return walk(t, f->body, k->sub, depth + 1);
	}
}

static int walk(struct ay_tf *t, struct ay_pb_message m, unsigned message, unsigned depth)
{
	struct ay_pb_field f;
	int rc;

	while ((rc = ay_pb_next(&t->r, &m, &f)) == 1) {
		int err = judge_field(t, message, &f, depth);

		if (err)
			return err;
	}
	return rc;
}

/* ---- which of them ---- */

/* The first fields at the top are of this message, in the wire types it has; a field that only a bid knows must be there. */
static bool looks_like(struct ay_pb *r, struct ay_pb_message m, unsigned message, uint32_t needed, struct ay_pb_field *out)
{
	struct ay_pb_field f;
	bool found = false;
	int rc = 1;

	for (unsigned i = 0; i < BID_FIELDS && (rc = ay_pb_next(r, &m, &f)) == 1; i++) {
		if (ay_tf_field(message, &f)->kind == AY_TF_UNKNOWN)
			return false;
		if (f.number == needed && !found) {
			found = true;
			*out = f;
		}
	}
	return rc >= 0 && found;
}

/* The fields of a node in the order in which they are always written: a name, then the word of an operator. */
static bool looks_like_node(struct ay_pb *r, struct ay_pb_message m)
{
	struct ay_pb_field f;
	struct ay_cursor c;

	if (ay_pb_next(r, &m, &f) != 1 || f.number != 1 || f.wire != AY_PB_LEN || ay_pb_next(r, &m, &f) != 1 || f.number != 2 ||
	    f.wire != AY_PB_LEN || f.value == 0 || ay_pb_load(r, &f, &c))
		return false;
	for (; c.left; ay_cursor_skip(&c, 1)) {
		int ch = ay_cursor_peek(&c, 0);

		if (!(ch >= 'a' && ch <= 'z') && !(ch >= 'A' && ch <= 'Z') && !(ch >= '0' && ch <= '9') && ch != '_' && ch != '>')
			return false;
	}
	return true;
}

/* AY_TF_MESSAGES: none of them. */
static unsigned message_of(struct ay_pb *r)
{
	struct ay_pb_message m = ay_pb_whole(r);
	struct ay_pb_field f, inner;

	if (looks_like(r, m, AY_TF_SAVED_MODEL, 2, &f))
		return ay_pb_next(r, &m, &inner) == 1 && inner.number == 1 && inner.value == 1 && looks_like(r, f.body, AY_TF_META_GRAPH, 2, &inner)
			? AY_TF_SAVED_MODEL : AY_TF_MESSAGES;
	if (looks_like(r, m, AY_TF_META_GRAPH, 2, &f) && looks_like(r, m, AY_TF_META_GRAPH, 1, &inner) &&
	    looks_like(r, f.body, AY_TF_GRAPH, 1, &f) && looks_like_node(r, f.body))
		return AY_TF_META_GRAPH;
	if (looks_like(r, m, AY_TF_GRAPH, 1, &f) && looks_like_node(r, f.body))
		return AY_TF_GRAPH;
	if (looks_like(r, m, AY_TF_FINGERPRINT, 4, &f) && looks_like(r, m, AY_TF_FINGERPRINT, 6, &f))
		return AY_TF_FINGERPRINT;
	if (looks_like(r, m, AY_TF_DEBUG_INFO, 2, &f) && looks_like(r, f.body, AY_TF_TRACE_MAP, 2, &inner) &&
	    looks_like(r, inner.body, AY_TF_TRACE, 1, &f))
		return AY_TF_DEBUG_INFO;
	return AY_TF_MESSAGES;
}

static unsigned tensorflow_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	int first = ay_cursor_peek(&head, 0);
	struct ay_budget budget;
	struct ay_pb r;
	unsigned message;

	(void)path;
	if (first != (1 << 3 | AY_PB_LEN) && first != (1 << 3 | AY_PB_VARINT))
		return 0;
	ay_budget_init(&budget, in->size);
	ay_pb_open(&r, in, &budget, AY_TF_NAME);
	message = message_of(&r);
	ay_pb_close(&r);
	return message == AY_TF_MESSAGES ? 0 : 32;
}

static int tensorflow_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_tf *t = ay_budget_alloc(ay_scan_budget(s), sizeof(*t));
	struct ay_error e;
	int err = AY_ELIMIT;

	if (!t) {
		ay_scan_find_error(s, "tensorflow", err, NULL);
		return 0;
	}
	*t = (struct ay_tf){.s = s};
	ay_pb_open(&t->r, in, ay_scan_budget(s), MAX_TEXT);
	unsigned message = message_of(&t->r);

	if (message == AY_TF_MESSAGES)
		err = malformed(t, 0);
	else if (message == AY_TF_GRAPH)
		err = judge_graph(t, ay_pb_whole(&t->r), 0);
	else
		err = walk(t, ay_pb_whole(&t->r), message, 0);
	if (err == AY_EFORMAT)
		ay_scan_find(s, "tensorflow.malformed", t->r.bad_off, "a field that no TensorFlow graph has, or not in its form");
	else if (err)
		ay_scan_find_error(s, "tensorflow", ay_error_at(&e, err, t->r.bad_off, "%s", ay_strerror(err)), &e);
	ay_tf_functions_free(t);
	ay_pb_close(&t->r);
	ay_budget_free(ay_scan_budget(s), t);
	return 0;
}

static const char *const refines[] = {"text", "refused", NULL};

const struct ay_scanner ay_scanner_tensorflow = {
	.abi = AY_SCAN_ABI, .name = "tensorflow", .version = 6, .refines = refines, .bid = tensorflow_bid, .scan = tensorflow_scan
};
