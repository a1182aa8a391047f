#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Documents agree with the program.
. "$top_srcdir/tests/lib/tap.sh"
run "$top_srcdir/scripts/check-docs.sh" "$top_srcdir" "$top_builddir/assay"
is "$status$out$err" 0 "man pages, architecture and invariants agree with the code"
mkdir -p "$T/man" "$T/docs" "$T/tests"
cp "$top_srcdir"/man/*.1 "$T/man"
cp "$top_srcdir/docs/architecture.md" "$T/docs"
sed '/^| `zip.crc`/d' "$top_srcdir/docs/gates.md" >"$T/docs/gates.md"
sed -i '/^\.It Fl -profile/d' "$T/man/assay-scan.1"
run "$top_srcdir/scripts/check-docs.sh" "$T" "$top_builddir/assay"
like "$out" 'man/assay-scan.1: lacks --profile' "a missing option is found"
like "$out" 'is not defined in' "a function that is not where it is said to be is found"
like "$out" 'docs/gates.md: the rules are not' "a missing rule is found"
like "$out" 'nothing cites INV-1' "an invariant without a test is found"
done_testing
