#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files of weights made by the real libraries, converted, and compared bit for bit.

usage: convert_check.py ASSAY DIRECTORY

Prints a line per check: "ok" or "not ok", a tab, what it was.
"""
import json
import os
import struct
import subprocess
import sys
import warnings

import numpy as np

warnings.filterwarnings("ignore")
ASSAY, OUT = sys.argv[1], sys.argv[2]


def tell(good, what):
    print(("ok" if good else "not ok") + "\t" + what)


def convert(path, *options):
    """Status, what it said, and {name: (dtype, shape, bytes)} of the output, which is removed."""
    out = os.path.join(OUT, "out.safetensors")
    p = subprocess.run([ASSAY, "convert", "--json", *options, path, out], capture_output=True, text=True)
    if p.returncode:
        tell(not os.path.exists(out), "no output when refused: " + os.path.basename(path))
        return p.returncode, p.stderr, None
    with open(out, "rb") as f:
        raw = f.read()
    os.remove(out)
    n = struct.unpack("<Q", raw[:8])[0]
    head = json.loads(raw[8:8 + n])
    head.pop("__metadata__")
    data = raw[8 + n:]
    return 0, json.loads(p.stdout), {k: (v["dtype"], tuple(v["shape"]), data[slice(*v["data_offsets"])]) for k, v in head.items()}


def same(path, want, what, left=()):
    """want: {name: (dtype, shape, bytes)}; left: names that are left out."""
    status, said, got = convert(path)
    if status:
        tell(False, what + ": " + said.strip())
        return
    wrong = sorted(k for k in set(want) | set(got) if want.get(k) != got.get(k))
    tell(not wrong, what + (": differs in " + ", ".join(wrong[:5]) if wrong else ": %d tensors" % len(got)))
    out = sorted(x["name"] for x in said["left_out"])
    tell(out == sorted(left), what + ": left out are " + (", ".join(out) or "none"))


def refused(path, why, what, *options):
    status, said, _ = convert(path, *options)
    tell(status == 1 and why in said, what + ": " + said.strip().replace("\n", " ")[:200])


# ---- numpy ----

NUMPY = {"f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64", "i4": "I32", "i2": "I16", "i1": "I8", "u8": "U64", "u4": "U32", "u2": "U16",
         "u1": "U8", "b1": "BOOL"}


def of_array(a):
    a = np.asarray(a)
    return NUMPY[a.dtype.str.lstrip("<>|=")], a.shape, a.astype(a.dtype.newbyteorder("<")).tobytes("C")


def check_numpy():
    rng = np.random.RandomState(7)
    arrays = {"all." + t: (rng.rand(5, 7, 3) * 100).astype(t) for t in NUMPY}
    arrays["big-endian"] = (rng.rand(4, 6) * 10).astype(">f4")
    arrays["columns"] = np.asfortranarray(rng.rand(100, 30, 5).astype("f4"))
    arrays["columns-large"] = np.asfortranarray(rng.rand(2000, 1500))
    arrays["one"] = np.float32(3.5)
    arrays["none"] = np.zeros((0, 4), "f4")
    arrays["sub/key"] = np.arange(3)
    want = {k: of_array(v) for k, v in arrays.items()}
    for save, name in ((np.savez, "plain.npz"), (np.savez_compressed, "packed.npz")):
        path = os.path.join(OUT, name)
        save(path, **arrays)
        same(path, want, name)
    path = os.path.join(OUT, "one.array.npy")
    np.save(path, arrays["columns"])
    same(path, {"one.array": want["columns"]}, "a single array")
    path = os.path.join(OUT, "texts.npz")
    np.savez(path, names=np.array(["a", "b"]), objects=np.array([None, {}], dtype=object), w=arrays["one"])
    same(path, {"w": want["one"]}, "texts and objects", left=["names", "objects"])
    refused(path, "left out", "texts under --strict", "--strict")
    np.savez(path, c=np.zeros(3, "c16"))
    refused(path, "type c16", "complex numbers")
    with open(os.path.join(OUT, "plain.npz"), "r+b") as f:
        f.seek(200)
        byte = f.read(1)
        f.seek(200)
        f.write(bytes([byte[0] ^ 1]))
    refused(os.path.join(OUT, "plain.npz"), "", "a changed byte")


check_numpy()
