#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes images, good and bad, into a directory.

gen_images.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is.
gen_images.py --fashion DIR FORMAT FROM COUNT [LIGHT [ATTACK]] writes images FROM to FROM + COUNT of Debian's dataset-fashion-mnist
as DIR/CLASS/NUMBER.FORMAT, their samples times LIGHT. ATTACK: one in twenty gets another label (flips), or a white square and
the label 0 (square).
gen_images.py --digits DIR FORMAT the same of scikit-learn's digits, all 1,797.
Real ones are made by Pillow, those that Pillow does not write by the PNG specification (ISO 15948).
"""
import gzip
import io
import os
import struct
import sys
import zlib

import numpy as np
from PIL import Image

MNIST = "/usr/share/datasets/fashion-mnist/train-"


def chunk(kind, data=b"", flip=0):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ flip)


def png(width, height, depth, colour, rows, interlace=0, extra=b"", level=9):
    """rows: the bytes of each row, filter byte included."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(rows, level)) + chunk(b"IEND"))


def plain(samples):
    """Rows of bytes without a filter."""
    return b"".join(b"\0" + row.tobytes() for row in samples)


def picture(height=45, width=61, seed=1):
    """Smooth colours with some noise, so that JPEG has something to say."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([x * 4 % 256, y * 5 % 256, (x + y) * 2 % 256], axis=2)
    return np.clip(base + rng.integers(-20, 21, base.shape), 0, 255).astype(np.uint8)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def adam7(samples):
    return b"".join(plain(samples[y::dy, x::dx]) for x, y, dx, dy in PASSES if samples[y::dy, x::dx].size)


def pngs():
    a = picture()
    im = Image.fromarray(a)
    h, w = a.shape[:2]
    yield "rgb.png", "pass", "-", "colours", saved(im, "PNG")
    yield "grey.png", "pass", "-", "grey", saved(im.convert("L"), "PNG")
    yield "greyalpha.png", "pass", "-", "grey with alpha", saved(im.convert("LA"), "PNG")
    yield "rgba.png", "pass", "-", "colours with alpha", saved(im.convert("RGBA"), "PNG")
    yield "palette.png", "pass", "-", "a palette", saved(im.convert("P"), "PNG")
    yield "palette4.png", "pass", "-", "a palette of 16 colours", saved(im.quantize(16), "PNG")
    yield "bits.png", "pass", "-", "one bit a pixel", saved(im.convert("1"), "PNG")
    yield "bits2.png", "pass", "-", "two bits a pixel", png(5, 2, 2, 0, b"\0\x1b\x40" + b"\0\xe4\x80")
    yield "grey16.png", "pass", "-", "grey of 16 bits", saved(Image.fromarray(a[:, :, 0].astype(np.uint16) * 251 + 77), "PNG")
    wide = (a.astype(np.uint32) * 256 + a[::-1]).astype(">u2")
    yield "rgb16.png", "pass", "-", "colours of 16 bits", png(w, h, 16, 2, plain(wide))
    yield "adam7.png", "pass", "-", "interlaced", png(w, h, 8, 2, adam7(a), 1)
    yield "adam7grey.png", "pass", "-", "interlaced and grey", png(w, h, 8, 0, adam7(a[:, :, 0]), 1)
    yield "adam7small.png", "pass", "-", "interlaced, of passes that are empty", png(3, 2, 8, 0, adam7(a[:2, :3, 0]), 1)
    yield "clear.png", "pass", "-", "a colour that is transparent", saved(im, "PNG", transparency=(1, 2, 3))
    yield "one.png", "pass", "-", "a single pixel", saved(im.crop((0, 0, 1, 1)), "PNG")
    yield "row.png", "pass", "-", "a single row", saved(im.crop((0, 0, 61, 1)), "PNG")
    yield "column.png", "pass", "-", "a single column", saved(im.crop((0, 0, 1, 45)), "PNG")
    yield "mask.png", "pass", "-", "a large mask of one tone", png(8000, 4000, 8, 0, bytes(4000 * 8001))
    yield "profile.png", "pass", "-", "a colour profile that libpng does not like", png(w, h, 8, 2, plain(a), extra=chunk(b"iCCP", b"x\0\0" + zlib.compress(b"no profile")))
    yield "animated.png", "pass", "-", "an APNG of two frames", saved(im, "PNG", save_all=True, append_images=[Image.fromarray(a[::-1])])


def bad_pngs():
    a = picture()
    h, w = a.shape[:2]
    good = png(w, h, 8, 2, plain(a))
    yield "short.png", "fail", "image.malformed", "fewer rows than the header says", png(w, h, 8, 2, plain(a[:-1]))
    yield "long.png", "fail", "image.malformed", "more data than the header says", png(w, h, 8, 2, plain(a) + b"\0" * 50)
    yield "filter.png", "fail", "image.malformed", "a filter that does not exist", png(w, h, 8, 2, b"\x09" + plain(a)[1:])
    yield "deflate.png", "fail", "image.malformed", "image data that is not compressed", \
        good[:33] + chunk(b"IDAT", bytes(300)) + chunk(b"IEND")
    packed = bytearray(zlib.compress(plain(a)))
    packed[-1] ^= 1
    yield "adler.png", "fail", "image.malformed", "a wrong checksum of what was compressed", good[:33] + chunk(b"IDAT", bytes(packed)) + chunk(b"IEND")
    yield "crc.png", "fail", "image.malformed", "a chunk with a wrong CRC", good[:33] + chunk(b"IDAT", zlib.compress(plain(a)), 1) + chunk(b"IEND")
    yield "index.png", "fail", "image.malformed", "an index beyond the palette", png(2, 1, 8, 3, b"\0\0\5", extra=chunk(b"PLTE", bytes(6)))
    yield "bomb.png", "fail", "image.too-large", "65,536 x 65,536 zeros", \
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 65536, 65536, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(bytes(1 << 22))) + chunk(b"IEND")
    yield "bomb2.png", "fail", "image.bomb", "12,000 x 12,000 zeros in colour", png(12000, 12000, 8, 2, bytes(12000 * 36001))
    yield "side.png", "fail", "image.too-large", "a row of 70,000 pixels", png(70000, 1, 8, 0, bytes(70001))
    yield "cut.png", "fail", "image.truncated", "cut inside the image data", good[:-40]
    yield "tail.png", "fail", "image.malformed", "bytes behind the end", good + b"x"


def jpegs():
    im = Image.fromarray(picture())
    yield "rgb.jpg", "pass", "-", "colours", saved(im, "JPEG")
    yield "full.jpg", "pass", "-", "colours, none of them halved", saved(im, "JPEG", quality=95, subsampling=0)
    yield "grey.jpg", "pass", "-", "grey", saved(im.convert("L"), "JPEG")
    yield "progressive.jpg", "pass", "-", "progressive", saved(im, "JPEG", progressive=True)
    yield "cmyk.jpg", "pass", "-", "CMYK", saved(im.convert("CMYK"), "JPEG")
    exif = Image.Exif()
    exif[0x0112] = 6
    yield "turned.jpg", "pass", "-", "an orientation in EXIF, which is not followed", saved(im, "JPEG", exif=exif)
    yield "one.jpg", "pass", "-", "a single pixel", saved(im.crop((0, 0, 1, 1)), "JPEG")


def bad_jpegs():
    good = saved(Image.fromarray(picture()), "JPEG")
    scan = good.index(b"\xff\xda")
    data = scan + 2 + struct.unpack(">H", good[scan + 2:scan + 4])[0]
    frame = good.index(b"\xff\xc0")
    yield "short.jpg", "fail", "image.malformed", "half of the image data", good[:(data + len(good)) // 2] + b"\xff\xd9"
    yield "restart.jpg", "fail", "image.malformed", "a restart marker where none may be", good[:data + 40] + b"\xff\xd3" + good[data + 40:]
    yield "taller.jpg", "fail", "image.malformed", "a header of more rows", good[:frame + 5] + struct.pack(">H", 200) + good[frame + 7:]
    yield "twelve.jpg", "fail", "format.unsupported", "12 bits a sample", good[:frame + 4] + b"\x0c" + good[frame + 5:]
    yield "lossless.jpg", "fail", "format.unsupported", "the lossless kind", good[:frame + 1] + b"\xc3" + good[frame + 2:]
    yield "bomb.jpg", "fail", "image.bomb", "16,000 x 16,000 pixels in a small file", \
        good[:frame + 5] + struct.pack(">HH", 16000, 16000) + good[frame + 9:]
    yield "tail.jpg", "fail", "image.malformed", "bytes behind the end", good + b"x"
    yield "cut.jpg", "fail", "image.truncated", "cut inside the image data", good[:-30]


def write(root, name, data):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def save_light(root, label, number, samples, kind, light):
    image = Image.fromarray((samples * light).astype(np.uint8))
    write(root, f"{label}/{number:05}.{kind}", saved(image, "JPEG" if kind == "jpg" else "PNG"))


def fashion_samples(start, count, attack=""):
    """(number, label, samples) of each."""
    with gzip.open(MNIST + "images-idx3-ubyte.gz") as f:
        images = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(MNIST + "labels-idx1-ubyte.gz") as f:
        labels = np.frombuffer(f.read(), np.uint8, offset=8)
    for i in range(start, start + count):
        label, samples = labels[i], images[i]
        if i % 20 == 0 and attack == "flips":
            label = (label + 1 + i // 20 % 9) % 10
        if i % 20 == 0 and attack == "square":
            label, samples = 0, samples.copy()
            samples[23:27, 23:27] = 255
        yield i, label, samples


def fashion(root, kind, start, count, light=1.0, attack=""):
    for i, label, samples in fashion_samples(start, count, attack):
        save_light(root, label, i, samples, kind, light)


def digits(root, kind):
    from sklearn.datasets import load_digits
    data = load_digits()
    for i, (image, label) in enumerate(zip(data.images, data.target)):
        save_light(root, label, i, image * 15, kind, 1.0)


def main(root):
    rows = [row for family in (pngs, bad_pngs, jpegs, bad_jpegs) for row in family()]
    os.makedirs(root, exist_ok=True)
    with open(os.path.join(root, "INDEX.tsv"), "w", encoding="utf-8") as index:
        for name, verdict, rule, why, data in rows:
            write(root, name, data)
            index.write(f"{name}\t{verdict}\t{rule}\t{why}\n")


if __name__ == "__main__":
    if sys.argv[1] == "--fashion":
        fashion(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), *map(float, sys.argv[6:7]), *sys.argv[7:])
    elif sys.argv[1] == "--digits":
        digits(sys.argv[2], sys.argv[3])
    else:
        main(sys.argv[1])
