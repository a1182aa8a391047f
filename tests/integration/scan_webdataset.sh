#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated WebDataset gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
"$python" -c 'import PIL' 2>/dev/null || python=/usr/bin/python3
"$python" -c 'import PIL, numpy' 2>/dev/null || skip_all "python3-pil is not installed"
generate webdataset
index
done_testing
