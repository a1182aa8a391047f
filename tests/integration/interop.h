/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSAY_INTEROP_H
#define ASSAY_INTEROP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/claim.h"
#include "assay/log.h"

/* Writes every shape into the directory; 0, or 2 when something failed. */
int interop_gen(int dirfd);
/* Makes DIR/store and writes what its log proves into the directory. */
int interop_store(int dirfd, const char *dir);

#endif
