#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bundles of every shape that real clients were seen to write or take, made here, each with its verdict.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/interop_lib.sh"

mkdir "$T/gen"
"$tool" gen "$T/gen"; ok $? "bundles made"
verdicts "$T/gen"
is "$("$tool" note "$T/gen" logged-p256.sig.checkpoint)" "note=ok size=11" "checkpoint"

# What is on the disk decides: one changed byte, one extra file, one missing file.
M=$T/gen/my-model
for f in oms-p256-empty-pem.sig b2.sig sh.sig; do
	printf 'Hello weights' >"$M/weights.bin"
	like "$("$tool" verdict "$T/gen" $f)" 'dir=digest' "$f: a changed file"
	printf 'hello weights' >"$M/weights.bin"
	printf 'extra' >"$M/extra"
	like "$("$tool" verdict "$T/gen" $f)" 'dir=policy' "$f: an extra file"
	rm "$M/extra"
	mv "$M/sub/a.b" "$T/a.b"
	like "$("$tool" verdict "$T/gen" $f)" 'dir=policy' "$f: a missing file"
	mv "$T/a.b" "$M/sub/a.b"
	ln -s weights.bin "$M/link"
	like "$("$tool" verdict "$T/gen" $f)" 'dir=policy' "$f: a symbolic link"
	rm "$M/link"
	mkdir -p "$M/.git/objects" "$M/empty"
	printf x >"$M/.git/objects/y"
	printf x >"$M/model.sig"
	like "$("$tool" verdict "$T/gen" $f)" 'dir=ok' "$f: ignored paths, claims and empty directories"
	mkdir "$M/sub/.git"
	printf x >"$M/sub/.git/y"
	like "$("$tool" verdict "$T/gen" $f)" 'dir=policy' "$f: ignored paths count from the top only"
	rm -r "$M/.git" "$M/empty" "$M/model.sig" "$M/sub/.git"
done
printf 'hello weights and more' >"$M/weights.bin"
like "$("$tool" verdict "$T/gen" sh.sig)" 'dir=digest' "bytes beyond the last shard"

mkdir "$T/log"
"$tool" store "$T/log"; ok $? "claims logged in a store"
for i in 0 1 2; do
	is "$("$tool" verdict "$T/log" stored-$i.json)" "signer=stored type=v1 proof=ok index=$i" "proof of entry $i"
done
done_testing
