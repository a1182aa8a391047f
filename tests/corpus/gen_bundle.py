# SPDX-License-Identifier: Apache-2.0
"""Checkpoints for gen_tensorflow.py: a table in the format of LevelDB, its shards, and the text that names the latest."""
import struct


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out) + bytes([n])


def num(field, n):
    return varint(field << 3) + varint(n)


def sub(field, body):
    return varint(field << 3 | 2) + varint(len(body)) + body


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def sealed(block, kind=0, crc=None):
    body = block + bytes([kind])
    crc = crc32c(body) if crc is None else crc
    return body + struct.pack("<I", ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff)


def snappy(data):
    """Literals, and a copy of what stands twice in a row."""
    out, at = varint(len(data)), 0
    while at < len(data):
        n = min(60, len(data) - at)
        if at >= 8 and data[at:at + 4] == data[at - 8:at - 4]:
            out, at = out + bytes([1, 8]), at + 4
            continue
        out, at = out + bytes([(n - 1) << 2]) + data[at:at + n], at + n
    return out


def block(entries, interval=16):
    """Keys without what they share with the one before, but for each interval-th."""
    out, last, restarts = b"", b"", []
    for i, (key, value) in enumerate(entries):
        shared = 0
        if i % interval == 0:
            restarts.append(len(out))
        else:
            while shared < min(len(last), len(key)) and last[shared] == key[shared]:
                shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    restarts = restarts or [0]
    return out + struct.pack("<%dI" % (len(restarts) + 1), *restarts, len(restarts))


def table(blocks, kind=0, crc=None, gap=b"", meta=(), bounds=None, tail=b"", magic=0xdb4775248b80fb57):
    out, index = b"", []
    for i, entries in enumerate(blocks):
        one = block(entries)
        if kind == 1:
            one = snappy(one)
        index.append((bounds[i] if bounds else entries[-1][0], varint(len(out)) + varint(len(one))))
        out += sealed(one, kind, crc) + gap

    def place(one):
        nonlocal out
        at = varint(len(out)) + varint(len(one))
        out += sealed(one)
        return at

    places = place(block(list(meta))) + place(block(index, 1))
    return out + tail + places + bytes(40 - len(places)) + struct.pack("<Q", magic)


def header(shards=1, endianness=0):
    return b"", num(1, shards) + (num(2, endianness) if endianness else b"") + sub(3, num(1, 1))


def tensor(name, dims, offset, size=None, dtype=1, shard=0, extra=b""):
    size = 4 * (dims[0] if dims else 1) * (dims[1] if len(dims) > 1 else 1) if size is None else size
    shape = b"".join(sub(2, num(1, d)) for d in dims)
    return name.encode(), (num(1, dtype) + sub(2, shape) + (num(3, shard) if shard else b"") + (num(4, offset) if offset else b"") + num(5, size)
                           + varint(6 << 3 | 5) + struct.pack("<I", 1234) + extra)


KEYS = [tensor("_CHECKPOINTABLE_OBJECT_GRAPH", (), 48, 20, 7), tensor("layer/bias/.ATTRIBUTES/VARIABLE_VALUE", (4,), 0),
        tensor("layer/kernel/.ATTRIBUTES/VARIABLE_VALUE", (2, 4), 16)]
MANY = [header(), *(tensor("v%03d" % i, (2,), 8 * i) for i in range(40))]
SLICE = num(1, 1) + sub(2, sub(2, num(1, 4)))


def bomb():
    stored = sealed(varint(2 ** 31) + b"\0", 1)
    index = block([(b"w", varint(0) + varint(len(stored) - 5))], 1)
    meta = sealed(block([]))
    places = varint(len(stored)) + varint(len(meta) - 5) + varint(len(stored) + len(meta)) + varint(len(index))
    return stored + meta + sealed(index) + places + bytes(40 - len(places)) + struct.pack("<Q", 0xdb4775248b80fb57)


def good():
    yield "ckpt2/model", table([[header(), *KEYS]]), [68], "a checkpoint of TensorFlow 2"
    yield "ckpt_blocks/model", table([MANY[:20], MANY[20:]]), [320], "an index of two blocks"
    yield "ckpt_shards/model", table([[header(2), KEYS[1], tensor("w", (2,), 0, shard=1)]]), [16, 8], "two shards"
    yield "ckpt_types/model", table([[header(1, 1), tensor("a", (3,), 0, 3, 10), tensor("b", (), 3, 16, 18), tensor("c", (0,), 0, 0),
                                      tensor("d", (2,), 19, 2, 29), tensor("e", (2,), 21, 2, 25)]]), [23], "many types, and bytes in the other order"
    yield "ckpt_slices/model", table([[header(), (b"\0\1w\0", tensor("", (4,), 0)[1]),
                                       (b"w", num(1, 1) + sub(2, sub(2, num(1, 4))) + sub(7, sub(1, num(2, 4))))]]), [16], "a tensor in slices"
    yield "ckpt_snappy/model", table([MANY], kind=1), [320], "a compressed index, as some builds of TensorFlow 1 write it"
    yield "ckpt_empty/model", table([[header()]]), [0], "a checkpoint without tensors"


def bad():
    def one(*entries, **how):
        return table([[header(), *entries]], **how)

    whole = one(*KEYS)
    yield "crc", one(*KEYS, crc=1), "tf-index.malformed", "a wrong checksum"
    yield "compressed", one(*KEYS, kind=2), "tf-index.malformed", "a block compressed in an unknown way"
    yield "snappy_bomb", bomb(), "limit.exceeded", "a compressed block that says it is huge"
    yield "gap", one(*KEYS, gap=b"\x80\x04K\x01."), "tf-index.malformed", "a pickle between the blocks"
    yield "tail", one(*KEYS, tail=b"hidden"), "tf-index.malformed", "bytes behind the index"
    yield "meta", one(*KEYS, meta=[(b"filter", b"x")]), "tf-index.malformed", "a block of metadata"
    yield "no_header", table([KEYS]), "tf-index.malformed", "no header"
    yield "order", one(KEYS[1], KEYS[0]), "tf-index.malformed", "keys that fall"
    yield "twice", one(KEYS[1], KEYS[1]), "tf-index.malformed", "a key twice"
    yield "bound", table([MANY[:20], MANY[20:]], bounds=[b"a", b"w"]), "tf-index.malformed", "keys beyond what the index says"
    yield "no_shards", table([[header(0)]]), "tf-index.malformed", "no shards"
    yield "many_shards", table([[header(4097)]]), "tf-index.malformed", "too many shards"
    yield "other_shard", one(tensor("w", (2,), 0, shard=1)), "tf-index.malformed", "a shard that is not there"
    yield "beyond", one(tensor("w", (2,), 2 ** 63 - 4)), "tf-index.malformed", "a tensor beyond 2^63"
    yield "size", one(tensor("w", (2,), 0, 2 ** 64 - 1)), "tf-index.malformed", "a size of 2^64 - 1"
    yield "shape", one(tensor("w", (3,), 0, 8)), "tf-index.malformed", "a shape that asks for more bytes"
    yield "shape_overflow", one(tensor("w", (2 ** 40, 2 ** 40), 0, 8)), "tf-index.malformed", "a shape that overflows"
    yield "shape_negative", one(tensor("w", (-1,), 0, 8)), "tf-index.malformed", "a negative dimension"
    yield "type", one(tensor("w", (2,), 0, 8, 33)), "tf-index.malformed", "an unknown type"
    yield "resource", one(tensor("w", (), 0, 8, 20)), "tf-index.malformed", "a resource"
    yield "variant", one(tensor("w", (), 0, 8, 21)), "tf-index.variant", "a variant"
    yield "field", one(tensor("w", (2,), 0, extra=num(9, 1))), "tf-index.malformed", "a field that no entry has"
    yield "cut", whole[20:], "tf-index.*", "the start is not there"
    yield "place", whole[:-48] + varint(2 ** 63) + varint(8) + varint(2 ** 64 - 1) + varint(2 ** 64 - 1) + bytes(40 - 31) + whole[-8:], "tf-index.truncated", \
        "blocks beyond the file"
    yield "zeros", whole[:-9] + b"x" + whole[-8:], "tf-index.malformed", "hidden bytes in the end of the file"


STATES = [
    ("state1", 'model_checkpoint_path: "model"\nall_model_checkpoint_paths: "model"\nall_model_checkpoint_timestamps: 1690000000.25\n'
     "last_preserved_timestamp: 1690000000.1\n", "-", "the state of checkpoints"),
    ("state2", 'model_checkpoint_path: "/etc/passwd"\n', "tf-checkpoint.path", "an absolute path"),
    ("state3", 'model_checkpoint_path: "model"\nall_model_checkpoint_paths: "../model"\n', "tf-checkpoint.path", "a path that leads up"),
    ("state4", 'model_checkpoint_path: "model"\nevil: "x"\n', "tf-checkpoint.malformed", "an unknown field"),
    ("state5", 'model_checkpoint_path: "a\\x2fb"\n', "tf-checkpoint.malformed", "an escape"),
    ("state6", 'model_checkpoint_path: "a" "b"\n', "tf-checkpoint.malformed", "two texts"),
]
PICKLE = b"\x80\x02cos\nsystem\nq\x00X\x04\x00\x00\x00echoq\x01\x85q\x02Rq\x03."
DATA = [
    ("pickle", PICKLE, "pickle.call.denied", "a pickle by the name of a shard"),
    ("elf", b"\x7fELF" + bytes(60), "format.polyglot", "a program by the name of a shard"),
    ("zip", b"PK\x05\x06" + bytes(18), "format.polyglot", "an archive by the name of a shard"),
]


def write(put):
    for name, data, shards, why in good():
        put(name + ".index", data, "pass", "-", why)
        for i, size in enumerate(shards):
            put("%s.data-%05d-of-%05d" % (name, i, len(shards)), bytes(j * 7 % 251 for j in range(size)), "pass", "-", "its shard")
    for name, data, rule, why in bad():
        put("ckpt_bad/%s.index" % name, data, "inconclusive" if rule.startswith("limit.") else "fail", rule, why)
    put("ckpt_bad/model", table([[header(), *KEYS]]), "fail", "tf-index.name", "an index by another name")
    put("ckpt_bad/missing.index", table([[header(), *KEYS]]), "fail", "sibling.missing", "a shard is not there")
    put("ckpt_bad/short.index", table([[header(), *KEYS]]), "fail", "sibling.truncated", "a shard is too short")
    put("ckpt_bad/short.data-00000-of-00001", bytes(67), "pass", "-", "a shard that is too short")
    put("ckpt_bad/shard.data-00001-of-00001", b"\x01\x02" * 40, "fail", "format.unknown", "a shard beyond their number")
    put("ckpt_bad/shard.data-0000-of-00001", b"\x01\x02" * 40, "fail", "format.unknown", "a name that is none of a shard")
    for folder, text, rule, why in STATES:
        put("%s/checkpoint" % folder, text.encode(), "pass" if rule == "-" else "fail", rule, why)
    for name, data, rule, why in DATA:
        put("ckpt_bad/%s.data-00000-of-00001" % name, data, "fail", rule, why)
