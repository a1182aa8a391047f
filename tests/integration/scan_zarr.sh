#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# All generated Zarr metadata and chunks get the verdict and the rule that the generator's index says. A chunk alone says nothing, and
# a schema of a table is not passed by in silence.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate zarr
index
scan "$T/c/chunks_raw/0.0"
all fail "a chunk without its array"
echo '{"fields": [{"name": "x", "type": "number"}]}' >"$T/schema.json"
scan --schema "$T/schema.json" "$T/c/chunks_filtered"
all "error" "a table's schema beside an array"
like "$(cut -f4 "$T/rows" | head -n 1)" '^schema.unsupported$' "which is not compared with it"
done_testing
