# SPDX-License-Identifier: Apache-2.0
# For tests of `assay scan` over folders of files: the real command, worker and sandbox.
. "$top_srcdir/tests/lib/tap.sh"
XDG_CONFIG_HOME=$T/config ASSAY_STATE_DIR=$T/state
export XDG_CONFIG_HOME ASSAY_STATE_DIR
tab=$(printf '\t')

# The interpreter that has the libraries: one without may stand before the system's.
command -v python3 >/dev/null || skip_all "python3 is not here to generate the files"
python=python3
"$python" -c 'import numpy' 2>/dev/null || { [ -x /usr/bin/python3 ] && python=/usr/bin/python3; }

# generate NAME: tests/corpus/gen_NAME.py into $T/c
generate() { "$python" "$top_srcdir/tests/corpus/gen_$1.py" "$T/c" || exit 99; }

# scan ARGUMENT...: $status, and $T/rows: path, verdict, format, rules with commas, first message.
scan() {
	timeout 300 "$top_builddir/assay" scan --json "$@" >"$T/scan.json" 2>"$T/scan.err"
	status=$?
	"$python" - "$T/scan.json" >"$T/rows" <<-'PY' || diag "$(cat "$T/scan.err")"
	import json, sys
	for f in json.load(open(sys.argv[1], encoding="utf-8"))["files"]:
	    found = f["findings"]
	    rules = ",".join(sorted({x["rule"] for x in found})) or "-"
	    print("\t".join((f["path"], f["verdict"], str(f["format"]), rules, (found[0]["message"] if found else "").replace("\n", " "))))
	PY
}

# row PATH: its line of $T/rows
row() { awk -F "$tab" -v p="$1" '$1 == p' "$T/rows"; }

# all VERDICTS NAME: each row has one of the verdicts (an extended regular expression); the others are shown.
all() {
	n=$(wc -l <"$T/rows")
	awk -F "$tab" -v v="^($1)\$" '$2 !~ v' "$T/rows" >"$T/others"
	sed 's/^/# /' "$T/others" | cut -c1-300 | head -n 20
	[ "$n" -gt 0 ] && [ ! -s "$T/others" ]
	ok $? "$2: $((n - $(wc -l <"$T/others"))) of $n"
}

# index: scans $T/c and holds every row of its INDEX.tsv (file, verdict, rule, sentence) against the result.
index() {
	scan "$T/c"
	is "$status" 1 "assay scan says no"
	bad=0 good=0
	while IFS=$tab read -r file verdict rule sentence; do
		case $rule in
		\*) want="^$verdict$tab[^$tab]*$tab[a-z]" ;;
		-) want="^$verdict$tab[^$tab]*$tab-$tab" ;;
		*) want="^$verdict$tab[^$tab]*$tab([^$tab]*,)?$rule(,|$tab)" ;;
		esac
		like "$(row "$T/c/$file" | cut -f2-)" "$want" "$file: $sentence"
		case $verdict in pass | warn) good=$((good + 1)) ;; *) bad=$((bad + 1)) ;; esac
	done <"$T/c/INDEX.tsv"
	diag "$bad attacks and $good benign files are expected"
}
