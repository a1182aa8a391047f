#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Batches too small to be judged alone: held, added up, and admitted or rejected together; each content counts once; who
# dies between the decision and its consequences leaves each either held or decided, and the next start goes on.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/drift_lib.sh"
policy_of "alpha: 0.001"; is "$status" 0 "a policy with the drift gate"

state() { run assay show "$1" --json; json 'd["state"]'; }
# names OF WANT NAME...: versions of that dataset are all in that state
all() {
	of=$1 want=$2
	shift 2
	for v; do
		now=$(state "datasets/$of@$v")
		is "$now" "$want" "$of@$v is $want"
		[ "$now" = "$want" ] || diag "$(assay why "datasets/$of@$v" 2>&1)"
	done
}
batch reference 5000 1
assay baseline propose datasets/t --from reference/t.csv >proposed.json
unbounded
for name in t u v w k; do
	assay baseline approve datasets/$name --schema schema.json --key "$K/curator.key" >/dev/null; is $? 0 "a reference for $name"
done

# Honest batches of 100: about 414 rows are needed.
for i in 1 2 3 4 5; do batch "h$i" 100 "40$i"; done
for i in 1 2 3 4; do
	put "h$i" "datasets/t@h$i"; is "$status" 2 "a hundred rows are held, $i"
	like "$out$err" "drift.held" "for that reason"
done
like "$out" "400 rows, about 4" "and counted together with those before"
run assay retry datasets/t@h2; is "$status" 2 "trying again brings nothing new"
put h5 datasets/t@h5; is "$status" 0 "the fifth brings enough"
run assay show datasets/t@h5 --json; like "$out" "judged together with.*datasets/t@h1" "and says with which it was judged"
all t admitted h1 h2 h3 h4 h5
run assay show datasets/t@h2 --json; like "$out" "judged together with datasets/t@h5" "an earlier one says so too"
put h1 datasets/t@h6; is "$status" 2 "what was pooled does not count again"

# The same content four times is a hundred rows.
for i in 1 2 3; do put h1 "datasets/u@c$i"; is "$status" 2 "a copy is held, $i"; done
mkdir twice; for i in 1 2 3 4 5; do cp h1/t.csv "twice/$i.csv"; done
put twice datasets/u@twice; is "$status" 2 "nor do five files of the same content help"
like "$out$err" "100 rows" "they count once"

# Small batches that are all shifted are seen when there are enough.
for i in 1 2 3 4 5; do batch "s$i" 100 "50$i" shift=0.35; done
n=0
while [ $n -lt 5 ]; do
	n=$((n + 1))
	put "s$n" "datasets/v@s$n"
	[ "$status" -eq 2 ] || break
done
is "$status" 1 "shifted batches of a hundred are held until there are enough: $n"
ok "$([ $n -ge 2 ]; echo $?)" "no single one was enough"
like "$out" "drift.pool" "then they are rejected as a pool"
like "$out" "judged together with.*datasets/v@s1" "whose members are named"
all v rejected s1 "s$n"
run assay why datasets/v@s1; like "$out$err" "drift.pool.*datasets/v@s$n" "an earlier one says with which it was judged"

# What another gate holds or refuses is no member, and decides nothing of others.
put h1 datasets/w@s1; put h2 datasets/w@s2; put h3 datasets/w@s3
mkdir bad && cp s4/t.csv bad/ && evil bad
"$py" -c "open('bad/more.csv', 'w').write('height,weight,colour,count\n')"
put bad datasets/w@bad; is "$status" 1 "a pickle beside small rows is rejected"
all w held s1 s2 s3

# Killed after the commit that decides: the members are held still, and decided when the store is opened again.
for n in 1 2 3; do
	for i in 1 2 3 4; do put "h$i" "datasets/k@k$n-$i"; done
	is "$(state "datasets/k@k$n-2")" held "four are held"
	ASSAY_FAILPOINT=admit-after-commit:$n
	export ASSAY_FAILPOINT
	put h5 "datasets/k@k$n-5"
	unset ASSAY_FAILPOINT
	is "$status" 137 "killed at commit $n of the pool"
	# The next command opens the store, and what it queues is done before it ends.
	assay show "datasets/k@k$n-5" >/dev/null 2>&1
	all k admitted "k$n-1" "k$n-2" "k$n-3" "k$n-4" "k$n-5"
	[ "$n" = 3 ] || for i in 1 2 3 4 5; do batch "h$i" 100 "6$n$i"; done
done
run assay fsck; is "$status" 0 "the store is sound"

# Through the mount: what was copied in is held in staging, and judged there when the pool is; a new daemon hashes it again.
if [ -c /dev/fuse ] && [ -w /dev/fuse ]; then
	M=$T/mnt
	mkdir -p "$M"
	tap_cleanup='umount -l "$M" 2>/dev/null'
	mounted() { assay mount "$S" "$M" >/dev/null 2>"$T/log"; is $? 0 "mounted"; }
	# shellcheck disable=SC2086
	copy() {
		cp -r "$1" "$T/tree" && assay sign "$T/tree" --as "$2" $key >/dev/null 2>&1
		mkdir -p "$M/${2%@*}" 2>/dev/null
		cp -rT "$T/tree" "$M/$2" 2>/dev/null
		run assay wait "$2" --timeout 60
		rm -r "$T/tree"
	}
	assay baseline approve datasets/m --schema schema.json --key "$K/curator.key" >/dev/null; is $? 0 "a reference for m"
	for i in 1 2 3 4 5; do batch "m$i" 100 "70$i"; done
	mounted
	for i in 1 2 3; do copy "m$i" "datasets/m@m$i"; is "$(state "datasets/m@m$i")" held "copied in, and held, $i"; done
	umount "$M"
	mounted
	copy m4 datasets/m@m4
	all m held m1 m4
	copy m5 datasets/m@m5
	is "$(state datasets/m@m5)" admitted "the fifth brings enough"
	for i in 1 2 3 4; do assay wait "datasets/m@m$i" --timeout 60 >/dev/null 2>&1; done
	n=0
	while [ $n -lt 100 ] && [ "$(state datasets/m@m1)$(state datasets/m@m2)$(state datasets/m@m3)$(state datasets/m@m4)" != admittedadmittedadmittedadmitted ]; do
		sleep 0.1
		n=$((n + 1))
	done
	all m admitted m1 m2 m3 m4
	ok "$(cmp -s "m2/t.csv" "$M/datasets/m@m2/t.csv"; echo $?)" "and can be read"
	umount "$M"
	run assay fsck; is "$status" 0 "the store is sound"
else
	skip "no /dev/fuse"
fi
done_testing
