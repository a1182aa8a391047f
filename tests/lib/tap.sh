# SPDX-License-Identifier: Apache-2.0
# Test Anything Protocol for shell tests. Source it first; end with done_testing.
# Gives: $T, a fresh directory removed at exit; ok, is, like, skip, skip_all, diag.
set -u
T=$(mktemp -d "${TMPDIR:-/tmp}/assay-test.XXXXXX")
tap_n=0 tap_bad=0
tap_cleanup=:
trap 'eval "$tap_cleanup"; chattr -R -i "$T" 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 99' INT TERM
diag() { printf '%s\n' "$*" | sed 's/^/# /'; }
# ok STATUS NAME
ok() {
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $tap_n - $2"; else echo "not ok $tap_n - $2"; tap_bad=1; fi
}
# is GOT WANT NAME
is() { if [ "$1" = "$2" ]; then ok 0 "$3"; else ok 1 "$3"; diag " got: $1"; diag "want: $2"; fi; }
# like TEXT EXTENDED-REGEX NAME
like() { if printf '%s\n' "$1" | grep -Eq -- "$2"; then ok 0 "$3"; else ok 1 "$3"; diag " got: $1"; diag "want match: $2"; fi; }
# run COMMAND...: sets $status, $out (stdout) and $err (stderr)
run() { out=$("$@" 2>"$T/.stderr"); status=$?; err=$(cat "$T/.stderr"); }
skip() { tap_n=$((tap_n + 1)); echo "ok $tap_n # SKIP $1"; }
skip_all() { echo "1..0 # SKIP $1"; exit 0; }
done_testing() { echo "1..$tap_n"; exit $tap_bad; }
