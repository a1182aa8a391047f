#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""images_oracle.py TOOL FILE...: what TOOL (pixels_tool) measures of images against NumPy, decoded by Pillow. TAP."""
import json
import subprocess
import sys
from fractions import Fraction

import numpy as np
from PIL import Image

CHANNELS = {"1": 1, "L": 1, "I;16": 1, "I": 1, "LA": 2, "P": 3, "RGB": 3, "RGBA": 4, "CMYK": 4}


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
            "saturation": saturation, "sharpness": float(edges.var()) if edges.size else 0.0, "dhash": f"{int(bits, 2):016x}"}


def differences(mine, theirs):
    for key, value in theirs.items():
        got = mine.get(key)
        near = isinstance(value, float) and got is not None and abs(got - value) <= 1e-12 * max(1.0, abs(value))
        if got != value and not near:
            yield f"{key}: {got}, NumPy says {value}"


def main(tool, *paths):
    lines = subprocess.run([tool, *paths], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    print(f"1..{len(paths)}")
    for i, (path, line) in enumerate(zip(paths, lines), 1):
        wrong = list(differences(json.loads(line), measure(path)))
        for w in wrong:
            print(f"# {w}")
        print(f"{'not ok' if wrong else 'ok'} {i} - {'/'.join(path.split('/')[-2:])}")
    return 0


sys.exit(main(*sys.argv[1:]))
