#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a table as a reference and tables with outliers, or without, into a directory.

gen_outliers.py DIR writes DIR/NAME/t.csv and DIR/INDEX.tsv: name, expected exit of `assay put`, a rule that must be among the
findings ("-": none at all), and a sentence. Seeds are fixed. Needs only the standard library.
"""
import os
import random
import sys

COLOURS = ("red", "green", "blue")


def table(out, name, rows, seed, twisted=0.0, wide=0.0, height=None, age=None):
    """twisted: share of rows with a height and a weight that each occur, but not together; wide: of incomes far out, in range."""
    r = random.Random(seed)
    os.makedirs(os.path.join(out, name), exist_ok=True)
    with open(os.path.join(out, name, "t.csv"), "w", encoding="ascii") as f:
        f.write("height,weight,income,age,colour\n")
        for i in range(rows):
            tall = r.gauss(0, 1)
            heavy = 0.95 * tall + 0.312 * r.gauss(0, 1)
            income = r.gauss(3000, 400) if r.random() > 0.002 else 9000 + 1000 * r.random()
            if r.random() < twisted:
                tall, heavy = 2, -2
            if r.random() < wide:
                income = 9500
            cm = height if height is not None and i == rows // 2 else 170 + 10 * tall
            years = age if age is not None and i == rows // 3 else r.randrange(18, 90)
            f.write("%.3f,%.3f,%.2f,%d,%s\n" % (cm, 70 + 12 * heavy, income, years, r.choices(COLOURS, (5, 3, 2))[0]))


def main(out):
    table(out, "reference", 5000, 1)
    table(out, "tiny", 40, 2)
    rows = []

    def one(name, status, rule, why, *args, **kw):
        table(out, name, *args, **kw)
        rows.append((name, str(status), rule, why))

    for seed in range(10, 15):
        one("honest%d" % seed, 0, "-", "rows of the same kind", 3000, seed)
    one("small", 0, "-", "a few of them", 50, 15)
    one("huge", 1, "outlier.value", "one height of 1e9", 3000, 20, height=1e9)
    one("below", 1, "outlier.value", "one height far below", 3000, 21, height=-1e4)
    one("high", 0, "-", "one height beyond the reference, by less than three of its ranges", 3000, 22, height=300)
    one("twisted", 1, "outlier.rows", "2 % of the rows with a height and a weight that do not go together", 3000, 23, twisted=0.02)
    one("slightly", 0, "-", "a few such rows", 3000, 24, twisted=0.001)
    one("wide", 1, "outlier.rate", "4 % of the incomes where 0.2 % are", 3000, 25, wide=0.04)
    one("old", 1, "outlier.value", "one age of 900", 3000, 26, age=900)
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
