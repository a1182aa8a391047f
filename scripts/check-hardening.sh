#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the linker and the compiler must have left in a program that meets hostile bytes.
# Usage: check-hardening.sh PROGRAM...
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/house-lib.sh"

check_one() {
	headers=$(readelf -hlW "$1") || { echo "$1:1: readelf cannot read it"; return; }
	dynamic=$(readelf -dW "$1")
	symbols=$(readelf --dyn-syms -W "$1")
	has() { printf '%s\n' "$1" | grep -qE "$2"; }
	has "$headers" 'Type:[ \t]+DYN' && has "$dynamic" 'FLAGS_1.*PIE' || echo "$1:1: not position-independent (PIE)"
	has "$headers" 'GNU_RELRO' || echo "$1:1: no RELRO segment"
	has "$dynamic" 'BIND_NOW|FLAGS_1.*NOW' || echo "$1:1: no BIND_NOW: the table of imports stays writable"
	has "$headers" 'GNU_STACK.* RW ' || echo "$1:1: the stack is executable, or not said not to be"
	has "$headers" 'LOAD.* (RWE|WE) ' && echo "$1:1: a segment is writable and executable"
	has "$dynamic" 'TEXTREL' && echo "$1:1: text relocations"
	has "$dynamic" 'RPATH|RUNPATH' && echo "$1:1: a library path inside (RPATH)"
	has "$symbols" '__stack_chk_fail' || echo "$1:1: no stack protector"
	has "$symbols" '__[a-z_]+_chk(@|$)' || echo "$1:1: no fortified function (_FORTIFY_SOURCE)"
}

for program; do
	check_one "$program"
done | report
