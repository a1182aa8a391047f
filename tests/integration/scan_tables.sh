#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tables of columns get the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate tables
index
done_testing
