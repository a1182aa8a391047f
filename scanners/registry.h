/* SPDX-License-Identifier: Apache-2.0 */
/* Every scanner, one line each; the table itself is in registry.c. */
#ifndef ASSAY_SCANNERS_REGISTRY_H
#define ASSAY_SCANNERS_REGISTRY_H

#include "assay/scan.h"

extern const struct ay_scanner ay_scanner_zip;
extern const struct ay_scanner ay_scanner_torch_zip;
extern const struct ay_scanner ay_scanner_npz;
extern const struct ay_scanner ay_scanner_npy;
extern const struct ay_scanner ay_scanner_safetensors;
extern const struct ay_scanner ay_scanner_gzip;
extern const struct ay_scanner ay_scanner_zlib;
extern const struct ay_scanner ay_scanner_bzip2;
extern const struct ay_scanner ay_scanner_xz;
extern const struct ay_scanner ay_scanner_lzma;
extern const struct ay_scanner ay_scanner_lz4;
extern const struct ay_scanner ay_scanner_zstd;
extern const struct ay_scanner ay_scanner_pickle;
extern const struct ay_scanner ay_scanner_torch_legacy;

#endif
