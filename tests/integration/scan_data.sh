#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated text, table, image and vocabulary gets the verdict and the rule that the generator's index says, each within ten seconds.
. "$top_srcdir/tests/lib/tap.sh"

command -v python3 >/dev/null || skip_all "python3 is not here to generate the files"
python3 "$top_srcdir/tests/corpus/gen_data.py" "$T/c" || exit 99

tab=$(printf '\t')
while IFS=$tab read -r file verdict rule sentence; do
	run timeout 10 "$top_builddir/tests/unit/scan_tool" "$T/c/$file"
	case $rule in
	-) want="\"verdict\":\"$verdict\",.*\"findings\":\\[\\]" ;;
	\*) want="\"verdict\":\"$verdict\",.*\"findings\":\\[\\{" ;;
	*) want="\"verdict\":\"$verdict\",.*\"rule\":\"$rule\"" ;;
	esac
	like "$out" "$want" "$file: $sentence"
done <"$T/c/INDEX.tsv"
done_testing
