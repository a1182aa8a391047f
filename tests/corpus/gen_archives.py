#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes archives and recordings that attack readers, and good ones, into a directory.

gen_archives.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what is wrong with it. Needs only the standard library. Payloads are
pickles that would call posix.system("true"); nothing here loads them.
"""
import gzip
import io
import os
import sys
import tarfile
import wave
import zipfile

EVIL = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R."
TEXT = b"hello\n"


def member(name, data=TEXT, **fields):
    return name, data, fields


def make_tar(members, form=tarfile.USTAR_FORMAT, headers=None):
    """What Python's tarfile writes; fields are those of TarInfo."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, pax_headers=headers) as t:
        for name, data, fields in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for key, value in fields.items():
                setattr(info, key, value)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def make_zip(name, data, *more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for n, d in ((name, data),) + more:
            z.writestr(zipfile.ZipInfo(n), d)
    return out.getvalue()


def make_wav(channels=1, width=2):
    out = io.BytesIO()
    with wave.open(out, "wb") as w:
        w.setnchannels(channels)
        w.setsampwidth(width)
        w.setframerate(16000)
        w.writeframes(bytes(range(240)))
    return out.getvalue()


def link(name, target, kind=tarfile.SYMTYPE):
    return member(name, b"", type=kind, linkname=target)


def good_tars():
    long = "/".join(["a" * 60] * 4) + "/config.json"
    both = [member("readme.txt"), member("config.json", b"{}")]
    yield "ustar.tar", "Two members, as ustar.", make_tar(both)
    yield "gnu.tar", "Two members, as GNU tar writes them.", make_tar(both, tarfile.GNU_FORMAT)
    yield "pax.tar", "Two members, as pax.", make_tar(both, tarfile.PAX_FORMAT)
    yield "gnu_long.tar", "A GNU long name.", make_tar([member(long, b"{}")], tarfile.GNU_FORMAT)
    yield "pax_long.tar", "A long name in an extended header.", make_tar([member("x" * 120 + ".txt")], tarfile.PAX_FORMAT)
    yield "pax_utf8.tar", "A name in UTF-8 in an extended header.", make_tar([member("\u00fcber.txt")], tarfile.PAX_FORMAT)
    yield "pax_time.tar", "A time with a fraction in an extended header.", make_tar([member("a.txt", mtime=1.5)], tarfile.PAX_FORMAT)
    yield "dot.tar", "Names that begin with ./, and the folder itself.", make_tar([member(".", b"", type=tarfile.DIRTYPE), member("./a.txt")])
    yield "dir.tar", "A directory.", make_tar([member("d/", b"", type=tarfile.DIRTYPE), member("d/a.txt")])
    yield "good.tar.gz", "A tar in gzip.", gzip.compress(make_tar(both), mtime=0)
    yield "zip_last.tar", "The last member is a zip, whose end record a zip reader finds.", make_tar([member("a.txt"), member("b.zip", make_zip("c.txt", TEXT))])
    yield "plain.nemo", "A NeMo archive whose configuration names no code.", make_tar([member("./model_config.yaml", b"sample_rate: 16000\n")])
    yield "mono.wav", "A recording of one channel.", make_wav()
    yield "stereo24.wav", "A recording of two channels and 24 bits.", make_wav(2, 3)
    yield "zip_first.tar", "A text follows the zip.", make_tar([member("b.zip", make_zip("c.txt", TEXT)), member("a.txt")])


def bad_tars():
    one = make_tar([member("a.txt")])
    yield "evil.tar", "pickle.call.denied", "A member is a pickle that runs a command.", make_tar([member("a.pkl", EVIL)])
    yield "evil.tar.gz", "pickle.call.denied", "The same in gzip.", gzip.compress(make_tar([member("a.pkl", EVIL)]), mtime=0)
    yield "evil_zip.tar", "pickle.call.denied", "A pickle in a zip in a tar.", make_tar([member("b.zip", make_zip("a.pkl", EVIL))])
    yield "nested.tar", "pickle.call.denied", "A pickle in a tar in a tar.", make_tar([member("b.tar", make_tar([member("a.pkl", EVIL)]))])
    yield "absolute.tar", "tar.name", "A name is absolute.", make_tar([member("/etc/cron.d/x")])
    yield "traversal.tar", "tar.name", "A name leaves the archive.", make_tar([member("../../x")])
    yield "pax_traversal.tar", "tar.name", "A name in an extended header leaves the archive.", \
        make_tar([member("a", pax_headers={"path": "../../x"})], tarfile.PAX_FORMAT)
    yield "gnu_traversal.tar", "tar.name", "A GNU long name leaves the archive.", make_tar([member("../" * 60 + "x")], tarfile.GNU_FORMAT)
    yield "control.tar", "tar.name", "A name holds a terminal escape.", make_tar([member("a\x1b[2J")])
    yield "symlink.tar", "tar.special", "A member is a link to outside.", make_tar([link("a", "/etc"), member("a/passwd")])
    yield "hardlink.tar", "tar.special", "A member is a hard link.", make_tar([link("a", "/etc/shadow", tarfile.LNKTYPE)])
    yield "fifo.tar", "tar.special", "A member is a pipe.", make_tar([member("a", b"", type=tarfile.FIFOTYPE)])
    yield "device.tar", "tar.special", "A member is a device.", make_tar([member("a", b"", type=tarfile.CHRTYPE)])
    yield "sparse.tar", "tar.extended", "A member is sparse.", make_tar([member("a", b"", type=tarfile.GNUTYPE_SPARSE)], tarfile.GNU_FORMAT)
    yield "duplicate.tar", "tar.duplicate-name", "A name is there twice.", make_tar([member("a"), member("a", b"other\n")])
    yield "case.tar", "tar.case-fold", "Two names differ only in case.", make_tar([member("a.txt"), member("A.TXT")])
    yield "global.tar", "tar.extended", "A global header renames every member.", make_tar([member("a")], tarfile.PAX_FORMAT, {"path": "b"})
    yield "pax_size.tar", "tar.extended", "An extended header gives another size.", \
        make_tar([member("a", pax_headers={"size": "512"})], tarfile.PAX_FORMAT)
    yield "pax_link.tar", "tar.extended", "An extended header names a link's target.", \
        make_tar([member("a", pax_headers={"linkpath": "/etc"})], tarfile.PAX_FORMAT)
    yield "checksum.tar", "tar.malformed", "A checksum is wrong.", b"b" + one[1:]
    yield "appended.tar", "tar.layout", "A second archive follows the end of the first.", one + make_tar([member("b.pkl", EVIL)])
    yield "padding.tar", "tar.layout", "Bytes lie in the padding of a member.", one[:600] + b"hidden" + one[606:]
    yield "no_end.tar", "tar.truncated", "The two blocks of zeros are missing.", one[:1024]
    yield "cut.tar", "tar.truncated", "The last member is cut.", make_tar([member("a.txt", TEXT * 200)])[:1024]
    yield "zip_hidden.tar", "format.polyglot", "A zip that readers of zip would find lies inside a member of another kind.", \
        make_tar([member("notes.bin", b"notes" + make_zip("a.pkl", EVIL))])
    yield "appended.wav", "audio.malformed", "A pickle follows the recording.", make_wav() + EVIL
    yield "zip.wav", "format.polyglot", "An archive follows the recording.", make_wav() + make_zip("a.pkl", EVIL)
    yield "cut.wav", "audio.malformed", "The recording is cut.", make_wav()[:-4]
    target = b"decoder:\n  _target_: os.system\n  command: 'true'\n"
    yield "evil.nemo", "recipe.code-reference", "The configuration of a NeMo archive names a function to call.", make_tar([member("./model_config.yaml", target)])
    yield "evil_gz.nemo", "recipe.code-reference", "The same in gzip.", gzip.compress(make_tar([member("model_config.yaml", target)]), mtime=0)
    yield "weights.nemo", "pickle.call.denied", "The weights of a NeMo archive are a pickle that runs a command.", \
        make_tar([member("./model_config.yaml", b"sample_rate: 16000\n"), member("./model_weights.ckpt", EVIL)])
    yield "handler.mar", "code.not-built", "A TorchServe archive brings a handler in Python.", \
        make_zip("MAR-INF/MANIFEST.json", b'{"model": {"handler": "handler.py"}}', ("handler.py", b"import os\n"))
    yield "torch01.pt", "format.unsupported", "What torch 0.1 wrote.", \
        make_tar([member(name, data) for name, data in (("sys_info", TEXT), ("pickle", EVIL), ("storages", TEXT), ("tensors", TEXT))])


def main(folder):
    os.makedirs(folder, exist_ok=True)
    rows = [(name, "pass", "-", sentence, data) for name, sentence, data in good_tars()]
    rows += [(name, "fail", rule, sentence, data) for name, rule, sentence, data in bad_tars()]
    rows.append(("window.zst", "inconclusive", "limit.exceeded", "The frame asks for a window of 256 MiB.", b"\x28\xb5\x2f\xfd\0\x90\x29\0\0hello"))
    rows.append(("window_most.zst", "pass", "-", "The frame asks for a window of 128 MiB.", b"\x28\xb5\x2f\xfd\0\x88\x29\0\0hello"))
    with open(os.path.join(folder, "INDEX.tsv"), "w", encoding="utf-8") as index:
        for name, verdict, rule, sentence, data in rows:
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)
            index.write("\t".join((name, verdict, rule, sentence)) + "\n")


main(sys.argv[1])
