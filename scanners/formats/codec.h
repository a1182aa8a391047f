/* SPDX-License-Identifier: Apache-2.0 */
/* What all decompressors have in common: a state that is fed and drained in steps. */
#ifndef ASSAY_FORMATS_CODEC_H
#define ASSAY_FORMATS_CODEC_H

#include "assay/scan.h"
#include "scanners/spool.h"

struct ay_codec {
	const char *name;
	bool several;         /* complete streams may follow each other and make one content */
	/* NULL: no memory. */
	void *(*open)(struct ay_budget *b);
	/*
	 * *in_len and *out_len: bytes there, then bytes consumed and made.
	 * Returns 1 at the end of the stream, 0 to go on, AY_EFORMAT,
	 * AY_EUNSUPPORTED or AY_ELIMIT.
	 */
	int (*step)(void *state, const uint8_t *in, size_t *in_len, uint8_t *out, size_t *out_len);
	void (*close)(struct ay_budget *b, void *state);
};

/*
 * Expands all of in into the spool. *crc_inout, when not NULL, is carried over
 * the bytes made. AY_EFORMAT and AY_EUNSUPPORTED: reported under the first word
 * `format`, go on; other codes stop the scan.
 */
AY_MUSTCHECK int ay_codec_expand(struct ay_scan *s, struct ay_source *in, const struct ay_codec *codec, const char *format,
				 struct ay_spool *out, uint32_t *crc_inout);
/* Body of a scanner whose format is one compressed content: expands it and has the driver judge it. */
AY_MUSTCHECK int ay_codec_scan(struct ay_scan *s, struct ay_source *in, const struct ay_codec *codec);

/* Raw deflate, for zip members that do not fit into memory (zlib.c). */
extern const struct ay_codec ay_codec_deflate;
extern const struct ay_codec ay_codec_gzip;
extern const struct ay_codec ay_codec_bzip2;

/*
 * LZMA without a header of its own (lzma.c). AY_LZMA_RAW_HEAD bytes of our making come first: the filter, the coder, the
 * distance of the delta filter less one, five bytes of properties (the first one alone for LZMA2), le64 bytes that come out.
 */
#define AY_LZMA_RAW_HEAD 16
enum { AY_LZMA_RAW_PLAIN, AY_LZMA_RAW_X86, AY_LZMA_RAW_DELTA };
enum { AY_LZMA_RAW_1, AY_LZMA_RAW_2 };
extern const struct ay_codec ay_codec_lzma_raw;

/*
 * len bytes are looked at or made without being read from a source: a tick for each MiB, so that a little input cannot
 * keep a scan beyond its deadline. *rest_inout carries what is below one.
 */
AY_MUSTCHECK int ay_codec_tick(struct ay_budget *b, uint64_t len, uint64_t *rest_inout);
/*
 * Whole blocks whose sizes are known, as the pages of tables have them: all of in gives exactly out_len bytes, else
 * AY_EFORMAT; AY_ELIMIT or -ENOMEM without memory. gzip: members may follow each other. zstd: as many frames as there are.
 */
AY_MUSTCHECK int ay_snappy_block(struct ay_cursor in, uint8_t *out, size_t out_len);
AY_MUSTCHECK int ay_gzip_block(const void *in, size_t in_len, void *out, size_t out_len);
AY_MUSTCHECK int ay_zstd_block(const void *in, size_t in_len, void *out, size_t out_len);
AY_MUSTCHECK int ay_lz4_block(const void *in, size_t in_len, void *out, size_t out_len);
AY_MUSTCHECK int ay_lz4_frame_block(const void *in, size_t in_len, void *out, size_t out_len);

#endif
