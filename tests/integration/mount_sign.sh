#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a framework saved straight onto the mount is signed there: its writer may not read it back, but gets the digests.
. "$top_srcdir/tests/lib/tap.sh"
[ "$(id -u)" = 0 ] && [ -c /dev/fuse ] || skip_all "needs root and /dev/fuse"
python=/usr/bin/python3
$python -c 'import torch, h5py' 2>/dev/null || skip_all "needs python3-torch and python3-h5py"
XDG_CONFIG_HOME=$T/config ASSAY_STATE_DIR=$T/state ASSAY_STORE=$T/store M=$T/mnt
export XDG_CONFIG_HOME ASSAY_STATE_DIR ASSAY_STORE M
tap_cleanup='timeout 20 assay umount "$M" 2>/dev/null || umount -l "$M" 2>/dev/null'
mkdir "$M"
cat >"$T/policy.yaml" <<'POLICY'
version: 1
on_expiry: serve
access:
  - {for: "**", publish: ["user:root"], read: [everyone]}
names:
  "models/**":
    gates: [integrity, signature, deserialization, format]
    signature: {role: publisher, threshold: 1, bind: ref}
    deserialization: {profiles: [weights], opaque: []}
  "models/h5/**":
    gates: [integrity, signature, deserialization, format]
    signature: {role: publisher, threshold: 1, bind: ref}
    deserialization: {profiles: [weights], opaque: []}
ignore: [".cache/**"]
limits: {file_bytes: 1TiB, files: 20000000, worker_memory: 512MiB, open_ttl: 24h, publisher_bytes: 10TiB, publisher_open: 64}
POLICY
assay init "$T/store" --solo --no-passphrase >/dev/null 2>&1 && assay policy set "$T/policy.yaml" >/dev/null && timeout 30 assay mount "$T/store" "$M" >/dev/null
ok $? "a mounted store"
cat >"$T/save.py" <<'PY'
import os, h5py, numpy, torch
m = os.environ["M"]
os.mkdir(f"{m}/models/direct@v1")
net = torch.nn.Linear(64, 8)
adam = torch.optim.Adam(net.parameters())
net(torch.randn(4, 64)).sum().backward()
adam.step()
torch.save(net.state_dict(), f"{m}/models/direct@v1/weights.pt")
torch.save({"model": net.state_dict(), "optimizer": adam.state_dict(), "epoch": 3}, f"{m}/models/direct@v1/checkpoint.pt")
os.makedirs(f"{m}/models/h5/x@v1")
with h5py.File(f"{m}/models/h5/x@v1/w.h5", "w") as f:
    f["a"] = numpy.arange(1000)
with h5py.File(f"{m}/models/h5/x@v1/w.h5", "r+") as f:
    assert f["a"][3] == 3
    f["b"] = numpy.arange(20)
PY
run timeout 120 $python "$T/save.py"
is "$status$err" 0 "torch.save and h5py (r+) write straight onto the mount"
for f in models/direct@v1/weights.pt models/h5/x@v1/w.h5; do
	run cat "$M/$f"
	is "$status" 1 "INV-1: $f cannot be read before it is admitted, by root either"
done
for ref in models/direct@v1 models/h5/x@v1; do
	run timeout 60 assay sign "$M/$ref" --as "$ref" --key "$T/config/assay/solo.key"
	is "$status$err" 0 "$ref is signed where it lies"
	run timeout 60 assay wait "$ref"
	is "$status" 0 "and admitted"
done
run timeout 60 $python -c "
import os, h5py, torch
m = os.environ['M']
assert torch.load(m + '/models/direct@v1/checkpoint.pt')['epoch'] == 3
assert sorted(h5py.File(m + '/models/h5/x@v1/w.h5', 'r')) == ['a', 'b']"
is "$status$err" 0 "and loads"
mkdir "$M/models/h5/y@v1" && cp "$M/models/direct@v1/weights.pt" "$M/models/h5/y@v1/w.h5"
run sh -c "mkdir $T/p && cp $M/models/direct@v1/weights.pt $T/p/w.h5 && assay scan --opaque .h5 $T/p/w.h5"
is "$status" 0 "an opaque suffix does not hide what the content is: it is judged as torch"

# Who owns the store lets go of it when its mount does: a daemon that is still ending is waited for, one that serves is not.
mkdir "$T/second"
run timeout 60 assay mount "$T/store" "$T/second"
is "$status" 2 "a second mount of the store is refused"
like "$err" "belongs to process" "and told whose it is"
again=0
for _ in 1 2 3; do
	umount "$M" && timeout 60 assay mount "$T/store" "$M" >/dev/null && again=$((again + 1))
done
is $again 3 "umount and mount may follow at once"
done_testing
