# SPDX-License-Identifier: Apache-2.0
# Batches of one table through a store, for the gates of data. Source tap.sh first, then this; it ends in $T, with a store.
#   policy_of KEYS: the drift gate with these keys; batch NAME ROWS SEED [KEYWORDS]: of gen_drift.py, in the folder NAME
#   put DIR REF: publishes it, into $status, $out and $err; unbounded [JSON]: schema.json is proposed.json without
#   constraints, or with these by the names of fields; labelled: then unmarked.json is that, and in schema.json the last field
#   is a label; listed: each batch of c/INDEX.tsv becomes what is said there
. "$top_srcdir/tests/integration/verb_lib.sh"
make_store || { echo "Bail out! no store"; exit 99; }
cd "$T" || exit 99
key="--key $K/alice.key"
policy_of() {
	sed -e 's/format, schema]/format, schema, drift]/' -e "s/baseline: optional/baseline: optional\n    drift: {$1}/" policy.yaml >drift.yaml
	run assay policy set drift.yaml
}
batch() {
	"$py" -c "
import sys; sys.path.insert(0, '$top_srcdir/tests/corpus'); import gen_drift; gen_drift.table('.', '$1', $2, $3, ${4-})"
}
put() {
	# shellcheck disable=SC2086
	run assay put "$1" "$2" $key
}
# What a person edits: bounds and sets of values would refuse before anything else is looked at.
unbounded() {
	"$py" - "$@" <<'PY'
import json, sys
d = json.load(open("proposed.json", encoding="utf-8"))
given = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
for f in d["fields"]:
    f["constraints"] = given.get(f["name"], {})
json.dump(d, open("schema.json", "w", encoding="utf-8"))
PY
}
labelled() {
	mv schema.json unmarked.json
	"$py" - <<'PY'
import json
d = json.load(open("unmarked.json", encoding="utf-8"))
d["fields"][-1]["x-label"] = True
json.dump(d, open("schema.json", "w", encoding="utf-8"))
PY
}
listed() {
	while IFS=$(printf '\t') read -r name want rule why; do
		put "c/$name" "datasets/t@$name"
		is "$status" "$want" "$name: $why"
		[ "$rule" = - ] || like "$out" "$rule" "$name: by $rule"
	done <c/INDEX.tsv
}
