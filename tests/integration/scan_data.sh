#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated text, table, image and vocabulary gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate data
index
done_testing
