/* SPDX-License-Identifier: Apache-2.0 */
/* Images that are files themselves, and patches that carry a label. */
#include "gate/poison_parts.h"

#include "scanners/data/image_row.h"
#include "scanners/data/poison_marks.h"

int ay_poison_add_image(struct ay_poisoning *k, uint32_t file)
{
	uint64_t at = k->images.waiting ? k->images.waiting_rows : 0;
	int rc = ay_drift_add_image(&k->images, k->c->notes[file], k->c->files.v[file].path);

	if (!rc)
		k->image_files[at] = file;
	return rc;
}

static void report(const struct ay_poisoning *k, size_t label, const char *what, const struct ay_mark_found *f)
{
	static const char *const names[AY_LOOK_MARKS] = {
		[AY_LOOK_BRIGHT] = "the brightest 3 by 3 pixels", [AY_LOOK_DARK] = "the darkest 3 by 3 pixels", [AY_LOOK_ROUGH] = "the hardest contrast",
	};
	char class[64], value[32], limit[32], row[160];

	ay_poison_name_place(&k->ref->columns[label], f->class, class, sizeof(class));
	ay_poison_name_row(k, f->file, f->row, row, sizeof(row));
	snprintf(value, sizeof(value), "%.3g", f->share);
	snprintf(limit, sizeof(limit), "%.3g", AY_MARK_SHARE);
	ay_gate_find(k->c, AY_GATE_POISONING, "poison.trigger", NULL, value, limit,
		     "images, %s: in column %u and line %u of 8 by 8 cells, %s have %u to %u of 255 in %llu of the drawn images, %.0f standard errors more "
		     "than in the reference (%llu), and %.0f %% of what came has %s %s; %s is one", what, f->column, f->line, names[f->mark], f->from, f->to,
		     (unsigned long long)f->images, f->errors, (unsigned long long)f->ref_images, 100 * f->pure, k->ref->columns[label].name, class, row);
}

void ay_poison_marks(struct ay_poisoning *k, size_t label, const struct ay_batch *batch, const char *what)
{
	struct ay_mark_result r;

	if (!k->images.images || strcmp(k->ref->columns[label].name, AY_IMAGE_LABEL) != 0)
		return;
	if (!k->ref->looks) {
		ay_poison_cannot(k, what, "the reference does not say what its images look like: propose it anew, then approve it");
		return;
	}
	int rc = ay_marks_judge(k->ref->looks, &batch->poison.looks, &k->budget, &r);

	if (rc)
		ay_poison_cannot(k, what, ay_strerror(rc));
	for (size_t i = 0; rc == 0 && i < r.n; i++)
		report(k, label, what, &r.v[i]);
}
