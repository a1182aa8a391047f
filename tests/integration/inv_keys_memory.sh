#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# INV-7: private keys stay where they are. INV-10: memory does not grow with the size of a file.
. "$top_srcdir/tests/lib/tap.sh"
XDG_CONFIG_HOME=$T/config ASSAY_STATE_DIR=$T/state ASSAY_STORE=$T/store
export XDG_CONFIG_HOME ASSAY_STATE_DIR ASSAY_STORE
python=/usr/bin/python3
[ -x $python ] || skip_all "no $python"

run assay init "$T/store" --solo --no-passphrase
is "$status" 0 "a store"
mkdir "$T/data"
printf 'a,b\n1,2\n' >"$T/data/t.csv"
run assay put "$T/data" datasets/t@v1 --key "$T/config/assay/solo.key" --source https://example.org/t --json
is "$status" 0 "something signed is admitted"
printf '%s%s' "$out" "$err" >"$T/said"

# The secret of each key file, as text and as raw bytes, must not stand anywhere but in that file.
cat >"$T/find.py" <<'PY'
import base64, os, re, sys
top = sys.argv[1]
secrets = {}
for dir, _, names in os.walk(top):
    for n in names:
        if n.endswith(".key"):
            path = os.path.join(dir, n)
            for word in re.findall(r"[A-Za-z0-9+/]{40,}={0,2}", open(path).read()):
                raw = base64.b64decode(word + "=" * (-len(word) % 4))
                secrets[path] = (word.encode(), raw[-32:])
leaks = []
for dir, _, names in os.walk(top):
    for n in names:
        path = os.path.join(dir, n)
        data = open(path, "rb").read()
        for key, (text, raw) in secrets.items():
            if path != key and (text in data or raw in data):
                leaks.append(f"{key} in {path}")
print(len(secrets), "keys;", "; ".join(leaks) or "no leak")
PY
run $python "$T/find.py" "$T"
like "$out" '^[4-9] keys; no leak$' "INV-7: no private key in catalogue, log, objects, claims, reports or output"
is "$(find "$T/store/keys" "$T/config" -name '*.key' ! -perm 0600 | wc -l)" 0 "INV-7: key files are 0600"

cat >"$T/peak.py" <<'PY'
import os, struct, subprocess, sys
# A sparse npy of N MiB, scanned: peak of the program and its workers, in KiB.
path, mib = sys.argv[1], int(sys.argv[2])
n = mib << 20
head = ("{'descr': '|u1', 'fortran_order': False, 'shape': (%d,), }" % n).encode()
head += b" " * ((-len(head) - 11) % 64) + b"\n"
with open(path, "wb") as f:
    f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head)
    f.truncate(10 + len(head) + n)
p = subprocess.Popen(["assay", "scan", path], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(p.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
PY
run $python "$T/peak.py" "$T/small.npy" 4
small=$out
run $python "$T/peak.py" "$T/large.npy" 2048
large=$out
is "${large%% *}" 0 "a 2 GiB array passes"
diag "peak of 4 MiB: ${small#* } KiB, of 2 GiB: ${large#* } KiB"
ok "$([ "${large#* }" -lt $((${small#* } + 8192)) ]; echo $?)" "INV-10: 512 times the bytes, not 8 MiB more memory"
done_testing
