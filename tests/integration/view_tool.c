/* SPDX-License-Identifier: Apache-2.0 */
/* view_tool STORE PATH: writes a virtual file of the store, as the mount shows it, to standard output. */
#include <stdio.h>
#include <unistd.h>

#include "assay/gate.h"

int main(int argc, char **argv)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_cred self = { .uid = getuid(), .gid = getgid(), .pid = getpid() };
	struct ay_buf out = ay_buf_new(AY_LIMIT_CLAIM);
	struct ay_gate *g;

	if (argc != 3)
		return 64;
	struct ay_gate_options o = { .store = argv[1] };
	int r = ay_gate_open(&o, &g, &e);

	if (r == 0) {
		r = ay_view_read(g, argv[2], &self, &out, &e);
		ay_gate_close(g);
	}
	if (r == 0)
		fwrite(out.data, 1, out.len, stdout);
	else
		fprintf(stderr, "%s: %s\n", argv[2], e.msg);
	ay_buf_free(&out);
	return r == 0 && fflush(stdout) == 0 ? 0 : 1;
}
