/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of tensorflow/core/framework and tensorflow/core/protobuf: number, kind, and what a message holds. */
#include "scanners/formats/tensorflow.h"

#define V(n) {n, AY_TF_VARINT, 0}
#define VS(n) {n, AY_TF_VARINT, 1}
#define F(n) {n, AY_TF_FIXED32, 0}
#define FS(n) {n, AY_TF_FIXED32, 1}
#define D(n) {n, AY_TF_FIXED64, 0}
#define DS(n) {n, AY_TF_FIXED64, 1}
#define T(n) {n, AY_TF_TEXT, 0}
#define B(n) {n, AY_TF_BYTES, 0}
#define M(n, m) {n, AY_TF_SUB, AY_TF_##m}
#define END {0, 0, 0}
#define LONGEST 22

static const struct ay_tf_field fields[AY_TF_MESSAGES][LONGEST] = {
	[AY_TF_SAVED_MODEL] = {V(1), M(2, META_GRAPH)},
	[AY_TF_META_GRAPH] = {M(1, META_INFO), M(2, GRAPH), M(3, SAVER), M(4, COLLECTION_MAP), M(5, SIGNATURE_MAP), M(6, ASSET),
			      M(7, OBJECTS)},
	[AY_TF_META_INFO] = {T(1), M(2, OP_LIST), M(3, ANY), T(4), T(5), T(6), V(7), M(8, TEXT_MAP)},
	[AY_TF_ANY] = {T(1), B(2)},
	[AY_TF_TEXT_MAP] = {T(1), T(2)},
	[AY_TF_OP_LIST] = {M(1, OP)},
	[AY_TF_OP] = {T(1), M(2, OP_ARG), M(3, OP_ARG), M(4, OP_ATTR), T(5), T(6), M(8, OP_DEPRECATION), V(16), V(17), V(18), V(19), T(20),
		      V(21)},
	[AY_TF_OP_ARG] = {T(1), T(2), V(3), T(4), T(5), T(6), M(7, DTYPE_SHAPE), V(16), M(17, FULL_TYPE)},
	[AY_TF_OP_ATTR] = {T(1), T(2), M(3, ATTR), T(4), V(5), V(6), M(7, ATTR)},
	[AY_TF_OP_DEPRECATION] = {V(1), T(2)},
	[AY_TF_GRAPH] = {M(1, NODE), M(2, LIBRARY), V(3), M(4, VERSIONS), M(5, DEBUG_INFO)},
	[AY_TF_NODE] = {T(1), T(2), T(3), T(4), M(5, ATTR_MAP), M(6, NODE_DEBUG), M(7, FULL_TYPE)},
	[AY_TF_NODE_DEBUG] = {T(1), T(2)},
	[AY_TF_FULL_TYPE] = {V(1), M(2, FULL_TYPE), T(3), V(4)},
	[AY_TF_ATTR_MAP] = {T(1), M(2, ATTR)},
	[AY_TF_ATTR] = {M(1, ATTR_LIST), B(2), V(3), F(4), V(5), V(6), M(7, SHAPE), M(8, TENSOR), T(9), M(10, NAME_ATTRS)},
	[AY_TF_ATTR_LIST] = {B(2), VS(3), FS(4), VS(5), VS(6), M(7, SHAPE), M(8, TENSOR), M(9, NAME_ATTRS)},
	[AY_TF_NAME_ATTRS] = {T(1), M(2, ATTR_MAP)},
	[AY_TF_SHAPE] = {M(2, DIM), V(3)},
	[AY_TF_DIM] = {V(1), T(2)},
	[AY_TF_TENSOR] = {V(1), M(2, SHAPE), V(3), B(4), FS(5), DS(6), VS(7), B(8), FS(9), VS(10), VS(11), DS(12), VS(13), M(14, RESOURCE),
			  M(15, VARIANT), VS(16), VS(17), B(18)},
	[AY_TF_RESOURCE] = {T(1), T(2), T(3), V(4), T(5), M(6, DTYPE_SHAPE)},
	[AY_TF_DTYPE_SHAPE] = {V(1), M(2, SHAPE)},
	[AY_TF_VARIANT] = {T(1), B(2), M(3, TENSOR)},
	[AY_TF_VERSIONS] = {V(1), V(2), VS(3)},
	[AY_TF_LIBRARY] = {M(1, FUNCTION), M(2, GRADIENT), M(3, REGISTERED_GRADIENT)},
	[AY_TF_FUNCTION] = {M(1, OP), M(3, NODE), M(4, TEXT_MAP), M(5, ATTR_MAP), M(6, TEXT_MAP), M(7, ARG_ATTR_MAP), M(8, UNIQUE_ID_MAP)},
	[AY_TF_ARG_ATTR_MAP] = {V(1), M(2, ARG_ATTR)},
	[AY_TF_ARG_ATTR] = {M(1, ATTR_MAP)},
	[AY_TF_UNIQUE_ID_MAP] = {V(1), V(2)},
	[AY_TF_GRADIENT] = {T(1), T(2)},
	[AY_TF_REGISTERED_GRADIENT] = {T(1), T(2)},
	[AY_TF_SAVER] = {T(1), T(2), T(3), V(4), V(5), F(6), V(7)},
	[AY_TF_COLLECTION_MAP] = {T(1), M(2, COLLECTION)},
	[AY_TF_COLLECTION] = {M(1, TEXT_LIST), M(2, BYTES_LIST), M(3, INT_LIST), M(4, FLOAT_LIST), M(5, ANY_LIST)},
	[AY_TF_TEXT_LIST] = {T(1)},
	[AY_TF_BYTES_LIST] = {B(1)},
	[AY_TF_INT_LIST] = {VS(1)},
	[AY_TF_FLOAT_LIST] = {FS(1)},
	[AY_TF_ANY_LIST] = {M(1, ANY_ASSET)},
	[AY_TF_ANY_ASSET] = {T(1), M(2, ASSET)},
	[AY_TF_SIGNATURE_MAP] = {T(1), M(2, SIGNATURE)},
	[AY_TF_SIGNATURE] = {M(1, TENSOR_INFO_MAP), M(2, TENSOR_INFO_MAP), T(3), M(4, TENSOR_MAP)},
	[AY_TF_TENSOR_INFO_MAP] = {T(1), M(2, TENSOR_INFO)},
	[AY_TF_TENSOR_MAP] = {T(1), M(2, TENSOR)},
	[AY_TF_TENSOR_INFO] = {T(1), V(2), M(3, SHAPE), M(4, COO), M(5, COMPOSITE)},
	[AY_TF_COO] = {T(1), T(2), T(3)},
	[AY_TF_COMPOSITE] = {M(1, TYPE_SPEC), M(2, TENSOR_INFO)},
	[AY_TF_ASSET] = {M(1, TENSOR_INFO), T(2)},
	[AY_TF_OBJECTS] = {M(1, OBJECT), M(2, CONCRETE_MAP)},
	[AY_TF_OBJECT] = {M(1, CHILD), M(3, SLOT), M(4, USER_OBJECT), M(5, SAVED_ASSET), M(6, SAVED_FUNCTION), M(7, SAVED_VARIABLE),
			  M(8, BARE_FUNCTION), M(9, CONSTANT), M(10, SAVED_RESOURCE), M(11, SAVEABLE_MAP), M(12, CAPTURED), T(13),
			  M(14, ANY), M(15, CHILD), T(16)},
	[AY_TF_CHILD] = {V(1), T(2)},
	[AY_TF_SLOT] = {V(1), T(2), V(3)},
	[AY_TF_USER_OBJECT] = {T(1), M(2, VERSIONS), T(3)},
	[AY_TF_SAVED_ASSET] = {V(1)},
	[AY_TF_SAVED_FUNCTION] = {T(1), M(2, FUNCTION_SPEC)},
	[AY_TF_SAVED_VARIABLE] = {V(1), M(2, SHAPE), V(3), V(4), V(5), T(6), T(7), M(8, SAVED_VARIABLE)},
	[AY_TF_BARE_FUNCTION] = {T(1), T(2), V(3), M(4, FUNCTION_SPEC)},
	[AY_TF_CONSTANT] = {T(1)},
	[AY_TF_SAVED_RESOURCE] = {T(1)},
	[AY_TF_CAPTURED] = {T(1), T(2)},
	[AY_TF_SAVEABLE_MAP] = {T(1), M(2, SAVEABLE)},
	[AY_TF_SAVEABLE] = {V(2), V(3)},
	[AY_TF_CONCRETE_MAP] = {T(1), M(2, CONCRETE)},
	[AY_TF_CONCRETE] = {VS(2), M(3, VALUE), M(4, VALUE)},
	[AY_TF_FUNCTION_SPEC] = {M(1, VALUE), V(2), M(5, VALUE), V(6)},
	[AY_TF_VALUE] = {M(1, NONE), D(11), V(12), T(13), V(14), M(31, SHAPE), V(32), M(33, TENSOR_SPEC), M(34, TYPE_SPEC),
			 M(35, BOUNDED_SPEC), M(51, VALUE_LIST), M(52, VALUE_LIST), M(53, VALUE_FIELDS), M(54, NAMED_TUPLE), M(55, TENSOR),
			 M(56, TENSOR)},
	[AY_TF_VALUE_LIST] = {M(1, VALUE)},
	[AY_TF_VALUE_MAP] = {T(1), M(2, VALUE)},
	[AY_TF_VALUE_FIELDS] = {M(1, VALUE_MAP)},
	[AY_TF_NAMED_TUPLE] = {T(1), M(2, VALUE_MAP)},
	[AY_TF_TENSOR_SPEC] = {T(1), M(2, SHAPE), V(3)},
	[AY_TF_BOUNDED_SPEC] = {T(1), M(2, SHAPE), V(3), M(4, TENSOR), M(5, TENSOR)},
	[AY_TF_TYPE_SPEC] = {V(1), M(2, VALUE), T(3), V(4)},
	[AY_TF_FINGERPRINT] = {V(1), V(2), V(3), V(4), V(5), M(6, VERSIONS), T(7)},
	[AY_TF_DEBUG_INFO] = {T(1), M(2, TRACE_MAP), M(4, FRAME_MAP), M(5, TRACE_NAME_MAP), M(6, TRACE_ID_MAP)},
	[AY_TF_FRAME_MAP] = {D(1), M(2, FRAME)},
	[AY_TF_FRAME] = {V(1), V(2), V(3), T(4), T(5)},
	[AY_TF_TRACE_MAP] = {T(1), M(2, TRACE)},
	[AY_TF_TRACE_ID_MAP] = {D(1), M(2, TRACE)},
	[AY_TF_TRACE_NAME_MAP] = {T(1), D(2)},
	[AY_TF_TRACE] = {M(1, FRAME), DS(2)},
	[AY_TF_BUNDLE_HEADER] = {V(1), V(2), M(3, VERSIONS)},
	[AY_TF_BUNDLE_ENTRY] = {V(1), M(2, SHAPE), V(3), V(4), V(5), F(6), M(7, SLICE)},
	[AY_TF_SLICE] = {M(1, EXTENT)},
	[AY_TF_EXTENT] = {V(1), V(2)},
};

const struct ay_tf_field *ay_tf_field(unsigned message, const struct ay_pb_field *f)
{
	static const struct ay_tf_field unknown = END;
	static const uint8_t wires[] = {
		[AY_TF_VARINT] = AY_PB_VARINT, [AY_TF_FIXED32] = AY_PB_FIXED32, [AY_TF_FIXED64] = AY_PB_FIXED64, [AY_TF_TEXT] = AY_PB_LEN,
		[AY_TF_BYTES] = AY_PB_LEN, [AY_TF_SUB] = AY_PB_LEN
	};

	for (const struct ay_tf_field *k = fields[message]; k->number; k++) {
		if (k->number != f->number)
			continue;
		bool packed = k->kind < AY_TF_TEXT && k->sub && f->wire == AY_PB_LEN;

		return packed || wires[k->kind] == f->wire ? k : &unknown;
	}
	return &unknown;
}
