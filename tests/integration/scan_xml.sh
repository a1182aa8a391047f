#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated XML document gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate xml
index
done_testing
