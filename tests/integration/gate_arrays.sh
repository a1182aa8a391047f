#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Arrays of NumPy and HDF5 are tables: they have the counts of the same table as CSV, and the drift gate judges them.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
make_store || { echo "Bail out! no store"; exit 99; }
"$py" -c 'import h5py, numpy, sklearn' 2>/dev/null || { echo "1..0 # SKIP no scikit-learn or h5py"; exit 0; }
"$py" "$top_srcdir/tests/corpus/gen_arrays.py" "$T/c" || exit 99
tool=$top_builddir/tests/unit/table_tool
counts() { "$tool" scan "$1" "$2" | cut -d ' ' -f 1-3; }

# One table in each form: verdict, rows and digest of the counts.
for table in wine digits signed halves iris irisy record documents one; do
	"$tool" propose "$T/c/same/$table.csv" >"$T/$table.schema" || exit 99
	want=$(counts "$T/$table.schema" "$T/c/same/$table.csv")
	for array in "$T/c/same/$table".*.*; do
		is "$(counts "$T/$table.schema" "$array")" "$want" "$(basename "$array") is the table"
	done
done

# What is no column of the one table of the file, unless it has a resource of its own.
echo '{"fields": [{"name": "y", "type": "number"}]}' >"$T/y.schema"
echo '{"resources": [{"path": "*!x", "x-unchecked": true}, {"path": "*", "schema": {"fields": [{"name": "0", "type": "number"}]}}]}' >"$T/apart.schema"
cd "$T/c/misfits" || exit 99
for file in *.h5; do
	like "$("$tool" scan "$T/y.schema" "$file")" '^error .*schema.unsupported' "$file has no table"
	like "$("$tool" scan "$T/apart.schema" "$file")" '^pass ' "and one without x"
done
like "$("$tool" scan "$T/y.schema" "$T/c/damaged.h5")" '^fail .*malformed' "data that cannot be unpacked"
echo '{"fields": [{"name": "0", "type": "string"}]}' >"$T/text.schema"
cd "$T/c/heaps" || exit 99
for file in *.h5; do
	case $file in
	good-*|whole.h5) want='^pass ' ;;
	zero.h5) want='hdf5.unusual.*zero byte' ;;
	fill.h5) want='schema.unsupported.*a fill value' ;;
	*) want='^fail .*hdf5.malformed' ;;
	esac
	like "$("$tool" scan "$T/text.schema" "$file")" "$want" "texts of variable length: $file"
done
cd "$T/c/same" || exit 99
echo '{"resources": [{"path": "*!X", "x-shape": [null, 4], "x-dtype": "float64"}, {"path": "*!y", "x-shape": [151]}]}' >"$T/shape.schema"
like "$("$tool" scan "$T/shape.schema" irisy.plain.h5)" '^fail [^[]*\[schema.shape [^[]*$' "shapes of datasets, of which one is another"

cd "$T" || exit 99
key="--key $K/alice.key"
sed -e 's/format, schema]/format, schema, drift]/' policy.yaml >drift.yaml
run assay policy set drift.yaml; is "$status" 0 "a policy with the drift gate"
assay baseline propose datasets/a --from c/reference.csv >proposed.json; is $? 0 "baseline propose"
"$py" - <<'PY'
import json
d = json.load(open("proposed.json", encoding="utf-8"))
for f in d["fields"]:
    f["constraints"] = {}
json.dump(d, open("schema.json", "w", encoding="utf-8"))
PY
run assay baseline approve datasets/a --schema schema.json --key "$K/curator.key"; is "$status" 0 "a reference"
for name in good-csv good-npy good-fields good-npz good-h5; do
	# shellcheck disable=SC2086
	run assay put c/$name datasets/a@$name $key; is "$status" 0 "$name is admitted"
done
for name in moved moved-npz moved-h5; do
	# shellcheck disable=SC2086
	run assay put c/$name datasets/a@$name $key; is "$status" 1 "numbers that moved are not: $name"
	like "$out" "drift.found" "by the drift gate"
done
run assay baseline propose datasets/b --from c/good-npy/t.npy; is "$status" 0 "a schema is proposed from an array"
like "$out" '"name": "63"' "whose columns are numbered"

# Predictions beside the data in one archive.
sed -e 's/format, schema]/format, schema, poisoning]/' -e 's/baseline: optional/baseline: optional\n    poisoning: {predictions: pred_probs.}/' policy.yaml >model.yaml
run assay policy set model.yaml; is "$status" 0 "a policy with predictions"
assay baseline propose datasets/m --from c/model/t.npz >m.json
"$py" - <<'PY'
import json
d = json.load(open("m.json", encoding="utf-8"))
for f in d["fields"]:
    f["constraints"] = {}
    if f["name"] == "y":
        f["x-label"] = True
json.dump(d, open("model.json", "w", encoding="utf-8"))
PY
run assay baseline approve datasets/m --schema model.json --key "$K/curator.key"; is "$status" 0 "a reference from an archive"
# shellcheck disable=SC2086
run assay put c/model-honest datasets/m@v1 $key; is "$status" 0 "honest rows"
# shellcheck disable=SC2086
run assay put c/model-flipped datasets/m@v2 $key; is "$status" 1 "5 % of flips"
like "$out" "poison.predictions" "are what the predictions contradict"
done_testing
