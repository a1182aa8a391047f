#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tables of few and of many columns: each has a reference, and one column of them that moves is found; beyond the limit a clear refusal.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
make_store || { echo "Bail out! no store"; exit 99; }
cd "$T" || exit 99
key="--key $K/alice.key"
# table FILE SEED COLUMNS ROWS [POWER]: hundredths of 0 to 1 and every tenth column a word; the last column of numbers is raised to POWER
table() {
	"$py" - "$@" <<'PY'
import random, sys
path, seed, columns, rows = sys.argv[1], *map(int, sys.argv[2:5])
power = float(sys.argv[5]) if len(sys.argv) > 5 else 1
r = random.Random(seed)
words = ["red", "green", "blue", "grey"]
last = columns - 1 - (columns % 10 == 0)
with open(path, "w") as f:
    f.write(",".join("c%d" % i for i in range(columns)) + "\n")
    for _ in range(rows):
        f.write(",".join(r.choice(words) if i % 10 == 9 else "%.2f" % (int(100 * r.random() ** (power if i == last else 1)) / 100) for i in range(columns)) + "\n")
PY
}
sed -e 's/format, schema\]/format, schema, drift, outliers, poisoning]/' policy.yaml >wide.yaml
run assay policy set wide.yaml; is "$status" 0 "the gates of data"
mkdir d
for columns in 1 300 2000; do
	table ref.csv 1 $columns 1500
	assay baseline propose "datasets/w$columns" --from ref.csv >s.json; is $? 0 "$columns columns: proposed"
	run assay baseline approve "datasets/w$columns" --schema s.json --key "$K/curator.key"; is "$status" 0 "$columns columns: approved"
	run assay profile ref.csv; is "$status" 0 "$columns columns: described"
	table d/t.csv 2 $columns 1500
	# shellcheck disable=SC2086
	run assay put d "datasets/w$columns@v1" $key; is "$status" 0 "$columns columns: other rows of the same kind"
	case $out in *unknown*) ok 1 "$columns columns: all is compared"; diag "$out" ;; *) ok 0 "$columns columns: all is compared" ;; esac
	table d/t.csv 3 $columns 1500 3
	# shellcheck disable=SC2086
	run assay put d "datasets/w$columns@v2" $key; is "$status" 1 "$columns columns: one of them moved"
	run assay why "datasets/w$columns@v2"
	like "$out" "drift.found: .*c$((columns - 1 - (columns % 10 == 0)))" "$columns columns: which is named"
done
table ref.csv 1 2049 20
run assay baseline propose datasets/over --from ref.csv; like "$status:$err" "^[1-9].*2049 columns, and a reference has at most 2048" "beyond that a refusal says so"
run assay profile ref.csv; is "$status" 0 "what can be shown of it is"
like "$out" "and 1 columns more" "and the rest counted"
done_testing
