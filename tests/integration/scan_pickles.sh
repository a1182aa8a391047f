#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated malicious pickle is refused with all profiles on; every real one passes in its own profile, and only there.
. "$top_srcdir/tests/lib/tap.sh"

command -v python3 >/dev/null || skip_all "python3 is not here to generate the pickles"
python=python3
# A python3 without the libraries may stand before the system's, which has them.
"$python" -c 'import numpy' 2>/dev/null || { [ -x /usr/bin/python3 ] && python=/usr/bin/python3; }
"$python" "$top_srcdir/tests/corpus/gen_pickles.py" "$T/c" || exit 99

tab=$(printf '\t')
# judge LABEL PROFILE OPTION...: one JSON line a file into $T/out; the number of files into $files.
judge() {
	label=$1 profile=$2
	shift 2
	awk -F "$tab" -v l="$label" -v p="$profile" '$2 == l && $3 == p { print $1 }' "$T/c/manifest.tsv" >"$T/list"
	files=$(wc -l <"$T/list")
	(cd "$T/c" && xargs -r "$top_builddir/tests/unit/scan_tool" "$@" <"$T/list") >"$T/out" 2>"$T/err"
}
# count WHAT PATTERN WANTED: how many lines match; those that break the rule are shown.
count() {
	n=$(grep -cE "$2" "$T/out")
	[ "$n" = "$3" ] || grep -vE "$2" "$T/out" | cut -c1-300 | head -20 | sed 's/^/# /'
	is "$n" "$3" "$1"
}

judge malicious - -p sklearn -p pandas -p torch-module -p hf-trainer
is "$(wc -l <"$T/out")" "$files" "all malicious pickles are judged"
count "none of $files passes" '"verdict":"(fail|inconclusive|error)"' "$files"
count "all are recognised for what they are, or unknown" '"rule":"(pickle|torch-legacy|limit|format|text)\.' "$files"

judge text -
count "ordinary text is no pickle" '"format":"text"' "$files"

for profile in weights sklearn pandas torch-module hf-trainer; do
	judge benign "$profile" -p "$profile"
	[ "$files" -gt 0 ] || { ok 0 "no library writes for profile $profile # SKIP"; continue; }
	count "$files real files pass in profile $profile" '"verdict":"pass"' "$files"
	[ "$profile" = weights ] && continue
	judge benign "$profile"
	count "and in none without it" '"verdict":"fail"' "$files"
done
done_testing
