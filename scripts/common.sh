# SPDX-License-Identifier: Apache-2.0
# Sourced by quickstart, test, bench and deps: where things are, and how to become root.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
prefix=$top/.deps-prefix
jobs=$(nproc)
# Debian's, whose packages scripts/deps installs; another may come first in PATH.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
log() { printf '== %s\n' "$*" >&2; }
die() { printf '%s\n' "$*" >&2; exit 2; }
as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"
	elif command -v sudo >/dev/null; then sudo "$@"
	else die "this step needs root or sudo: $*"
	fi
}
# The libfuse of our own, where scripts/deps built one.
if [ -d "$prefix/lib/pkgconfig" ]; then
	PKG_CONFIG_PATH=$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
	export PKG_CONFIG_PATH
fi
# build DIR OPTIONS...: configures when needed, and makes.
build() {
	dir=$1
	shift
	[ -x "$top/configure" ] && [ "$top/configure" -nt "$top/configure.ac" ] || (cd "$top" && autoreconf -fi >/dev/null 2>"$top/autoreconf.log") ||
		{ cat "$top/autoreconf.log" >&2; die "autoreconf failed"; }
	mkdir -p "$dir"
	[ -f "$dir/Makefile" ] || (cd "$dir" && "$top/configure" "$@" >configure.log 2>&1) ||
		{ tail -n 20 "$dir/configure.log" >&2; die "configure failed; $dir/config.log has the details"; }
	make -C "$dir" -j"$jobs" >"$dir/make.log" 2>&1 || { grep -E 'error|Error' "$dir/make.log" | head -n 20 >&2; die "make failed; see $dir/make.log"; }
}
