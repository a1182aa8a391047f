#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Everything at once, for the thread sanitizer and for deadlocks: two publishers, readers, commands over the socket,
# changes of trust and policy, withdrawals and gc, all against one daemon.
. "$top_srcdir/tests/integration/crash_lib.sh"

publish() {
	mkdir -p "$M/models/$1"
	for i in 1 2 3 4 5 6; do
		cp -rT "$T/src/models-$1-m-v$i" "$M/models/$1/m@v$i" && timeout 60 assay wait "models/$1/m@v$i" --store "$S" || return 1
	done
}
until_done() { while [ ! -e "$T/done" ]; do "$@"; done >/dev/null 2>&1; }
read_all() { find "$M/models" "$M/attest" "$M/log" "$M/.assay" -type f -exec cat {} + ; }
list_all() {
	timeout 30 assay ls --store "$S"
	timeout 30 assay stats --store "$S"
	timeout 30 assay why models/one/m@v1 --store "$S"
	timeout 30 assay log verify --store "$S"
}
# The key of nobody in particular comes and goes: each is a new trust root, and all that is admitted is judged again.
change() {
	timeout 30 assay trust add "$T/other.pub" --role publisher --for 'models/other/**' --store "$S"
	timeout 30 assay policy set "$T/policy.yaml" --store "$S"
	timeout 30 assay trust remove "$other" --store "$S"
	timeout 30 assay gc --store "$S"
	sleep 0.2
}

assay keygen "$T/other" --no-passphrase >"$T/other.log" 2>&1
other=$(sed -n 's/.*key id //p' "$T/other.log")
for who in one two; do
	for i in 1 2 3 4 5 6; do
		REF=models/$who/m@v$i
		publication "$REF"
	done
done
mount_begin || { diag "$(cat "$T/daemon.log")"; echo "Bail out! no mount"; exit 99; }
background=
for work in read_all list_all change; do
	until_done $work &
	background="$background $!"
done
publish one >"$T/one.log" 2>&1 &
one=$!
publish two >"$T/two.log" 2>&1 &
two=$!
wait $one; ok $? "one publishes"; [ -z "$(grep -v admitted "$T/one.log")" ] || diag "$(cat "$T/one.log")"
wait $two; ok $? "the other too"; [ -z "$(grep -v admitted "$T/two.log")" ] || diag "$(cat "$T/two.log")"
for i in 1 2 3; do
	run timeout 60 assay retire models/one/m@v$i --key "$T/k.key" --store "$S"; is "$status" 0 "retired while it is read"
done
: >"$T/done"
for pid in $background; do wait "$pid"; done
broken=
for who in one two; do
	for i in 4 5 6; do whole models/$who/m@v$i; done
done
is "$broken" "" "what is left is whole"
run timeout 60 assay fsck --scrub --store "$S"; is "$status" 0 "fsck"
run timeout 60 assay log verify --store "$S"; is "$status" 0 "the log"
kill "$daemon"
wait "$daemon"; is $? 0 "the daemon ends when asked to, with nothing to report"
daemon=
[ ! -s "$T/daemon.log" ] || diag "$(head -n 60 "$T/daemon.log")"
umount -l "$M" 2>/dev/null
done_testing
