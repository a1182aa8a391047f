#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The programs are linked as hostile input demands; the check itself is proved on programs that are not.
. "$top_srcdir/tests/lib/tap.sh"
check=$top_srcdir/scripts/check-hardening.sh

command -v readelf >/dev/null || skip_all "readelf is not installed"
grep -q '^#define ASSAY_SANITIZED' "$top_builddir/config.h" && skip_all "sanitizers and coverage replace the hardening"
grep -q '^HARD_LDFLAGS = .*-pie' "$top_builddir/Makefile" || skip_all "configured with --disable-hardening"

for program in assay assay-worker assay-worker-hdf5; do
	if [ -x "$top_builddir/$program" ]; then
		run "$check" "$top_builddir/$program"
		is "$status$out$err" 0 "$program is hardened"
	else
		skip "$program is not built"
	fi
done

cc=$(sed -n 's/^CC = //p' "$top_builddir/Makefile")
cat >"$T/p.c" <<'END'
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) { char b[64]; snprintf(b, sizeof(b), "%s", argv[argc - 1]); memcpy(b, argv[0], (size_t)argc); return puts(b); }
END
good='-O2 -fPIE -pie -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -Wl,-z,relro,-z,now,-z,noexecstack'
# build FLAGS...: later flags win.
build() { $cc $good "$@" -o "$T/p" "$T/p.c" 2>"$T/cc.log"; }
if ! build; then
	skip "$cc does not build the sample"
	done_testing
fi
run "$check" "$T/p"
is "$status$out$err" 0 "a program with all of it passes"
bad() {
	name=$1 expected=$2
	shift 2
	build "$@"
	run "$check" "$T/p"
	if [ "$status" -eq 1 ]; then like "$out" "$expected" "$name"; else ok 1 "$name (exit $status)"; fi
}
bad "no PIE" 'not position-independent' -fno-pie -no-pie
bad "no RELRO" 'no RELRO' -Wl,-z,norelro
bad "lazy binding" 'no BIND_NOW' -Wl,-z,lazy
bad "executable stack" 'stack is executable' -Wl,-z,execstack
bad "no stack protector" 'no stack protector' -fno-stack-protector
bad "no fortification" 'no fortified' -U_FORTIFY_SOURCE
bad "library path" 'RPATH' -Wl,-rpath,/opt/x
done_testing
