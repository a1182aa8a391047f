/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/image_row.h"

#include "assay/cursor.h"
#include "scanners/data/profile_code.h"

#define MAGIC "AYIMG\2"
#define COUNTS 3    /* columns of whole numbers: width, height, channels */

const char *const ay_image_columns[AY_IMAGE_COLUMNS] = {
	"image.width", "image.height", "image.channels", "image.brightness", "image.contrast", "image.saturation", "image.sharpness", AY_IMAGE_LABEL
};

struct ay_image_label ay_image_label_of(const char *path)
{
	const char *member = strrchr(path, '!'), *begin = member ? member + 1 : path, *end = strrchr(begin, '/'), *from = begin;

	if (!end)
		return (struct ay_image_label){.text = NULL};
	for (const char *p = begin; p < end; p++)
		if (*p == '/')
			from = p + 1;
	return (struct ay_image_label){.text = from, .len = (size_t)(end - from)};
}

void ay_image_cells(const struct ay_pixels_stats *s, struct ay_image_label label, struct ay_cell cells[AY_IMAGE_COLUMNS])
{
	const double numbers[AY_IMAGE_COLUMNS - 1] = {s->width, s->height, s->channels, s->brightness, s->contrast, s->saturation, s->sharpness};

	for (size_t i = 0; i < AY_ARRAY_LEN(numbers); i++)
		cells[i] = (struct ay_cell){.kind = AY_CELL_NUMBER, .typed = true, .number = numbers[i], .is = i < COUNTS ? AY_VALUE_INTEGER : AY_VALUE_NUMBER,
					    .whole = i < COUNTS, .integer = i < COUNTS ? (int64_t)numbers[i] : 0};
	cells[AY_IMAGE_COLUMNS - 1] = (struct ay_cell){.kind = label.text ? AY_CELL_TEXT : AY_CELL_MISSING, .typed = true, .is = AY_VALUE_STRING,
						       .text = label.text, .len = label.len};
}

bool ay_image_is_reference(const struct ay_reference *ref)
{
	for (size_t i = 0; i < ref->count; i++)
		for (size_t c = 0; c < AY_IMAGE_COLUMNS; c++)
			if (strcmp(ay_image_columns[c], AY_IMAGE_LABEL) != 0 && strcmp(ref->columns[i].name, ay_image_columns[c]) == 0)
				return true;
	return false;
}

void ay_image_encode(const struct ay_pixels_seen *image, struct ay_buf *out)
{
	const struct ay_pixels_stats *s = &image->stats;

	ay_buf_add(out, MAGIC, sizeof(MAGIC) - 1);
	ay_buf_le32(out, s->width);
	ay_buf_le32(out, s->height);
	ay_buf_addc(out, s->channels);
	ay_profile_put(out, s->brightness);
	ay_profile_put(out, s->contrast);
	ay_profile_put(out, s->saturation);
	ay_profile_put(out, s->sharpness);
	ay_buf_le64(out, s->dhash);
	ay_buf_add(out, image->look.means, sizeof(image->look.means));
	ay_buf_add(out, image->look.edges, sizeof(image->look.edges));
	ay_buf_add(out, image->look.marks, sizeof(image->look.marks));
}

static bool within(double v, double max)
{
	return v >= 0 && v <= max;
}

bool ay_image_decode(const void *bytes, size_t len, struct ay_pixels_seen *image)
{
	struct ay_pixels_stats *out = &image->stats;
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);

	if (!ay_cursor_accept(&c, MAGIC, sizeof(MAGIC) - 1))
		return false;
	out->width = ay_cursor_le32(&c);
	out->height = ay_cursor_le32(&c);
	out->channels = ay_cursor_u8(&c);
	out->brightness = ay_profile_take(&c);
	out->contrast = ay_profile_take(&c);
	out->saturation = ay_profile_take(&c);
	out->sharpness = ay_profile_take(&c);
	out->dhash = ay_cursor_le64(&c);
	ay_cursor_copy(&c, image->look.means, sizeof(image->look.means));
	ay_cursor_copy(&c, image->look.edges, sizeof(image->look.edges));
	ay_cursor_copy(&c, image->look.marks, sizeof(image->look.marks));
	/* The Laplacian lies within 4 * 255, and its variance within the square. */
	return ay_cursor_end(&c) == 0 && out->width && out->height && out->channels >= 1 && out->channels <= 4 && within(out->brightness, 1) &&
	       within(out->contrast, 1) && within(out->saturation, 1) && within(out->sharpness, 1020.0 * 1020.0);
}
