#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes ONNX models, good and hostile, into a directory.

gen_onnx.py DIR writes DIR/FOLDER/FILE and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is. Messages are written by onnx.proto3; where the onnx package is
here it makes models too, and its checker takes the good ones.
"""
import os
import struct
import sys

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError:
    onnx = None


def varint(n):
    out = bytearray()
    n &= (1 << 64) - 1
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, value):
    """An int as varint, text or bytes with their length, a float as 32 bits."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def node(op, inputs=("x",), outputs=("y",), domain=None, attributes=b""):
    out = b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) + field(4, op) + attributes
    return out + (field(7, domain) if domain is not None else b"")


def tensor(dims, data_type=1, name="w", body=None):
    n = 1
    for d in dims:
        n *= d
    if body is None:
        body = field(9, bytes(4 * n))
    return b"".join(field(1, d) for d in dims) + field(2, data_type) + field(8, name) + body


def value(name):
    shape = field(1, field(1, 2)) + field(1, field(2, "batch"))
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def graph(nodes, initializers=(), rest=b""):
    out = b"".join(field(1, n) for n in nodes) + field(2, "g") + b"".join(field(5, t) for t in initializers)
    return out + field(11, value("x")) + field(12, value("y")) + rest


def model(g, domains=("",), rest=b"", ir=8):
    opsets = b"".join(field(8, field(1, d) + field(2, 17)) for d in domains)
    return field(1, ir) + field(2, "gen_onnx") + field(7, g) + opsets + rest


def entry(key, text):
    return field(1, key) + field(2, text)


def external(dims=(2, 2), location="weights.bin", **more):
    body = field(14, 1) + field(13, entry("location", location)) + b"".join(field(13, entry(k, v)) for k, v in more.items())
    return tensor(dims, body=body)


def attribute(name, kind, number, body):
    return field(5, field(1, name) + field(number, body) + field(20, kind))


def sparse(values, indices, dims, index_type=7):
    count = 1
    for d in indices:
        count *= d
    return field(1, tensor(values)) + field(2, tensor(indices, index_type, body=field(9, bytes(8 * count)))) + b"".join(field(3, d) for d in dims)


RELU = node("Relu")
FUNCTION = field(25, field(1, "Twice") + field(4, "a") + field(5, "b") + field(7, node("Add", ("a", "a"), ("b",))) +
                 field(9, field(1, "") + field(2, 17)) + field(10, "mine"))


def function(name, calls, domain="mine", rest=b""):
    return field(25, field(1, name) + b"".join(field(7, node(c, ("a",), ("b",), domain)) for c in calls) + field(10, domain) + rest)


def chain(n, width):
    """Functions f0 to fn, each calling the next so many times."""
    return b"".join(function(f"f{i}", [f"f{i + 1}"] * width) for i in range(n)) + function(f"f{n}", ())


def calling(functions, name="f0"):
    return model(graph([node(name, domain="mine")]), ("", "mine"), functions)


EVIL_FUNCTION = field(25, field(1, "Twice") + field(4, "a") + field(5, "b") + field(7, node("Run", ("a",), ("b",), "evil")) + field(10, "mine"))


def branch(inner):
    return node("If", attributes=attribute("then_branch", 5, 6, graph([inner])) + attribute("else_branch", 5, 6, graph([RELU])))


def deep(levels):
    n = RELU
    for _ in range(levels):
        n = branch(n)
    return model(graph([n]))


def good():
    yield "relu", model(graph([RELU])), {}, "one operator"
    yield "raw", model(graph([node("Add", ("x", "w"))], [tensor((2, 2))])), {}, "a tensor as raw data"
    yield "floats", model(graph([RELU], [tensor((2,), body=field(4, struct.pack("<2f", 1, 2)))])), {}, "a tensor as packed numbers"
    yield "unpacked", model(graph([RELU], [tensor((2,), body=field(4, 1.0) + field(4, 2.0))])), {}, "the same unpacked"
    yield "int64", model(graph([RELU], [tensor((3,), 7, body=field(7, varint(1) + varint(-1) + varint(1 << 40)))])), {}, "numbers of 64 bits"
    yield "strings", model(graph([RELU], [tensor((2,), 8, body=field(6, b"a") + field(6, b"\xff\0"))])), {}, "strings of bytes"
    yield "scalar", model(graph([RELU], [tensor(())])), {}, "a number without a shape"
    yield "empty", model(graph([RELU], [tensor((0, 4), body=b"")])), {}, "a tensor of no elements"
    yield "int4", model(graph([RELU], [tensor((3,), 22, body=field(9, b"\x21\x03"))])), {}, "three numbers of four bits"
    yield "classic", model(graph([node("TreeEnsembleClassifier", domain="ai.onnx.ml")]), ("", "ai.onnx.ml")), {}, "a forest of ONNX-ML"
    yield "runtime", model(graph([node("MatMulNBits", domain="com.microsoft")]), ("", "com.microsoft")), {}, "an operator of ONNX Runtime"
    yield "runtime_state", model(graph([node("GatedDeltaNet", domain="com.microsoft")]), ("", "com.microsoft")), {}, "a newer one"
    yield "branches", model(graph([branch(RELU)])), {}, "two branches"
    yield "deep", deep(20), {}, "twenty branches in each other"
    yield "function", model(graph([node("Twice", domain="mine")]), ("", "mine"), FUNCTION), {}, "a function that the model defines"
    yield "function_chain", calling(chain(20, 2)), {}, "functions in each other, a million nodes when unfolded"
    yield "function_deep", calling(chain(127, 1)), {}, "128 functions in each other"
    yield "function_overload", calling(function("f0", ["Twice"]) + FUNCTION + function("Twice", (), rest=field(13, "other"))), {}, "two overloads"
    yield "metadata", model(graph([RELU]), rest=field(14, entry("config", "{}"))), {}, "notes of the exporter"
    yield "sparse", model(graph([RELU], rest=field(15, sparse((2,), (2,), (4,))))), {}, "a sparse tensor"
    yield "sparse_table", model(graph([RELU], rest=field(15, sparse((3,), (3, 2), (4, 4))))), {}, "one with an index of each dimension"
    yield "external", model(graph([RELU], [external(offset="4", length="16")])), {"weights.bin": b"\x01\x02\xf0\x7f" + bytes(16)}, \
        "data in the file beside it"
    yield "external_torch", model(graph([RELU], [external(location="model.onnx.data", offset="0", length="16")])), \
        {"model.onnx.data": bytes(range(240, 256))}, "data where PyTorch puts it"


def bad():
    def one(name, rule, why, data, files=None):
        return name, rule, why, data, files or {}
    yield one("domain", "onnx.domain", "an operator of somebody's own domain", model(graph([node("Run", domain="evil")]), ("", "evil")))
    yield one("pyop", "onnx.operator", "an operator that runs Python", model(graph([node("PyOp", domain="com.microsoft")])))
    yield one("snpe", "onnx.operator", "an operator that runs a compiled network", model(graph([node("Snpe", domain="com.microsoft")])))
    yield one("epcontext", "onnx.operator", "an operator that loads a compiled engine", model(graph([node("EPContext", domain="com.microsoft")])))
    yield one("aten", "onnx.domain", "an operator that calls PyTorch by name", model(graph([node("ATen", domain="org.pytorch.aten")])))
    yield one("unknown", "onnx.operator", "an operator that ONNX does not have", model(graph([node("Shell")])))
    yield one("branch", "onnx.domain", "the same inside a branch", model(graph([branch(node("Run", domain="evil"))])))
    yield one("body", "onnx.domain", "the same inside a function", model(graph([node("Twice", domain="mine")]), rest=EVIL_FUNCTION))
    yield one("recursion", "onnx.function", "a function that calls itself", calling(function("f0", ["f0"])))
    yield one("circle", "onnx.function", "three functions that call each other", calling(function("f0", ["f1"]) + function("f1", ["f2"]) + function("f2", ["f1"])))
    yield one("circle_unused", "onnx.function", "a circle that nothing calls", calling(function("f0", ()) + function("f1", ["f1"])))
    yield one("circle_domain", "onnx.function", "an operator redefined by itself, under the other name of its domain",
              model(graph([RELU]), rest=field(25, field(1, "Relu") + field(7, node("Relu", ("a",), ("b",))) + field(10, "ai.onnx"))))
    yield one("circle_branch", "onnx.function", "a function that calls itself inside a branch",
              calling(field(25, field(1, "f0") + field(7, branch(node("f0", domain="mine"))) + field(10, "mine"))))
    yield one("bomb", "onnx.function", "functions that unfold to billions of nodes", calling(chain(40, 2)))
    yield one("chain", "onnx.function", "129 functions in each other", calling(chain(129, 1)))
    yield one("twice", "onnx.malformed", "two functions of one name", calling(function("f0", ()) + function("f0", ())))
    yield one("training", "onnx.domain", "the same in the training graph", model(graph([RELU]), rest=field(20, field(2, graph([node("Run", domain="evil")])))))
    for name, location in (("up", "../secret"), ("absolute", "/etc/passwd"), ("hidden", "a/../../b"), ("windows", "C:\\x\\y"), ("newline", "a\nb")):
        yield one("path_" + name, "sibling.name", "external data outside of the folder: %s" % name, model(graph([RELU], [external(location=location)])))
    attr = node("Constant", attributes=attribute("value", 4, 5, external(location="../x")))
    yield one("path_attribute", "sibling.name", "external data outside of the folder, of an attribute", model(graph([attr])))
    yield one("missing", "sibling.missing", "external data that is not there", model(graph([RELU], [external(length="16")])))
    yield one("short", "sibling.truncated", "external data that ends too early", model(graph([RELU], [external(offset="4", length="16")])), {"weights.bin": b"\xf0" * 16})
    yield one("key", "onnx.malformed", "external data with a key that ONNX does not have", model(graph([RELU], [external(basepath="/")])))
    yield one("both", "onnx.tensor", "data here and elsewhere", model(graph([RELU], [external() + field(9, bytes(16))])))
    yield one("length", "onnx.tensor", "external data of another length than the shape", model(graph([RELU], [external(length="15")])))
    yield one("offset", "onnx.malformed", "an offset that is no number", model(graph([RELU], [external(offset="-1")])))
    yield one("less", "onnx.tensor", "less data than the shape asks for", model(graph([RELU], [tensor((2, 2), body=field(9, bytes(15)))])))
    yield one("more", "onnx.tensor", "more data than the shape asks for", model(graph([RELU], [tensor((2, 2), body=field(9, bytes(17)))])))
    yield one("negative", "onnx.tensor", "a negative dimension", model(graph([RELU], [tensor((-1,), body=field(9, bytes(4)))])))
    yield one("huge", "onnx.tensor", "dimensions whose product is beyond 64 bits", model(graph([RELU], [tensor((1 << 40, 1 << 40), body=b"")])))
    yield one("type", "onnx.tensor", "a data type that ONNX does not have", model(graph([RELU], [tensor((1,), 99)])))
    for name, parts in (("less", ((3,), (2,), (4,))), ("more", ((3,), (4,), (4,))), ("table", ((3,), (3, 2), (4, 4, 4))), ("cube", ((2,), (2, 1, 1), (4,))),
                        ("shape", ((2, 1), (2,), (4,))), ("type", ((2,), (2,), (4,), 11))):
        yield one("sparse_" + name, "onnx.tensor", "indices of a sparse tensor that do not fit: " + name, model(graph([RELU], rest=field(15, sparse(*parts)))))
    twice = tensor((2, 2), body=field(14, 1) + b"".join(field(13, entry(k, v)) for k, v in (("location", "w"), ("offset", "0"), ("offset", "4"))))
    yield one("offsets", "onnx.malformed", "two offsets, of which readers take one", model(graph([RELU], [twice])))
    yield one("field", "onnx.malformed", "a field that ONNX does not have", model(graph([RELU], rest=field(99, 1))))
    yield one("wire", "onnx.malformed", "a field in another form", model(graph([RELU], rest=field(2, 1)[:1] + b"\x00")))
    yield one("twice", "onnx.malformed", "two graphs, which readers merge", model(graph([RELU]), rest=field(7, graph([node("Run", domain="evil")]))))
    yield one("text", "onnx.malformed", "a name that is not UTF-8", model(graph([node("Relu", (b"\xff",))])))
    yield one("nested", "limit.exceeded", "branches in each other beyond the limit", deep(40))
    whole = model(graph([RELU], [tensor((2, 2))]))
    yield one("cut", "onnx.truncated", "the end is missing", whole[:-3])


def real():
    """Models that the onnx package writes."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 4])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])
    w = numpy_helper.from_array(__import__("numpy").ones((4, 2), "float32"), "w")
    layers = [helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Softmax", ["h"], ["y"], axis=1)]
    yield "layers", helper.make_model(helper.make_graph(layers, "g", [x], [y], [w])), "two layers"
    for name, kind in (("f16", "float16"), ("f64", "float64"), ("i64", "int64"), ("bool", "bool"), ("u8", "uint8")):
        t = numpy_helper.from_array(__import__("numpy").zeros((3, 2), kind), "w")
        n = helper.make_node("Constant", [], ["y"], value=t)
        out = helper.make_tensor_value_info("y", t.data_type, [3, 2])
        yield "constant_" + name, helper.make_model(helper.make_graph([n], "g", [], [out])), "a constant of " + kind
    parts = (helper.make_tensor("v", TensorProto.FLOAT, [2], [1.0, 2.0]), helper.make_tensor("i", TensorProto.INT64, [2, 2], [0, 1, 2, 0]))
    few = helper.make_node("Constant", [], ["y"], sparse_value=helper.make_sparse_tensor(*parts, [3, 2]))
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [3, 2])
    yield "sparse", helper.make_model(helper.make_graph([few], "g", [], [out])), "a sparse constant"
    body = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "b", [], [y])
    choice = helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=body)
    c = helper.make_tensor_value_info("c", TensorProto.BOOL, [])
    yield "choice", helper.make_model(helper.make_graph([choice], "g", [x, c], [y])), "two branches"


def main(out):
    rows = []

    def put(name, data, files, verdict, rule, why):
        os.makedirs(os.path.join(out, name), exist_ok=True)
        for file, content in dict(files, **{"model.onnx": data}).items():
            with open(os.path.join(out, name, file), "wb") as f:
                f.write(content)
        rows.append((name + "/model.onnx", verdict, rule, why))

    for name, data, files, why in good():
        put("good_" + name, data, files, "pass", "-", why)
    for name, rule, why, data, files in bad():
        put("bad_" + name, data, files, "inconclusive" if rule.startswith("limit.") else "fail", rule, why)
    for name, m, why in real() if onnx else ():
        onnx.checker.check_model(m)
        put("real_" + name, m.SerializeToString(), {}, "pass", "-", "written by onnx: " + why)
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
