#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A mount that is ended in the middle of things, and one that may not begin.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/mount_lib.sh"

start; ok $? "the mount answers"
mkdir "$T/second"
run timeout 20 "$driver" serve "$S" "$T/second"
is "$status" 2 "a second mount of the store is refused"
like "$err" "process $daemon_pid" "and told whose it is"
if (echo -900 >/proc/self/oom_score_adj) 2>/dev/null; then
	is "$(cat "/proc/$daemon_pid/oom_score_adj")" -900 "the daemon is spared when memory runs out"
else
	skip "oom_score_adj cannot be lowered here"
fi
is "$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$daemon_pid/status")" 0000000000200000 "of the capabilities the daemon keeps CAP_SYS_ADMIN alone"
is "$(sed -n 's/^CapPrm:[[:space:]]*//p' /proc/$daemon_pid/task/*/status | sort -u)" 0000000000200000 "in every thread"

# Reads of warm files: the second open finds the first one's backing.
mkdir "$M/models/shared"; tree warm models/shared/warm@v1
cp -r "$T/warm" "$M/models/shared/warm@v1"; wait_state models/shared/warm@v1 admitted
cat "$M/models/shared/warm@v1/a.bin" >/dev/null
same "$T/warm" "$M/models/shared/warm@v1"; ok $? "files read the same when opened again"
sleep 0.3
if "$driver" describe | grep -q ^passthrough; then
	held=$(ls -l "/proc/$daemon_pid/fd" | grep -c "$S/objects/")
	[ "$held" -gt 0 ]; ok $? "their objects are at hand ($held)"
else
	skip "no passthrough here"
fi

# SIGTERM while somebody writes.
mkdir "$M/models/shared/cut@v1"
(while plain 100000; do sleep 0.02; done >"$M/models/shared/cut@v1/a.bin") 2>/dev/null & writer=$!
sleep 0.5
kill "$daemon_pid"
ended=no
for _ in $(seq 100); do
	kill -0 "$daemon_pid" 2>/dev/null || { ended=yes; break; }
	sleep 0.1
done
is $ended yes "SIGTERM during a write ends the daemon"
wait "$daemon_pid"; is $? 0 "and it ends well"
daemon_pid=
kill $writer 2>/dev/null; wait $writer 2>/dev/null
mountpoint -q "$M"; [ $? -ne 0 ]; ok $? "nothing is mounted any more"
start; ok $? "mounted again"
[ "$(state models/shared/cut@v1)" != admitted ]; ok $? "what was cut off is not published"
same "$T/warm" "$M/models/shared/warm@v1"; ok $? "what was admitted is there"
stop; is "$stop_status" 0 "the daemon ends well"
done_testing
