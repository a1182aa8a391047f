#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tar archives as WebDataset reads them, good and bad, into a directory.

gen_webdataset.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is.
gen_webdataset.py --fashion FILE FROM COUNT [LIGHT [ATTACK]] writes one of Debian's dataset-fashion-mnist, the label as .cls; ATTACK as
in gen_images.py.
"""
import gzip
import io
import os
import sys
import tarfile

import numpy as np
from PIL import Image

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gen_images     # noqa: E402
import made_samples     # noqa: E402


def tar(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def image(seed, kind="PNG"):
    return gen_images.saved(Image.fromarray(gen_images.picture(8, 8, seed)), kind)


def sample(n, **others):
    """Members of one sample; None leaves one out."""
    kinds = {"png": image(n), "cls": b"%d" % (n % 3), "json": b'{"n": %d}' % n, "txt": b"picture %d\n" % n}
    kinds.update(others)
    return [(f"{n:06}.{kind}", data) for kind, data in kinds.items() if data is not None]


def samples():
    good = [sample(n) for n in range(4)]
    yield "good.tar", "pass", "-", "four samples of four members", tar(*sum(good, []))
    yield "good.tar.gz", "pass", "-", "the same, compressed", gzip.compress(tar(*sum(good, [])), mtime=0)
    yield "folders.tar", "pass", "-", "samples in two folders, with equal names", \
        tar(*[(f"a/{n}", d) for n, d in good[0]], *[(f"b/{n}", d) for n, d in good[0]])
    yield "readme.tar", "pass", "-", "a file whose name has no dot, which is no sample", tar(("README", b"about this\n"), *sum(good, []))
    yield "two.tar", "pass", "-", "kinds of two parts", tar(*[(f"{n}.{k}", image(n)) for n in range(3) for k in ("in.png", "out.png")], ("3.in.png", image(3)))
    yield "newline.tar", "pass", "-", "a label that ends with a line, and a signed one", tar(*sample(0, cls=b"3\n"), *sample(1, cls=b"-1"))
    yield "empty.tar", "pass", "-", "an empty text", tar(*sample(0, txt=b""), *sample(1))
    yield "texts.tar", "pass", "-", "no samples: texts without data", tar(("a.txt", b"x\n"), ("a.md", b"y\n"), ("b.txt", b"z\n"), ("b.json", b"{}"))
    yield "lacks.tar", "fail", "webdataset.set", "a sample without a label", tar(*sum(good, []), *sample(9, cls=None))
    yield "more.tar", "fail", "webdataset.set", "a sample with a member that others do not have", tar(*sum(good, []), *sample(9, jpg=image(9, "JPEG")))
    yield "first.tar", "fail", "webdataset.set", "the first sample is the one that differs", tar(*sample(9, txt=None), *sum(good, []))
    yield "twice.tar", "fail", "webdataset.duplicate", "kinds that differ only in case", tar(*sum(good, []), *sample(9, CLS=b"1"))
    yield "apart.tar", "fail", "webdataset.apart", "a sample in two places", tar(*good[0][:2], *good[1], *good[0][2:], *good[2])
    yield "label.tar", "fail", "webdataset.label", "a label that is a word", tar(*sample(0), *sample(1, cls=b"cat"))
    yield "real.tar", "fail", "webdataset.label", "a label that is a fraction", tar(*sample(0), *sample(1, cls=b"1.5"))
    yield "long.tar", "fail", "webdataset.label", "a label of too many digits", tar(*sample(0), *sample(1, cls=b"1" * 40))
    yield "nolabel.tar", "fail", "webdataset.label", "an empty label", tar(*sample(0), *sample(1, cls=b""))
    yield "notjson.tar", "fail", "webdataset.text", "an array of NumPy named as JSON", tar(*sample(0), *sample(1, json=npy()))
    yield "nojson.tar", "fail", "webdataset.text", "an empty member named as JSON", tar(*sample(0), *sample(1, json=b""))
    yield "json.tar", "fail", "format.truncated", "JSON that ends early", tar(*sample(0), *sample(1, json=b'{"a": '))
    yield "nottext.tar", "fail", "webdataset.text", "an image named as text", tar(*sample(0), *sample(1, txt=image(1)))
    yield "pickle.tar", "fail", "pickle.call.denied", "a pickle among the members", tar(*sample(0, pyd=b"cos\nsystem\n(S'true'\ntR."), *sample(1, pyd=b"N."))
    yield "damaged.tar", "fail", "image.malformed", "an image with damaged pixels", tar(*sample(0), *sample(1, png=image(1)[:60] + b"\0" + image(1)[61:]))


def npy():
    out = io.BytesIO()
    np.save(out, np.zeros(3))
    return out.getvalue()


def fashion(path, start, count, light=1.0, attack=""):
    members = []
    for i, label, samples in gen_images.fashion_samples(start, count, attack):
        picture = gen_images.saved(Image.fromarray((samples * light).astype(np.uint8)), "PNG")
        members += [(f"{i:06}.cls", b"%d" % label), (f"{i:06}.png", picture)]
    with open(path, "wb") as f:
        f.write(tar(*members))


if __name__ == "__main__":
    if sys.argv[1] == "--fashion":
        fashion(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), *map(float, sys.argv[5:6]), *sys.argv[6:])
    else:
        made_samples.write(sys.argv[1], samples())
