/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSAY_FORMATS_INFLATE_H
#define ASSAY_FORMATS_INFLATE_H

#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"

/* CRC-32 of zip and gzip; start with 0. */
uint32_t ay_crc32(uint32_t crc, const void *bytes, size_t len);
/* Raw deflate, whole: all of in gives exactly out_len bytes, else AY_EFORMAT. -ENOMEM. */
AY_MUSTCHECK int ay_inflate_whole(const void *in, size_t in_len, void *out, size_t out_len);

#endif
