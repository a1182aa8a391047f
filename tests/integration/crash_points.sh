#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The process that owns the store is killed at every fail-point that the source names: put, a mount that is copied into,
# gc, rm, expiry, init. What is left is sound (INV-2, INV-4, INV-5, INV-8) and the same work succeeds afterwards.
. "$top_srcdir/tests/integration/crash_lib.sh"

points=$(cd "$top_srcdir" && grep -rhoE 'AY_FAILPOINT\("[^"]+"\)' --include='*.c' base store gate fs cli | cut -d'"' -f2 | sort -u)
ok "$([ "$(echo "$points" | wc -l)" -gt 20 ]; echo $?)" "$(echo "$points" | wc -l) fail-points are named in the source"
: >"$T/visited"
runs=0

# sweep SCENARIO POINT: SCENARIO runs with the point armed at passages 1, 2, 4 ...; it returns 137 when it was killed.
sweep() {
	n=1 killed=0 broken=
	while [ $n -le 16 ]; do
		"$1" "ASSAY_FAILPOINT=$2:$n"
		[ $? -eq 137 ] || break
		runs=$((runs + 1)) killed=$((killed + 1))
		[ -z "$broken" ] || break
		n=$((n * 2))
	done
	[ $killed -gt 0 ] && echo "$2" >>"$T/visited"
	[ $killed -eq 0 ] && [ -z "$broken" ] && return
	ok "$([ -z "$broken" ]; echo $?)" "$1 killed at $2, $killed passages"
	[ -z "$broken" ] || diag "passage $n:$broken"
}

by_put() {
	next
	put "$1"
	how=$?
	[ $how -eq 137 ] && check "$REF"
	again
	return $how
}
# A report of more than 64 KiB is kept as an object of its own.
by_long_report() {
	next
	for i in $(seq 400); do printf 'weights\377\000%s %s' "$REF" "$i" >"$D/sub/$i.bin"; done
	sign
	put "$1"
	how=$?
	[ $how -eq 137 ] && check "$REF"
	again
	return $how
}
by_copy() {
	next
	if mount_begin "$1"; then
		cp -rT "$D" "$M/$REF" 2>"$T/cp.log" && timeout 60 assay wait "$REF" --timeout 20 --store "$S" >"$T/wait.log" 2>&1
		copied=$?
		mount_end
	fi
	if [ "$daemon_status" -eq 137 ]; then
		check "$REF"
		again_mounted
		return 137
	fi
	[ $copied -eq 0 ] && acknowledge || bad "$REF was not admitted undisturbed: $(cat "$T/cp.log" "$T/wait.log")"
}
# What is retired loses its last reference, and gc its file.
by_gc() {
	next
	put && timeout 60 assay retire "$REF" --key "$T/k.key" --store "$S" >/dev/null 2>"$T/retire.log" || bad "retire: $(tail -n 1 "$T/retire.log")"
	env "$1" timeout 60 assay gc --store "$S" >"$T/gc.log" 2>&1
	how=$?
	[ $how -eq 0 ] || [ $how -eq 137 ] || bad "gc: $(tail -n 2 "$T/gc.log")"
	[ $how -eq 137 ] || return $how
	check "$REF"
	timeout 60 assay gc --store "$S" >"$T/gc.log" 2>&1 || bad "gc afterwards: $(tail -n 1 "$T/gc.log")"
	timeout 60 assay fsck --scrub --store "$S" >"$T/fsck.log" 2>&1 || bad "fsck after gc"
	next
	again
	return 137
}
# half: an artifact that stays open, one file of three
half() {
	next
	mount_begin || bad "cannot mount"
	mkdir -p "$M/$REF" && cp "$D/a.bin" "$M/$REF/" || bad "cannot begin $REF"
	mount_end
}
discarding() {
	env "$@" >"$T/discard.log" 2>&1
	how=$?
	[ $how -eq 137 ] || return $how
	check "$REF"
	again_mounted
	return 137
}
by_rm() { half; discarding "$1" timeout 60 assay rm "$REF" --store "$S"; }
by_expiry() { half; discarding "$1" ASSAY_TEST_NOW="$(($(date +%s) + 3 * 86400))" timeout 60 assay gc --store "$S"; }
# Half a store does not open or is whole; made anew it works.
by_init() {
	broken=
	chattr -R -i "$T/new" 2>/dev/null
	rm -rf "$T/new"
	env "$1" timeout 60 assay init "$T/new" --owner "$XDG_CONFIG_HOME/assay/owner.key" >/dev/null 2>&1
	how=$?
	[ $how -eq 137 ] || return $how
	if timeout 60 assay ls --store "$T/new" >/dev/null 2>"$T/ls.log"; then
		timeout 60 assay fsck --store "$T/new" >/dev/null 2>&1 && timeout 60 assay log verify --store "$T/new" >/dev/null 2>&1 || bad "it opens and is not sound"
	else
		grep -q 'next:' "$T/ls.log" || { bad "no advice about half a store"; diag "$(cat "$T/ls.log")"; }
	fi
	rm -rf "$T/new"
	timeout 60 assay init "$T/new" --owner "$XDG_CONFIG_HOME/assay/owner.key" >/dev/null 2>&1 || bad "init fails afterwards"
	timeout 60 assay log verify --store "$T/new" >/dev/null 2>&1 || bad "the new store does not work"
	return 137
}

for scenario in by_put by_long_report by_copy by_gc by_rm by_expiry by_init; do
	"$scenario" ASSAY_FAILPOINT=none:1
	how=$?
	is "$how:$broken" "0:" "$scenario undisturbed"
done
for point in $points; do
	case $point in
	create-*) which=by_init ;;
	gc-*) which=by_gc ;;
	discard-*) which=by_rm ;;
	sweep-*) which=by_expiry ;;
	file.*) which="by_init by_put by_copy" ;;
	placed-*) which="by_put by_long_report" ;;
	staging-*) which="by_copy by_rm" ;;
	*) which="by_put by_copy" ;;
	esac
	for scenario in $which; do
		sweep "$scenario" "$point"
	done
done
for point in $points; do
	grep -Fxq -- "$point" "$T/visited" || ok 1 "fail-point $point was visited"
done
is "$(sort -u "$T/visited" | wc -l)" "$(echo "$points" | wc -l)" "every fail-point of the source was visited"
broken=
check none
is "$broken" "" "$(wc -l <"$T/acked") publications are there in the end"
diag "$runs kills"
done_testing
