#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Weight formats: every generated file gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate weights
index
done_testing
