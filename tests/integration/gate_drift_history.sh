#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Slow poisoning: batches that each pass are seen when they are added up, and by their trend; honest ones go on passing.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/drift_lib.sh"
policy_of "alpha: 0.001"; is "$status" 0 "a policy with the drift gate"
batch reference 20000 1
assay baseline propose datasets/t --from reference/t.csv >proposed.json
unbounded
for name in honest ramp constant off trend grow many; do
	assay baseline approve datasets/$name --schema schema.json --key "$K/curator.key" >/dev/null || exit 99
done

bad=0
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	batch "h$i" 1500 "10$i"
	put "h$i" "datasets/honest@h$i"
	[ "$status" -eq 0 ] || { bad=$((bad + 1)); diag "$out"; }
done
is "$bad" 0 "twelve honest batches pass"

# A ramp to 0.3 deviations over ten batches.
caught=0
for i in 1 2 3 4 5 6 7 8 9 10; do
	batch "r$i" 1500 "20$i" "shift=0.03*$i"
	put "r$i" "datasets/ramp@r$i"
	[ "$status" -eq 0 ] || { caught=$i; break; }
done
is "$status" 1 "a ramp is rejected"
ok "$([ "$caught" -ge 3 ] && [ "$caught" -le 10 ]; echo $?)" "by the tenth batch: at $caught"
like "$out" "drift.(found|cumulative|trend)" "by itself, the sum, or the trend"
like "$out" "column height" "in its column"
put h1 datasets/ramp@honest; is "$status" 0 "an honest batch is admitted after it"

# Each batch is a little off: below the floor of one, above that of the sum.
caught=0
for i in 1 2 3 4 5 6; do
	batch "c$i" 1500 "30$i" "shift=0.15"
	put "c$i" "datasets/constant@c$i"
	[ "$status" -eq 0 ] || { caught=$i; break; }
done
ok "$([ "$caught" -ge 2 ]; echo $?)" "a small constant shift is rejected at batch $caught"
like "$out" "drift.cumulative.*the last batches added up.*D is" "by the sum"
assay rm "datasets/constant@c$caught" >/dev/null 2>&1

# Without a history nothing of that is seen.
policy_of "history: 0"; is "$status" 0 "history: 0"
seen=0
for i in 1 2; do put "c$i" "datasets/off@c$i"; [ "$status" -eq 0 ] || seen=1; done
is "$seen" 0 "the same batches pass where no history is kept"

# A small column of policy: named floors, and columns that do not exist.
policy_of "columns: {height: {d: 0.4}, weight: {w: 0.5}}"; is "$status" 0 "floors of columns"
batch far 3000 400 "shift=0.5"
put far datasets/off@far; is "$status" 0 "a wider floor lets a shift pass"
policy_of "columns: {tallness: {d: 0.4}}"
put h2 datasets/many@h2; is "$status" 2 "a column that does not exist holds"
like "$out$err" "drift.column.*tallness" "and is named"
policy_of "decide: [psi], columns: {height: {psi: 0.03}}"
batch psi 3000 401 "shift=0.19"
put psi datasets/off@psi; is "$status" 1 "PSI decides where it is named"
like "$out" "height.*PSI is" "and says so"

# The trend sees a ramp before the sum does, and by the floor that the policy sets.
policy_of "columns: {height: {d: 0.2}}"
caught=0
for i in 1 2 3 4 5 6 7 8 9 10; do
	batch "t$i" 3000 "50$i" "shift=0.05*$i"
	put "t$i" "datasets/trend@t$i"
	[ "$status" -eq 0 ] || { caught=$i; break; }
done
ok "$([ "$caught" -ge 7 ]; echo $?)" "the trend is seen at batch $caught"
like "$out" "drift.trend.*height.*place by rank rises" "as a trend"
policy_of "columns: {height: {d: 0.2}}, trend: off"
put "t$caught" "datasets/trend@without"; is "$status" 0 "trend: off"

# A growing dataset: what is new in each version is a batch.
policy_of "alpha: 0.001"
mkdir grow
caught=0
for i in 1 2 3 4 5 6; do
	cp "c$i/t.csv" "grow/$i.csv" 2>/dev/null || { batch "c$i" 1500 "30$i" "shift=0.15"; cp "c$i/t.csv" "grow/$i.csv"; }
	put grow "datasets/grow@g$i"
	[ "$status" -eq 0 ] || { caught=$i; break; }
done
ok "$([ "$caught" -ge 2 ]; echo $?)" "poisoned increments of a growing dataset are rejected at $caught"
run assay fsck; is "$status" 0 "the store is sound"
done_testing
