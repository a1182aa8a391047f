#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes recordings and videos, good and bad, into a directory.

gen_media.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is. All are written by RFC 9639 (FLAC), RFC 3533 (Ogg), ISO 11172-3
and ID3 2.3 (MP3) and ISO 14496-12 (MP4).
"""
import os
import struct
import sys

be16, be32 = (lambda v: struct.pack(">H", v)), (lambda v: struct.pack(">I", v))


def crc(data, bits, poly):
    v, top, mask = 0, 1 << (bits - 1), (1 << bits) - 1
    for b in data:
        v ^= b << (bits - 8)
        for _ in range(8):
            v = (v << 1 ^ poly if v & top else v << 1) & mask
    return v.to_bytes(bits // 8, "big")


# ---- FLAC ----

def info(total, block=192):
    return be16(block) * 2 + bytes(6) + (8000 << 44 | 15 << 36 | total).to_bytes(8, "big") + bytes(16)


def block(kind, data, last=False):
    return bytes([kind | 128 * last]) + len(data).to_bytes(3, "big") + data


def frame(number, value=0):
    """192 samples of 16 bits, one channel, one value."""
    head = b"\xff\xf8\x14\x08" + (bytes([number]) if number < 128 else bytes([0xc0 | number >> 6, 0x80 | number & 63]))
    body = head + crc(head, 8, 7) + b"\0" + struct.pack(">h", value)
    return body + crc(body, 16, 0x8005)


def flac(total, *frames, blocks=None):
    return b"fLaC" + (blocks or block(0, info(total), True)) + b"".join(frames)


def flacs():
    yield "a.flac", "pass", "-", "two frames", flac(384, frame(0), frame(1, 5))
    yield "many.flac", "pass", "-", "200 frames, whose numbers have two bytes", flac(0, *[frame(i, i) for i in range(200)])
    text = block(4, struct.pack("<I", 1) + b"x" + bytes(4))
    yield "tags.flac", "pass", "-", "with padding, a seek table and comments", \
        flac(0, frame(0), blocks=block(0, info(192)) + block(1, bytes(9)) + block(3, bytes(18)) + block(4, text, True))
    yield "picture.flac", "fail", "audio.malformed", "a picture", flac(0, frame(0), blocks=block(0, info(192)) + block(6, b"x", True))
    yield "program.flac", "fail", "audio.malformed", "data of a program", flac(0, frame(0), blocks=block(0, info(192)) + block(2, b"x", True))
    yield "hidden.flac", "fail", "audio.malformed", "something in the padding", flac(0, frame(0), blocks=block(0, info(192)) + block(1, b"\0x", True))
    yield "late.flac", "fail", "audio.malformed", "STREAMINFO is not the first", flac(0, frame(0), blocks=block(1, b"") + block(0, info(192), True))
    yield "twice.flac", "fail", "audio.malformed", "STREAMINFO twice", flac(0, frame(0), blocks=block(0, info(192)) + block(0, info(192), True))
    yield "order.flac", "fail", "*", "frames out of order", flac(384, frame(1), frame(0))
    yield "crc8.flac", "fail", "audio.malformed", "a header with a wrong checksum", flac(192, frame(0)[:5] + b"\1" + frame(0)[6:])
    yield "crc16.flac", "fail", "audio.truncated", "a frame with a wrong checksum", flac(192, frame(0)[:-1] + b"\0")
    yield "more.flac", "fail", "audio.truncated", "bytes after the last frame", flac(192, frame(0), b"PK\3\4")
    yield "less.flac", "fail", "audio.truncated", "a frame is missing", flac(384, frame(0))
    yield "surplus.flac", "fail", "audio.malformed", "a frame too many", flac(192, frame(0), frame(1))
    yield "long.flac", "fail", "audio.truncated", "a block beyond the end", b"fLaC" + block(0, info(0)) + b"\x83\xff\xff\xf6"


# ---- Ogg ----

def page(number, flags, *packets, serial=7, open_end=False):
    table = b""
    for i, p in enumerate(packets):
        n = len(p)
        table += b"\xff" * (n // 255) + (b"" if open_end and i == len(packets) - 1 else bytes([n % 255]))
    head = b"OggS\0" + bytes([flags]) + bytes(8) + struct.pack("<II", serial, number)
    tail = bytes([len(table)]) + table + b"".join(packets)
    return head + crc(head + bytes(4) + tail, 32, 0x04c11db7)[::-1] + tail


OPUS = b"OpusHead\1\1\0\0\x40\x1f\0\0\0\0\0"


def oggs():
    good = page(0, 2, OPUS) + page(1, 0, b"OpusTags" + bytes(8)) + page(2, 4, b"abc", b"de")
    yield "a.opus", "pass", "-", "Opus", good
    yield "a.ogg", "pass", "-", "Vorbis", page(0, 2, b"\1vorbis" + bytes(23)) + page(1, 4, b"\3vorbis")
    yield "flac.oga", "pass", "-", "FLAC", page(0, 2, b"\x7fFLAC\1\0") + page(1, 4, b"x")
    yield "long.ogg", "pass", "-", "a packet over two pages", page(0, 2, OPUS) + page(1, 0, bytes(510), open_end=True) + page(2, 5, b"x")
    yield "video.ogv", "fail", "format.unsupported", "Theora", page(0, 2, b"\x80theora") + page(1, 4, b"x")
    yield "crc.ogg", "fail", "audio.malformed", "a wrong checksum", good[:-1] + b"x"
    yield "gap.ogg", "fail", "audio.malformed", "a page is missing", page(0, 2, OPUS) + page(2, 4, b"x")
    yield "two.ogg", "fail", "audio.malformed", "two streams in turn", page(0, 2, OPUS) + page(0, 2, OPUS, serial=8) + page(1, 4, b"x")
    yield "chain.ogg", "fail", "audio.malformed", "two streams in a chain", good + good
    yield "open.ogg", "fail", "audio.malformed", "a packet that does not go on", page(0, 2, OPUS) + page(1, 0, bytes(255), open_end=True) + page(2, 4, b"x")
    yield "end.ogg", "fail", "audio.truncated", "no last page", page(0, 2, OPUS) + page(1, 0, b"x")
    yield "more.ogg", "fail", "*", "bytes after the last page", good + b"MZ" * 20
    yield "cut.ogg", "fail", "audio.truncated", "the last page is cut", good[:-1]


# ---- MP3 ----

MPEG = b"\xff\xfb\x10\0" + bytes(100)      # 32 kbit/s, 44.1 kHz: 104 bytes


def id3(*entries, padding=0, version=3):
    body = b"".join(i + be32(len(d)) + bytes(2) + d for i, d in entries) + bytes(padding)
    return b"ID3" + bytes([version, 0, 0]) + bytes(len(body) >> s & 127 for s in (21, 14, 7, 0)) + body


def mp3s():
    title = (b"TIT2", b"\0hello")
    yield "a.mp3", "pass", "-", "two frames", MPEG * 2
    yield "tags.mp3", "pass", "-", "tags before and after", id3(title, padding=20) + MPEG * 3 + b"TAG" + bytes(125)
    yield "padded.mp3", "pass", "-", "frames of two lengths", MPEG + b"\xff\xfb\x12\0" + bytes(101) + MPEG
    yield "slow.mp3", "pass", "-", "MPEG 2.5 at 8 kHz", (b"\xff\xe3\x18\0" + bytes(68)) * 3
    yield "picture.mp3", "fail", "audio.malformed", "a picture", id3((b"APIC", b"x")) + MPEG
    yield "object.mp3", "fail", "audio.malformed", "an attached file", id3(title, (b"GEOB", b"\0\0a.exe\0\0MZ")) + MPEG
    yield "private.mp3", "fail", "audio.malformed", "private data", id3((b"PRIV", b"x")) + MPEG
    yield "hidden.mp3", "fail", "audio.malformed", "something in the padding", id3(title, padding=20)[:-1] + b"x" + MPEG
    yield "long.mp3", "fail", "audio.truncated", "a tag beyond the end", b"ID3\3\0\0\0\x3f\x7f\x7f" + MPEG
    yield "large.mp3", "fail", "audio.malformed", "a tag of 256 MiB", b"ID3\3\0\0\x7f\x7f\x7f\x7f" + MPEG
    yield "entry.mp3", "fail", "audio.malformed", "an entry beyond its tag", b"ID3\3\0\0\0\0\0\x0bTIT2\0\0\0\2\0\0x" + MPEG
    yield "more.mp3", "fail", "audio.malformed", "a program after the frames", MPEG * 2 + b"MZ\x90\0" + bytes(60)
    yield "ape.mp3", "fail", "audio.malformed", "another tag at the end", MPEG * 2 + b"APETAGEX" + bytes(24)
    yield "mixed.mp3", "fail", "audio.malformed", "frames of two kinds", MPEG * 2 + b"\xff\xe3\x18\0" + bytes(68)
    yield "cut.mp3", "fail", "audio.truncated", "the last frame is cut", (MPEG * 3)[:-1]
    yield "empty.mp3", "fail", "audio.truncated", "a tag alone", id3(title)


# ---- MP4 ----

def box(kind, *inside):
    data = b"".join(inside)
    return be32(len(data) + 8) + kind + data


FTYP = box(b"ftyp", b"isom" + be32(512) + b"isommp41")
URL = b"\0\0\0\x0curl \0\0\0\1"


def movie(codec=b"avc1", url=URL, extra=b"", around=lambda b: b):
    stbl = box(b"stbl", box(b"stsd", bytes(4), be32(1), box(codec, bytes(78))), box(b"stts", bytes(8)), box(b"stsc", bytes(8)),
               box(b"stsz", bytes(12)), box(b"stco", bytes(8)), extra)
    minf = box(b"minf", box(b"vmhd", bytes(12)), box(b"dinf", box(b"dref", bytes(4), be32(1), url)), stbl)
    return box(b"moov", box(b"mvhd", bytes(100)), around(box(b"trak", box(b"tkhd", bytes(84)), box(b"mdia", box(b"mdhd", bytes(24)), box(b"hdlr", bytes(25)), minf))))


def nested(n):
    b = b""
    for _ in range(n):
        b = box(b"trak", b)
    return b


def mp4s():
    data = box(b"mdat", b"samples")
    yield "a.mp4", "pass", "-", "a movie", FTYP + movie() + data
    yield "a.mov", "pass", "-", "QuickTime", box(b"ftyp", b"qt  " + be32(512) + b"qt  ") + box(b"wide") + data + movie(url=URL.replace(b"url ", b"alis"))
    yield "rest.mp4", "pass", "-", "samples to the end", FTYP + movie() + be32(0) + b"mdatsamples"
    yield "large.mp4", "pass", "-", "a length of 64 bits", FTYP + be32(1) + b"mdat" + struct.pack(">Q", 19) + b"abc" + movie()
    yield "parts.mp4", "pass", "-", "a movie in fragments", FTYP + movie() + box(b"moof", box(b"mfhd", bytes(8)), box(b"traf", box(b"tfhd", bytes(8)))) + data
    yield "url.mp4", "fail", "video.external", "samples at an address", FTYP + movie(url=box(b"url ", bytes(4), b"http://x/\0")) + data
    yield "file.mp4", "fail", "video.external", "samples in a file", FTYP + movie(url=box(b"url ", bytes(4), b"file:///etc/passwd\0")) + data
    yield "codec.mp4", "fail", "video.malformed", "an unknown codec", FTYP + movie(b"evil") + data
    yield "drm.mp4", "fail", "video.malformed", "encrypted samples", FTYP + movie(b"encv") + data
    yield "box.mp4", "fail", "video.malformed", "an unknown box", FTYP + movie() + box(b"uuid", bytes(16), b"MZ")
    yield "inner.mp4", "fail", "video.malformed", "an unknown box inside", FTYP + movie(extra=box(b"evil")) + data
    yield "misplaced.mp4", "fail", "video.malformed", "samples inside a table", FTYP + movie(extra=data) + data
    yield "deep.mp4", "fail", "video.malformed", "boxes in each other beyond the limit", FTYP + movie(around=lambda b: nested(20)) + data
    yield "over.mp4", "fail", "video.malformed", "a box beyond the one around it", FTYP + movie(extra=be32(9) + b"stss") + data
    yield "short.mp4", "fail", "video.malformed", "a box shorter than its head", FTYP + be32(7) + b"free" + movie()
    yield "huge.mp4", "fail", "video.truncated", "a box of 2^64 - 1 bytes", FTYP + movie() + be32(1) + b"mdat" + b"\xff" * 8
    yield "more.mp4", "fail", "video.malformed", "bytes after the last box", FTYP + movie() + data + b"MZ"
    yield "twice.mp4", "fail", "video.malformed", "two movies", FTYP + movie() * 2 + data
    yield "none.mp4", "fail", "video.truncated", "no movie", FTYP + data
    yield "cut.mp4", "fail", "video.truncated", "the last box is cut", (FTYP + movie() + data)[:-1]
    yield "image.avif", "fail", "format.unsupported", "an AVIF image", box(b"ftyp", b"avif" + bytes(4) + b"avif") + box(b"meta", bytes(4))


def main(out):
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as index:
        for name, verdict, rule, why, content in (*flacs(), *oggs(), *mp3s(), *mp4s()):
            with open(os.path.join(out, name), "wb") as f:
                f.write(content)
            index.write("\t".join((name, verdict, rule, why)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
