/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured of images, for tests that compare it with another reader: pixels_tool FILE... prints a line of JSON each. */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "scanners/data/image_row.h"

static void put_bytes(const char *name, const uint8_t *v, size_t n)
{
	printf(", \"%s\": [", name);
	for (size_t i = 0; i < n; i++)
		printf("%s%u", i ? ", " : "", (unsigned)v[i]);
	printf("]");
}

int main(int argc, char **argv)
{
	static const char *const marks[AY_LOOK_MARKS] = {"bright", "dark", "rough"};

	for (int i = 1; i < argc; i++) {
		struct ay_scan_options o = {.profiles = AY_PROFILE_WEIGHTS, .path = argv[i]};
		struct ay_pixels_seen seen;
		struct ay_scan_result r;
		struct stat st;
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0 || fstat(fd, &st) != 0)
			return 2;
		struct ay_source in = ay_source_fd(fd, (uint64_t)st.st_size);

		if (ay_scan_run(&in, &o, &r) < 0)
			return 2;
		if (ay_image_decode(r.profile, r.profile_len, &seen)) {
			const struct ay_pixels_stats p = seen.stats;

			printf("{\"width\": %" PRIu32 ", \"height\": %" PRIu32 ", \"channels\": %u, \"brightness\": %.17g, \"contrast\": %.17g, "
			       "\"saturation\": %.17g, \"sharpness\": %.17g, \"dhash\": \"%016" PRIx64 "\"", p.width, p.height, (unsigned)p.channels,
			       p.brightness, p.contrast, p.saturation, p.sharpness, p.dhash);
			put_bytes("means", seen.look.means, AY_LOOK_CELLS);
			put_bytes("edges", seen.look.edges, AY_LOOK_EDGES);
			for (size_t m = 0; m < AY_LOOK_MARKS; m++)
				put_bytes(marks[m], seen.look.marks[m], AY_LOOK_CELLS);
			printf("}\n");
		} else {
			printf("{}\n");
		}
		ay_scan_result_free(&r);
		close(fd);
	}
	return 0;
}
