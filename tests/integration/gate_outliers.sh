#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The outliers gate: honest batches are admitted; one huge value, too many far values and impossible combinations are rejected by name.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/drift_lib.sh"
tab=$(printf '\t')
"$py" "$top_srcdir/tests/corpus/gen_outliers.py" "$T/c" || exit 99
sed -e 's/format, schema]/format, schema, outliers]/' policy.yaml >outliers.yaml
run assay policy set outliers.yaml; is "$status" 0 "a policy with the outliers gate"
with() { sed -e "s/baseline: optional/baseline: optional\\n    outliers: {$1}/" outliers.yaml >with.yaml; run assay policy set with.yaml; }
with 'alpha: 0.5'; like "$status:$err" "^[1-9].*alpha" "an alpha that is not offered is refused"

# shellcheck disable=SC2086
run assay put c/huge datasets/t@v0 $key
like "$status:$out" "^0:" "without a reference a version is admitted"
run assay show datasets/t@v0 --json; like "$out" "outlier.no-reference" "and says so"
run assay withdraw datasets/t@v0 --reason test $key

approve() {
	assay baseline propose datasets/t --from "$1" >proposed.json || return 1
	unbounded "$2"
	assay baseline approve datasets/t --schema schema.json --key "$K/curator.key"
}
run approve c/reference/t.csv '{}'; is "$status" 0 "a reference"
while IFS=$tab read -r name want rule why; do
	# shellcheck disable=SC2086
	run assay put "c/$name" "datasets/t@$name" $key
	is "$status" "$want" "$name: $why"
	[ "$rule" = - ] || like "$out" "$rule" "$name: by $rule"
	[ "$rule" = - ] || continue
	run assay show "datasets/t@$name" --json
	case $out in *outlier.*) r=1 ;; *) r=0 ;; esac
	ok $r "$name: without a word"
done <c/INDEX.tsv
run assay why datasets/t@huge; like "$out" "height, row 1501: 1e.09 lies beyond" "a value is named with its row"
run assay why datasets/t@twisted; like "$out" "Mahalanobis.*t.csv row [0-9]+ .*(height, weight|weight, height)" "rows with their columns"
worst=$(printf '%s' "$out" | sed -n 's/.*Mahalanobis.*t.csv row \([0-9]*\) .*/\1/p' | head -1)
# The header is a line, too.
like "$(sed -n "$((worst + 1))p" c/twisted/t.csv)" "^190.000,46.000," "and it is one of those"
run assay why datasets/t@wide; like "$out" "income.*% of the values lie outside" "and the rate of a column"

# A growing dataset: nine honest files, then one that the whole would hide.
mkdir grow
for i in 1 2 3 4 5 6 7 8 9; do
	"$py" -c "
import sys; sys.path.insert(0, '$top_srcdir/tests/corpus'); import gen_outliers; gen_outliers.table('grow/x', '$i', 3000, 100 + $i)"
	mv "grow/x/$i/t.csv" "grow/$i.csv"
done
rm -r grow/x
# shellcheck disable=SC2086
run assay put grow datasets/t@g1 $key; is "$status" 0 "nine honest files"
"$py" -c "
import sys; sys.path.insert(0, '$top_srcdir/tests/corpus'); import gen_outliers; gen_outliers.table('.', 'more', 3000, 200, twisted=0.02)"
cp more/t.csv grow/10.csv
# shellcheck disable=SC2086
run assay put grow datasets/t@g2 $key; is "$status" 1 "one twisted one among them"
like "$out" "new rows" "is seen as what is new"
run assay why datasets/t@g2; like "$out" "10.csv row" "in its file"
cp c/honest11/t.csv grow/10.csv
# shellcheck disable=SC2086
run assay put grow datasets/t@g3 $key; is "$status" 0 "an honest one in its place"

# What the policy and the schema say of a column.
with 'columns: {height: off}'; is "$status" 0 "a column is off"
# shellcheck disable=SC2086
run assay put c/huge datasets/t@huge2 $key; is "$status" 0 "its values are not looked at"
with 'columns: {height: {ranges: 1}}'
# shellcheck disable=SC2086
run assay put c/high datasets/t@high2 $key; is "$status" 1 "one range is less than three"
with 'methods: [value, rate, hbos]'
# shellcheck disable=SC2086
run assay put c/twisted datasets/t@twisted2 $key; is "$status" 0 "methods that are not named decide nothing"
with 'columns: {hight: off}'
# shellcheck disable=SC2086
run assay put c/honest12 datasets/t@typo $key; is "$status" 2 "a column that is not there is no pass"
like "$out" "outlier.unknown" "it says so"
run assay policy set outliers.yaml
run approve c/reference/t.csv '{"age": {"minimum": 0, "maximum": 1000}}'; is "$status" 0 "a schema with bounds"
# shellcheck disable=SC2086
run assay put c/old datasets/t@old2 $key; is "$status" 0 "what they include is no outlier"

# Rows of a season are compared with its reference.
run approve c/reference/t.csv '{}'
"$py" -c "
import sys; sys.path.insert(0, '$top_srcdir/tests/corpus'); import gen_outliers; gen_outliers.table('.', 'sales', 5000, 300, wide=0.04)"
for season in plain sales; do
	[ $season = sales ] && from=sales || from=c/reference
	assay baseline propose datasets/t --from $from/t.csv --season $season >$season.json
	run assay baseline approve datasets/t --schema $season.json --key "$K/curator.key"; is "$status" 0 "a season: $season"
done
sed -e 's/schema, outliers]/schema, drift, outliers]/' -e 's/baseline: optional/baseline: optional\n    drift: {seasonal: [plain, sales]}/' outliers.yaml >seasons.yaml
run assay policy set seasons.yaml; is "$status" 0 "a policy with seasons"
# shellcheck disable=SC2086
run assay put c/wide datasets/t@wide2 $key; is "$status" 0 "what is usual in its season"
# shellcheck disable=SC2086
run assay put c/twisted datasets/t@twisted3 $key; is "$status" 1 "what is not"
like "$out" "outlier.rows" "is found in it"
run assay policy set outliers.yaml

run approve c/tiny/t.csv '{}'; is "$status" 0 "a reference of 40 rows"
# shellcheck disable=SC2086
run assay put c/honest13 datasets/t@few $key; is "$status" 2 "cannot judge rows"
like "$out" "outlier.unknown" "and does not let them pass"
with 'methods: [value, rate]'
# shellcheck disable=SC2086
run assay put c/honest13 datasets/t@few2 $key; is "$status" 0 "but values"
# shellcheck disable=SC2086
run assay put c/huge datasets/t@few3 $key; is "$status" 1 "which it rejects"
done_testing
