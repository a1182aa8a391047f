#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every statistic answers as SciPy does: D exactly, p to 1e-9 of itself where SciPy is exact and to 1e-6 where it approximates.
. "$top_srcdir/tests/lib/tap.sh"
python=python3
"$python" -c 'import scipy.stats' 2>/dev/null || python=/usr/bin/python3
"$python" -c 'import scipy.stats' 2>/dev/null || skip_all "python3-scipy is not installed"
"$python" -B "$top_srcdir/tests/integration/stats_oracle.py" "$top_builddir/tests/integration/stats_tool"
exit $?
