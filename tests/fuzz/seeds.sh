#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# First inputs that encoders of ours write are what the encoders write now: an older form would not be decoded at all.
. "$top_srcdir/tests/lib/tap.sh"
"$top_builddir/tests/fuzz/make_seeds" "$T" || { echo "Bail out! no seeds"; exit 99; }
for f in "$T"/*/*; do
	name=${f#"$T"/}
	cmp "$f" "$top_srcdir/tests/fuzz/corpus/$name" >&2; ok $? "$name"
done
done_testing
