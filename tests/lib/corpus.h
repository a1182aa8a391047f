/* SPDX-License-Identifier: Apache-2.0 */
/* The files of tests/fuzz/corpus/NAME say by their names what a parser must answer: good-..., bad-... */
#ifndef ASSAY_CORPUS_H
#define ASSAY_CORPUS_H

#include <dirent.h>
#include <stdint.h>
#include "tests/lib/tap.h"

/* parses says whether the bytes are accepted. Other names are passed over; no file at all is a failure. */
static inline void corpus_check(const char *name, bool (*parses)(const uint8_t *bytes, size_t len))
{
	const char *top = getenv("top_srcdir");
	char dir[4096], path[8192];
	static uint8_t bytes[1 << 20];
	int seen = 0;

	snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s", top ? top : ".", name);
	DIR *d = opendir(dir);

	for (struct dirent *de; d && (de = readdir(d));) {
		bool good = strncmp(de->d_name, "good-", 5) == 0;
		FILE *f;

		if (!good && strncmp(de->d_name, "bad-", 4) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);
		f = fopen(path, "rb");
		if (!ok(f != NULL, "%s opens", de->d_name))
			continue;
		size_t len = fread(bytes, 1, sizeof(bytes), f);

		fclose(f);
		ok(parses(bytes, len) == good, "%s is %s", de->d_name, good ? "accepted" : "refused");
		seen++;
	}
	if (d)
		closedir(d);
	ok(seen > 0, "%s has samples", dir);
}

#endif
