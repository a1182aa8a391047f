/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what an extraction found as a safetensors file. Parses nothing: bytes are copied from places that are checked. */
#ifndef ASSAY_CONVERT_H
#define ASSAY_CONVERT_H

#include <stdint.h>
#include "assay/attr.h"
#include "assay/error.h"
#include "assay/extract.h"

/*
 * To out, an empty file open for reading and writing, from in and x->fd. kind goes into the metadata ("pt", "np"): readers
 * ask for it. AY_EFORMAT when two tensors have one name; AY_ELIMIT when they make more of the input than AY_LIMIT_CONVERT_RATIO
 * permits; AY_EWORKER when a place lies outside of its file. Sorts x's tensors into the order of the file.
 */
AY_MUSTCHECK int ay_safetensors_write(int out, struct ay_extract *x, int in, const char *kind, struct ay_error *e);

#endif
