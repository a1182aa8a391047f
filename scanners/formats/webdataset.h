/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebDataset: a tar whose members are grouped into samples by the part of their path before the first dot of the name; what
 * follows that dot says what the member is (000001.jpg, 000001.cls). Its reader goes through the archive once, so the members of
 * a sample lie together. A tar is taken for one when at least two samples have a label or text beside data.
 */
#ifndef ASSAY_FORMATS_WEBDATASET_H
#define ASSAY_FORMATS_WEBDATASET_H

#include "assay/scan.h"

/* A file of the archive. */
struct ay_wds_member {
	const char *name;
	uint64_t off, at, size;      /* of its header; its content */
};

/*
 * Judges the members, in the order of the archive and each of them judged on its own, as samples; nothing when they are none.
 * first_image: of those of the scan (scanners/images.h) the first of this archive. AY_ELIMIT and read errors.
 */
AY_MUSTCHECK int ay_wds_judge(struct ay_scan *s, struct ay_source *in, const struct ay_wds_member *v, size_t n, size_t first_image);

#endif
