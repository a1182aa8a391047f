#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a table as a reference and tables that drift from it, or do not, into a directory.

gen_drift.py DIR writes DIR/NAME/t.csv and DIR/INDEX.tsv: name, expected exit of `assay put`, a rule that must be among the
findings ("-": none at all), and a sentence. Seeds are fixed. Needs only the standard library.
"""
import os
import random
import sys

COLOURS = ("red", "green", "blue")


def table(out, name, rows, seed, shift=0.0, scale=1.0, colours=COLOURS, weights=(5, 3, 2), null=0.02, huge=0, header="height,weight,colour,count"):
    r = random.Random(seed)
    os.makedirs(os.path.join(out, name), exist_ok=True)
    with open(os.path.join(out, name, "t.csv"), "w", encoding="ascii") as f:
        f.write(header + "\n")
        for i in range(rows):
            height = r.gauss(170 + 10 * shift, 10 * scale)
            weight = "" if r.random() < null else "%.2f" % r.gauss(70, 12)
            f.write("%.3f,%s,%s,%d\n" % (1e9 if i < huge else height, weight, r.choices(colours, weights)[0], r.randrange(50)))


def main(out):
    table(out, "reference", 5000, 1)
    rows = []

    def one(name, status, rule, why, *args, **kw):
        table(out, name, *args, **kw)
        rows.append((name, str(status), rule, why))

    for seed in range(10, 15):
        one("honest%d" % seed, 0, "-", "rows of the same kind", 3000, seed)
    one("shifted", 1, "drift.found", "heights half a deviation higher", 3000, 20, shift=0.5)
    one("slightly", 1, "drift.found", "heights 0.3 deviations higher", 2000, 21, shift=0.3)
    one("rescaled", 1, "drift.found", "heights spread twice as wide", 3000, 22, scale=2)
    one("hidden", 1, "drift.found", "the shift beside one value of 1e9", 3000, 23, shift=0.5, huge=1)
    one("swapped", 1, "drift.found", "colours the other way round", 3000, 24, weights=(2, 3, 5))
    one("unseen", 1, "drift.found", "a colour that the reference never had", 3000, 25, colours=("red", "green", "pink"))
    one("missing", 1, "drift.found", "half of the weights are missing", 3000, 26, null=0.5)
    one("small", 2, "drift.held", "too few rows to tell", 100, 27)
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
