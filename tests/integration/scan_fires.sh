#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The attacks are real: loaders that are here do what the samples ask for, up to the audit hook that stops them.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate pickles
mkdir "$T/cwd"
(cd "$T/cwd" && timeout 900 "$python" "$(cd "$top_srcdir" && pwd)/tests/corpus/fires.py" "$T/c") >"$T/fires" 2>"$T/fires.err"
is "$?" 0 "every malicious pickle is loaded in a process of its own"
is "$(wc -l <"$T/fires")" "$(awk -F "$tab" '$2 == "malicious"' "$T/c/manifest.tsv" | wc -l)" "and each has an outcome"
is "$(ls -A "$T/cwd")" "" "none of them left anything behind"
diag "$(cut -f2 "$T/fires" | awk '{ n[$1]++ } END { for (k in n) printf "%d %s, ", n[k], k }')"

# call_NAME_FORM.pkl: forms by which the loader reached the callable.
"$python" - "$T/fires" >"$T/counts" <<'PY'
import collections, re, sys
reached, unexplained = collections.defaultdict(set), []
for line in open(sys.argv[1], encoding="utf-8", errors="replace"):
    path, _, outcome = line.rstrip("\n").partition("\t")
    word, _, why = outcome.partition(" ")
    call = re.search(r"/call_(.*)_([a-z0-9]+)\.pkl$", path)
    if word in ("fires", "reaches"):
        if call:
            reached[call[1]].add(call[2])
    elif word not in ("absent", "refused") or not why or (call and why == "nothing happened"):
        unexplained.append(path)
print(sum(len(forms) >= 5 for forms in reached.values()))
print(" ".join(unexplained))
PY
n=$(head -n 1 "$T/counts")
[ "$n" -ge 100 ]
ok $? "$n callables are reached by at least five call forms each, of 100 wanted"
is "$(tail -n +2 "$T/counts")" "" "what does not fire says why: not installed here, or refused by the loader in its own words"
done_testing
