#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# References of several seasons: a batch must fit one of those that the policy names, and is remembered with its own season.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/drift_lib.sh"
policy_of "seasonal: [winter, summer]"; is "$status" 0 "a policy with two seasons"
batch reference 8000 1
batch winter 8000 2 "shift=-1"
batch summer 8000 3 "shift=1"
run assay baseline propose datasets/t --from winter/t.csv --season winter
refused 2 "no schema is approved" "a season of nothing"
assay baseline propose datasets/t --from reference/t.csv >proposed.json
unbounded
approve() { run assay baseline approve datasets/t --schema "$1" --key "$K/curator.key"; is "$status" 0 "approve $1"; }
approve schema.json
batch w1 2000 11 "shift=-1"
put w1 datasets/t@none; is "$status" 2 "seasons that nobody approved hold"
like "$out$err" "drift.season.*summer" "and are named"
for season in winter summer; do
	assay baseline propose datasets/t --from $season/t.csv --season $season >$season.json; is $? 0 "propose $season"
	approve $season.json
done
run "$py" -c "import json; print(sorted(json.load(open('summer.json'))['x-seasons']))"; is "$out" "['summer', 'winter']" "the schema has both"
assay baseline propose datasets/t --from summer/t.csv --season 'hot days' >bad.json 2>err; is $? 1 "a tag has no space"

put w1 datasets/t@w1; is "$status" 0 "rows of the winter"
run assay show datasets/t@w1 --json; like "$out" "drift.nearest" "say to which season"
like "$out" "nearest to winter" "they come nearest"
batch s1 2000 12 "shift=1"
put s1 datasets/t@s1; is "$status" 0 "rows of the summer"
batch y1 2000 13
put y1 datasets/t@y1; is "$status" 1 "rows of neither season, though of the reference without a season"
like "$out" "drift.found.*height" "drift"
for i in 2 3 4; do
	batch "w$i" 2000 "2$i" "shift=-1"; put "w$i" "datasets/t@w$i"; is "$status" 0 "winter again, $i"
	batch "s$i" 2000 "3$i" "shift=1"; put "s$i" "datasets/t@s$i"; is "$status" 0 "and summer, which are not added up with each other"
done
batch w5 2000 40 "shift=-0.6"
put w5 datasets/t@w5; is "$status" 1 "a winter that is too warm is rejected"

# A dataset that grows over the seasons: what is new must fit one.
mkdir grow; cp w1/t.csv grow/1.csv; put grow datasets/t@g1; is "$status" 0 "a winter"
cp s1/t.csv grow/2.csv; put grow datasets/t@g2; is "$status" 0 "and a summer"
cp y1/t.csv grow/3.csv; put grow datasets/t@g3; is "$status" 1 "and what is neither"

policy_of "alpha: 0.001"
put y1 datasets/t@y2; is "$status" 0 "without seasons the reference of the year is compared"
done_testing
