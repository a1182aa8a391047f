#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What ordinary tools do ends with exit 0, while others look on, as root and as an ordinary publisher.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/mount_lib.sh"

start; ok $? "the mount answers"
# Both look on until $T/looking goes: a kill would leave their children, and so open handles, behind.
poll() {
	while [ -e "$T/looking" ]; do
		ls -lR "$M/models" "$M/attest"
		stat "$M/models/shared/$1@v1" "$M/models/shared/$1@v1/sub/b.bin"
		cat "$M/models/shared/$1@v1/a.bin"
	done >/dev/null 2>&1
}
# copy NAME USER COMMAND: with $src, the tree, and $dst, the version, made already or not as the command wants
copy() {
	name=$1 who=$2
	tree "$name" "models/shared/$name@v1"
	src=$T/$name dst=$M/models/shared/$name@v1
	chown -R "$who" "$src"
	[ -d "$M/models/shared" ] || mkdir "$M/models/shared"
	: >"$T/looking"
	poll "$name" & p1=$!
	other=$([ "$who" = root ] && echo nobody || echo root)
	as "$other" sh -c "while [ -e '$T/looking' ]; do ls -lR '$M/models'; cat '$dst/a.bin' '$dst/sub/b.bin'; stat '$dst/sub/deep'; done" >/dev/null 2>&1 & p2=$!
	export src dst
	run as "$who" sh -ec "$3"
	rm "$T/looking"; wait $p1 $p2
	is "$status" 0 "$name as $who exits 0"
	[ "$status" -eq 0 ] || diag "$err"
	wait_state "models/shared/$name@v1" admitted
	same "$src" "$dst"; ok $? "$name as $who: all of it is there, and nothing else"
}
for who in root nobody; do
	copy "cp-r-$who" $who 'cp -r "$src" "$dst"'
	copy "cp-a-$who" $who 'cp -a "$src" "$dst"'
	is "$(stat -c %Y "$M/models/shared/cp-a-$who@v1/a.bin")" "$(stat -c %Y "$T/cp-a-$who/a.bin")" "cp -a as $who: times are kept"
	copy "tar-$who" $who 'mkdir "$dst"; tar cf - -C "$src" . | tar xpf - -C "$dst"'
	copy "mv-$who" $who 'mkdir -p "$dst/sub/deep"; cd "$src"; find . -type f | while read -r f; do cp "$f" "$dst/$f.part"; mv "$dst/$f.part" "$dst/$f"; done'
	copy "in-place-$who" $who 'mkdir "$dst"; cd "$dst"; cp -r "$src/." .; ls >/dev/null; pwd -P >/dev/null'
	if command -v rsync >/dev/null; then
		copy "rsync-$who" $who 'rsync -a "$src/" "$dst/"'
		run as $who rsync -a "$T/rsync-$who/" "$M/models/shared/rsync-$who@v1/"
		is "$status" 0 "rsync of what is there already exits 0"
	else
		skip "no rsync"
	fi
	if command -v python3 >/dev/null; then
		copy "copytree-$who" $who 'python3 -c "import os, shutil; shutil.copytree(os.environ[\"src\"], os.environ[\"dst\"])"'
	else
		skip "no python3"
	fi
done
chmod 755 "$T/cp-a-root/sub/b.bin"; mkdir "$T/x"; cp "$T/cp-a-root/sub/b.bin" "$T/x/tool.bin"; chmod 755 "$T/x/tool.bin"
sign x models/shared/x@v1
mkdir "$M/models/shared/x@v1"; cp -a "$T/x/." "$M/models/shared/x@v1/"; wait_state models/shared/x@v1 admitted
is "$(stat -c %a "$M/models/shared/x@v1/tool.bin")" 555 "an executable stays one"

# Ignored names last, as cp -r may copy them.
tree late models/shared/late@v1
mkdir -p "$T/late/__pycache__" "$T/late/.cache"; echo x >"$T/late/__pycache__/y.pyc"; echo x >"$T/late/.cache/f"
run cp -r "$T/late" "$M/models/shared/late@v1"; is "$status" 0 "a tree with ignored names exits 0"; [ "$status" -eq 0 ] || diag "$err"
wait_state models/shared/late@v1 admitted
run cp -r "$T/late/.cache" "$M/models/shared/late@v1/"; is "$status" 0 "and once more after admission"
run rm -r "$M/models/shared/late@v1/.cache"; ok 0 "removing what is not listed is up to the tool"
ino=$(stat -c %i "$M/models/shared/late@v1/a.bin")
stop; start; ok $? "mounted again"
is "$(stat -c %i "$M/models/shared/late@v1/a.bin")" "$ino" "st_ino stays"
same "$T/cp-r-root" "$M/models/shared/cp-r-root@v1"; ok $? "all is still there"
stop; is "$stop_status" 0 "the daemon ends well"
done_testing
