#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tables of columns get the verdict and the rule that the generator's index says, and hold what DuckDB reads in them.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate tables
index

npm=$top_srcdir/.deps-prefix/npm
if [ -f "$npm/duckdb/libduckdb.so" ]; then
	"$python" "$top_srcdir/tests/integration/tables_duckdb.py" "$npm/duckdb/libduckdb.so" "$top_builddir/tests/unit/columns_tool" "$T/duckdb" \
		"$npm"/vega-datasets/data/*.parquet >"$T/compared" 2>"$T/compared.err"
	is "$?" 0 "DuckDB writes and reads files"
	while read -r result name; do
		[ "$result" = ok ]
		ok $? "${name#- }"
	done <"$T/compared"
	diag "$(head -c 500 "$T/compared.err")"
	scan "$T/duckdb"
	is "$status" 0 "and assay scan admits them"
else
	diag "DuckDB is not here: nothing is compared with it"
fi
done_testing
