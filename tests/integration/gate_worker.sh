#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Real workers: one that dies holds what is staged, and a retry with a healthy one admits it; a real schema names row, column, value and limit.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/mount_lib.sh"

# ---- a worker that dies ----
real=$ASSAY_WORKER
ASSAY_WORKER=/bin/false ASSAY_STORE=$S
export ASSAY_WORKER ASSAY_STORE
tree src models/shared/w@v1
start; ok $? "the mount answers"
run timeout 60 mkdir -p "$M/models/shared/w@v1"
run timeout 60 cp -r "$T/src/." "$M/models/shared/w@v1/"; is "$status" 0 "cp ends well while workers die"
wait_state models/shared/w@v1 held
run timeout 60 assay why models/shared/w@v1; like "$out$err" "could not be judged" "why says that it could not be judged"
run timeout 60 cat "$M/models/shared/w@v1/a.bin"; errno_is "Permission denied" "INV-6: it cannot be read"
run timeout 60 assay retry models/shared/w@v1; is "$status" 2 "a retry with the same worker holds it again"
is "$(state models/shared/w@v1)" held "still held"
stop
ASSAY_WORKER=$real
start; ok $? "mounted again, with a worker that works"
is "$(state models/shared/w@v1)" held "held over a restart"
run timeout 60 assay retry models/shared/w@v1; is "$status" 0 "a retry with a healthy one ends with 0"
wait_state models/shared/w@v1 admitted
same "$T/src" "$M/models/shared/w@v1"; ok $? "and it reads back bit for bit"
stop

# ---- a schema ----
ASSAY_STORE=$T/data XDG_CONFIG_HOME=$T/config
export ASSAY_STORE XDG_CONFIG_HOME
cat >"$T/rows.yaml" <<'POLICY'
version: 1
access:
  - {for: "**", publish: ["user:root"], read: [everyone]}
names:
  "datasets/**":
    gates: [integrity, signature, deserialization, format, schema]
    signature: {role: publisher, threshold: 1, bind: ref}
    deserialization: {profiles: [weights]}
    baseline: required
POLICY
"$driver" init "$ASSAY_STORE" "$T/rows.yaml"; ok $? "a store whose datasets need a baseline"
mkdir "$T/good" "$T/bad"
printf 'id,age\n1,30\n2,41\n' >"$T/good/rows.csv"
printf 'id,age\n1,30\n2,141\n' >"$T/bad/rows.csv"
cat >"$T/schema.json" <<'SCHEMA'
{"fields": [{"name": "id", "type": "integer"}, {"name": "age", "type": "integer", "constraints": {"minimum": 0, "maximum": 120}}]}
SCHEMA
key=$ASSAY_STORE.publisher.key
run timeout 60 assay put "$T/good" datasets/rows@v1 --key "$key"; is "$status" 2 "baseline: required holds without one"
like "$out$err" "baseline.required" "and says so"
run timeout 60 assay baseline approve datasets/rows --schema "$T/schema.json" --key "$key"; is "$status" 0 "a curator approves one"
run timeout 60 assay retry datasets/rows@v1; is "$status" 0 "then a retry admits it"
run timeout 60 assay put "$T/bad" datasets/rows@v2 --key "$key"; is "$status" 1 "a bad row is rejected"
like "$out$err" "schema.range" "by its rule"
run timeout 60 assay show --json datasets/rows@v2
like "$out" '"row": ?2' "with its row"
like "$out" '"column": ?"age"' "its column"
like "$out" '"value": ?"141"' "its value"
like "$out" '"limit": ?"[^"]*120' "and the limit"
done_testing
