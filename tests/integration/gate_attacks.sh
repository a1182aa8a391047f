#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tool behind the table of attacks in docs/gates.md says what `assay put` says of the same schema and batch.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
make_store || { echo "Bail out! no store"; exit 99; }
cd "$T" || exit 99
sed -e 's/integrity, signature, deserialization, format, schema]/integrity, deserialization, format, schema, drift, outliers, poisoning]/' \
	-e '/^  "datasets/,$ { /signature:/d; }' policy.yaml >data.yaml
run assay policy set data.yaml; is "$status" 0 "a policy with the gates of data"; [ "$status" -eq 0 ] || diag "$err"

# Numbers of two kinds, and a label that hangs on them: no data that a machine may lack.
"$py" - <<'PY'
import random
r = random.Random(1)
with open("data.csv", "w", encoding="utf-8") as f:
    print("count,height,kind", file=f)
    for _ in range(6000):
        k = r.randrange(3)
        print("%d,%.3f,%s" % (r.gauss(100 + 40 * k, 12), r.gauss(5 * k, 1), "abc"[k]), file=f)
PY
cp -r "$S" "$T/copy"
cp -r "$T/state" "$T/state2"
i=0
# try ATTACK ROWS BATCHES WANT: each batch as the tool judges it, then put; WANT is "passed held failed"
try() {
	mkdir "$1.$2"
	out=$(ASSAY_STATE_DIR=$T/state2 "$top_builddir/tests/integration/attack_tool" "$T/copy" "$K/curator.key" data.csv:kind - 2000 "$2" "$3" 1 "$1" "$1.$2")
	is "$(echo "$out" | cut -f 1-3 | tr '\t' ' ')" "$4" "$1 of $2 rows: $4"
	for d in "$1.$2"/*/; do
		i=$((i + 1))
		run assay baseline approve "datasets/n$i" --schema "$d/schema.json" --key "$K/curator.key"
		[ "$status" -eq 0 ] || diag "$err"
		rm "$d/schema.json"
		{ read -r want; IFS= read -r reason; } <"$d/verdict"
		rm "$d/verdict"
		run assay put "$d" "datasets/n$i@v1"; is "$status" "$want" "$1: put says the same"
		run assay show "datasets/n$i@v1" --json
		is "$(json 'd["reason"]')" "$reason" "$1: for the same reason"
	done
}
try honest 1000 2 "2 0 0"
try honest 200 2 "0 2 0"
try shift-1 1000 2 "0 0 2"
try flips 2000 2 "0 0 2"
try huge 1000 1 "0 0 1"
try duplicated 2000 1 "0 0 1"
try null-heavy 1000 1 "0 0 1"
try cut 1000 1 "0 0 1"

# Several attacks on the same draws become what each of them becomes alone.
alone() { ASSAY_STATE_DIR=$T/state2 "$top_builddir/tests/integration/attack_tool" "$T/copy" "$K/curator.key" data.csv:kind - 2000 1000 3 7 "$1"; }
for attack in honest flips null-heavy; do alone $attack; done >each
alone honest,flips,null-heavy >together
is "$(cat together)" "$(cat each)" "several attacks on one draw"
is "$(wc -l <together)" 3 "have a line each"
done_testing
