/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "scanners/data/image_row.h"
#include "scanners/formats/inflate.h"
#include "tests/lib/scan_case.h"

/* A ramp of 8 by 8 greys. */
#define JPEG \
	"\377\330\377\333\000\103\000\003\002\002\003\002\002\003\003\003\003\004\003\003\004\005\010\005\005" \
	"\004\004\005\012\007\007\006\010\014\012\014\014\013\012\013\013\015\016\022\020\015\016\021\016\013" \
	"\013\020\026\020\021\023\024\025\025\025\014\017\027\030\026\024\030\022\024\025\024\377\300\000\013" \
	"\010\000\010\000\010\001\001\021\000\377\304\000\024\000\001\000\000\000\000\000\000\000\000\000\000" \
	"\000\000\000\000\000\005\377\304\000\031\020\000\001\005\000\000\000\000\000\000\000\000\000\000\000" \
	"\000\000\000\005\011\065\163\301\377\332\000\010\001\001\000\000\077\000\141\251\043\323\352\303\377" \
	"\331"

/* ---- sums ---- */

static struct ay_budget budget;

static struct ay_pixels_seen seen(uint32_t width, uint32_t height, bool colour, uint8_t *samples)
{
	struct ay_pixels p;

	ay_budget_init(&budget, 0);
	if (ay_pixels_start(&p, &budget, width, height, colour ? 3 : 1) != 0)
		abort();
	for (uint32_t y = 0; y < height; y++) {
		ay_pixels_count(&p, samples + (size_t)y * width * (colour ? 3 : 1), width, colour, ay_pixels_place(&p));
		ay_pixels_row(&p);
	}
	struct ay_pixels_seen s = ay_pixels_seen(&p);

	ay_pixels_free(&p);
	return s;
}

static struct ay_pixels_stats measured(uint32_t width, uint32_t height, bool colour, uint8_t *samples)
{
	return seen(width, height, colour, samples).stats;
}

static void test_sums(void)
{
	uint8_t black[9] = {0}, white[1] = {255}, dot[9] = {0, 0, 0, 0, 10, 0, 0, 0, 0}, two[2] = {0, 255}, ramp[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9},
		line[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0}, red[3] = {255, 0, 0}, pair[6] = {100, 50, 75, 0, 0, 0};
	struct ay_pixels_stats s = measured(3, 3, false, black);

	ok(s.brightness == 0 && s.contrast == 0 && s.saturation == 0 && s.sharpness == 0 && s.dhash == 0, "a black image");
	s = measured(1, 1, false, white);
	ok(s.brightness == 1 && s.contrast == 0 && s.sharpness == 0 && s.width == 1 && s.height == 1 && s.channels == 1, "one white pixel");
	s = measured(3, 3, false, dot);
	ok(s.sharpness == 0, "one value of the Laplacian has no variance");
	s = measured(4, 4, false, line);
	/* The inner four are 3 0 / 0 0, the Laplacian there -12 3 3 0. */
	ok(s.sharpness == (144 + 9 + 9) / 4.0 - 1.5 * 1.5, "the variance of the Laplacian: %.17g", s.sharpness);
	s = measured(2, 1, false, two);
	ok(s.brightness == 0.5 && s.contrast == 0.5, "half black and half white: %.17g %.17g", s.brightness, s.contrast);
	is_int(s.dhash, 0x1818181818181818, "whose cells differ on both sides of the one where the halves meet");
	s = measured(9, 1, false, ramp);
	ok(s.dhash == UINT64_MAX, "a ramp is brighter to the right everywhere");
	s = measured(1, 1, true, red);
	ok(s.brightness == 76 / 255.0 && s.saturation == 1, "red: %.17g", s.brightness);
	s = measured(2, 1, true, pair);
	ok(s.saturation == 0.25, "half a saturation and black: %.17g", s.saturation);
}

static struct ay_look look_of(uint32_t width, uint32_t height, uint8_t *samples)
{
	return seen(width, height, false, samples).look;
}

/* Columns 0 to 7 are black, 8 to 15 white, and so are the rows of the other. */
static void test_look(void)
{
	uint8_t across[256], down[256], slope[256], patch[784] = {0}, checks[256] = {0}, one[4] = {9, 9, 9, 9};

	for (size_t i = 0; i < 256; i++) {
		across[i] = i % 16 < 8 ? 0 : 255;
		down[i] = i / 16 < 8 ? 0 : 255;
		slope[i] = (uint8_t)(4 * (i % 16) + 4 * (i / 16));
	}
	for (size_t y = 24; y < 27; y++)
		memset(patch + y * 28 + 24, 255, 3);    /* own: within the row */
	struct ay_look a = look_of(16, 16, across), d = look_of(16, 16, down), s = look_of(16, 16, slope), p = look_of(28, 28, patch);

	ok(a.means[3] == 0 && a.means[4] == 255 && d.means[3 * 8] == 0 && d.means[4 * 8] == 255, "means of cells");
	/* Of the 12 inner pixels of the second cell of the first line, 3 have a gradient of 255: sqrt(128 * 255 / 4). */
	ok(a.edges[4] == 90 && a.edges[5] == 0 && a.edges[6] == 0 && a.edges[7] == 0 && a.edges[0] == 0, "an edge across: %u", a.edges[4]);
	ok(d.edges[4 * 4 + 2] == 90 && d.edges[4 * 4] == 0, "and down: %u", d.edges[4 * 4 + 2]);
	ok(s.edges[1] > 0 && s.edges[0] == 0 && s.edges[2] == 0 && s.edges[3] == 0, "a slope in between");
	ok(p.marks[AY_LOOK_BRIGHT][63] == 255 && p.marks[AY_LOOK_DARK][63] == 113 && p.marks[AY_LOOK_ROUGH][63] == 127 && p.marks[AY_LOOK_BRIGHT][0] == 0,
	   "a patch of three by three white pixels: %u %u %u", p.marks[AY_LOOK_BRIGHT][63], p.marks[AY_LOOK_DARK][63], p.marks[AY_LOOK_ROUGH][63]);
	for (size_t i = 0; i < 256; i++)
		checks[i] = (i / 16 + i) % 2 ? 255 : 0;
	ok(look_of(16, 16, checks).marks[AY_LOOK_ROUGH][9] == 255, "nothing is rougher than checks");
	p = look_of(2, 2, one);
	ok(p.means[0] == 9 && p.marks[AY_LOOK_BRIGHT][0] == 0 && p.marks[AY_LOOK_DARK][0] == 255 && p.edges[0] == 0, "two by two pixels have no neighbours");
	p = look_of(1, 4, one);
	ok(p.means[0] == 9 && p.marks[AY_LOOK_DARK][63] == 255, "nor has a column");
	p = look_of(3, 3, down);
	ok(p.marks[AY_LOOK_BRIGHT][2 * 8 + 2] == 0 && p.marks[AY_LOOK_DARK][2 * 8 + 2] == 0, "three by three have one that has");
}

static void test_sizes(void)
{
	struct ay_pixels p;

	ay_budget_init(&budget, 0);
	is_int(ay_pixels_start(&p, &budget, 0, 1, 1), AY_ELIMIT, "no width");
	is_int(ay_pixels_start(&p, &budget, 1, 0, 1), AY_ELIMIT, "no height");
	is_int(ay_pixels_start(&p, &budget, 65536, 4097, 1), AY_ELIMIT, "more pixels than the limit");
	is_int(ay_pixels_start(&p, &budget, 65536, 4096, 1), 0, "as many as the limit");
	ay_pixels_free(&p);
	budget.alloc_left = 8;
	is_int(ay_pixels_start(&p, &budget, 3, 3, 1), AY_ELIMIT, "no memory left");
}

/* ---- PNG ---- */

static struct ay_buf png;

static void put_chunk(const char *kind, const void *bytes, size_t len)
{
	ay_buf_be32(&png, (uint32_t)len);
	ay_buf_add(&png, kind, 4);
	ay_buf_add(&png, bytes, len);
	ay_buf_be32(&png, ay_crc32(ay_crc32(0, kind, 4), bytes, len));
}

/* Rows as they are, filter bytes included, in one stored block. */
static void make_png(uint32_t width, uint32_t height, uint8_t depth, uint8_t colour, const void *palette, size_t palette_len, const uint8_t *rows, size_t len)
{
	struct ay_buf b = ay_buf_new(64 * KIB);
	uint32_t low = 1, high = 0;

	ay_buf_clear(&png);
	ay_buf_add(&png, "\x89PNG\r\n\x1a\n", 8);
	ay_buf_be32(&b, width);
	ay_buf_be32(&b, height);
	ay_buf_addc(&b, depth);
	ay_buf_addc(&b, colour);
	ay_buf_add(&b, "\0\0\0", 3);
	put_chunk("IHDR", b.data, b.len);
	if (palette_len)
		put_chunk("PLTE", palette, palette_len);
	ay_buf_clear(&b);
	ay_buf_add(&b, "\x78\x01\x01", 3);
	ay_buf_le16(&b, (uint16_t)len);
	ay_buf_le16(&b, (uint16_t)~len);
	ay_buf_add(&b, rows, len);
	for (size_t i = 0; i < len; i++) {
		low = (low + rows[i]) % 65521;
		high = (high + low) % 65521;
	}
	ay_buf_be32(&b, high << 16 | low);
	put_chunk("IDAT", b.data, b.len);
	put_chunk("IEND", "", 0);
	ay_buf_free(&b);
}

static bool stats_of(const char *path, const void *bytes, size_t len, struct ay_pixels_stats *s)
{
	struct ay_pixels_seen image;
	bool good = strcmp(scan_case_with(path, bytes, len, NULL), "pass") == 0 &&
		    ay_image_decode(scan_case_result.profile, scan_case_result.profile_len, &image);

	*s = image.stats;
	return good;
}

static const uint8_t rows[] = {0, 0, 128, 255, 0, 0, 128, 255, 0, 0, 128, 255};

static void test_png(void)
{
	struct ay_pixels_stats s;
	unsigned passed = 0, flipped = 0;

	make_png(3, 3, 8, 0, "", 0, rows, sizeof(rows));
	ok(stats_of("a.png", png.data, png.len, &s) && s.width == 3 && s.height == 3 && s.channels == 1, "a grey PNG");
	ok(s.brightness == 383 / 765.0, "and its brightness: %.17g", s.brightness);
	for (size_t n = 8; n < png.len; n++)
		passed += strcmp(scan_case_with("a.png", png.data, n, NULL), "pass") == 0;
	is_int(passed, 0, "cut anywhere it does not pass");
	for (size_t i = 8 * 8; i < 8 * png.len; i++) {
		png.data[i / 8] ^= (uint8_t)(1 << i % 8);
		flipped += strcmp(scan_case_with("a.png", png.data, png.len, NULL), "pass") == 0;
		png.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	is_int(flipped, 0, "nor with any bit changed");
	make_png(3, 4, 8, 0, "", 0, rows, sizeof(rows));
	is_str(scan_case_with("a.png", png.data, png.len, NULL), "image.malformed", "a row is missing");
	make_png(3, 2, 8, 0, "", 0, rows, sizeof(rows));
	is_str(scan_case_with("a.png", png.data, png.len, NULL), "image.malformed", "a row too many");
	make_png(3, 3, 8, 0, "", 0, (const uint8_t[]){5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 12);
	is_str(scan_case_with("a.png", png.data, png.len, NULL), "image.malformed", "a filter that does not exist");
	make_png(65501, 1, 8, 0, "", 0, rows, sizeof(rows));
	is_str(scan_case_with("a.png", png.data, png.len, NULL), "image.too-large", "a side beyond the limit");
	make_png(65500, 4100, 8, 0, "", 0, rows, sizeof(rows));
	is_str(scan_case_with("a.png", png.data, png.len, NULL), "image.too-large", "pixels beyond the limit");
	make_png(65500, 1100, 8, 0, "", 0, rows, sizeof(rows));
	is_str(scan_case_with("a.png", png.data, png.len, NULL), "image.bomb", "a bomb");
	make_png(2, 1, 8, 3, "\1\2\3\4\5\6", 6, (const uint8_t[]){0, 0, 1}, 3);
	ok(stats_of("a.png", png.data, png.len, &s) && s.channels == 3, "a palette of two colours");
	make_png(2, 1, 8, 3, "\1\2\3\4\5\6", 6, (const uint8_t[]){0, 0, 2}, 3);
	is_str(scan_case_with("a.png", png.data, png.len, NULL), "image.malformed", "a colour beyond the palette");
	make_png(3, 1, 2, 3, "\1\2\3\4\5\6", 6, (const uint8_t[]){0, 0x14}, 2);
	ok(stats_of("a.png", png.data, png.len, &s) && s.brightness == (5 + 5 + 2) / 3.0 / 255, "two bits a pixel: %.17g", s.brightness * 255);
}

/* ---- JPEG ---- */

static void test_jpeg(void)
{
	struct ay_pixels_stats s;
	unsigned passed = 0;

	ok(stats_of("a.jpg", JPEG, sizeof(JPEG) - 1, &s) && s.width == 8 && s.height == 8 && s.channels == 1, "a grey JPEG");
	ok(s.brightness > 0.5 && s.brightness < 0.6 && s.saturation == 0, "and its brightness: %.17g", s.brightness);
	for (size_t n = 4; n < sizeof(JPEG) - 1; n++)
		passed += strcmp(scan_case_with("a.jpg", JPEG, n, NULL), "pass") == 0;
	is_int(passed, 0, "cut anywhere it does not pass");
	is_str(scan_case("a.jpg", JPEG "x"), "image.malformed", "a byte behind the end");
}

/* ---- rows ---- */

static bool label_is(const char *path, const char *want)
{
	struct ay_image_label l = ay_image_label_of(path);

	return want ? l.text && l.len == strlen(want) && memcmp(l.text, want, l.len) == 0 : !l.text;
}

static void test_rows(void)
{
	struct ay_pixels_seen s = {.stats = {.width = 1, .height = 2, .channels = 3, .brightness = 0.25, .contrast = 0.5, .saturation = 1, .sharpness = 7, .dhash = 9},
				   .look = {.means = {1, 2}, .edges = {3}, .marks = {{4}, {5}, {6}}}}, t;
	struct ay_cell cells[AY_IMAGE_COLUMNS];
	struct ay_buf b = ay_buf_new(1 * KIB);
	unsigned taken = 0;

	ok(label_is("a/b/c.png", "b") && label_is("b/c.png", "b") && label_is("c.png", NULL), "the label is the last folder");
	ok(label_is("x/y.tar!c.png", NULL) && label_is("x/y.tar!d/c.png", "d"), "inside of a container that of the member");
	ay_image_cells(&s.stats, ay_image_label_of("cat/1.png"), cells);
	ok(cells[0].number == 1 && cells[1].number == 2 && cells[3].number == 0.25 && cells[7].kind == AY_CELL_TEXT && cells[7].len == 3, "cells");
	ay_image_encode(&s, &b);
	ok(ay_image_decode(b.data, b.len, &t) && memcmp(&s.stats.width, &t.stats.width, 8) == 0 && t.stats.channels == 3 && t.stats.sharpness == 7 &&
	   t.stats.dhash == 9 && memcmp(&s.look, &t.look, sizeof(s.look)) == 0, "what is kept");
	for (size_t n = 0; n < b.len; n++)
		taken += ay_image_decode(b.data, n, &t);
	is_int(taken, 0, "cut anywhere it is nothing");
	ay_buf_addc(&b, 0);
	ok(!ay_image_decode(b.data, b.len, &t), "nor with a byte more");
	ay_buf_clear(&b);
	s.stats.brightness = 1.5;
	ay_image_encode(&s, &b);
	ok(!ay_image_decode(b.data, b.len, &t), "nor with a brightness beyond white");
	ay_buf_free(&b);
}

int main(void)
{
	png = ay_buf_new(64 * KIB);
	test_sums();
	test_look();
	test_sizes();
	test_png();
	test_jpeg();
	test_rows();
	ay_buf_free(&png);
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
