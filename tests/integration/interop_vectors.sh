#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same verdicts over files that real clients made. They are not kept here: ASSAY_VECTORS names their directory.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/interop_lib.sh"

[ -n "${ASSAY_VECTORS:-}" ] || skip_all "ASSAY_VECTORS does not name a directory with files of real clients"
verdicts "$ASSAY_VECTORS"
is "$("$tool" note "$ASSAY_VECTORS" logged-p256.sig.checkpoint)" "note=ok size=11" "checkpoint"
is "$("$tool" minicheck "$ASSAY_VECTORS/mini.pub" "$ASSAY_VECTORS/m.txt.minisig" "$ASSAY_VECTORS/m.txt")" "minisign=ok" "minisign"
is "$("$tool" minicheck "$ASSAY_VECTORS/sg.pub" "$ASSAY_VECTORS/m.txt.minisig" "$ASSAY_VECTORS/m.txt")" "minisign=signature" "minisign, another key"
done_testing
