/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames between the pool and a worker, over a stream socket: u32le length,
 * then the body. The pool's request travels with one descriptor. Either side
 * reads through the cursor; what a worker says is hostile.
 */
#ifndef GATE_PROTO_H
#define GATE_PROTO_H

#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/extract.h"
#include "assay/scan.h"
#include "assay/worker.h"

#define PROTO_SOCKET 3   /* descriptors of a worker after exec */
#define PROTO_SCRATCH 4
#define PROTO_REQUEST_MAX (AY_LIMIT_SCHEMA + 2 * MIB)
#define PROTO_MORE (1u << 31)   /* in a request's length: another request is on its way, so the answer may wait for its own */

#define PROTO_LACKING 0           /* length of an answer: the job is for a worker with libhdf5 */

/*
 * What a request asks for. The tensors' second descriptor comes right behind the file's. PROTO_SCHEMA asks for nothing and is not
 * answered: the worker keeps the schema for the requests that name it by its serial, as thousands of files have the same one.
 */
enum proto_kind { PROTO_SCAN, PROTO_INFER, PROTO_EXTRACT, PROTO_DESCRIBE, PROTO_SCHEMA };

/* A decoded request; strings point into the frame, arrays are owned. options.schema_json: of PROTO_SCHEMA alone. */
struct proto_request {
	enum proto_kind kind;
	uint64_t size;
	struct ay_scan_options options;
	const char **opaque;
};

/* serial: of the schema that the worker has by then; 0: the job has none. */
int proto_encode_request(const struct ay_job *job, enum proto_kind kind, uint64_t serial, struct ay_buf *out) AY_MUSTCHECK;
int proto_encode_given(uint64_t serial, const char *schema, size_t len, struct ay_buf *out) AY_MUSTCHECK;
/* frame is modified by nobody and must outlive the request. */
int proto_decode_request(const uint8_t *frame, size_t len, struct proto_request *out) AY_MUSTCHECK;
void proto_request_free(struct proto_request *r);

int proto_encode_result(const struct ay_scan_result *r, struct ay_buf *out) AY_MUSTCHECK;
/* AY_EWORKER when any part is out of bounds, a rule is unknown, or the verdict is better than its findings. */
int proto_decode_result(const uint8_t *frame, size_t len, struct ay_scan_result *out, struct ay_error *e) AY_MUSTCHECK;

/* Answer to a request to infer or describe: its document, or the error that the file gave. */
int proto_encode_schema(int code, const struct ay_buf *schema, const struct ay_error *e, struct ay_buf *out) AY_MUSTCHECK;
int proto_decode_schema(const uint8_t *frame, size_t len, struct ay_buf *schema_out, struct ay_error *e) AY_MUSTCHECK;

/* Answer to a request to extract: a result as above, then the tensors. */
int proto_encode_extract(const struct ay_scan_result *r, const struct ay_extract *x, struct ay_buf *out) AY_MUSTCHECK;
/* AY_EWORKER as above, and when a tensor's length is not that of its type and shape. x->fd stays. */
int proto_decode_extract(const uint8_t *frame, size_t len, struct ay_scan_result *out, struct ay_extract *x, struct ay_error *e) AY_MUSTCHECK;

#endif
