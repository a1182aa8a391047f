# SPDX-License-Identifier: Apache-2.0
# What the house checks share. A check prints one line a violation, "file:line: what is wrong", and exits 1 when there was one.

# report: prints the violations that come in; its status is the check's.
report() {
	house_lines=$(cat)
	[ -z "$house_lines" ] && return 0
	printf '%s\n' "$house_lines"
	return 1
}

# sources PATTERN...: files of the tree that match, without what a build leaves behind.
sources() {
	for house_pattern; do
		find base store scanners gate fs cli include tests scripts docs man -type f -name "$house_pattern" \
			! -path '*/.deps/*' ! -path '*/__pycache__/*' ! -name '*.o' ! -name '*.a' ! -name '*.gc[dn][ao]' ! -name '*.log' ! -name '*.trs' 2>/dev/null
	done | LC_ALL=C sort -u
}

# c_code FILE...: "file:line:code" with comments and the insides of strings blanked, so that words in them are not taken for code.
c_code() {
	LC_ALL=C awk '
	FNR == 1 { in_comment = 0 }
	{
		out = ""; s = $0; n = length(s); quote = ""
		for (i = 1; i <= n; i++) {
			c = substr(s, i, 1); two = substr(s, i, 2)
			if (in_comment) { if (two == "*/") { in_comment = 0; i++ } continue }
			if (quote != "") { if (c == "\\") i++; else if (c == quote) { quote = ""; out = out c } continue }
			if (two == "/*") { in_comment = 1; i++; continue }
			if (two == "//") break
			if (c == "\"" && s ~ /^[ \t]*#[ \t]*include/) { out = out substr(s, i); break }
			if (c == "\"" || c == "\047") quote = c
			out = out c
		}
		print FILENAME ":" FNR ":" out
	}' "$@" /dev/null
}
