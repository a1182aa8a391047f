#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes texts, tables, images and vocabularies, good and bad, into a directory.

gen_data.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what is wrong with it. Needs only the standard library.
"""
import base64
import json
import os
import struct
import sys
import zlib

import made_samples


# ---- images ----

def chunk(kind, data=b"", crc=None):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) if crc is None else crc)


IHDR = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
IDAT = zlib.compress(b"\0\1\2\0\3\4")


def png(*chunks, tail=b""):
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + tail


def segment(marker, data=b""):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


SOF = segment(0xC0, struct.pack(">BHHB", 8, 4, 4, 1) + b"\1\x11\0")
SOS = segment(0xDA, b"\1\1\0\0\x3f\0")
DQT = segment(0xDB, bytes(65))


def jpeg(*parts):
    return b"\xff\xd8" + b"".join(parts)


GIF_IMAGE = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0"


def gif(*blocks, size=(1, 1)):
    return b"GIF89a" + struct.pack("<HHBBB", size[0], size[1], 0x80, 0, 0) + bytes(6) + b"".join(blocks)


def riff(*chunks, size=None):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def webp_chunk(kind, data, pad=b"\0"):
    return kind + struct.pack("<I", len(data)) + data + (pad if len(data) & 1 else b"")


VP8L = webp_chunk(b"VP8L", b"\x2f" + struct.pack("<I", 1 | 1 << 14) + b"\0\0")


def images():
    good = png(chunk(b"IHDR", IHDR), chunk(b"tEXt", b"k\0v"), chunk(b"IDAT", IDAT), chunk(b"IEND"))
    yield "good.png", "pass", "-", "A grey image with a note.", good
    yield "tail.png", "fail", "image.malformed", "A pickle behind IEND.", good + b"\x80\x02cposix\nsystem\n."
    yield "cut.png", "fail", "image.truncated", "The last chunk is cut off.", good[:-2]
    yield "crc.png", "fail", "image.malformed", "A wrong CRC.", png(chunk(b"IHDR", IHDR), chunk(b"IDAT", IDAT, 7), chunk(b"IEND"))
    yield "order.png", "fail", "image.malformed", "A note before the header.", png(chunk(b"tEXt", b"k\0v"), chunk(b"IHDR", IHDR), chunk(b"IDAT", IDAT), chunk(b"IEND"))
    yield "split.png", "fail", "image.malformed", "Image data in two places.", \
        png(chunk(b"IHDR", IHDR), chunk(b"IDAT", IDAT), chunk(b"tEXt", b"k\0v"), chunk(b"IDAT", IDAT), chunk(b"IEND"))
    yield "critical.png", "fail", "image.malformed", "An unknown critical chunk.", png(chunk(b"IHDR", IHDR), chunk(b"EVIL", b""), chunk(b"IDAT", IDAT), chunk(b"IEND"))
    yield "palette.png", "fail", "image.malformed", "A palette image without palette.", \
        png(chunk(b"IHDR", IHDR[:9] + b"\3\0\0\0"), chunk(b"IDAT", IDAT), chunk(b"IEND"))
    yield "bomb.png", "fail", "image.too-large", "Four thousand million pixels.", \
        png(chunk(b"IHDR", struct.pack(">II", 65536, 65536) + IHDR[8:]), chunk(b"IDAT", IDAT), chunk(b"IEND"))
    yield "zero.png", "fail", "image.malformed", "No width.", png(chunk(b"IHDR", bytes(4) + IHDR[4:]), chunk(b"IDAT", IDAT), chunk(b"IEND"))
    yield "undecodable.jpg", "fail", "image.malformed", "Markers in their places, and image data that no table decodes.", \
        jpeg(segment(0xE0, b"JFIF\0"), DQT, SOF, SOS, b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd9")
    yield "tail.jpg", "fail", "image.malformed", "A zip behind the end.", jpeg(DQT, SOF, SOS, b"\x12\xff\xd9PK\3\4")
    yield "noend.jpg", "fail", "image.truncated", "No end marker.", jpeg(DQT, SOF, SOS, b"\x12\x34")
    yield "noscan.jpg", "fail", "image.malformed", "No image data.", jpeg(DQT, SOF, b"\xff\xd9")
    yield "noframe.jpg", "fail", "image.malformed", "Image data before the frame.", jpeg(DQT, SOS, b"\x12\xff\xd9")
    yield "long.jpg", "fail", "image.truncated", "A segment that reaches beyond the end.", jpeg(b"\xff\xe1\xff\xff")
    yield "good.gif", "pass", "-", "One pixel, a comment.", gif(b"\x21\xfe\2hi\0", GIF_IMAGE, b"\x3b")
    yield "tail.gif", "fail", "image.malformed", "Bytes behind the trailer.", gif(GIF_IMAGE, b"\x3b", b"x")
    yield "block.gif", "fail", "image.malformed", "An unknown block.", gif(GIF_IMAGE, b"\x99\x3b")
    yield "none.gif", "fail", "image.malformed", "No image.", gif(b"\x3b")
    yield "cut.gif", "fail", "image.truncated", "No trailer.", gif(GIF_IMAGE)
    yield "good.webp", "pass", "-", "A lossless image.", riff(VP8L)
    yield "size.webp", "fail", "image.malformed", "Bytes behind the RIFF.", riff(VP8L) + b"xx"
    yield "pad.webp", "fail", "image.malformed", "Padding with a message.", riff(webp_chunk(b"VP8L", b"\x2f" + struct.pack("<I", 1 | 1 << 14), b"!"))
    yield "chunk.webp", "fail", "image.malformed", "An unknown chunk.", riff(VP8L, webp_chunk(b"EVIL", b"xx"))


# ---- SentencePiece ----

def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def number(n, value):
    return varint(n << 3) + varint(value)


def piece(text, kind=1):
    return field(1, field(1, text.encode()) + varint(2 << 3 | 5) + struct.pack("<f", -1.5) + number(3, kind))


def vocabularies():
    pieces = piece("<unk>", 2) + piece("\u2581the") + piece("a")
    trainer = field(2, field(2, b"prefix") + number(3, 2) + number(4, 3) + varint(10 << 3 | 5) + struct.pack("<f", 0.9995) + number(40, 0))
    normal = field(3, field(1, b"nmt_nfkc") + field(2, bytes(range(256))) + number(3, 1))
    yield "sp/tokenizer.model", "pass", "-", "A SentencePiece model.", pieces + trainer + normal
    yield "sp_tail/tokenizer.model", "fail", "sentencepiece.malformed", "Bytes behind the fields.", pieces + trainer + b"\x78\x01"
    yield "sp_field/tokenizer.model", "fail", "sentencepiece.malformed", "A field that no model has.", pieces + field(9, b"x")
    yield "sp_wire/tokenizer.model", "fail", "sentencepiece.malformed", "A known field in another form.", pieces + number(2, 7)
    yield "sp_text/tokenizer.model", "fail", "sentencepiece.malformed", "A piece that is not UTF-8.", pieces + field(1, field(1, b"\xff"))
    yield "sp_cut/tokenizer.model", "fail", "format.truncated", "The last field is cut off.", (pieces + trainer)[:-3]
    ranks = b"".join(b"%s %d\n" % (base64.b64encode(bytes([i])), i) for i in range(256))
    yield "ranks.tiktoken", "pass", "-", "The 256 bytes as ranks.", ranks
    yield "llama3/tokenizer.model", "pass", "-", "Ranks under another name.", ranks
    yield "gap.tiktoken", "fail", "tiktoken.malformed", "A line that is no rank.", ranks + b"import os\n"
    yield "bpe/merges.txt", "pass", "-", "Merges.", "#version: 0.2\n\u0120 t\nh e\n".encode()
    yield "bad/merges.txt", "fail", "bpe.malformed", "Three tokens in a line.", b"a b\na b c\n"


# ---- text, tables, configurations ----

def texts():
    yield "README.md", "pass", "-", "Prose.", "# Modell\n\nEin Text \u2014 mit Zeichen.\n".encode()
    yield "latin.txt", "fail", "format.unknown", "Latin-1.", "Gr\u00fc\u00dfe".encode("latin-1")
    yield "late.txt", "fail", "format.malformed", "A NUL far behind.", b"a\n" * 5000 + b"\0"
    yield "config/config.json", "pass", "-", "A configuration.", json.dumps({"model_type": "bert", "hidden_size": 768}).encode()
    yield "auto/config.json", "fail", "config.auto-map", "Code by auto_map.", json.dumps({"auto_map": {"AutoModel": "m.M"}}).encode()
    yield "remote/config.json", "fail", "config.trust-remote-code", "Remote code.", b'{"trust_remote_code": true}'
    yield "ssti/tokenizer_config.json", "fail", "template.dangerous", "A template that leaves its sandbox.", \
        json.dumps({"chat_template": "{{ cycler.__init__.__globals__.os.popen('true') }}"}).encode()
    yield "twice/config.json", "fail", "format.malformed", "A key twice.", b'{"a": 1, "a": 2}'
    yield "deep.json", "inconclusive", "limit.exceeded", "A hundred thousand brackets.", b"[" * 100000
    yield "recipe.yaml", "fail", "recipe.code-reference", "A tag that builds objects.", b"a: !!python/object/apply:os.system ['true']\n"
    yield "train.py", "fail", "code.not-built", "Source code.", b"import os\n"
    yield "table.csv", "pass", "-", "A table.", b"id,name\r\n1,\"a, b\"\r\n2,\"c \"\"d\"\"\"\r\n"
    yield "table.tsv", "pass", "-", "A table with tabs.", b"id\tname\n1\ta\n"
    yield "ragged.csv", "fail", "csv.ragged", "A row with a column more.", b"a,b\n1,2\n1,2,3\n"
    yield "quote.csv", "fail", "csv.quote", "A quote inside a field.", b"a,b\n1\",2\n"
    yield "index.csv", "fail", "csv.header", "A row index without a name.", b",a\n0,1\n"
    yield "ends.csv", "fail", "csv.line-end", "Mixed line ends.", b"a,b\r\n1,2\n"
    yield "semicolon.csv", "fail", "csv.delimiter", "Two delimiters in the header.", b"a;b,c\n1;2\n"
    yield "formula_free.csv", "fail", "csv.encoding", "An escape sequence in a cell.", b"a,b\n" + b"1,2\n" * 200 + b"1,\x1b[2J\n"


def refused():
    magics = {"lib.so": b"\x7fELF\2\1\1" + bytes(9), "app.exe": b"MZ\x90\0\3\0\0\0", "doc.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "run.sh.txt": b"#!/bin/sh\nid\n",
              "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.rar": b"Rar!\x1a\x07\x01\0",
              "m.ggml": b"lmgg\3\0\0\0",
              "t.orc": b"ORC\x0a\x03\0\0\0", "t.avro": b"Obj\1\2\x16avro.schema", "t.lance": bytes(8) + b"LANC",
              "_delta_log/00000000000000000000.json": b'{"protocol": {"minReaderVersion": 1}}\n{"add": {"path": "a.parquet"}}\n',
              "a.wasm": b"\0asm\1\0\0\0"}
    for name, data in magics.items():
        yield name, "fail", "format.unsupported", "Recognised and refused: %s." % name, data


if __name__ == "__main__":
    made_samples.write(sys.argv[1], [row for part in (images, vocabularies, texts, refused) for row in part()])
