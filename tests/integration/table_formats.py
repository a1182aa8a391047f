#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same table in every format has the same verdict and equal counts.

table_formats.py write LIBDUCKDB DIR VEGA     writes tables with DuckDB as CSV, JSON lines, JSON arrays and Parquet, good and bad
table_formats.py compare TABLE_TOOL DIR       compares what the scanners make of them; a line a table: ok or not-ok
"""
import glob
import json
import os
import subprocess
import sys

import tables_duckdb

TABLES = {
    "flights": "SELECT date, delay, distance, origin, destination FROM '{vega}/flights-3m.parquet' LIMIT 10000",
    "penguins": "SELECT * FROM read_json('{vega}/penguins.json')",
    "movies": "SELECT * EXCLUDE (\"Title\") FROM read_json('{vega}/movies.json')",
    "weather": "SELECT * FROM '{vega}/weather.csv'",
    "stocks": "SELECT * FROM '{vega}/sp500-2000.csv'",
    "types": """SELECT i AS whole, i * 1000000007::BIGINT * 103 AS long, (i * 0.37)::DOUBLE AS real, (i / 8)::DECIMAL(9, 2) AS dec,
        i % 3 = 0 AS flag, CASE WHEN i % 5 = 0 THEN NULL ELSE 'word ' || (i % 17) END AS word, DATE '2020-02-27' + i::INTEGER AS day,
        CASE WHEN i % 7 = 0 THEN NULL ELSE i % 100 END AS gaps, TIMESTAMP '2020-01-01 00:00:00' + to_milliseconds(i * 12345) AS at,
        TIME '10:00:00' + to_seconds(i % 3600) AS clock, CASE WHEN i < 0 THEN 1 END AS none, (i % 250)::UTINYINT AS small,
        {{'x': i % 10, 'y': CASE WHEN i % 4 = 0 THEN NULL ELSE 'in ' || (i % 3) END}} AS inner_,
        FROM range(0, 6000) r(i)""",
}
COPIES = {
    "csv": "FORMAT csv, HEADER", "tsv": "FORMAT csv, HEADER, DELIMITER '\t'", "jsonl": "FORMAT json", "json": "FORMAT json, ARRAY true",
    "parquet": "FORMAT parquet", "v2.parquet": "FORMAT parquet, PARQUET_VERSION v2, CODEC zstd, ROW_GROUP_SIZE 4096",
    "csv.gz": "FORMAT csv, HEADER, COMPRESSION gzip", "csv.zst": "FORMAT csv, HEADER, COMPRESSION zstd",
    "jsonl.gz": "FORMAT json, COMPRESSION gzip", "jsonl.zst": "FORMAT json, COMPRESSION zstd",
}

PROPOSED = ("csv", "csv.zst", "jsonl", "json", "parquet", "arrow")


def write(library, out, vega):
    duck = tables_duckdb.Duck(library)
    os.makedirs(out, exist_ok=True)
    for name, query in TABLES.items():
        duck.rows("CREATE TABLE good AS " + query.format(vega=vega))
        columns = duck.rows("DESCRIBE good")
        flat = [(c[0], c[1]) for c in columns]
        number = next((c, "1e15" if t == "DOUBLE" else "2000000000") for c, t in flat if t in ("BIGINT", "INTEGER", "DOUBLE"))
        # CSV has no columns in columns.
        spread = ", ".join('"%s"' % c if not t.startswith("STRUCT") else "%s.x AS \"%s.x\", %s.y AS \"%s.y\"" % (c, c, c, c) for c, t in flat)
        duck.rows("CREATE TABLE bad AS SELECT * FROM good")
        duck.rows('UPDATE bad SET "%s" = %s WHERE rowid IN (5, 77)' % number)
        for kind in ("good", "bad"):
            for suffix, options in COPIES.items():
                query = "SELECT %s FROM %s" % (spread if suffix[:3] in ("csv", "tsv") else "*", kind)
                duck.rows("COPY (%s) TO '%s/%s.%s.%s' (%s)" % (query, out, name, kind, suffix, options))
        duck.rows("DROP TABLE good")
        duck.rows("DROP TABLE bad")


def scan(tool, schema, files):
    """Of each file: verdict, rows, digest, rules."""
    out = subprocess.run([tool, "scan", schema] + files, check=True, capture_output=True, text=True).stdout
    rows = {}
    for line in out.splitlines():
        verdict, count, digest, _, path = line.split(" ")[:5]
        rows[path] = (verdict, int(count), digest, sorted({w[1:] for w in line.split(" ") if w.startswith("[")}))
    return rows


def bound(schema):
    """The first column of numbers, which the bad tables break, gets a maximum: a proposal has bounds only where values pile up."""
    with open(schema, encoding="utf-8") as f:
        proposed = json.load(f)
    first = next(f for f in proposed["fields"] if f["type"] in ("integer", "number") and "." not in f["name"])
    first.setdefault("constraints", {})["maximum"] = 1999999999 if first["type"] == "integer" else 1e14
    with open(schema, "w", encoding="utf-8") as f:
        json.dump(proposed, f)


def compare(tool, out):
    for name in TABLES:
        good = sorted(glob.glob("%s/%s.good.*" % (out, name)))
        good = [f for f in good if not f.endswith(".schema")]
        bad = [f for f in glob.glob("%s/%s.bad.*" % (out, name))]
        for base in ["%s/%s.good.%s" % (out, name, suffix) for suffix in PROPOSED]:
            if base not in good:
                continue
            schema = base + ".schema"
            with open(schema, "wb") as f:
                done = subprocess.run([tool, "propose", base], stdout=f, stderr=subprocess.PIPE, check=False)
            label = os.path.basename(base)
            if done.returncode:
                print("not-ok", label, done.stderr.decode().strip())
                continue
            bound(schema)
            want = scan(tool, schema, [base])[base]
            got = scan(tool, schema, good)
            odd = [os.path.basename(f) + " %s" % (r,) for f, r in got.items() if r != want or r[0] != "pass" or not r[1]]
            print("not-ok" if odd else "ok", label, "proposes a schema that it passes in every format with equal counts", "; ".join(odd)[:300])
            verdicts = {(r[0], r[1], r[2], tuple(r[3])) for r in scan(tool, schema, bad).values()}
            fine = len(verdicts) == 1 and next(iter(verdicts))[0] == "fail"
            print("ok" if fine else "not-ok", label, "and that a bad one fails in every format", "" if fine else verdicts)


if __name__ == "__main__":
    {"write": write, "compare": compare}[sys.argv[1]](*sys.argv[2:])
