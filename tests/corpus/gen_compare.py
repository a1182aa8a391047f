#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tables to compare, from scikit-learn's own files: gen_compare.py DIR. Seeds are fixed.

iris.csv, wine.csv   as they are, with names of columns
wine_a, wine_b.csv   5000 and 3000 rows drawn from wine: no drift
wine_shift.csv       b with a column moved by half a standard deviation
wine_nulls.csv       b with a third of one column missing
wine_kinds.csv       b with another mix of kinds
wine_huge.csv        b with one value of 1e9
wine_column.csv      b with a column of another name
wine_na, wine_nb.csv a and b with a third of one column "NA", as R writes what is missing; wine_ns.csv: and shifted
wine_a, wine_b.jsonl as objects, with a third of the kinds empty texts, and whether the kind is class_2
wine_second.csv      the same of a as CSV, with booleans as pandas writes them
wine_ragged.csv      b with a row too long
hostile.csv          markup in names and values
"""
import csv
import json
import os
import random
import statistics
import sys

import sklearn.datasets

DATA = os.path.join(os.path.dirname(sklearn.datasets.__file__), "data")
COLUMNS = {
    "iris": ["sepal length", "sepal width", "petal length", "petal width", "species"],
    "wine": ["alcohol", "malic acid", "ash", "alcalinity", "magnesium", "phenols", "flavanoids", "nonflavanoids",
             "proanthocyanins", "color", "hue", "od280", "proline", "kind"],
}


def load(name):
    path = os.path.join(DATA, name + ("_data" if name == "wine" else "") + ".csv")
    with open(path, encoding="utf-8") as f:
        rows = list(csv.reader(f))
    kinds = rows[0][2:]
    return [row[:-1] + [kinds[int(row[-1])]] for row in rows[1:]]


def write(path, names, rows):
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(names)
        out.writerows(rows)


def main(top):
    os.makedirs(top, exist_ok=True)
    at = lambda name: os.path.join(top, name + ".csv")
    for name, names in COLUMNS.items():
        write(at(name), names, load(name))
    names, wine, r = COLUMNS["wine"], load("wine"), random.Random(4)
    write(at("wine_a"), names, r.choices(wine, k=5000))
    b = r.choices(wine, k=3000)
    write(at("wine_b"), names, b)
    alcohol = statistics.stdev(float(row[0]) for row in wine)
    write(at("wine_shift"), names, [["%.2f" % (float(row[0]) + alcohol / 2)] + row[1:] for row in b])
    write(at("wine_nulls"), names, [row[:2] + ["" if r.random() < 1 / 3 else row[2]] + row[3:] for row in b])
    write(at("wine_kinds"), names, r.choices(wine, weights=[3 if row[-1] == "class_2" else 1 for row in wine], k=3000))
    write(at("wine_huge"), names, [["1e9"] + b[0][1:]] + b[1:])
    write(at("wine_column"), ["spirit"] + names[1:], b)
    a, unknown = r.choices(wine, k=5000), random.Random(5)
    some = lambda value, other: other if unknown.random() < 1 / 3 else value
    write(at("wine_na"), names, [[some(row[0], "NA")] + row[1:] for row in a])
    write(at("wine_nb"), names, [[some(row[0], "NA")] + row[1:] for row in b])
    write(at("wine_ns"), names, [[some("%.2f" % (float(row[0]) + alcohol / 2), "NA")] + row[1:] for row in b])
    for name, rows in (("wine_a", a), ("wine_b", b)):
        with open(os.path.join(top, name + ".jsonl"), "w", encoding="utf-8") as f:
            for row in rows:
                f.write(json.dumps({"alcohol": float(row[0]), "kind": some(row[-1], ""), "second": row[-1] == "class_2"}) + "\n")
    write(at("wine_second"), ["alcohol", "kind", "second"], [[row[0], some(row[-1], ""), row[-1] == "class_2"] for row in a])
    write(at("wine_ragged"), names, b[:10] + [b[10] + ["more"]])
    evil = "</svg><script>alert(1)</script>"
    write(at("hostile"), [evil, "n\x7f\u202e"], [[evil if r.random() < 0.5 else "\"&'", i % 7] for i in range(2000)])


main(sys.argv[1])
