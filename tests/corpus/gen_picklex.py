#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what wraps pickles: joblib's streams, Paddle, torch's other containers.

gen_picklex.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is. Real libraries write what they can; what they are not there
for is left out, and torch's newer containers are written by their specification. The arguments of calls are inert.
"""
import bz2
import io
import json
import lzma
import os
import pickle
import struct
import sys
import tarfile
import types
import warnings
import zipfile
import zlib

import made_samples

warnings.filterwarnings("ignore")
OUT = sys.argv[1] if len(sys.argv) > 1 else "."


def library(name):
    try:
        __import__(name)
        return sys.modules[name]
    except ImportError:
        return None


np, joblib, torch, dill, cloudpickle = (library(n) for n in ("numpy", "joblib", "torch", "dill", "cloudpickle"))


FOLDER = made_samples.Folder(OUT)
path, note, put = FOLDER.path, FOLDER.note, FOLDER.put


class Evil:
    def __reduce__(self):
        return os.system, ("echo",)


EVIL = pickle.dumps({"w": [1, 2], "x": Evil()}, 4)


def joblib_files():
    good = {"coef": np.arange(12.0).reshape(3, 4), "names": ["a", "b"], "object": np.array([None, "x"], dtype=object)}
    for compress in (0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3), ("lz4", 3)):
        what = compress[0] if compress else "raw"
        for value, name, verdict, rule in ((good, "good", "pass", "-"), ({"c": good["coef"], "x": Evil()}, "call", "fail", "pickle.call.denied")):
            file = "joblib/%s-%s.joblib" % (what, name)
            try:
                joblib.dump(value, path(file), compress=compress)
            except (ValueError, ImportError):
                continue
            note(file, verdict, rule, "joblib, %s: %s" % (what, "arrays" if verdict == "pass" else "a call behind an array"))


def functions():
    for module in (dill, cloudpickle):
        if not module:
            continue
        name = module.__name__
        put("%s/data.pkl" % name, module.dumps({"w": [1, 2.5, "x"]}), "pass", "-", "%s: plain values" % name)
        put("%s/function.pkl" % name, module.dumps(lambda x: x + 1), "fail", "*", "%s: a function is code" % name)
        put("%s/call.pkl" % name, module.dumps(Evil()), "fail", "pickle.call.denied", "%s: a call" % name)


def paddle():
    state = {"linear.weight": np.ones((3, 4), "float32"), "linear.bias": np.zeros(4, "float32"),
             "StructuredToParameterName@@": {"linear.weight": "linear_0.w_0", "linear.bias": "linear_0.b_0"}}
    for protocol in (2, 4):
        put("paddle/model%d.pdparams" % protocol, pickle.dumps(state, protocol), "pass", "-", "Paddle parameters, protocol %d" % protocol)
    named = {k: (v, state[k]) for k, v in state["StructuredToParameterName@@"].items()}
    put("paddle/named.pdparams", pickle.dumps(named, 4), "pass", "-", "Paddle parameters with their names")
    put("paddle/model.pdopt", pickle.dumps({"moment": state["linear.weight"], "LR_Scheduler": {"last_lr": 0.1}}, 4), "pass", "-",
        "Paddle's optimizer")
    put("paddle/call.pdparams", pickle.dumps(dict(state, x=Evil()), 4), "fail", "pickle.call.denied", "Paddle parameters beside a call")


def zipped(members, method=zipfile.ZIP_STORED):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", method) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name), data)
    return b.getvalue()


def saved(value, **options):
    b = io.BytesIO()
    torch.save(value, b, **options)
    return b.getvalue()


def graph(target):
    """The part of an exported program that names what it calls, as torch.export.save writes it."""
    node = {"target": target, "inputs": [{"name": "self", "arg": {"as_tensor": {"name": "x"}}}], "outputs": [{"as_tensor": {"name": "y"}}],
            "metadata": {}}
    return json.dumps({"graph_module": {"graph": {"inputs": [{"as_tensor": {"name": "x"}}], "outputs": [{"as_tensor": {"name": "y"}}],
                                                  "nodes": [node], "tensor_values": {}, "sym_int_values": {}, "sym_bool_values": {}},
                                        "signature": {}, "module_call_graph": []}, "opset_version": {"aten": 10}, "range_constraints": {},
                       "schema_version": {"major": 8, "minor": 1}}).encode()


def exported():
    weights = saved({"w": torch.ones(2)}) if torch else b""
    for target, name in (("torch.ops.aten.relu.default", "relu"), ("torch.os.system", "system")):
        put("export/%s.pt2" % name, zipped([("serialized_exported_program.json", graph(target)), ("serialized_state_dict.pt", weights),
                                            ("serialized_constants.pt", weights), ("serialized_example_inputs.pt", weights),
                                            ("version", b"8.1")]), "fail", "torch.export", "an exported program that calls " + target)
        put("export/%s-archive.pt2" % name, zipped([("m/archive_format", b"pt2"), ("m/models/model.json", graph(target)),
                                                    ("m/data/weights/weight_0", b"\0" * 8), ("m/byteorder", b"little"),
                                                    ("m/archive_version", b"0")]), "fail", "torch.export",
            "an exported program of the newer layout that calls " + target)
    put("export/renamed.zip", zipped([("serialized_exported_program.json", graph("torch.os.system")), ("version", b"8.1")]), "fail",
        "torch.export", "an exported program by another name")
    put("export/plain.pt2", zipped([("a.json", b"{}")]), "fail", "torch.export", "any zip that is named as one")


def old_tar():
    """What torch.save wrote before 0.1.10."""
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w", format=tarfile.PAX_FORMAT) as t:
        for name, data in (("sys_info", pickle.dumps({"protocol_version": 1000, "little_endian": True}, 2)),
                           ("storages", pickle.dumps(1, 2) + pickle.dumps(("1", "cpu", "FloatStorage"), 2) + struct.pack("<q4f", 4, 1, 2, 3, 4)),
                           ("tensors", pickle.dumps(0, 2)), ("pickle", b"\x80\x02X\x01\x00\x00\x001Q.")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    put("torch-tar/old.pt", b.getvalue(), "fail", "*", "torch's first format, a tar")


def folders():
    if not torch:
        return
    state = {"module": {"w": torch.ones(4, 4, dtype=torch.float16)}, "ds_version": "0.14.0", "global_steps": 3}
    put("deepspeed/mp_rank_00_model_states.pt", saved(state), "pass", "-", "the weights of a DeepSpeed checkpoint")
    put("deepspeed/latest", b"global_step3", "pass", "-", "the name of its last step")
    config = types.ModuleType("deepspeed.runtime.zero.config")
    config.ZeroStageEnum = type("ZeroStageEnum", (int,), {"__module__": config.__name__})
    sys.modules.update({"deepspeed": types.ModuleType("deepspeed"), config.__name__: config})
    state = {"optimizer_state_dict": {"zero_stage": config.ZeroStageEnum(2), "single_partition_of_fp32_groups": [torch.ones(4)]}}
    put("deepspeed/zero_pp_rank_0_mp_rank_00_optim_states.pt", saved(state), "fail", "pickle.global.unknown",
        "its optimizer names a class of DeepSpeed")
    put("fsdp/rank0.pt", saved({"flat_param": torch.ones(8)}), "pass", "-", "one rank's flat parameter")


# ---- TorchScript ----

def scripted(code):
    """A module of torch's with other code."""
    class M(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    made, b = io.BytesIO(), io.BytesIO()
    torch.jit.save(torch.jit.script(M()), made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(b, "w") as new:
        for name in old.namelist():
            if not name.endswith(".debug_pkl"):
                new.writestr(zipfile.ZipInfo(name), code.encode() if name.endswith("/code/__torch__.py") else old.read(name))
    return b.getvalue()


def torchscript():
    script = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), script)
    put("torchscript/linear.pt", script.getvalue(), "fail", "torch.torchscript", "TorchScript holds code")
    module = """class M(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  _is_full_backward_hook : Optional[bool]
  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
"""
    put("torchscript/writes.pt", scripted(module + """    torch.save(x, "torchscript-was-here")
    return x
"""), "fail", "torch.torchscript", "a program that writes a file when it is called")
    put("torchscript/cast.pt", scripted("""class Small:
  z : int
  def __init__(self: __torch__.Small) -> NoneType:
    self.z = 1
    return None
class Large:
%s  def last(self: __torch__.Large) -> Tensor:
    return self.a3999
""" % "".join("  a%d : Tensor\n" % i for i in range(4000)) + module + """    return (unchecked_cast(__torch__.Large, __torch__.Small())).last()
"""), "fail", "torch.torchscript", "a program of harmless names that calls a small object a large one, and so reads behind its end")


# ---- torch.distributed.checkpoint: .metadata and parts, as torch 2 writes them ----

def dcp_classes():
    """Stand-ins that pickle like torch's own."""
    made = {}
    for module, names in (("metadata", "Metadata MetadataIndex TensorStorageMetadata TensorProperties ChunkStorageMetadata BytesStorageMetadata "
                           "StorageMeta"), ("filesystem", "_StorageInfo")):
        full = "torch.distributed.checkpoint." + module
        sys.modules[full] = types.ModuleType(full)
        for name in names.split():
            made[name] = type(name, (), {"__module__": full})
            setattr(sys.modules[full], name, made[name])
    made["TensorProperties"].__getstate__ = lambda self: self.state

    class _MEM_FORMAT_ENCODING(int):
        __module__ = "torch.distributed.checkpoint.metadata"
        __qualname__ = "_MEM_FORMAT_ENCODING"

        def __reduce__(self):
            return type(self), (int(self),)
    sys.modules[_MEM_FORMAT_ENCODING.__module__]._MEM_FORMAT_ENCODING = made["_MEM_FORMAT_ENCODING"] = _MEM_FORMAT_ENCODING
    return made


def dcp_folder(name, verdict, rule, what, change=None, part=None, root="Metadata", file="__0_0.distcp", evil=False):
    """part and change alter what is written; verdict is that of .metadata, or with a part that of the part."""
    of = dcp_classes()

    def make(kind, **attributes):
        o = of[kind]()
        o.__dict__.update(attributes)
        return o
    items = {"w": torch.arange(12.).reshape(3, 4), "b": torch.ones(4, dtype=torch.bfloat16), "step": Evil() if evil else {"step": 3}}
    data, places = b"", {}
    for key, value in items.items():
        one = saved(value)
        places[key] = len(data), len(one)
        data += one
    if change:
        change(places)
    infos, described = {}, {}
    for key, (off, length) in places.items():
        value = items.get(key)
        index = make("MetadataIndex", fqn=key, offset=torch.Size([0, 0]), index=0)
        infos[index] = make("_StorageInfo", relative_path=file, offset=off, length=length, transform_descriptors=None)
        if isinstance(value, torch.Tensor):
            properties = make("TensorProperties")
            properties.state = (value.dtype, torch.strided, False, of["_MEM_FORMAT_ENCODING"](2), False)
            described[key] = make("TensorStorageMetadata", properties=properties, size=value.size(), chunks=[
                make("ChunkStorageMetadata", offsets=torch.Size([0] * value.dim()), sizes=value.size())])
        else:
            described[key] = make("BytesStorageMetadata")
    metadata = make(root, state_dict_metadata=described, planner_data={k: (k,) for k in items}, storage_data=infos,
                    storage_meta=make("StorageMeta", checkpoint_id="x", save_id="y", load_id=None, modules=[]), version=None)
    put("%s/.metadata" % name, pickle.dumps(metadata, 4), *((verdict, rule, what) if not part and not evil else
        ("fail", "*", "its index") if part else ("pass", "-", "its index")))
    data = part(data) if part else data
    put("%s/__0_0.distcp" % name, data, *((verdict, rule, what) if part or evil else ("pass", "-", "its part")))


def move(key, by, longer=0):
    def change(places):
        off, length = places[key]
        places[key] = off + by, length + longer
    return change


def distributed():
    dcp_folder("dcp/good", "pass", "-", "a distributed checkpoint")
    dcp_folder("dcp/call", "fail", "pickle.call.denied", "an item that is a call", evil=True)
    dcp_folder("dcp/moved", "fail", "sibling.tensors", "an item that is read one byte later", move("w", 1))
    dcp_folder("dcp/longer", "fail", "sibling.tensors", "an item that is one byte longer", move("b", 0, 1))
    dcp_folder("dcp/beyond", "fail", "sibling.truncated", "an item beyond the end", move("step", 1 << 40))
    dcp_folder("dcp/less", "fail", "sibling.tensors", "an item that nothing names", lambda p: p.pop("b"))
    dcp_folder("dcp/other", "fail", "dcp.metadata", "an index of another class", root="StorageMeta")
    dcp_folder("dcp/file", "fail", "dcp.metadata", "an index that names a file of another kind", file="model.bin")
    dcp_folder("dcp/up", "fail", "sibling.name", "an index that names a file of another folder", file="../good/__0_0.distcp")
    dcp_folder("dcp/tail", "fail", "distcp.malformed", "a byte behind the last item", part=lambda d: d + b"x")
    dcp_folder("dcp/head", "fail", "distcp.malformed", "a byte before the first item", part=lambda d: b"x" + d)
    dcp_folder("dcp/cut", "fail", "distcp.malformed", "a part that is cut", part=lambda d: d[:-1])
    put("dcp/list/.metadata", pickle.dumps([1], 4), "fail", "dcp.metadata", "an index that is a list")
    put("dcp/pickle/__0_0.distcp", EVIL, "fail", "distcp.malformed", "a part that is a pickle")
    put("dcp/text/__0_0.distcp", b"text\n", "fail", "distcp.malformed", "a part that is text")


for part, needs in ((joblib_files, joblib and np), (functions, True), (paddle, np), (exported, True), (old_tar, True),
                    (folders, torch), (torchscript, torch), (distributed, torch)):
    if needs:
        part()
FOLDER.write_index()
