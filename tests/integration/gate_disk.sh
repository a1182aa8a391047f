#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Datasets of several files: the folder that save_to_disk writes, through all gates of data, and one table in forms of several kinds.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
make_store || { echo "Bail out! no store"; exit 99; }
cd "$T" || exit 99
gen() { "$py" "$top_srcdir/tests/corpus/gen_disk.py" "$@" || exit 99; }
# put STATUS REF WHAT: of the directory d, which is removed
put() {
	run assay put d "$2" --key "$K/alice.key"
	is "$status" "$1" "$3"
	rm -r d
}
sed -e 's/format, schema\]/format, schema, drift, outliers, poisoning]/' policy.yaml >all.yaml
run assay policy set all.yaml; is "$status" 0 "the gates of data"

gen disk ref 1 4000 1
assay baseline propose datasets/disk --from ref/data-00000-of-00001.arrow >s.json; is $? 0 "a schema is proposed from an Arrow stream"
run assay baseline approve datasets/disk --schema s.json --key "$K/curator.key"; is "$status" 0 "and approved"
gen disk d 2 4000 4
put 0 datasets/disk@v1 "four streams of other rows"
gen disk d 3 4000 4 8
put 1 datasets/disk@v2 "one of them moved"
like "$out" "drift.found: .*x" "which is drift"
gen disk d 4 4000 4 1 0.2
put 1 datasets/disk@v3 "a fifth of the rows is one row"
like "$out" "poison.duplicates: .*data-0000[0-3]-of-00004.arrow row [0-9]+ comes" "which is named"
gen disk d 5 4000 4
printf '{"_data_files": [{"filename": "../../secret.arrow"}]}\n' >d/state.json
put 1 datasets/disk@v4 "a state that leads out of the folder"
like "$out" "config.path" "by its rule"
gen disk d 6 4000 4
truncate -s -2000 d/data-00002-of-00004.arrow
put 1 datasets/disk@v5 "a stream that was cut"
like "$out" "data-00002-of-00004.arrow" "by its name"

# The same table in three forms, each by its pattern.
"$py" - <<'PY'
import json
table = {k: v for k, v in json.load(open("s.json")).items() if k in ("fields", "missingValues")}
json.dump({"resources": [{"path": p, "schema": table} for p in ("comma/*.csv", "lines/*.jsonl", "columns/*.arrow")]}, open("m.json", "w"))
PY
run assay baseline approve datasets/mixed --schema m.json --key "$K/curator.key"; is "$status" 0 "a schema of three forms"
sed -e 's/, drift, outliers, poisoning//' all.yaml >schema.yaml
run assay policy set schema.yaml; is "$status" 0 "the schema gate alone"
gen mixed d 7 500
put 0 datasets/mixed@v1 "all three"
for bad in comma/1.csv lines/1.jsonl; do
	gen mixed d 8 500
	sed -i -e '3s/red\|green\|blue\|grey/purple/' "d/$bad"
	put 1 "datasets/mixed@v2-${bad%%/*}" "another word in $bad"
	like "$out" "$bad" "by its name"
	like "$out" "schema.enum: .*row [23], column word.*value purple" "and place"
done
gen mixed d 9 500
"$py" - "d/columns/1.arrow" <<'PY'
import sys
data = open(sys.argv[1], "rb").read()
open(sys.argv[1], "wb").write(data.replace(b"green", b"greem", 1))
PY
put 1 datasets/mixed@v3 "another word in columns/1.arrow"
like "$out" "schema.enum: .*column word.*value greem" "by its column"
gen mixed d 10 500
mv d/columns/1.arrow d/lines/2.jsonl
put 1 datasets/mixed@v4 "a file in the form of another pattern"

# One of the forms has a reference.
run assay policy set all.yaml; is "$status" 0 "the gates of data again"
"$py" - <<'PY'
import json
s, m = json.load(open("s.json")), json.load(open("m.json"))
m["resources"][0]["schema"] = dict(m["resources"][0]["schema"], **{"x-profile": s["x-profile"]})
json.dump(m, open("one.json", "w"))
m["resources"][2]["schema"] = m["resources"][0]["schema"]
json.dump(m, open("two.json", "w"))
PY
run assay baseline approve datasets/one --schema two.json --key "$K/curator.key"
like "$status:$err" "^[1-9].*resources/2/schema/x-profile.*another resource" "two resources with a reference are refused"
run assay baseline approve datasets/one --schema one.json --key "$K/curator.key"; is "$status" 0 "one is approved"
gen mixed d 11 2000
put 0 datasets/one@v1 "all three, of which one is compared"
run assay show datasets/one@v1 --json
like "$out" '"rows": *2000' "with its own rows alone"
gen mixed d 12 2000
sed -i -e 's/^0\.[0-4]/0.9/' d/comma/1.csv
put 1 datasets/one@v2 "it moved"
like "$out" "drift.found: .*column x" "which is drift"
gen mixed d 13 2000
sed -i -e 's/"x": 0\.[0-4]/"x": 0.9/' d/lines/1.jsonl
put 0 datasets/one@v3 "another one moved, which has no reference"
done_testing
