# SPDX-License-Identifier: Apache-2.0
"""Small models for gen_recipes.py by their published schemas: TensorFlow Lite, ExecuTorch, and MXNet's symbols and parameters."""
import json
import struct


class Table:
    """fields: number -> (format, value), a Table, a string, bytes, a list of Tables or strings, or (format, list) as a vector of numbers."""
    def __init__(self, **fields):
        self.fields = {int(k[1:]): v for k, v in fields.items()}


class Writer:
    """Parents first, so that all offsets lead forward."""
    def __init__(self, identifier, extra=b""):
        self.b = bytearray(4) + identifier + extra

    def align(self, n):
        self.b += bytes(-len(self.b) % n)

    def patch(self, at):
        struct.pack_into("<I", self.b, at, len(self.b) - at)

    def table(self, t, at):
        wide = {k: struct.calcsize("<" + v[0]) if isinstance(v, tuple) and not isinstance(v[1], list) else 4 for k, v in t.fields.items()}
        place, size = {}, 4
        for k, w in wide.items():
            size += -size % w
            place[k] = size
            size += w
        slots = max(wide, default=-1) + 1
        self.align(2)
        vtable = len(self.b)
        self.b += struct.pack("<HH", 4 + 2 * slots, size) + b"".join(struct.pack("<H", place.get(i, 0)) for i in range(slots))
        self.align(8)
        start = len(self.b)
        self.patch(at)
        self.b += struct.pack("<i", start - vtable) + bytes(size - 4)
        for k, v in t.fields.items():
            if isinstance(v, tuple) and not isinstance(v[1], list):
                struct.pack_into("<" + v[0], self.b, start + place[k], v[1])
            else:
                self.value(v, start + place[k])

    def value(self, v, at):
        if isinstance(v, Table):
            return self.table(v, at)
        if isinstance(v, str):
            v = ("s", v.encode())
        elif isinstance(v, bytes):
            v = ("b", v)
        if isinstance(v, list):
            self.align(4)
            self.patch(at)
            self.b += struct.pack("<I", len(v))
            start = len(self.b)
            self.b += bytes(4 * len(v))
            for i, one in enumerate(v):
                self.value(one, start + 4 * i)
            return None
        kind, items = v
        width = 1 if kind in "sb" else struct.calcsize("<" + kind)
        self.align(4)
        self.b += bytes(-(len(self.b) + 4) % (16 if kind == "b" else max(width, 4)))
        self.patch(at)
        self.b += struct.pack("<I", len(items)) + (items if kind in "sb" else struct.pack("<%d%s" % (len(items), kind), *items))
        if kind == "s":
            self.b += b"\0"
        return None

    def finish(self, root):
        self.table(root, 0)
        self.align(8)
        return bytes(self.b)


def tflite(code=0, old=0, custom=None, shape=(2, 2), kind=0, data=bytes(16), index=0, inputs=(0, 1), tensor_buffer=1, options=None, version=3, external=None, **model):
    opcode = Table(f0=("b", old), f2=("i", 1), f3=("i", code))
    if custom:
        opcode.fields[1] = custom
    tensors = [Table(f0=("i", list(shape)), f1=("b", kind), f2=("I", tensor_buffer), f3="weight"), Table(f0=("i", [2, 2]), f1=("b", 0), f2=("I", 0), f3="x"),
               Table(f0=("i", [2, 2]), f1=("b", 0), f2=("I", 0), f3="y")]
    if external:
        tensors[0].fields[10] = ("I", 1)
        model = dict(model, f8=[Table(f0=external)], f9=[Table(f0=("I", 1), f1=("I", 0), f2=("Q", 16), f3=("Q", 16), f4="unpacked")])
    operator = Table(f0=("I", index), f1=("i", list(inputs)), f2=("i", [2]), f3=("B", 11), f4=Table(f0=("b", 0)))
    if options:
        operator.fields[5] = options
    graph = Table(f0=tensors, f1=("i", [1]), f2=("i", [2]), f3=[operator], f4="main")
    root = Table(f0=("I", version), f1=[opcode], f2=[graph], f3="a model", f4=[Table(), Table(f0=data)])
    for k, v in model.items():
        root.fields[int(k[1:])] = v
    return Writer(b"TFL3").finish(root)


def good_flat():
    yield "good.tflite", "A model that adds a weight.", tflite()
    yield "good_new.tflite", "An operator beyond the old range.", tflite(code=150, old=127)
    yield "good_int4.tflite", "Three elements of four bits.", tflite(shape=(3,), kind=17, data=bytes(2))
    yield "good_float8.tflite", "Sixteen elements of eight bits.", tflite(shape=(16,), kind=22)
    yield "good_hlo.tflite", "An operator of StableHLO.", tflite(code=209, old=127)
    yield "good_strings.tflite", "A tensor of strings.", tflite(shape=(2,), kind=5, data=struct.pack("<4I", 2, 16, 18, 18) + b"ab")


def bad_flat():
    yield "custom.tflite", "tflite.custom-operator", "A custom operator is code of the program.", tflite(code=32, old=32, custom="Evil")
    yield "flex.tflite", "tflite.custom-operator", "A TensorFlow operator by Flex.", tflite(code=32, old=32, custom="FlexWriteFile")
    yield "options.tflite", "tflite.custom-operator", "A built-in operator with options of its own.", tflite(options=b"x")
    yield "hlo_call.tflite", "tflite.operator", "A custom call of StableHLO.", tflite(code=173, old=127)
    yield "hlo_composite.tflite", "tflite.operator", "A composite of StableHLO.", tflite(code=206, old=127)
    yield "beyond.tflite", "tflite.operator", "The first operator beyond the last.", tflite(code=210, old=127)
    yield "external_path.tflite", "sibling.name", "Weights in a file elsewhere.", tflite(tensor_buffer=0, external="../w.bin")
    yield "external_missing.tflite", "sibling.missing", "Weights in a file that is not there.", tflite(tensor_buffer=0, external="w.bin")
    yield "external_twice.tflite", "tflite.malformed", "A tensor in the file and in another one.", tflite(external="w.bin")
    yield "type_beyond.tflite", "tflite.malformed", "The first type beyond the last.", tflite(shape=(16,), kind=23)
    yield "delegate.tflite", "tflite.operator", "A delegate is no operator of a file.", tflite(code=51, old=51)
    yield "unknown.tflite", "tflite.operator", "An operator beyond the last.", tflite(code=1000, old=127)
    yield "two_codes.tflite", "tflite.malformed", "Old and new readers see two operators.", tflite(code=32, old=1)
    yield "shape.tflite", "tflite.malformed", "The shape needs more bytes than the buffer has.", tflite(shape=(2, 3))
    yield "overflow.tflite", "tflite.malformed", "The shape overflows 64 bits.", tflite(shape=(2 ** 31 - 1,) * 3)
    yield "type.tflite", "tflite.malformed", "A type that is not known.", tflite(kind=99)
    yield "buffer.tflite", "tflite.malformed", "A tensor names a buffer that is not there.", tflite(tensor_buffer=2)
    yield "index.tflite", "tflite.malformed", "An operator reads a tensor that is not there.", tflite(inputs=(0, 3))
    yield "opcode.tflite", "tflite.malformed", "An operator's code is not there.", tflite(index=1)
    yield "strings.tflite", "tflite.malformed", "A string lies outside of its buffer.", tflite(shape=(2,), kind=5, data=struct.pack("<4I", 2, 16, 99, 18) + b"ab")
    yield "outside.tflite", "tflite.truncated", "A buffer lies beyond the end of the file.", \
        tflite(f4=[Table(), Table(f1=("Q", 2 ** 63), f2=("Q", 2 ** 63))])
    yield "version.tflite", "tflite.malformed", "A version of the schema that is not known.", tflite(version=4)
    yield "root.tflite", "tflite.truncated", "The root lies beyond the end of the file.", struct.pack("<I", 0x18) + b"TFL3"
    yield "cut.tflite", "tflite.truncated", "The second half is not there.", tflite()[:300]


def pte(kernel="aten::add", overload="out", delegate=None, sizes=(2, 2), order=(0, 1), kind=6, index=1, offset=0, op=0, args=(0, 1, 2), size=16, extra=None,
        jump=None, tail=b"", version=0, header=True):
    """A method that adds a constant, whose bytes are a segment behind the program."""
    tensors = [Table(f0=("b", kind), f2=("i", list(sizes)), f3=("B", list(order)), f5=("I", index)),
               Table(f0=("b", 6), f2=("i", [2, 2]), f3=("B", [0, 1])),
               Table(f0=("b", 6), f2=("i", [2, 2]), f3=("B", [0, 1]), f6=Table(f0=("I", 1), f1=("I", 0)))]
    if extra is not None:
        tensors[0].fields[9] = Table(f1="w", f2=("b", extra))
    calls = [Table(f0=("B", 1), f1=Table(f0=("i", op), f1=("i", list(args))))]
    if jump is not None:
        calls.append(Table(f0=("B", 4), f1=Table(f0=("i", 0), f1=("i", jump))))
    plan = Table(f0="forward", f2=[Table(f0=("B", 5), f1=t) for t in tensors], f3=("i", [1]), f4=("i", [2]),
                 f5=[Table(f0=("i", [1]), f1=("i", [2]), f2=calls)], f6=[Table(f0=kernel, f1=overload)], f8=("q", [0, 16]))
    program = Table(f0=("I", version), f1=[plan], f4=[Table(f0=("Q", 0), f1=("Q", size))], f5=Table(f0=("I", 0), f1=("Q", [0, offset])))
    if delegate:
        plan.fields[7] = [Table(f0=delegate, f1=Table(f0=("b", 0), f1=("I", 0)))]
        program.fields[3] = [Table(f0=b"blob")]
    out = bytearray(Writer(b"ET12", b"eh00" + struct.pack("<IQQ", 24, 0, 0) if header else b"").finish(program))
    out += bytes(-len(out) % 16)
    if header:
        struct.pack_into("<QQ", out, 16, len(out), len(out))
    return bytes(out) + bytes(16) + tail


def good_pte():
    yield "good.pte", "A program that adds a constant.", pte()
    yield "good_xnnpack.pte", "A program with a delegate of XNNPACK.", pte(delegate="XnnpackBackend")
    yield "good_jump.pte", "A jump to the end.", pte(jump=2)


def bad_pte():
    yield "delegate.pte", "executorch.delegate", "A delegate of a vendor.", pte(delegate="QnnBackend")
    yield "kernel.pte", "executorch.operator", "A kernel that the program brings.", pte(kernel="evil::run")
    yield "namespace.pte", "executorch.operator", "A kernel whose namespace only begins like a known one.", pte(kernel="aten_evil::add")
    yield "overload.pte", "executorch.operator", "An overload that is no name.", pte(overload="out/../x")
    yield "constant.pte", "executorch.malformed", "A constant reaches beyond its segment.", pte(offset=4)
    yield "sizes.pte", "executorch.malformed", "A negative size.", pte(sizes=(-1, 2))
    yield "order.pte", "executorch.malformed", "A dimension is there twice.", pte(order=(0, 0))
    yield "type.pte", "executorch.malformed", "A type that is not known.", pte(kind=99)
    yield "index.pte", "executorch.malformed", "A constant that is not there.", pte(index=2)
    yield "op.pte", "executorch.malformed", "A call of a kernel that is not there.", pte(op=1)
    yield "args.pte", "executorch.malformed", "An argument that is not there.", pte(args=(0, 3))
    yield "jump.pte", "executorch.malformed", "A jump beyond the end.", pte(jump=3)
    yield "segment.pte", "executorch.truncated", "A segment lies beyond the end of the file.", pte(size=17)
    yield "external.pte", "executorch.external", "A tensor's data lies in another file.", pte(extra=1)
    yield "header.pte", "executorch.malformed", "Segments without an extended header.", pte(header=False)
    yield "version.pte", "executorch.malformed", "A version of the schema that is not known.", pte(version=1)


def symbol(op, **attrs):
    nodes = [{"op": "null", "name": "data", "inputs": []}, {"op": op, "name": "fc", "attrs": attrs, "inputs": [[0, 0, 0]]}]
    return json.dumps({"nodes": nodes, "arg_nodes": [0], "node_row_ptr": [0, 1, 2], "heads": [[1, 0, 0]], "attrs": {"mxnet_version": ["int", 10900]}})


def params(stype=0, dims=(2, 2), kind=0, data=bytes(16), names=("arg:w",), magic=0xF993FAC9, tail=b""):
    out = struct.pack("<QQQIiI", 0x112, 0, 1, magic, stype, len(dims)) + struct.pack("<%dq" % len(dims), *dims) + struct.pack("<iii", 1, 0, kind) + data
    out += struct.pack("<Q", len(names)) + b"".join(struct.pack("<Q", len(n)) + n.encode() for n in names)
    return out + tail


def good_mxnet():
    yield "good-symbol.json", "A network of one layer.", symbol("FullyConnected", num_hidden="2")
    yield "good-0000.params", "Its weights.", params()


def bad_mxnet():
    yield "custom-symbol.json", "mxnet.custom-operator", "An operator in Python.", symbol("Custom", op_type="evil")
    yield "unknown-symbol.json", "mxnet.operator", "An operator that is not known.", symbol("_evil")
    yield "sparse.params", "mxnet.malformed", "A sparse array.", params(stype=1)
    yield "size.params", "mxnet.truncated", "More elements than bytes.", params(dims=(2 ** 20, 2))
    yield "overflow.params", "mxnet.malformed", "Sizes that overflow 64 bits.", params(dims=(2 ** 32, 2 ** 32))
    yield "names.params", "mxnet.malformed", "Two names for one array.", params(names=("a", "b"))
    yield "tail.params", "mxnet.malformed", "Bytes follow the last name.", params(tail=b"x")
