#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `assay profile` and `assay compare`: real tables, their pages, and what the exit status says.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
"$py" -c 'import sklearn' 2>/dev/null || skip_all "no python3-sklearn"
"$py" "$top_srcdir/tests/corpus/gen_compare.py" "$T/c" || exit 99
cd "$T/c" || exit 99

# No line is wider than 80 letters.
narrow() { printf '%s\n' "$out" | "$py" -c "import sys; sys.exit(max(len(l) for l in sys.stdin.buffer.read().decode().splitlines()) > 80)" && r=0 || r=1; ok $r "$1: fits 80 letters"; }

run assay profile iris.csv; is "$status" 0 "profile of iris"
like "$out" "150 rows, 5 columns" "counts rows and columns"
like "$out" "petal length *number *0 .*3\.758 *1\.765" "mean and standard deviation of the petal length"
like "$out" "species *string *0 *3" "distinct species"
like "$out" "setosa 33.3%" "the most frequent values"
narrow "profile"
run assay profile --json iris.csv wine.csv; is "$status" 0 "profile of two tables"; valid "profile"
is "$(json "[round(d['files'][0]['columns'][2]['summary'][k], 1) for k in ('min', 'median', 'max')]")" "[1, 4.3, 6.9]" "least, median and greatest"
is "$(json "sum(sum(c) for c in d['files'][0]['columns'][2]['chart']['counts'])")" 150 "the histogram has all rows"
is "$(json "len(d['files'][1]['columns'])")" 14 "the second table"
run assay profile wine_ragged.csv; is "$status" 2 "a ragged table has no profile"
like "$err" "wine_ragged.csv: .*row|wine_ragged.csv: .*fields" "the file is named, and why"
like "$err" "next: assay scan" "and a next step is named"
run assay profile iris.csv wine_ragged.csv --json; is "$status" 2 "one of two"; valid "one of two"
is "$(json "['error' in f for f in d['files']]")" "[False, True]" "each file for itself"
run assay profile missing.csv; is "$status" 2 "no such file"
run assay profile; is "$status" 64 "profile of nothing"

run assay compare wine_a.csv wine_b.csv; is "$status" 0 "draws of one table: $(printf '%s' "$out" | head -1)"
like "$out" "no drift .14 columns" "no drift"
narrow "compare"
run assay compare wine_a.csv wine_shift.csv; is "$status" 1 "a shift of half a standard deviation"
like "$(printf '%s\n' "$out" | sed -n 4p)" "^alcohol *KS .*drift" "what drifted comes first"
like "$out" "1 of 14 columns" "and nothing else did"
like "$err" "next: .*--html" "a next step is named"
run assay compare wine_a.csv wine_nulls.csv; is "$status" 1 "missing values are drift"
like "$out" "^ash .*V .*drift" "of the column that lacks them"
run assay compare wine_a.csv wine_kinds.csv; is "$status" 1 "another mix of kinds"
like "$out" "^kind *chi2 .*drift" "of the kinds"
run assay profile wine_na.csv; like "$out" "alcohol *number *1[67][0-9][0-9]" "what R writes for a missing number is missing"
run assay compare wine_na.csv wine_nb.csv; is "$status" 0 "on both sides"
run assay compare wine_na.csv wine_ns.csv; is "$status" 1 "and hides no shift"
like "$out" "^alcohol *KS .*drift" "of the numbers"
run assay compare wine_a.jsonl wine_b.jsonl; is "$status" 0 "empty texts of JSON are missing on both sides"
run assay compare wine_second.csv wine_b.jsonl; is "$status" 0 "and in CSV, where pandas writes True and False"
run assay compare iris.csv iris.csv; is "$status" 2 "150 rows are too few to tell"
like "$out" "too few rows" "and it says so"
run assay compare wine_a.csv wine_column.csv; refused 2 "spirit|column" "another column"
run assay compare wine_a.csv wine_ragged.csv; refused 2 "more|fields|columns" "a ragged batch"
run assay compare wine_ragged.csv wine_a.csv; refused 2 "^assay compare: wine_ragged.csv: " "a ragged reference"
mkdir folder images
cp wine_a.csv folder
run assay compare folder folder; refused 64 "folder is no file; name the table itself" "folders"
printf 'P5 1 1 255 x' >images/1.pgm
run assay compare images wine_a.csv; refused 64 "images is no file; name the table itself" "a folder of images"
run assay compare wine_a.csv missing.csv; refused 2 "missing.csv" "no such batch"
run assay compare wine_a.csv; is "$status" 64 "one table alone"
run assay compare wine_a.csv wine_b.csv --label spirit; refused 64 "spirit" "a label that is not there"

run assay compare wine_a.csv wine_shift.csv --json --label kind --html shift.html; is "$status" 1 "JSON and a page"; valid "compare"
is "$(json "(d['verdict'], d['columns'][0]['column'], d['columns'][0]['effect'], d['columns'][0]['floor'])")" "('fail', 'alcohol', 'D', 0.1)" "names column, effect and floor"
is "$(json "[c['floor'] for c in d['columns'] if c['column'] == 'kind']")" "[0.03]" "a label has a floor of its own"
is "$(json "sum(c[1] for c in d['columns'][0]['chart']['counts']) + d['columns'][0]['chart']['above'][1] + d['columns'][0]['chart']['below'][1]")" 3000 "the picture has all rows"
assay baseline propose datasets/w --from wine_a.csv >schema.json 2>/dev/null; is $? 0 "the same reference as a proposal"
like "$(grep -c . shift.html):$(cat shift.html)" "drifted.*alcohol" "the page names it"
ok "$(grep -qE '<script|https?://|src=|@import|url\(' shift.html; echo $((! $?)))" "the page fetches nothing and runs nothing"
"$py" - shift.html <<'PY' && r=0 || r=1
import html.parser
import sys

VOID = {"meta", "path", "rect", "br"}


class Check(html.parser.HTMLParser):
    """Tags close in the order they opened; ids are unique."""
    stack, ids, good, seen = [], set(), True, set()

    def handle_starttag(self, tag, attrs):
        ident = dict(attrs).get("id")
        self.good &= ident not in self.ids or ident is None
        self.ids.add(ident)
        self.seen.add(tag)
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        self.good &= bool(self.stack) and self.stack.pop() == tag


c = Check()
c.feed(open(sys.argv[1], encoding="utf-8").read())
sys.exit(not (c.good and not c.stack and {"svg", "title", "desc", "details", "summary", "main"} <= c.seen))
PY
ok $r "the page is well-formed, with titles and descriptions of its pictures"
run assay compare wine_a.csv wine_huge.csv --json --html huge.html; is "$status" 0 "one huge value moves no column"; valid "huge"
is "$(json "[(c['batch']['max'], c['chart']['above'][1] > 0) for c in d['columns'] if c['column'] == 'alcohol']")" "[(1000000000, True)]" "it is seen beyond the picture"
run assay compare hostile.csv hostile.csv --html hostile.html; is "$status" 0 "markup in names"
ok "$(grep -q '<script' hostile.html; echo $((! $?)))" "is escaped in the page"
narrow "hostile names"
printf '%s' "$out" | grep -q "$(printf '\177')" && r=1 || r=0
ok $r "and control bytes on the terminal"
run assay compare wine_a.csv wine_b.csv --html /nowhere/x.html; is "$status" 2 "a page that cannot be written"

npm=$top_srcdir/.deps-prefix/npm
if [ -f "$npm/vega-datasets/data/flights-3m.parquet" ]; then
	run assay profile "$npm/vega-datasets/data/flights-3m.parquet"; is "$status" 0 "Parquet of three million rows"
	like "$out" "3000000 rows" "with all its rows"
	run assay compare "$npm/vega-datasets/data/seattle-weather.csv" "$npm/vega-datasets/data/seattle-weather.csv"
	is "$status" 0 "a table against itself"
fi
done_testing
