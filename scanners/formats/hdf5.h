/* SPDX-License-Identifier: Apache-2.0 */
/* Between the reader of HDF5, which goes through libhdf5, and what judges its parts without that library. */
#ifndef ASSAY_FORMATS_HDF5_H
#define ASSAY_FORMATS_HDF5_H

#include "assay/scan.h"
#include "scanners/model/keras_config.h"

#define AY_HDF5_SIGNATURE "\x89HDF\r\n\x1a\n"
#define AY_HDF5_SIGNATURE_LEN 8

/*
 * Starts libhdf5; once, before the process gives up its rights. The reader does it itself where nobody did.
 * AY_EUNSUPPORTED: the library does not start.
 */
AY_MUSTCHECK int ay_hdf5_prepare(void);

/* The superblock, before the library sees it. 0: the library may; AY_EFORMAT: reported. */
AY_MUSTCHECK int ay_hdf5_superblock(struct ay_scan *s, struct ay_source *in);

/* Whether an attribute of this name holds the configuration of a Keras model. */
bool ay_hdf5_is_config(const char *name, enum ay_keras_mode *mode_out);
/* Judges the text of such an attribute. */
AY_MUSTCHECK int ay_hdf5_config(struct ay_scan *s, const char *name, enum ay_keras_mode mode, const void *bytes, size_t len);
/* Judges the bytes of any other attribute: some loaders unpickle them. object is the path of what it belongs to. */
AY_MUSTCHECK int ay_hdf5_attribute(struct ay_scan *s, const char *object, const char *name, const void *bytes, size_t len);

#endif
