/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to libpng: the pixels of a PNG whose chunks are all in their places (image_png.c). libpng leaves by longjmp,
 * which stays in this file: what must survive it lies in a struct whose address libpng has. Ancillary chunks but tRNS
 * are passed over, as nothing here depends on them; what libpng would only warn of ends the decoding. An image without
 * interlacing takes memory for a few rows, an interlaced one for a byte a pixel. Of an APNG that is the image that
 * other readers of PNG show.
 */
#include <png.h>

#include "scanners/formats/pixels.h"

struct decoder {
	struct ay_budget *budget;
	struct ay_source *in;
	uint64_t off;
	struct ay_pixels pixels;
	bool started, colour, interlaced;
	uint32_t width, height;
	png_colorp palette;             /* NULL: the samples are the colours */
	int palette_len;
	uint8_t *row;                   /* samples of one row */
	uint8_t *colours;               /* the same, looked up in the palette */
	uint8_t *plane;                 /* luma of an interlaced image */
	uint8_t *some;                  /* luma of one row of a pass */
	int code;
	char why[128];
};

static PNG_NORETURN void stop(png_structp png, struct decoder *d, int code, const char *why)
{
	d->code = code;
	snprintf(d->why, sizeof(d->why), "%s", why);
	png_longjmp(png, 1);
}

static PNG_NORETURN void on_error(png_structp png, const char *message)
{
	struct decoder *d = png_get_error_ptr(png);

	stop(png, d, d->code ? d->code : AY_EFORMAT, d->code ? ay_strerror(d->code) : message);
}

static void on_warning(png_structp png, const char *message)
{
	on_error(png, message);
}

static void on_read(png_structp png, png_bytep to, size_t len)
{
	struct decoder *d = png_get_io_ptr(png);
	int rc = ay_budget_tick(d->budget);

	if (!rc)
		rc = ay_source_read_full(d->in, d->off, to, len);
	if (rc)
		stop(png, d, rc, rc == AY_ETRUNC ? "the file ends inside the image data" : ay_strerror(rc));
	d->off += len;
}

static void *on_alloc(png_structp png, png_alloc_size_t len)
{
	struct decoder *d = png_get_mem_ptr(png);
	void *p = ay_budget_alloc(d->budget, len);

	if (!p)
		d->code = AY_ELIMIT;
	return p;
}

static void on_free(png_structp png, void *p)
{
	struct decoder *d = png_get_mem_ptr(png);

	ay_budget_free(d->budget, p);
}

static void *need(png_structp png, struct decoder *d, size_t len)
{
	void *p = ay_budget_alloc(d->budget, len);

	if (!p)
		stop(png, d, AY_ELIMIT, "no memory left for the pixels");
	return p;
}

/* Samples of 8 bits, one or three a pixel. */
static void start(png_structp png, png_infop info, struct decoder *d)
{
	png_byte type;

	png_read_info(png, info);
	type = png_get_color_type(png, info);
	d->width = png_get_image_width(png, info);
	d->height = png_get_image_height(png, info);
	d->colour = (type & PNG_COLOR_MASK_COLOR) != 0;
	d->interlaced = png_get_interlace_type(png, info) == PNG_INTERLACE_ADAM7;
	if (type == PNG_COLOR_TYPE_PALETTE) {
		png_get_PLTE(png, info, &d->palette, &d->palette_len);
		png_set_packing(png);
	}
	if (type == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8)
		png_set_expand_gray_1_2_4_to_8(png);
	png_set_strip_16(png);
	png_set_strip_alpha(png);
	png_read_update_info(png, info);
	uint8_t channels = (uint8_t)((d->colour ? 3 : 1) + ((type & PNG_COLOR_MASK_ALPHA) != 0));
	int rc = ay_pixels_start(&d->pixels, d->budget, d->width, d->height, channels);

	if (rc)
		stop(png, d, rc, "no memory left for the pixels");
	d->started = true;
	size_t len = (size_t)d->width * (d->colour && !d->palette ? 3 : 1);

	d->row = need(png, d, len);
	if (d->palette)
		d->colours = need(png, d, 3 * len);
	if (png_get_rowbytes(png, info) != len)
		stop(png, d, AY_EFORMAT, "the rows have another length than the header says");
}

/* Counts the row just read. libpng shows an index without an entry as black, other readers do not. */
static void count(png_structp png, struct decoder *d, uint32_t columns, uint8_t *luma)
{
	if (!d->palette) {
		ay_pixels_count(&d->pixels, d->row, columns, d->colour, luma);
		return;
	}
	for (uint32_t x = 0; x < columns; x++) {
		if (d->row[x] >= d->palette_len)
			stop(png, d, AY_EFORMAT, "a pixel has a colour that the palette does not have");
		d->colours[3 * x] = d->palette[d->row[x]].red;
		d->colours[3 * x + 1] = d->palette[d->row[x]].green;
		d->colours[3 * x + 2] = d->palette[d->row[x]].blue;
	}
	ay_pixels_count(&d->pixels, d->colours, columns, true, luma);
}

static void read_plain(png_structp png, struct decoder *d)
{
	for (uint32_t y = 0; y < d->height; y++) {
		png_read_row(png, d->row, NULL);
		count(png, d, d->width, ay_pixels_place(&d->pixels));
		ay_pixels_row(&d->pixels);
	}
}

static void read_passes(png_structp png, struct decoder *d)
{
	d->plane = need(png, d, (size_t)d->width * d->height);
	d->some = need(png, d, d->width);
	for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++) {
		uint32_t columns = PNG_PASS_COLS(d->width, pass), rows = PNG_PASS_ROWS(d->height, pass);

		for (uint32_t y = 0; columns && y < rows; y++) {
			uint8_t *to = d->plane + (size_t)PNG_ROW_FROM_PASS_ROW(y, pass) * d->width;

			png_read_row(png, d->row, NULL);
			count(png, d, columns, d->some);
			for (uint32_t x = 0; x < columns; x++)
				to[PNG_COL_FROM_PASS_COL(x, pass)] = d->some[x];
		}
	}
	for (uint32_t y = 0; y < d->height; y++) {
		memcpy(ay_pixels_place(&d->pixels), d->plane + (size_t)y * d->width, d->width);    /* own: decoded, one row */
		ay_pixels_row(&d->pixels);
	}
}

/* What lies between setjmp and its return has no locals that change. */
static void decode(png_structp png, png_infop info, struct decoder *d)
{
	if (setjmp(png_jmpbuf(png)))
		return;
	png_set_user_limits(png, AY_LIMIT_IMAGE_SIDE, AY_LIMIT_IMAGE_SIDE);
	png_set_benign_errors(png, 0);
	png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	png_set_read_fn(png, d, on_read);
	start(png, info, d);
	if (d->interlaced)
		read_passes(png, d);
	else
		read_plain(png, d);
	png_read_end(png, NULL);
}

int ay_pixels_png(struct ay_budget *b, struct ay_source *in, struct ay_pixels_seen *out, struct ay_error *e)
{
	struct decoder d = {.budget = b, .in = in};
	png_structp png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning, &d, on_alloc, on_free);
	png_infop info = png ? png_create_info_struct(png) : NULL;

	if (info)
		decode(png, info, &d);
	else
		d.code = AY_ELIMIT;
	if (!d.code)
		*out = ay_pixels_seen(&d.pixels);
	else
		ay_error_at(e, d.code, d.off, "the pixels cannot be decoded: %s", d.why[0] ? d.why : ay_strerror(d.code));
	if (d.started)
		ay_pixels_free(&d.pixels);
	ay_budget_free(b, d.row);
	ay_budget_free(b, d.colours);
	ay_budget_free(b, d.plane);
	ay_budget_free(b, d.some);
	png_destroy_read_struct(&png, &info, NULL);
	return d.code;
}
