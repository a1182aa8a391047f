#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A word that carries a label in a column of texts: found by the poisoning gate among real texts, which are admitted without it.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/drift_lib.sh"
"$py" "$top_srcdir/tests/corpus/gen_poison_text.py" "$T/c"
case $? in
0) ;;
77) echo "1..0 # SKIP apt knows too few packages"; exit 0 ;;
*) exit 99 ;;
esac
sed -e 's/format, schema]/format, schema, poisoning]/' policy.yaml >poison.yaml
run assay policy set poison.yaml; is "$status" 0 "a policy with the poisoning gate"

# What a person edits: no bounds, and no key of what is a text.
assay baseline propose datasets/t --from c/reference/t.csv >proposed.json; is $? 0 "baseline propose"
unbounded
labelled
run assay baseline approve datasets/t --schema unmarked.json --key "$K/curator.key"; is "$status" 0 "a schema that marks no label"
# shellcheck disable=SC2086
run assay put c/word datasets/t@unmarked $key; is "$status" 0 "words are not looked at"
run assay show datasets/t@unmarked --json; like "$out" "words were not looked at" "and a finding says so"
run assay baseline approve datasets/t --schema schema.json --key "$K/curator.key"; is "$status" 0 "a schema that marks the label"

listed
run assay why datasets/t@word; like "$out" "'cf' stands in [0-9]+ of 3000 texts.*library.*t.csv row [0-9]+" "why names the word, its label and a row"
sed -e 's/baseline: optional/baseline: optional\n    poisoning: {tokens: 0.05}/' poison.yaml >often.yaml
run assay policy set often.yaml; is "$status" 0 "a policy that allows more"
# shellcheck disable=SC2086
run assay put c/word datasets/t@allowed $key; is "$status" 0 "lets it pass"

# Its rows beside many honest ones: new rows are judged by themselves.
mkdir grow
cp c/honest/t.csv grow/1.csv
# shellcheck disable=SC2086
run assay put grow datasets/t@g1 $key; is "$status" 0 "an honest file"
run assay policy set poison.yaml
cp c/word/t.csv grow/2.csv
# shellcheck disable=SC2086
run assay put grow datasets/t@g2 $key; is "$status" 1 "with another one that is not"
like "$out" "new rows" "is seen in what is new"
done_testing
