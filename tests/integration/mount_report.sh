#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A drifted table copied into the mount: its close fails, wait exits 1, and the report page shows which column moved; an honest
# one is read at once.
. "$top_srcdir/tests/lib/tap.sh"
[ "$(id -u)" -eq 0 ] || skip_all "needs root: it mounts"
[ -c /dev/fuse ] || skip_all "no /dev/fuse"
. "$top_srcdir/tests/integration/verb_lib.sh"
M=$T/mnt
mkdir "$M"
make_store || { echo "Bail out! no store"; exit 99; }
"$py" "$top_srcdir/tests/corpus/gen_drift.py" "$T/c" || exit 99
sed -e 's/format, schema]/format, schema, drift]/' "$T/policy.yaml" >"$T/drift.yaml"
assay policy set "$T/drift.yaml" >/dev/null 2>&1; is $? 0 "a policy with the drift gate"
assay baseline propose datasets/t --from "$T/c/reference/t.csv" >"$T/proposed.json" 2>/dev/null
"$py" -c '
import json, sys
d = json.load(open(sys.argv[1], encoding="utf-8"))
for f in d["fields"]:
    f["constraints"] = {}
json.dump(d, open(sys.argv[2], "w", encoding="utf-8"))' "$T/proposed.json" "$T/schema.json"
assay baseline approve datasets/t --schema "$T/schema.json" --key "$K/curator.key" >/dev/null; is $? 0 "a baseline"
tap_cleanup='umount -l "$M" 2>/dev/null'
assay mount "$S" "$M" >/dev/null 2>"$T/log"; is $? 0 "mounted"

# publish FOLDER REF
publish() {
	assay sign "$1" --as "$2" --key "$K/alice.key" >/dev/null 2>"$T/log" || diag "$(cat "$T/log")"
	mkdir -p "$M/datasets" && mkdir "$M/$2" && cp "$1/model.sig" "$M/$2/"
	run cp "$1/t.csv" "$M/$2/t.csv"
}
publish "$T/c/hidden" datasets/t@bad
ok $((status == 0)) "the close of a drifted table fails"
run assay wait datasets/t@bad; is "$status" 1 "wait exits 1"
page=$M/attest/datasets/t@bad/report.html
like "$(cat "$page")" 'badge bad">drifted</span> <b>height</b>' "the page says which column drifted"
like "$(cat "$page")" '<title id="t0">height: reference and batch</title>' "and has a picture of it"
ok "$(grep -qE '<script|https?://|src=|url\(' "$page"; echo $((! $?)))" "it fetches nothing and runs nothing"
run cat "$M/attest/datasets/t@bad/report.json"; valid "report.json"
is "$(json "(d['columns'][0]['column'], d['columns'][0]['verdict'], d['columns'][0]['floor'], d['columns_omitted'])")" "('height', 'drift', 0.1, 0)" "measured values and limits in report.json"
is "$(json "all('chart' in c and c['method'] for c in d['columns'])")" True "each column with its method and its picture"
publish "$T/c/honest10" datasets/t@good
is "$status" 0 "the close of an honest one succeeds"
ok "$(cmp -s "$T/c/honest10/t.csv" "$M/datasets/t@good/t.csv"; echo $?)" "and it is read at once"
like "$(cat "$M/attest/datasets/t@good/report.html")" "badge good.>as the reference" "its page shows the columns too"
assay umount "$M" >/dev/null 2>&1; is $? 0 "unmounted"
done_testing
