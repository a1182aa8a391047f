#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated XML document gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate xml
index
for alone in net.bin unnamed.bin; do
	scan "$T/c/$alone"
	is "$status $(cut -f4 "$T/rows")" "1 sibling.unnamed" "$alone: weights alone are not passed, whatever model there is"
done
run "$top_builddir/assay" scan "$T/c/unnamed.bin"
is "$(printf '%s\n' "$out" | grep -c "would pass")" 0 "and no profile is said to permit it"
done_testing
