#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Core ML models and packages, good and hostile, into a directory.

gen_coreml.py DIR writes DIR/FOLDER/FILE and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is. Messages are written by coremltools' mlmodel/format, weights by
its MILBlob/Blob/StorageFormat.hpp.
"""
import json
import os
import struct
import sys

from gen_onnx import entry, field, varint


def double(number, value):
    return varint(number << 3 | 1) + struct.pack("<d", value)


def doubles(number, *values):
    return field(number, b"".join(struct.pack("<d", v) for v in values))


def floats(number, *values):
    return field(number, b"".join(struct.pack("<f", v) for v in values))


def feature(name, kind=5, shape=(2,)):
    body = field(1, b"".join(varint(n) for n in shape)) + field(2, 65568) if kind == 5 else b""
    return field(1, name) + field(3, field(kind, body))


DESCRIPTION = field(1, feature("x")) + field(10, feature("y")) + field(100, field(1, "about") + field(100, entry("com.github.apple.coremltools.version", "8.0")))


def model(number, body, version=7, description=DESCRIPTION, rest=b""):
    return field(1, version) + field(2, description) + field(number, body) + rest


def layer(number, body, name="l"):
    return field(1, field(1, name) + field(2, "x") + field(3, "y") + field(number, body))


def node(**fields):
    names = {"tree": 1, "node": 2, "mode": 3, "feature": 10, "value": 11, "true": 12, "false": 13, "missing": 14}
    return b"".join(double(11, v) if k == "value" else field(names[k], v) for k, v in fields.items())


def tensor_type(kind=11, *shape):
    return field(1, field(1, kind) + field(2, len(shape)) + b"".join(field(3, field(1, field(1, n))) for n in shape))


def blob(file="@model_path/weights/weight.bin", offset=64):
    return field(2, tensor_type(11, 2)) + field(5, field(1, file) + field(2, offset))


def text_value(text):
    return field(2, tensor_type(2)) + field(3, field(1, field(4, field(1, text))))


def operation(kind, inputs=(("x", "x"),), output="y", attributes=b"", blocks=b""):
    out = field(1, kind) if kind is not None else b""
    out += b"".join(field(2, field(1, k) + field(2, field(1, field(1, v)))) for k, v in inputs)
    return out + field(3, field(1, output) + field(2, tensor_type(11, 2))) + blocks + attributes


def const(value, name="w"):
    return operation("const", (), name, field(5, field(1, "name") + field(2, text_value(name))) + field(5, field(1, "val") + field(2, value)))


def block(*operations):
    return field(2, "y") + b"".join(field(3, o) for o in operations)


def program(*operations, opset="CoreML7"):
    function = field(1, field(1, "x") + field(2, tensor_type(11, 2))) + (field(2, opset) if opset else b"")
    function += field(3, field(1, opset or "") + field(2, block(*operations)))
    return field(1, 1) + field(2, field(1, "main") + field(2, function))


def weights(*blobs, count=None):
    out = struct.pack("<II56x", len(blobs) if count is None else count, 2)
    for kind, data in blobs:
        out += bytes(-len(out) % 64)
        out += struct.pack("<IIQQQ32x", 0xDEADBEEF, kind, len(data), len(out) + 64, 0) + data
    return out


RELU = operation("relu")
GLM = field(1, doubles(1, 1.0, 2.0)) + doubles(2, 0.5)
TREES = field(1, field(1, node(tree=0, node=0, mode=1, feature=1, value=0.5, true=1, false=2)) +
              field(1, node(tree=0, node=1, mode=6) + field(20, double(2, 1.0))) +
              field(1, node(tree=0, node=2, mode=6) + field(20, double(2, 2.0))) + field(2, 1) + doubles(3, 0.0))
INNER = layer(140, field(1, 2) + field(2, 1) + field(20, floats(1, 1.0, 2.0)))
CUSTOM = layer(500, field(10, "EvilLayer") + field(20, field(2, bytes(4))) + field(30, entry("k", field(20, "v"))))
WEIGHTS = weights((2, bytes(8)), (1, b"\1\2\3\4"))


def chain(levels):
    out = model(900, b"")
    for _ in range(levels):
        out = model(202, field(1, out) + field(2, "m"))
    return out


def loops(levels):
    op = RELU
    for _ in range(levels):
        op = operation("cond", blocks=field(4, block(op)) + field(4, block(RELU)))
    return model(502, program(op))


def good():
    yield "glm", model(300, GLM), "a linear regression"
    yield "trees", model(302, TREES), "a tree with two leaves"
    yield "network", model(500, INNER + layer(130, field(10, b""))), "a neural network of two layers"
    yield "svm", model(301, field(1, field(1, b"")) + field(3, field(1, doubles(1, 1.0))) + field(4, doubles(1, 1.0)) + double(5, 0.1)), "a support vector machine"
    yield "pipeline", model(202, field(1, model(603, field(1, field(1, "a")))) + field(1, model(300, GLM)) + field(2, "a") + field(2, "b")), "two models in a row"
    yield "scaler", model(604, doubles(1, 1.0) + doubles(2, 2.0)), "a scaler"
    yield "identity", model(900, b""), "nothing but its input"
    yield "features", model(2002, field(20, field(1, 2))), "features that the system's own network makes of an image"
    yield "program", model(502, program(const(field(2, tensor_type(11, 2)) + field(3, field(1, field(1, floats(1, 1.0, 2.0))))), RELU)), "a program"
    yield "loops", loops(20), "twenty branches in each other"
    yield "updatable", model(403, INNER + field(100, field(1, "a")), rest=field(10, 1)), "a classifier that can be trained further"


def bad():
    yield "custom_model", "coreml.custom", "a class of the application", model(555, field(10, "EvilModel") + field(40, "d"))
    yield "custom_layer", "coreml.custom", "the same as a layer", model(500, INNER + CUSTOM)
    yield "custom_classifier", "coreml.custom", "the same in a classifier", model(403, CUSTOM)
    yield "custom_nested", "coreml.custom", "the same in a pipeline in a pipeline", model(202, field(1, model(200, field(1, field(1, model(500, CUSTOM))))))
    yield "custom_loop", "coreml.custom", "the same in a layer that loops", model(500, layer(615, field(4, field(1, INNER[2:]) + CUSTOM)))
    yield "custom_operator", "coreml.custom", "the same as an operator", model(502, program(operation("custom_layer")))
    yield "linked", "coreml.linked", "a link to another model", model(556, field(1, field(1, field(1, "evil")) + field(2, field(1, "/tmp"))))
    yield "operator", "coreml.operator", "an operator that Core ML does not have", model(502, program(operation("shell")))
    yield "operator_nested", "coreml.operator", "the same inside of a branch", model(502, program(operation("cond", blocks=field(4, block(operation("shell"))))))
    yield "operator_none", "coreml.operator", "an operator without a name", model(502, program(operation(None)))
    yield "operator_empty", "coreml.operator", "an operator with an empty name", model(502, program(operation("")))
    yield "opset", "coreml.operator", "operators of a set that is not known", model(502, program(RELU, opset="Evil1"))
    yield "opset_none", "coreml.operator", "a function without a set of operators", model(502, program(RELU, opset=None))
    yield "type", "coreml.type", "a type that Core ML does not have", model(999, b"")
    yield "type_none", "coreml.type", "a model without a type in a pipeline", model(202, field(1, field(1, 7) + field(2, DESCRIPTION)))
    for name, number in (("text", 2000), ("tagger", 2001), ("gazetteer", 2004), ("words", 2005), ("serialized", 3000)):
        yield "opaque_" + name, "format.unsupported", "a model as bytes of no published form: " + name, model(number, field(100, b"\0\1"))
    for name, file in (("up", "@model_path/../x"), ("absolute", "/etc/passwd"), ("bare", "weights/weight.bin"), ("hidden", "@model_path/a/../../x"),
                       ("none", ""), ("root", "@model_path//etc/passwd")):
        yield "path_" + name, "sibling.name", "weights outside of the folder: " + name, model(502, program(const(blob(file)), RELU))
    yield "missing", "sibling.missing", "weights that are not there", model(502, program(const(blob()), RELU))
    yield "offset", "coreml.malformed", "weights at an offset that no blob has", model(502, program(const(blob(offset=65)), RELU))
    yield "end", "coreml.malformed", "weights that end beyond 64 bits", model(502, program(const(blob(offset=(1 << 64) - 64)), RELU))
    yield "zero", "coreml.malformed", "a zero byte in an operator's name", model(502, program(operation("relu\0x")))
    yield "field", "coreml.malformed", "a field that Core ML does not have", model(300, GLM + field(9, 1))
    yield "wire", "coreml.malformed", "a field in another form", model(300, GLM + field(3, b"")[:1] + b"\0")
    yield "packed", "coreml.malformed", "half a number in a packed field", model(300, field(1, field(1, bytes(7))))
    yield "twice", "coreml.malformed", "two networks, which readers merge", model(500, INNER, rest=field(500, CUSTOM))
    yield "utf8", "coreml.malformed", "a text that is not UTF-8", model(900, b"", description=field(11, b"\xff"))
    yield "nested", "limit.exceeded", "models in each other beyond the limit", chain(60)
    yield "cut", "coreml.truncated", "the end is missing", model(300, GLM)[:-3]


def bad_weights():
    yield "mark", "coreml-weights.malformed", "a second blob without its mark", WEIGHTS[:192] + b"\0" + WEIGHTS[193:]
    yield "type", "coreml-weights.malformed", "a type that is not known", weights((18, b""))
    yield "odd", "coreml-weights.malformed", "half an element", weights((2, bytes(7)))
    yield "place", "coreml-weights.malformed", "a blob that lies elsewhere", WEIGHTS[:80] + b"\xc0" + WEIGHTS[81:]
    yield "padding", "coreml-weights.malformed", "bytes between two blobs", WEIGHTS[:140] + b"\x7fELF" + WEIGHTS[144:]
    yield "behind", "coreml-weights.malformed", "bytes behind the last blob", WEIGHTS + b"\0"
    yield "more", "coreml-weights.truncated", "a count beyond the blobs", weights((2, bytes(8)), count=2)
    yield "less", "coreml-weights.malformed", "a count below the blobs", weights((2, bytes(8)), (2, bytes(8)), count=1)
    yield "size", "coreml-weights.truncated", "a size beyond the end", WEIGHTS[:72] + struct.pack("<Q", 1 << 20) + WEIGHTS[80:]
    yield "huge", "coreml-weights.truncated", "a size near 64 bits", WEIGHTS[:72] + struct.pack("<Q", (1 << 64) - 4) + WEIGHTS[80:]
    yield "cut", "coreml-weights.truncated", "the end is missing", WEIGHTS[:-1]


def manifest(root="0AB"):
    entries = {root: {"author": "com.apple.CoreML", "description": "CoreML Model Specification", "name": "model.mlmodel", "path": "com.apple.CoreML/model.mlmodel"},
               "1CD": {"author": "com.apple.CoreML", "description": "CoreML Model Weights", "name": "weights", "path": "com.apple.CoreML/weights"}}
    return json.dumps({"fileFormatVersion": "1.0.0", "itemInfoEntries": entries, "rootModelIdentifier": root}, indent=4).encode()


def main(out):
    rows = []

    def write(name, data):
        path = os.path.join(out, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)

    def put(name, data, verdict, rule, why):
        write(name, data)
        rows.append((name, verdict, rule, why))

    for name, data, why in good():
        put("good_%s/m.mlmodel" % name, data, "pass", "-", why)
    for name, rule, why, data in bad():
        put("bad_%s/m.mlmodel" % name, data, "inconclusive" if rule.startswith("limit.") else "fail", rule, why)
    package, inside = "good_package.mlpackage/", "Data/com.apple.CoreML/"
    put(package + "Manifest.json", manifest(), "pass", "-", "the list of a package")
    put(package + inside + "model.mlmodel", model(502, program(const(blob()), const(blob(offset=192), "v"), RELU)), "pass", "-", "its program")
    put(package + inside + "weights/weight.bin", WEIGHTS, "pass", "-", "its weights")
    put("good_empty/weight.bin", weights(), "pass", "-", "weights of a program that has none")
    put("bad_short/m.mlmodel", model(502, program(const(blob(offset=1 << 20)), RELU)), "fail", "sibling.truncated", "weights beyond the end of their file")
    write("bad_short/weights/weight.bin", WEIGHTS)
    for name, rule, why, data in bad_weights():
        put("bad_weights_%s/weight.bin" % name, data, "fail", rule, why)
    compiled = (("model.mil", b"program(1.0)\n{\n    func main<ios16>() { } -> ();\n}\n"), ("model.espresso.net", b'{"layers": [{"type": "custom"}]}'),
                ("coremldata.bin", struct.pack("<QQ", 502, 5) + bytes(8)))
    for name, data in compiled:
        put("compiled.mlmodelc/" + name, data, "fail", "format.unsupported", "a part of a compiled model, which is not judged")
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
