#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lengths that lie, two formats in one file, bombs, files cut at every byte, and every byte changed.
. "$top_srcdir/tests/integration/scan_lib.sh"
edges=$top_builddir/tests/integration/scan_edges
generate edges

index
scan "$T/c/small" "$T/c/text"
is "$status" 0 "the files to be damaged pass"
all pass "one of each format"

run timeout 300 "$edges" truncate "$T/c/small"/*
is "$status" 0 "cut at every byte: never a pass"
diag "$(printf '%s\n' "$out" | awk '/ truncate / { t += $3 } / passes when / { p++; print } END { printf "%d cuts, %d passed\n", t, p }')"
for mode in flip extreme; do
	run timeout 500 "$edges" "$mode" "$T/c/small"/* "$T/c/text"/*
	is "$status$err" 0 "$mode at every byte: every answer is a verdict with a reason"
	diag "$(printf '%s\n' "$out" | awk -v m=$mode '{ t += $3; p += $5 } END { printf "%s: %d tries, %d passed\n", m, t, p }')"
done

# Ten gigabytes in a few kilobytes: refused with 200 MB of address space, which a sanitizer alone exceeds.
scan "$T/c/bombs"
is "$status" 1 "bombs are refused by the worker"
all 'fail|inconclusive' "each"
if grep -qs '^#define ASSAY_SANITIZED' "$top_builddir/config.h"; then
	skip "address space cannot be limited under a sanitizer"
else
	for bomb in "$T/c/bombs"/*; do
		run sh -c 'ulimit -v 200000; exec timeout 60 "$@"' - "$top_builddir/tests/unit/scan_tool" "$bomb"
		like "$status $out" '^1 .*"rule":"(limit|pickle\.limit)' "$(basename "$bomb"), $(wc -c <"$bomb") bytes: a limit is reached within 200 MB"
	done
fi
done_testing
