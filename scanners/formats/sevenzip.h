/* SPDX-License-Identifier: Apache-2.0 */
/* What the header of a 7z archive says (sevenzip_header.c), for the scanner (sevenzip.c). */
#ifndef ASSAY_FORMATS_SEVENZIP_H
#define ASSAY_FORMATS_SEVENZIP_H

#include "assay/scan.h"

enum ay_7z_method { AY_7Z_COPY, AY_7Z_LZMA, AY_7Z_LZMA2, AY_7Z_DEFLATE, AY_7Z_BZIP2 };
enum ay_7z_filter { AY_7Z_PLAIN, AY_7Z_X86, AY_7Z_DELTA };

/* Bytes that are compressed as one; several members may lie in it, one behind the other. */
struct ay_7z_folder {
	enum ay_7z_method method;
	enum ay_7z_filter filter;
	uint8_t distance, properties[5];
	uint64_t packed, size;
	uint32_t crc;
	bool has_crc;
	uint32_t streams;
};

struct ay_7z_stream {
	uint64_t size;
	uint32_t crc;
	bool has_crc;
};

struct ay_7z_streams {
	uint64_t pos, packed;           /* where the packed bytes begin, behind the first 32, and how many there are */
	struct ay_7z_folder *folders;
	size_t folder_count;
	struct ay_7z_stream *streams;
	size_t stream_count;
};

/* A bit for each of some items, the first one highest; all: no bits are stored, each is set. */
struct ay_7z_bits {
	bool all;
	struct ay_cursor bits;
};

struct ay_7z_files {
	size_t count, empty_count;      /* members, those without content */
	struct ay_7z_bits empty_stream; /* of the members */
	struct ay_7z_bits empty_file;   /* of those without content: a file, not a folder */
	struct ay_7z_bits has_attribute;
	struct ay_cursor attributes;    /* le32 for each that has them */
	struct ay_cursor names;         /* UTF-16LE, each ended by a zero */
	bool has_attributes, has_names;
};

struct ay_7z_header {
	struct ay_scan *scan;
	struct ay_budget *budget;
	struct ay_cursor c;
	bool packed;                    /* it was itself compressed, so offsets in it say nothing */
};

/* Reports; answers AY_EFORMAT. */
int ay_7z_bad(struct ay_7z_header *h, const char *rule, const char *why);
/* All of these report what is wrong. What they fill is freed in any case; files borrow from the header. */
AY_MUSTCHECK int ay_7z_read_streams(struct ay_7z_header *h, struct ay_7z_streams *out);
AY_MUSTCHECK int ay_7z_read_header(struct ay_7z_header *h, struct ay_7z_streams *streams, struct ay_7z_files *files);
void ay_7z_streams_free(struct ay_budget *b, struct ay_7z_streams *s);
bool ay_7z_bit(const struct ay_7z_bits *bits, size_t i);

#endif
