#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Foreign keys into other datasets of the store: the newest version, a pinned one, one by tag, and those that are not there.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
make_store || { echo "Bail out! no store"; exit 99; }
cd "$T" || exit 99
key="--key $K/alice.key" cur="--key $K/curator.key"

# approve NAME FILE
approve() { run assay baseline approve "$1" --schema "$2" --key "$K/curator.key"; }
# put STATUS REF WHAT: of the directory d, then made anew
put() {
	# shellcheck disable=SC2086
	run assay put d "$2" $key
	is "$status" "$1" "$3"
	rm -r d
	mkdir d
}
# publish REF NAME...: users of these names, in two files and of a column more than is referred to
publish() {
	ref=$1
	shift
	printf 'age,name\n' >d/users-1.csv
	printf 'age,name\n' >d/users-2.csv
	for u; do printf '7,%s\n' "$u" >>"d/users-$((${#u} % 2 + 1)).csv"; done
	echo "about these users" >d/README.md
	put 0 "$ref" "users: $*"
}
# order NAME...: rows that refer to users
order() { printf 'id,who\n' >d/t.csv; for u; do printf '1,%s\n' "$u" >>d/t.csv; done; }
# schema PACKAGE [RESOURCE]: of orders, whose who is the name of a user
schema() {
	printf '{"fields": [{"name": "id", "type": "integer"}, {"name": "who", "type": "string"}],
 "foreignKeys": [{"fields": "who", "reference": {"package": "%s", %s"fields": "name"}}]}\n' "$1" "${2:+\"resource\": \"$2\", }"
}
mkdir d

schema store:datasets/users >s.json
approve datasets/orders s.json; like "$status:$err" "^[1-9].*reference/package" "another scheme is not approved"
schema assay:datasets/users >s.json
approve datasets/orders s.json; is "$status" 0 "a key into another dataset is approved"
order ann; mkdir e; cp d/t.csv e
run assay scan e --schema s.json; is "$status" 2 "assay scan alone cannot look into a store"
like "$out" "schema.foreign-key-unknown" "and says so"
put 2 datasets/orders@v1 "a dataset that is not there is an error"
like "$out$err" "no version of datasets/users is admitted" "which is told"
publish datasets/users@v1 ann bob
order ann bob ann ""
put 0 datasets/orders@v2 "keys that are there"
run assay show datasets/orders@v2 --json
is "$(json 'd["report"]["compared_with"][0]["ref"] if "report" in d else d')" "datasets/users@v1" "the report says which version"
like "$out" "2 different keys were looked for in datasets/users@v1" "and how many keys were looked for"
order ann carla
put 1 datasets/orders@v3 "one that is not"
like "$out$err" "row 2 refers to carla, which no row of datasets/users@v1 has" "by row, value and version"
publish datasets/users@v2 ann bob carla
order ann carla
put 0 datasets/orders@v4 "the newest version has it"

# Pinned, and by tag.
schema assay:datasets/users@v1 >s.json
approve datasets/orders s.json
order carla
put 1 datasets/orders@v5 "a pinned version has not what came later"
like "$out$err" "datasets/users@v1" "and is named"
run assay tag datasets/users live v2 $cur; is "$status" 0 "a tag"
schema assay:datasets/users@live >s.json
approve datasets/orders s.json
order carla
put 0 datasets/orders@v6 "the version of a tag"
run assay show datasets/orders@v6 --json
like "$out" '"ref": *"datasets/users@v2"' "which the report names"

# Files by pattern.
schema assay:datasets/users 'users-1.csv' >s.json
approve datasets/orders s.json
order bob
put 1 datasets/orders@v7 "another file than that of the pattern"
order anna
put 1 datasets/orders@v8 "no key of any file"
schema assay:datasets/users README.md >s.json
approve datasets/orders s.json
order bob
put 2 datasets/orders@v9 "a pattern of what is no table"
like "$out$err" "README.md: it is no table" "which is named"
schema assay:datasets/users 'nothing/*' >s.json
approve datasets/orders s.json
order bob
put 2 datasets/orders@v10 "a pattern of nothing"
like "$out$err" "it has no table with these columns" "which is told"
schema assay:datasets/users 'users-*.csv' | sed -e 's/"fields": "name"/"fields": "nmae"/' >s.json
approve datasets/orders s.json
order bob
put 2 datasets/orders@v11 "a field that its tables do not have"

# Several fields, of types, out of a format with types; more keys than one round asks for.
schema assay:datasets/numbers | sed -e 's/"fields": "who"/"fields": ["who", "id"]/; s/"fields": "name"/"fields": ["text", "number"]/' >s.json
approve datasets/orders s.json
"$py" - <<'PY'
with open("d/t.jsonl", "w") as f:
    for i in range(150000):
        f.write('{"other": [1], "number": %d, "text": "n%d"}\n' % (i, i * 7))
PY
put 0 datasets/numbers@v1 "many numbers"
"$py" - <<'PY'
for part in range(3):
    with open("d/t%d.csv" % part, "w") as f:
        f.write("id,who\n")
        for i in range(part * 50000, part * 50000 + 45000):
            f.write("%d,n%d\n" % (i, i * 7))
PY
put 0 datasets/orders@v12 "135,000 keys of two fields"
printf 'id,who\n3,n21\n4,n21\n' >d/t.csv
put 1 datasets/orders@v13 "parts of different rows"
like "$out$err" "row 2 refers to n21, 4" "are no key"

# Revoked.
schema assay:datasets/users@v2 >s.json
approve datasets/orders s.json
run assay revoke datasets/users@v2 --reason "found wrong" $cur; is "$status" 0 "the version is revoked"
order ann
put 2 datasets/orders@v14 "what was revoked is no reference"
like "$out$err" "datasets/users@v2 is revoked" "which is told"
schema assay:datasets/users >s.json
approve datasets/orders s.json
order carla
put 1 datasets/orders@v15 "the newest that stands"
like "$out$err" "datasets/users@v1" "is the one before"

# The policy changed since.
order ann
put 0 datasets/orders@v16 "rows that keep it"
cp policy.yaml p.yaml
cat >>p.yaml <<'POLICY'
  "datasets/users":
    gates: [integrity, signature, provenance, deserialization, format, schema]
    signature: {role: publisher, threshold: 1, bind: ref}
    provenance: {kind: source, require: [uri]}
    deserialization: {profiles: [weights], opaque: []}
    baseline: optional
POLICY
run assay policy set p.yaml; is "$status" 0 "a policy that the users do not meet"
order ann
put 2 datasets/orders@v17 "what does not pass it is no reference"
like "$out$err" "datasets/users@v1 does not pass the policy in force" "which is told"
run assay policy set policy.yaml; is "$status" 0 "the policy as it was"
run assay retry datasets/orders@v17; is "$status" 0 "and it is one again"
run assay verify datasets/orders@v16; is "$status" 0 "what was admitted stands"
done_testing
