/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the TensorFlow reader: its messages, the functions of a graph, the paths of its saver. */
#ifndef ASSAY_SCANNERS_TENSORFLOW_H
#define ASSAY_SCANNERS_TENSORFLOW_H

#include "scanners/formats/protobuf.h"

#define AY_TF_NAME 1024

/* Messages by the published .proto files; a map is a message of its entries. */
enum ay_tf_message {
	AY_TF_SAVED_MODEL, AY_TF_META_GRAPH, AY_TF_META_INFO, AY_TF_ANY, AY_TF_TEXT_MAP, AY_TF_OP_LIST, AY_TF_OP, AY_TF_OP_ARG,
	AY_TF_OP_ATTR, AY_TF_OP_DEPRECATION, AY_TF_GRAPH, AY_TF_NODE, AY_TF_NODE_DEBUG, AY_TF_FULL_TYPE, AY_TF_ATTR_MAP, AY_TF_ATTR,
	AY_TF_ATTR_LIST, AY_TF_NAME_ATTRS, AY_TF_SHAPE, AY_TF_DIM, AY_TF_TENSOR, AY_TF_RESOURCE, AY_TF_DTYPE_SHAPE, AY_TF_VARIANT,
	AY_TF_VERSIONS, AY_TF_LIBRARY, AY_TF_FUNCTION, AY_TF_ARG_ATTR_MAP, AY_TF_ARG_ATTR, AY_TF_UNIQUE_ID_MAP, AY_TF_GRADIENT,
	AY_TF_REGISTERED_GRADIENT, AY_TF_SAVER, AY_TF_COLLECTION_MAP, AY_TF_COLLECTION, AY_TF_TEXT_LIST, AY_TF_BYTES_LIST,
	AY_TF_INT_LIST, AY_TF_FLOAT_LIST, AY_TF_ANY_LIST, AY_TF_ANY_ASSET, AY_TF_SIGNATURE_MAP, AY_TF_SIGNATURE, AY_TF_TENSOR_INFO_MAP,
	AY_TF_TENSOR_MAP, AY_TF_TENSOR_INFO, AY_TF_COO, AY_TF_COMPOSITE, AY_TF_ASSET, AY_TF_OBJECTS, AY_TF_OBJECT, AY_TF_CHILD, AY_TF_SLOT,
	AY_TF_USER_OBJECT, AY_TF_SAVED_ASSET, AY_TF_SAVED_FUNCTION, AY_TF_SAVED_VARIABLE, AY_TF_BARE_FUNCTION, AY_TF_CONSTANT,
	AY_TF_SAVED_RESOURCE, AY_TF_CAPTURED, AY_TF_SAVEABLE_MAP, AY_TF_SAVEABLE, AY_TF_CONCRETE_MAP, AY_TF_CONCRETE,
	AY_TF_FUNCTION_SPEC, AY_TF_VALUE, AY_TF_NONE, AY_TF_VALUE_LIST, AY_TF_VALUE_MAP, AY_TF_VALUE_FIELDS, AY_TF_NAMED_TUPLE,
	AY_TF_TENSOR_SPEC, AY_TF_BOUNDED_SPEC, AY_TF_TYPE_SPEC, AY_TF_FINGERPRINT, AY_TF_DEBUG_INFO,
	AY_TF_FRAME_MAP, AY_TF_FRAME, AY_TF_TRACE_MAP, AY_TF_TRACE_ID_MAP, AY_TF_TRACE_NAME_MAP, AY_TF_TRACE, AY_TF_BUNDLE_HEADER, AY_TF_BUNDLE_ENTRY, AY_TF_SLICE, AY_TF_EXTENT,
	AY_TF_MESSAGES
};

enum ay_tf_kind {
	AY_TF_UNKNOWN,
	AY_TF_VARINT, AY_TF_FIXED32, AY_TF_FIXED64,          /* also packed, where they repeat */
	AY_TF_TEXT, AY_TF_BYTES, AY_TF_SUB
};

struct ay_tf_field {
	uint8_t number, kind;
	uint8_t sub;              /* the message of AY_TF_SUB; of numbers: 1 when they repeat */
};

/* What f is in this message; AY_TF_UNKNOWN also when its wire type is another. */
const struct ay_tf_field *ay_tf_field(unsigned message, const struct ay_pb_field *f);

/* One function of a graph's library. */
struct ay_tf_function {
	char *name;
	bool saves;               /* it holds operators that read or write a checkpoint */
};

/* Where nodes are looked up by name: a graph, or the body of a function. */
struct ay_tf_scope {
	struct ay_pb_message in;
	uint32_t nodes;           /* number of the field that holds a node */
	char arg[AY_TF_NAME];     /* of a function: its first argument */
	bool function;
	char good[4][AY_TF_NAME]; /* the last names that lead to the saver's own path */
	unsigned goods;
	unsigned lookups;
};

struct ay_tf {
	struct ay_scan *s;
	struct ay_pb r;
	struct ay_tf_function *functions;    /* of the graph at hand, sorted by name */
	size_t function_count;
	struct ay_tf_scope scope;
	char op[AY_TF_NAME], name[AY_TF_NAME];    /* of the node at hand */
	struct ay_pb_message node;
	bool in_node;
};

/* Text of a field into out; AY_EFORMAT when it does not fit or holds a NUL. */
AY_MUSTCHECK int ay_tf_text(struct ay_tf *t, const struct ay_pb_field *f, char *out, size_t size);
/* The field of this number that comes last, as readers of protobuf see it: 1, or 0 when there is none. */
AY_MUSTCHECK int ay_tf_last(struct ay_tf *t, struct ay_pb_message m, uint32_t number, struct ay_pb_field *out);

/* tensorflow_keras.c: judges the JSON of a Keras object at this place of in. */
AY_MUSTCHECK int ay_tf_keras_metadata(struct ay_scan *s, struct ay_source *in, struct ay_pb_message text);

/* tensorflow_graph.c: reads the library of a graph before its nodes are judged. */
AY_MUSTCHECK int ay_tf_functions_read(struct ay_tf *t, struct ay_pb_message graph);
void ay_tf_functions_free(struct ay_tf *t);
const struct ay_tf_function *ay_tf_function_find(const struct ay_tf *t, const char *name);
/* Input number at of a node that is data, without its output number; 1, or 0 when there is none. */
AY_MUSTCHECK int ay_tf_input(struct ay_tf *t, struct ay_pb_message node, unsigned at, char *out, size_t size);
/* The node or argument of this name in the scope is the path that the caller of the saver gives, or one made of it: 1, else 0. */
AY_MUSTCHECK int ay_tf_saver_path(struct ay_tf *t, const char *name);

#endif
