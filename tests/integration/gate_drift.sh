#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The drift gate: honest batches are admitted, drifted ones rejected, small ones held; a growing dataset hides nothing.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/drift_lib.sh"
"$py" "$top_srcdir/tests/corpus/gen_drift.py" "$T/c" || exit 99
sed -e 's/format, schema]/format, schema, drift]/' policy.yaml >drift.yaml
run assay policy set drift.yaml; is "$status" 0 "a policy with the drift gate"
sed -e 's/gates: \[integrity, signature, deserialization, format, schema]/gates: [integrity, signature, deserialization, format, drift]/' -e '/baseline: optional/d' policy.yaml >wrong.yaml
run assay policy set wrong.yaml; like "$status:$err" "^[1-9].*needs the gate 'schema'" "drift without schema is refused"
sed -e 's/baseline: optional/baseline: optional\n    drift: {alpha: 0.5}/' drift.yaml >wrong.yaml
run assay policy set wrong.yaml; like "$status:$err" "^[1-9].*alpha" "an alpha that is not offered is refused"

# shellcheck disable=SC2086
run assay put c/honest10 datasets/t@v0 $key
like "$status:$out" "^0:" "without a reference a version is admitted"
run assay show datasets/t@v0 --json; like "$out" "drift.no-reference" "and says so"

assay baseline propose datasets/t --from c/reference/t.csv >proposed.json; is $? 0 "baseline propose"
unbounded
"$py" - <<'PY'
import json
d = json.load(open("schema.json", encoding="utf-8"))
d["fields"][0]["name"] = "tallness"
json.dump(d, open("renamed.json", "w", encoding="utf-8"))
PY
run assay baseline approve datasets/t --schema renamed.json --key "$K/curator.key"
like "$status:$err" "^[1-9].*height.*no field" "a reference of a column that the schema lacks is refused"
run assay baseline approve datasets/t --schema schema.json --key "$K/curator.key"; is "$status" 0 "baseline approve"

listed
run assay why datasets/t@hidden; like "$out" "height.*D is" "why names the column and the effect"

# A growing dataset: nine honest files, then one that is shifted, which the whole would hide.
mkdir grow
for i in 1 2 3 4 5 6 7 8 9; do
	"$py" -c "
import sys; sys.path.insert(0, '$top_srcdir/tests/corpus'); import gen_drift; gen_drift.table('grow/x', '$i', 3000, 100 + $i)"
	mv "grow/x/$i/t.csv" "grow/$i.csv"
done
rm -r grow/x
# shellcheck disable=SC2086
run assay put grow datasets/t@g1 $key; is "$status" 0 "nine honest files"
"$py" -c "
import sys; sys.path.insert(0, '$top_srcdir/tests/corpus'); import gen_drift; gen_drift.table('.', 'more', 3000, 200, shift=0.5)"
cp more/t.csv grow/10.csv
# shellcheck disable=SC2086
run assay put grow datasets/t@g2 $key; is "$status" 1 "one shifted file among them"
like "$out" "new rows" "is seen as what is new"
cp c/honest11/t.csv grow/10.csv
# shellcheck disable=SC2086
run assay put grow datasets/t@g3 $key; is "$status" 0 "an honest one in its place"

# A label is judged more strictly, and may be absent: of data that is to be predicted.
"$py" - "$top_srcdir" <<'PY'
import json, sys
sys.path.insert(0, sys.argv[1] + "/tests/corpus")
import gen_drift
d = json.load(open("schema.json", encoding="utf-8"))
next(f for f in d["fields"] if f["name"] == "colour")["x-label"] = True
json.dump(d, open("labelled.json", "w", encoding="utf-8"))
gen_drift.table(".", "flipped", 12000, 300, weights=(45, 35, 20))
gen_drift.table(".", "straight", 3000, 301)
PY
# shellcheck disable=SC2086
run assay put flipped datasets/t@unflipped $key; is "$status" 0 "a small change of shares passes in a column that is no label"
run assay baseline approve datasets/t --schema labelled.json --key "$K/curator.key"; is "$status" 0 "colour is a label"
# shellcheck disable=SC2086
run assay put flipped datasets/t@flipped $key; is "$status" 1 "and is rejected in a label"
like "$out" "colour.*V is" "which it names"
# shellcheck disable=SC2086
run assay put straight datasets/t@straight $key; is "$status" 0 "honest labels pass"
mkdir unlabelled
"$py" -c "
import csv
rows = list(csv.reader(open('straight/t.csv')))
csv.writer(open('unlabelled/t.csv', 'w', newline=''), lineterminator='\n').writerows([r[:2] + r[3:] for r in rows])"
# shellcheck disable=SC2086
run assay put unlabelled datasets/t@unlabelled $key; is "$status" 0 "data without labels passes"
run assay show datasets/t@unlabelled --json; like "$out" "drift.not-applicable" "and says that labels were not looked at"

sed -e 's/baseline: optional/baseline: optional\n    drift: {alpha: 0.001, small: warn}/' drift.yaml >warn.yaml
run assay policy set warn.yaml; is "$status" 0 "small: warn"
# shellcheck disable=SC2086
run assay put c/small datasets/t@small2 $key; is "$status" 0 "a small batch is admitted"
run assay show datasets/t@small2 --json; like "$out" "drift.small" "with a warning"
# A reference of many columns is longer than a policy may be, and assay scan takes its schema too.
"$py" -c "
import random
r = random.Random(1)
with open('wide.csv', 'w', encoding='utf-8') as f:
    print(*('c%d' % i for i in range(10)), sep=',', file=f)
    for _ in range(12000):
        print(*('%.3f' % r.gauss(i, 1) for i in range(10)), sep=',', file=f)"
assay baseline propose datasets/wide --from wide.csv >wide.json; is $? 0 "a wide table has a proposal"
ok "$([ "$(wc -c <wide.json)" -gt 1048576 ] && echo 0 || echo 1)" "which is long"
run assay scan --schema wide.json wide.csv; is "$status" 0 "and scan judges by it"; [ "$status" -eq 0 ] || diag "$err"

# A reference so small that no batch could be told from it: nothing to wait for.
run assay policy set drift.yaml; is "$status" 0 "small batches are held again"
head -n 101 c/reference/t.csv >few.csv
assay baseline propose datasets/few --from few.csv >few.json && assay baseline approve datasets/few --schema few.json --key "$K/curator.key" >/dev/null
is $? 0 "a reference of 100 rows"
# shellcheck disable=SC2086
run assay put c/small datasets/few@v1 $key; is "$status" 2 "nothing can be told from it"
like "$out" "drift.reference-small: .*the reference of 100 rows is too small" "and says that more batches will not help"
done_testing
