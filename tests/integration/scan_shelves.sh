#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shelves in all of Python's databases get the verdict and the rule that the generator's index says, and are what Python itself reads.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate shelves
index

# Each call behind each of 500 keys is found: no bucket, page or row is passed over.
for file in all.gdbm all.db all.dat all.sqlite; do
	if [ -f "$T/c/call/$file" ]; then
		found=$("$python" -c '
import json, sys
print(next(f["found"] for f in json.load(open(sys.argv[1]))["files"] if f["path"] == sys.argv[2]))' "$T/scan.json" "$T/c/call/$file")
		is "$found" 1000 "call/$file: the global and the call of each of 500 values"
	else
		skip "the library of $file is not here"
	fi
done

# What is no shelf is admitted unread where the policy says so; a shelf never is.
mkdir "$T/opaque"
cp "$T/c/sqlite/other.sqlite" "$T/opaque/a.sqlite"
scan --opaque .sqlite "$T/opaque"
like "$(row "$T/opaque/a.sqlite")" 'warn.*format\.opaque' "a database that is no shelf, of a suffix that is opaque"
cp "$T/c/call/only.sqlite" "$T/opaque/a.sqlite"
scan --opaque .sqlite "$T/opaque"
like "$(row "$T/opaque/a.sqlite")" 'fail.*pickle\.call\.denied' "a shelf under that suffix"

# The samples are real: Python's own loaders do what they ask for.
mkdir "$T/cwd"
(cd "$T/cwd" && timeout 900 "$python" "$(cd "$top_srcdir" && pwd)/tests/corpus/fires.py" "$T/c") >"$T/fires" 2>"$T/fires.err"
is "$(ls -A "$T/cwd")" "" "none of them left anything behind"
for sample in call/only.gdbm call/long.gdbm call/only.db call/long.db call/only.dat call/long.dat call/only.sqlite call/long.sqlite \
	sqlite/view.sqlite sqlite/column.sqlite berkeley/small-call.db dumb/inside/s.dat; do
	if [ -f "$T/c/$sample" ] && grep -q "^$T/c/$sample$tab" "$T/fires"; then
		like "$(awk -F "$tab" -v p="$T/c/$sample" '$1 == p { print $2 }' "$T/fires")" "^(fires|reaches) (os|posix).system" "$sample: Python calls it"
	fi
done
done_testing
