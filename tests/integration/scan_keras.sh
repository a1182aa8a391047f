#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated Keras model and HDF5 file gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate keras
index
run timeout 20 "$top_builddir/assay" scan "$T/c/lambda.keras"
is "$status" 1 "one attack alone: exit 1"
like "$out" 'keras.code: .*Lambda.*bytecode' "and the text names what it does"
done_testing
