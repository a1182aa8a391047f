/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Croissant (JSON-LD metadata of datasets, version 1): its files with their digests and sizes, and the columns of its record sets
 * with their types, as the proposal of a schema of several files.
 */
#ifndef ASSAY_SCANNERS_CROISSANT_H
#define ASSAY_SCANNERS_CROISSANT_H

#include "assay/scan.h"

/* For a scan that asks for a proposal, of a JSON file that is no table. Reports what stood in its way. */
AY_MUSTCHECK int ay_croissant_propose(struct ay_scan *s, struct ay_source *in);

#endif
