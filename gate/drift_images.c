/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/drift_parts.h"

#include "scanners/data/image_row.h"

bool ay_drift_is_image(const struct ay_scan_note *n)
{
	struct ay_pixels_seen image;

	return ay_image_decode(n->profile, n->profile_len, &image);
}

bool ay_drift_counts(const struct ay_comparing *k, const struct ay_scan_note *n)
{
	return n && n->profile && (k->images || !ay_drift_is_image(n));
}

/* No image of the candidate lies in a folder: the column of labels is absent then, not empty. */
static bool labelled(const struct ay_comparing *k)
{
	for (size_t i = 0; i < k->c->files.n; i++) {
		const struct ay_scan_note *n = k->c->notes ? k->c->notes[i] : NULL;

		if (ay_drift_counts(k, n) && ay_drift_is_image(n) && ay_image_label_of(k->c->files.v[i].path).text)
			return true;
	}
	return false;
}

static int start(struct ay_comparing *k)
{
	struct ay_measure *measure;
	int rc = ay_schema_measure(k->schema, k->kept->season, &measure);

	if (!rc)
		rc = ay_counting_by(measure, &k->kept->budget, &k->waiting);
	k->waiting_rows = 0;
	return rc ? rc : ay_counting_columns(k->waiting, ay_image_columns, AY_IMAGE_COLUMNS - (labelled(k) ? 0 : 1));
}

int ay_drift_add_image(struct ay_comparing *k, const struct ay_scan_note *n, const char *path)
{
	struct ay_cell cells[AY_IMAGE_COLUMNS];
	struct ay_pixels_seen image;
	int rc = k->waiting ? 0 : start(k);

	if (rc)
		return rc;
	if (!ay_image_decode(n->profile, n->profile_len, &image))
		return AY_EFORMAT;
	ay_image_cells(&image.stats, ay_image_label_of(path), cells);
	rc = ay_counting_row(k->waiting, ++k->waiting_rows, cells);
	if (!rc)
		ay_counting_look(k->waiting, k->waiting_rows, &cells[AY_IMAGE_COLUMNS - 1], &image.look);
	return rc;
}

int ay_drift_take_images(struct ay_comparing *k, int code, const uint32_t *files, struct ay_batch *batch)
{
	struct ay_batch *images = code == 0 && k->waiting ? ay_counting_batch(k->waiting) : NULL;

	if (images && files)
		ay_poison_set_files(&images->poison, files);
	if (images)
		code = ay_batch_merge(batch, images);
	ay_counting_free(k->waiting);
	k->waiting = NULL;
	return code;
}
