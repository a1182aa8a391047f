/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules over the events of one JSON document that describes a Zarr array or group, version 2 or 3: what its reader would
 * make of the chunks. Fed by scanners/formats/json.c; the chunks themselves are bare bytes and not looked at.
 */
#ifndef ASSAY_SCANNERS_ZARR_H
#define ASSAY_SCANNERS_ZARR_H

#include "assay/json.h"
#include "assay/scan.h"

struct ay_zarr_rules;

/* base is the file's name without folders. *out is NULL when it is no name of Zarr's metadata. AY_ELIMIT when the budget is exhausted. */
AY_MUSTCHECK int ay_zarr_rules_new(struct ay_scan *s, const char *base, struct ay_zarr_rules **out);
void ay_zarr_rules_free(struct ay_zarr_rules *r);
/* One event with its text (KEY, STRING, NUMBER) and its offset. Reports findings. */
void ay_zarr_rules_event(struct ay_zarr_rules *r, enum ay_json_event ev, const char *text, size_t len, uint64_t off);

#endif
