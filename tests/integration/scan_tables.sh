#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tables of columns get the verdict and the rule that the index says, and hold what DuckDB reads and Polars wrote in them.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate tables
index

# Each line of $T/compared, "ok" or "not-ok" and a name, is a test.
compared() {
	while read -r result name; do
		[ "$result" = ok ]
		ok $? "${name#- }"
	done <"$T/compared"
	diag "$(head -c 500 "$T/compared.err")"
}

npm=$(cd "$top_srcdir" && pwd)/.deps-prefix/npm
tool=$top_builddir/tests/unit/columns_tool
mkdir -p "$T/arrow"
if [ -d "$npm/modules/node_modules/apache-arrow" ] && command -v node >/dev/null; then
	ASSAY_NODE_MODULES=$npm/modules/node_modules node "$top_srcdir/tests/integration/tables_arrow.mjs" "$T/arrow" 2>"$T/compared.err"
	is "$?" 0 "Polars and JavaScript write Arrow files"
	"$python" "$top_srcdir/tests/integration/tables_arrow.py" "$tool" "$T/arrow" >"$T/compared" 2>>"$T/compared.err"
	is "$?" 0 "and they are compared"
	compared
	scan "$T/arrow"
	is "$status" 0 "assay scan admits them"
else
	diag "Arrow and Polars are not here: nothing is compared with them"
fi
if [ -f "$npm/duckdb/libduckdb.so" ]; then
	"$python" "$top_srcdir/tests/integration/tables_duckdb.py" "$npm/duckdb/libduckdb.so" "$tool" "$T/duckdb" \
		"$npm"/vega-datasets/data/*.parquet $(ls "$T"/arrow/*.parquet 2>/dev/null) >"$T/compared" 2>"$T/compared.err"
	is "$?" 0 "DuckDB writes and reads files"
	compared
	scan "$T/duckdb"
	is "$status" 0 "and assay scan admits them"
else
	diag "DuckDB is not here: nothing is compared with it"
fi
done_testing
