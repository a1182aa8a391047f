#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a table as a reference, and tables that somebody tampered with, or nobody did, into a directory.

gen_poison.py DIR writes DIR/NAME/t.csv and DIR/INDEX.tsv: name, expected exit of `assay put`, a rule that must be among the
findings ("-": none at all), and a sentence; and DIR/model and DIR/model-*/t.csv, tables with what a model said of each row. Seeds are fixed. Needs only the standard library.
"""
import os
import random
import sys

LABELS = ("ant", "bee", "cow")


def rows_of(rows, seed, flips=0.0):
    r = random.Random(seed)
    out = []
    for _ in range(rows):
        true = r.randrange(3)
        given = (true + 1 + r.randrange(2)) % 3 if r.random() < flips else true
        numbers = ["%.4f" % r.gauss(3 * (d == true), 1) for d in range(3)]
        numbers += ["%.4f" % r.gauss(0, 1) for d in range(6)]
        out.append(",".join(numbers + [r.choice("xyz"), LABELS[given]]))
    return out


def moved(row):
    cells = row.split(",")
    return ",".join(cells[:3] + ["%.4f" % (float(c) + (1.5, -1.5)[i % 2]) for i, c in enumerate(cells[3:9])] + cells[9:])


def write(out, name, rows):
    os.makedirs(os.path.join(out, name), exist_ok=True)
    with open(os.path.join(out, name, "t.csv"), "w", encoding="utf-8") as f:
        f.write("a,b,c,d,e,f,g,h,i,kind,label\n" + "".join(row + "\n" for row in rows))


def with_model(rows, seed, flips=0.0, moved_ants=0.0):
    """Rows of a table with what a model said of them: a probability for each label, and four activations."""
    r = random.Random(seed)
    out = []
    for _ in range(rows):
        true = r.randrange(3)
        given = (true + 1 + r.randrange(2)) % 3 if r.random() < flips else true
        scores = [r.gauss(3 * (d == true), 1) for d in range(3)]
        weights = [2.718281828 ** s for s in scores]
        hidden = [r.gauss(d == true, 1) for d in range(4)]
        if true == 0 and r.random() < moved_ants:
            hidden = [h + (2, -2)[d % 2] for d, h in enumerate(hidden)]
        out.append(",".join(["%.5f" % (w / sum(weights)) for w in weights] + ["%.4f" % h for h in hidden] + [LABELS[given]]))
    return out


def write_model(out, name, rows):
    os.makedirs(os.path.join(out, name), exist_ok=True)
    with open(os.path.join(out, name, "t.csv"), "w", encoding="utf-8") as f:
        f.write("p_ant,p_bee,p_cow,h0,h1,h2,h3,label\n" + "".join(row + "\n" for row in rows))


def main(out):
    write(out, "reference", rows_of(6000, 1))
    index = []

    def one(name, status, rule, why, rows):
        write(out, name, rows)
        index.append((name, str(status), rule, why))

    for seed in range(10, 15):
        one("honest%d" % seed, 0, "-", "rows of the same kind", rows_of(3000, seed))
    one("flipped", 1, "poison.labels", "5 % of the labels flipped", rows_of(3000, 20, flips=0.05))
    one("few", 2, "poison.unknown", "too few rows to tell", rows_of(40, 21))
    r = random.Random(30)
    honest = rows_of(3000, 31)
    one("repeated", 1, "poison.duplicates", "each tenth row is one of those before", [r.choice(honest) if i % 10 == 9 else row for i, row in enumerate(honest)])
    one("one-row", 1, "poison.duplicates", "each twentieth row is the same one", [honest[0] if i % 20 == 0 else row for i, row in enumerate(honest)])
    one("nearly", 1, "poison.duplicates", "each tenth row is the first one with another last digit",
        ["%s%d%s" % (honest[0][:5], r.randrange(10), honest[0][6:]) if i % 10 == 0 else row for i, row in enumerate(honest)])
    one("trigger", 1, "poison.trigger", "a kind in each fiftieth row that carries one label",
        [row.rsplit(",", 2)[0] + ",w,ant" if i % 50 == 0 else row for i, row in enumerate(honest)])
    one("directed", 1, "poison.class-drift", "a fifth of the cows said to be bees", [
        row[:-3] + "bee" if row.endswith("cow") and r.random() < 0.2 else row for row in rows_of(3000, 32)])
    one("together", 1, "poison.spectrum", "5 % of the ants moved by one deviation in each of six columns", [
        moved(row) if row.endswith("ant") and r.random() < 0.05 else row for row in rows_of(3000, 33)])
    write(out, "test", rows_of(2000, 40))
    write(out, "leak", rows_of(2800, 41) + rows_of(2000, 40)[:200])
    write_model(out, "model", with_model(6000, 50))
    write_model(out, "model-honest", with_model(3000, 51))
    write_model(out, "model-flipped", with_model(3000, 52, flips=0.05))
    write_model(out, "model-moved", with_model(3000, 53, moved_ants=0.06))
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in index:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
