#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What people publish passes as the libraries wrote it, under the profile it needs; what is no model says so.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate models

for profile in weights torch-module sklearn pandas; do
	[ -d "$T/c/$profile" ] || { skip "no library writes for profile $profile"; continue; }
	scan --profile "$profile" "$T/c/$profile"
	is "$status" 0 "exit 0 in profile $profile"
	all pass "real files pass in profile $profile"
	[ "$profile" = weights ] && continue
	scan "$T/c/$profile"
	all 'pass|fail' "without it they are judged too"
	n=$(awk -F "$tab" '$2 == "fail"' "$T/rows" | wc -l)
	[ "$n" -gt 0 ]
	ok $? "and $n need it"
	run timeout 60 "$top_builddir/assay" scan "$T/c/$profile"
	like "$out" "would pass with --profile .*$profile" "which the refusal says"
done

scan --schema "$T/c/schema/wide.json" "$T/c/weights/wide.csv"
is "$status" 0 "a wide table passes under a wide schema"
sed 's/7$/!/' "$T/c/weights/wide.csv" >"$T/c/schema/wrong.csv"
scan --schema "$T/c/schema/wide.json" "$T/c/schema/wrong.csv"
like "$(cat "$T/rows")" 'fail.*schema.pattern' "and not with a value that breaks it"

scan "$T/c/refused"
is "$status" 1 "exit 1 for what is no model"
all fail "text and pages under the names of models, remote code and hidden pickles are refused"
like "$(row "$T/c/refused/auto/config.json")" 'config.auto-map' "auto_map is named"
like "$(row "$T/c/refused/remote/config.json")" 'config.trust-remote-code' "trust_remote_code is named"
for f in notes.txt README.md; do
	like "$(row "$T/c/refused/$f")" 'pickle\.call\.denied|format\.polyglot' "$f: a text that is a pickle is not inert"
done

mkdir "$T/c/opaque"
printf 'Rar!\032\007\001\000' >"$T/c/opaque/frames.rar"
scan "$T/c/opaque"
is "$status" 1 "a RAR archive is refused"
scan --opaque .rar "$T/c/opaque"
is "$status" 0 "and admitted unread where the suffix is said to be opaque"
all warn "with a warning"
scan --opaque .zip "$T/c/opaque"
is "$status" 1 "another suffix admits nothing"
cp "$T/c/refused/print.pkl" "$T/c/opaque/evil.rar"
scan --opaque .rar "$T/c/opaque"
is "$status" 1 "an opaque suffix does not cover a pickle"
like "$(row "$T/c/opaque/evil.rar")" 'fail.*pickle\.call' "which is named"

run "$top_builddir/assay" scan --rules --json
is "$status" 0 "the rules are listed"
printf '%s' "$out" | "$python" -c 'import json, sys
rules = json.load(sys.stdin)["rules"]
assert len(rules) == len({r["rule"] for r in rules}) > 100, len(rules)
assert all(r["meaning"] and r["next"] for r in rules)
assert {"signature.missing", "pickle.call.denied", "csv.ragged"} <= {r["rule"] for r in rules}'
ok $? "each once, with its meaning and what to do"
run "$top_srcdir/scripts/make-gates-doc.sh" "$top_builddir/assay" "$top_srcdir/docs/gates.md"
[ "$out" = "$(cat "$top_srcdir/docs/gates.md")" ]
ok $? "docs/gates.md has the rules of the program"
run "$top_builddir/assay" scan
is "$status" 64 "scan of nothing is wrong usage"
done_testing
