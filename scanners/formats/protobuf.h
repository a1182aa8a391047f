/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocol Buffers wire format (protobuf.dev, "Encoding"), read from a source
 * in constant memory: a message is a range of the source, walked field by
 * field; what a field holds is loaded only when asked for. Groups are refused,
 * as no format of Assay has them, and so is a varint with needless bytes.
 */
#ifndef ASSAY_FORMATS_PROTOBUF_H
#define ASSAY_FORMATS_PROTOBUF_H

#include "scanners/formats/window.h"

enum ay_pb_wire { AY_PB_VARINT = 0, AY_PB_FIXED64 = 1, AY_PB_LEN = 2, AY_PB_FIXED32 = 5 };

/* Where the walk of a message stands; copyable. */
struct ay_pb_message { uint64_t at, end; };

struct ay_pb_field {
	uint32_t number;             /* 1 to 2^29 - 1 */
	enum ay_pb_wire wire;
	uint64_t off;                /* of its tag in the source */
	uint64_t value;              /* VARINT and FIXED: the number; LEN: bytes of the body */
	struct ay_pb_message body;   /* LEN: the content, which lies within its message */
};

struct ay_pb {
	struct ay_source *in;
	struct ay_budget *budget;
	uint64_t bad_off;            /* after an error: where */
	struct ay_buf content;       /* of ay_pb_load */
	struct ay_window window;
};

/* Borrows both. max_load: the most bytes that ay_pb_load gives. */
void ay_pb_open(struct ay_pb *r, struct ay_source *in, struct ay_budget *budget, size_t max_load);
void ay_pb_close(struct ay_pb *r);
/* The whole source as one message. */
struct ay_pb_message ay_pb_whole(const struct ay_pb *r);
/* The next field: 1; 0 at the end of the message; AY_EFORMAT, AY_ETRUNC, AY_ELIMIT (deadline) or a read error. Ticks the budget. */
AY_MUSTCHECK int ay_pb_next(struct ay_pb *r, struct ay_pb_message *m, struct ay_pb_field *out);
/* Of a packed field, whose body m is: the next number, like ay_pb_next. */
AY_MUSTCHECK int ay_pb_next_varint(struct ay_pb *r, struct ay_pb_message *m, uint64_t *out);
/* Bytes of a LEN field, valid until the next load; AY_ELIMIT when there are more than max_load. */
AY_MUSTCHECK int ay_pb_load(struct ay_pb *r, const struct ay_pb_field *f, struct ay_cursor *out);
/* One varint of a cursor, for packed fields; fails the cursor. */
uint64_t ay_pb_varint(struct ay_cursor *c);

#endif
