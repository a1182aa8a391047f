/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to libjpeg-turbo: the pixels of a JPEG whose segments are all in their places (image_jpeg.c). The library
 * leaves by longjmp, which stays in this file. It goes on over damaged data with a warning and makes up what is missing;
 * here the first warning ends the decoding. An image of one scan takes memory for a few rows; of several scans, as
 * progressive ones have, the coefficients of the whole image are held, which the library allocates by itself: it gets
 * the budget's rest as its bound, and how often a scan may go over the image is bounded too.
 */
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>
#include <jerror.h>

#include "scanners/formats/pixels.h"

#define INPUT_BYTES (64 * KIB)
#define SCANS_MAX 500               /* encoders make about ten */
#define ROW_MEMORY (8 * MIB)        /* what the library holds of a few rows of the widest image */

struct decoder {
	struct jpeg_decompress_struct cinfo;
	struct jpeg_error_mgr errors;
	struct jpeg_source_mgr source;
	struct jpeg_progress_mgr progress;
	struct ay_budget *budget;
	struct ay_source *in;
	uint64_t off;                   /* of the input behind the buffer */
	uint8_t *input, *row;
	struct ay_pixels pixels;
	bool started;
	int code;
	char why[JMSG_LENGTH_MAX];
	jmp_buf back;
};

static AY_NORETURN void stop(struct decoder *d, int code, const char *why)
{
	d->code = code;
	snprintf(d->why, sizeof(d->why), "%s", why);
	longjmp(d->back, 1);
}

static int code_of(int message)
{
	switch (message) {
	case JERR_OUT_OF_MEMORY: case JERR_NO_BACKING_STORE: case JERR_IMAGE_TOO_BIG: return AY_ELIMIT;
	case JERR_BAD_PRECISION: case JERR_SOF_UNSUPPORTED: case JERR_ARITH_NOTIMPL: case JERR_CONVERSION_NOTIMPL: case JERR_FRACT_SAMPLE_NOTIMPL:
	case JERR_CCIR601_NOTIMPL: case JERR_NOTIMPL: return AY_EUNSUPPORTED;
	default: return AY_EFORMAT;
	}
}

static AY_NORETURN void on_error(j_common_ptr cinfo)
{
	char why[JMSG_LENGTH_MAX];

	cinfo->err->format_message(cinfo, why);
	stop(cinfo->client_data, code_of(cinfo->err->msg_code), why);
}

/* Below zero: the data is damaged. Else a trace. */
static void on_message(j_common_ptr cinfo, int level)
{
	if (level < 0)
		on_error(cinfo);
}

static void on_progress(j_common_ptr cinfo)
{
	struct decoder *d = cinfo->client_data;
	int rc = ay_budget_tick(d->budget);

	if (rc)
		stop(d, rc, ay_strerror(rc));
	if (d->cinfo.input_scan_number > SCANS_MAX)
		stop(d, AY_EFORMAT, "the image has more scans than any encoder makes");
}

static void on_start(j_decompress_ptr cinfo)
{
	(void)cinfo;
}

static boolean on_fill(j_decompress_ptr cinfo)
{
	struct decoder *d = cinfo->client_data;
	uint64_t left = d->in->size - d->off;
	size_t len = left < INPUT_BYTES ? (size_t)left : INPUT_BYTES;
	int rc = ay_budget_tick(d->budget);

	if (!rc)
		rc = len ? ay_source_read_full(d->in, d->off, d->input, len) : AY_ETRUNC;
	if (rc)
		stop(d, rc, rc == AY_ETRUNC ? "the file ends inside the image data" : ay_strerror(rc));
	d->off += len;
	d->source.next_input_byte = d->input;
	d->source.bytes_in_buffer = len;
	return TRUE;
}

static void on_skip(j_decompress_ptr cinfo, long count)
{
	struct decoder *d = cinfo->client_data;
	uint64_t n = count > 0 ? (uint64_t)count : 0, rest = n > d->source.bytes_in_buffer ? n - d->source.bytes_in_buffer : 0;

	if (rest > d->in->size - d->off)
		stop(d, AY_ETRUNC, "a segment reaches beyond the end");
	if (rest) {
		d->off += rest;
		d->source.bytes_in_buffer = 0;
	} else {
		d->source.next_input_byte += n;
		d->source.bytes_in_buffer -= (size_t)n;
	}
}

static void *need(struct decoder *d, size_t len)
{
	void *p = ay_budget_alloc(d->budget, len);

	if (!p)
		stop(d, AY_ELIMIT, "no memory left for the pixels");
	return p;
}

static void prepare(struct decoder *d)
{
	if (d->budget->alloc_left < ROW_MEMORY)
		stop(d, AY_ELIMIT, "no memory left for the pixels");
	d->input = need(d, INPUT_BYTES);
	jpeg_create_decompress(&d->cinfo);
	d->cinfo.client_data = d;
	d->source = (struct jpeg_source_mgr){.init_source = on_start, .fill_input_buffer = on_fill, .skip_input_data = on_skip,
					     .resync_to_restart = jpeg_resync_to_restart, .term_source = on_start};
	d->cinfo.src = &d->source;
	d->progress.progress_monitor = on_progress;
	d->cinfo.progress = &d->progress;
	d->cinfo.mem->max_memory_to_use = (long)d->budget->alloc_left;
}

static void start(struct decoder *d)
{
	struct jpeg_decompress_struct *j = &d->cinfo;

	jpeg_read_header(j, TRUE);
	switch (j->jpeg_color_space) {
	case JCS_GRAYSCALE: j->out_color_space = JCS_GRAYSCALE; break;
	case JCS_RGB: case JCS_YCbCr: j->out_color_space = JCS_RGB; break;
	case JCS_CMYK: case JCS_YCCK: j->out_color_space = JCS_CMYK; break;
	default: stop(d, AY_EUNSUPPORTED, "the image is neither grey, nor of three colours, nor CMYK");
	}
	j->dct_method = JDCT_ISLOW;
	jpeg_start_decompress(j);
	int rc = ay_pixels_start(&d->pixels, d->budget, j->output_width, j->output_height, (uint8_t)j->num_components);

	if (rc)
		stop(d, rc, "no memory left for the pixels");
	d->started = true;
	d->row = need(d, (size_t)j->output_width * (size_t)j->output_components);
}

/* Adobe's programs store the complement, and their marker says so. Light is (255 - ink) * (255 - black) / 255, rounded. */
static void cmyk_to_rgb(struct decoder *d)
{
	uint8_t *row = d->row, flip = d->cinfo.saw_Adobe_marker ? 0xFF : 0;

	for (size_t x = 0; x < d->cinfo.output_width; x++) {
		unsigned white = 0xFF - (row[4 * x + 3] ^ flip);

		for (size_t i = 0; i < 3; i++) {
			unsigned product = (row[4 * x + i] ^ flip) * white + 128;

			row[3 * x + i] = (uint8_t)(white - ((product >> 8) + product) / 256);
		}
	}
}

static void read_rows(struct decoder *d)
{
	struct jpeg_decompress_struct *j = &d->cinfo;

	while (j->output_scanline < j->output_height) {
		JSAMPROW row = d->row;

		if (jpeg_read_scanlines(j, &row, 1) != 1)
			stop(d, AY_EFORMAT, "a row is missing");
		if (j->out_color_space == JCS_CMYK)
			cmyk_to_rgb(d);
		ay_pixels_count(&d->pixels, d->row, j->output_width, j->out_color_space != JCS_GRAYSCALE, ay_pixels_place(&d->pixels));
		ay_pixels_row(&d->pixels);
	}
	jpeg_finish_decompress(j);
	if (d->off - d->source.bytes_in_buffer != d->in->size)
		stop(d, AY_EFORMAT, "the decoder ends before the file does");
}

/* What lies between setjmp and its return has no locals that change. */
static void decode(struct decoder *d)
{
	if (setjmp(d->back))
		return;
	prepare(d);
	start(d);
	read_rows(d);
}

int ay_pixels_jpeg(struct ay_budget *b, struct ay_source *in, struct ay_pixels_seen *out, struct ay_error *e)
{
	struct decoder *d = ay_budget_alloc(b, sizeof(*d));

	if (!d)
		return ay_error_set(e, AY_ELIMIT, "no memory left for the pixels");
	*d = (struct decoder){.budget = b, .in = in};
	d->cinfo.err = jpeg_std_error(&d->errors);
	d->cinfo.client_data = d;
	d->errors.error_exit = on_error;
	d->errors.emit_message = on_message;
	decode(d);
	int code = d->code;

	if (code)
		ay_error_at(e, code, d->off - d->source.bytes_in_buffer, "the pixels cannot be decoded: %s", d->why);
	else
		*out = ay_pixels_seen(&d->pixels);
	if (d->started)
		ay_pixels_free(&d->pixels);
	jpeg_destroy_decompress(&d->cinfo);
	ay_budget_free(b, d->row);
	ay_budget_free(b, d->input);
	ay_budget_free(b, d);
	return code;
}
