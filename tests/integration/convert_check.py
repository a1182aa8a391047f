#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files of weights made by the real libraries, converted, and compared bit for bit.

usage: convert_check.py ASSAY DIRECTORY

Prints a line per check: "ok" or "not ok", a tab, what it was.
"""
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import types
import warnings
import zipfile
from collections import OrderedDict

import numpy as np

try:
    import h5py
except ImportError:
    h5py = None
try:
    import torch
except ImportError:
    torch = None

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
    tell({x["name"]: (x["dtype"], tuple(x["shape"])) for x in said["tensors"]} == {k: v[:2] for k, v in got.items()},
         what + ": what is said is what was written")
    tell(out == sorted(left), what + ": left out are " + (", ".join(out) or "none"))


def refused(path, why, what, *options):
    status, said, _ = convert(path, *options)
    said = str(said)
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



def check_pickled_arrays():
    value = {"w": np.arange(12, dtype="f4").reshape(3, 4), "columns": np.asfortranarray(np.arange(12.).reshape(3, 4)),
             "big-endian": np.arange(5, dtype=">i2"), "mask": np.array([True, False]), "named": {"x": ("linear_0.w_0", np.ones(3, "f2"))},
             "objects": np.array([None]), "none": np.zeros((0, 3)), "step": 3, "evil": Evil(),
             "texts": np.array(["a", "bc"]), "dates": np.array(["2020-01-01"], "M8[D]")}
    left = ["dates", "evil", "named.x.0", "objects", "step", "texts"]
    want = {k: of_array(v) for k, v in value.items() if k != "named" and k not in left}
    want["named.x.1"] = of_array(value["named"]["x"][1])
    path = os.path.join(OUT, "model.pdparams")
    for protocol in (3, 4, 5):
        with open(path, "wb") as f:
            pickle.dump(value, f, protocol)
        same(path, want, "arrays of a pickle, protocol %d" % protocol, left)
    with open(path, "wb") as f:
        pickle.dump({"w": value["w"]}, f, 2)
    refused(path, "bytes are not there", "arrays as protocol 2 writes them")
    with open(path, "wb") as f:
        pickle.dump({"w": np.zeros(2, "c8")}, f, 4)
    refused(path, "whose type", "complex numbers of a pickle")


# ---- torch ----

TORCH = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32", "int16": "I16",
         "int8": "I8", "uint8": "U8", "bool": "BOOL"}


def of_tensor(t):
    t = t.detach().contiguous()
    dtype = TORCH[str(t.dtype).split(".")[1]]
    if dtype == "BF16":
        t = t.view(torch.int16)
    return dtype, tuple(t.shape), t.numpy().tobytes()


def flatten(value, name="", out=None):
    out = {} if out is None else out
    if isinstance(value, torch.Tensor):
        out[name] = of_tensor(value)
    elif isinstance(value, (dict, list, tuple)):
        for k, v in value.items() if isinstance(value, dict) else enumerate(value):
            flatten(v, "%s.%s" % (name, k) if name else str(k), out)
    return out


def rewrite(src, dst, change, method=zipfile.ZIP_STORED, more=()):
    with zipfile.ZipFile(src) as a, zipfile.ZipFile(dst, "w", method) as b:
        for n in a.namelist():
            if n.split("/", 1)[-1] not in dict(more):      # a newer torch writes the byte order itself
                b.writestr(n, change(n, a.read(n)))
        for n, data in more:
            b.writestr(a.namelist()[0].split("/")[0] + "/" + n, data)


def check_torch():
    torch.manual_seed(7)
    base = (torch.rand(6, 5, 4) * 100)
    state = {"all." + t: base.to(getattr(torch, t)) for t in TORCH}
    shared = torch.arange(24, dtype=torch.float32)
    state.update({
        "transposed": base.permute(2, 0, 1), "sliced": base[1:5:2, 2:, ::3], "offset": shared[5:], "expanded": torch.rand(3, 1).expand(3, 7),
        "channels-last": torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last), "shared": {"a": shared, "b": shared.view(4, 6).t()},
        "one": torch.tensor(2.5), "none": torch.zeros(0, 3), "parameter": torch.nn.Parameter(torch.rand(3)),
        "large": torch.rand(2500, 2000, dtype=torch.float64).t(), "list": [torch.zeros(2), (torch.ones(1), 5)], "count": 3, "text": "x",
        0: torch.arange(3)})
    left = ["count", "list.1.1", "text"]
    for new in (True, False):
        path = os.path.join(OUT, "state%d.pt" % new)
        torch.save(state, path, _use_new_zipfile_serialization=new)
        same(path, flatten(torch.load(path)), "a dict of everything" + ("" if new else ", old format"), left)
        for cut in (1, 9, 100, os.path.getsize(path) // 2):
            with open(path, "rb") as f, open(path + ".cut", "wb") as g:
                g.write(f.read()[:-cut])
            refused(path + ".cut", "", "cut by %d" % cut)
    new = os.path.join(OUT, "state1.pt")
    packed = os.path.join(OUT, "packed.pt")
    rewrite(new, packed, lambda n, d: d, zipfile.ZIP_DEFLATED)
    same(packed, flatten(torch.load(new)), "a compressed archive", left)
    two = {"w": torch.arange(12, dtype=torch.float32).view(3, 4), "v": torch.arange(5, dtype=torch.int16)}
    path = os.path.join(OUT, "two.pt")
    torch.save(two, path)
    sizes = {"0": 4, "1": 2}
    swapped = os.path.join(OUT, "big-endian.pt")

    def swap(n, d):
        return np.frombuffer(d, "u%d" % sizes[n[-1]]).byteswap().tobytes() if "/data/" in n else d
    rewrite(path, swapped, swap, more=[("byteorder", "big")])
    same(swapped, flatten(two), "a big-endian archive")
    rewrite(path, swapped, swap, more=[("byteorder", "bigle")])
    refused(swapped, "byte order", "an unknown byte order")

    net = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.Sequential(torch.nn.Linear(3, 2, bias=False)))
    net.register_buffer("kept", torch.ones(2))
    net.register_buffer("dropped", torch.ones(3), persistent=False)
    optimizer = torch.optim.Adam(net.parameters())
    sum(p.sum() for p in net.parameters()).backward()
    optimizer.step()
    path = os.path.join(OUT, "checkpoint.pt")
    torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict()}, path)
    same(path, flatten(torch.load(path)), "a checkpoint", ["optimizer.param_groups"])
    torch.save(net, path)
    same(path, flatten(net.state_dict()), "a whole module", ["the file's value"])

    class Old(pickle.Pickler):
        """OrderedDict as Python 2 reduced it."""
        dispatch_table = {OrderedDict: lambda d: (OrderedDict, ([list(x) for x in d.items()],))}
    old = types.ModuleType("old")
    old.Pickler, old.Unpickler, old.dump, old.load = type("Pickler", (Old,), {}), pickle.Unpickler, pickle.dump, pickle.load
    torch.save(OrderedDict(two), path, pickle_module=old)
    same(path, flatten(two), "a state_dict of Python 2")
    torch.save(two, path)
    torch.save(torch.arange(4), os.path.join(OUT, "alone.pt"))
    same(os.path.join(OUT, "alone.pt"), {"alone": of_tensor(torch.arange(4))}, "a tensor alone")
    script = os.path.join(OUT, "script.pt")
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 3)), script)
    status, _, got = convert(script)
    tell(status == 0 and sorted(got) == ["bias", "weight"], "the weights beside TorchScript code")

    program = os.path.join(OUT, "program.pt2")
    with zipfile.ZipFile(program, "w") as z, open(path, "rb") as f:
        z.writestr("serialized_exported_program.json", "{}")
        z.writestr("version", "8.1")
        z.writestr("serialized_state_dict.pt", f.read())
    same(program, flatten(two), "the weights beside an exported program")

    path = os.path.join(OUT, "refused.pt")
    for value, why, what in (
            ({"c": torch.zeros(2, dtype=torch.complex64)}, "c holds complex", "complex numbers"),
            ({"q": torch.quantize_per_tensor(torch.rand(3), 0.1, 0, torch.qint8)}, "q is quantized", "quantized numbers"),
            ({"s": torch.eye(3).to_sparse()}, "s is sparse", "a sparse tensor"),
            ({"a.b": torch.zeros(1), "a": {"b": torch.ones(1)}}, "two tensors would be named a.b", "two of one name"),
            ({(1, 2): torch.zeros(1)}, "neither text nor a number", "a tensor under a tuple"),
            ({"__metadata__": torch.zeros(1)}, "reserved", "a reserved name"),
            ({"a\nb": torch.zeros(1)}, "control characters", "a name with a line end"),
            ({"x": "no tensor"}, "no tensor", "no tensor at all")):
        torch.save(value, path)
        refused(path, why, what)
    ring = [torch.zeros(1)]
    ring.append(ring)
    torch.save(ring, path)
    refused(path, "holds itself", "a list that holds itself")


# ---- Keras ----

def check_keras():
    rng = np.random.RandomState(7)
    arrays = {"conv/conv/kernel:0": rng.rand(3, 3, 2, 4).astype("f4"), "conv/conv/bias:0": np.zeros(4, "f4"), "half": rng.rand(5).astype("f2"),
              "wide": rng.rand(4, 2), "big-endian": rng.rand(6).astype(">f8"), "steps": np.int64(7), "mask": rng.rand(9) > 0.5,
              "bytes": np.arange(5, dtype="u1"), "shorts": np.arange(5, dtype=">i2"), "none": np.zeros((0, 3), "f4")}
    want = {k.replace("/", "."): of_array(v) for k, v in arrays.items()}
    path = os.path.join(OUT, "model.h5")

    def write(**more):
        with h5py.File(path, "w") as f:
            for k, v in arrays.items():
                f.create_dataset(k, data=v)
            f.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": []}})
            f.attrs["keras_version"], f.attrs["backend"] = "2.15.0", "tensorflow"
            for k, v in more.items():
                f.create_dataset(k, **v)
    write()
    same(path, want, "Keras' HDF5", ["model_config"])
    write(names={"data": np.array([b"a", b"b"])})
    same(path, want, "texts in HDF5", ["model_config", "names"])
    write(packed={"data": arrays["wide"], "compression": "gzip"})
    refused(path, "packed is stored in chunks", "a compressed dataset")
    write(complex={"data": np.zeros(2, "c8")})
    refused(path, "complex has a type", "complex numbers in HDF5")
    write(table={"data": np.zeros(2, [("a", "f4"), ("b", "i4")])})
    same(path, want, "structures in HDF5", ["model_config", "table"])
    write(late={"shape": (3,), "dtype": "f4"})
    refused(path, "late is stored in chunks, compressed or not at all", "a dataset that was never written")
    write()
    os.truncate(path, os.path.getsize(path) - 1)
    refused(path, "", "HDF5 that is cut")
    write()
    archive = os.path.join(OUT, "model.keras")
    config = json.dumps({"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": []}, "registered_name": None})
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(archive, "w", method) as z, open(path, "rb") as f:
            z.writestr("metadata.json", json.dumps({"keras_version": "3.0.0", "date_saved": "2024-01-01@00:00:00"}))
            z.writestr("config.json", config)
            z.writestr("model.weights.h5", f.read())
        same(archive, want, "Keras' archive", ["config.json", "model_config"])


class Evil:
    def __reduce__(self):
        return os.system, ("echo ran >%s" % os.path.join(OUT, "ran"),)


class Settings:
    def __init__(self):
        self.rate, self.extra = 0.1, torch.ones(2)


def check_code():
    path = os.path.join(OUT, "evil.pt")
    torch.save({"w": torch.arange(3), "evil": Evil(), "settings": Settings(), "v": torch.ones(2, 2)}, path)
    status = subprocess.run([ASSAY, "scan", path], capture_output=True).returncode
    tell(status == 1, "the gate refuses a file that holds a call")
    want = {"w": of_tensor(torch.arange(3)), "v": of_tensor(torch.ones(2, 2)), "settings.extra": of_tensor(torch.ones(2))}
    same(path, want, "its tensors are read all the same", ["evil", "settings.rate"])
    refused(path, "evil: made by posix.system, which was not called", "but not under --strict", "--strict")
    tell(not os.path.exists(os.path.join(OUT, "ran")), "nothing ran")


def check_new_types():
    """Types that torch has since 2.1, through _rebuild_tensor_v3 and untyped storages."""
    class Type:
        __module__ = "torch"

        def __init__(self, name):
            self.name = name

        def __reduce__(self):
            return self.name

    class Storage:
        pass

    class Tensor:
        def __init__(self, storage, dtype, size, stride):
            self.state = None
            self.args = (storage, 0, size, stride, False, OrderedDict(), dtype)

        def __reduce__(self):
            return rebuild, self.args, self.state

    def rebuild(*_):
        pass
    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v3"
    torch._utils._rebuild_tensor_v3 = rebuild
    value, want, storages = {}, {}, []
    for name, dtype, size in (("float8_e4m3fn", "F8_E4M3", 1), ("float8_e5m2", "F8_E5M2", 1), ("uint16", "U16", 2), ("uint32", "U32", 4),
                              ("uint64", "U64", 8)):
        setattr(torch, name, Type(name))
        data = bytes(range(6 * size))
        value[name] = Tensor(Storage(), getattr(torch, name), (2, 3), (1, 2))
        want[name] = dtype, (2, 3), np.frombuffer(data, "V%d" % size).reshape(3, 2).T.tobytes("C")
        value[name].args[0].data = data
        storages.append(data)

    class Pickler(pickle.Pickler):
        def persistent_id(self, o):
            if isinstance(o, Storage):
                return "storage", torch.UntypedStorage, str(storages.index(o.data)), "cpu", len(o.data)
            return None

    def write(path, value):
        b = io.BytesIO()
        Pickler(b, 2).dump(value)
        with zipfile.ZipFile(path, "w") as z:
            z.writestr("archive/data.pkl", b.getvalue())
            for i, data in enumerate(storages):
                z.writestr("archive/data/%d" % i, data)
            z.writestr("archive/version", "3\n")
    path = os.path.join(OUT, "new-types.pt")
    write(path, value)
    same(path, want, "types that torch has since 2.1")
    for mark in ({"neg": True}, {"conj": True}, {"neg": False}):
        value["uint16"].args = value["uint16"].args[:7] + (mark,)
        write(path, value)
        refused(path, "conjugated or negated", "a view that is marked %s" % mark)
    value["uint16"].args = value["uint16"].args[:7] + ({},)
    value["uint16"].state = (1, 2, 3, 4)
    write(path, value)
    refused(path, "state set a second time", "a tensor whose state gives it another storage")
    value["uint16"].state = None
    write(path, value)
    same(path, want, "a view without marks")


check_numpy()
check_pickled_arrays()
if h5py:
    check_keras()
if torch:
    check_torch()
    check_code()
    check_new_types()
