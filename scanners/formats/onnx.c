/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ONNX models (onnx.proto3 of ONNX 1.19): every field of every message is
 * known, every operator computes, and what lies in other files is named
 * plainly. Code gets in by operators of other domains, which a runtime loads
 * from a library; files elsewhere get in by the location of external data.
 */
#include "scanners/formats/onnx.h"

#include "scanners/formats/bytes.h"
#include "scanners/model/onnx_ops.h"
#include "scanners/registry.h"

#define MAX_TEXT (16 * MIB)       /* one text: producers put whole configurations there */
#define MAX_DEPTH 96              /* messages in each other; a subgraph takes three */
#define BID_FIELDS 64
#define LAST_IR_VERSION 32

/*
 * kinds[n] is what field n is. v varint, V varints, packed or not, f 32 bits, F packed or not, D 64 bits packed or not,
 * s text, b bytes, - unknown; a capital of enum message: that message. many: bit n is set when field n may repeat.
 */
enum message {
	MODEL, GRAPH, NODE, ATTRIBUTE, VALUE_INFO, TYPE, TENSOR_TYPE, SEQUENCE_TYPE, MAP_TYPE, SHAPE, DIMENSION, OPSET, FUNCTION, TRAINING,
	ENTRY, ANNOTATION, TENSOR, SPARSE, DEVICE, NODE_DEVICE, SHARDING, DEVICE_GROUP, SHARDED_DIM, SIMPLE_SHARDING, MESSAGES
};
#define SUB(message) ((char)('\x80' + (message)))
#define F(n) (1u << (n))

static const struct { char kinds[28]; uint32_t many; } messages[MESSAGES] = {
	[MODEL] = {{[1] = 'v', [2] = 's', [3] = 's', [4] = 's', [5] = 'v', [6] = 's', [7] = SUB(GRAPH), [8] = SUB(OPSET), [14] = SUB(ENTRY),
		    [20] = SUB(TRAINING), [25] = SUB(FUNCTION), [26] = SUB(DEVICE)}, F(8) | F(14) | F(20) | F(25) | F(26)},
	[GRAPH] = {{[1] = SUB(NODE), [2] = 's', [5] = SUB(TENSOR), [10] = 's', [11] = SUB(VALUE_INFO), [12] = SUB(VALUE_INFO), [13] = SUB(VALUE_INFO),
		    [14] = SUB(ANNOTATION), [15] = SUB(SPARSE), [16] = SUB(ENTRY)}, F(1) | F(5) | F(11) | F(12) | F(13) | F(14) | F(15) | F(16)},
	[NODE] = {{[1] = 's', [2] = 's', [3] = 's', [4] = 's', [5] = SUB(ATTRIBUTE), [6] = 's', [7] = 's', [8] = 's', [9] = SUB(ENTRY),
		   [10] = SUB(NODE_DEVICE)}, F(1) | F(2) | F(5) | F(9) | F(10)},
	[ATTRIBUTE] = {{[1] = 's', [2] = 'f', [3] = 'v', [4] = 'b', [5] = SUB(TENSOR), [6] = SUB(GRAPH), [7] = 'F', [8] = 'V', [9] = 'b',
			[10] = SUB(TENSOR), [11] = SUB(GRAPH), [13] = 's', [14] = SUB(TYPE), [15] = SUB(TYPE), [20] = 'v', [21] = 's',
			[22] = SUB(SPARSE), [23] = SUB(SPARSE)}, F(7) | F(8) | F(9) | F(10) | F(11) | F(15) | F(23)},
	[VALUE_INFO] = {{[1] = 's', [2] = SUB(TYPE), [3] = 's', [4] = SUB(ENTRY)}, F(4)},
	[TYPE] = {{[1] = SUB(TENSOR_TYPE), [4] = SUB(SEQUENCE_TYPE), [5] = SUB(MAP_TYPE), [6] = 's', [8] = SUB(TENSOR_TYPE), [9] = SUB(SEQUENCE_TYPE)}, 0},
	[TENSOR_TYPE] = {{[1] = 'v', [2] = SUB(SHAPE)}, 0},
	[SEQUENCE_TYPE] = {{[1] = SUB(TYPE)}, 0},
	[MAP_TYPE] = {{[1] = 'v', [2] = SUB(TYPE)}, 0},
	[SHAPE] = {{[1] = SUB(DIMENSION)}, F(1)},
	[DIMENSION] = {{[1] = 'v', [2] = 's', [3] = 's'}, 0},
	[OPSET] = {{[1] = 's', [2] = 'v'}, 0},
	[FUNCTION] = {{[1] = 's', [4] = 's', [5] = 's', [6] = 's', [7] = SUB(NODE), [8] = 's', [9] = SUB(OPSET), [10] = 's', [11] = SUB(ATTRIBUTE),
		       [12] = SUB(VALUE_INFO), [13] = 's', [14] = SUB(ENTRY)}, F(4) | F(5) | F(6) | F(7) | F(9) | F(11) | F(12) | F(14)},
	[TRAINING] = {{[1] = SUB(GRAPH), [2] = SUB(GRAPH), [3] = SUB(ENTRY), [4] = SUB(ENTRY)}, F(3) | F(4)},
	[ENTRY] = {{[1] = 's', [2] = 's'}, 0},
	[ANNOTATION] = {{[1] = 's', [2] = SUB(ENTRY)}, F(2)},
	[TENSOR] = {{[1] = 'V', [2] = 'v', [4] = 'F', [5] = 'V', [6] = 'b', [7] = 'V', [8] = 's', [9] = 'b', [10] = 'D', [11] = 'V', [12] = 's',
		     [13] = SUB(ENTRY), [14] = 'v', [16] = SUB(ENTRY)}, F(1) | F(4) | F(5) | F(6) | F(7) | F(10) | F(11) | F(13) | F(16)},
	[SPARSE] = {{[1] = SUB(TENSOR), [2] = SUB(TENSOR), [3] = 'V'}, F(3)},
	[DEVICE] = {{[1] = 's', [2] = 'v', [3] = 's'}, F(3)},
	[NODE_DEVICE] = {{[1] = 's', [2] = SUB(SHARDING), [3] = 'v'}, F(2)},
	[SHARDING] = {{[1] = 's', [2] = 'V', [3] = SUB(DEVICE_GROUP), [4] = SUB(SHARDED_DIM)}, F(2) | F(3) | F(4)},
	[DEVICE_GROUP] = {{[1] = 'v', [2] = 'V'}, F(2)},
	[SHARDED_DIM] = {{[1] = 'v', [2] = SUB(SIMPLE_SHARDING)}, F(2)},
	[SIMPLE_SHARDING] = {{[1] = 'v', [2] = 's', [3] = 'v'}, 0},
};

struct judge {
	struct ay_scan *s;
	struct ay_pb r;
	struct ay_onnx_functions *functions;
	size_t function;              /* that is being walked: their count outside of them */
	size_t met;                   /* functions */
	struct ay_onnx_tensor tensor; /* the one being walked: tensors do not nest */
	struct ay_onnx_sparse sparse; /* nor do these */
	char key[AY_ONNX_NAME];       /* of the entry being walked */
	char value[AY_LIMIT_PATH + 1];
	bool too_long;                /* key or value */
	const char *why;              /* of AY_EFORMAT */
};

/* What is collected of one message of a kind that is judged as a whole. */
struct names { char name[AY_ONNX_NAME], domain[AY_ONNX_NAME], overload[AY_ONNX_NAME]; };

static int malformed(struct judge *j, uint64_t off, const char *why)
{
	j->why = why;
	j->r.bad_off = off;
	return AY_EFORMAT;
}

static bool wire_fits(char kind, enum ay_pb_wire wire)
{
	switch (kind) {
	case 'v': return wire == AY_PB_VARINT;
	case 'V': return wire == AY_PB_VARINT || wire == AY_PB_LEN;
	case 'f': return wire == AY_PB_FIXED32;
	case 'F': return wire == AY_PB_FIXED32 || wire == AY_PB_LEN;
	case 'D': return wire == AY_PB_FIXED64 || wire == AY_PB_LEN;
	default: return kind != 0 && wire == AY_PB_LEN;
	}
}

static char kind_of(enum message m, const struct ay_pb_field *f)
{
	char kind = f->number < sizeof(messages[m].kinds) ? messages[m].kinds[f->number] : 0;

	return wire_fits(kind, f->wire) ? kind : 0;
}

/* Keeps a text when it fits, cut otherwise, and checks that it is one. */
static int take_text(struct judge *j, const struct ay_pb_field *f, char *out, size_t size, bool *cut_out)
{
	struct ay_cursor text;
	int err = ay_pb_load(&j->r, f, &text);

	if (err)
		return err;
	if (ay_bytes_find_bad_utf8(&text) != text.left || ay_bytes_find(&text, 0) != text.left)
		return malformed(j, f->off, "a text that is not UTF-8");
	*cut_out = text.left >= size;
	size_t len = *cut_out ? size - 1 : text.left;

	ay_cursor_copy(&text, out, len);
	out[len] = '\0';
	return 0;
}

static int check_text(struct judge *j, const struct ay_pb_field *f)
{
	char none[1];
	bool cut;

	return take_text(j, f, none, sizeof(none), &cut);
}

/* How many values a repeated number has in this field. */
static int count_values(struct judge *j, char kind, const struct ay_pb_field *f, void (*each)(struct judge *, uint64_t), uint64_t *out)
{
	*out = 1;
	if (f->wire != AY_PB_LEN) {
		if (each)
			each(j, f->value);
		return 0;
	}
	if (kind == 'F' || kind == 'D') {
		*out = f->value / (kind == 'F' ? 4 : 8);
		return f->value % (kind == 'F' ? 4 : 8) ? malformed(j, f->off, "half a number in a packed field") : 0;
	}
	struct ay_pb_message m = f->body;
	uint64_t v;
	int rc;

	for (*out = 0; (rc = ay_pb_next_varint(&j->r, &m, &v)) == 1; ++*out)
		if (each)
			each(j, v);
	return rc;
}

static void see_dim(struct judge *j, uint64_t dim)
{
	ay_onnx_tensor_dim(&j->tensor, dim);
}

static int see_tensor(struct judge *j, char kind, const struct ay_pb_field *f)
{
	uint64_t n = 1;
	int err = 0;

	if (kind == 'V' || kind == 'F' || kind == 'D')
		err = count_values(j, kind, f, f->number == 1 ? see_dim : NULL, &n);
	if (f->number < AY_ARRAY_LEN(j->tensor.counts)) {
		j->tensor.fields |= (uint16_t)F(f->number);
		j->tensor.counts[f->number] += n;
	}
	if (f->number == 2)
		j->tensor.data_type = f->value;
	if (f->number == 9)
		j->tensor.raw = f->value;
	if (f->number == 14)
		j->tensor.location = f->value;
	return err;
}

static int see_numbers(struct judge *j, enum message kind, char what, const struct ay_pb_field *f)
{
	uint64_t n = 0;
	int err = count_values(j, what, f, NULL, &n);

	if (kind == SPARSE)
		j->sparse.dims += n;
	return err;
}

static int walk(struct judge *j, struct ay_pb_message m, enum message kind, uint64_t off, unsigned depth);

/* A node's operator must be known, or be a function of the model. */
static int judge_node(struct judge *j, const struct names *n, uint64_t off)
{
	size_t called;

	ay_onnx_functions_node(j->functions, j->function);
	if (ay_onnx_functions_find(j->functions, n->domain, n->name, n->overload, &called))
		return ay_onnx_functions_call(j->functions, j->function, called);
	if (ay_onnx_operator_known(n->domain, n->name))
		return 0;
	if (ay_onnx_domain_known(n->domain))
		ay_scan_find(j->s, "onnx.operator", off, "the operator %.100s of the domain \"%.100s\" is not known", n->name, n->domain);
	else
		ay_scan_find(j->s, "onnx.domain", off, "the operator %.100s is of the domain \"%.100s\", whose code is not in a runtime", n->name,
			     n->domain);
	return 0;
}

static int judge_entry(struct judge *j, enum message parent, uint32_t number, uint64_t off)
{
	if (parent != TENSOR || number != 13)
		return 0;
	if (j->too_long || !ay_onnx_tensor_external(&j->tensor, j->key, j->value))
		return malformed(j, off, "an entry of external_data is none that ONNX has");
	return 0;
}

static int walk_sub(struct judge *j, enum message parent, const struct ay_pb_field *f, unsigned depth)
{
	enum message kind = (enum message)(uint8_t)(messages[parent].kinds[f->number] - '\x80');

	if (kind == TENSOR)
		j->tensor = (struct ay_onnx_tensor){.off = f->off, .elements = 1};
	if (kind == SPARSE)
		j->sparse = (struct ay_onnx_sparse){.odd = false};
	if (kind == FUNCTION)
		j->function = j->met++;
	if (kind == ENTRY) {
		j->key[0] = j->value[0] = '\0';
		j->too_long = false;
	}
	int err = walk(j, f->body, kind, f->off, depth + 1);

	if (kind == FUNCTION)
		j->function = ay_onnx_functions_count(j->functions);
	if (!err && kind == TENSOR)
		err = ay_onnx_tensor_judge(j->s, &j->tensor);
	if (!err && kind == TENSOR && parent == SPARSE)
		ay_onnx_sparse_take(&j->sparse, f->number == 2, &j->tensor);
	if (!err && kind == SPARSE)
		ay_onnx_sparse_judge(j->s, &j->sparse, f->off);
	if (!err && kind == ENTRY)
		err = judge_entry(j, parent, f->number, f->off);
	return err;
}

/* Texts that are judged; the others are only checked. */
static int see_text(struct judge *j, enum message kind, const struct ay_pb_field *f, struct names *n)
{
	bool cut = false;
	int err;

	if (kind == NODE && f->number == 4)
		err = take_text(j, f, n->name, sizeof(n->name), &cut);
	else if (kind == NODE && f->number == 7)
		err = take_text(j, f, n->domain, sizeof(n->domain), &cut);
	else if (kind == NODE && f->number == 8)
		err = take_text(j, f, n->overload, sizeof(n->overload), &cut);
	else if (kind == ENTRY && f->number == 1)
		err = take_text(j, f, j->key, sizeof(j->key), &j->too_long);
	else if (kind == ENTRY && f->number == 2)
		err = take_text(j, f, j->value, sizeof(j->value), &j->too_long);
	else
		err = check_text(j, f);
	return err ? err : cut ? malformed(j, f->off, "a name of an operator or domain is too long") : 0;
}

static int walk(struct judge *j, struct ay_pb_message m, enum message kind, uint64_t off, unsigned depth)
{
	struct names n = {.name = ""};
	struct ay_pb_field f;
	uint32_t seen = 0;
	int rc, err = 0;

	if (depth > MAX_DEPTH)
		return AY_ELIMIT;
	while (!err && (rc = ay_pb_next(&j->r, &m, &f)) == 1) {
		char what = kind_of(kind, &f);

		if (!what)
			return malformed(j, f.off, "a field that ONNX does not have, or not in its form");
		if (seen & F(f.number) & ~messages[kind].many)
			return malformed(j, f.off, "a field that may stand once is there twice");
		seen |= F(f.number);
		if (what == 's')
			err = see_text(j, kind, &f, &n);
		else if ((signed char)what < 0)
			err = walk_sub(j, kind, &f, depth);
		else if (kind == TENSOR)
			err = see_tensor(j, what, &f);
		else if (what == 'V' || what == 'F')
			err = see_numbers(j, kind, what, &f);
	}
	if (err || rc < 0)
		return err ? err : rc;
	return kind == NODE ? judge_node(j, &n, off) : 0;
}

/* Names of the functions that the model defines. */
static int collect_function(struct judge *j, struct ay_pb_message m)
{
	struct names n = {.name = ""};
	struct ay_pb_field f;
	bool cut = false;
	int rc, err = 0;

	while (!err && !cut && (rc = ay_pb_next(&j->r, &m, &f)) == 1)
		if (f.wire == AY_PB_LEN && (f.number == 1 || f.number == 10 || f.number == 13))
			err = take_text(j, &f, f.number == 1 ? n.name : f.number == 10 ? n.domain : n.overload, sizeof(n.name), &cut);
	if (err || cut || rc < 0)
		return err ? err : cut ? AY_ELIMIT : rc;
	return ay_onnx_functions_add(j->functions, n.domain, n.name, n.overload);
}

static int collect_functions(struct judge *j)
{
	struct ay_pb_message m = ay_pb_whole(&j->r);
	struct ay_pb_field f;
	int rc;

	while ((rc = ay_pb_next(&j->r, &m, &f)) == 1) {
		int err = f.number == 25 && f.wire == AY_PB_LEN ? collect_function(j, f.body) : 0;

		if (err)
			return err;
	}
	if (rc < 0)
		return rc;
	rc = ay_onnx_functions_end(j->functions);
	j->function = ay_onnx_functions_count(j->functions);
	return rc == AY_EFORMAT ? malformed(j, AY_NO_OFFSET, "two functions of one name") : rc;
}

static int judge_calls(struct judge *j)
{
	const char *why;
	int err = ay_onnx_functions_judge(j->functions, &why);

	if (!err && why)
		ay_scan_find(j->s, "onnx.function", AY_NO_OFFSET, "%s", why);
	return err;
}

/* The fields at the top are a model's, it begins with its version, and it has a graph. */
static unsigned onnx_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	struct ay_budget budget;
	struct ay_pb_field f;
	struct ay_pb r;
	bool graph = false, mine = true;
	int rc = 1;

	(void)path;
	if (ay_cursor_u8(&head) != (1 << 3 | AY_PB_VARINT) || ay_cursor_u8(&head) > LAST_IR_VERSION || head.err)
		return 0;
	ay_budget_init(&budget, in->size);
	ay_pb_open(&r, in, &budget, 0);
	struct ay_pb_message m = ay_pb_whole(&r);

	for (unsigned i = 0; mine && i < BID_FIELDS && (rc = ay_pb_next(&r, &m, &f)) == 1; i++) {
		mine = kind_of(MODEL, &f) != 0;
		graph = graph || f.number == 7;
	}
	ay_pb_close(&r);
	return mine && graph ? 24 : 0;
}

static void report(struct judge *j, int err)
{
	struct ay_error e;

	ay_error_at(&e, err, j->r.bad_off, "%s", j->why ? j->why : ay_strerror(err));
	ay_scan_find_error(j->s, "onnx", err, &e);
}

static int onnx_scan(struct ay_scan *s, struct ay_source *in)
{
	struct judge *j = ay_budget_alloc(ay_scan_budget(s), sizeof(*j));

	if (!j) {
		ay_scan_find(s, "limit.memory", AY_NO_OFFSET, "no memory left to read the model");
		return AY_ELIMIT;
	}
	*j = (struct judge){.s = s};
	ay_pb_open(&j->r, in, ay_scan_budget(s), MAX_TEXT);
	int err = ay_onnx_functions_new(ay_scan_budget(s), &j->functions);

	if (!err)
		err = collect_functions(j);

	if (!err)
		err = walk(j, ay_pb_whole(&j->r), MODEL, 0, 0);
	if (!err)
		err = judge_calls(j);
	if (err)
		report(j, err);
	ay_pb_close(&j->r);
	ay_onnx_functions_free(j->functions);
	ay_budget_free(ay_scan_budget(s), j);
	return 0;
}

const struct ay_scanner ay_scanner_onnx = {
	.abi = AY_SCAN_ABI, .name = "onnx", .version = 4, .bid = onnx_bid, .scan = onnx_scan
};
