/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keras_metadata.pb beside a SavedModel: for each Keras object its
 * configuration as JSON, from which Keras builds the layer anew, a Lambda
 * layer from the marshalled code in it.
 */
#include "scanners/formats/bytes.h"
#include "scanners/formats/tensorflow.h"
#include "scanners/model/keras_config.h"
#include "scanners/model/tensorflow_ops.h"
#include "scanners/registry.h"

#define MAX_TEXT (1 * MIB)
#define KERAS "_tf_keras_"

enum { KERAS_NODES = 1, KERAS_ID = 2, KERAS_PATH = 3, KERAS_KIND = 4, KERAS_CONFIG = 5, KERAS_VERSIONS = 6 };

int ay_tf_keras_metadata(struct ay_scan *s, struct ay_source *in, struct ay_pb_message text)
{
	struct ay_source_window w;
	struct ay_source json;
	int err = ay_source_sub(in, text.at, text.end - text.at, &w, &json);

	return err ? err : ay_keras_judge(s, &json, AY_KERAS_SAVED);
}

static int judge_versions(struct ay_pb *r, struct ay_pb_message m)
{
	struct ay_pb_field f;
	int rc;

	while ((rc = ay_pb_next(r, &m, &f)) == 1)
		if (ay_tf_field(AY_TF_VERSIONS, &f)->kind == AY_TF_UNKNOWN) {
			r->bad_off = f.off;
			return AY_EFORMAT;
		}
	return rc;
}

static int judge_text(struct ay_scan *s, struct ay_pb *r, const struct ay_pb_field *f)
{
	struct ay_cursor c;
	char name[128] = "";
	int err = ay_pb_load(r, f, &c);

	if (!err && ay_bytes_find_bad_utf8(&c) != c.left)
		err = AY_EFORMAT;
	if (err || f->number != KERAS_KIND)
		return err;
	if (c.left < sizeof(name))
		ay_cursor_copy(&c, name, c.left);
	if (strncmp(name, KERAS, sizeof(KERAS) - 1) != 0 || !ay_tensorflow_object(name))
		ay_scan_find(s, "tensorflow.object", f->off, "the kind of object %s is none that Keras itself has", name);
	return 0;
}

static int judge_node(struct ay_scan *s, struct ay_pb *r, struct ay_pb_message m)
{
	struct ay_pb_field f;
	int rc;

	while ((rc = ay_pb_next(r, &m, &f)) == 1) {
		bool number = f.number == KERAS_ID;
		int err = 0;

		r->bad_off = f.off;
		if (f.number < KERAS_ID || f.number > KERAS_VERSIONS || f.wire != (number ? AY_PB_VARINT : AY_PB_LEN))
			return AY_EFORMAT;
		if (f.number == KERAS_VERSIONS)
			err = judge_versions(r, f.body);
		else if (f.number == KERAS_CONFIG && f.value)
			err = ay_tf_keras_metadata(s, r->in, f.body);
		else if (f.number != KERAS_CONFIG && !number)
			err = judge_text(s, r, &f);
		if (err)
			return err;
	}
	return rc;
}

/* The first object is the model: an identifier of Keras and a configuration. */
static bool looks_like_keras(struct ay_pb *r)
{
	struct ay_pb_message m = ay_pb_whole(r);
	struct ay_pb_field f;
	struct ay_cursor c;
	bool named = false;
	int rc;

	if (ay_pb_next(r, &m, &f) != 1 || f.number != KERAS_NODES || f.wire != AY_PB_LEN)
		return false;
	for (m = f.body; (rc = ay_pb_next(r, &m, &f)) == 1;) {
		if (f.number < KERAS_ID || f.number > KERAS_VERSIONS)
			return false;
		if (f.number == KERAS_KIND && f.wire == AY_PB_LEN && ay_pb_load(r, &f, &c) == 0)
			named = ay_cursor_starts(&c, KERAS, sizeof(KERAS) - 1);
	}
	return rc == 0 && named;
}

static unsigned keras_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	struct ay_budget budget;
	struct ay_pb r;

	(void)path;
	if (ay_cursor_peek(&head, 0) != (KERAS_NODES << 3 | AY_PB_LEN))
		return 0;
	ay_budget_init(&budget, in->size);
	ay_pb_open(&r, in, &budget, 128);
	bool mine = looks_like_keras(&r);

	ay_pb_close(&r);
	return mine ? 8 * (sizeof(KERAS) - 1) : 0;
}

static int keras_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_pb_message m;
	struct ay_pb_field f;
	struct ay_error e;
	struct ay_pb r;
	int rc;

	ay_pb_open(&r, in, ay_scan_budget(s), MAX_TEXT);
	for (m = ay_pb_whole(&r); (rc = ay_pb_next(&r, &m, &f)) == 1;) {
		if (f.number != KERAS_NODES || f.wire != AY_PB_LEN) {
			r.bad_off = f.off;
			rc = AY_EFORMAT;
		} else {
			rc = judge_node(s, &r, f.body);
		}
		if (rc)
			break;
	}
	if (rc == AY_EFORMAT)
		ay_scan_find(s, "tensorflow.malformed", r.bad_off, "a field that no metadata of Keras has, or not in its form");
	else if (rc)
		ay_scan_find_error(s, "tensorflow", ay_error_at(&e, rc, r.bad_off, "%s", ay_strerror(rc)), &e);
	ay_pb_close(&r);
	return 0;
}

static const char *const refines[] = {"text", "refused", NULL};

const struct ay_scanner ay_scanner_tf_keras = {
	.abi = AY_SCAN_ABI, .name = "tf-keras", .version = 1, .refines = refines, .bid = keras_bid, .scan = keras_scan
};
