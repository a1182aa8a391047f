#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What wraps pickles gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
generate picklex
index

# Why TorchScript is refused, whatever it names: torch itself takes these, and does what they say.
if [ -f "$T/c/torchscript/cast.pt" ]; then
	(cd "$T" && "$python" -c 'import sys, torch; torch.jit.load(sys.argv[1])(torch.ones(2))' "$T/c/torchscript/writes.pt") 2>"$T/err"
	[ -s "$T/torchscript-was-here" ]; ok $? "torch runs a program that writes where it likes"
	"$python" -c '
import sys, torch
m = torch.jit.load(sys.argv[1])
print("taken", flush=True)
print(m(torch.ones(2)).shape)' "$T/c/torchscript/cast.pt" >"$T/out" 2>&1
	is "$(head -n 1 "$T/out")" taken "torch takes a program that reads behind the end of an object"
	! grep -q 'Expected a value of type\|expected type' "$T/out"; ok $? "and nothing in it stops that"
	diag "$(tail -n 1 "$T/out" | head -c 120)"
else
	skip "python3-torch is not here" 3
fi
done_testing
