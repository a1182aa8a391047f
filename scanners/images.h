/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images inside of a container are the rows of a table. They are kept until the container is read, for only then it is
 * known whether something beside an image says what its label is.
 */
#ifndef ASSAY_SCANNERS_IMAGES_H
#define ASSAY_SCANNERS_IMAGES_H

#include "scanners/data/image_row.h"

struct ay_images;
/* Where the scan keeps them; *place is NULL until there is one. */
struct ay_images **ay_scan_images(struct ay_scan *s);

/* The image that is the file itself against its schema. It has no label: what is said of a file must hold wherever it lies. */
AY_MUSTCHECK int ay_images_judge_one(struct ay_scan *s, const struct ay_pixels_stats *image);
/* One image of that path, whose folder is its label. AY_ELIMIT, reported, when there is no memory left. */
AY_MUSTCHECK int ay_images_add(struct ay_scan *s, const char *member, const struct ay_pixels_seen *image);
/* How many came so far. */
size_t ay_images_count(struct ay_scan *s);
/*
 * The image of this path, which is one of the next from *at on, has this label; *at moves behind it. Of a path that is not
 * there nothing happens. AY_ELIMIT, reported.
 */
AY_MUSTCHECK int ay_images_label(struct ay_scan *s, size_t *at, const char *member, const char *label, size_t len);
/* At the end of the scan: judges them by the schema and its reference, or proposes one, where somebody asks for it. Frees them. */
AY_MUSTCHECK int ay_images_finish(struct ay_scan *s);

#endif
