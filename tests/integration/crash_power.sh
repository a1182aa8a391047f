#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Power cuts: the process that owns the store ends before each of its sync calls, and all that was not synced by then is
# dropped (tests/lib/lossy.c), names included; once more with names kept and their unsynced content zeroed.
# What is left is sound (INV-2, INV-4, INV-5, INV-8), and the same work succeeds afterwards.
. "$top_srcdir/tests/integration/crash_lib.sh"

grep -q 'define ASSAY_SANITIZED 1' "$top_builddir/config.h" && skip_all "a sanitizer's runtime must be loaded first"
lossy=$T/lossy.so
${CC:-cc} -O1 -shared -fPIC -o "$lossy" "$top_srcdir/tests/lib/lossy.c" -ldl 2>"$T/cc.log" || { diag "$(cat "$T/cc.log")"; skip_all "no compiler for the recording layer"; }
out=$T/lossy cuts=0

# watched N NAMES: the settings of a process that loses power at its N-th sync call
watched() {
	rm -rf "$out"
	mkdir "$out"
	settings="LD_PRELOAD=$lossy LOSSY_STORE=$S LOSSY_OUT=$out LOSSY_CUT=$1 LOSSY_NAMES=$2"
}
# What survives takes the place of the store.
power_back() {
	chattr -R -i "$S" 2>/dev/null
	rm -rf "$S"
	mv "$out/tree" "$S" || bad "nothing survived"
	rm -rf "$out"
	# Every file is a new inode, which is the only thing that may be said of it.
	timeout 60 assay fsck --scrub --store "$S" >"$T/fsck.log" 2>&1
	sed '$d' "$T/fsck.log" | grep -v 'its facts had changed, its content is right' >"$T/unsound" && bad "fsck: $(head -n 3 "$T/unsound")"
}
by_put() {
	next
	env $settings assay put "$D" "$REF" --key "$T/k.key" --store "$S" >"$T/put.log" 2>&1
	how=$?
	[ $how -eq 0 ] && acknowledge
	power_back
	check "$REF"
	[ $how -eq 0 ] || again
}
by_copy() {
	next
	if mount_begin $settings; then
		cp -rT "$D" "$M/$REF" 2>"$T/cp.log" && timeout 60 assay wait "$REF" --timeout 20 --store "$S" >"$T/wait.log" 2>&1 && acknowledge
		mount_end
	fi
	how=$daemon_status
	power_back
	check "$REF"
	[ "$how" -eq 0 ] || again_mounted
}
by_gc() {
	next
	put && timeout 60 assay retire "$REF" --key "$T/k.key" --store "$S" >/dev/null 2>&1 || bad "cannot retire"
	env $settings assay gc --store "$S" >"$T/gc.log" 2>&1
	how=$?
	power_back
	check "$REF"
	timeout 60 assay gc --store "$S" >"$T/gc.log" 2>&1 || bad "gc afterwards: $(tail -n 1 "$T/gc.log")"
	next
	again
}
# every SCENARIO NAMES: a cut at each sync call until there are no more; how many there are must be plausible
every() {
	n=0 how=137
	while [ "$how" -ne 0 ] && [ $n -lt 80 ]; do
		n=$((n + 1)) broken=
		watched $n "$2"
		"$1"
		[ "$how" -eq 0 ] || [ "$how" -eq 137 ] || bad "it ended with $how: $(tail -n 2 "$T/put.log" "$T/daemon.log" "$T/gc.log" 2>/dev/null)"
		[ -z "$broken" ] || break
	done
	ok "$([ -z "$broken" ]; echo $?)" "$1, names $([ "$2" = 1 ] && echo kept || echo dropped): $((n - 1)) power cuts, and what was acknowledged at the end is durable"
	[ -z "$broken" ] || diag "cut $n:$broken"
	ok "$([ $n -gt "$3" ] && [ $n -lt 80 ]; echo $?)" "it has more than $3 sync calls"
	cuts=$((cuts + n - 1))
}
for names in 0 1; do
	every by_put $names 4
	every by_copy $names 6
	every by_gc $names 3
done
diag "$cuts power cuts"
done_testing
