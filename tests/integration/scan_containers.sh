#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated container gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate containers
index
run timeout 20 "$top_builddir/assay" scan "$T/c/good.pt"
is "$status" 0 "one good file alone: exit 0"
run timeout 20 "$top_builddir/assay" scan "$T/c/evil.pt"
is "$status" 1 "one attack alone: exit 1"
like "$out" 'pickle.call.denied: .*posix.system.*starts processes' "and the text names what it does"
done_testing
