#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# assay convert: what comes out is bit for bit what the library itself loads.
. "$top_srcdir/tests/integration/scan_lib.sh"
"$python" -c 'import numpy' 2>/dev/null || skip_all "no numpy to make files with"
assay=$top_builddir/assay
mkdir "$T/c"

timeout 600 "$python" "$top_srcdir/tests/integration/convert_check.py" "$assay" "$T/c" >"$T/checks" 2>"$T/checks.err"
is "$? $(cat "$T/checks.err")" "0 " "the checks ran"
while IFS=$tab read -r result what; do
	[ "$result" = ok ]
	ok $? "$what"
done <"$T/checks"

# What cannot be traced cannot run the leak check of sanitizer builds, and says so on stderr.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
cd "$T/c" || exit 99
"$python" -c 'import numpy as n; n.save("a.npy", n.arange(6, dtype="f4").reshape(2, 3))'
run "$assay" convert a.npy a.safetensors
is "$status$err" 0 "an array is converted"
like "$out" '^a\.safetensors: 1 tensors, 24 B, from npy$' "and told"
run "$assay" scan a.safetensors
is "$status" 0 "the gate admits the output"
is "$(ls -a | grep -c '^a\.safetensors')" 1 "nothing else is left behind"
cp a.safetensors b
run "$assay" convert a.npy a.safetensors
is "$status" 1 "an existing file is not overwritten"
like "$err" '^next:.*--force' "and how to"
cmp -s a.safetensors b
ok $? "it is as it was"
run "$assay" convert --force a.npy a.safetensors
is "$status$err" 0 "--force overwrites"
run "$assay" convert a.npy a.bin
is "$status" 64 "another suffix is wrong usage"
run "$assay" convert a.npy
is "$status" 64 "so is one name"
run "$assay" convert none.npy c.safetensors
is "$status" 2 "a file that is not there"
run "$assay" convert a.safetensors c.safetensors
like "$status$err" '^1.*not one of the formats' "another format is refused"
: >empty
run "$assay" convert empty c.safetensors
is "$status" 1 "an empty file is refused"
[ -e c.safetensors ]
is "$?" 1 "no refusal leaves a file"
done_testing
