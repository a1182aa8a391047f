#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints docs/gates.md with the tables of rules that the program has: make-gates-doc.sh ASSAY docs/gates.md
# A table stands between <!-- rules: GATE --> and <!-- end -->.
set -eu
assay=$1 page=$2
"$assay" scan --rules | awk -v page="$page" '
	/^[a-z]/ { id = $1; gate = $2; verdict = $3; severity = $4; note = $5 == "" ? "" : "; never waived"; next }
	/^      next: / { sub(/^      next: /, ""); gsub(/\|/, "\\|"); row = row " " $0 " |"; rows[gate] = rows[gate] row "\n"; next }
	{ sub(/^ */, ""); gsub(/\|/, "\\|"); row = "| `" id "` | " verdict ", " severity note " | " $0 " |" }
	END {
		while ((getline line <page) > 0) {
			if (line ~ /^<!-- end -->/)
				inside = 0
			if (!inside)
				print line
			if (line ~ /^<!-- rules: /) {
				inside = 1
				split(line, word, " ")
				printf "| rule | verdict | meaning | what to do |\n|---|---|---|---|\n%s", rows[word[3]]
				delete rows[word[3]]
			}
		}
		for (gate in rows) {
			print "no place in the page for the rules of " gate >"/dev/stderr"
			exit 1
		}
	}'
