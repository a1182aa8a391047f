# SPDX-License-Identifier: Apache-2.0
# verdicts DIR: compares what Assay says of the bundles in DIR with interop_expected.txt.
tool=$top_builddir/tests/integration/interop_tool
verdicts() {
	while IFS='|' read -r file want; do
		case $file in '#'*|'') continue ;; esac
		is "$("$tool" verdict "$1" "$file")" "$want" "$file"
	done <"$top_srcdir/tests/integration/interop_expected.txt"
}
