#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What wraps pickles gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate picklex
index
done_testing
