#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Ours by the real minisign, and the real one's by us.
. "$top_srcdir/tests/lib/tap.sh"
tool=$top_builddir/tests/integration/interop_tool

command -v minisign >/dev/null 2>&1 || skip_all "minisign is not installed"
printf 'some bytes\n' >"$T/f"
"$tool" minisign "$T/f"; ok $? "signed by us"
run minisign -V -p "$T/f.minisig.pub" -m "$T/f"
is "$status" 0 "minisign takes our signature"
like "$out" 'origin=assay.local seq=7' "and shows our trusted comment"
printf 'other bytes\n' >"$T/f"
run minisign -V -p "$T/f.minisig.pub" -m "$T/f"
is "$status" 1 "but not over other bytes"

printf 'some bytes\n' >"$T/g"
minisign -G -W -p "$T/g.pub" -s "$T/g.key" >/dev/null 2>&1 || minisign -G -p "$T/g.pub" -s "$T/g.key" </dev/null >/dev/null 2>&1
for kind in -H -l; do
	rm -f "$T/g.minisig"
	minisign -S $kind -s "$T/g.key" -m "$T/g" -t "seq=1" </dev/null >/dev/null 2>&1
	if [ ! -f "$T/g.minisig" ]; then skip "this minisign cannot sign with $kind"; continue; fi
	is "$("$tool" minicheck "$T/g.pub" "$T/g.minisig" "$T/g")" "minisign=ok" "we take its signature made with $kind"
	sed 's/seq=1/seq=2/' "$T/g.minisig" >"$T/g.bad"
	is "$("$tool" minicheck "$T/g.pub" "$T/g.bad" "$T/g")" "minisign=signature" "not with another trusted comment"
	printf 'x' >>"$T/g"
	is "$("$tool" minicheck "$T/g.pub" "$T/g.minisig" "$T/g")" "minisign=signature" "nor over other bytes"
	printf 'some bytes\n' >"$T/g"
done
done_testing
