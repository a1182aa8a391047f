#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Licence lines, unfinished work, places where somebody worked, unexplained binary files, files too long to read, invariants.
# Usage: check-hygiene.sh [DIR]
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/..}" || exit 2
. "$here/house-lib.sh"

max_lines=800
self='^scripts/check-hygiene\.sh$|^tests/integration/test_house\.sh$'
all=$(sources '*'; find . -maxdepth 1 -type f \( -name '*.md' -o -name Makefile.am -o -name configure.ac \) | sed 's|^\./||')
code=$(printf '%s\n' "$all" | grep -E '\.(c|h|sh|py|ac|am|inc)$')
text=$(printf '%s\n' "$all" | grep -vE "$self")

checks() {
	awk -v max=$max_lines '
	function finish() {
		if (file == "") return
		if (!licensed) print file ":1: no SPDX-License-Identifier: Apache-2.0 in the first lines"
		if (lines > max) print file ":" lines ": " lines " lines, the limit is " max ": split it by subject"
	}
	FNR == 1 { finish(); file = FILENAME; licensed = 0 }
	FNR <= 3 && /SPDX-License-Identifier: Apache-2.0/ { licensed = 1 }
	{ lines = FNR }
	END { finish() }' $code /dev/null

	grep -nIwE 'TODO|FIXME|XXX|HACK' $text /dev/null | grep -v '^CONTRIBUTING.md:' | sed 's/$/ <- unfinished work/'
	grep -nIwiE 'stubs?|stubbed' $(printf '%s\n' "$code" | grep -vE "$self") /dev/null | sed 's/$/ <- what is not built is refused, not pretended/'

	grep -nIE '(^|[^A-Za-z0-9_.~-])/(work|home|root|Users|workspaces?|builds)/[A-Za-z0-9._-]' $text /dev/null |
		sed 's/$/ <- a path of somebody'\''s machine/'

	# Binary here means that it holds a NUL: -I takes such a file for one without a match.
	for f in $(LC_ALL=C grep -LI '' $all /dev/null); do
		[ -s "$f" ] || continue
		# Programs of a build inside the tree are no part of it.
		[ -f Makefile ] && [ "$(head -c 4 "$f" | tail -c 3)" = ELF ] && continue
		name=$(basename "$f")
		dir=$(dirname "$f")
		grep -qsF -- "$name" "$dir"/README "$dir"/README.md "$dir"/*.py "$dir"/*.sh "$dir"/../README "$dir"/../README.md "$dir"/../*.py "$dir"/../*.sh ||
			echo "$f:1: a binary file that no README line and no generator beside it names"
	done

	# Each listing of a test is a count in the summary.
	awk '/^TESTS \+=/ { on = 1 }
	on { for (i = 1; i <= NF; i++) if ($i ~ /^%D%/ && seen[FILENAME, $i]++) print FILENAME ":" FNR ": " $i " is among the tests twice"; on = /\\$/ }' \
		$(printf '%s\n' "$all" | grep 'Makefile\.inc$') /dev/null

	# What is in no list is missing from a release, though it builds here.
	for f in $(printf '%s\n' "$all" | grep -E '^(include/assay|scripts|docs|man)/[^/]+$'); do
		list=$(dirname "$f")/Makefile.inc
		[ "$f" = "$list" ] || [ ! -f "$list" ] || grep -qF -e "/$(basename "$f")" "$list" "tests/bench/Makefile.inc" ||
			echo "$f:1: $list does not name it, so no release has it"
	done

	if [ -f docs/invariants.md ]; then
		grep -noIE 'INV-[0-9]+' $(printf '%s\n' "$text" | grep -v '^docs/invariants.md$') /dev/null | while IFS=: read -r f line inv; do
			grep -qE "$inv([^0-9]|\$)" docs/invariants.md || echo "$f:$line: $inv is not in docs/invariants.md"
		done
	fi
}
checks | report
