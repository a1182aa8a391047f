#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated skops file gets the verdict and the rule that the generator's index says; estimators pass in their profile.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate skops
mv "$T/c/sklearn" "$T/sklearn"
index
if [ -n "$(ls "$T/sklearn")" ]; then
	scan --profile sklearn "$T/sklearn"
	is "$status" 0 "estimators of scikit-learn pass in their profile"
	all pass "each of them"
	scan "$T/sklearn"
	all fail "and none without it"
	run timeout 60 "$top_builddir/assay" scan "$T/sklearn"
	like "$out" "would pass with --profile .*sklearn" "which the refusal says"
else
	skip "scikit-learn is not here"
fi
done_testing
