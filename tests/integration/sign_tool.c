/* SPDX-License-Identifier: Apache-2.0 */
/* sign_tool KEY REF FILE...: a signature of exactly these files of the working directory, as others may make one, to standard output. */
#include <fcntl.h>

#include "assay/claim.h"
#include "assay/fd.h"

static int add(struct ay_file_list *files, const char *path, struct ay_error *e)
{
	AY_CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct ay_sha256 d;
	uint64_t size;
	int r = fd < 0 ? ay_error_errno(e, "%s", path) : ay_sha256_fd(fd, &d, &size, e);

	return r < 0 ? r : ay_file_list_add(files, path, size, &d);
}

int main(int argc, char **argv)
{
	struct ay_buf statement = ay_buf_new(MIB), bundle = ay_buf_new(MIB);
	struct ay_error e = { .msg = "" };
	struct ay_file_list files = { 0 };
	struct ay_key *k = NULL;
	int r = argc < 4 ? AY_EUSAGE : ay_key_read(argv[1], NULL, &k, &e);

	for (int i = 3; i < argc && r == 0; i++)
		r = add(&files, argv[i], &e);
	ay_file_list_sort(&files);
	if (r == 0)
		r = ay_oms_statement(argv[2], &files, NULL, 0, &statement);
	if (r == 0)
		r = ay_bundle_sign(k, statement.data, statement.len, &bundle);
	if (r == 0)
		r = ay_write_full(STDOUT_FILENO, bundle.data, bundle.len);
	if (r < 0)
		fprintf(stderr, "sign_tool: %s\n", e.msg);
	ay_key_free(k);
	ay_file_list_free(&files);
	ay_buf_free(&statement);
	ay_buf_free(&bundle);
	return r < 0;
}
