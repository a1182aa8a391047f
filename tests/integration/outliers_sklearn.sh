#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Outliers: distances, paths and tails answer as SciPy and scikit-learn do; honest splits of real tables pass, odd rows do not.
. "$top_srcdir/tests/lib/tap.sh"
python=python3
"$python" -c 'import scipy.stats, sklearn' 2>/dev/null || python=/usr/bin/python3
"$python" -c 'import scipy.stats, sklearn' 2>/dev/null || skip_all "python3-scipy or python3-sklearn is not installed"
"$python" -B "$top_srcdir/tests/integration/outliers_oracle.py" "$top_builddir/tests/integration/outlier_tool"
exit $?
