#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The poisoning gate: honest batches are admitted, those that somebody tampered with rejected; a growing dataset hides nothing.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/drift_lib.sh"
"$py" "$top_srcdir/tests/corpus/gen_poison.py" "$T/c" || exit 99
sed -e 's/format, schema]/format, schema, poisoning]/' policy.yaml >poison.yaml
run assay policy set poison.yaml; is "$status" 0 "a policy with the poisoning gate"

# shellcheck disable=SC2086
run assay put c/honest10 datasets/t@v0 $key
like "$status:$out" "^0:" "without a reference a version is admitted"
run assay show datasets/t@v0 --json; like "$out" "poison.no-reference" "and says so"

assay baseline propose datasets/t --from c/reference/t.csv >proposed.json; is $? 0 "baseline propose"
unbounded
labelled
run assay baseline approve datasets/t --schema unmarked.json --key "$K/curator.key"; is "$status" 0 "a schema that marks no label"
# shellcheck disable=SC2086
run assay put c/flipped datasets/t@unmarked $key; is "$status" 0 "flips are not looked for"
run assay show datasets/t@unmarked --json; like "$out" "poison.not-applicable" "and a finding says so"
sed -e 's/baseline: optional/baseline: optional\n    poisoning: {label: label}/' poison.yaml >label.yaml
run assay policy set label.yaml; is "$status" 0 "a policy that names the label"
# shellcheck disable=SC2086
run assay put c/flipped datasets/t@named $key; is "$status" 1 "flips are found"
sed -e 's/baseline: optional/baseline: optional\n    poisoning: {label: nothing}/' poison.yaml >wrong.yaml
run assay policy set wrong.yaml
# shellcheck disable=SC2086
run assay put c/honest10 datasets/t@wrong $key; is "$status" 2 "a label that is no column holds the version"
like "$out" "poison.unknown" "which could not be judged"
run assay policy set poison.yaml
run assay baseline approve datasets/t --schema schema.json --key "$K/curator.key"; is "$status" 0 "a schema that marks the label"

listed
run assay why datasets/t@flipped; like "$out" "t.csv row [0-9]+ says (ant|bee|cow)" "why names rows with what they say"

# A growing dataset: nine honest files, then one with flips that the whole would hide.
mkdir grow
for i in 1 2 3 4 5 6 7 8 9; do
	"$py" -c "
import sys; sys.path.insert(0, '$top_srcdir/tests/corpus'); import gen_poison; gen_poison.write('.', 'x', gen_poison.rows_of(3000, 100 + $i))"
	mv x/t.csv "grow/$i.csv"
done
# shellcheck disable=SC2086
run assay put grow datasets/t@g1 $key; is "$status" 0 "nine honest files"
cp c/flipped/t.csv grow/10.csv
# shellcheck disable=SC2086
run assay put grow datasets/t@g2 $key; is "$status" 1 "one with flipped labels among them"
like "$out" "new rows" "is seen as what is new"
cp c/honest11/t.csv grow/10.csv
# shellcheck disable=SC2086
run assay put grow datasets/t@g3 $key; is "$status" 0 "an honest one in its place"

# Rows of the dataset that tests what is trained here.
sed -e 's/baseline: optional/baseline: optional\n    poisoning: {not-in: [datasets\/test]}/' poison.yaml >leak.yaml
run assay policy set leak.yaml; is "$status" 0 "a policy that keeps a dataset apart"
# shellcheck disable=SC2086
run assay put c/leak datasets/t@l0 $key; is "$status" 2 "of which nothing is admitted: held"
run assay policy set poison.yaml
assay baseline propose datasets/test --from c/test/t.csv >test.json
run assay baseline approve datasets/test --schema test.json --key "$K/curator.key"; is "$status" 0 "a reference of the test set"
# shellcheck disable=SC2086
run assay put c/test datasets/test@v1 $key; is "$status" 0 "the test set is admitted"
run assay policy set leak.yaml; is "$status" 0 "and kept apart"
# shellcheck disable=SC2086
run assay put c/leak datasets/t@l1 $key; is "$status" 1 "a tenth of its rows among others"
like "$out" "poison.leak" "are found"
run assay why datasets/t@l1; like "$out" "datasets/test@v1.*t.csv row [0-9]+" "with the version and a row"
# shellcheck disable=SC2086
run assay put c/honest12 datasets/t@l2 $key; is "$status" 0 "other rows are admitted"

# What a model said of the rows, in columns that the policy names by how they begin.
model() {
	sed -e "s/baseline: optional/baseline: optional\n    poisoning: {$1}/" poison.yaml >model.yaml
	run assay policy set model.yaml; is "$status" 0 "a policy with $1"
}
assay baseline propose datasets/m --from c/model/t.csv >m.json
"$py" - <<'PY'
import json
d = json.load(open("m.json", encoding="utf-8"))
for f in d["fields"]:
    f["constraints"] = {}
d["fields"][-1]["x-label"] = True
json.dump(d, open("model.json", "w", encoding="utf-8"))
PY
run assay baseline approve datasets/m --schema model.json --key "$K/curator.key"; is "$status" 0 "a reference with predictions and activations"
model "predictions: p_, activations: h"
# shellcheck disable=SC2086
run assay put c/model-honest datasets/m@v1 $key; is "$status" 0 "honest rows"
# shellcheck disable=SC2086
run assay put c/model-flipped datasets/m@v2 $key; is "$status" 1 "5 % of flips"
like "$out" "poison.predictions" "are what the predictions contradict"
run assay show datasets/m@v2 --json; like "$out" "t.csv row [0-9]+ says [a-z]+, the model [a-z]+" "and rows are named"
# shellcheck disable=SC2086
run assay put c/model-moved datasets/m@v3 $key; is "$status" 1 "ants whose activations lie elsewhere"
like "$out" "poison.spectrum" "are found there"
model "predictions: q_"
# shellcheck disable=SC2086
run assay put c/model-honest datasets/m@v4 $key; is "$status" 2 "predictions that the reference does not have hold the version"
like "$out" "no numbers q_ant" "and say which"
model "activations: q_"
# shellcheck disable=SC2086
run assay put c/model-honest datasets/m@v5 $key; is "$status" 2 "so do activations"
done_testing
