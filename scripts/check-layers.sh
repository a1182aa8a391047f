#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Includes go down only, store/ and scanners/ never meet, and each library has one door.
# Usage: check-layers.sh [DIR]
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/..}" || exit 2
. "$here/house-lib.sh"

# "file:line:target" of each include; <x> and "x" keep their marks.
includes() {
	grep -nE '^[[:space:]]*#[[:space:]]*include' $(sources '*.[ch]' | grep -v '^tests/') /dev/null |
		sed -n 's/^\([^:]*:[0-9]*\):[ \t]*#[ \t]*include[ \t]*\(["<][^">]*[">]\).*/\1:\2/p'
}

# Which folder may include what, and whose contracts among include/assay/ it may name.
floors() {
	printf '%s\n' "$found_includes" | awk -F: '
	BEGIN {
		split("base store scanners gate fs cli", floors, " ")
		may["include"] = " assay "; may["base"] = " assay base "; may["store"] = " assay base store "
		may["scanners"] = " assay base scanners "; may["gate"] = " assay base store scanners gate "
		may["fs"] = " assay base store scanners gate fs "; may["cli"] = " assay base store scanners gate cli "
		split("store claim trust log", a, " "); for (i in a) owner[a[i]] = "store"
		owner["scan"] = "scanners"
		split("gate policy worker", a, " "); for (i in a) owner[a[i]] = "gate"
		owner["mount"] = "fs"
		sees["base"] = " "; sees["store"] = " store "; sees["scanners"] = " scanners "
		sees["gate"] = " store scanners gate "; sees["fs"] = " store scanners gate fs "; sees["cli"] = sees["fs"]
	}
	substr($3, 1, 1) == "\"" {
		from = $1; sub(/\/.*/, "", from)
		target = substr($3, 2, length($3) - 2); to = target; sub(/\/.*/, "", to)
		if (index(target, "/") == 0) {
			print $1 ":" $2 ": \"" target "\" is included without its folder"
		} else if (index(may[from], " " to " ") == 0) {
			print $1 ":" $2 ": " from "/ may not include " to "/ (" target ")"
		} else if (to == "assay" && from != "include") {
			header = target; sub(/^assay\//, "", header); sub(/\.h$/, "", header)
			if (header in owner && index(sees[from], " " owner[header] " ") == 0)
				print $1 ":" $2 ": " from "/ may not use the contract of " owner[header] "/ (" target ")"
		}
	}'
}

# A file of the other wing named in a comment or a string is a dependency too: of the reader.
never_name() {
	grep -nE "(^|[^A-Za-z0-9_./-])($2)/[a-z_0-9/]+\.[ch]\b" $(sources '*.[ch]' | grep "^$1/") /dev/null |
		sed "s#\$# <- $1/ never names $2#"
}

# door HEADER-REGEX WHERE-REGEX MAX: only files that match WHERE, and at most MAX of them, include <HEADER>.
door() {
	printf '%s\n' "$found_includes" | grep -E ":<($1)>\$" | awk -F: -v where="$2" -v max="$3" '
	$1 !~ where { print $1 ":" $2 ": " $3 " has its door elsewhere (" where ")"; next }
	!($1 in seen) { seen[$1] = 1; if (++n > max) print $1 ":" $2 ": a second door to " $3 }'
}

found_includes=$(includes)
checks() {
	floors
	never_name store 'scanners|gate|fs|cli'
	never_name scanners 'store|gate|fs|cli'
	never_name base 'store|scanners|gate|fs|cli'
	door 'lmdb\.h' '^store/index\.c$' 1
	door 'sodium(/.*)?\.h' '^base/crypto_sodium\.c$' 1
	door 'openssl/.*\.h' '^base/crypto_openssl\.c$' 1
	door 'yaml\.h' '^gate/policy(_[a-z]+)?\.c$' 1
	door 'seccomp\.h' '^gate/sandbox\.c$' 1
	door 'fuse_lowlevel\.h' '^fs/' 1000
	door 'fuse\.h' '^$' 0
	door 'zstd.*\.h' '^(store|scanners)/' 1
	door 'curl/.*\.h' '^store/' 1
	for library in 'libdeflate\.h' 'zlib\.h' 'bzlib\.h' 'lzma\.h' 'lz4.*\.h' 'hdf5.*\.h' 'archive.*\.h' 'png\.h' 'jpeglib\.h' 'jerror\.h' 'snappy.*\.h'; do
		door "$library" '^scanners/formats/' 1
	done
}
checks | report
