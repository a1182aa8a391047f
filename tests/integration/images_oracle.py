#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""images_oracle.py TOOL FILE...: what TOOL (pixels_tool) measures of images against NumPy, decoded by Pillow. TAP.

Where there are grey PNG files, what they look like as JPEG is compared with what they look like.
"""
import json
import math
import os
import subprocess
import sys
import tempfile
from fractions import Fraction

import numpy as np
from PIL import Image

CHANNELS = {"1": 1, "L": 1, "I;16": 1, "I": 1, "LA": 2, "P": 3, "RGB": 3, "RGBA": 4, "CMYK": 4}
# Of 255, that JPEG may move the cells of an image by on average.
LIMITS = {"means": 1, "edges": 6}


def samples(path):
    """Colours as integers, None when the image is grey, and the luma."""
    im = Image.open(path)
    channels = CHANNELS[im.mode]
    if channels <= 2:
        grey = np.array(im.convert("L")) if im.mode == "1" else np.array(im)
        grey = grey[:, :, 0] if grey.ndim == 3 else grey
        return channels, None, (grey >> 8 if im.mode[0] == "I" else grey).astype(np.int64)
    rgb = np.array(im.convert("RGBA").convert("RGB") if im.mode == "P" else im.convert("RGB")).astype(np.int64)
    return channels, rgb, (rgb @ np.array([19595, 38470, 7471]) + 32768) >> 16


def resized(luma):
    """Sums of 9 by 8 cells of equal area, exact."""
    h, w = luma.shape
    tall = np.repeat(luma, 8, axis=0).reshape(8, h, w).sum(axis=1)
    wide = np.repeat(tall, 9, axis=1).reshape(8, 9, w).sum(axis=2)
    return wide


def cells_of(side, count, inner=False):
    """The pixels of each cell along a side, without the first and the last where their neighbours are needed."""
    at = np.arange(side)
    return [at[(at * count // side == i) & (~np.bool_(inner) | ((at > 0) & (at < side - 1)))] for i in range(count)]


def look(luma):
    """What scanners/data/look.h says."""
    h, w = luma.shape
    out = {"means": [int(luma[np.ix_(y, x)].sum()) // (len(y) * len(x)) if len(y) * len(x) else 0 for y in cells_of(h, 8) for x in cells_of(w, 8)],
           "edges": [0] * 64, "bright": [0] * 64, "dark": [255] * 64, "rough": [0] * 64}
    if min(h, w) < 3:
        return out
    dx, dy, nine, bend = (np.zeros((h, w), np.int64) for _ in range(4))
    dx[:, 1:-1] = luma[:, 2:] - luma[:, :-2]
    dy[1:-1] = luma[2:] - luma[:-2]
    nine[1:-1, 1:-1] = sum(luma[1 + j:h - 1 + j, 1 + i:w - 1 + i] for j in (-1, 0, 1) for i in (-1, 0, 1))
    bend[1:-1, 1:-1] = abs(luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * luma[1:-1, 1:-1])
    flat, steep = 985 * abs(dy) < 408 * abs(dx), 985 * abs(dx) < 408 * abs(dy)
    direction = np.where(flat, 0, np.where(steep, 2, np.where((dx < 0) == (dy < 0), 1, 3)))
    for i, (y, x) in enumerate((y, x) for y in cells_of(h, 4, True) for x in cells_of(w, 4, True)):
        grid = np.ix_(y, x)
        for d in range(4) if len(y) * len(x) else ():
            sums = int(((abs(dx) + abs(dy)) * (direction == d))[grid].sum())
            out["edges"][4 * i + d] = min(255, math.isqrt(128 * sums // (len(y) * len(x))))
    for i, (y, x) in enumerate((y, x) for y in cells_of(h, 8, True) for x in cells_of(w, 8, True)):
        if len(y) * len(x):
            grid = np.ix_(y, x)
            out["bright"][i], out["dark"][i], out["rough"][i] = int(nine[grid].max()) // 9, int(nine[grid].min()) // 9, int(bend[grid].max()) // 4
    return out


def measure(path):
    channels, rgb, luma = samples(path)
    h, w = luma.shape
    n = h * w
    mean = Fraction(int(luma.sum()), n)
    deviation = Fraction(int((luma * luma).sum()), n) - mean * mean
    edges = luma[1:-1, :-2] + luma[1:-1, 2:] + luma[:-2, 1:-1] + luma[2:, 1:-1] - 4 * luma[1:-1, 1:-1] if min(h, w) > 2 else np.zeros((0, 0))
    saturation = 0.0
    if rgb is not None:
        top = rgb.max(axis=2)
        saturation = float(np.where(top > 0, (top - rgb.min(axis=2)) / np.maximum(top, 1), 0).mean())
    cells = resized(luma)
    bits = "".join("1" if cells[y, x] < cells[y, x + 1] else "0" for y in range(8) for x in range(8))
    return {"width": w, "height": h, "channels": channels, "brightness": float(mean / 255), "contrast": float(deviation) ** 0.5 / 255,
            "saturation": saturation, "sharpness": float(edges.var()) if edges.size else 0.0, "dhash": f"{int(bits, 2):016x}", **look(luma)}


def differences(mine, theirs):
    for key, value in theirs.items():
        got = mine.get(key)
        near = isinstance(value, float) and got is not None and abs(got - value) <= 1e-12 * max(1.0, abs(value))
        if got != value and not near:
            yield f"{key}: {got}, NumPy says {value}"


def measured(tool, paths):
    return subprocess.run([tool, *paths], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()


def as_jpeg(tool, paths):
    """Differences of a look between grey PNG files and the same in JPEG: the mean over all cells of each image, of these the greatest."""
    with tempfile.TemporaryDirectory() as top:
        copies = [os.path.join(top, "%d.jpg" % i) for i in range(len(paths))]
        for path, copy in zip(paths, copies):
            Image.open(path).save(copy, quality=90)
        pairs = [(json.loads(a), json.loads(b)) for a, b in zip(measured(tool, paths), measured(tool, copies))]
    return {k: max(float(np.abs(np.subtract(a[k], b[k])).mean()) for a, b in pairs) for k in ("means", "edges")}


def main(tool, *paths):
    lines = measured(tool, paths)
    grey = [p for p in paths if p.endswith(".png") and "/f/" in p]
    print(f"1..{len(paths) + 2 * bool(grey)}")
    for i, (path, line) in enumerate(zip(paths, lines), 1):
        wrong = list(differences(json.loads(line), measure(path)))
        for w in wrong:
            print(f"# {w}")
        print(f"{'not ok' if wrong else 'ok'} {i} - {'/'.join(path.split('/')[-2:])}")
    for i, (key, difference) in enumerate(as_jpeg(tool, grey).items() if grey else (), len(paths) + 1):
        print(f"{'ok' if difference < LIMITS[key] else 'not ok'} {i} - {key} of {len(grey)} images as JPEG differ by {difference:.2f}, limit {LIMITS[key]}")
    return 0


sys.exit(main(*sys.argv[1:]))
