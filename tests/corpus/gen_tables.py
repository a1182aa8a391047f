#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tables of columns, good and bad, into a directory.

gen_tables.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence. The Parquet files are written here, by the published format, so that each encoding,
codec and fault can be had; needs only the standard library. Files of real writers come in through scan_tables.sh.
"""
import base64
import gzip
import os
import struct
import sys
import zlib

import arrow_ipc as ipc

BOOLEAN, INT32, INT64, INT96, FLOAT, DOUBLE, BYTES, FIXED = range(8)
PLAIN, PLAIN_DICTIONARY, RLE, BIT_PACKED, DELTA, DELTA_LENGTH, DELTA_BYTES, RLE_DICTIONARY, SPLIT = 0, 2, 3, 4, 5, 6, 7, 8, 9
NONE, SNAPPY, GZIP, ZSTD, LZ4 = 0, 1, 2, 6, 7
REQUIRED, OPTIONAL, REPEATED = range(3)


# ---- Thrift, compact ----

def varint(v):
    out = bytearray()
    while v > 127:
        out.append(v & 127 | 128)
        v >>= 7
    out.append(v)
    return bytes(out)


def zigzag(v):
    return varint((v << 1 ^ v >> 63) & (1 << 64) - 1)


class Raw(bytes):
    """A struct that is written already."""


def thrift_value(v):
    """Type and bytes: bool, int (32 bits), ("i64", n), ("i8", n), str, bytes, list, dict of fields, Raw."""
    if isinstance(v, bool):
        return 1 if v else 2, b""
    if isinstance(v, int):
        return 5, zigzag(v)
    if isinstance(v, tuple):
        return (6, zigzag(v[1])) if v[0] == "i64" else (3, bytes([v[1]]))
    if isinstance(v, Raw):
        return 12, bytes(v)
    if isinstance(v, (str, bytes)):
        v = v.encode() if isinstance(v, str) else v
        return 8, varint(len(v)) + v
    if isinstance(v, dict):
        return 12, thrift(v)
    parts = [thrift_value(x) for x in v]
    kind = parts[0][0] if parts else 5
    head = bytes([len(v) << 4 | kind]) if len(v) < 15 else bytes([0xF0 | kind]) + varint(len(v))
    return 9, head + b"".join(p[1] for p in parts)


def thrift(fields):
    out, last = bytearray(), 0
    for number, v in sorted(fields.items()):
        if v is None:
            continue
        kind, data = thrift_value(v)
        delta = number - last
        out += bytes([delta << 4 | kind]) if delta < 16 else bytes([kind]) + zigzag(number)
        out += data
        last = number
    return Raw(out + b"\0")


# ---- encodings ----

def plain(kind, values):
    if kind == BOOLEAN:
        return pack_bits(values, 1)
    if kind in (BYTES,):
        return b"".join(struct.pack("<I", len(v)) + v for v in values)
    if kind in (FIXED, INT96):
        return b"".join(values)
    return struct.pack("<%d%s" % (len(values), {INT32: "i", INT64: "q", FLOAT: "f", DOUBLE: "d"}[kind]), *values)


def pack_bits(values, width):
    total, at = 0, 0
    for v in values:
        total |= int(v) << at
        at += width
    return total.to_bytes((at + 7) // 8, "little")


def hybrid(values, width, packed=None):
    """Runs where eight and more are alike, packed groups elsewhere; packed: all so."""
    out, i = bytearray(), 0
    while i < len(values):
        run = 1
        while i + run < len(values) and values[i + run] == values[i]:
            run += 1
        if not packed and (run >= 8 or i + run == len(values)):
            out += varint(run << 1) + int(values[i]).to_bytes((width + 7) // 8, "little")
            i += run
            continue
        group = list(values[i:] if packed else values[i:i + 8])
        group += [0] * (-len(group) % 8)
        out += varint(len(group) // 8 << 1 | 1) + pack_bits(group, width)
        i += len(group)
    return bytes(out)


def delta_binary(values, block=128, minis=4, bits=64):
    out = bytearray(varint(block) + varint(minis) + varint(len(values)) + zigzag(values[0] if values else 0))
    half = 1 << bits - 1
    deltas = [(b - a + half) % (2 * half) - half for a, b in zip(values, values[1:])]
    size = block // minis
    for at in range(0, len(deltas), block):
        part = deltas[at:at + block]
        low = min(part)
        widths, bodies = [], b""
        for k in range(0, block, size):
            mini = [d - low for d in part[k:k + size]]
            width = max((m.bit_length() for m in mini), default=0)
            widths.append(width)
            if mini:
                bodies += pack_bits(mini + [0] * (size - len(mini)), width)
        out += zigzag(low) + bytes(widths) + bodies
    return bytes(out)


def delta_length(values):
    return delta_binary([len(v) for v in values]) + b"".join(values)


def delta_bytes(values):
    prefixes, rest, last = [], [], b""
    for v in values:
        n = len(os.path.commonprefix([last, v]))
        prefixes.append(n)
        rest.append(v[n:])
        last = v
    return delta_binary(prefixes) + delta_length(rest)


def split(kind, values):
    data = plain(kind, values)
    width = len(data) // len(values) if values else 1
    return b"".join(data[k::width] for k in range(width))


def encode(kind, values, encoding):
    if encoding == DELTA:
        return delta_binary(values, bits=32 if kind == INT32 else 64)
    if encoding == DELTA_LENGTH:
        return delta_length(values)
    if encoding == DELTA_BYTES:
        return delta_bytes(values)
    if encoding == SPLIT:
        return split(kind, values)
    if encoding == RLE:
        body = hybrid(values, 1)
        return struct.pack("<I", len(body)) + body
    return plain(kind, values)


# ---- codecs ----

def snappy(data):
    """Literals, and copies of what came at most 2047 bytes before."""
    out, at, start = bytearray(varint(len(data))), 0, 0

    def literal(piece):
        for i in range(0, len(piece), 60):
            part = piece[i:i + 60]
            out.extend(bytes([len(part) - 1 << 2]) + part)

    while at < len(data):
        back = data.rfind(data[at:at + 8], max(0, at - 2047), at + 7) if at + 8 <= len(data) else -1
        if back < 0 or back >= at:
            at += 1
            continue
        literal(data[start:at])
        out.extend(bytes([at - back >> 8 << 5 | (8 - 4) << 2 | 1, at - back & 255]))
        at += 8
        start = at
    literal(data[start:])
    return bytes(out)


def zstd(data):
    """A frame of stored blocks, or of one repeated byte."""
    head = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data))
    if data and data == data[:1] * len(data) and len(data) < 1 << 17:
        return head + struct.pack("<I", len(data) << 3 | 2 | 1)[:3] + data[:1]
    out, size = bytearray(head), 1 << 16
    for at in range(0, max(len(data), 1), size):
        part = data[at:at + size]
        out += struct.pack("<I", len(part) << 3 | (at + size >= len(data)))[:3] + part
    return bytes(out)


def lz4(data):
    n = len(data)
    if n < 15:
        return bytes([n << 4]) + data
    rest, more = n - 15, bytearray()
    while rest >= 255:
        more.append(255)
        rest -= 255
    return bytes([0xF0]) + bytes(more) + bytes([rest]) + data


PACK = {NONE: bytes, SNAPPY: snappy, GZIP: lambda d: gzip.compress(d, 6, mtime=0), ZSTD: zstd, LZ4: lz4, 3: bytes, 4: bytes, 5: lz4}


# ---- files ----

def width_of(level):
    return level.bit_length()


def column(name, kind, values, **kw):
    """A flat column; None is null. Options: encoding, codec, v2, crc, dictionary, pages, optional, width, element, chunk, levels,
    edit(page bytes) -> page bytes, head(dict) -> None."""
    return dict(name=name, kind=kind, values=values, **kw)


def levels_bytes(levels, top, c):
    if not top:
        return b""
    if c.get("bit_packed_levels"):
        bits = "".join(format(v, "0%db" % width_of(top)) for v in levels)
        return bytes(int(bits[i:i + 8].ljust(8, "0"), 2) for i in range(0, len(bits), 8))
    return hybrid(levels, width_of(top), c.get("packed_levels"))


def page(c, kind_of_page, fields, body, levels=b""):
    codec = c.get("codec", NONE)
    stored = c.get("compressed", True)
    pack = PACK[codec] if stored else bytes
    packed = pack(levels + body) if kind_of_page != 3 else levels + pack(body)
    packed = c.get("edit", lambda k, b: b)(kind_of_page, packed)
    head = {1: kind_of_page, 2: len(levels) + len(body), 3: len(packed), {0: 5, 2: 7, 3: 8}[kind_of_page]: fields}
    if c.get("crc"):
        head[4] = struct.unpack("<i", struct.pack("<I", zlib.crc32(packed) ^ c.get("crc_flip", 0)))[0]
    c.get("head", lambda k, h: None)(kind_of_page, head)
    return bytes(thrift(head)) + packed


def data_page(c, values, defs, reps):
    top_def, top_rep = c.get("max_def", 1 if c.get("optional") else 0), c.get("max_rep", 0)
    encoding = c.get("encoding", PLAIN)
    if c.get("dictionary"):
        places = {v: i for i, v in enumerate(c["dict_values"])}
        width = c.get("index_width", max(len(places) - 1, 0).bit_length())
        body = bytes([width]) + hybrid([places[v] for v in values], width, c.get("packed_levels"))
        encoding = c.get("encoding", RLE_DICTIONARY)
    else:
        body = encode(c["kind"], values, encoding)
    rep, dfn = levels_bytes(reps, top_rep, c), levels_bytes(defs, top_def, c)
    n = c.get("page_values", len(defs))
    if c.get("v2"):
        fields = {1: n, 2: sum(d < top_def for d in defs), 3: sum(r == 0 for r in reps), 4: encoding, 5: len(dfn), 6: len(rep)}
        if not c.get("compressed", True):
            fields[7] = False
        return page(c, 3, fields, body, rep + dfn)
    code = BIT_PACKED if c.get("bit_packed_levels") else RLE
    prefix = (lambda b: b) if c.get("bit_packed_levels") else (lambda b: struct.pack("<I", len(b)) + b)
    levels = (prefix(rep) if top_rep else b"") + (prefix(dfn) if top_def else b"")
    return page(c, 0, {1: n, 2: encoding, 3: code, 4: code}, levels + body)


def chunk(c, at):
    """Bytes of a column chunk that begins at this offset, and its ColumnChunk."""
    values = c["values"]
    defs = c.get("defs") or [0 if v is None else 1 if c.get("optional") else 0 for v in values]
    reps = c.get("reps") or [0] * len(defs)
    here = c["values"] if c.get("defs") else [v for v in values if v is not None]
    out = bytearray()
    meta = {1: c["kind"], 2: [c.get("encoding", PLAIN), RLE], 3: c.get("path", [c["name"]]), 4: c.get("codec", NONE),
            5: ("i64", c.get("num_values", len(defs))), 9: ("i64", at)}
    if c.get("dictionary"):
        c = dict(c, dict_values=c.get("dict_values") or sorted(set(here)))
        out += page(c, 2, {1: c.get("dict_count", len(c["dict_values"])), 2: PLAIN, 3: False}, plain(c["kind"], c["dict_values"]))
        meta[11] = ("i64", at)
        meta[9] = ("i64", at + len(out))
    pages, done = c.get("pages", 1), 0
    size = -(-len(defs) // pages) if defs else 1
    for i in range(0, max(len(defs), 1), size):
        d = defs[i:i + size]
        n = sum(x == c.get("max_def", 1 if c.get("optional") else 0) for x in d)
        out += data_page(c, here[done:done + n], d, reps[i:i + size])
        done += n
    out += c.get("tail", b"")
    meta[6] = meta[7] = ("i64", len(out))
    meta.update(c.get("meta", {}))
    return bytes(out), {2: ("i64", at), 3: meta, **c.get("chunk", {})}


def elements(columns):
    out = []
    for c in columns:
        e = {1: c["kind"], 3: OPTIONAL if c.get("optional") else REQUIRED, 4: c["name"]}
        if c["kind"] == FIXED:
            e[2] = c["width"]
        e.update(c.get("element", {}))
        out += c.get("elements") or [e]
    return out


def parquet(columns, rows=None, groups=1, keys=None, schema=None, footer=None, gap=b"", tail=b"", magic=b"PAR1", raw_footer=None):
    out = bytearray(magic)
    rows = len(columns[0]["values"]) if rows is None else rows
    made = []
    for _ in range(groups):
        chunks, begin = [], len(out)
        for c in columns:
            data, meta = chunk(c, len(out))
            out += (b"" if c.get("nowhere") else data) + gap
            chunks.append(meta)
        made.append({1: chunks, 2: ("i64", len(out) - begin), 3: ("i64", rows)})
    roots = sum(1 for c in columns)
    meta = {1: 1, 2: schema or [{4: "schema", 5: roots}] + elements(columns), 3: ("i64", rows * groups), 4: made, 6: "gen_tables.py"}
    if keys:
        meta[5] = [{1: k, 2: v} for k, v in keys]
    meta.update(footer or {})
    end = raw_footer if raw_footer is not None else bytes(thrift(meta))
    return bytes(out) + tail + end + struct.pack("<I", len(end)) + magic


TEXT = {6: 0, 10: {1: {}}}
WORDS = [b"alpha", b"beta", b"gamma", b"delta", b"", "größe".encode(), b"alphabet"]
NUMBERS = [0, 1, -1, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 7, 2147483647, -2147483648] * 5
FLOATS = [0.5, -1.25, 1e300, float("inf"), 3.0, 0.0, -0.0] * 6
BIG = [n * 4294967291 for n in NUMBERS]


def lists(**kw):
    """[[1, 2], [], None, [3, None], [4]] as an optional list of optional numbers."""
    els = [{3: OPTIONAL, 4: "l", 5: 1, 6: 3, 10: {3: {}}}, {3: REPEATED, 4: "list", 5: 1}, {1: INT32, 3: OPTIONAL, 4: "element"}]
    c = column("l", INT32, [1, 2, 3, 4], defs=[3, 3, 1, 0, 3, 2, 3], reps=[0, 1, 0, 0, 0, 1, 0], max_def=3, max_rep=1, elements=els,
               path=["l", "list", "element"])
    c.update(kw)
    return c


def good():
    texts = WORDS * 9
    yield "plain.parquet", parquet([
        column("b", BOOLEAN, [True, False, True] * 14), column("i", INT32, NUMBERS[:42]), column("l", INT64, BIG[:42]),
        column("f", FLOAT, [0.5, -2.0, float("nan")] * 14), column("d", DOUBLE, FLOATS), column("t", BYTES, texts[:42], element=TEXT),
        column("x", FIXED, [b"abc"] * 42, width=3), column("n", INT96, [struct.pack("<qi", 0, 2440588)] * 42)]), "every type, plain"
    for codec, name in ((SNAPPY, "snappy"), (GZIP, "gzip"), (ZSTD, "zstd"), (LZ4, "lz4")):
        yield name + ".parquet", parquet([column("i", INT64, BIG[:63], codec=codec), column("t", BYTES, texts, codec=codec, element=TEXT)]), \
            "pages in " + name
    yield "dictionary.parquet", parquet([column("t", BYTES, texts, dictionary=True, element=TEXT), column("i", INT64, BIG[:63], dictionary=True),
                                         column("x", FIXED, [b"ab", b"cd", b"ef"] * 21, width=2, dictionary=True)]), "dictionaries"
    yield "dictionary-old.parquet", parquet([column("t", BYTES, texts, dictionary=True, encoding=PLAIN_DICTIONARY, packed_levels=True,
                                                    optional=True)]), "a dictionary by its older number"
    yield "nulls.parquet", parquet([column("i", INT32, [None if n % 3 else n for n in range(60)], optional=True),
                                    column("none", DOUBLE, [None] * 60, optional=True)]), "nulls"
    yield "nulls-bit-packed.parquet", parquet([column("i", INT32, [None if n % 3 else n for n in range(60)], optional=True,
                                                      bit_packed_levels=True)]), "levels in the older form"
    yield "delta.parquet", parquet([column("i", INT32, NUMBERS[:63], encoding=DELTA), column("l", INT64, BIG[:63], encoding=DELTA),
                                    column("t", BYTES, texts, encoding=DELTA_LENGTH), column("u", BYTES, sorted(texts), encoding=DELTA_BYTES),
                                    column("x", FIXED, [b"aab", b"aac", b"abc"] * 21, width=3, encoding=DELTA_BYTES)]), "deltas"
    yield "delta-long.parquet", parquet([column("i", INT64, [n * n for n in range(1000)], encoding=DELTA)]), "deltas over several blocks"
    yield "split.parquet", parquet([column("f", FLOAT, [0.5, -2.0, 1e30] * 14, encoding=SPLIT), column("d", DOUBLE, FLOATS, encoding=SPLIT),
                                    column("i", INT32, NUMBERS[:42], encoding=SPLIT), column("l", INT64, BIG[:42], encoding=SPLIT),
                                    column("x", FIXED, [b"abc", b"xyz"] * 21, width=3, encoding=SPLIT)]), "byte stream split"
    yield "rle-booleans.parquet", parquet([column("b", BOOLEAN, [True] * 20 + [False] * 9 + [True], encoding=RLE, v2=True)]), "runs of booleans"
    yield "v2.parquet", parquet([column("i", INT32, [None if n % 5 == 0 else n for n in range(100)], optional=True, v2=True, codec=SNAPPY, pages=3),
                                 column("t", BYTES, [b"x%d" % n for n in range(100)], v2=True, codec=GZIP, compressed=False)]), "pages of version 2"
    yield "crc.parquet", parquet([column("i", INT32, NUMBERS, crc=True, codec=SNAPPY, pages=4),
                                  column("j", INT32, NUMBERS, crc=True, v2=True, dictionary=True)]), "checksums that are right"
    yield "nested.parquet", parquet([lists()], rows=5), "a list of numbers with nulls"
    yield "nested-v2.parquet", parquet([lists(v2=True)], rows=5), "the same in pages of version 2"
    yield "groups.parquet", parquet([column("i", INT32, NUMBERS)], groups=3), "three row groups"
    yield "empty.parquet", parquet([column("i", INT32, [])], groups=0, rows=0), "no rows"
    yield "gap.parquet", parquet([column("i", INT32, NUMBERS)], gap=bytes(64)), "padding of zeros"
    yield "logical.parquet", parquet([
        column("date", INT32, [0, 19000], element={6: 6}), column("time", INT64, [0, 86399999999], element={6: 8}),
        column("stamp", INT64, [0, 1 << 50], element={10: {8: {1: True, 2: {3: {}}}}}),
        column("dec", INT32, [-99999, 99999], element={6: 5, 7: 2, 8: 5}),
        column("wide", FIXED, [(-5).to_bytes(16, "big", signed=True), (10**20).to_bytes(16, "big")], width=16, element={6: 5, 7: 3, 8: 38}),
        column("narrow", BYTES, [b"\x80", b"\x7f\xff"], element={6: 5, 7: 0, 8: 6}),
        column("u8", INT32, [0, 255], element={6: 11}), column("i8", INT32, [-128, 127], element={10: {10: {1: ("i8", 8), 2: True}}}),
        column("half", FIXED, [b"\x00\x3c", b"\x00\xfc"], width=2, element={10: {15: {}}}),
        column("uuid", FIXED, [bytes(16), bytes(range(16))], width=16, element={10: {14: {}}})]), "logical types"
    yield "statistics.parquet", parquet([
        column("i", INT64, [-5, 7], meta={12: {3: ("i64", 0), 5: struct.pack("<q", 7), 6: struct.pack("<q", -5)}}),
        column("u", INT64, [5, -7], element={6: 14}, meta={12: {5: struct.pack("<q", -7), 6: struct.pack("<q", 5)}})]), "statistics that are true"
    yield "pandas.parquet", parquet([column("a", INT64, [1, 2])], keys=[("pandas", '{"columns": []}'), ("ARROW:schema", base64.b64encode(b"\xff" * 9).decode())]), "metadata of pandas"


def bad():
    base = [column("i", INT32, NUMBERS)]
    whole = parquet(base)
    yield "cut.parquet", whole[:-1], "fail", "parquet.truncated", "the last byte is missing"
    yield "half.parquet", whole[:len(whole) // 2], "fail", "parquet.truncated", "the second half is missing"
    yield "footer-long.parquet", whole[:-8] + struct.pack("<I", len(whole)) + b"PAR1", "fail", "parquet.truncated", "a footer longer than the file"
    yield "footer-max.parquet", whole[:-8] + b"\xff\xff\xff\xffPAR1", "fail", "parquet.truncated", "a footer of 2^32 - 1 bytes"
    yield "encrypted.parquet", parquet(base, magic=b"PARE"), "fail", "format.unsupported", "an encrypted footer"
    yield "encrypted-columns.parquet", parquet([column("i", INT32, [1], chunk={8: {1: {}}})]), "fail", "format.unsupported", "an encrypted column"
    yield "encrypted-plain-footer.parquet", parquet(base, footer={8: {1: {}}}), "fail", "format.unsupported", "a plain footer of encrypted columns"
    yield "external.parquet", parquet([column("i", INT32, [1], chunk={1: "../other.parquet"})]), "fail", "parquet.external", "a column in another file"
    yield "pickle.parquet", parquet(base, keys=[("ARROW:schema", base64.b64encode(b"\0\1ARROW:extension:name\0arrow.py_extension_type\0").decode())]), \
        "fail", "arrow.extension", "an extension type that is a pickle"
    yield "pickle-broken.parquet", parquet(base, keys=[("ARROW:schema", "AAA*")]), "fail", "arrow.malformed", "an Arrow schema that is no base64"
    yield "crc.parquet", parquet([column("i", INT32, NUMBERS, crc=True, crc_flip=1)]), "fail", "parquet.checksum", "a wrong checksum"
    yield "outside.parquet", parquet([column("i", INT32, NUMBERS, meta={9: ("i64", 1 << 40)})]), "fail", "parquet.layout", "a chunk beyond the file"
    yield "huge-size.parquet", parquet([column("i", INT32, NUMBERS, meta={7: ("i64", (1 << 63) - 1)})]), "fail", "parquet.layout", "a chunk of 2^63 - 1 bytes"
    yield "negative.parquet", parquet([column("i", INT32, NUMBERS, meta={7: ("i64", -1)})]), "fail", "parquet.malformed", "a negative size"
    yield "overlap.parquet", parquet([column("i", INT32, NUMBERS), column("j", INT32, NUMBERS, meta={9: ("i64", 4)})]), "fail", "parquet.layout", "two chunks in one place"
    yield "shared.parquet", parquet([column("i", INT32, NUMBERS), column("j", INT32, NUMBERS, meta={9: ("i64", 4)}, nowhere=True)]), "fail", \
        "parquet.layout", "two columns that are the same bytes"
    yield "hidden.parquet", parquet(base, tail=b"#!/bin/sh\n"), "fail", "parquet.layout", "bytes that nothing names"
    yield "values-more.parquet", parquet([column("i", INT32, NUMBERS, num_values=len(NUMBERS) - 1)]), "fail", "parquet.malformed", "more values than the footer says"
    yield "values-fewer.parquet", parquet([column("i", INT32, NUMBERS, num_values=1 << 40)]), "fail", "parquet.malformed", "fewer values than the footer says"
    yield "statistics.parquet", parquet([column("i", INT32, [1, None, 3], optional=True, meta={12: {3: ("i64", 2)}})]), "fail", "parquet.malformed", \
        "statistics with another number of nulls"
    for name, least, greatest in (("least", 2, 3), ("greatest", 1, 2)):
        yield "statistics-%s.parquet" % name, parquet([column("i", INT32, [1, 3], meta={12: {5: struct.pack("<i", greatest), 6: struct.pack("<i", least)}})]), \
            "fail", "parquet.malformed", "statistics with another %s value" % name
    yield "rows.parquet", parquet(base, rows=len(NUMBERS) + 1), "fail", "parquet.malformed", "another number of rows"
    yield "page-values.parquet", parquet([column("i", INT32, NUMBERS, page_values=2**31 - 1)]), "fail", "parquet.malformed", "a page of 2^31 - 1 values"
    yield "page-negative.parquet", parquet([column("i", INT32, NUMBERS, page_values=-1)]), "fail", "parquet.malformed", "a page of -1 values"
    yield "page-bomb.parquet", parquet([column("i", INT32, NUMBERS, codec=ZSTD, head=lambda k, h: h.update({2: 2**31 - 1}))]), "inconclusive", "limit.memory", \
        "a page that expands to 2 GiB"
    run = b"\xfe\xff\xff\xff\x0f\0"
    yield "run-bomb.parquet", parquet([column("i", INT32, [None], optional=True, page_values=2**31 - 1, num_values=2**31 - 1, edit=lambda k, b: struct.pack("<I", len(run)) + run,
                                              head=lambda k, h: h.update({2: 4 + len(run)}))], rows=2**31 - 1), "fail", "limit.expanded", "2^31 - 1 nulls in a run of six bytes"
    yield "page-size.parquet", parquet([column("i", INT32, NUMBERS, head=lambda k, h: h.update({3: 2**31 - 1}))]), "fail", "parquet.malformed", "a page longer than its chunk"
    yield "page-type.parquet", parquet([column("i", INT32, NUMBERS, head=lambda k, h: h.update({1: 9}))]), "fail", "parquet.malformed", "an unknown type of page"
    yield "index.parquet", parquet([column("t", BYTES, WORDS, dictionary=True, index_width=8, dict_values=WORDS, edit=lambda k, b: b if k == 2 else
                                           b[:-2] + b"\x07\0")]), "fail", "parquet.malformed", "an index one beyond the dictionary"
    yield "dictionary-count.parquet", parquet([column("t", BYTES, WORDS, dictionary=True, dict_count=2**31 - 1)]), "fail", "parquet.malformed", "a dictionary of 2^31 - 1"
    yield "dictionary-few.parquet", parquet([column("t", BYTES, WORDS, dictionary=True, dict_count=6)]), "fail", "parquet.malformed", "a dictionary with one more than it says"
    yield "leftover.parquet", parquet([column("i", INT32, NUMBERS, edit=lambda k, b: b + b"\0\0\0\0", head=lambda k, h: h.update({2: h[2] + 4}))]), "fail", \
        "parquet.malformed", "bytes behind the last value"
    yield "levels.parquet", parquet([lists(defs=[3, 3, 1, 0, 3, 2, 3], reps=[1, 1, 0, 0, 0, 1, 0])], rows=4), "fail", "parquet.malformed", "a first value that continues a row"
    yield "utf8.parquet", parquet([column("t", BYTES, [b"good", b"\xff"], element=TEXT)]), "fail", "parquet.value", "a text that is not UTF-8"
    yield "int8.parquet", parquet([column("i", INT32, [127, 128], element={6: 15})]), "fail", "parquet.value", "128 as a signed byte"
    yield "time.parquet", parquet([column("i", INT32, [86400001], element={6: 7})]), "fail", "parquet.value", "a time of day beyond 24 hours"
    yield "decimal.parquet", parquet([column("i", INT32, [100], element={6: 5, 7: 0, 8: 2})]), "fail", "parquet.value", "a decimal with more digits than its type"
    yield "decimal-none.parquet", parquet([column("i", INT32, [1], element={6: 5})]), "fail", "parquet.malformed", "a decimal without digits"
    yield "twice.parquet", parquet(base + base), "fail", "parquet.malformed", "two columns of one name"
    yield "schema-none.parquet", parquet(base, schema=[{4: "schema", 5: 2}] + elements(base)), "fail", "parquet.malformed", "a group with more children than there are"
    yield "schema-more.parquet", parquet(base, schema=[{4: "schema", 5: 1}] + elements(base + base)), "fail", "parquet.malformed", "more elements than children"
    yield "schema-deep.parquet", parquet(base, schema=[{3: OPTIONAL, 4: "g", 5: 1}] * 100 + elements(base)), "fail", "parquet.malformed", "a hundred groups in each other"
    yield "type.parquet", parquet([column("i", INT32, NUMBERS, meta={1: INT64})]), "fail", "parquet.malformed", "another type than the schema's"
    yield "path.parquet", parquet([column("i", INT32, NUMBERS, meta={3: ["j"]})]), "fail", "parquet.malformed", "another path than the schema's"
    yield "brotli.parquet", parquet([column("i", INT32, NUMBERS, codec=4)]), "fail", "format.unsupported", "a codec that is not judged"
    yield "encoding.parquet", parquet([column("i", INT32, NUMBERS, head=lambda k, h: h[5].update({2: 11}))]), "fail", "format.unsupported", "an encoding that is not judged"
    yield "encoding-type.parquet", parquet([column("d", DOUBLE, FLOATS, head=lambda k, h: h[5].update({2: DELTA}))]), "fail", "parquet.malformed", "deltas of doubles"
    yield "logical.parquet", parquet([column("i", INT32, [1], element={10: {99: {}}})]), "fail", "format.unsupported", "an unknown logical type"
    yield "snappy.parquet", parquet([column("i", INT32, NUMBERS, codec=SNAPPY, edit=lambda k, b: b[:-1])]), "fail", "parquet.malformed", "Snappy that is cut off"
    yield "gzip.parquet", parquet([column("i", INT32, NUMBERS, codec=GZIP, edit=lambda k, b: b[:-1])]), "fail", "parquet.malformed", "gzip that is cut off"
    yield "zstd-skip.parquet", parquet([column("i", INT32, NUMBERS, codec=ZSTD, edit=lambda k, b: b + b"\x50\x2a\x4d\x18\4\0\0\0evil")]), "fail", \
        "parquet.malformed", "a frame that zstd passes over"
    yield "footer-thrift.parquet", parquet(base, raw_footer=b"\x15\x02\x05\x02\x02\0"), "fail", "parquet.malformed", "a footer with a field twice"
    yield "footer-empty.parquet", parquet(base, raw_footer=b""), "fail", "parquet.*", "a footer of no bytes"
    yield "v2-rows.parquet", parquet([column("i", INT32, NUMBERS, v2=True, head=lambda k, h: h[8].update({3: 1}))]), "fail", "parquet.malformed", "a page with fewer rows"
    yield "v2-levels.parquet", parquet([column("i", INT32, NUMBERS, v2=True, head=lambda k, h: h[8].update({5: 2**31 - 1}))]), "fail", "parquet.malformed", \
        "levels longer than their page"


# ---- Arrow ----

WORDS_NULL = [b"alpha", None, "größe".encode(), b"", b"a text of more than twelve bytes"]
FIELDS = [ipc.field("i", ipc.int_type(32)), ipc.field("t", ipc.UTF8)]


def two(**kw):
    """Five rows of a number and a text."""
    return ("batch",) + ipc.batch(5, [ipc.numbers([1, None, -3, 4, 5], "i"), ipc.texts(WORDS_NULL)], **kw)


def coded(indexes=(0, 1, None, 2, 0), words=(b"low", b"mid", b"high"), **kw):
    data, body = ipc.batch(len(words), [ipc.texts(list(words))])
    return [ipc.field("c", ipc.UTF8, dictionary=7)], [("dict", 7, data, body, kw.get("delta", False)),
                                                      ("batch",) + ipc.batch(5, [ipc.numbers(list(indexes), "b")])]


def lz4_frame(data):
    """One stored block; the checksum of the two descriptor bytes is a constant."""
    return b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<I", 0x80000000 | len(data)) + data + struct.pack("<I", 0)


def arrow_good():
    whole, _ = ipc.stream(FIELDS, [two(), two()])
    yield "stream.arrow", whole, "a stream of two batches"
    yield "file-open.arrow", ipc.file(FIELDS, [two()], end=False), "a file without the end mark of its stream"
    yield "file.arrow", ipc.file(FIELDS, [two(), two()]), "a file of two batches"
    yield "file-none.arrow", ipc.file(FIELDS, []), "a file of no rows"
    yield "zstd.arrow", ipc.file(FIELDS, [two(pack=zstd, codec=1)]), "buffers in zstd"
    yield "lz4.arrow", ipc.file(FIELDS, [two(pack=lz4_frame, codec=0)]), "buffers in LZ4 frames"
    yield "dictionary.arrow", ipc.file(*coded()), "a column of indexes"
    more = coded(words=(b"top",), delta=True)
    yield "dictionary-delta.arrow", ipc.stream(coded()[0], coded()[1] + [more[1][0]] + [coded(indexes=(3, 3, None, 0, 1))[1][1]])[0], "a dictionary that grows"
    yield "view.arrow", ipc.file([ipc.field("v", ipc.UTF8_VIEW)], [("batch",) + ipc.batch(3, [ipc.views([b"short", b"a text of more than twelve", b""])],
                                                                                         views_of=[1])]), "views of texts"
    item = ipc.field("item", ipc.int_type(16))
    yield "list.arrow", ipc.file([ipc.field("l", ipc.LIST, [item])], [("batch",) + ipc.batch(3, [
        ([(3, 0), (4, 0)], [b"", struct.pack("<4i", 0, 2, 2, 4), b"", struct.pack("<4h", 1, 2, 3, 4)])])]), "lists"
    yield "struct.arrow", ipc.file([ipc.field("s", ipc.STRUCT, [item, ipc.field("f", ipc.real_type(2))])], [("batch",) + ipc.batch(2, [
        ([(2, 1), (2, 0), (2, 0)], [b"\1", b"", struct.pack("<2h", 1, 2), b"", struct.pack("<2d", 1, 2)])])]), "a struct with a null"
    yield "null.arrow", ipc.file([ipc.field("n", ipc.NULL), ipc.field("b", ipc.BOOL)], [("batch",) + ipc.batch(9, [
        ([(9, 9)], []), ([(9, 0)], [b"", b"\x55\1"])])]), "nulls and booleans"


def change(name, field, index, value):
    """An edit of one node or buffer: nodes are (length, nulls), buffers (place, length)."""
    def edit(nodes, buffers):
        row = list({"node": nodes, "buffer": buffers}[name][index])
        row[field] = value
        {"node": nodes, "buffer": buffers}[name][index] = tuple(row)
    return edit


def arrow_bad():
    whole = ipc.file(FIELDS, [two(), two()])
    flow, _ = ipc.stream(FIELDS, [two()])
    yield "null-bomb.arrow", ipc.file([ipc.field("n", ipc.NULL)], [("batch",) + ipc.batch(1 << 62, [([(1 << 62, 1 << 62)], [])])]), "fail", "limit.expanded", \
        "2^62 rows of a column of nulls"
    yield "cut.arrow", whole[:-1], "fail", "arrow.truncated", "the last byte is missing"
    yield "stream-cut.arrow", flow[:-24], "fail", "arrow.truncated", "a stream that ends within a batch"
    yield "stream-open.arrow", ipc.stream(FIELDS, [two()], end=False)[0], "fail", "arrow.truncated", "a stream without its end mark"
    yield "footer-max.arrow", whole[:-10] + b"\xff\xff\xff\xffARROW1", "fail", "arrow.truncated", "a footer of 2^32 - 1 bytes"
    yield "trailing.arrow", flow + b"#!/bin/sh\n", "fail", "arrow.malformed", "bytes behind the end mark"
    evil = {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": "pickle"}
    yield "pickle.arrow", ipc.file([ipc.field("x", ipc.BINARY, metadata=evil)], []), "fail", "arrow.extension", "an extension type that is a pickle"
    yield "pickle-stream.arrow", ipc.stream([ipc.field("x", ipc.BINARY, metadata=evil)], [])[0], "fail", "arrow.extension", "the same in a stream"
    yield "pickle-footer.arrow", ipc.file([ipc.field("x", ipc.BINARY)], [], footer_fields=[ipc.field("x", ipc.BINARY, metadata=evil)]), \
        "fail", "arrow.extension", "the same in the footer alone"
    yield "footer-schema.arrow", ipc.file(FIELDS, [two()], footer_fields=FIELDS[::-1]), "fail", "arrow.malformed", "a footer with other columns"
    yield "footer-name.arrow", ipc.file(FIELDS, [two()], footer_fields=[ipc.field("j", ipc.int_type(32)), FIELDS[1]]), "fail", "arrow.malformed", \
        "a footer with another name for a column"
    yield "footer-last.arrow", ipc.file(FIELDS, [two(), two()], last=1), "fail", "arrow.malformed", "a footer that leaves the last batch out"
    yield "footer-place.arrow", ipc.file(FIELDS, [two()], shift=8), "fail", "arrow.malformed", "a footer with other places"
    yield "footer-fewer.arrow", ipc.file(FIELDS, [two(), two()], drop=1), "fail", "arrow.malformed", "a footer that leaves a batch out"
    yield "big-endian.arrow", ipc.stream(FIELDS, [two()], endian=1)[0], "fail", "format.unsupported", "numbers in the other order"
    yield "version.arrow", ipc.stream(FIELDS, [two()], version=0)[0], "fail", "format.unsupported", "metadata of version 1"
    yield "union.arrow", ipc.file([ipc.field("u", ipc.UNION)], []), "fail", "format.unsupported", "a union"
    yield "twice.arrow", ipc.file([FIELDS[0], FIELDS[0]], []), "fail", "arrow.malformed", "two columns of one name"
    for name, edit, why in (
            ("outside", change("buffer", 0, 1, 1 << 40), "a buffer beyond the body"), ("huge", change("buffer", 1, 1, (1 << 63) - 1), "a buffer of 2^63 - 1"),
            ("negative", change("buffer", 1, 1, -1), "a buffer of -1"), ("short", change("buffer", 1, 1, 19), "a buffer one short"),
            ("overlap", change("buffer", 0, 1, 0), "two buffers in one place"), ("length", change("node", 0, 0, 4), "a column with fewer rows"),
            ("length-max", change("node", 0, 0, (1 << 63) - 1), "a column of 2^63 - 1 rows"), ("nulls", change("node", 1, 0, 2), "another number of nulls"),
            ("nulls-negative", change("node", 1, 0, -1), "-1 nulls"), ("bits", change("buffer", 1, 0, 0), "nulls without bits")):
        yield name + ".arrow", ipc.stream(FIELDS, [two(edit=edit)])[0], "fail", "arrow.malformed", why
    many = 1 << 62
    for name, fields, buffers in (("column", FIELDS[:1], 2), ("struct", [ipc.field("s", ipc.STRUCT, FIELDS[:1])], 3)):
        empty = [([(many, 0)] * (buffers - 1), [b""] * buffers)]
        yield "no-values-%s.arrow" % name, ipc.stream(fields, [("batch",) + ipc.batch(many, empty)])[0], "fail", "arrow.malformed", \
            "2^62 rows without bits and without values: a " + name
    rows = [ipc.numbers([1, 2], "i"), ([(2, 0)], [b"", struct.pack("<3i", 0, 3, 1), b"abc"])]
    yield "offsets-fall.arrow", ipc.stream(FIELDS, [("batch",) + ipc.batch(2, rows)])[0], "fail", "arrow.malformed", "offsets that fall"
    rows[1] = ([(2, 0)], [b"", struct.pack("<3i", 0, 1, 4), b"abc"])
    yield "offsets-beyond.arrow", ipc.stream(FIELDS, [("batch",) + ipc.batch(2, rows)])[0], "fail", "arrow.malformed", "offsets beyond the bytes"
    rows[1] = ([(2, 0)], [b"", struct.pack("<3i", -1, 1, 3), b"abc"])
    yield "offsets-negative.arrow", ipc.stream(FIELDS, [("batch",) + ipc.batch(2, rows)])[0], "fail", "arrow.malformed", "a negative offset"
    rows[1] = ipc.texts([b"good", b"\xff"])
    yield "utf8.arrow", ipc.stream(FIELDS, [("batch",) + ipc.batch(2, rows)])[0], "fail", "arrow.malformed", "a text that is not UTF-8"
    yield "index.arrow", ipc.file(*coded(indexes=(0, 1, 3, 2, 0))), "fail", "arrow.malformed", "an index one beyond the dictionary"
    yield "index-negative.arrow", ipc.file(*coded(indexes=(0, 1, -1, 2, 0))), "fail", "arrow.malformed", "a negative index"
    fields, parts = coded()
    yield "dictionary-late.arrow", ipc.stream(fields, parts[::-1])[0], "fail", "arrow.malformed", "a dictionary behind its column"
    yield "dictionary-other.arrow", ipc.stream(fields, [("dict", 8) + parts[0][2:], parts[1]])[0], "fail", "arrow.malformed", "a dictionary of nobody"
    yield "buffers-more.arrow", ipc.stream(FIELDS[:1], [two()])[0], "fail", "arrow.malformed", "more buffers than columns"
    yield "buffers-fewer.arrow", ipc.stream(FIELDS + [ipc.field("z", ipc.BOOL)], [two()])[0], "fail", "arrow.malformed", "fewer buffers than columns"
    yield "zstd.arrow", ipc.stream(FIELDS, [two(pack=lambda d: zstd(d)[:-1], codec=1)])[0], "fail", "arrow.malformed", "zstd that is cut off"
    yield "bomb.arrow", ipc.stream(FIELDS, [two(pack=zstd, codec=1, edit=None)])[0].replace(struct.pack("<q", 20), struct.pack("<q", 1 << 40)), \
        "inconclusive", "limit.exceeded", "a buffer that expands to a tebibyte"
    deep = ipc.field("i", ipc.int_type(8))
    for n in range(70):
        deep = ipc.field("l%d" % n, ipc.STRUCT, [deep])
    yield "deep.arrow", ipc.file([deep], []), "fail", "arrow.malformed", "seventy structs in each other"
    yield "feather.arrow", b"FEA1" + bytes(12), "fail", "format.unsupported", "the first version of Feather"


def main(out):
    os.makedirs(out, exist_ok=True)
    rows = []
    for name, data, why in [*good(), *arrow_good()]:
        rows.append(("good-" + name, "pass", "-", why, data))
    for name, data, verdict, rule, why in [*bad(), *arrow_bad()]:
        rows.append(("bad-" + name, verdict, rule, why, data))
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as index:
        for name, verdict, rule, why, data in rows:
            with open(os.path.join(out, name), "wb") as f:
                f.write(data)
            index.write("\t".join((name, verdict, rule, why)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
