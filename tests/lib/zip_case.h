/* SPDX-License-Identifier: Apache-2.0 */
/* A zip made in memory, plain in every respect. */
#ifndef ASSAY_ZIP_CASE_H
#define ASSAY_ZIP_CASE_H

#include "assay/buf.h"
#include "assay/limits.h"
#include "scanners/formats/inflate.h"

struct zip_case {
	struct ay_buf bytes, directory;
	unsigned count;
};

static inline struct zip_case zip_begin(void)
{
	return (struct zip_case){ .bytes = ay_buf_new(4 * MIB), .directory = ay_buf_new(4 * MIB) };
}

/* A member, stored; streamed: sizes in a descriptor after it. */
static inline void zip_add(struct zip_case *a, const char *name, const void *bytes, size_t len, bool streamed)
{
	uint32_t off = (uint32_t)a->bytes.len;
	uint16_t flags = streamed ? 8 : 0;
	uint32_t crc = ay_crc32(0, bytes, len);

	ay_buf_le32(&a->bytes, 0x04034b50);
	ay_buf_le16(&a->bytes, 20);
	ay_buf_le16(&a->bytes, flags);
	ay_buf_le16(&a->bytes, 0);
	ay_buf_le32(&a->bytes, 0);
	ay_buf_le32(&a->bytes, streamed ? 0 : crc);
	ay_buf_le32(&a->bytes, streamed ? 0 : (uint32_t)len);
	ay_buf_le32(&a->bytes, streamed ? 0 : (uint32_t)len);
	ay_buf_le16(&a->bytes, (uint16_t)strlen(name));
	ay_buf_le16(&a->bytes, 0);
	ay_buf_adds(&a->bytes, name);
	ay_buf_add(&a->bytes, bytes, len);
	if (streamed) {
		ay_buf_le32(&a->bytes, 0x08074b50);
		ay_buf_le32(&a->bytes, crc);
		ay_buf_le32(&a->bytes, (uint32_t)len);
		ay_buf_le32(&a->bytes, (uint32_t)len);
	}
	ay_buf_le32(&a->directory, 0x02014b50);
	ay_buf_le16(&a->directory, 20);
	ay_buf_le16(&a->directory, 20);
	ay_buf_le16(&a->directory, flags);
	ay_buf_le16(&a->directory, 0);
	ay_buf_le32(&a->directory, 0);
	ay_buf_le32(&a->directory, crc);
	ay_buf_le32(&a->directory, (uint32_t)len);
	ay_buf_le32(&a->directory, (uint32_t)len);
	ay_buf_le16(&a->directory, (uint16_t)strlen(name));
	for (int i = 0; i < 4; i++)
		ay_buf_le16(&a->directory, 0);
	ay_buf_le32(&a->directory, 0);
	ay_buf_le32(&a->directory, off);
	ay_buf_adds(&a->directory, name);
	a->count++;
}

static inline void zip_finish(struct zip_case *a)
{
	uint32_t off = (uint32_t)a->bytes.len;

	ay_buf_add(&a->bytes, a->directory.data, a->directory.len);
	ay_buf_le32(&a->bytes, 0x06054b50);
	ay_buf_le32(&a->bytes, 0);
	ay_buf_le16(&a->bytes, (uint16_t)a->count);
	ay_buf_le16(&a->bytes, (uint16_t)a->count);
	ay_buf_le32(&a->bytes, (uint32_t)a->directory.len);
	ay_buf_le32(&a->bytes, off);
	ay_buf_le16(&a->bytes, 0);
	ay_buf_free(&a->directory);
}

#endif
