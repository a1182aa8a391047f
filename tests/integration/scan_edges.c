/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damages small files in every place and judges each result in this process:
 * scan_edges truncate|flip|extreme FILE... prints a line for every file: what
 * was tried and how often it passed. truncate exits 1 when a file that lost
 * its end passes. A crash, or a verdict without a reason, is the caller's to see.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "assay/limits.h"
#include "assay/scan.h"

struct file { const char *path; uint8_t *bytes; size_t len; };

static bool load(const char *path, struct file *f)
{
	FILE *in = fopen(path, "rb");
	long size = -1;

	if (in && fseek(in, 0, SEEK_END) == 0)
		size = ftell(in);
	if (size > 0 && fseek(in, 0, SEEK_SET) == 0 && (f->bytes = malloc((size_t)size)))
		f->len = fread(f->bytes, 1, (size_t)size, in);
	f->path = path;
	if (in)
		fclose(in);
	return size > 0 && f->len == (size_t)size;
}

/* Judges len bytes from a block of exactly that size, so that a sanitizer sees a read beyond it. */
static bool passes(const struct file *f, const uint8_t *bytes, size_t len)
{
	struct ay_scan_options o = { .profiles = AY_PROFILE_PANDAS * 2 - 1, .path = f->path };
	uint8_t *exact = malloc(len ? len : 1);
	struct ay_scan_result r;

	if (!exact)
		abort();
	memcpy(exact, bytes, len);
	struct ay_source in = ay_source_memory(exact, len);

	if (ay_scan_run(&in, &o, &r) < 0 || (r.verdict > AY_PASS && r.found_count == 0)) {
		fprintf(stderr, "%s: no answer, or a verdict without a reason\n", f->path);
		abort();
	}
	bool passed = r.verdict <= AY_WARN;

	ay_scan_result_free(&r);
	free(exact);
	return passed;
}

/* An empty file is inert, so the shortest piece has one byte. */
static uint64_t truncate_all(const struct file *f, uint64_t *tries)
{
	uint64_t passed = 0;

	for (size_t len = 1; len < f->len; len++, ++*tries)
		if (passes(f, f->bytes, len)) {
			printf("%s: passes when cut to %zu of %zu bytes\n", f->path, len, f->len);
			passed++;
		}
	return passed;
}

static uint64_t flip_all(const struct file *f, uint64_t *tries)
{
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };
	uint64_t passed = 0;

	for (size_t at = 0; at < f->len; at++)
		for (size_t m = 0; m < AY_ARRAY_LEN(masks); m++, ++*tries) {
			f->bytes[at] ^= masks[m];
			passed += passes(f, f->bytes, f->len);
			f->bytes[at] ^= masks[m];
		}
	return passed;
}

/* Every place read as a length of two, four or eight bytes, in both byte orders: the largest, the sign alone, and one more than what is left. */
static uint64_t extreme_all(const struct file *f, uint64_t *tries)
{
	uint64_t passed = 0;
	uint8_t kept[8];

	for (size_t width = 2; width <= 8; width *= 2)
		for (size_t at = 0; at + width <= f->len; at++) {
			const uint64_t values[] = { UINT64_MAX, 1ull << (8 * width - 1), f->len - at - width + 1 };

			memcpy(kept, f->bytes + at, width);
			for (size_t k = 0; k < 2 * AY_ARRAY_LEN(values); k++, ++*tries) {
				for (size_t i = 0; i < width; i++)
					f->bytes[at + (k & 1 ? width - 1 - i : i)] = (uint8_t)(values[k / 2] >> 8 * i);
				passed += passes(f, f->bytes, f->len);
			}
			memcpy(f->bytes + at, kept, width);
		}
	return passed;
}

int main(int argc, char **argv)
{
	static const struct { const char *name; uint64_t (*run)(const struct file *f, uint64_t *tries); } modes[] = {
		{ "truncate", truncate_all }, { "flip", flip_all }, { "extreme", extreme_all }
	};
	FILE *scratch = tmpfile();
	uint64_t all_passed = 0;
	size_t mode = 0;

	while (argc > 2 && mode < AY_ARRAY_LEN(modes) && strcmp(argv[1], modes[mode].name) != 0)
		mode++;
	if (argc < 3 || mode == AY_ARRAY_LEN(modes))
		return 64;
	if (scratch)
		ay_scratch_fd(fileno(scratch));
	for (int i = 2; i < argc; i++) {
		struct file f = { 0 };
		uint64_t tries = 0, passed;

		if (!load(argv[i], &f))
			return 2;
		passed = modes[mode].run(&f, &tries);
		printf("%s: %s %" PRIu64 " times, %" PRIu64 " passed\n", f.path, modes[mode].name, tries, passed);
		all_passed += passed;
		free(f.bytes);
	}
	return mode == 0 && all_passed ? 1 : 0;
}
