/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32C (Castagnoli) as LevelDB's tables and TFRecord keep it. */
#ifndef ASSAY_SCANNERS_CRC32C_H
#define ASSAY_SCANNERS_CRC32C_H

#include "assay/cursor.h"

/* Of all that is left of c. */
uint32_t ay_crc32c(struct ay_cursor c);
/* Of bytes whose CRC is crc, 0 for none, and all that is left of c behind them. */
uint32_t ay_crc32c_more(uint32_t crc, struct ay_cursor c);
/* As it is stored: rotated and moved, so that a CRC over bytes that hold one says something. */
uint32_t ay_crc32c_masked(uint32_t crc);

#endif
