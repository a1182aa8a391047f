/* SPDX-License-Identifier: Apache-2.0 */
/* Replays corpus/NAME and crash/NAME of the fuzz target fuzz_NAME as an ordinary test. Each file gets an allocation of its exact size. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include "tests/lib/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;

	if (!f || fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
		if (f)
			fclose(f);
		return;
	}
	size_t len = (size_t)st.st_size;
	uint8_t *data = malloc(len ? len : 1);
	bool whole = data && fread(data, 1, len, f) == len;

	fclose(f);
	if (whole)
		LLVMFuzzerTestOneInput(data, len);
	free(data);
	ok(whole, "%s", path);
}

static void replay_dir(const char *kind, const char *name)
{
	const char *top = getenv("top_srcdir");
	char dir[4096], path[8192];

	snprintf(dir, sizeof(dir), "%s/tests/fuzz/%s/%s", top ? top : ".", kind, name);
	DIR *d = opendir(dir);

	if (!d)
		return;
	for (struct dirent *de; (de = readdir(d));) {
		if (de->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);
		replay_file(path);
	}
	closedir(d);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	name = name ? name + 1 : argv[0];
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	if (argc > 1) {
		for (int i = 1; i < argc; i++)
			replay_file(argv[i]);
	} else {
		LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
		ok(true, "empty input");
		replay_dir("corpus", name);
		replay_dir("crash", name);
	}
	return done_testing();
}
