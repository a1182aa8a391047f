/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The weights of a Core ML program (weights/weight.bin of a package; layout in
 * coremltools, MILBlob/Blob/StorageFormat.hpp, version 2): a header, and blobs
 * one after the other, each with 64 bytes before it that say where it lies.
 * It holds numbers only.
 */
#include "scanners/registry.h"

#define ALIGNMENT 64              /* of blobs; the header and what stands before a blob are as long */
#define LAYOUT 2                  /* the one of packages; 1 is of compiled models */
#define SENTINEL 0xDEADBEEFu

/* Bytes of an element by type; 1 also for those whose elements share bytes, 0: unknown. */
static const uint8_t type_bytes[] = {0, 2, 4, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 4, 4, 1, 1};

static int malformed(struct ay_scan *s, uint64_t off, const char *why)
{
	ay_scan_find(s, "coreml-weights.malformed", off, "%s", why);
	return AY_EFORMAT;
}

static bool zeros(struct ay_cursor c)
{
	while (c.left)
		if (ay_cursor_u8(&c))
			return false;
	return true;
}

/* The header is all zero but for its count and version; a first blob shows itself by its mark, no blob by the end. */
static unsigned weights_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	struct ay_cursor rest;

	(void)path;
	uint32_t count = ay_cursor_le32(&head), version = ay_cursor_le32(&head);

	rest = ay_cursor_sub(&head, ALIGNMENT - 8);
	if (rest.err || version != LAYOUT || !zeros(rest))
		return 0;
	if (count == 0)
		return in->size == ALIGNMENT ? 64 : 0;
	return ay_cursor_le32(&head) == SENTINEL ? 96 : 0;
}

/* Zeros up to the next multiple of 64, where the next blob must be. */
static int check_padding(struct ay_scan *s, struct ay_source *in, uint64_t *at)
{
	uint8_t bytes[ALIGNMENT];
	size_t len = (size_t)((ALIGNMENT - *at % ALIGNMENT) % ALIGNMENT);
	int err = ay_source_read_full(in, *at, bytes, len);

	if (err)
		return err;
	if (!zeros(ay_cursor_of(bytes, len, *at)))
		return malformed(s, *at, "what lies between two blobs is not zero");
	*at += len;
	return 0;
}

static int judge_blob(struct ay_scan *s, struct ay_source *in, uint64_t *at)
{
	uint8_t bytes[ALIGNMENT];
	int err = ay_source_read_full(in, *at, bytes, sizeof(bytes));

	if (err)
		return err;
	struct ay_cursor c = ay_cursor_of(bytes, sizeof(bytes), *at);
	uint32_t mark = ay_cursor_le32(&c), type = ay_cursor_le32(&c);
	uint64_t size = ay_cursor_le64(&c), offset = ay_cursor_le64(&c);

	if (mark != SENTINEL)
		return malformed(s, *at, "a blob does not begin with its mark");
	if (type >= AY_ARRAY_LEN(type_bytes) || !type_bytes[type])
		return malformed(s, *at + 4, "the type of a blob is unknown");
	if (offset != *at + ALIGNMENT || size % type_bytes[type])
		return malformed(s, *at + 8, "the size of a blob is not a number of its elements, or it does not follow at once");
	if (size > in->size - offset)
		return AY_ETRUNC;
	*at = offset + size;
	return 0;
}

static int weights_scan(struct ay_scan *s, struct ay_source *in)
{
	uint8_t head[4];
	uint64_t at = ALIGNMENT;
	int err = ay_source_read_full(in, 0, head, sizeof(head));
	struct ay_cursor c = ay_cursor_of(head, sizeof(head), 0);
	uint32_t count = err ? 0 : ay_cursor_le32(&c);

	for (uint32_t i = 0; !err && i < count; i++) {
		err = ay_budget_tick(ay_scan_budget(s));
		if (!err && i > 0)
			err = check_padding(s, in, &at);
		if (!err)
			err = judge_blob(s, in, &at);
	}
	if (!err && at != in->size)
		err = malformed(s, at, "bytes behind the last blob");
	if (err && err != AY_EFORMAT) {
		struct ay_error e;

		ay_error_at(&e, err, at, "%s", ay_strerror(err));
		ay_scan_find_error(s, "coreml-weights", err, &e);
	}
	return 0;
}

const struct ay_scanner ay_scanner_coreml_weights = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "coreml-weights", .version = 1, .bid = weights_bid, .scan = weights_scan
};
