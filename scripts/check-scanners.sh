#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hostile bytes are read through struct ay_cursor only: no memcpy, no struct laid over input, no pointer walked by hand.
# A line that handles bytes of our own making says so with a comment "own: REASON"; one that excuses nothing is a violation too.
# Usage: check-scanners.sh [DIR]
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/..}" || exit 2
. "$here/house-lib.sh"

files=$(sources '*.[ch]' | grep '^scanners/')
[ -z "$files" ] && exit 0
own=$(grep -nE '/\* own: [^*]+\*/' $files /dev/null | cut -d: -f1,2)
c_code $files | OWN=$own awk '
function tell(what) {
	if (place in own) { used[place] = 1; return }
	print place ": " what
}
# Names that point into input: what a cursor handed out, and parameters or locals of a pointer-to-bytes type.
function learn(code,    rest, name) {
	rest = code
	while (match(rest, /[A-Za-z_][A-Za-z_0-9]*[ \t]*=[ \t]*ay_cursor_(take|until)[ \t]*\(/)) {
		name = substr(rest, RSTART); sub(/[ \t]*=.*/, "", name)
		raw[name] = 1
		rest = substr(rest, RSTART + RLENGTH)
	}
	rest = code
	while (match(rest, /const (uint8_t|unsigned char) \*[A-Za-z_][A-Za-z_0-9]*/)) {
		name = substr(rest, RSTART, RLENGTH); sub(/.*\*/, "", name)
		raw[name] = 1
		rest = substr(rest, RSTART + RLENGTH)
	}
}
BEGIN {
	n = split(ENVIRON["OWN"], lines, "\n")
	for (i = 1; i <= n; i++) own[lines[i]] = 1
}
{
	split($0, part, ":")
	place = part[1] ":" part[2]
	code = substr($0, length(place) + 2)
	if (code ~ /^}/) delete raw
	if (code ~ /(^|[^A-Za-z_0-9])(memcpy|memmove|bcopy|strcpy|strncpy)[ \t]*\(/) tell("memcpy of bytes: use ay_cursor_copy or ay_buf_add")
	if (code ~ /\((const )?struct [a-z_0-9]+ \*\)/) tell("a struct laid over bytes by a cast")
	if (code ~ /\((const )?(u?int(16|32|64)_t|size_t|float|double|(unsigned )?(short|int|long)( long)?) \*\)/) tell("a number read by a cast")
	if (code ~ /(->|\.)(p|data)\[/) tell("input is indexed by hand")
	if (code ~ /(->|\.)p[ \t]*(\+|-[^>])/ || code ~ /(^|return|[=(,!&|<>?:;+])[ \t]*\*[A-Za-z_0-9]+(->|\.)p([^A-Za-z_0-9]|$)/) tell("a cursor is moved or read by hand")
	learn(code)
	for (name in raw) {
		if (code ~ ("(^|[^A-Za-z_0-9.>])" name "\\[")) tell(name "[] indexes input by hand")
		else if (code ~ ("(^|[^A-Za-z_0-9.>])" name "(\\+\\+|--|[ \t]*[+-]=)") || code ~ ("(\\+\\+|--)" name "($|[^A-Za-z_0-9])")) tell(name " walks through input by hand")
		else if (code ~ ("(^|return|[=(,!&|<>?:;+])[ \t]*\\*" name "($|[^A-Za-z_0-9])") && code !~ ("\\*" name "[ \t]*=[^=]")) tell("*" name " reads input by hand")
	}
}
END { for (place in own) if (place != "" && !(place in used)) print place ": the comment \"own:\" excuses nothing here" }' | LC_ALL=C sort | report
