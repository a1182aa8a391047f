#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A refused file of every format, copied into the mount: its close fails, wait exits 1, why explains it in three lines, and
# nobody reads a byte of it.
. "$top_srcdir/tests/lib/tap.sh"
[ "$(id -u)" -eq 0 ] || skip_all "needs root: a mount that another user looks into"
[ -c /dev/fuse ] || skip_all "no /dev/fuse"
. "$top_srcdir/tests/integration/verb_lib.sh"
"$py" -c "import torch, numpy, sklearn, pandas, h5py, onnx, joblib" 2>/dev/null || skip_all "the generators need python3-torch, sklearn, pandas, h5py, onnx"
tab=$(printf '\t')
M=$T/mnt
mkdir "$M"
make_store || { echo "Bail out! no store"; exit 99; }
"$py" "$top_srcdir/tests/corpus/refused_samples.py" "$top_builddir/assay" "$T/corpus" >"$T/samples" 2>"$T/log" || { sed 's/^/# /' "$T/log"; echo "Bail out! no samples"; exit 99; }
tap_cleanup='umount -l "$M" 2>/dev/null'
assay mount "$S" "$M" >/dev/null 2>"$T/log"; is $? 0 "mounted"
ok "$([ "$(wc -l <"$T/samples")" -ge 40 ] && echo 0 || echo 1)" "samples of 40 formats and more"

n=0
while IFS=$tab read -r path form rules; do
	n=$((n + 1))
	ref=models/r/f$n@v1 name=$(basename "$path")
	mkdir "$T/one" && cp "$path" "$T/one/$name"
	assay sign "$T/one" --as "$ref" --key "$K/alice.key" >/dev/null 2>"$T/log" || diag "$(cat "$T/log")"
	mkdir -p "$M/models/r" && mkdir "$M/$ref" && cp "$T/one/model.sig" "$M/$ref/"
	run cp "$T/one/$name" "$M/$ref/$name"
	closed=$status
	run assay wait "$ref"
	waited=$status
	run assay why "$ref"
	why=$(printf '%s\n' "$out" | head -n 3)
	run cat "$M/$ref/$name"
	got=
	[ "$closed" -ne 0 ] || got="$got the copy exited 0;"
	[ "$waited" -eq 1 ] || got="$got wait exited $waited;"
	named=1
	for rule in $rules format.polyglot; do
		case $why in *"$rule"*) named=0 ;; esac
	done
	[ $named -eq 0 ] || got="$got why names none of $rules but says $why;"
	[ "$(printf '%s\n' "$why" | sed 's/:.*//' | tr '\n' ' ')" = "what where next " ] || got="$got why is not what, where, next;"
	[ "$status" -ne 0 ] && [ -z "$out" ] || got="$got it was read;"
	is "$got" "" "$form: $name"
	rm -r "$T/one"
done <"$T/samples"
run assay umount "$M"; is "$status" 0 "unmounted"
done_testing
