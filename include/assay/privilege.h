/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel lets this process do beyond its user's rights. */
#ifndef ASSAY_PRIVILEGE_H
#define ASSAY_PRIVILEGE_H

#include <stdint.h>
#include "assay/attr.h"

/*
 * Of the capabilities that the calling thread holds, keeps those of the masks (1 << CAP_x, the first 32; the others are
 * given up). What is permitted and not effective can be taken back by another call; what is in neither mask is gone.
 * Threads that exist already keep theirs: call it before any. 0 or -errno; an ordinary user's call succeeds.
 */
AY_MUSTCHECK int ay_capabilities_keep(uint32_t effective, uint32_t permitted);

#endif
