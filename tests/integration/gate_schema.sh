#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The schema gate: rules over rows, shares, several files by pattern, in a store.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
make_store || { echo "Bail out! no store"; exit 99; }
cd "$T" || exit 99
key="--key $K/alice.key"

# approve NAME FILE
approve() { run assay baseline approve "$1" --schema "$2" --key "$K/curator.key"; }
# put STATUS NAME WHAT: of the directory d, then made anew
n=0
put() {
	n=$((n + 1))
	# shellcheck disable=SC2086
	run assay put d "$2@v$n" $key
	is "$status" "$1" "$3"
	rm -r d
	mkdir d
}
mkdir d

# Rows.
cat >rows.json <<'JSON'
{"fields": [{"name": "start", "type": "date", "constraints": {"required": true}}, {"name": "end", "type": "date"},
            {"name": "state", "type": "string", "constraints": {"enum": ["open", "done"], "x-min-domain-mass": 0.75, "x-min-presence": 0.5}}],
 "x-rules": [{"rule": "end >= start", "name": "order", "x-null": "pass"}]}
JSON
sed -e 's/end >= start/end >= begin/' rows.json >wrong.json
approve datasets/rows wrong.json; like "$status:$err" "^[1-9].*x-rules/0/rule.*column" "a rule about no column is not approved"
sed -e 's/0\.75/1.5/' rows.json >wrong.json
approve datasets/rows wrong.json; like "$status:$err" "^[1-9].*x-min-domain-mass" "nor is a share of more than all"
approve datasets/rows rows.json; is "$status" 0 "the schema is approved"
printf 'start,end,state\n2024-01-01,2024-01-02,open\n2024-01-01,,done\n' >d/t.csv
put 0 datasets/rows "rows that keep it"
run assay show "datasets/rows@v$n" --json; like "$out" "schema.rule-null" "what is open is reported"
printf 'start,end,state\n2024-01-01,2024-01-02,open\n2024-01-03,2024-01-02,done\n' >d/t.csv
put 1 datasets/rows "an end before its start"
run assay why "datasets/rows@v$n"; like "$out" "end = 2024-01-02, start = 2024-01-03|schema.rule" "why names the rule"
printf 'start,end,state\n2024-01-01,,open\n2024-01-01,,opne\n' >d/t.csv
put 1 datasets/rows "too many unknown values"
like "$out" "schema.domain-mass" "by the share"
printf 'start,end,state\n2024-01-01,,open\n2024-01-01,,\n2024-01-01,,\n' >d/t.csv
put 1 datasets/rows "too few values"
like "$out" "schema.presence" "by the share"

# Several files.
sum() { sha256sum "$1" | cut -d' ' -f1; }
printf 'a\n1\n' >a.csv
cat >files.json <<JSON
{"resources": [{"path": "train/*.csv", "schema": {"fields": [{"name": "a", "type": "integer"}]}},
               {"path": "fixed.csv", "hash": "sha256:$(sum a.csv)", "schema": {"fields": [{"name": "a", "type": "any"}]}},
               {"path": "extra/**", "x-optional": true, "x-unchecked": true}]}
JSON
approve datasets/files files.json; is "$status" 0 "a schema of several files is approved"
tree() { mkdir -p d/train; cp a.csv d/train/1.csv; cp a.csv d/fixed.csv; echo words >d/README.md; }
tree
put 0 datasets/files "all files there"
tree; mkdir d/extra; printf 'x\n1\n' >d/extra/x.csv
put 0 datasets/files "and an optional one"
tree; printf 'a\nx\n' >d/train/2.csv
put 1 datasets/files "a row of another type in the second file of a pattern"
like "$out" "train/2.csv" "which is named"
tree; cp a.csv d/other.csv
put 1 datasets/files "a file that no pattern names"
like "$out" "schema.unnamed" "by name"
tree; rm -r d/train
put 1 datasets/files "no file of a resource"
like "$out" "schema.missing-file" "is missed"
tree; printf 'a\n2\n' >d/fixed.csv
put 1 datasets/files "a file of another digest"
like "$out" "schema.digest" "is not the one"
tree; cp a.csv d/train/x.bin
put 1 datasets/files "a file beside the pattern in its folder"

# Foreign keys.
cat >keys.json <<'JSON'
{"resources": [
  {"path": "orders/*.csv", "schema": {"fields": [{"name": "id", "type": "integer"}, {"name": "who", "type": "string"}],
   "foreignKeys": [{"fields": "who", "reference": {"resource": "people", "fields": "name"}}]}},
  {"path": "people.csv", "name": "people", "schema": {"fields": [{"name": "name", "type": "string", "constraints": {"unique": true}}]}}]}
JSON
sed -e 's/"resource": "people"/"resource": "datasets\/people@v1"/' keys.json >wrong.json
approve datasets/keys wrong.json; like "$status:$err" "^[1-9].*package" "a key into another dataset needs its package"
approve datasets/keys keys.json; is "$status" 0 "a schema with a foreign key is approved"
order() { mkdir -p d/orders; printf 'id,who\n1,ann\n' >d/orders/1.csv; printf 'id,who\n2,%s\n' "$1" >d/orders/2.csv; printf 'name\nann\nbob\n' >d/people.csv; }
order bob
put 0 datasets/keys "keys that are there"
order bobby
run assay scan d --schema keys.json; is "$status" 1 "assay scan compares the keys of a folder"
put 1 datasets/keys "one that is not"
like "$out" "schema.foreign-key" "by its rule"
run assay why "datasets/keys@v$n"; like "$out" "orders/2.csv.*bobby" "which names file and key"
order bob; printf 'name\nann\n' >d/people.csv
put 1 datasets/keys "a key that went away, beside files that were scanned before"

# Croissant.
cat >croissant.json <<JSON
{"@context": {"@vocab": "https://schema.org/"}, "@type": "sc:Dataset", "conformsTo": "http://mlcommons.org/croissant/1.0", "name": "numbers",
 "distribution": [{"@type": "cr:FileObject", "@id": "a.csv", "contentUrl": "https://data.example/a.csv", "encodingFormat": "text/csv", "sha256": "$(sum a.csv)"}],
 "recordSet": [{"@type": "cr:RecordSet", "@id": "all", "field": [{"@type": "cr:Field", "@id": "all/a", "dataType": "sc:Integer",
  "source": {"fileObject": {"@id": "a.csv"}, "extract": {"column": "a"}}}]}]}
JSON
assay baseline propose datasets/bread --from croissant.json >bread.json; is $? 0 "a schema is proposed from Croissant metadata"
approve datasets/bread bread.json; is "$status" 0 "it is approved as it is"
cp a.csv croissant.json d
put 0 datasets/bread "the files that the metadata names"
printf 'a\n2\n' >d/a.csv
put 1 datasets/bread "another file by that name"
like "$out" "schema.digest" "by its digest"
run assay baseline propose datasets/bread --from keys.json; like "$status:$err" "^[1-9].*Croissant" "a document of another kind"

# Documents.
cat >doc.json <<'JSON'
{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["id"],
 "properties": {"id": {"type": "integer", "minimum": 1}, "tags": {"items": {"enum": ["a", "b"]}, "uniqueItems": true}}}
JSON
sed -e 's/minimum/minmum/' doc.json >wrong.json
approve datasets/docs wrong.json; like "$status:$err" "^[1-9].*/properties/id/minmum" "an unknown keyword is not approved"
approve datasets/docs doc.json; is "$status" 0 "a JSON Schema is approved"
printf '{"id": 1, "tags": ["a", "b"]}\n{"id": 2}\n' >d/t.jsonl
put 0 datasets/docs "documents that meet it"
printf '{"id": 1}\n{"id": 0}\n' >d/t.jsonl
put 1 datasets/docs "one that does not"
like "$out" "schema.document" "by its rule"
done_testing
