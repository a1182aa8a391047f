/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz_scan.h"

#include "scanners/registry.h"

FUZZ_SCANNERS(&ay_scanner_zip, &ay_scanner_skops, &ay_scanner_npy, &ay_scanner_npz, &ay_scanner_pickle, &ay_scanner_torch_legacy,
	      &ay_scanner_text, &ay_scanner_json)

/* The archive as it comes, then a sound archive around what comes as schema.json. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_buf b = ay_buf_new(64 * MIB);
	static const char name[] = "schema.json";
	uint32_t crc = 0xFFFFFFFF;

	fuzz_scan(data, size, "a.skops");
	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (unsigned k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
	}
	ay_buf_add(&b, "PK\3\4\x14\0\0\0\0\0\0\0\x21\0", 14);
	ay_buf_le32(&b, ~crc);
	ay_buf_le32(&b, (uint32_t)size);
	ay_buf_le32(&b, (uint32_t)size);
	ay_buf_le16(&b, sizeof(name) - 1);
	ay_buf_le16(&b, 0);
	ay_buf_adds(&b, name);
	ay_buf_add(&b, data, size);
	uint32_t at = (uint32_t)b.len;

	ay_buf_add(&b, "PK\1\2\x14\3\x14\0\0\0\0\0\0\0\x21\0", 16);
	ay_buf_le32(&b, ~crc);
	ay_buf_le32(&b, (uint32_t)size);
	ay_buf_le32(&b, (uint32_t)size);
	ay_buf_le16(&b, sizeof(name) - 1);
	ay_buf_add(&b, "\0\0\0\0\0\0\0\0\0\0\x80\1\0\0\0\0", 16);
	ay_buf_adds(&b, name);
	uint32_t len = (uint32_t)b.len - at;

	ay_buf_add(&b, "PK\5\6\0\0\0\0\1\0\1\0", 12);
	ay_buf_le32(&b, len);
	ay_buf_le32(&b, at);
	ay_buf_le16(&b, 0);
	fuzz_scan(b.data, b.len, "a.skops");
	ay_buf_free(&b);
	return 0;
}
