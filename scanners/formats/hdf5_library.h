/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libhdf5: nothing else includes hdf5.h. Inner parts of hdf5_library.c. The library's caveats:
 *  - It brings thirty other libraries along, for files in the network. So it
 *    is linked to a program of its own, that judges one file and ends.
 *  - It starts itself on first use and then reads the environment: so it is
 *    started before the sandbox, and plugins (which are code) are switched off.
 *  - Its parser of metadata has a history of memory errors on hostile input,
 *    and a C library cannot be made to fail softly. It runs in the sandbox
 *    only, sees the file only after all metadata that leads to objects was
 *    found sound (hdf5_meta.c), and reads through hdf5_driver.c. What it
 *    dies of is never a clean verdict.
 *  - It opens other files by itself for external links, external storage and
 *    virtual datasets. Links are looked at, never followed, and layouts are
 *    looked at before anything else is asked about a dataset.
 *  - It follows the places of texts of variable length into the heap as it
 *    finds them. In attributes they were found sound before; in datasets only
 *    the places are read.
 *  - A longjmp out of a callback leaves its locks and caches broken. The
 *    driver fails a read instead when the time is over, and it gives up.
 *  - It asks for the working directory unless the name of a file is absolute,
 *    which the sandbox forbids. The driver ignores the name.
 *  - Its errors are a stack that each call empties: the first failure is
 *    noted when it happens.
 *  - Names and types are its own in each major version; H5_USE_110_API keeps
 *    those of 1.10.
 */
#ifndef ASSAY_FORMATS_HDF5_LIBRARY_H
#define ASSAY_FORMATS_HDF5_LIBRARY_H

#define H5_USE_110_API
#include <hdf5.h>

#include "scanners/formats/hdf5.h"

/* A file that is open: a source. */
struct hl_file {
	H5FD_t base;                /* the library's own part; first */
	struct ay_source *in;       /* NULL when the scan is over and the library still holds on to it */
	struct ay_budget *budget;
	struct hl_file **owner;     /* to be told when it is closed */
	haddr_t end;
	int err;                    /* the first failure */
};

/* prepare of struct ay_hdf5_library. */
int hl_prepare(void);
/* Opens the source; *owner is the file until the library closes it. Negative: the library says why. */
hid_t hl_open(struct ay_source *in, struct ay_budget *b, struct hl_file **owner);

#endif
