#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes 7z archives, good and bad, into a directory.

gen_sevenzip.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is. Hand-made ones follow 7zFormat.txt; 7-Zip and py7zr write others
where they are installed.
"""
import io
import json
import lzma
import os
import pickle
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

COPY, LZMA1, LZMA2, X86, AES, ZSTD = b"\0", b"\3\1\1", b"\x21", b"\3\3\1\3", b"\6\xf1\7\1", b"\4\xf7\x11\1"


class Attack:
    def __reduce__(self):
        return os.system, ("echo 7z",)


EVIL = pickle.dumps(Attack(), 2)


def safetensors():
    head = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + struct.pack("<4f", 1, 2, 3, 4)


def npy():
    head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }"
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + struct.pack("<4f", 1, 2, 3, 4)


GOOD = [("model.safetensors", safetensors()), ("x/array.npy", npy()), ("config.json", b'{"hidden_size": 4}')]


def number(v):
    for extra in range(9):
        if v < 1 << (7 * extra + 7) or extra == 8:
            mark = 0xff << (8 - extra) & 0xff
            return bytes([mark | (v >> (8 * extra) if extra < 8 else 0)]) + (v & ((1 << (8 * extra)) - 1)).to_bytes(extra, "little")


def bits(flags):
    out = bytearray((len(flags) + 7) // 8)
    for i, flag in enumerate(flags):
        out[i // 8] |= bool(flag) << (7 - i % 8)
    return bytes(out)


def coder(method, properties=b""):
    flags = len(method) | (0x20 if properties else 0)
    return bytes([flags]) + method + (number(len(properties)) + properties if properties else b"")


def pack(content, method):
    """The packed bytes and the coder."""
    if method == LZMA2:
        return lzma.compress(content, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}]), coder(LZMA2, b"\x08")
    if method == LZMA1:
        whole = lzma.compress(content, lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}])
        return whole[13:], coder(LZMA1, whole[:5])
    return content, coder(method)


def streams(contents, method, position=0, solid=True, crc=True, folder=None, sizes=None):
    """Packed bytes and their description; contents lie in one folder, or in one each."""
    groups = [contents] if solid else [[c] for c in contents]
    packed = [pack(b"".join(g), method) for g in groups]
    h = b"\6" + number(position) + number(len(groups)) + b"\x09" + b"".join(number(len(p)) for p, _ in packed) + b"\0"
    h += b"\7\x0b" + number(len(groups)) + b"\0" + b"".join(folder or b"\1" + c for _, c in packed)
    h += b"\x0c" + b"".join(number(sum(map(len, g))) for g in groups) * (2 if folder and folder[0] == 2 else 1) + b"\0"
    h += b"\x08\x0d" + b"".join(number(len(g)) for g in groups)
    if solid and len(contents) > 1:
        h += b"\x09" + b"".join(number(n) for n in (sizes or [len(c) for c in contents[:-1]]))
    if crc:
        h += b"\x0a\1" + b"".join(struct.pack("<I", zlib.crc32(c) ^ (crc == "wrong")) for c in contents)
    return b"".join(p for p, _ in packed), h + b"\0\0"


def files(names, empty=(), empty_file=(), attributes=None, more=b""):
    h = b"\5" + number(len(names))
    if any(empty):
        data = bits(empty)
        h += b"\x0e" + number(len(data)) + data
        if any(empty_file):
            data = bits(empty_file)
            h += b"\x0f" + number(len(data)) + data
    data = b"\0" + b"".join((n if isinstance(n, bytes) else n.encode("utf-16-le", "surrogatepass")) + b"\0\0" for n in names)
    h += b"\x11" + number(len(data)) + data
    if attributes:
        data = b"\1\0" + b"".join(struct.pack("<I", a) for a in attributes)
        h += b"\x15" + number(len(data)) + data
    return h + more + b"\0"


def frame(packed, header, tail=b"", gap=b"", version=b"\0\4"):
    start = struct.pack("<QQI", len(packed) + len(gap), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c" + version + struct.pack("<I", zlib.crc32(start)) + start + packed + gap + header + tail


def archive(members=None, method=COPY, names=None, frame_args=None, files_args=None, packed_header=False, after=b"\0", **args):
    members = GOOD if members is None else members
    packed, description = streams([c for _, c in members], method, **args) if members else (b"", b"")
    header = b"\1" + (b"\4" + description if members else b"") + files(names or [n for n, _ in members], **(files_args or {})) + after
    if packed_header:
        more, description = streams([header], LZMA1, position=len(packed))
        packed, header = packed + more, b"\x17" + description
    return frame(packed, header, **(frame_args or {}))


def filtered():
    """x86 filter behind LZMA2, as py7zr writes it."""
    content = b"".join(c for _, c in GOOD)
    packed = lzma.compress(content, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}])
    _, h = streams([c for _, c in GOOD], COPY, folder=b"\2" + coder(X86) + coder(LZMA2, b"\x08") + b"\0\1")
    h = h.replace(number(1) + b"\x09" + number(len(content)), number(1) + b"\x09" + number(len(packed)), 1)
    return frame(packed, b"\1\4" + h + files([n for n, _ in GOOD]) + b"\0")


def by_hand():
    """name, verdict, rule, sentence, bytes"""
    bomb = lzma.compress(bytes(64 << 20), lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}])
    _, h = streams([bytes(64 << 20)], COPY, folder=b"\1" + coder(LZMA2, b"\x08"))
    h = h.replace(number(1) + b"\x09" + number(64 << 20), number(1) + b"\x09" + number(len(bomb)), 1)
    nested = archive([("inner.7z", archive([("a.pkl", EVIL)], LZMA2))], LZMA2)
    deep = archive([("x.json", b"{}")])
    for _ in range(10):
        deep = archive([("x.7z", deep)])
    yield "stored.7z", "pass", "-", "three members, stored", archive()
    yield "lzma.7z", "pass", "-", "LZMA", archive(method=LZMA1)
    yield "lzma2.7z", "pass", "-", "LZMA2", archive(method=LZMA2)
    yield "folders.7z", "pass", "-", "a folder for each member", archive(method=LZMA2, solid=False)
    yield "header.7z", "pass", "-", "a packed header", archive(method=LZMA2, packed_header=True)
    yield "filter.7z", "pass", "-", "the filter for x86", filtered()
    yield "nothing.7z", "pass", "-", "no member", frame(b"", b"")
    yield "folder.7z", "pass", "-", "a folder among the members", archive(names=["d"] + [n for n, _ in GOOD], files_args={"empty": [1, 0, 0, 0], "attributes": [0x10, 32, 32, 32]})
    yield "evil.7z", "fail", "pickle.call.denied", "a pickle that runs a command", archive([("data.pkl", EVIL)], LZMA2)
    yield "evil_last.7z", "fail", "pickle.call.denied", "as the last of a solid folder", archive(GOOD + [("README.md", EVIL)], LZMA2)
    yield "evil_header.7z", "fail", "pickle.call.denied", "with a packed header", archive([("data.pkl", EVIL)], packed_header=True)
    yield "nested.7z", "fail", "pickle.call.denied", "in an archive in an archive", nested
    yield "deep.7z", "fail", "limit.depth", "ten archives in each other", deep
    yield "bomb.7z", "fail", "limit.ratio", "64 MiB of zeros", frame(bomb, b"\1\4" + h + files(["zeros.bin"]) + b"\0")
    for name, bad in (("parent", "../a.json"), ("absolute", "/a.json"), ("drive", "c:a.json"), ("backslash", "a\\b.json"), ("dot", "./a.json"), ("empty", ""),
                      ("control", "a\n.json"), ("lone", b"\x00\xd8a\0"), ("long", "a" * 1025), ("inside", "a/../b.json")):
        yield "name_%s.7z" % name, "fail", "7z.name", "a name that leads out, or that readers take differently", archive([(bad, b"{}")])
    yield "same.7z", "fail", "7z.duplicate-name", "a name twice", archive([("a.json", b"{}"), ("a.json", b"[]")])
    yield "case.7z", "fail", "7z.case-fold", "names that differ only in case", archive([("a.json", b"{}"), ("A.json", b"[]")])
    yield "link.7z", "fail", "7z.special", "a symbolic link", archive([("a.json", b"/etc/passwd")], files_args={"attributes": [0x8000 | 0o120777 << 16]})
    yield "reparse.7z", "fail", "7z.special", "a link of Windows", archive([("a.json", b"{}")], files_args={"attributes": [0x420]})
    yield "device.7z", "fail", "7z.special", "a device", archive([("a.json", b"{}")], files_args={"attributes": [0x8000 | 0o020666 << 16]})
    yield "both.7z", "fail", "7z.special", "a folder with content", archive([("a.json", b"{}")], files_args={"attributes": [0x10]})
    yield "aes.7z", "fail", "7z.encrypted", "encrypted content", archive([("a.json", b"{}" * 8)], folder=b"\1" + coder(AES, b"\x13\0"))
    yield "zstd.7z", "fail", "7z.method", "a method of a plugin", archive([("a.json", b"{}")], folder=b"\1" + coder(ZSTD, b"\1\5\3\0\0"))
    yield "appended.7z", "fail", "7z.layout", "bytes behind the end", archive(frame_args={"tail": EVIL})
    yield "gap.7z", "fail", "7z.layout", "bytes before the header", archive(frame_args={"gap": EVIL})
    yield "shift.7z", "fail", "7z.layout", "content that begins later", archive(position=1)
    yield "after.7z", "fail", "7z.layout", "bytes behind the header's end", archive(after=b"\0\0")
    yield "padding.7z", "fail", "7z.layout", "bytes in the padding", archive(files_args={"more": b"\x19\4evil"})
    yield "padded.7z", "pass", "-", "padding of zeros", archive(files_args={"more": b"\x19\4\0\0\0\0"})
    yield "crc.7z", "fail", "7z.malformed", "a wrong checksum", archive(crc="wrong")
    yield "anti.7z", "fail", "7z.malformed", "a member that deletes", archive(names=["d"] + [n for n, _ in GOOD], files_args={"empty": [1, 0, 0, 0], "more": b"\x10\1\x80"})
    yield "twice.7z", "fail", "7z.malformed", "names twice", archive([("a.json", b"{}")], files_args={"more": b"\x11\x05\0b\0\0\0"})
    yield "nameless.7z", "fail", "7z.malformed", "too few names", archive(names=["a.json"])
    yield "larger.7z", "fail", "7z.malformed", "members larger than their folder", archive(sizes=[9, 1 << 63])
    yield "version.7z", "fail", "7z.malformed", "version 1", archive(frame_args={"version": b"\1\0"})
    yield "lie.7z", "fail", "7z.malformed", "a folder that is shorter than said", archive([("a.json", b"{}")], LZMA2).replace(b"\x0c\2\0", b"\x0c\3\0")


def polyglot():
    import zipfile
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("data.pkl", EVIL)
    return archive([("a.bin", out.getvalue())])


def by_7zip(folder):
    tool = next((t for t in ("7z", "7zz", "7zr", "7za") if shutil.which(t)), None)
    if not tool:
        return

    def made(*args):
        out = os.path.join(folder, "out.7z")
        if os.path.exists(out):
            os.unlink(out)
        subprocess.run([tool, "a", "-y", *args, out, "."], cwd=os.path.join(folder, "in"), stdout=subprocess.DEVNULL, check=True)
        with open(out, "rb") as f:
            return f.read()
    yield "real.7z", "pass", "-", "as 7-Zip writes it", made()
    for name, switches in (("copy", ["-mx0"]), ("lzma", ["-m0=LZMA"]), ("deflate", ["-m0=Deflate"]), ("bzip2", ["-m0=BZip2"]), ("loose", ["-ms=off"]), ("plain", ["-mhc=off"]),
                           ("delta", ["-m0=Delta:4", "-m1=LZMA2"]), ("x86", ["-m0=BCJ", "-m1=LZMA"]), ("best", ["-mx9", "-md=64m"])):
        yield "real_%s.7z" % name, "pass", "-", "as 7-Zip writes it with %s" % " ".join(switches), made(*switches)
    yield "real_ppmd.7z", "fail", "7z.method", "PPMd", made("-m0=PPMd")
    yield "real_encrypted.7z", "fail", "7z.encrypted", "encrypted by 7-Zip", made("-psecret")
    yield "real_hidden.7z", "fail", "7z.encrypted", "names encrypted too", made("-psecret", "-mhe=on")
    os.symlink("config.json", os.path.join(folder, "in", "link.json"))
    yield "real_link.7z", "fail", "7z.special", "a link by 7-Zip", made("-snl")
    os.unlink(os.path.join(folder, "in", "link.json"))
    with open(os.path.join(folder, "in", "data.pkl"), "wb") as f:
        f.write(EVIL)
    yield "real_evil.7z", "fail", "pickle.call.denied", "a pickle in what 7-Zip writes", made()
    os.unlink(os.path.join(folder, "in", "data.pkl"))


def by_py7zr(folder):
    try:
        import py7zr
    except ImportError:
        return
    for name, args in (("py7zr", {}), ("py7zr_encrypted", {"password": "secret"})):
        out = os.path.join(folder, name)
        with py7zr.SevenZipFile(out, "w", **args) as z:
            z.writeall(os.path.join(folder, "in"), "m")
        with open(out, "rb") as f:
            yield name + ".7z", "fail" if args else "pass", "7z.encrypted" if args else "-", "as py7zr writes it", f.read()


def main(out):
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    rows = [*by_hand(), ("zip.7z", "fail", "format.polyglot", "a zip at its end", polyglot())]
    whole = archive([("a.json", b'{"x": 1}')], LZMA2)
    rows += [("cut_%03d.7z" % n, "fail", "7z.truncated", "cut", whole[:n]) for n in range(6, len(whole))]
    with tempfile.TemporaryDirectory() as folder:
        for name, content in GOOD:
            os.makedirs(os.path.dirname(os.path.join(folder, "in", name)), exist_ok=True)
            with open(os.path.join(folder, "in", name), "wb") as f:
                f.write(content)
        rows += [*by_7zip(folder), *by_py7zr(folder)]
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as index:
        for name, verdict, rule, why, content in rows:
            with open(os.path.join(out, name), "wb") as f:
                f.write(content)
            index.write("\t".join((name, verdict, rule, why)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
