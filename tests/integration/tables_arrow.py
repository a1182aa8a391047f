#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds Arrow files against what else is known of them: tables_arrow.py COLUMNS_TOOL DIR, as tables_arrow.mjs wrote DIR.

Polars wrote the same table as Parquet, which tables_duckdb.py holds against DuckDB; of JavaScript's the values are known. A
line a file: ok or not-ok.
"""
import glob
import json
import os
import subprocess
import sys

RICH = [("d", 2, 1), ("x", 2, 1), ("h", 2, 1), ("l.item", 3, 0), ("st.a", 1, 2), ("st.b", 2, 1), ("day", 2, 1), ("bo", 2, 1), ("c", 2, 1)]
SIMPLE = [("i", -1000, 3 * 2999 - 1000, sum(3 * k - 1000 for k in range(3000))), ("f", 0, 2999 / 3, sum(k / 3 for k in range(3000))),
          ("big", 0, 2999 * 1000003, sum(k * 1000003 for k in range(3000)))]


def columns(tool, path):
    document = json.loads(subprocess.run([tool, path], stdout=subprocess.PIPE, check=True).stdout)
    if document["verdict"] != "pass":
        raise RuntimeError("%s: %s" % (document["rule"], document["message"]))
    return [c for c in document["columns"] if c]


def total(c):
    return c["sum_f64"] if "sum_f64" in c else c["sum_high"] * 2**64 + c["sum_low"]


def essence(c):
    return {k: v for k, v in c.items() if k != "name" and k != "scale"}


def wrong(tool, path, parquet):
    """None, or what differs."""
    have, name = columns(tool, path), os.path.basename(path)
    if name.startswith("js-rich"):
        got = [(c["name"], c["values"], c["nulls"]) for c in have]
        return None if got == RICH else str(got)
    if name.startswith("js-simple"):
        got = [(c["name"], c["min"], c["max"], total(c)) for c in have[:3]]
        good = all(a[0] == b[0] and all(abs(x - y) <= 1e-9 * max(1, abs(y)) for x, y in zip(a[1:], b[1:])) for a, b in zip(got, SIMPLE))
        return None if good and len(have) == 4 and have[3]["rows"] == 3000 else str(got)
    for a, b in zip(have, parquet):
        if essence(a) != essence(b):
            return "%s: %s, in Parquet %s" % (a["name"], essence(a), essence(b))
    return None if len(have) == len(parquet) else "another number of columns"


def main(tool, folder):
    parquet = columns(tool, os.path.join(folder, "polars.parquet"))
    for path in sorted(glob.glob(os.path.join(folder, "*.arrow"))):
        try:
            why = wrong(tool, path, parquet)
        except RuntimeError as e:
            why = str(e)
        print("%s - %s%s" % ("not-ok" if why else "ok", os.path.basename(path), ": " + why if why else " holds what was written"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
