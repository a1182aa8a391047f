#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes one table in each form that a dataset may have.

gen_forms.py DIR [SEED ROWS [POWER]]: DIR/FORM/ has one file each, of a number x (raised to POWER), an integer n and a word;
60 rows unless told otherwise.
"""
import csv
import gzip
import io
import json
import lzma
import os
import random
import sys
import tarfile
import zipfile

import h5py
import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import arrow_ipc as ipc             # noqa: E402
import gen_tables as parquet        # noqa: E402
import gen_tfrecord as tf           # noqa: E402

NAMES = ("x", "n", "word")
WORDS = ("red", "green", "blue", "grey")


def rows_of(seed, count, power):
    r = random.Random(seed)
    return [(round(r.random() ** power, 4), r.randrange(1000), r.choice(WORDS)) for _ in range(count)]


def separated(rows, delimiter=","):
    out = io.StringIO()
    w = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    w.writerow(NAMES)
    w.writerows(rows)
    return out.getvalue().encode()


def arrow(rows, write):
    fields = [ipc.field("x", ipc.real_type(2)), ipc.field("n", ipc.int_type(64)), ipc.field("word", ipc.UTF8)]
    x, n, word = zip(*rows)
    batch = ("batch",) + ipc.batch(len(rows), [ipc.numbers(x, "d"), ipc.numbers(n, "q"), ipc.texts([w.encode() for w in word])])
    out = write(fields, [batch])
    return out[0] if isinstance(out, tuple) else out


def columns(rows, **kw):
    x, n, word = zip(*rows)
    return parquet.parquet([parquet.column("x", parquet.DOUBLE, list(x), **kw), parquet.column("n", parquet.INT64, list(n), **kw),
                            parquet.column("word", parquet.BYTES, [w.encode() for w in word], element=parquet.TEXT, dictionary=True, **kw)])


def structured(rows):
    return np.array(rows, dtype=[("x", "<f8"), ("n", "<i4"), ("word", "U8")])


def saved(save, *args, **kw):
    out = io.BytesIO()
    save(out, *args, **kw)
    return out.getvalue()


def hdf5(rows, compound):
    out = io.BytesIO()
    a = structured(rows)
    texts = h5py.string_dtype()
    with h5py.File(out, "w") as f:
        if compound:
            f["t"] = a.astype([("x", "<f8"), ("n", "<i4"), ("word", texts)])
        else:
            f.create_dataset("x", data=a["x"], chunks=(min(500, len(a)),), compression="gzip", shuffle=True)
            f.create_dataset("n", data=a["n"])
            f.create_dataset("word", data=a["word"].astype(object), dtype=texts)
    return out.getvalue()


def archived(data, name):
    out = io.BytesIO()
    if name == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr(zipfile.ZipInfo("t.csv"), data)
    else:
        with tarfile.open(fileobj=out, mode="w") as t:
            info = tarfile.TarInfo("t.csv")
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def forms(rows):
    comma, lines = separated(rows), "".join(json.dumps(dict(zip(NAMES, r))) + "\n" for r in rows).encode()
    x, n, word = zip(*rows)
    yield "csv", "t.csv", comma
    yield "tsv", "t.tsv", separated(rows, "\t")
    yield "jsonl", "t.jsonl", lines
    yield "json", "t.json", json.dumps([dict(zip(NAMES, r)) for r in rows]).encode()
    yield "csv-gzip", "t.csv.gz", gzip.compress(comma, mtime=0)
    yield "csv-zstd", "t.csv.zst", parquet.zstd(comma)
    yield "csv-xz", "t.csv.xz", lzma.compress(comma)
    yield "jsonl-gzip", "t.jsonl.gz", gzip.compress(lines, mtime=0)
    yield "csv-in-zip", "t.zip", archived(comma, "zip")
    yield "csv-in-tar", "t.tar", archived(comma, "tar")
    yield "parquet", "t.parquet", columns(rows)
    yield "parquet-snappy", "t.parquet", columns(rows, codec=parquet.SNAPPY, v2=True)
    yield "arrow-stream", "t.arrows", arrow(rows, ipc.stream)
    yield "arrow-file", "t.arrow", arrow(rows, ipc.file)
    yield "npy", "t.npy", saved(np.save, structured(rows))
    yield "npz", "t.npz", saved(np.savez_compressed, x=np.array(x), n=np.array(n), word=np.array(word))
    yield "hdf5", "t.h5", hdf5(rows, False)
    yield "hdf5-compound", "t.h5", hdf5(rows, True)
    yield "tfrecord", "t.tfrecord", b"".join(tf.record(tf.example(x=tf.floats(r[0]), n=tf.integers(r[1]), word=tf.bytes_list(r[2].encode()))) for r in rows)


if __name__ == "__main__":
    seed, count, exponent = sys.argv[2:] + ["1", "60", "1"][len(sys.argv) - 2:]
    for form, name, data in forms(rows_of(int(seed), int(count), float(exponent))):
        os.makedirs(os.path.join(sys.argv[1], form), exist_ok=True)
        with open(os.path.join(sys.argv[1], form, name), "wb") as f:
            f.write(data)
