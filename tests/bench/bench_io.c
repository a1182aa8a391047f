/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reads that scripts/bench compares: bench_io MODE PATH [COUNT]. Prints seconds and a rate.
 *   seq FILE        1 MiB reads from start to end
 *   rand FILE N     N reads of 4 KiB at places of a fixed sequence
 *   mmap FILE N     N bytes touched in a mapping, one a random page
 *   opens DIR N NAMES   N times open, read all, close, over the files of DIR, whose names are those in NAMES
 *   warm DIR N NAMES    the same after one round through all files that is not timed
 *   drop            asks the kernel to drop its page cache
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "assay/attr.h"

static uint64_t state = 88172645463325252ull;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

AY_NORETURN static void die(const char *what)
{
	perror(what);
	exit(2);
}

static int open_file(const char *path, uint64_t *size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0)
		die(path);
	*size = (uint64_t)st.st_size;
	return fd;
}

static double seq(const char *path, double *bytes)
{
	static uint8_t piece[1 << 20];
	uint64_t size;
	int fd = open_file(path, &size);
	double t = now();
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0)
		*bytes += (double)n;
	if (n < 0)
		die(path);
	t = now() - t;
	close(fd);
	return t;
}

static double random_reads(const char *path, uint64_t count)
{
	static uint8_t page[4096];
	uint64_t size;
	int fd = open_file(path, &size);
	double t = now();

	for (uint64_t i = 0; i < count; i++)
		if (pread(fd, page, sizeof(page), (off_t)(next_random() % (size / 4096) * 4096)) != (ssize_t)sizeof(page))
			die(path);
	t = now() - t;
	close(fd);
	return t;
}

static double mapped(const char *path, uint64_t count)
{
	uint64_t size, sum = 0;
	int fd = open_file(path, &size);
	const volatile uint8_t *p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		die(path);
	double t = now();

	for (uint64_t i = 0; i < count; i++)
		sum += p[next_random() % (size / 4096) * 4096];
	t = now() - t;
	if (sum == 1)
		puts("");
	munmap((void *)(uintptr_t)p, size);
	close(fd);
	return t;
}

static void open_read_close(int dir, const char *name)
{
	static uint8_t piece[1 << 20];
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, piece, sizeof(piece)) < 0)
		die(name);
	close(fd);
}

static double opens(const char *path, uint64_t count, const char *names_dir, bool warm)
{
	static char names[4096][64];
	size_t n = 0;
	DIR *d = opendir(names_dir);
	int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (!d || dir < 0)
		die(path);
	for (struct dirent *de; n < AY_ARRAY_LEN(names) && (de = readdir(d));)
		if (de->d_name[0] != '.' && strlen(de->d_name) < sizeof(names[0]))
			snprintf(names[n++], sizeof(names[0]), "%.63s", de->d_name);
	closedir(d);
	if (n == 0)
		die("no files");
	for (size_t i = 0; warm && i < n; i++)
		open_read_close(dir, names[i]);
	double t = now();

	for (uint64_t i = 0; i < count; i++)
		open_read_close(dir, names[i % n]);
	t = now() - t;
	close(dir);
	return t;
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	double t, bytes = 0;

	if (argc == 2 && strcmp(argv[1], "drop") == 0) {
		sync();
		int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

		if (fd < 0 || write(fd, "3", 1) != 1)
			die("/proc/sys/vm/drop_caches");
		close(fd);
		return 0;
	}
	if (argc < 3)
		return 64;
	if (strcmp(argv[1], "seq") == 0)
		t = seq(argv[2], &bytes);
	else if (strcmp(argv[1], "rand") == 0)
		t = random_reads(argv[2], count);
	else if (strcmp(argv[1], "mmap") == 0)
		t = mapped(argv[2], count);
	else if (argc == 5 && (strcmp(argv[1], "opens") == 0 || strcmp(argv[1], "warm") == 0))
		t = opens(argv[2], count, argv[4], argv[1][0] == 'w');
	else
		return 64;
	printf("%.6f %.0f\n", t, bytes > 0 ? bytes / t : (double)count / t);
	return 0;
}
