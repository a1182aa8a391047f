/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Record decoders on arbitrary bytes; the first byte says which. What decodes
 * must encode to the same bytes: there is one form of each record.
 */
#include <stdint.h>

#include "store/internal.h"

static void same(const struct ay_buf *b, const uint8_t *data, size_t size)
{
	if (b->err || b->len != size || (size && memcmp(b->data, data, size) != 0))
		ay_bug("a record decodes that no encoder writes");
}

static void run(int which, const uint8_t *data, size_t size, struct ay_buf *b)
{
	struct ay_artifact a;
	struct ay_node_record n;
	struct ay_object o;
	struct ay_blob blob;
	struct ay_tag tag;
	uint64_t log_index;
	char name[AY_LIMIT_COMPONENT + 1];
	const char key[] = "models/a\0prod";

	if (which == 0 && !ay_artifact_decode("models/a@1", data, size, &a)) {
		ay_artifact_encode(b, &a);
		same(b, data, size);
	} else if (which == 1 && !ay_node_decode(UINT64_MAX, data, size, &n)) {
		ay_node_encode(b, &n);
		same(b, data, size);
	} else if (which == 2 && !ay_object_decode(data, size, &o)) {
		ay_object_encode(b, &o);
		same(b, data, size);
	} else if (which == 3 && !ay_tag_decode(key, sizeof(key) - 1, data, size, &tag)) {
		ay_tag_encode(b, &tag);
		same(b, data, size);
	} else if (which == 4 && !ay_claim_of_decode(data, size, &log_index, name)) {
		ay_claim_of_encode(b, log_index, name);
		same(b, data, size);
	} else if (which == 5 && !ay_blob_decode(data, size, &blob)) {
		if (blob.inlined && blob.size != size - 1)
			ay_bug("a blob loses bytes");
	} else if (which == 6) {
		/* The key is hostile too. */
		size_t half = size / 2;

		if (!ay_tag_decode(data, half, data + half, size - half, &tag) && strlen(tag.name) + 1 + strlen(tag.tag) != half)
			ay_bug("a tag's key is cut");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_buf b = ay_buf_new(AY_CODEC_MAX);

	if (size)
		run(data[0] % 7, data + 1, size - 1, &b);
	ay_buf_free(&b);
	return 0;
}
