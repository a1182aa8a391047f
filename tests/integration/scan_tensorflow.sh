#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated TensorFlow model gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate tensorflow
index
run timeout 20 "$top_builddir/assay" scan "$T/c/denied_py.pb"
is "$status" 1 "one attack alone: exit 1"
like "$out" 'tensorflow.operator.denied: .*PyFunc calls a Python function' "and the text names what it does"
done_testing
