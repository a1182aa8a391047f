#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad days of the store: full disk, full map, two writers, kill -9, flipped bytes, an older copy put back; log, gc, fsck, stats, doctor, backup, restore.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
make_store || { echo "Bail out! no store"; exit 99; }
cd "$T" || exit 99
A=$top_builddir/assay
key="--key $K/alice.key"
model m
fresh() { rm -rf fresh; cp -r m fresh; echo "{\"hidden_size\": $1}" >fresh/config.json; }
assay put m models/m@v1 $key >/dev/null

# ---- what upkeep answers ----
for v in "log show" "log verify" "log prove models/m@v1" "log prove 0" gc "gc --dry-run" fsck "fsck --scrub" stats doctor "bom models/m@v1"; do
	run assay $v --json; is "$status" 0 "$v"; valid "$v"
	run assay $v; is "$status:$err" "0:" "$v as text"
done
run assay log prove models/m@v1; like "$out" "^c2sp.org/tlog-proof@v1" "log prove is a tlog-proof"
run assay log prove 3000; refused 2 "entries and not this one" "a proof beyond the end"
run assay log prove models/nope@v1; refused 2 "no artifact" "a proof of nothing"
run assay log prove; refused 64 "expected" "log prove without a reference"
run assay log nonsense; refused 64 "log knows" "an unknown word"
run assay bom models/nope@v1; refused 2 "no artifact" "bom of nothing"
run assay bom models/m@v1; is "$(json "d['bomFormat']")" CycloneDX "bom"

# ---- kill -9 ----
i=0
for point in placed-data placed-link sync-before sync-after admit-before-commit commit-before commit-after admit-after-commit seal-flag seal-record; do
	i=$((i + 1)); fresh $((1000 + i))
	run env ASSAY_FAILPOINT=$point timeout 60 "$A" put fresh "models/kill$i@v1" $key
	run assay fsck --scrub; is "$status" 0 "killed at $point: fsck is clean"; [ "$status" -eq 0 ] || diag "$out"
	run assay put fresh "models/kill$i@v1" $key; is "$status" 0 "and put again works"; [ "$status" -eq 0 ] || diag "$out$err"
done
"$py" -c '
import os
os.makedirs("many", exist_ok=True)
for i in range(400): open(f"many/{i}.json", "w").write("{\"n\": %d}" % i)'
for d in 0.01 0.03 0.06 0.1 0.2; do
	"$A" put many "models/many@v$d" $key >/dev/null 2>&1 & pid=$!
	sleep $d; kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
	run assay fsck --scrub; is "$status" 0 "killed after $d s: fsck is clean"; [ "$status" -eq 0 ] || diag "$out"
	run assay put many "models/many@v$d" $key; is "$status" 0 "and put again works"; [ "$status" -eq 0 ] || diag "$out$err"
done
run assay gc; is "$status" 0 "gc takes what the killed left"
run assay fsck --scrub; is "$status" 0 "and nothing else"

# ---- two writers on one version ----
fresh 1; mv fresh one; fresh 2; mv fresh two
"$A" put one models/race@v1 $key >one.out 2>&1 & p1=$!
"$A" put two models/race@v1 $key >two.out 2>&1 & p2=$!
wait $p1; r1=$?; wait $p2; r2=$?
like "$r1$r2" "^(01|10)$" "two writers of different content: one is admitted, one refused"; [ "$r1$r2" = 01 ] || [ "$r1$r2" = 10 ] || diag "$(cat one.out two.out)"
like "$(cat one.out two.out)" "exists with other content" "which is told so"
"$A" put one models/same@v1 $key >one.out 2>&1 & p1=$!
"$A" put one models/same@v1 $key >two.out 2>&1 & p2=$!
wait $p1; r1=$?; wait $p2; r2=$?
is "$r1$r2" 00 "two writers of the same content: both are content"

# ---- an older copy put back ----
run assay backup bk; is "$status" 0 "backup"
run assay backup bk; refused 2 "exists" "backup does not overwrite"
run assay restore nothere st9; refused 2 "nothere" "restore of nothing"
run assay restore bk "$S"; refused 2 "exists" "restore does not overwrite"
run assay restore bk st2 --json; is "$status" 0 "restore"; valid restore
run assay fsck --scrub --store st2; is "$status" 0 "what is restored is clean"
run assay get models/m@v1 from2 --store st2; is "$status" 0 "and readable"
fresh 3; assay put fresh models/newer@v1 $key >/dev/null
mv "$S" "$S.now"; assay restore bk "$S" >/dev/null
run assay ls; refused 1 "older than" "an older copy in its place is refused"; like "$err" "accept-rollback" "and the way to accept it is named"
run assay put m models/m@v9 $key; refused 1 "older than" "and again: the refusal itself lowers no mark (INV-9)"
chattr -R -i "$S" 2>/dev/null; rm -rf "$S"; mv "$S.now" "$S"
run assay ls; is "$status" 0 "the right one is taken"

# ---- a flipped byte ----
hex=$(sha256sum m/model.safetensors | cut -d' ' -f1)
obj=$S/objects/$(printf %.2s "$hex")/$hex
chattr -i "$obj" 2>/dev/null; chmod 600 "$obj"
printf X | dd of="$obj" bs=1 seek=70 conv=notrunc 2>/dev/null
run assay fsck --scrub; is "$status" 1 "fsck --scrub finds a flipped byte"; like "$out" "$hex" "and names the object"
run assay fsck --scrub --json; is "$(json "d['damaged'] > 0 and d['problems'] > 0")" True "in JSON too"
run assay get models/m@v1 flipped; like "$status" "^[12]$" "it is not given out"; is "$(ls -d flipped* 2>/dev/null)" "" "nothing is left behind"
run assay verify models/m@v1; like "$status" "^[12]$" "nor verified"

# ---- full map, full disk ----
run env ASSAY_TEST_MAP_BYTES=300000 "$A" init small --no-passphrase; small=$status
if [ "$small" -eq 0 ]; then
	run env ASSAY_TEST_MAP_BYTES=300000 "$A" trust add "$K/alice.pub" --role publisher --for '**' --store small
	run env ASSAY_TEST_MAP_BYTES=300000 "$A" policy set policy.yaml --store small
fi
like "$small:$err" "^(0:|2:.*(map|full|catalogue))" "a small map is refused or works"
cp -r many more; "$py" -c '
for i in range(400, 3000): open(f"more/{i}.json", "w").write("{\"n\": %d}" % i)'
run env ASSAY_TEST_MAP_BYTES=700000 "$A" put more models/more@v1 $key; refused 2 "catalogue|map" "a catalogue that cannot take it"
run assay ls models/more; is "$out" "" "nothing half-published"
run assay put more models/more@v1 $key; is "$status" 0 "with room it goes"
if [ "$(id -u)" -eq 0 ] && mkdir tmp && mount -t tmpfs -o size=150m none tmp 2>/dev/null; then
	tap_cleanup='umount -l "$T/tmp" 2>/dev/null'
	run assay init tmp/store --no-passphrase; is "$status" 0 "a store on a small disk"
	assay trust add "$K/alice.pub" --role publisher --for '**' --store tmp/store >/dev/null; assay policy set policy.yaml --store tmp/store >/dev/null
	assay put m models/m@v1 $key --store tmp/store >/dev/null
	"$py" - <<'PY'
import json, os
os.makedirs("big", exist_ok=True)
h = json.dumps({"w": {"dtype": "U8", "shape": [160 << 20], "data_offsets": [0, 160 << 20]}}).encode()
with open("big/model.safetensors", "wb") as f:
    f.write(len(h).to_bytes(8, "little") + h)
    f.truncate(8 + len(h) + (160 << 20))
PY
	run assay put big models/big@v1 $key --store tmp/store; refused 2 "space|full|free" "a full disk"
	run assay ls --store tmp/store; is "$(printf '%s\n' "$out" | wc -l)" 1 "nothing half-published"
	run assay gc --store tmp/store; is "$status" 0 "gc"
	run assay fsck --scrub --store tmp/store; is "$status" 0 "the store is clean"
	run assay get models/m@v1 tmp-m --store tmp/store; is "$status" 0 "what was admitted reads on"
	umount tmp
else
	skip "a full disk: needs root and a tmpfs mount"
fi
done_testing
