#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes containers that attack readers, and good ones, into a directory.

gen_containers.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what is wrong with it. Needs only the standard library. Payloads are pickles
that would call posix.system("true"); nothing here loads them.
"""
import bz2
import gzip
import io
import lzma
import pickle
import struct
import sys
import tarfile
import zipfile
import zlib

import made_samples

EVIL = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R."
EVIL0 = b"cposix\nsystem\n(S'true'\ntR."
GOOD = pickle.dumps({"a": [1, 2, 3], "b": "text"}, 2)
FLOATS = struct.pack("<4f", 1, 2, 3, 4)


def torch_pickle(key="0", numel=4):
    """state_dict {'w': FloatTensor(4)} as torch.save writes it."""
    return (b"\x80\x02}q\x00X\x01\x00\x00\x00wq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02((X\x07\x00\x00\x00storageq\x03ctorch\nFloatStorage\n"
            b"q\x04X" + struct.pack("<I", len(key)) + key.encode() + b"q\x05X\x03\x00\x00\x00cpuq\x06K" + bytes([numel]) +
            b"tq\x07QK\x00K\x04\x85q\x08K\x01\x85q\x09\x89ccollections\nOrderedDict\nq\x0a)Rq\x0btq\x0cRq\x0ds.")


def member(name, data, **kw):
    return dict(name=name, data=data, **kw)


def make_zip(members, prefix=b"", suffix=b"", comment=b"", gap=b"", shift=0, directory_junk=b"", directory_tail=b"", zip64=False):
    """A zip byte by byte. A member may override: lname, method, packed, flags, lflags, crc, size, lsize, attr, extra, lextra, descriptor."""
    out = bytearray(prefix)
    central = bytearray()
    for m in members:
        name = m["name"].encode() if isinstance(m["name"], str) else m["name"]
        lname = m.get("lname", name)
        lname = lname.encode() if isinstance(lname, str) else lname
        data = m["data"]
        method = m.get("method", 0)
        packed = m.get("packed", data)
        if method == 8 and "packed" not in m:
            c = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = c.compress(data) + c.flush()
        crc = m.get("crc", zlib.crc32(data))
        size = m.get("size", len(data))
        flags = m.get("flags", 0)
        descriptor = m.get("descriptor", False)
        if descriptor:
            flags |= 8
        off = len(out) + shift
        lsize = m.get("lsize", size)
        lcrc, lpacked, lplain = (0, 0, 0) if descriptor else (crc, len(packed), lsize)
        lextra = m.get("lextra", b"")
        out += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, m.get("lflags", flags), m.get("lmethod", method), 0, 0x21, lcrc, lpacked, lplain,
                           len(lname), len(lextra)) + lname + lextra + packed
        if descriptor:
            out += struct.pack("<IIII", 0x08074B50, crc, len(packed), size)
        out += gap
        extra = m.get("extra", b"")
        central += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0x0314, 20, flags, method, 0, 0x21, crc, len(packed), size, len(name),
                               len(extra), 0, 0, 0, m.get("attr", 0), m.get("off", off)) + name + extra
    start = len(out) + shift
    central += directory_tail
    out += central + directory_junk
    count = len(members)
    if zip64:
        pos = len(out) + shift
        out += struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, len(central), start)
        out += struct.pack("<IIQI", 0x07064B50, 0, pos, 1)
    out += struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(central), start, len(comment)) + comment
    return bytes(out + suffix)


def torch_members(pkl, name="archive", **kw):
    return [member(name + "/data.pkl", pkl, flags=0x800, descriptor=True, lextra=b"FB\x05\x00ZZZZZ", **kw),
            member(name + "/byteorder", b"little", flags=0x800, descriptor=True),
            member(name + "/data/0", FLOATS, flags=0x800, descriptor=True),
            member(name + "/version", b"3\n", flags=0x800, descriptor=True)]


def npy(descr, shape, data, version=1, header=None):
    text = header or "{'descr': %s, 'fortran_order': False, 'shape': %s, }" % (descr, shape)
    width = "<H" if version == 1 else "<I"
    pad = -(6 + 2 + struct.calcsize(width) + len(text) + 1) % 64
    text = text.encode() + b" " * pad + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(width, len(text)) + text + data


def safetensors(header, data):
    return struct.pack("<Q", len(header)) + header + data


def lzma_alone(data):
    return lzma.compress(data, format=lzma.FORMAT_ALONE)


def lz4_frame(data):
    """Stored blocks, no checksums but the header's (xxh32 of the two descriptor bytes is a constant)."""
    assert len(data) < 65536
    return b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<I", 0x80000000 | len(data)) + data + struct.pack("<I", 0)


def zeros_gzip(megabytes):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as f:
        for _ in range(megabytes):
            f.write(bytes(1 << 20))
    return out.getvalue()


def tar_legacy():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, data in (("sys_info", GOOD), ("pickle", EVIL), ("tensors", b""), ("storages", b"")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def unicode_path(name):
    body = b"\x01" + struct.pack("<I", zlib.crc32(b"archive/data.pal")) + name
    return struct.pack("<HH", 0x7075, len(body)) + body


def flip_crc(data):
    return zlib.crc32(data) ^ 1


def attack_zips():
    evil, good = torch_members(EVIL), torch_members(torch_pickle())
    yield "t05_local_name.pt", "zip.local-differs", "The local header names data.pkl, the directory data.pal: PyTorch runs what the directory hides.", \
        make_zip([member("archive/data.pal", EVIL, lname="archive/data.pkl")] + good[1:])
    for bit in (0x1, 0x20, 0x40):
        yield "p15_flag_%x.pt" % bit, "zip.encrypted" if bit == 1 else "zip.flags", \
            "Flag 0x%x is set on plain data: readers that believe it skip the member, loaders read it." % bit, \
            make_zip([member("archive/data.pkl", EVIL, flags=bit)])
    yield "p16_bad_crc.pt", "zip.crc", "The CRC of data.pkl is wrong: zipfile refuses it, PyTorch loads it.", \
        make_zip([member("archive/data.pkl", EVIL, crc=flip_crc(EVIL))] + good[1:])
    yield "p16_bad_crc_deflate.zip", "zip.crc", "The CRC of a deflated member is wrong.", \
        make_zip([member("a.npy", npy("'<f4'", "(4,)", FLOATS), method=8, crc=1)])
    yield "p09_duplicate.pt", "zip.duplicate-name", "data.pkl is there twice, evil first: PyTorch takes the first, zipfile the last.", \
        make_zip([evil[0]] + good)
    yield "p11_case_fold.pt", "zip.case-fold", "DATA.PKL is evil and data.pkl is good: PyTorch loads the upper-case one.", \
        make_zip([member("archive/DATA.PKL", EVIL)] + good)
    yield "p11_upper_only.pt", "torch.layout", "The only pickle is DATA.PKL, which PyTorch loads as data.pkl.", \
        make_zip([member("archive/DATA.PKL", EVIL)] + good[1:])
    first, second = make_zip(evil), make_zip(good)
    yield "p13_two_zips.pt", "zip.layout", "Two archives one after the other, each with an end record.", first + second
    yield "p13_two_ends.zip", "zip.layout", "A second end record follows the first.", make_zip(good, suffix=make_zip([]))
    yield "p13_trailing.zip", "zip.layout", "Bytes follow the end record.", make_zip(good, suffix=b"x")
    yield "p13_comment.zip", "zip.layout", "The archive has a comment, in which a second end record could hide.", make_zip(good, comment=b"hello")
    yield "p12_prefix.pt", "zip.layout", "Junk precedes the archive, with offsets that do not count it.", b"junk" + make_zip(evil)
    yield "p12_prefix_shifted.pt", "zip.layout", "Junk precedes the archive, with offsets that count it.", make_zip(evil, prefix=b"junk")
    yield "p12_llamafile.bin", "zip.layout", "A program is followed by an archive.", b"\x7fELF" + bytes(60) + make_zip(evil, shift=64)
    yield "gap.zip", "zip.layout", "Bytes between members belong to none.", make_zip([member("a.npy", npy("'<f4'", "(4,)", FLOATS))], gap=b"junk")
    yield "directory_gap.zip", "zip.layout", "Bytes lie between the directory and the end record.", make_zip(good, directory_junk=EVIL)
    yield "directory_tail.zip", "zip.layout", "The directory has bytes after its last record.", make_zip(good, directory_tail=EVIL)
    yield "stored_sizes.zip", "zip.malformed", "A stored member has two sizes.", \
        make_zip([member("a.npy", npy("'<f4'", "(4,)", FLOATS), size=100)])
    overlap = member("b.npy", npy("'<f4'", "(4,)", FLOATS), off=0)
    yield "overlap.zip", "zip.layout", "Two directory records share one local header.", \
        make_zip([member("a.npy", npy("'<f4'", "(4,)", FLOATS)), overlap])
    yield "local_size.zip", "zip.local-differs", "The local header has another size than the directory.", \
        make_zip([member("a.npy", npy("'<f4'", "(4,)", FLOATS), lsize=3)])
    yield "local_method.zip", "zip.local-differs", "The local header says deflate, the directory stored.", \
        make_zip([member("a.npy", npy("'<f4'", "(4,)", FLOATS), lmethod=8)])
    yield "local_flags.zip", "zip.local-differs", "The local header has other flags than the directory.", \
        make_zip([member("a.npy", npy("'<f4'", "(4,)", FLOATS), lflags=0x800)])
    yield "unicode_path.zip", "zip.malformed", "An extra field gives the member a second name.", \
        make_zip([member("archive/data.pal", EVIL, extra=unicode_path(b"archive/data.pkl"))])
    yield "zip64_liar.zip", "zip.zip64", "A 64-bit extra field stands beside fields that are not all ones.", \
        make_zip([member("a.npy", npy("'<f4'", "(4,)", FLOATS), extra=struct.pack("<HHQ", 1, 8, 5))])
    for i, name in enumerate(("../evil", "/etc/passwd", "a/../../b", "a\\b", "C:evil", "a//b", "./a", "a\nb", b"a\0b", "", "a/..")):
        yield "p17_slip_%d.zip" % i, "zip.name", "The member name %r leaves the archive or is read in several ways." % name, \
            make_zip([member(name, GOOD)])
    yield "latin1_name.zip", "zip.name", "A name that is not ASCII is not marked as UTF-8.", make_zip([member(b"\xe9", GOOD)])
    yield "symlink.zip", "zip.special", "A member is a symbolic link.", make_zip([member("a", b"/etc/passwd", attr=0o120777 << 16)])
    yield "device.zip", "zip.special", "A member is a device.", make_zip([member("a", b"", attr=0o020666 << 16)])
    yield "directory_data.zip", "zip.special", "A directory has content.", make_zip([member("a/", EVIL)])
    yield "p14_notes.zip", "pickle.call.denied", "A protocol 0 pickle hides as notes.txt.", make_zip([member("notes.txt", EVIL0)])
    yield "p08_nested.zip", "pickle.call.denied", "An evil archive lies in an archive.", make_zip([member("inner.zip", make_zip(evil))])
    nested = EVIL
    for _ in range(12):
        nested = make_zip([member("x", nested)])
    yield "deep.zip", "limit.depth", "Twelve archives in each other.", nested
    zeros = bytes(40 << 20)
    yield "bomb.npz", "limit.ratio", "Forty megabytes of zeros in forty kilobytes.", make_zip([member("a.npy", zeros, method=8)])
    yield "bomb_liar.npz", "zip.malformed", "A deflated member expands to more than both headers say.", \
        make_zip([member("a.npy", npy("'<f4'", "(4,)", FLOATS), method=8, size=100)])
    yield "method_lzma.zip", "format.unsupported", "A member is compressed by a method that is not judged.", \
        make_zip([member("a.npy", GOOD, method=14, packed=GOOD)])
    yield "truncated.pt", "zip.truncated", "The last 100 bytes are missing.", make_zip(good)[:-100]
    yield "torchscript.pt", "torch.torchscript", "The archive holds TorchScript.", \
        make_zip(good + [member("archive/code/__torch__.py", b"import os\n"), member("archive/constants.pkl", b"\x80\x02).")])
    yield "two_folders.pt", "torch.layout", "The archive has two folders: the loader takes that of the first member.", \
        make_zip(torch_members(EVIL, "b") + torch_members(torch_pickle(), "archive"))
    yield "evil.pt", "pickle.call.denied", "What torch.save writes, with a pickle that calls posix.system.", make_zip(evil)
    yield "long_version.pt", "torch.layout", "A pickle lies where the version should be.", \
        make_zip(torch_members(torch_pickle())[:3] + [member("archive/version", EVIL)])
    yield "extra_member.pt", "pickle.call.denied", "A raw pickle lies beside the members that torch.save writes.", make_zip(good + [member("archive/extra", EVIL)])
    yield "missing_storage.pt", "*", "The pickle names a storage that is not in the archive.", make_zip(torch_members(torch_pickle("7")))
    yield "short_storage.pt", "*", "The pickle asks for more elements than the storage has.", make_zip(torch_members(torch_pickle("0", 200)))


def zstd_frame(data, run=False):
    """One frame of raw blocks, or of runs of the first byte."""
    out = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data))
    for i in range(0, len(data), 1 << 17):
        part = data[i:i + (1 << 17)]
        last = i + len(part) == len(data)
        out += struct.pack("<I", last | run << 1 | len(part) << 3)[:3] + (part[:1] if run else part)
    return out


def attack_others():
    for suffix in ("pt", "bin", "pth", "ckpt", "safetensors", "txt", "h5", "gguf", "onnx", "csv", "json"):
        yield "t20_raw." + suffix, "pickle.call.denied", "A raw pickle is named .%s." % suffix, EVIL
    yield "t20_raw0.txt", "pickle.call.denied", "A protocol 0 pickle is named .txt.", EVIL0
    magic = b"\x80\x02cbuiltins\neval\nX\x04\x00\x00\x00true\x85R." + GOOD
    yield "faked_magic.pt", "*", "The magic number of the legacy format is computed by eval.", magic
    yield "t21_legacy_tar.pt", "*", "The tar form of PyTorch files ignores weights_only.", tar_legacy()
    yield "seven.7z", "7z.malformed", "A 7z archive with no checksum.", b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(64)
    for name, pack in (("zlib", zlib.compress), ("gz", lambda d: gzip.compress(d, mtime=0)), ("bz2", bz2.compress), ("xz", lzma.compress),
                       ("lzma", lzma_alone), ("lz4", lz4_frame), ("zst", zstd_frame)):
        yield "p07_evil.pkl." + name, "pickle.call.denied", "A pickle is compressed with %s: joblib and pandas open it by themselves." % name, pack(EVIL)
        yield "p07_cut.pkl." + name, "compress.truncated", "The compressed stream is cut after the payload.", pack(EVIL + bytes(500))[:-3]
        yield "p07_tail.pkl." + name, "compress.malformed", "Bytes follow the compressed stream.", pack(GOOD) + b"tail" * 8
    yield "p07_zlib6.pkl", "pickle.call.denied", "A pickle is compressed with zlib at its default level.", zlib.compress(EVIL, 6)
    yield "bomb.zst", "limit.ratio", "64 megabytes of zeros in two kilobytes.", zstd_frame(bytes(64 << 20), run=True)
    yield "skip.zst", "format.unsupported", "A frame that only some readers skip comes first.", b"\x50\x2a\x4d\x18\4\0\0\0skip" + zstd_frame(GOOD)
    yield "skip_last.zst", "format.unsupported", "A frame that only some readers skip comes last.", zstd_frame(GOOD) + b"\x5f\x2a\x4d\x18\4\0\0\0skip"
    yield "dictionary.zst", "format.unsupported", "The frame needs a dictionary.", b"\x28\xb5\x2f\xfd\x21\x07\x05\x29\0\0hello"
    yield "checksum.zst", "compress.malformed", "The checksum of the content is wrong.", b"\x28\xb5\x2f\xfd\x24\x05\x29\0\0hello\1\2\3\4"
    yield "second.zst", "pickle.call.denied", "A second frame goes on with the content.", zstd_frame(EVIL[:9]) + zstd_frame(EVIL[9:])
    yield "p07_twice.gz", "pickle.call.denied", "An evil pickle is compressed twice.", gzip.compress(zlib.compress(EVIL), mtime=0)
    yield "bomb.gz", "limit.ratio", "256 megabytes of zeros in a quarter of one.", zeros_gzip(256)
    yield "bomb.bz2", "limit.ratio", "64 megabytes of zeros in a few dozen bytes.", bz2.compress(bytes(64 << 20))
    yield "bomb.xz", "limit.ratio", "64 megabytes of zeros in ten kilobytes.", lzma.compress(bytes(64 << 20), preset=0)
    yield "p30_object.npy", "pickle.call.denied", "An array of objects is a pickle.", npy("'|O'", "(1,)", EVIL)
    yield "p30_struct.npy", "pickle.call.denied", "One field of a structured array is an object.", npy("[('a', '<f4'), ('b', '|O')]", "(1,)", EVIL)
    yield "p30_object.npz", "pickle.call.denied", "An array of objects in an archive.", make_zip([member("a.npy", npy("'|O'", "(1,)", EVIL))])
    yield "npy_trailing.npy", "npy.trailing", "A pickle follows the array.", npy("'<f4'", "(4,)", FLOATS + EVIL)
    yield "npy_short.npy", "npy.truncated", "The array has fewer bytes than its shape says.", npy("'<f4'", "(5,)", FLOATS)
    yield "npy_overflow.npy", "npy.malformed", "The shape overflows 64 bits, back to zero.", npy("'<f4'", "(4294967296, 4294967296, 4)", b"")
    yield "npy_code.npy", "npy.malformed", "The header is an expression.", npy("", "", b"", header="{'descr': '<f4', 'fortran_order': f(), 'shape': ()}")
    yield "npy_twice.npy", "npy.malformed", "A key of the header is there twice.", \
        npy("", "", FLOATS, header="{'descr': '|O', 'descr': '<f4', 'fortran_order': False, 'shape': (4,), }")
    yield "npy_v9.npy", "format.unsupported", "Format version 9 is not known.", npy("'<f4'", "(4,)", FLOATS, version=9)
    tensor = b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'
    yield "st_zip.safetensors", "format.polyglot", "The last tensor's bytes are an archive.", \
        (lambda z: safetensors(b'{"a":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (len(z), len(z)), z))(make_zip(torch_members(EVIL)))
    for name, rule, sentence, header, data in (
            ("duplicate", "safetensors.malformed", "A name is there twice.", tensor[:-1] + b"," + tensor[1:], FLOATS),
            ("hole", "safetensors.layout", "There is a hole before the tensor.", tensor.replace(b"[0,16]", b"[4,20]"), FLOATS * 2),
            ("overlap", "safetensors.layout", "Two tensors overlap.", tensor[:-1] + b',"b":{"dtype":"U8","shape":[16],"data_offsets":[8,24]}}', FLOATS * 2),
            ("trailing", "safetensors.layout", "Bytes follow the last tensor.", tensor, FLOATS + EVIL),
            ("short", "safetensors.truncated", "The last tensor is cut.", tensor, FLOATS[:-1]),
            ("size", "safetensors.layout", "Shape and offsets disagree.", tensor.replace(b"[4]", b"[5]"), FLOATS),
            ("overflow", "safetensors.layout", "The shape overflows 64 bits.", tensor.replace(b"[4]", b"[4294967296,4294967296,4]"), FLOATS),
            ("dtype", "safetensors.dtype", "The dtype is unknown.", tensor.replace(b"F32", b"O64"), FLOATS),
            ("misaligned", "safetensors.layout", "Three half-byte elements do not fill bytes.", tensor.replace(b'"F32","shape":[4]', b'"F4","shape":[3]'), FLOATS),
            ("negative", "safetensors.malformed", "An offset is negative.", tensor.replace(b"[0,16]", b"[-16,0]"), FLOATS),
            ("metadata", "safetensors.metadata", "__metadata__ holds a number.", b'{"__metadata__":{"a":1},' + tensor[1:], FLOATS),
            ("name", "safetensors.name", "A tensor's name has a NUL.", tensor.replace(b'"a"', b'"a\\u0000"'), FLOATS),
            ("comment", "safetensors.malformed", "The header is not strict JSON.", tensor[:-1] + b",}", FLOATS),
            ("extra_key", "safetensors.malformed", "A tensor has an unknown key.", tensor.replace(b'"dtype"', b'"x":1,"dtype"'), FLOATS)):
        yield "st_%s.safetensors" % name, rule, sentence, safetensors(header, data)
    yield "st_length.safetensors", "*", "The header is longer than the file.", struct.pack("<Q", 1000) + tensor + FLOATS
    yield "unknown.dat", "format.unknown", "Nobody knows what this is.", bytes(range(1, 200))


def odd_files():
    yield "unused_storage.pt", "torch.storage-unused", "The archive holds a storage that the pickle never names.", \
        make_zip(torch_members(torch_pickle()) + [member("archive/data/1", FLOATS)])


def good_files():
    yield "good.pt", "What torch.save writes.", make_zip(torch_members(torch_pickle()), zip64=True)
    stored = [member("a.npy", npy("'<f4'", "(4,)", FLOATS)), member("b.npy", npy("'<f8'", "()", bytes(8)))]
    yield "good.npz", "What numpy.savez writes.", make_zip(stored)
    yield "good_deflate.npz", "What numpy.savez_compressed writes.", make_zip([dict(m, method=8) for m in stored])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo("dir/"), b"")
        z.writestr(zipfile.ZipInfo("dir/\u00e9.npy"), stored[0]["data"])
        with z.open(zipfile.ZipInfo("big.npy"), "w", force_zip64=True) as f:
            f.write(stored[1]["data"])
    yield "good_python.zip", "What Python's zipfile writes, with a directory, a name in UTF-8 and 64-bit fields.", out.getvalue()

    class Pipe(io.RawIOBase):
        """Cannot seek, so zipfile streams."""
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, b):
            self.data += bytes(b)
            return len(b)
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo("a.npy"), stored[0]["data"])
    yield "good_streamed.zip", "What Python's zipfile writes into a pipe.", pipe.data
    yield "good_empty.zip", "An empty archive.", make_zip([])
    yield "good_nested.zip", "An archive of arrays in an archive.", make_zip([member("inner.npz", make_zip(stored))])
    for version in (1, 2, 3):
        yield "good_v%d.npy" % version, "An array, format version %d." % version, npy("'<f4'", "(4,)", FLOATS, version=version)
    yield "good_struct.npy", "A structured array with a title, a sub-array and a date.", \
        npy("[(('t', 'a'), '<f4'), ('b', '|S3', (2,)), ('', '|V2'), ('d', '<M8[ns]')]", "(1,)", bytes(20))
    yield "good_subarray.npy", "A field of structured type, nested.", npy("[('a', [('x', '<u2'), ('y', '<c16')])]", "(2,)", bytes(36))
    yield "good_zero.npy", "An array without elements.", npy("'<f4'", "(0, 3)", b"")
    for name, pack in (("zlib", zlib.compress), ("gz", lambda d: gzip.compress(d, mtime=0)), ("bz2", bz2.compress), ("xz", lzma.compress),
                       ("lzma", lzma_alone), ("lz4", lz4_frame), ("zst", zstd_frame)):
        yield "good.npy." + name, "An array compressed with %s." % name, pack(stored[0]["data"])
    half = len(stored[0]["data"]) // 2
    yield "good_members.npy.gz", "An array compressed in two gzip members.", \
        gzip.compress(stored[0]["data"][:half], mtime=0) + gzip.compress(stored[0]["data"][half:], mtime=0)
    yield "good.safetensors", "Two tensors, metadata and padding.", \
        safetensors(b'{"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[2,2],"data_offsets":[16,24]},'
                    b'"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}   ', FLOATS + bytes(8))
    yield "good_empty.safetensors", "No tensors.", safetensors(b"{}", b"")
    yield "good_scalar.safetensors", "A scalar and an empty tensor.", \
        safetensors(b'{"s":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"e":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}', bytes(8))
    yield "empty.txt", "An empty file.", b""


def main():
    rows = [(n, "fail", r, s, d) for gen in (attack_zips, attack_others) for n, r, s, d in gen()]
    rows += [(n, "warn", r, s, d) for n, r, s, d in odd_files()]
    rows += [(n, "pass", "-", s, d) for n, s, d in good_files()]
    made_samples.write(sys.argv[1], rows)


if __name__ == "__main__":
    main()
