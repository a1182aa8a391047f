#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes datasets of several files.

gen_disk.py disk DIR SEED ROWS SHARDS [POWER] [REPEATED]: the folder that save_to_disk of datasets writes, Arrow streams with
what describes them. gen_disk.py mixed DIR SEED ROWS: the same table in three forms, one after the other. Numbers of the last
shard are raised to POWER; the share REPEATED of all rows is the first one.
"""
import json
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import arrow_ipc as ipc     # noqa: E402

WORDS = ["red", "green", "blue", "grey"]
FIELDS = [ipc.field("x", ipc.real_type(2)), ipc.field("n", ipc.int_type(64)), ipc.field("word", ipc.UTF8)]


def table(r, rows, power=1.0):
    return [(int(100 * r.random() ** power) / 100, r.randrange(100), r.choice(WORDS)) for _ in range(rows)]


def stream(rows):
    """In batches of 500 rows."""
    parts = []
    for at in range(0, len(rows), 500):
        part = rows[at:at + 500]
        parts.append(("batch",) + ipc.batch(len(part), [ipc.numbers([x for x, _, _ in part], "d"), ipc.numbers([n for _, n, _ in part], "q"),
                                                        ipc.texts([w.encode() for _, _, w in part])]))
    return ipc.stream(FIELDS, parts)[0]


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def disk(root, seed, rows, shards, power=1.0, repeated=0.0):
    r = random.Random(seed)
    names = ["data-%05d-of-%05d.arrow" % (i, shards) for i in range(shards)]
    first = None
    for i, name in enumerate(names):
        part = table(r, rows // shards, power if i == shards - 1 else 1.0)
        first = first or part[0]
        write(os.path.join(root, name), stream([first if r.random() < repeated else row for row in part]))
    kinds = {"x": "float64", "n": "int64", "word": "string"}
    info = {"citation": "", "description": "", "features": {k: {"dtype": t, "_type": "Value"} for k, t in kinds.items()}, "homepage": "", "license": ""}
    state = {"_data_files": [{"filename": n} for n in names], "_fingerprint": "%016x" % seed, "_format_columns": None, "_format_kwargs": {},
             "_format_type": None, "_output_all_columns": False, "_split": None}
    write(os.path.join(root, "dataset_info.json"), json.dumps(info, indent=2).encode())
    write(os.path.join(root, "state.json"), json.dumps(state, indent=2).encode())


def mixed(root, seed, rows):
    r = random.Random(seed)
    write(os.path.join(root, "comma", "1.csv"), ("x,n,word\n" + "".join("%s,%d,%s\n" % row for row in table(r, rows))).encode())
    write(os.path.join(root, "lines", "1.jsonl"), "".join(json.dumps(dict(zip(("x", "n", "word"), row))) + "\n" for row in table(r, rows)).encode())
    write(os.path.join(root, "columns", "1.arrow"), stream(table(r, rows)))


if __name__ == "__main__":
    if sys.argv[1] == "disk":
        disk(sys.argv[2], *map(int, sys.argv[3:6]), *map(float, sys.argv[6:]))
    else:
        mixed(sys.argv[2], *map(int, sys.argv[3:]))
