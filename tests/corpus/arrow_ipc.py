# SPDX-License-Identifier: Apache-2.0
"""Arrow IPC by its published format, for gen_tables.py: FlatBuffers, messages, files and streams, with faults where asked for."""
import struct

SIZES = {"b": 1, "h": 2, "i": 4, "q": 8}


class Flat:
    """A FlatBuffer written forwards: each table behind its vtable, what it refers to behind it."""

    def __init__(self, root):
        self.buf = bytearray(4)
        struct.pack_into("<I", self.buf, 0, self.table(root))

    def align(self, to):
        self.buf += bytes(-len(self.buf) % to)

    def table(self, fields):
        """Fields by number: ("b" "h" "i" "q", value), str, dict, list of dicts, ("structs", bytes, size), ("longs", [n])."""
        self.align(8)
        top = max(fields, default=-1) + 1
        size, places = 4, {}
        order = sorted(fields, key=lambda k: -self.inline(fields[k]))
        for k in order:
            width = self.inline(fields[k])
            size += -size % width
            places[k] = size
            size += width
        vtable = len(self.buf)
        self.buf += struct.pack("<HH", 4 + 2 * top, size) + b"".join(struct.pack("<H", places.get(k, 0)) for k in range(top))
        self.align(8)
        at = len(self.buf)
        self.buf += struct.pack("<i", at - vtable) + bytes(size - 4)
        for k in order:
            v = fields[k]
            if isinstance(v, tuple) and v[0] in SIZES:
                struct.pack_into("<" + v[0], self.buf, at + places[k], v[1])
            else:
                to = self.other(v)
                struct.pack_into("<I", self.buf, at + places[k], to - (at + places[k]))
        return at

    @staticmethod
    def inline(v):
        return SIZES[v[0]] if isinstance(v, tuple) and v[0] in SIZES else 4

    def other(self, v):
        if isinstance(v, dict):
            return self.table(v)
        if isinstance(v, str):
            self.align(4)
            at = len(self.buf)
            self.buf += struct.pack("<I", len(v.encode())) + v.encode() + b"\0"
            return at
        if isinstance(v, tuple):
            data, size = (v[1], v[2]) if v[0] == "structs" else (struct.pack("<%dq" % len(v[1]), *v[1]), 8)
            self.align(8)
            self.buf += bytes(4)
            at = len(self.buf)
            self.buf += struct.pack("<I", len(data) // size) + data
            return at
        self.align(4)
        at = len(self.buf)
        self.buf += struct.pack("<I", len(v)) + bytes(4 * len(v))
        for i, item in enumerate(v):
            place = at + 4 + 4 * i
            struct.pack_into("<I", self.buf, place, self.table(item) - place)
        return at

    def bytes(self):
        self.align(8)
        return bytes(self.buf)


# ---- types: number and table ----

def int_type(bits, signed=True):
    return 2, {0: ("i", bits), 1: ("b", int(signed))}


UTF8, BINARY, BOOL, LIST, STRUCT, NULL, UTF8_VIEW, UNION = (5, {}), (4, {}), (6, {}), (12, {}), (13, {}), (1, {}), (24, {}), (14, {})


def real_type(precision):
    return 3, {0: ("h", precision)}


def field(name, kind, children=(), dictionary=None, metadata=None, index=None):
    f = {0: name, 1: ("b", 1), 2: ("b", kind[0]), 3: kind[1], 5: list(children)}
    if dictionary is not None:
        f[4] = {0: ("q", dictionary), 1: (index or int_type(8))[1]}
    if metadata:
        f[6] = [{0: k, 1: v} for k, v in metadata.items()]
    return f


def schema(fields, endian=0):
    return {0: ("h", endian), 1: fields}


# ---- columns: nodes and buffers ----

def bitmap(values):
    out = bytearray((len(values) + 7) // 8)
    for i, v in enumerate(values):
        out[i // 8] |= (v is not None) << i % 8
    return bytes(out)


def numbers(values, code):
    return [(len(values), values.count(None))], [bitmap(values) if None in values else b"",
                                                 struct.pack("<%d%s" % (len(values), code), *(v or 0 for v in values))]


def texts(values, code="i"):
    offsets, data = [0], b""
    for v in values:
        data += (v or b"")
        offsets.append(len(data))
    return [(len(values), values.count(None))], [bitmap(values) if None in values else b"",
                                                 struct.pack("<%d%s" % (len(offsets), code), *offsets), data]


def views(values):
    out, data = b"", b""
    for v in values:
        if len(v) <= 12:
            out += struct.pack("<i", len(v)) + v.ljust(12, b"\0")
        else:
            out += struct.pack("<i4sii", len(v), v[:4], 0, len(data))
            data += v
    return [(len(values), 0)], [b"", out, data]


# ---- messages ----

def message(kind, header, body=b"", version=4):
    meta = Flat({0: ("h", version), 1: ("b", kind), 2: header, 3: ("q", len(body))}).bytes()
    return struct.pack("<II", 0xFFFFFFFF, len(meta)) + meta, body


def batch(rows, columns, pack=None, codec=None, edit=None, views_of=None):
    """A RecordBatch and its body. edit(nodes, buffers) may change what is written."""
    nodes, buffers, body = [], [], b""
    for n, b in columns:
        nodes += n
        for data in b:
            if pack and data:
                data = struct.pack("<q", len(data)) + pack(data)
            buffers.append((len(body), len(data)))
            body += data + bytes(-len(data) % 8)
    if edit:
        edit(nodes, buffers)
    out = {0: ("q", rows), 1: ("structs", b"".join(struct.pack("<qq", *n) for n in nodes), 16),
           2: ("structs", b"".join(struct.pack("<qq", *b) for b in buffers), 16)}
    if codec is not None:
        out[3] = {0: ("b", codec), 1: ("b", 0)}
    if views_of is not None:
        out[4] = ("longs", views_of)
    return out, body


def stream(fields, parts, end=True, **kw):
    """parts: ("batch", header, body) or ("dict", id, header, body, delta)."""
    out = b"".join(message(1, schema(fields, kw.get("endian", 0)), version=kw.get("version", 4)))
    blocks = {2: [], 3: []}
    for p in parts:
        kind = 3 if p[0] == "batch" else 2
        header = p[1] if kind == 3 else {0: ("q", p[1]), 1: p[2], 2: ("b", int(p[4]))}
        head, body = message(kind, header, p[2] if kind == 3 else p[3])
        blocks[kind].append((8 + len(out), len(head), len(body)))
        out += head + body
    return out + (b"\xff\xff\xff\xff\0\0\0\0" if end else b""), blocks


def file(fields, parts, footer_fields=None, shift=0, drop=0, last=0, **kw):
    out, blocks = stream(fields, parts, **kw)
    structs = {k: ("structs", b"".join(struct.pack("<qiiq", o + shift, m, 0, b) for o, m, b in v[drop:len(v) - last]), 24) for k, v in blocks.items()}
    footer = Flat({0: ("h", 4), 1: schema(footer_fields or fields), 2: structs[2], 3: structs[3]}).bytes()
    return b"ARROW1\0\0" + out + footer + struct.pack("<I", len(footer)) + b"ARROW1"
