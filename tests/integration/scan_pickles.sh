#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated malicious pickle is refused with all profiles on; every real one passes in its own profile, and only there.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate pickles

# judge LABEL PROFILE OPTION...: scans the files of one row of the manifest, which are linked into a folder of their own.
judge() {
	set=$T/set.$1.$2
	mkdir -p "$set"
	awk -F "$tab" -v l="$1" -v p="$2" '$2 == l && $3 == p { print $1 }' "$T/c/manifest.tsv" >"$T/list"
	(cd "$T/c" && xargs -r ln -f -t "$set" <"$T/list")
	shift 2
	scan "$@" "$set"
	files=$(wc -l <"$T/list")
}

judge malicious - --profile sklearn --profile pandas --profile torch-module --profile hf-trainer
is "$status $(wc -l <"$T/rows")" "1 $files" "all malicious pickles are judged"
all 'fail|inconclusive' "malicious pickles refused under all profiles at once"
cut -f4 "$T/rows" | grep -vE '(^|,)(pickle|torch-legacy|limit|format|text)\.' >"$T/others"
is "$(wc -l <"$T/others")" 0 "each with a rule that says why"
# The generator's call_ files name what they call.
awk -F "$tab" '$1 ~ /\/call_/ && $4 !~ /pickle\.(call|global)\./' "$T/rows" >"$T/others"
is "$(cat "$T/others")" "" "every call is refused as a call or a name"

# Under another name, also one that the policy does not read, they are the same pickles. Left out are two lines of text and an
# unknown protocol, which no loader takes.
for suffix in csv h5; do
	mkdir "$T/$suffix"
	while read -r file; do
		case $file in stream_persid.pkl | stream_memo_text_huge.pkl | stream_proto_6.pkl) ;; *) echo "$file" ;; esac
	done <"$T/list" | (cd "$T/c" && while read -r file; do ln -f "$file" "$T/$suffix/$file.$suffix"; done)
	scan --opaque .h5 "$T/$suffix"
	all 'fail|inconclusive' "and refused when they are named .$suffix"
done

judge text -
awk -F "$tab" '$3 != "text"' "$T/rows" >"$T/others"
is "$(wc -l <"$T/rows") $(cat "$T/others")" "$files " "ordinary text is no pickle"

for profile in weights sklearn pandas torch-module hf-trainer; do
	judge benign "$profile" --profile "$profile"
	[ "$files" -gt 0 ] || { skip "no library writes for profile $profile"; continue; }
	is "$status" 0 "exit 0 in profile $profile"
	all pass "real files pass in profile $profile"
	[ "$profile" = weights ] && continue
	judge benign "$profile"
	all fail "and none without it"
done

if [ -f "$T/c/training_args.bin" ]; then
	scan "$T/c/training_args.bin"
	like "$(cat "$T/rows")" 'pickle\.trainer-file.*not needed to load the model; leave it out with .assay put --exclude training_args.bin' \
		"a trainer's settings: not needed, and how to leave them out"
fi
done_testing
