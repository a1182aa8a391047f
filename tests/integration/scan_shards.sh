#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sharded model is compared with its index, by scan and by the gate; a file alone is judged alone.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate shards
index
scan "$T/c/missing/model.safetensors.index.json"
is "$status" 0 "an index that is scanned alone is judged alone"
scan "$T/c/whole" "$T/c/missing"
is "$(awk -F "$tab" '$2 != "pass" {print $1}' "$T/rows")" "$T/c/missing/model.safetensors.index.json" "each folder is a tree of its own"

. "$top_srcdir/tests/integration/verb_lib.sh"
make_store || { echo "Bail out! no store"; exit 99; }
key="--key $K/alice.key"
# shellcheck disable=SC2086
run assay put "$T/c/whole" models/whole@v1 $key
is "$status" 0 "put: a whole model is admitted"
# shellcheck disable=SC2086
run assay put "$T/c/whole" models/whole@v2 $key
is "$status" 0 "and again, from the cache"
for case in missing less swapped; do
	# shellcheck disable=SC2086
	run assay put "$T/c/$case" "models/$case@v1" $key
	is "$status" 1 "put: $case is rejected"
	run assay why "models/$case@v1"
	like "$out" "sibling\.(missing|tensors).*model-0000" "$case: why names the shard"
done
done_testing
