/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tf.Example and tf.SequenceExample (tensorflow/core/example/example.proto and feature.proto): named features, each a list
 * of byte strings, of floats or of 64-bit integers; of a sequence also lists of such lists. Protocol buffers lets a later
 * field of one number change what an earlier one said, and readers may differ in what remains; no writer needs that, so
 * it is refused, as are unknown fields.
 */
#ifndef ASSAY_FORMATS_TFEXAMPLE_H
#define ASSAY_FORMATS_TFEXAMPLE_H

#include "scanners/formats/protobuf.h"

#define AY_TF_NAME 1024              /* bytes of the name of a feature */
#define AY_TF_VALUE (64 * KIB)       /* bytes of a byte string that is loaded; of longer ones only the length counts */

enum ay_tf_kind { AY_TF_NONE, AY_TF_BYTES, AY_TF_FLOAT, AY_TF_INT64 };
const char *ay_tf_kind_name(enum ay_tf_kind kind);

/* One feature of one example. Of a sequence's list of lists: all values together. */
struct ay_tf_feature {
	enum ay_tf_kind kind;        /* NONE: the list is not there */
	uint64_t count;              /* values */
	int64_t integer;             /* INT64: the first */
	double real;                 /* FLOAT: the first */
	struct ay_pb_field bytes;    /* BYTES: the first */
	bool text;                   /* BYTES: all are UTF-8 and at most AY_TF_VALUE long */
};

/* name: valid for the call. sequence: it is a list of lists. A negative answer ends the reading. */
typedef int (*ay_tf_feature_fn)(void *arg, struct ay_cursor name, bool sequence, const struct ay_tf_feature *f);

struct ay_tf_example {
	struct ay_pb *pb;            /* opened with at least AY_TF_VALUE */
	ay_tf_feature_fn fn;
	void *arg;
	bool names_texts;            /* look whether byte strings are UTF-8 */
	const char *why;             /* after AY_EFORMAT: what is wrong, or NULL: the wire format */
};
/* The example in these bytes. AY_EFORMAT or AY_ETRUNC with pb->bad_off, or the code of fn. */
AY_MUSTCHECK int ay_tf_example_read(struct ay_tf_example *x, struct ay_pb_message m);

#endif
