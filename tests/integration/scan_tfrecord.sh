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
done_testing
