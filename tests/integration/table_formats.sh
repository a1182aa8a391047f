#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same table as CSV, JSON lines, JSON, Parquet and Arrow, compressed too, has the same verdict and equal counts.
. "$top_srcdir/tests/lib/tap.sh"
here=$(cd "$top_srcdir" && pwd)/tests/integration
npm=$(cd "$top_srcdir" && pwd)/.deps-prefix/npm
tool=$top_builddir/tests/unit/table_tool
[ -f "$npm/duckdb/libduckdb.so" ] || skip_all "DuckDB is not here to write the files"
python=python3

"$python" "$here/table_formats.py" write "$npm/duckdb/libduckdb.so" "$T/t" "$npm/vega-datasets/data" 2>"$T/err"
is "$?" 0 "DuckDB writes the tables"
if [ -d "$npm/modules/node_modules/nodejs-polars" ] && command -v node >/dev/null; then
	ASSAY_NODE_MODULES=$npm/modules/node_modules node "$here/table_formats.mjs" "$T"/t/*.good.parquet "$T"/t/*.bad.parquet 2>>"$T/err"
	is "$?" 0 "Polars writes them as Arrow"
fi
"$python" "$here/table_formats.py" compare "$tool" "$T/t" >"$T/compared" 2>>"$T/err"
is "$?" 0 "they are compared"
while read -r result name; do
	[ "$result" = ok ]
	ok $? "${name#- }"
done <"$T/compared"
diag "$(head -c 500 "$T/err")"
done_testing
