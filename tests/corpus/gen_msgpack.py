#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes MessagePack checkpoints as Flax does, and broken ones, into a directory.

gen_msgpack.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is. Needs the msgpack package; Flax' extension types are its own.
"""
import os
import sys

import msgpack
import numpy


def encode(x):
    if isinstance(x, numpy.ndarray):
        return msgpack.ExtType(1, msgpack.packb((x.shape, x.dtype.name, x.tobytes()), use_bin_type=True))
    if isinstance(x, numpy.generic):
        return msgpack.ExtType(3, msgpack.packb(((), x.dtype.name, x.tobytes()), use_bin_type=True))
    if isinstance(x, complex):
        return msgpack.ExtType(2, msgpack.packb((x.real, x.imag)))
    raise TypeError(type(x))


def pack(x):
    return msgpack.packb(x, default=encode, strict_types=True)


def layer(n, m, kind="float32"):
    return {"kernel": numpy.ones((n, m), kind), "bias": numpy.zeros(m, kind)}


def good():
    yield "params", {"params": {"Dense_0": layer(4, 8), "Dense_1": layer(8, 2)}}, "parameters of two layers"
    yield "state", {"step": 100, "params": {"Dense_0": layer(4, 8)}, "opt_state": {"0": {"count": numpy.int32(3), "mu": layer(4, 8)}, "1": {}}}, \
        "a training state"
    for kind in ("float16", "float64", "int8", "int64", "uint8", "bool", "complex64"):
        yield kind, {"params": {"x": numpy.zeros((3, 2), kind)}}, "an array of " + kind
    yield "scalars", {"a": numpy.float32(1), "b": 1 + 2j, "c": None, "d": True, "e": "text", "f": -5, "g": 1.5}, "scalars"
    yield "empty", {"params": {}}, "no parameters"
    yield "large", {"params": {"x": numpy.zeros((1000, 100), "float32")}}, "an array longer than a window"
    chunked = {"__msgpack_chunked_array__": True, "shape": {"0": 4}, "chunks": {"0": numpy.zeros(2, "f4"), "1": numpy.zeros(2, "f4")}}
    yield "chunked", {"params": {"x": chunked}}, "an array in chunks"
    yield "list", [1, [2, [3]]], "lists in each other"


def bad():
    whole = pack({"params": layer(2, 2)})

    def array(shape, kind, data):
        return pack({"x": msgpack.ExtType(1, msgpack.packb((shape, kind, data), use_bin_type=True))})
    yield "extension", "msgpack.extension", "an extension of somebody's own", pack({"x": msgpack.ExtType(42, b"pickle")})
    yield "timestamp", "msgpack.extension", "a time", pack({"x": msgpack.Timestamp(1)})
    yield "shape", "msgpack.malformed", "an array of another shape", array((3,), "uint8", b"xy")
    yield "huge", "msgpack.malformed", "an array of 2^64 elements", array((1 << 63, 2), "uint8", b"")
    yield "object", "msgpack.malformed", "an array of objects", array((1,), "object", bytes(8))
    yield "key", "msgpack.malformed", "a key that is no text", msgpack.packb({1: 2})
    yield "twice", "msgpack.malformed", "a key twice", b"\x82\xa1a\x01\xa1a\x02"
    yield "more", "msgpack.malformed", "something behind it", whole + b"x"
    yield "cut", "msgpack.truncated", "the end is missing", whole[:-1]
    yield "length", "msgpack.truncated", "a text of 4 GiB", b"\x81\xdb\xff\xff\xff\xffx"
    yield "pickle", "pickle.call.denied", "a pickle under this name", b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R."


def main(out):
    os.makedirs(out, exist_ok=True)
    rows = [(name, pack(x), "pass", "-", why) for name, x, why in good()]
    rows += [(name, data, "fail", rule, why) for name, rule, why, data in bad()]
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as index:
        for name, data, verdict, rule, why in rows:
            with open(os.path.join(out, name + ".msgpack"), "wb") as f:
                f.write(data)
            index.write("\t".join((name + ".msgpack", verdict, rule, why)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
