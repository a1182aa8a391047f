#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated MessagePack checkpoint gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
"$python" -c 'import msgpack' 2>/dev/null || skip_all "python3-msgpack is not here to write the files"
generate msgpack
index
done_testing
