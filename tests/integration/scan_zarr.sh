#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# All generated Zarr metadata gets the verdict and the rule that the generator's index says; chunks are not admitted.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate zarr
mkdir "$T/chunk"
printf '\001\376\000\003\200\200\200' >"$T/chunk/0.0"
index
scan "$T/chunk"
all fail "a chunk is not judged, so it is not clean"
done_testing
