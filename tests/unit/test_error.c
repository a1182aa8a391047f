/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/error.h"

#include <errno.h>

#include "tests/lib/tap.h"

int main(void)
{
	struct ay_error e;

	is_int(ay_error_at(&e, AY_EFORMAT, 7, "bad %s", "byte"), AY_EFORMAT, "the code comes back");
	is_str(e.msg, "bad byte", "message");
	is_int((long long)e.off, 7, "offset");
	ay_error_where(&e, "a\nb");
	is_str(e.where, "a\\x0ab", "control bytes are escaped");
	is_int(ay_error_set(NULL, AY_ELIMIT, "x"), AY_ELIMIT, "NULL is allowed");
	errno = ENOENT;
	is_int(ay_error_errno(&e, "open %s", "f"), -ENOENT, "errno becomes a code");
	is_str(e.msg, "open f: No such file or directory", "and its text");
	is_int(ay_exit_status(0), 0, "exit 0");
	is_int(ay_exit_status(AY_EPOLICY), 1, "refused is 1");
	is_int(ay_exit_status(AY_EWORKER), 2, "could not judge is 2");
	is_int(ay_exit_status(-EIO), 2, "a system error is 2");
	is_int(ay_exit_status(AY_EUSAGE), 64, "wrong usage is 64");
	for (int code = AY_ETRUNC; code >= AY_EINTERNAL; code--)
		ok(strcmp(ay_strerror(code), "unknown error") != 0, "code %d has a text", code);
	is_str(ay_strerror(AY_EINTERNAL - 1), "unknown error", "one beyond has none");
	return done_testing();
}
