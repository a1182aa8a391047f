#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated Core ML model and package gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate coreml
index
done_testing
