#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Documents agree with the program: check-docs.sh TREE ASSAY
#  - every verb has a man page, every option of its --help stands there, and no other
#  - every function that docs/architecture.md places in a file is defined in that file
#  - the rules in docs/gates.md are those of `assay scan --rules`
#  - every INV-n of docs/invariants.md is cited by a test
set -u
tree=$1 assay=$2 bad=0
say() { echo "$*"; bad=1; }

"$assay" --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p' | while read -r verb; do
	page=$tree/man/assay-$verb.1
	[ -f "$page" ] || { echo "man/assay-$verb.1: missing"; continue; }
	"$assay" "$verb" --help | sed -n 's/^  --\{0,1\}\([a-z][a-z-]*\) .*/\1/p' | sed 's/^-//' | sort -u >"${TMPDIR:-/tmp}/help.$$"
	sed -n 's/^\.It Fl -\{0,1\}\([a-z][a-z-]*\).*/\1/p' "$page" | sort -u >"${TMPDIR:-/tmp}/page.$$"
	diff "${TMPDIR:-/tmp}/help.$$" "${TMPDIR:-/tmp}/page.$$" | sed -n "s|^< |man/assay-$verb.1: lacks --|p; s|^> |man/assay-$verb.1: unknown --|p"
done >"${TMPDIR:-/tmp}/docs.$$"
[ -s "${TMPDIR:-/tmp}/docs.$$" ] && { cat "${TMPDIR:-/tmp}/docs.$$"; bad=1; }
rm -f "${TMPDIR:-/tmp}/docs.$$" "${TMPDIR:-/tmp}/help.$$" "${TMPDIR:-/tmp}/page.$$"

# Lines of the form: N. `function` in `file`
n=$(grep -cE '`[a-z_0-9]+` in `[a-z_/.0-9]+`' "$tree/docs/architecture.md")
[ "$n" -ge 10 ] || say "docs/architecture.md: places only $n functions"
grep -oE '`[a-z_0-9]+` in `[a-z_/.0-9]+`' "$tree/docs/architecture.md" | tr -d '`' | while read -r f _ file; do
	grep -qE "^[a-z].*[ *]$f\(" "$tree/$file" 2>/dev/null || echo "docs/architecture.md: $f is not defined in $file"
done >"${TMPDIR:-/tmp}/docs.$$"
[ -s "${TMPDIR:-/tmp}/docs.$$" ] && { cat "${TMPDIR:-/tmp}/docs.$$"; bad=1; }
rm -f "${TMPDIR:-/tmp}/docs.$$"

sh "$(dirname "$0")/make-gates-doc.sh" "$assay" "$tree/docs/gates.md" | cmp -s - "$tree/docs/gates.md" ||
	say "docs/gates.md: the rules are not those of the program: scripts/make-gates-doc.sh ASSAY docs/gates.md >NEW"

for n in 1 2 3 4 5 6 7 8 10; do
	grep -rqE "INV-$n\b" "$tree/tests" || say "tests/: nothing cites INV-$n"
done
exit $bad
