#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the same numbers as a CSV table and as arrays of NumPy and HDF5: gen_arrays.py DIR.

The numbers are scikit-learn's digits, shuffled: DIR/reference.csv has half of them, DIR/NAME/t.SUFFIX the other half as it is (NAME
good-*) or with 3 added to each (moved*). DIR/heaps has texts of variable length
whose places are wrong, but for good-* and whole. DIR/same has files that are one table, of several types: same.csv, *.npy, *.npz and *.h5. Seeds are fixed.
"""
import os
import struct
import sys

import h5py
import numpy as np
from sklearn.datasets import load_digits, load_iris, load_wine


def csv(path, names, rows):
    with open(path, "w", encoding="utf-8") as f:
        f.write(",".join(names) + "\n")
        f.writelines(",".join(str(v) for v in row) + "\n" for row in rows)


def batches(out):
    data = load_digits().data.astype(int)
    data = data[np.random.default_rng(1).permutation(len(data))]
    names = ["p%d" % i for i in range(64)]
    half = len(data) // 2
    csv(os.path.join(out, "reference.csv"), names, data[:half])
    for name, rows in (("good-csv", data[half:]), ("good-npy", data[half:]), ("good-fields", data[half:]), ("good-npz", data[half:]), ("good-h5", data[half:]),
                       ("moved", data[half:] + 3), ("moved-npz", data[half:] + 3), ("moved-h5", data[half:] + 3)):
        os.makedirs(os.path.join(out, name), exist_ok=True)
        if name == "good-csv":
            csv(os.path.join(out, name, "t.csv"), names, rows)
        elif name.endswith("npz"):
            np.savez_compressed(os.path.join(out, name, "t.npz"), x=rows.astype("<i4"))
        elif name.endswith("h5"):
            hdf5(os.path.join(out, name, "t.h5"), x=(rows.astype("<i4"), {"chunks": (100, 64), "compression": "gzip"}))
        elif name == "good-fields":
            fields = np.array([tuple(row) for row in rows], dtype=[(n, "<i2") for n in names])
            np.save(os.path.join(out, name, "t.npy"), fields)
        else:
            np.save(os.path.join(out, name, "t.npy"), rows.astype("u1"))


def predicted(out, name, seed, rows, flips=0.0):
    """Rows of three classes, and beside them in the archive what a model says of each."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, rows)
    data = rng.normal(truth[:, None] * 2.0, 1.0, (rows, 4))
    far = ((data[:, :, None] - 2.0 * np.arange(3)) ** 2).sum(1)
    probs = np.exp(-far / 2.0)
    labels = np.where(rng.random(rows) < flips, (truth + 1) % 3, truth)
    os.makedirs(os.path.join(out, name), exist_ok=True)
    np.savez(os.path.join(out, name, "t.npz"), X=data, y=labels, pred_probs=probs / probs.sum(1, keepdims=True))


def hdf5(path, **columns):
    with h5py.File(path, "w") as f:
        for name, (data, options) in columns.items():
            f.create_dataset(name, data=data, **options)


def same_hdf5(out, wine, iris, kinds):
    """As h5py writes them: in one piece, in compressed chunks, and fields like those of pandas' tables."""
    packed = {"compression": "gzip", "shuffle": True, "fletcher32": True}
    hdf5(os.path.join(out, "wine.plain.h5"), wine=(wine, {}))
    hdf5(os.path.join(out, "wine.chunks.h5"), wine=(wine.astype(">f8"), {"chunks": (7, 3), "maxshape": (None, None), **packed}))
    hdf5(os.path.join(out, "wine.each.h5"), **{"c%02d" % i: (wine[:, i], packed if i % 2 else {}) for i in range(wine.shape[1])})
    hdf5(os.path.join(out, "irisy.plain.h5"), X=(iris, {}), y=(kinds.astype("S"), {}))
    hdf5(os.path.join(out, "irisy.chunks.h5"), X=(iris, {"chunks": (1, 4)}), y=(kinds.astype("S"), {"chunks": (150,), **packed}))
    words = kinds.astype(object)
    hdf5(os.path.join(out, "irisy.texts.h5"), X=(iris, {}), y=(words, {"dtype": h5py.string_dtype("ascii")}))
    hdf5(os.path.join(out, "irisy.packed.h5"), X=(iris, {}),
         y=(words, {"dtype": h5py.string_dtype(), "chunks": (40,), "compression": "gzip", "shuffle": True}))
    table = np.zeros(len(iris), dtype=[("X", "<f4"), ("y", h5py.string_dtype()), ("z", h5py.string_dtype())])
    table["X"] = iris[:, 0]
    table["y"] = words
    table["z"] = words[::-1]
    hdf5(os.path.join(out, "record.table.h5"), t=(table, {"chunks": (64,)}))
    csv(os.path.join(out, "record.csv"), table.dtype.names, [(repr(float(x)), y, z) for x, y, z in table.tolist()])
    table = np.zeros(len(iris), dtype=[("X", "<f8", (4,)), ("y", "S10")])
    table["X"] = iris
    table["y"] = kinds
    hdf5(os.path.join(out, "irisy.table.h5"), **{"df/table": (table, {"chunks": (64,)}), "df/_i_table/index/ranges": (np.zeros((3, 2)), {})})


def documents(out):
    """Two texts a row, of one letter to some 20 KB, as h5py writes Python's strings: from several collections of a heap."""
    rng = np.random.default_rng(4)
    words = ["Straße", "λόγος", "言葉", "data", "a"]
    rows = [[" ".join(rng.choice(words, 1 + int(rng.integers(40)) ** (1 + (i % 50 == 7)))) for _ in range(2)] for i in range(500)]
    csv(os.path.join(out, "documents.csv"), ["0", "1"], rows)
    rows = np.array(rows, dtype=object)
    hdf5(os.path.join(out, "documents.plain.h5"), t=(rows, {"dtype": h5py.string_dtype()}))
    hdf5(os.path.join(out, "documents.tiles.h5"), t=(rows, {"dtype": h5py.string_dtype(), "chunks": (30, 1), "compression": "gzip"}))


def heaps(out):
    """Three texts; places and heaps that are not what they should be. A place is a size, the heap's offset and a number."""
    os.makedirs(out, exist_ok=True)
    whole = os.path.join(out, "whole.h5")
    hdf5(whole, y=(["ant", "bee", "crab"], {"dtype": h5py.string_dtype()}))
    with h5py.File(whole, "r") as f:
        at = f["y"].id.get_offset()
    with open(whole, "rb") as f:
        honest = f.read()
    size, heap, number = struct.unpack_from("<IQI", honest, at)
    # Objects: a number, a count of references, four bytes, a size, the text; the library puts the last text first.
    crab, bee, ant, rest = heap + 16, heap + 40, heap + 64, heap + 88
    assert (size, number, honest[heap:heap + 4], honest[ant + 16:ant + 19]) == (3, 3, b"GCOL", b"ant")
    cases = {
        "longer": (at, "<I", 4), "shorter": (at, "<I", 2), "nothing": (at, "<I", 0), "outside": (at + 4, "<Q", len(honest)), "elsewhere": (at + 4, "<Q", 0),
        "zeroth": (at + 12, "<I", 0), "free": (at + 12, "<I", 4), "beyond": (at + 12, "<I", 70000), "signature": (heap, "<I", 0), "version": (heap + 4, "<B", 2),
        "small": (heap + 8, "<Q", 4088), "large": (heap + 8, "<Q", 1 << 40), "twice": (bee, "<H", 1), "object": (crab + 8, "<Q", 4096),
        "huge": (crab + 8, "<Q", (1 << 64) - 1), "rest": (rest + 8, "<Q", 16), "zero": (ant + 17, "<B", 0),
    }
    for name, (where, how, value) in cases.items():
        data = bytearray(honest)
        struct.pack_into(how, data, where, value)
        with open(os.path.join(out, name + ".h5"), "wb") as f:
            f.write(data)
    data = bytearray(honest)
    data[ant + 16:ant + 19] = b"an\0"
    with open(os.path.join(out, "good-ended.h5"), "wb") as f:
        f.write(data)
    for name, more in {"good-holes": {}, "fill": {"fillvalue": "none"}}.items():
        with h5py.File(os.path.join(out, name + ".h5"), "w") as f:
            f.create_dataset("y", shape=(1000,), dtype=h5py.string_dtype(), chunks=(100,), **more)[150:160] = ["ant"] * 10


def misfits_hdf5(out):
    """Beside y of two rows: what is no column."""
    os.makedirs(out, exist_ok=True)
    pair = np.zeros(2, dtype=[("a", [("b", "<i4")])])
    cases = {
        "length": (np.zeros(3), {}), "dims": (np.zeros((2, 2, 2)), {}), "scalar": (np.float64(1), {}), "none": (np.zeros((2, 0)), {}),
        "lists": (None, {"shape": (2,), "dtype": h5py.vlen_dtype("i4")}),
        "nested": (pair, {}), "references": (None, {"shape": (2,), "dtype": h5py.ref_dtype}), "wide": (np.zeros((2, 4097), "u1"), {}),
        "chunks": (None, {"shape": (2,), "dtype": "f8", "maxshape": (None,), "chunks": (1 << 23,)}),
    }
    for name, (data, options) in cases.items():
        with h5py.File(os.path.join(out, name + ".h5"), "w") as f:
            f.create_dataset("y", data=np.zeros(2))
            f.create_dataset("x", data=data, **options)


def damaged_hdf5(path):
    """The compressed bytes of a chunk are others."""
    with h5py.File(path, "w") as f:
        f.create_dataset("y", data=np.arange(2000.0), chunks=(2000,), compression="gzip")
    with h5py.File(path, "r") as f:
        at = f["y"].id.get_chunk_info(0).byte_offset
    with open(path, "r+b") as f:
        f.seek(at + 20)
        f.write(b"\xff" * 180)


def same(out):
    os.makedirs(os.path.join(out, "same"), exist_ok=True)
    wine = load_wine().data
    names = ["c%02d" % i for i in range(wine.shape[1])]
    csv(os.path.join(out, "same", "wine.csv"), names, wine.tolist())
    np.save(os.path.join(out, "same", "wine.f8.npy"), wine.astype("<f8"))
    np.save(os.path.join(out, "same", "wine.big.npy"), wine.astype(">f8"))
    np.save(os.path.join(out, "same", "wine.fortran.npy"), np.asfortranarray(wine))
    np.savez(os.path.join(out, "same", "wine.each.npz"), **{n: wine[:, i] for i, n in enumerate(names)})
    np.savez_compressed(os.path.join(out, "same", "wine.alone.npz"), wine=wine)
    np.save(os.path.join(out, "same", "wine.fields.npy"), np.array([tuple(r) for r in wine], dtype=[(n, "<f8") for n in names]))
    digits = load_digits().data.astype(int)
    names = ["p%d" % i for i in range(64)]
    csv(os.path.join(out, "same", "digits.csv"), names, digits)
    for kind in ("u1", "i1", "<i2", ">i4", "<i8", "<u8", ">u2"):
        np.save(os.path.join(out, "same", "digits.%s.npy" % kind.strip("<>")), digits.astype(kind))
    signed = digits - 8
    csv(os.path.join(out, "same", "signed.csv"), names, signed)
    for kind in ("i1", ">i2", "<i4", "<i8"):
        np.save(os.path.join(out, "same", "signed.%s.npy" % kind.strip("<>")), signed.astype(kind))
    halves = signed / 16.0
    csv(os.path.join(out, "same", "halves.csv"), names, halves.tolist())
    for kind in ("<f2", ">f4", "<f8"):
        np.save(os.path.join(out, "same", "halves.%s.npy" % kind.strip("<>")), halves.astype(kind))
    one = digits[:, 20]
    csv(os.path.join(out, "same", "one.csv"), ["p"], [[v] for v in one])
    labelled = load_iris()
    kinds = np.array(labelled.target_names)[labelled.target]
    days = np.datetime64("2024-01-01") + np.arange(len(kinds))
    same_hdf5(os.path.join(out, "same"), wine, labelled.data, kinds)
    names = ["X.%d" % i for i in range(4)] + ["y", "day"]
    csv(os.path.join(out, "same", "irisy.csv"), names[:5], [list(r) + [k] for r, k in zip(labelled.data.tolist(), kinds)])
    csv(os.path.join(out, "same", "iris.csv"), names, [list(r) + [k, d] for r, k, d in zip(labelled.data.tolist(), kinds, days)])
    np.savez(os.path.join(out, "same", "iris.wide.npz"), X=labelled.data, y=kinds, day=days)
    np.savez_compressed(os.path.join(out, "same", "iris.bytes.npz"), X=np.asfortranarray(labelled.data, ">f8"), y=kinds.astype("S"), day=days)
    np.save(os.path.join(out, "same", "one.flat.npy"), one.astype("u1"))
    np.save(os.path.join(out, "same", "one.column.npy"), one.astype("<i4").reshape(-1, 1, order="F"))


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    batches(sys.argv[1])
    same(sys.argv[1])
    for n, (seed, rows, flips) in {"model": (1, 6000, 0), "model-honest": (2, 3000, 0), "model-flipped": (3, 3000, 0.05)}.items():
        predicted(sys.argv[1], n, seed, rows, flips)
    documents(os.path.join(sys.argv[1], "same"))
    heaps(os.path.join(sys.argv[1], "heaps"))
    damaged_hdf5(os.path.join(sys.argv[1], "damaged.h5"))
    misfits_hdf5(os.path.join(sys.argv[1], "misfits"))
