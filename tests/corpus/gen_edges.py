#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes files whose lengths lie, files that are two formats at once, and bombs.

gen_edges.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("*": any), and a sentence. DIR/bombs holds what expands a millionfold, which the caller scans under a limit of memory.
DIR/small holds one good file of each format, none above two kilobytes.
"""
import bz2
import gzip
import importlib.util
import io
import lzma
import os
import pickle
import struct
import sys
import zipfile
import zlib

import made_samples

sys.dont_write_bytecode = True


def sibling(name):
    spec = importlib.util.spec_from_file_location(name, os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


c, d = sibling("gen_containers"), sibling("gen_data")
GOOD_NPY = c.npy("'<f4'", "(4,)", c.FLOATS)
GOOD_ST = c.safetensors(b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}', c.FLOATS)
GOOD_ZIP = c.make_zip([c.member("a.npy", GOOD_NPY)])
GOOD_PT = c.make_zip(c.torch_members(c.torch_pickle()))
LENGTHS = ((1 << 63), (1 << 64) - 1)


def lengths():
    """Each length field: 2^63, 2^64-1 (or what its width holds), and one more than what is left."""
    tail = b"abc."
    for op, name, width in ((b"\x8e", "BINBYTES8", "<Q"), (b"\x8d", "BINUNICODE8", "<Q"), (b"\x96", "BYTEARRAY8", "<Q"), (b"\x95", "FRAME", "<Q"),
                            (b"B", "BINBYTES", "<I"), (b"X", "BINUNICODE", "<I"), (b"T", "BINSTRING", "<I"), (b"\x8b", "LONG4", "<I"),
                            (b"C", "SHORT_BINBYTES", "<B"), (b"\x8c", "SHORT_BINUNICODE", "<B"), (b"U", "SHORT_BINSTRING", "<B"), (b"\x8a", "LONG1", "<B")):
        top = (1 << 8 * struct.calcsize(width)) - 1
        for value in sorted({min(v, top) for v in LENGTHS} | {top // 2 + 1, len(tail) + 1}):
            yield "pickle_%s_%x.pkl" % (name, value), "*", "A %s of %d bytes, and %d follow." % (name, value, len(tail)), \
                b"\x80\x05" + op + struct.pack(width, value) + tail
    for value in LENGTHS + (len(GOOD_ST) - 7,):
        yield "st_%x.safetensors" % value, "safetensors.truncated", "A header of %d bytes." % value, struct.pack("<Q", value) + GOOD_ST[8:]
        for field in ("begin", "end", "shape"):
            header = b'{"a":{"dtype":"U8","shape":[%d],"data_offsets":[%d,%d]}}' % \
                (value if field == "shape" else 16, value if field == "begin" else 0, value if field == "end" else 16)
            yield "st_%s_%x.safetensors" % (field, value), "*", "%s is %d." % (field, value), c.safetensors(header, c.FLOATS)
    for value in (0xFFFFFFFF, 1 << 31, len(GOOD_NPY)):
        yield "npy_header_%x.npy" % value, "*", "A header of %d bytes." % value, b"\x93NUMPY\2\0" + struct.pack("<I", value) + GOOD_NPY[10:]
    for value in LENGTHS + (5,):
        yield "npy_shape_%x.npy" % value, "*", "A shape of %d." % value, c.npy("'<f4'", "(%d,)" % value, c.FLOATS)
        yield "npy_item_%x.npy" % value, "*", "Elements of %d bytes." % value, c.npy("'|S%d'" % value, "(4,)", c.FLOATS)
        yield "npy_product_%x.npy" % value, "*", "A product that overflows.", c.npy("'<f4'", "(%d, %d)" % (value, value), c.FLOATS)
    for value in LENGTHS + (len(GOOD_NPY) + 1,):
        for fields in ("<HHQ", "<HHQQ", "<HHQQQ"):
            n = fields.count("Q")
            extra = struct.pack(fields, 1, 8 * n, *[value] * n)
            m = c.member("a.npy", GOOD_NPY, extra=extra, size=0xFFFFFFFF)
            yield "zip64_%d_%x.zip" % (n, value), "*", "64-bit fields of %d." % value, c.make_zip([m], zip64=True)
    at = GOOD_ZIP.index(b"PK\5\6")
    for off, name in ((8, "H"), (10, "H"), (12, "I"), (16, "I"), (20, "H")):
        top = (1 << 8 * struct.calcsize(name)) - 1
        for value in (top, top // 2 + 1, len(GOOD_ZIP) + 1):
            yield "eocd_%d_%x.zip" % (off, value), "*", "The end record's field at %d is %d." % (off, value), \
                GOOD_ZIP[:at + off] + struct.pack("<" + name, value) + GOOD_ZIP[at + off + struct.calcsize(name):]
    for value in (0xFFFFFFFF, 1 << 31, 14):
        yield "png_%x.png" % value, "*", "A chunk of %d bytes." % value, d.png(struct.pack(">I", value) + d.chunk(b"IHDR", d.IHDR)[4:])
        yield "webp_%x.webp" % value, "*", "A RIFF of %d bytes." % value, d.riff(d.VP8L, size=value)
    yield "jpeg_ffff.jpg", "*", "A segment beyond the end.", b"\xff\xd8\xff\xe1\xff\xff" + bytes(100)
    for value in (0xFF, 0xFFFFFFFFFFFFFFFF):
        yield "sp_%x/tokenizer.model" % value, "*", "A field of %d bytes." % value, b"\x0a" + d.varint(value) + b"abc"


def polyglots():
    text = b"# A model\n\nRead me.\n"
    pickled = c.EVIL0
    yield "zip_text.md", "*", "Text, then an archive.", text + GOOD_ZIP
    yield "zip_text_shifted.txt", "*", "Text, then an archive that counts it.", c.make_zip([c.member("a.npy", GOOD_NPY)], prefix=text)
    yield "zip_gguf.gguf", "*", "A GGUF header, then an archive.", b"GGUF\3\0\0\0" + bytes(16) + GOOD_PT
    yield "gguf_zip.pt", "*", "An archive, then a GGUF header.", GOOD_PT + b"GGUF\3\0\0\0" + bytes(16)
    yield "pickle_text.txt", "*", "A pickle of printable characters that calls.", pickled
    yield "pickle_text_after.md", "*", "A pickle of printable characters, then prose.", pickled + b"\n" + text
    yield "pickle_csv.csv", "*", "A pickle of printable characters named as a table.", b"(S'a,b'\n" + pickled[:-1] + b"0."
    yield "pickle_json.json", "*", "A pickle of printable characters named .json.", pickled
    yield "st_zip.safetensors", "*", "Tensors, then an archive.", GOOD_ST + GOOD_PT
    inside = c.make_zip([c.member("archive/data.pkl", c.EVIL)])
    header = b'{"a":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (len(inside), len(inside))
    yield "st_holds_zip.safetensors", "*", "An archive is the last tensor.", c.safetensors(header, inside)
    yield "npy_zip.npy", "*", "An array, then an archive.", GOOD_NPY + inside
    yield "npy_holds_zip.npy", "*", "An archive is the array's data.", c.npy("'|u1'", "(%d,)" % len(inside), inside)
    yield "png_zip.png", "*", "A picture, then an archive.", d.png(d.chunk(b"IHDR", d.IHDR), d.chunk(b"IDAT", d.IDAT), d.chunk(b"IEND")) + inside
    yield "gif_zip.gif", "*", "A picture with an archive in its comment.", \
        d.gif(b"\x21\xfe" + bytes([len(inside)]) + inside + b"\0" if len(inside) < 256 else b"", d.GIF_IMAGE, b"\x3b") + inside
    yield "two_streams.gz", "*", "An array and a pickle, each compressed, one after the other.", gzip.compress(GOOD_NPY) + gzip.compress(c.EVIL)
    yield "pickle_zip.pt", "*", "A pickle, then an archive.", c.GOOD + GOOD_PT
    yield "zip_pickle.pt", "*", "An archive, then a pickle.", GOOD_PT + c.EVIL


def bombs():
    """About ten gigabytes in ten kilobytes or little more."""
    mib = bytes(1 << 20)
    member = gzip.compress(mib, mtime=0)
    yield "gzip_gzip.gz", gzip.compress(member * 10240, mtime=0)
    yield "bzip2.bz2", bz2.compress(bytes(64 << 20)) * 160
    yield "zlib_gzip.zlib", zlib.compress(gzip.compress(mib, mtime=0) * 10240, 9)
    yield "xz_gzip.xz", lzma.compress(member * 10240)
    yield "lzma_gzip.lzma", lzma.compress(member * 10240, format=lzma.FORMAT_ALONE)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(mib) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = block * 10240 + b"\x03\x00"
    inner = c.make_zip([c.member("a.npy", b"", method=8, packed=packed, crc=0, size=min(10240 << 20, 0xFFFFFFFE))])
    yield "zip_zip.npz", c.make_zip([c.member("inner.npz", inner, method=8)])
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w", zipfile.ZIP_DEFLATED) as z:
        for i in range(64):
            z.writestr("%d.npy" % i, bytes(16 << 20))
    yield "zip_many.npz", many.getvalue()
    yield "tuples.pkl", b"\x80\x02)" + b"2\x86" * 4000 + b"."
    yield "brackets.json", b"[" * 10000


def small():
    yield "a.npy", GOOD_NPY
    yield "a.npz", GOOD_ZIP
    yield "deflate.npz", c.make_zip([c.member("a.npy", GOOD_NPY, method=8)])
    yield "a.pt", GOOD_PT
    yield "zip64.pt", c.make_zip(c.torch_members(c.torch_pickle()), zip64=True)
    yield "a.safetensors", GOOD_ST
    for p in range(6):
        yield "p%d.pkl" % p, pickle.dumps({"a": [1, 2.5, None, "text", b"bytes", (1, 2)], "b": {3: 10**30}}, p)
    yield "legacy.pt", pickle.dumps(0x1950a86a20f9469cfc6c, 2) + pickle.dumps(1001, 2) + pickle.dumps(
        {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}, 2) + \
        c.torch_pickle().replace(b"tq\x07Q", b"Ntq\x07Q") + pickle.dumps(["0"], 2) + struct.pack("<Q", 4) + c.FLOATS
    for name, pack in (("gz", lambda b: gzip.compress(b, mtime=0)), ("zlib", zlib.compress), ("bz2", bz2.compress), ("xz", lzma.compress),
                       ("lzma", c.lzma_alone), ("lz4", c.lz4_frame)):
        yield "a.pkl." + name, pack(c.GOOD)
    yield "a.png", d.png(d.chunk(b"IHDR", d.IHDR), d.chunk(b"IDAT", d.IDAT), d.chunk(b"IEND"))
    yield "a.jpg", d.jpeg(d.segment(0xE0, b"JFIF\0"), d.DQT, d.SOF, d.SOS, b"\x12\xff\x00\x34\xff\xd9")
    yield "a.gif", d.gif(b"\x21\xfe\2hi\0", d.GIF_IMAGE, b"\x3b")
    yield "a.webp", d.riff(d.VP8L)
    yield "a.json", b'{"a": [1, 2.5e3, "t\\u00e9xt", null, true], "b": {"c": {}}}'


def text_formats():
    """A cut text is still a text: these are damaged, but may pass."""
    for name, _, _, _, data in d.vocabularies():
        if name in ("sp/tokenizer.model", "bpe/merges.txt"):
            yield name.replace("/", "_") if name.endswith("txt") else "sp.model", data
    yield "a.csv", b"id,name\r\n1,\"a, b\"\r\n2,\"c \"\"d\"\"\"\r\n"
    yield "README.md", "# Modell\n\nEin Text \u2014 mit Zeichen.\n".encode()
    yield "a.yaml", b"a: 1\nb: [x, y]\nc:\n  d: 'text'\n"


def main():
    root = sys.argv[1]
    for folder in ("small", "text", "bombs"):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    for folder, files in (("small", small()), ("text", text_formats()), ("bombs", bombs())):
        for name, data in files:
            with open(os.path.join(root, folder, name), "wb") as f:
                f.write(data)
    made_samples.write(root, [(n, "fail", r, s, d) for part in (lengths, polyglots) for n, r, s, d in part()])


if __name__ == "__main__":
    main()
