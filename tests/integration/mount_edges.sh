#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Descriptors, mappings, forks, interrupts, crashes of the daemon.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/mount_lib.sh"
command -v python3 >/dev/null || skip_all "no python3"

for how in "" daemon; do
	# shellcheck disable=SC2086
	start $how; ok $? "the mount answers (${how:-passthrough})"
	M=$M S=$S T=$T DRIVER=$driver DAEMON=$daemon_pid python3 "$top_srcdir/tests/integration/mount_edges.py" >"$T/edges" 2>"$T/edges.err"
	edges=$?
	while read -r verdict name; do
		[ "$verdict" = ok ]; ok $? "$name"
	done <"$T/edges"
	ok $edges "mount_edges.py ends well"
	[ $edges -eq 0 ] || { sed 's/^/# /' "$T/edges.err"; sed 's/^/# /' "$T/daemon.log"; }
	stop; is "$stop_status" 0 "the daemon ends well"
	S=$T/store2
	[ -d "$S" ] || "$driver" init "$S" "$T/policy.yaml"
done

# ---- the daemon dies ----
tree src models/shared/crash@v1
start; mkdir -p "$M/models/shared"; cp -r "$T/src" "$M/models/shared/crash@v1"; wait_state models/shared/crash@v1 admitted
mkdir "$M/models/shared/half@v1"; cp "$T/src/a.bin" "$M/models/shared/half@v1/"
if "$driver" describe | grep -q ^passthrough; then
	exec 7<"$M/models/shared/crash@v1/a.bin"
	head -c 1000000 <&7 >"$T/part"
	crash
	# Nothing that asks for attributes: those came from the daemon.
	python3 -c 'import os, sys
while (b := os.read(7, 65536)): sys.stdout.buffer.write(b)' >>"$T/part"
	cmp "$T/part" "$T/src/a.bin"; ok $? "kill -9: an open descriptor reads on"
	exec 7<&-
else
	crash
	skip "no passthrough: $("$driver" describe)"
fi
run ls "$M"; errno_is "not connected" "the mount is stale"
start; ok $? "mounting again recovers"
same "$T/src" "$M/models/shared/crash@v1"; ok $? "what was admitted is there"
is "$(state models/shared/half@v1)" open "what was open is open"
is "$(ls "$M/models/shared/half@v1")" a.bin "with its files"
mkdir "$T/half"; cp "$T/src/a.bin" "$T/half/"; sign half models/shared/half@v1
cp "$T/half/model.sig" "$M/models/shared/half@v1/"; wait_state models/shared/half@v1 admitted
stop
done_testing
