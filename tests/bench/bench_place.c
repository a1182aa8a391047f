/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that a store does for small files, on one thread, without scan, signature or catalogue: bench_place FROM TO.
 * Each file of FROM is read, hashed, written to a file without a name, linked under its digest in TO, opened again for a
 * scanner, and made immutable; then one sync. Prints wall and processor seconds. What put takes beyond this is Assay's.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "assay/digest.h"

static double wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double processor(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

AY_NORETURN static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void place(int from, int to, const char *name)
{
	static uint8_t bytes[1 << 20];
	char path[AY_SHA256_HEX + 3];
	struct stat st;
	int in = openat(from, name, O_RDONLY | O_CLOEXEC), flags;

	if (in < 0 || fstat(in, &st) != 0 || pread(in, bytes, sizeof(bytes), 0) != st.st_size)
		die(name);
	struct ay_sha256 d = ay_sha256_of(bytes, (size_t)st.st_size);
	int out = openat(to, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0400);

	ay_sha256_hex(&d, path + 3);
	memcpy(path, path + 3, 2);
	path[2] = '/';
	if (out < 0 || write(out, bytes, (size_t)st.st_size) != st.st_size || linkat(out, "", to, path, AT_EMPTY_PATH) != 0)
		die(path);
	close(in);
	close(out);
	in = openat(to, path, O_RDONLY | O_CLOEXEC);
	if (in < 0 || ioctl(in, FS_IOC_GETFLAGS, &flags) != 0)
		die(path);
	flags |= FS_IMMUTABLE_FL;
	if (ioctl(in, FS_IOC_SETFLAGS, &flags) != 0)
		die("the immutable flag");
	close(in);
}

int main(int argc, char **argv)
{
	int from = argc == 3 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int to = argc == 3 ? open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	DIR *d = from < 0 ? NULL : fdopendir(from);
	char sub[3];

	if (!d || to < 0)
		die("expected: bench_place FROM TO");
	for (unsigned i = 0; i < 256; i++) {
		snprintf(sub, sizeof(sub), "%02x", i);
		if (mkdirat(to, sub, 0700) != 0)
			die(sub);
	}
	double t = wall(), cpu = processor();

	for (struct dirent *de; (de = readdir(d));)
		if (de->d_name[0] != '.')
			place(from, to, de->d_name);
	if (syncfs(to) != 0)
		die("sync");
	printf("%.6f %.6f\n", wall() - t, processor() - cpu);
	closedir(d);
	return 0;
}
