/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges files in this process, for tests of the scanners alone:
 * scan_tool [-p PROFILE]... [-o SUFFIX]... [-s SCHEMA] FILE...
 * One JSON document a line. Exit 0 when all pass, 1 when one does not, 2 when
 * one cannot be read.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "assay/json.h"
#include "assay/scan.h"

static int scan_file(const char *path, struct ay_scan_options *o)
{
	struct ay_buf text = ay_buf_new(AY_LIMIT_REPORT);
	struct ay_scan_result r;
	struct stat st;
	struct ay_source in;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int status;

	if (fd < 0 || fstat(fd, &st) != 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 2;
	}
	in = ay_source_fd(fd, (uint64_t)st.st_size);
	o->path = path;
	if (ay_scan_run(&in, o, &r) < 0) {
		fprintf(stderr, "%s: the driver failed\n", path);
		close(fd);
		return 2;
	}
	ay_scan_result_json(&r, path, in.size, &text);
	puts(ay_buf_str(&text));
	status = r.verdict <= AY_WARN ? 0 : 1;
	ay_buf_free(&text);
	ay_scan_result_free(&r);
	close(fd);
	return status;
}

static int load_schema(const char *path, struct ay_buf *out)
{
	char piece[4096];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		return -1;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		ay_buf_add(out, piece, n);
	fclose(f);
	return out->err;
}

int main(int argc, char **argv)
{
	const char *opaque[17] = { NULL };
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS, .opaque = opaque };
	size_t opaques = 0;
	int worst = 0;
	int opt;
	struct ay_buf schema = ay_buf_new(AY_LIMIT_SCHEMA);
	FILE *scratch = tmpfile();

	if (scratch)
		ay_scratch_fd(fileno(scratch));
	while ((opt = getopt(argc, argv, "p:o:s:")) != -1) {
		if (opt == 'p')
			o.profiles |= ay_profile_bit(optarg);
		else if (opt == 'o' && opaques < AY_ARRAY_LEN(opaque) - 1)
			opaque[opaques++] = optarg;
		else if (opt == 's' && load_schema(optarg, &schema) == 0)
			o.schema_json = ay_buf_str(&schema), o.schema_len = schema.len;
		else
			return 64;
	}
	for (int i = optind; i < argc; i++) {
		int status = scan_file(argv[i], &o);

		worst = status > worst ? status : worst;
	}
	ay_buf_free(&schema);
	return worst;
}
