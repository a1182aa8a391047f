/* SPDX-License-Identifier: Apache-2.0 */
/* Codecs and types that Zarr metadata may name. Exact names: others are looked up in packages. */
#ifndef ASSAY_SCANNERS_ZARR_NAMES_H
#define ASSAY_SCANNERS_ZARR_NAMES_H

#include <stdbool.h>
#include <stdint.h>

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
/* Bytes of one element of these, 0 where the name does not say it alone. */
uint64_t ay_zarr_size2(const char *dtype);
uint64_t ay_zarr_size3(const char *name);
/* A codec of version 3 after which a chunk has as many bytes as its elements. */
bool ay_zarr_keeps_size(const char *name);
/* The name of a chunk, or the last part of it: "0", "3.14", "c", "c.3.14". */
bool ay_zarr_chunk_name(const char *name);

#endif
