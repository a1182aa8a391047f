#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# All generated 7z archives get the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate sevenzip
index
done_testing
