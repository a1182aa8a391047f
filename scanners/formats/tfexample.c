/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/tfexample.h"

#include "assay/text.h"

const char *ay_tf_kind_name(enum ay_tf_kind kind)
{
	switch (kind) {
	case AY_TF_NONE: return "nothing";
	case AY_TF_BYTES: return "byte strings";
	case AY_TF_FLOAT: return "floats";
	case AY_TF_INT64: return "integers";
	}
	return "nothing";
}

static int refuse(struct ay_tf_example *x, uint64_t off, const char *why)
{
	x->why = why;
	x->pb->bad_off = off;
	return AY_EFORMAT;
}

/* ---- lists ---- */

static int take_bytes(struct ay_tf_example *x, const struct ay_pb_field *f, struct ay_tf_feature *out)
{
	struct ay_cursor value;

	if (f->wire != AY_PB_LEN)
		return refuse(x, f->off, "a value of a list of byte strings has another form");
	if (out->count == 0)
		out->bytes = *f;
	out->count++;
	out->text = out->text && f->value <= AY_TF_VALUE;
	if (!x->names_texts || !out->text)
		return 0;
	int rc = ay_pb_load(x->pb, f, &value);

	if (!rc && value.left)
		out->text = ay_utf8_check((const char *)value.p, value.left) == value.left;
	return rc;
}

static double real_of(uint64_t bits)
{
	union { uint32_t bits; float real; } word = {.bits = (uint32_t)bits};

	return word.real;
}

static int take_floats(struct ay_tf_example *x, const struct ay_pb_field *f, struct ay_tf_feature *out)
{
	struct ay_cursor value;
	uint8_t first[4];
	int rc;

	if (f->wire == AY_PB_FIXED32) {
		if (out->count++ == 0)
			out->real = real_of(f->value);
		return 0;
	}
	if (f->wire != AY_PB_LEN || f->value % 4 != 0)
		return refuse(x, f->off, "a list of floats is not of four bytes each");
	if (f->value && out->count == 0) {
		rc = ay_source_read_full(x->pb->in, f->body.at, first, sizeof(first));
		if (rc)
			return rc;
		value = ay_cursor_of(first, sizeof(first), f->body.at);
		out->real = real_of(ay_cursor_le32(&value));
	}
	out->count += f->value / 4;
	return 0;
}

static int take_integers(struct ay_tf_example *x, const struct ay_pb_field *f, struct ay_tf_feature *out)
{
	struct ay_pb_message packed = f->body;
	uint64_t v = f->value;
	int rc = 1;

	if (f->wire == AY_PB_VARINT) {
		if (out->count++ == 0)
			out->integer = (int64_t)v;
		return 0;
	}
	if (f->wire != AY_PB_LEN)
		return refuse(x, f->off, "a list of integers has another form");
	while ((rc = ay_pb_next_varint(x->pb, &packed, &v)) > 0)
		if (out->count++ == 0)
			out->integer = (int64_t)v;
	return rc;
}

static int take_list(struct ay_tf_example *x, struct ay_pb_message m, struct ay_tf_feature *out)
{
	struct ay_pb_field f;
	int rc;

	while ((rc = ay_pb_next(x->pb, &m, &f)) > 0) {
		if (f.number != 1)
			return refuse(x, f.off, "a list has a field that lists do not have");
		rc = out->kind == AY_TF_BYTES ? take_bytes(x, &f, out) : out->kind == AY_TF_FLOAT ? take_floats(x, &f, out) : take_integers(x, &f, out);
		if (rc)
			return rc;
	}
	return rc;
}

/* A Feature, whose values are added to what out has. */
static int take_feature(struct ay_tf_example *x, struct ay_pb_message m, struct ay_tf_feature *out)
{
	struct ay_pb_field f;
	bool have = false;
	int rc;

	while ((rc = ay_pb_next(x->pb, &m, &f)) > 0) {
		if (f.number > 3 || f.wire != AY_PB_LEN)
			return refuse(x, f.off, "a feature is neither a list of byte strings nor of floats nor of integers");
		if (have)
			return refuse(x, f.off, "a feature has two lists, of which readers take the last");
		have = true;
		if (out->kind && out->kind != (enum ay_tf_kind)f.number)
			return refuse(x, f.off, "the lists of one feature are of two kinds");
		out->kind = (enum ay_tf_kind)f.number;
		rc = take_list(x, f.body, out);
		if (rc)
			return rc;
	}
	return rc;
}

static int take_feature_list(struct ay_tf_example *x, struct ay_pb_message m, struct ay_tf_feature *out)
{
	struct ay_pb_field f;
	int rc;

	while ((rc = ay_pb_next(x->pb, &m, &f)) > 0) {
		if (f.number != 1 || f.wire != AY_PB_LEN)
			return refuse(x, f.off, "a list of features has a field that it may not have");
		rc = take_feature(x, f.body, out);
		if (rc)
			return rc;
	}
	return rc;
}

/* ---- maps ---- */

static int load_name(struct ay_tf_example *x, const struct ay_pb_field *key, struct ay_cursor *out)
{
	if (key->value == 0 || key->value > AY_TF_NAME)
		return refuse(x, key->off, "the name of a feature is empty or too long");
	int rc = ay_pb_load(x->pb, key, out);

	if (!rc && ay_utf8_check((const char *)out->p, out->left) != out->left)
		return refuse(x, key->off, "the name of a feature is not UTF-8");
	return rc;
}

static int take_entry(struct ay_tf_example *x, struct ay_pb_message m, bool sequence)
{
	struct ay_pb_field f, key = {.number = 0}, value = {.number = 0};
	struct ay_tf_feature feature = {.text = true};
	uint64_t off = m.at;
	struct ay_cursor name;
	int rc;

	while ((rc = ay_pb_next(x->pb, &m, &f)) > 0) {
		if (f.number > 2 || f.wire != AY_PB_LEN || (f.number == 1 ? key : value).number)
			return refuse(x, f.off, "a feature is not one name and one value");
		if (f.number == 1)
			key = f;
		else
			value = f;
	}
	if (!rc && !key.number)
		return refuse(x, off, "a feature has no name");
	if (!rc && value.number)
		rc = sequence ? take_feature_list(x, value.body, &feature) : take_feature(x, value.body, &feature);
	if (!rc)
		rc = load_name(x, &key, &name);
	return rc ? rc : x->fn(x->arg, name, sequence, &feature);
}

static int take_map(struct ay_tf_example *x, struct ay_pb_message m, bool sequence)
{
	struct ay_pb_field f;
	int rc;

	while ((rc = ay_pb_next(x->pb, &m, &f)) > 0) {
		if (f.number != 1 || f.wire != AY_PB_LEN)
			return refuse(x, f.off, "the features are not a map of names");
		rc = take_entry(x, f.body, sequence);
		if (rc)
			return rc;
	}
	return rc;
}

int ay_tf_example_read(struct ay_tf_example *x, struct ay_pb_message m)
{
	struct ay_pb_field f;
	unsigned have = 0;
	int rc;

	x->why = NULL;
	while ((rc = ay_pb_next(x->pb, &m, &f)) > 0) {
		if (f.number > 2 || f.wire != AY_PB_LEN || have >> f.number & 1)
			return refuse(x, f.off, "it is neither a tf.Example nor a tf.SequenceExample");
		have |= 1u << f.number;
		rc = take_map(x, f.body, f.number == 2);
		if (rc)
			return rc;
	}
	return rc;
}
