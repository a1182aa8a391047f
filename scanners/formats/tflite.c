/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TensorFlow Lite models: a FlatBuffer of the published schema. Operators are
 * the built-in ones; custom and delegate operators run code that the program
 * brings, and StableHLO's custom calls and composites name such code, so they
 * are refused. The options of built-in operators are checked for their bounds
 * alone. Weights in other files are named plainly (LiteRT's external buffers).
 */
#include <inttypes.h>

#include "assay/ckd.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/flatbuf.h"
#include "scanners/formats/text.h"
#include "scanners/registry.h"

#define SCHEMA_VERSION 3
#define CUSTOM 32
#define DELEGATE 51
#define MORE_CODES 127           /* stands for the codes beyond it in the old field */
#define HLO_CUSTOM_CALL 173
#define HLO_COMPOSITE 206
#define LAST_CODE 209
#define MAX_SUBGRAPHS 4096
#define MAX_DIMS 32
#define NAME 128

/* Bits of an element by type; 0: no fixed size. */
static const uint8_t type_bits[] = {
	32, 16, 32, 8, 64, 0, 8, 16, 64, 8, 64, 128, 64, 0, 0, 32, 16, 4, 16, 2, 4, 8, 8
};
#define TYPE_STRING 5

struct reader {
	struct ay_scan *s;
	struct ay_flat f;
	struct ay_flat_vector codes, graphs, buffers;
};

static unsigned tflite_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	struct ay_cursor c = head;
	uint32_t root = ay_cursor_le32(&c);

	(void)path;
	return !c.err && ay_cursor_starts(&c, "TFL3", 4) && root >= 8 && root < in->size ? 40 : !c.err && ay_cursor_starts(&c, "TFL3", 4) ? 32 : 0;
}

static void layout(struct reader *r, uint64_t off, const char *why)
{
	ay_flat_fail(&r->f, AY_EFORMAT, off, why);
}

/* The code by all readers, old and new, or a failure when they differ. */
static void check_code(struct reader *r, const struct ay_flat_table *t)
{
	uint64_t old = ay_flat_scalar(&r->f, t, 0, 1, 0), code = ay_flat_scalar(&r->f, t, 3, 4, 0);
	char name[NAME] = "";
	bool named = ay_flat_list(&r->f, t, 1, 1).count > 0;

	if (named)
		(void)ay_flat_text(&r->f, t, 1, name, sizeof(name));
	if (r->f.err)
		return;
	if (old > 127 || (old == 127 ? code < 127 : code != 0 && code != old))
		return layout(r, t->at, "an operator has two different codes");
	if (code < old)
		code = old;
	if (code == CUSTOM || named)
		ay_scan_find(r->s, "tflite.custom-operator", t->at, "the custom operator %s is code of the program that loads the model", name);
	else if (code == DELEGATE || code == MORE_CODES || code == HLO_CUSTOM_CALL || code == HLO_COMPOSITE || code > LAST_CODE)
		ay_scan_find(r->s, "tflite.operator", t->at, "the operator %" PRIu64 " is not a known built-in one", code);
}

/* Where the bytes of a buffer are. */
static struct ay_flat_vector buffer_data(struct reader *r, uint32_t i, uint64_t *size_out)
{
	struct ay_flat_table t = ay_flat_at(&r->f, &r->buffers, i);
	struct ay_flat_vector v = ay_flat_list(&r->f, &t, 0, 1);
	uint64_t off = ay_flat_scalar(&r->f, &t, 1, 8, 0), size = ay_flat_scalar(&r->f, &t, 2, 8, 0);

	*size_out = v.count;
	/* Offsets 0 and 1 say that there are no bytes behind the FlatBuffer. */
	if (r->f.err || off <= 1)
		return v;
	if (v.count)
		layout(r, t.at, "a buffer has two places");
	else if (off > r->f.in->size || size > r->f.in->size - off)
		ay_flat_fail(&r->f, AY_ETRUNC, t.at, "a buffer lies beyond the end of the file");
	v.at = off;
	*size_out = size;
	return v;
}

/* Strings of a tensor: a count, then count + 1 offsets that rise to the buffer's end. */
static void check_strings(struct reader *r, uint64_t at, uint64_t size)
{
	uint64_t count, last;

	if (at % 4)
		return layout(r, at, "strings are not aligned");
	count = size >= 8 ? ay_flat_number(&r->f, at, 4) : 0;
	last = 4 * (count + 2);
	if (r->f.err || size < 8 || last > size)
		return layout(r, at, "a tensor of strings has more strings than bytes");
	for (uint64_t i = 0; i <= count && !r->f.err; i++) {
		uint64_t next = ay_flat_number(&r->f, at + 4 + 4 * i, 4);

		if (!r->f.err && (next < last || next > size))
			layout(r, at + 4 + 4 * i, "a string of a tensor lies outside of its buffer");
		last = next;
	}
	if (last != size)
		layout(r, at, "strings do not fill their buffer");
}

/* Number of elements; 0 with *unknown when a dimension is not fixed. */
static uint64_t shape_elements(struct reader *r, const struct ay_flat_table *t, bool *unknown)
{
	struct ay_flat_vector shape = ay_flat_list(&r->f, t, 0, 4);
	uint64_t numel = 1;

	if (shape.count > MAX_DIMS)
		layout(r, t->at, "a tensor has more than 32 dimensions");
	for (uint32_t i = 0; i < shape.count && !r->f.err; i++) {
		int32_t dim = (int32_t)(uint32_t)ay_flat_number(&r->f, shape.at + 4 * (uint64_t)i, 4);

		if (dim < 0)
			*unknown = true;
		else if (ay_ckd_mul_u64(numel, (uint64_t)dim, &numel))
			layout(r, t->at, "the shape of a tensor has more elements than 64 bits can count");
	}
	return numel;
}

static void check_tensor(struct reader *r, const struct ay_flat_table *t)
{
	uint64_t type = ay_flat_scalar(&r->f, t, 1, 1, 0), buffer = ay_flat_scalar(&r->f, t, 2, 4, 0), size, numel, bits;
	bool sparse = ay_flat_sub(&r->f, t, 6).at != 0, unknown = false;
	struct ay_flat_vector data;
	char name[NAME];

	(void)ay_flat_text(&r->f, t, 3, name, sizeof(name));
	(void)ay_flat_sub(&r->f, t, 4);
	if (ay_flat_scalar(&r->f, t, 10, 4, 0) && buffer)
		layout(r, t->at, "a tensor has two places");
	numel = shape_elements(r, t, &unknown);
	if (!r->f.err && type >= sizeof(type_bits))
		layout(r, t->at, "a tensor has an unknown type");
	if (!r->f.err && buffer >= r->buffers.count && buffer != 0)
		layout(r, t->at, "a tensor names a buffer that is not there");
	if (r->f.err || buffer == 0 || buffer >= r->buffers.count)
		return;
	data = buffer_data(r, (uint32_t)buffer, &size);
	if (r->f.err || size == 0)
		return;
	if (type == TYPE_STRING)
		return check_strings(r, data.at, size);
	if (!type_bits[type] || unknown || ay_ckd_mul_u64(numel, type_bits[type], &bits) || bits > UINT64_MAX - 7)
		return layout(r, t->at, "a tensor with data has no fixed size");
	if (sparse ? size > (bits + 7) / 8 : size != (bits + 7) / 8)
		layout(r, t->at, "the shape and type of a tensor ask for another number of bytes than its buffer has");
}

/* Indexes of tensors; -1 says that an optional input is not there. */
static void check_indexes(struct reader *r, const struct ay_flat_table *t, unsigned field, uint32_t tensors, bool optional)
{
	struct ay_flat_vector v = ay_flat_list(&r->f, t, field, 4);

	for (uint32_t i = 0; i < v.count && !r->f.err; i++) {
		int32_t one = (int32_t)(uint32_t)ay_flat_number(&r->f, v.at + 4 * (uint64_t)i, 4);

		if (one < (optional ? -1 : 0) || one >= (int64_t)tensors)
			layout(r, v.at + 4 * (uint64_t)i, "an index of a tensor is out of range");
	}
}

static void check_operator(struct reader *r, const struct ay_flat_table *t, uint32_t tensors)
{
	uint64_t code = ay_flat_scalar(&r->f, t, 0, 4, 0), off = ay_flat_scalar(&r->f, t, 9, 8, 0), size = ay_flat_scalar(&r->f, t, 10, 8, 0);

	if (!r->f.err && code >= r->codes.count)
		layout(r, t->at, "an operator has a code that is not there");
	check_indexes(r, t, 1, tensors, true);
	check_indexes(r, t, 2, tensors, false);
	check_indexes(r, t, 8, tensors, true);
	(void)ay_flat_sub(&r->f, t, 4);
	(void)ay_flat_sub(&r->f, t, 12);
	if (ay_flat_list(&r->f, t, 5, 1).count || off > 1 || size)
		ay_scan_find(r->s, "tflite.custom-operator", t->at, "an operator has options that only code of the loading program reads");
}

static void check_graph(struct reader *r, const struct ay_flat_table *g)
{
	struct ay_flat_vector tensors = ay_flat_list(&r->f, g, 0, 4), operators = ay_flat_list(&r->f, g, 3, 4);
	char name[NAME];

	(void)ay_flat_text(&r->f, g, 4, name, sizeof(name));
	for (uint32_t i = 0; i < tensors.count && !r->f.err; i++) {
		struct ay_flat_table t = ay_flat_at(&r->f, &tensors, i);

		check_tensor(r, &t);
	}
	check_indexes(r, g, 1, tensors.count, true);
	check_indexes(r, g, 2, tensors.count, true);
	for (uint32_t i = 0; i < operators.count && !r->f.err; i++) {
		struct ay_flat_table t = ay_flat_at(&r->f, &operators, i);

		check_operator(r, &t, tensors.count);
	}
}

/* Weights in a file beside the model: its name, and how much of it is read. */
static void check_external(struct reader *r, const struct ay_flat_vector *groups, const struct ay_flat_table *t)
{
	uint64_t group = ay_flat_scalar(&r->f, t, 1, 4, 0), off = ay_flat_scalar(&r->f, t, 2, 8, 0), size = ay_flat_scalar(&r->f, t, 3, 8, 0);
	char name[AY_LIMIT_PATH];

	if (r->f.err)
		return;
	if (group >= groups->count || ay_ckd_add_u64(off, size, &size))
		return layout(r, t->at, "an external buffer is in no group of them, or has no end");
	struct ay_flat_table g = ay_flat_at(&r->f, groups, (uint32_t)group);

	if (!ay_flat_text(&r->f, &g, 0, name, sizeof(name)) && !r->f.err)
		return layout(r, g.at, "the file of an external buffer has no plain name");
	int err = r->f.err ? 0 : ay_scan_need_bare(r->s, name, size, g.at);

	if (err)
		ay_flat_fail(&r->f, err, g.at, "the model reads too many files");
}

static void check_model(struct reader *r)
{
	struct ay_flat_table model = ay_flat_root(&r->f);
	struct ay_flat_vector groups = ay_flat_list(&r->f, &model, 8, 4), external = ay_flat_list(&r->f, &model, 9, 4);
	uint64_t size;
	char text[NAME];

	r->codes = ay_flat_list(&r->f, &model, 1, 4);
	r->graphs = ay_flat_list(&r->f, &model, 2, 4);
	r->buffers = ay_flat_list(&r->f, &model, 4, 4);
	(void)ay_flat_text(&r->f, &model, 3, text, sizeof(text));
	for (unsigned field = 5; field <= 7; field++)
		(void)ay_flat_list(&r->f, &model, field, 4);
	if (!r->f.err && ay_flat_scalar(&r->f, &model, 0, 4, 0) != SCHEMA_VERSION)
		layout(r, model.at, "the schema has another version than 3");
	if (!r->f.err && (r->graphs.count == 0 || r->graphs.count > MAX_SUBGRAPHS))
		layout(r, model.at, "the model has no graph, or too many");
	for (uint32_t i = 0; i < r->codes.count && !r->f.err; i++) {
		struct ay_flat_table t = ay_flat_at(&r->f, &r->codes, i);

		check_code(r, &t);
	}
	for (uint32_t i = 0; i < r->buffers.count && !r->f.err; i++)
		(void)buffer_data(r, i, &size);
	for (uint32_t i = 0; i < external.count && !r->f.err; i++) {
		struct ay_flat_table t = ay_flat_at(&r->f, &external, i);

		check_external(r, &groups, &t);
	}
	for (uint32_t i = 0; i < r->graphs.count && !r->f.err; i++) {
		struct ay_flat_table t = ay_flat_at(&r->f, &r->graphs, i);

		check_graph(r, &t);
	}
}

static int tflite_scan(struct ay_scan *s, struct ay_source *in)
{
	struct reader r = {.s = s};
	struct ay_error e;
	int err = ay_flat_open(&r.f, in, ay_scan_budget(s));

	if (err) {
		ay_scan_find_error(s, "tflite", err, NULL);
		return 0;
	}
	check_model(&r);
	if (r.f.err)
		ay_scan_find_error(s, "tflite", r.f.err, ay_error_at(&e, r.f.err, r.f.err_off, "%s", r.f.why) ? &e : NULL);
	ay_flat_close(&r.f);
	return 0;
}

static const char *const refines[] = {"refused", NULL};

const struct ay_scanner ay_scanner_tflite = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "tflite", .version = 2, .refines = refines,
	.bid = tflite_bid, .scan = tflite_scan
};
