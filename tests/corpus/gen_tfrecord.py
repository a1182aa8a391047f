#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes TFRecord files, good and bad, into a directory.

gen_tfrecord.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is. Written by the specifications of TFRecord and of protocol buffers;
where python3-protobuf is installed, one is written by it from the definitions of example.proto.
gen_tfrecord.py --table FILE ROWS SEED [SHIFT] writes one of ROWS examples for the drift gate.
"""
import gzip
import os
import random
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import made_samples     # noqa: E402
from gen_bundle import num, sub, varint     # noqa: E402

TABLE = []
for i in range(256):
    for _ in range(8):
        i = i >> 1 ^ (0x82f63b78 if i & 1 else 0)
    TABLE.append(i)


def masked(data):
    crc = 0xffffffff
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xffffffff
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff)


def record(data):
    head = struct.pack("<Q", len(data))
    return head + masked(head) + data + masked(data)


def bytes_list(*values):
    return sub(1, b"".join(sub(1, v) for v in values))


def floats(*values, packed=True):
    if packed:
        return sub(2, sub(1, struct.pack(f"<{len(values)}f", *values)))
    return sub(2, b"".join(varint(1 << 3 | 5) + struct.pack("<f", v) for v in values))


def integers(*values, packed=True):
    if packed:
        return sub(3, sub(1, b"".join(varint(v) for v in values)))
    return sub(3, b"".join(num(1, v) for v in values))


def entry(name, feature):
    return sub(1, sub(1, name.encode()) + sub(2, feature))


def example(**features):
    return sub(1, b"".join(entry(k, v) for k, v in features.items()))


def sequence(context, **lists):
    return sub(1, b"".join(entry(k, v) for k, v in context.items())) + \
        sub(2, b"".join(entry(k, b"".join(sub(1, f) for f in v)) for k, v in lists.items()))


def by_protobuf():
    """The same message from Google's library, or None."""
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    except ImportError:
        return None
    f = descriptor_pb2.FileDescriptorProto(name="e.proto", package="t", syntax="proto3")

    def message(name, *fields):
        m = f.message_type.add(name=name)
        for number, (field, label, kind, of) in enumerate(fields, 1):
            m.field.add(name=field, number=number, label=label, type=kind, type_name=of)
        return m
    message("BytesList", ("value", 3, 12, None))
    message("FloatList", ("value", 3, 2, None))
    message("Int64List", ("value", 3, 3, None))
    m = message("Feature", ("bytes_list", 1, 11, ".t.BytesList"), ("float_list", 1, 11, ".t.FloatList"), ("int64_list", 1, 11, ".t.Int64List"))
    m.oneof_decl.add(name="kind")
    for field in m.field:
        field.oneof_index = 0
    m = message("Features", ("feature", 3, 11, ".t.Features.FeatureEntry"))
    e = m.nested_type.add(name="FeatureEntry")
    e.options.map_entry = True
    e.field.add(name="key", number=1, label=1, type=9)
    e.field.add(name="value", number=2, label=1, type=11, type_name=".t.Feature")
    message("Example", ("features", 1, 11, ".t.Features"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(f)
    kind = pool.FindMessageTypeByName("t.Example")
    make = message_factory.GetMessageClass(kind) if hasattr(message_factory, "GetMessageClass") else message_factory.MessageFactory(pool).GetPrototype(kind)
    x = make()
    x.features.feature["name"].bytes_list.value.extend([b"caf\xc3\xa9", b"", b"\xff"])
    x.features.feature["weights"].float_list.value.extend([1.5, -2.0, float("nan")])
    x.features.feature["label"].int64_list.value.append(-7)
    x.features.feature["none"].float_list.value.extend([])
    return x.SerializeToString()


def samples():
    a = example(age=integers(41), height=floats(1.75), name=bytes_list(b"ann"))
    b = example(age=integers(-3), height=floats(1.5), name=bytes_list("zo\u00eb".encode()))
    two = record(a) + record(b)
    yield "good.tfrecord", "pass", "-", "two examples", two
    yield "good.tfrecords.gz", "pass", "-", "the same, compressed", gzip.compress(two, mtime=0)
    yield "lists.tfrecord", "pass", "-", "packed and unpacked lists", record(example(
        a=integers(1, 2, -1), b=integers(3, 4, packed=False), c=floats(1, 2), d=floats(3, packed=False), e=bytes_list(b"\0\xff", b""), f=integers()))
    yield "none.tfrecord", "pass", "-", "an example without features", record(b"") + record(a)
    yield "sequence.tfrecord", "pass", "-", "a sequence", record(sequence({"id": integers(5)}, words=[bytes_list(b"a"), bytes_list(b"b", b"c")], t=[floats(1)]))
    yield "missing.tfrecord", "pass", "-", "a feature without a list", record(sub(1, entry("a", b"") + entry("b", integers(1)))) + record(example(a=floats(1)))
    made = by_protobuf()
    if made:
        yield "protobuf.tfrecord", "pass", "-", "written by the library", record(made) * 3
    yield "cut.tfrecord", "fail", "tfrecord.truncated", "the last byte is missing", two[:-1]
    yield "tail.tfrecord", "fail", "tfrecord.truncated", "bytes behind the last record", two + b"\x80\x02."
    yield "head.tfrecord", "fail", "tfrecord.crc", "a wrong checksum of the second length", record(a) + record(b)[:8] + b"\0" + record(b)[9:]
    yield "data.tfrecord", "fail", "tfrecord.crc", "a wrong checksum of data", two[:30] + bytes([two[30] ^ 1]) + two[31:]
    huge = struct.pack("<Q", 2**63)
    yield "huge.tfrecord", "fail", "tfrecord.malformed", "a record of 2^63 bytes", record(a) + huge + masked(huge) + bytes(16)
    long = struct.pack("<Q", len(b) + 1)
    yield "long.tfrecord", "fail", "tfrecord.truncated", "a record of a byte more than there is", record(a) + long + masked(long) + record(b)[12:]
    for name, why, data in (
            ("text", "a record that is text", b"hello, world"), ("pickle", "a record that is a pickle", b"\x80\x04cposix\nsystem\n."),
            ("unknown", "a field that an example does not have", a + num(3, 1)), ("twice", "features twice, which readers merge", a + a),
            ("kinds", "a feature of two lists", sub(1, entry("a", integers(1) + floats(1)))),
            ("values", "a name and two values", sub(1, sub(1, sub(1, b"a") + sub(2, integers(1)) + sub(2, integers(2))))),
            ("noname", "a feature without a name", sub(1, sub(1, sub(2, integers(1))))), ("empty", "a feature whose name is empty", sub(1, entry("", integers(1)))),
            ("utf8", "a name that is not UTF-8", sub(1, sub(1, sub(1, b"\xff") + sub(2, integers(1))))),
            ("float", "a list of floats of three bytes", sub(1, entry("a", sub(2, sub(1, b"abc"))))),
            ("wire", "a list of integers of another form", sub(1, entry("a", sub(3, varint(1 << 3 | 5) + b"abcd")))),
            ("varint", "an integer of eleven bytes", sub(1, entry("a", sub(3, sub(1, b"\xff" * 10 + b"\1"))))),
            ("list", "a field that a list does not have", sub(1, entry("a", sub(3, num(2, 1))))),
            ("steps", "steps of a sequence that differ in kind", sequence({}, a=[floats(1), integers(1)]))):
        yield f"{name}.tfrecord", "fail", "tfrecord.malformed", why, record(a) + record(data)
    yield "duplicate.tfrecord", "fail", "tfrecord.duplicate", "a feature twice", record(sub(1, entry("a", integers(1)) + entry("b", integers(1)) + entry("a", integers(2))))
    yield "kind.tfrecord", "fail", "tfrecord.kind", "a feature that becomes a text", two + record(example(age=bytes_list(b"41")))


def table(path, rows, seed, shift=0.0):
    r = random.Random(seed)
    with open(path, "wb") as f:
        for _ in range(rows):
            f.write(record(example(height=floats(r.gauss(170 + 10 * shift, 10)), count=integers(r.randrange(50)),
                                   colour=bytes_list(r.choice((b"red", b"red", b"green", b"blue"))), pixels=integers(1, 2, 3))))


if __name__ == "__main__":
    if sys.argv[1] == "--table":
        table(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), *map(float, sys.argv[5:]))
    else:
        made_samples.write(sys.argv[1], samples())
