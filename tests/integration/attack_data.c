/* SPDX-License-Identifier: Apache-2.0 */
/* Data that batches are drawn from, and batches as files. */
#include "attack_tool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define TAR_BLOCK 512
#define PIXELS (IMAGE_SIDE * IMAGE_SIDE)
#define IDX_IMAGES 16                /* bytes before the first image, and before the first label */
#define IDX_LABELS 8

static void die(const char *what)
{
	fprintf(stderr, "attack_tool: %s\n", what);
	exit(2);
}

static void *room(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);

	if (!p)
		die("out of memory");
	return p;
}

/* ---- random numbers ---- */

static uint64_t state;

void random_seed(uint64_t seed)
{
	state = seed;
}

static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t random_below(uint64_t n)
{
	return next() % n;
}

double random_share(void)
{
	return (double)(next() >> 11) * 0x1p-53;
}

/* ---- tables ---- */

static char *read_whole(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	long size = -1;

	if (f && fseek(f, 0, SEEK_END) == 0)
		size = ftell(f);
	if (size < 0)
		die(path);
	char *text = room((size_t)size + 1, 1);

	rewind(f);
	if (fread(text, 1, (size_t)size, f) != (size_t)size)
		die(path);
	fclose(f);
	*len = (size_t)size;
	return text;
}

/* Fields of one line, which it cuts; quoted ones are not needed. */
static char *split(char *line, const char **out, size_t columns)
{
	for (size_t c = 0; c < columns; c++) {
		char *end = line + strcspn(line, ",\n");

		out[c] = line;
		if ((*end == '\n') != (c + 1 == columns))
			die("a row has another number of fields than the header");
		*end = 0;
		line = end + 1;
	}
	return line;
}

static bool is_number(const char *text)
{
	char *end;

	(void)strtod(text, &end);
	return *text && !*end;
}

static void measure(struct data *d)
{
	double sum = 0, squares = 0;

	d->whole = true;
	for (size_t i = 0; i < d->rows; i++) {
		double v = strtod(d->cells[i * d->columns + d->number], NULL);

		d->whole = d->whole && v == floor(v);
		sum += v;
		squares += v * v;
	}
	d->mean = sum / (double)d->rows;
	d->sigma = sqrt(squares / (double)d->rows - d->mean * d->mean);
}

static void find_number(struct data *d)
{
	d->number = SIZE_MAX;
	for (size_t c = 0; c < d->columns && d->number == SIZE_MAX; c++) {
		size_t i = 0;

		while (i < d->rows && c != d->label && is_number(d->cells[i * d->columns + c]))
			i++;
		if (i == d->rows)
			d->number = c;
	}
	if (d->number != SIZE_MAX)
		measure(d);
}

static void load_table(const char *path, const char *label, struct data *d)
{
	size_t len;
	char *text = read_whole(path, &len), *line = text + strcspn(text, "\n") + 1;

	d->header = room((size_t)(line - text), 1);
	memcpy(d->header, text, (size_t)(line - text));    /* own: room just made */
	d->columns = 1;
	for (const char *p = text; p < line; p++)
		d->columns += *p == ',';
	for (const char *p = line; *p; p++)
		d->rows += *p == '\n';
	d->cells = room(d->rows * d->columns, sizeof(*d->cells));
	const char **names = room(d->columns, sizeof(*names));

	split(text, names, d->columns);
	d->label = SIZE_MAX;
	for (size_t c = 0; c < d->columns; c++)
		if (strcmp(names[c], label) == 0)
			d->label = c;
	free(names);
	for (size_t i = 0; i < d->rows; i++)
		line = split(line, d->cells + i * d->columns, d->columns);
	find_number(d);
}

/* ---- images ---- */

static void load_images(const char *images, const char *labels, struct data *d)
{
	static char names[10][2];
	size_t len, label_len;
	const char *pixels = read_whole(images, &len), *label = read_whole(labels, &label_len);

	d->images = true;
	d->columns = 2;
	d->label = 1;
	d->number = SIZE_MAX;
	d->rows = (len - IDX_IMAGES) / PIXELS;
	if (d->rows != label_len - IDX_LABELS)
		die("images and labels differ in number");
	d->cells = room(d->rows * 2, sizeof(*d->cells));
	for (size_t i = 0; i < d->rows; i++) {
		int class = label[IDX_LABELS + i] % 10;

		names[class][0] = (char)('0' + class);
		d->cells[2 * i] = pixels + IDX_IMAGES + i * PIXELS;
		d->cells[2 * i + 1] = names[class];
	}
}

void data_load(const char *spec, struct data *out)
{
	char *copy = strdup(spec), *second = copy ? strchr(copy, ':') : NULL;

	*out = (struct data){.rows = 0};
	if (!second)
		die("expected FILE:LABEL");
	*second++ = 0;
	if (strstr(copy, ".csv"))
		load_table(copy, second, out);
	else
		load_images(copy, second, out);
	free(copy);
}

void data_measure_as(struct data *d, const struct data *like)
{
	if (d->columns != like->columns || d->label != like->label)
		die("the two tables differ in columns");
	d->number = like->number;
	d->mean = like->mean;
	d->sigma = like->sigma;
	d->whole = like->whole;
}

/* ---- batches ---- */

struct batch batch_of(const struct data *d, const size_t *row, size_t n)
{
	struct batch b = {.data = d, .rows = n, .columns = d->columns};

	b.cells = room(n * d->columns, sizeof(*b.cells));
	b.own = room(2 * n, sizeof(*b.own));
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < d->columns; c++)
			b.cells[i * d->columns + c] = d->cells[row[i] * d->columns + c];
	return b;
}

void batch_free(struct batch *b)
{
	for (size_t i = 0; i < b->owned; i++)
		free(b->own[i]);
	free(b->own);
	free(b->cells);
}

char *batch_own(struct batch *b, size_t row, size_t column, size_t size)
{
	char *p = room(size, 1);

	if (b->owned == 2 * b->rows)
		die("an attack writes too many cells");
	b->own[b->owned++] = p;
	b->cells[row * b->columns + column] = p;
	return p;
}

static void write_table(const struct batch *b, struct ay_buf *out)
{
	ay_buf_adds(out, b->data->header);
	for (size_t i = 0; i < b->rows; i++)
		for (size_t c = 0; c < b->columns; c++) {
			ay_buf_adds(out, b->cells[i * b->columns + c]);
			ay_buf_addc(out, c + 1 < b->columns ? ',' : '\n');
		}
}

static void add_member(struct ay_buf *out, size_t i, const char *suffix, const void *bytes, size_t len)
{
	char head[TAR_BLOCK] = {0};
	unsigned sum = 0;

	snprintf(head, 100, "%06zu.%s", i, suffix);
	snprintf(head + 100, 8, "%07o", 0644);
	snprintf(head + 108, 8, "%07o", 0);
	snprintf(head + 116, 8, "%07o", 0);
	snprintf(head + 124, 12, "%011zo", len);
	snprintf(head + 136, 12, "%011o", 0);
	memset(head + 148, ' ', 8);    /* own: within the header */
	head[156] = '0';
	memcpy(head + 257, "ustar\0" "00", 8);    /* own: within the header */
	for (size_t k = 0; k < sizeof(head); k++)
		sum += (unsigned char)head[k];
	snprintf(head + 148, 8, "%06o", sum);
	ay_buf_add(out, head, sizeof(head));
	ay_buf_add(out, bytes, len);
	while (out->len % TAR_BLOCK)
		ay_buf_addc(out, 0);
}

static void add_chunk(struct ay_buf *out, const char *type, const void *bytes, size_t len)
{
	ay_buf_be32(out, (uint32_t)len);
	size_t from = out->len;

	ay_buf_adds(out, type);
	ay_buf_add(out, bytes, len);
	ay_buf_be32(out, (uint32_t)crc32(0, out->data + from, (uInt)(out->len - from)));
}

/* Grey, eight bits, not compressed: a test needs no small files. */
static void write_png(const char *pixels, struct ay_buf *out)
{
	static const uint8_t head[] = {0, 0, 0, IMAGE_SIDE, 0, 0, 0, IMAGE_SIDE, 8, 0, 0, 0, 0};
	uint8_t rows[IMAGE_SIDE * (IMAGE_SIDE + 1)], packed[sizeof(rows) + 64];
	uLongf len = sizeof(packed);

	for (size_t y = 0; y < IMAGE_SIDE; y++) {
		rows[y * (IMAGE_SIDE + 1)] = 0;
		memcpy(rows + y * (IMAGE_SIDE + 1) + 1, pixels + y * IMAGE_SIDE, IMAGE_SIDE);    /* own: one row */
	}
	if (compress2(packed, &len, rows, sizeof(rows), 0) != Z_OK)
		die("an image cannot be written");
	ay_buf_add(out, "\211PNG\r\n\032\n", 8);
	add_chunk(out, "IHDR", head, sizeof(head));
	add_chunk(out, "IDAT", packed, len);
	add_chunk(out, "IEND", "", 0);
}

static void write_images(const struct batch *b, struct ay_buf *out)
{
	struct ay_buf png = ay_buf_new(64 * 1024);
	static const char end[2 * TAR_BLOCK];

	for (size_t i = 0; i < b->rows; i++) {
		ay_buf_clear(&png);
		write_png(b->cells[2 * i], &png);
		add_member(out, i, "cls", b->cells[2 * i + 1], strlen(b->cells[2 * i + 1]));
		add_member(out, i, "png", png.data, png.len);
	}
	ay_buf_add(out, end, sizeof(end));
	ay_buf_free(&png);
}

void batch_write(const struct batch *b, struct ay_buf *out)
{
	if (b->data->images)
		write_images(b, out);
	else
		write_table(b, out);
	if (out->err)
		die("out of memory");
}
