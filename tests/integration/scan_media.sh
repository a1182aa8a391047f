#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated recording and video gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate media
index
done_testing
