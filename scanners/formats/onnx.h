/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between onnx.c, which walks the messages, onnx_tensor.c, which holds a tensor's numbers against each other, and
 * onnx_functions.c, which knows who calls whom.
 */
#ifndef ASSAY_FORMATS_ONNX_H
#define ASSAY_FORMATS_ONNX_H

#include "scanners/formats/protobuf.h"

#define AY_ONNX_NAME 256      /* bytes of a name that is kept */

/* One TensorProto, as far as it was walked. */
struct ay_onnx_tensor {
	uint64_t off;
	uint64_t elements;         /* product of dims */
	bool too_many;             /* that it does not fit 64 bits, or a dimension is negative */
	uint64_t data_type;
	uint64_t location;         /* 1: external */
	uint64_t raw;              /* bytes */
	uint64_t counts[16];       /* values in the field of this number: dims 1, float_data 4 ... uint64_data 11 */
	uint16_t fields;           /* bit n: field n was there */
	bool has_external, has_file, has_length, has_offset;
	char file[AY_LIMIT_PATH + 1];
	uint64_t file_offset, file_length;
};

void ay_onnx_tensor_dim(struct ay_onnx_tensor *t, uint64_t dim);
/* One entry of external_data; false when its key or value is none that ONNX has. */
bool ay_onnx_tensor_external(struct ay_onnx_tensor *t, const char *key, const char *value);
/* All of it was walked: reports what does not fit. AY_ELIMIT when the scan must stop. */
AY_MUSTCHECK int ay_onnx_tensor_judge(struct ay_scan *s, const struct ay_onnx_tensor *t);

/* One SparseTensorProto: its values, a list, and where they lie, one number or one of each dimension for each. */
struct ay_onnx_sparse {
	uint64_t dims;             /* how many */
	uint64_t values, value_dims;
	uint64_t indices, index_dims, index_type;
	bool odd;                  /* the shape of values or indices has no size */
};
void ay_onnx_sparse_take(struct ay_onnx_sparse *p, bool indices, const struct ay_onnx_tensor *t);
/* All of it was walked: reports what does not fit. */
void ay_onnx_sparse_judge(struct ay_scan *s, const struct ay_onnx_sparse *p, uint64_t off);

/* The functions that a model defines: first all names, then _end, then the nodes, then _judge. */
struct ay_onnx_functions;
AY_MUSTCHECK int ay_onnx_functions_new(struct ay_budget *b, struct ay_onnx_functions **out);
void ay_onnx_functions_free(struct ay_onnx_functions *f);
/* The n-th call is function n - 1. AY_ELIMIT: too many. */
AY_MUSTCHECK int ay_onnx_functions_add(struct ay_onnx_functions *f, const char *domain, const char *name, const char *overload);
/* AY_EFORMAT: two of the same name. */
AY_MUSTCHECK int ay_onnx_functions_end(struct ay_onnx_functions *f);
/* How many there are; as a number of a function it means the graphs of the model. */
size_t ay_onnx_functions_count(const struct ay_onnx_functions *f);
AY_MUSTCHECK bool ay_onnx_functions_find(const struct ay_onnx_functions *f, const char *domain, const char *name, const char *overload, size_t *out);
/* There is one more node in this function. */
void ay_onnx_functions_node(struct ay_onnx_functions *f, size_t in);
/* One calls another. */
AY_MUSTCHECK int ay_onnx_functions_call(struct ay_onnx_functions *f, size_t from, size_t to);
/* *why_out: NULL, or what is wrong with their calls. AY_ELIMIT when that could not be found out. */
AY_MUSTCHECK int ay_onnx_functions_judge(struct ay_onnx_functions *f, const char **why_out);

#endif
