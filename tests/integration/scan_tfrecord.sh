#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated TFRecord gets the verdict and the rule that the generator's index says; its values are proposed as a schema.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate tfrecord
index
"$python" -B "$top_srcdir/tests/corpus/gen_tfrecord.py" --table "$T/t.tfrecord" 2000 1 || exit 99
out=$("$top_builddir/assay" baseline propose datasets/t --from "$T/t.tfrecord" 2>/dev/null | tr -d ' \n')
like "$out" '"name":"colour","type":"string".*"name":"count","type":"integer".*"name":"height","type":"number".*x-profile' "features of one value are columns"
case $out in *pixels*) false ;; *) true ;; esac
ok $? "lists are not"
gzip -k "$T/t.tfrecord"
[ "$("$top_builddir/assay" baseline propose datasets/t --from "$T/t.tfrecord.gz" 2>/dev/null | tr -d ' \n')" = "$out" ]
ok $? "compressed the same is proposed"
# Against a schema: a value beyond a bound.
"$top_builddir/assay" baseline propose datasets/t --from "$T/t.tfrecord" 2>"$T/err" | sed 's/"maximum": 49/"maximum": 48/' >"$T/s.json"
grep -q '"maximum": 48' "$T/s.json" || diag "no such bound was proposed: $(cat "$T/err")"
"$top_builddir/tests/unit/scan_tool" -s "$T/s.json" "$T/t.tfrecord" >"$T/judged.json"
like "$(cat "$T/judged.json")" '"rule": *"schema.range".*"column": *"count"' "a value beyond the schema is found"
done_testing
