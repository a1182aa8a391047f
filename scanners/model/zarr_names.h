/* SPDX-License-Identifier: Apache-2.0 */
/* Codecs and types that Zarr metadata may name. Exact names: others are looked up in packages. */
#ifndef ASSAY_SCANNERS_ZARR_NAMES_H
#define ASSAY_SCANNERS_ZARR_NAMES_H

#include <stdbool.h>

/* What a codec that makes Python objects does with the chunks, or NULL when this is none. */
const char *ay_zarr_object_codec(const char *name);
/* Compressors and filters of numcodecs over numbers. */
bool ay_zarr_codec2(const char *name);
/* Codecs of version 3, and those of numcodecs under its prefix. */
bool ay_zarr_codec3(const char *name);
/* A type of Python objects: "|O" and its like. */
bool ay_zarr_is_object(const char *dtype);
/* NumPy's type strings of fixed size. */
bool ay_zarr_dtype2(const char *dtype);
/* Data types of version 3 of fixed size. */
bool ay_zarr_type3(const char *name);

#endif
