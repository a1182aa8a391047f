#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# trust, policy, baseline, tag, retire, revoke, waive: what is signed by owner and curator, and refused otherwise.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
make_store || { echo "Bail out! no store"; exit 99; }
cd "$T" || exit 99
key="--key $K/alice.key" cur="--key $K/curator.key"
model m; table t
assay put m models/m@v1 $key >/dev/null
cp -r m m2; echo '{"hidden_size": 8}' >m2/config.json
assay put m2 models/m@v2 $key >/dev/null

# ---- trust ----
run assay trust show; is "$status" 0 "trust show"; like "$out" "publisher +[0-9a-f]{16}  \*\*" "lists who may do what"
run assay trust show --json; is "$(json "d['version'], len(d['keys'])")" "3 6" "trust show --json"
alice=$(json "[k['key'] for k in d['keys'] if k['grants'][0]['role']=='publisher'][0]")
run assay trust add nofile.pub --role publisher --for 'models/**'; refused 2 "nofile.pub" "trust add of a missing file"
run assay trust add "$K/mallory.pub" --role emperor --for 'models/**'; refused 64 "no role 'emperor'" "an unknown role"
run assay trust add "$K/mallory.pub" --role publisher; refused 64 "expected" "trust add without --for"
run assay trust add "$K/mallory.key" --role publisher --for 'models/**'; refused 1 "public key" "a private key in its place"
run assay trust sign --owner "$K/mallory.key"; refused 1 "root keys" "not the owner's key"
run assay trust sign --expires tomorrow; refused 64 "2027-01-31T00:00:00Z" "--expires tomorrow"
run assay trust sign --expires 2020-01-01T00:00:00Z; refused 64 "is past" "--expires in the past"
run assay trust sign --expires 2099-01-01T00:00:00Z --json; is "$status" 0 "trust sign --expires"; valid "trust sign"
like "$(assay trust show)" "expires 2099-01-01" "moves the end"
run assay trust nonsense; refused 64 "trust knows" "an unknown word"
run assay trust remove deadbeef; refused 2 "no key deadbeef" "trust remove of nobody"
run assay trust add "$K/mallory.pub" --role publisher --for 'models/two/**' --threshold 2; is "$status" 0 "--threshold 2"
run assay put m models/two/a@v1 $key; is "$status" 1 "one signature of two is too few"; like "$out" "1 of 2 trusted keys signed" "and says so"
cp -r m two; assay sign two --as models/two/a@v1 $key >/dev/null; mv two/model.sig two/first.sigstore.json
assay sign two --as models/two/a@v1 --key "$K/mallory.key" >/dev/null
run assay put two models/two/a@v1; is "$status" 0 "two are enough"
run assay trust remove "$alice"; is "$status" 0 "trust remove"
run assay put m models/late@v1 $key; is "$status" 1 "a removed key signs nothing new"
run assay get models/m@v1 still; is "$status" 0 "what it signed before stays readable"
run assay trust revoke "$alice"; refused 64 "--reason" "revoke without a reason"
run assay trust revoke "$alice" --reason "laptop stolen"; is "$status" 0 "trust revoke"
run assay get models/m@v1 cut; refused 1 "." "cuts readers"
assay keygen "$K/bob" --no-passphrase >/dev/null
assay trust add "$K/bob.pub" --role publisher --for '**' >/dev/null
key="--key $K/bob.key"
assay put m models/b@v1 $key >/dev/null; assay put m2 models/b@v2 $key >/dev/null
assay keygen "$K/owner2" --type ed25519 --no-passphrase >/dev/null
run assay trust rotate; refused 64 "rotate --new" "rotate without a key"
run assay trust rotate --new "$K/owner2.key"; is "$status" 0 "rotate"
run assay trust sign; refused 1 "." "the old owner is no longer"
run assay trust sign --owner "$K/owner2.key"; is "$status" 0 "the new one is"
run assay get models/b@v1 b1; is "$status" 0 "readers do not notice"
own="--owner $K/owner2.key"

# ---- policy ----
sed 's/threshold: 1/treshold: 1/' policy.yaml >typo.yaml
run assay policy check typo.yaml; refused 1 "typo.yaml: line 8: unknown key 'treshold'" "a typo is named with its line"
run assay policy check typo.yaml --json; valid "policy check of a typo"
run assay policy check policy.yaml --json; is "$status" 0 "policy check"; valid "policy check"
run assay policy check nofile; refused 2 "nofile" "policy check of nothing"
run assay policy set typo.yaml $own; refused 1 "line 8" "policy set of a typo"
run assay policy set policy.yaml $key --owner "$K/bob.key"; refused 64 "unknown option" "policy set has no --key"
run assay policy set policy.yaml --owner "$K/bob.key"; refused 1 "not a root" "policy set by somebody else"
run assay policy show; like "$out" "^# policy 2" "policy show"
run assay policy show --json; is "$(json "d['version']")" 2 "policy show --json"
run assay policy show models/m@v1 --json; is "$(json "d['rules'], d['gates'][0]")" "models/** integrity" "policy show REF --json"
run assay policy show code/x; refused 1 "policy.no-rule" "policy show of a name without a rule"
run assay policy set policy.yaml --dry-run; is "$out" "nothing that is admitted would change" "--dry-run of the same"
sed 's/profiles: \[weights\]/profiles: [weights, sklearn]/' policy.yaml >more.yaml
run assay policy set more.yaml --dry-run --json; is "$(json "d['artifacts'][0]['would']")" "be judged again" "--dry-run of other scan rules"
run assay policy set more.yaml $own --json; is "$(json "d['version']")" 3 "policy set"
run assay get models/b@v1 b2; is "$status" 0 "what still passes was judged again and stays readable"
sed '/^  "models\/\*\*":/,+3d' more.yaml >less.yaml
run assay policy set less.yaml --dry-run; like "$out" "models/b@v1 would become unreadable" "--dry-run names what loses its rule"
run assay policy set less.yaml $own; is "$status" 0 "policy set without a rule for models"
run assay get models/b@v1 b3; refused 1 "policy.no-rule" "closes them"
run assay policy set more.yaml $own; is "$status" 0 "and back"
run assay get models/b@v1 b3; is "$status" 0 "opens them"
run assay policy bogus; refused 64 "expected" "an unknown word"

# ---- baseline ----
run assay baseline propose datasets/t --from t/t.csv; is "$status" 0 "baseline propose"; valid "baseline propose"
printf '%s' "$out" | python3 -c 'import json, sys
d = json.load(sys.stdin)
next(f for f in d["fields"] if f["name"] == "height")["constraints"]["maximum"] = 1.8
next(f for f in d["fields"] if f["name"] == "colour")["constraints"]["enum"] = ["red", "green"]
json.dump(d, sys.stdout)' >schema.json
run assay baseline show datasets/t; refused 2 "no approved baseline" "baseline show of none"
run assay baseline approve datasets/t --schema schema.json $key; refused 1 "not a curator" "approved by a publisher"
run assay baseline approve datasets/t --schema schema.json; refused 64 "curator's key" "approved by nobody"
run assay baseline approve datasets/t --schema schema.json $cur --json; is "$(json "d['version']")" 1 "baseline approve"
run assay baseline show datasets/t; is "$(json "d['fields'][0]['name']")" id "baseline show"
run assay baseline propose datasets/t; refused 64 "expected" "propose from nothing"
run assay baseline propose 'datasets/../t' --from t/t.csv; refused 64 "is not a name" "a name with .."
sed 's/"missingValues": \[/"missingValues": ["red",/; s/"enum": \["red", "green"\]/"enum": ["green"]/' schema.json >edited.json
run assay baseline approve datasets/t --schema edited.json $cur; refused 1 'counts "red" of colour as a value' "a reference that counts what is missing now"
like "$err" "propose NAME --from FILE --schema" "and what to do"
run assay baseline propose datasets/t --from t/t.csv --schema edited.json; is "$status" 0 "is counted again"; valid "counted again"
is "$(json "d['fields'] == json.load(open('edited.json'))['fields'] and d['missingValues']")" "['red', '']" "with the schema as it was edited"
printf '%s' "$out" >again.json
run assay baseline propose datasets/t --from t/t.csv --schema edited.json --season spring; refused 1 "counts" "a season beside it"
run assay baseline propose datasets/t --from t/t.csv --schema again.json --season spring; is "$(json "list(d['x-seasons'])")" "['spring']" "then a season of that schema"
printf '{"resources": []}' >several.json
run assay baseline propose datasets/t --from t/t.csv --schema several.json; refused 64 "one table" "of several files"
run assay put t datasets/t@v1 $key; is "$status" 0 "a table within its schema"
table bad '9,99999,red'
run assay put bad datasets/t@v2 $key; is "$status" 1 "a bad row"
like "$out" "schema.range: .*row 9, column height.*value 99999, limit 1.8" "is named with column, value and limit"
run assay why datasets/t@v2; like "$out" "^where: t.csv, row 9, column height" "why names row and column"
table tsv; mv tsv/t.csv tsv/u.csv; sed -i 's/red/blue/' tsv/u.csv
run assay put tsv datasets/t@v3 $key; is "$status" 1 "a value outside its set"; like "$out" "row 1, column colour" "is named"
run assay baseline propose datasets/t --from datasets/t@v1; is "$status" 0 "propose from a version"

# ---- waive ----
until=--until=2099-01-01
run assay waive models/b@v1 pickle.call.denied $until --reason x $cur; refused 1 "cannot be waived" "a rule that means code"
run assay waive datasets/t@v2 schema.range --until 2020-01-01 --reason x $cur; refused 64 "is past" "a waiver that has ended"
run assay waive datasets/t@v2 schema.range --until soon --reason x $cur; refused 64 "YYYY-MM-DD" "--until soon"
run assay waive datasets/t@v2 schema.range $until $cur; refused 64 "reason" "a waiver without a reason"
run assay waive datasets/t@v2 schema.nonsense $until --reason x $cur; refused 64 "no rule" "an unknown rule"
run assay waive datasets/t@v2 schema.range $until --reason "known" $key; refused 1 "not a curator" "waived by a publisher"
run assay waive datasets/t@v2 schema.range $until --reason "known" $cur --json; is "$status" 0 "waive"; valid waive
run assay put bad datasets/t@v2 $key; is "$status" 0 "the waived finding warns"; like "$out" "schema +warn" "and says so"

# ---- tag ----
run assay tag models/b prod v1 $cur; is "$status" 0 "tag"
run assay resolve models/b@prod --json; is "$(json "d['ref']")" models/b@v1 "resolves"
run assay tag models/b prod v2 $cur --json; is "$status" 0 "moves"; valid tag
is "$(assay resolve models/b@prod)" models/b@v2 "to the other version"
run assay verify models/b@prod; is "$status" 0 "verify of a tag"
run assay bom models/b@prod; is "$status" 0 "bom of a tag"
run assay tag models/b prod v9 $cur; refused 2 "no artifact models/b@v9" "a tag to nothing"
run assay tag models/b v1 v2 $cur; refused 1 "may not share a name" "a tag named as a version"
run assay put m models/b@prod $key; refused 1 "is a tag" "a version named as a tag"
run assay tag models/b prod v2 $key; refused 1 "not a curator" "a tag moved by a publisher"
run assay tag models/b prod v2; refused 64 "curator's key" "a tag moved by nobody"
run assay tag models/b a/b v2 $cur; refused 64 "a tag takes" "a tag with a slash"
run assay tag models/b; refused 64 "expected" "tag of nothing"
run assay ls models/b; like "$out" "^tag +models/b@prod -> v2$" "ls shows tags"

# ---- retire, revoke ----
run assay retire models/b@v1 $key; refused 1 "not a curator" "retired by a publisher"
run assay retire models/b@v1 $cur; is "$status" 0 "retire"
run assay retire models/b@v1 $cur; refused 2 "is retired" "retire again"
run assay get models/b@v1 r1; refused 1 "is retired" "get of what is retired"
run assay wait models/b@v1; is "$status" 1 "wait for what is retired"
run assay revoke models/b@v2 $cur; refused 64 "--reason" "revoke without a reason"
run assay revoke models/b@v2 $cur --reason "leaked data" --json; is "$status" 0 "revoke"; valid revoke
run assay why models/b@v2; like "$out" "is revoked: leaked data" "why says the reason"
run assay get models/b@v2 r2; refused 1 "is revoked" "get of what is revoked"
run assay put m2 models/b@v2 $key; refused 1 "is revoked" "its version is taken for ever"
run assay log verify; is "$status" 0 "all of it is in the log"
run assay fsck; is "$status" 0 "and the store is clean"
done_testing
