#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what the scanners read in Parquet files against DuckDB.

tables_duckdb.py LIBDUCKDB COLUMNS_TOOL DIR [FILE...] writes files of many types, codecs and sizes with DuckDB into DIR and
compares, for these and FILE..., rows, nulls, least, greatest and sum of each column. A line a file: ok or not-ok.
"""
import ctypes
import glob
import json
import math
import os
import subprocess
import sys


class Result(ctypes.Structure):
    _fields_ = [("counts", ctypes.c_uint64 * 3), ("columns", ctypes.c_void_p), ("error", ctypes.c_void_p), ("internal", ctypes.c_void_p)]


class Duck:
    def __init__(self, path):
        self.lib = lib = ctypes.CDLL(path)
        lib.duckdb_value_varchar.restype = ctypes.c_void_p
        lib.duckdb_value_varchar.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64]
        lib.duckdb_result_error.restype = ctypes.c_char_p
        lib.duckdb_row_count.restype = lib.duckdb_column_count.restype = ctypes.c_uint64
        lib.duckdb_value_is_null.restype = ctypes.c_bool
        lib.duckdb_value_is_null.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64]
        self.db, self.connection = ctypes.c_void_p(), ctypes.c_void_p()
        if lib.duckdb_open(None, ctypes.byref(self.db)) or lib.duckdb_connect(self.db, ctypes.byref(self.connection)):
            raise RuntimeError("DuckDB does not start")
        self.rows("SET threads = 1")

    def rows(self, sql):
        """All cells as text or None; every column must be one that has a text."""
        r = Result()
        if self.lib.duckdb_query(self.connection, sql.encode(), ctypes.byref(r)):
            why = (self.lib.duckdb_result_error(ctypes.byref(r)) or b"").decode()
            self.lib.duckdb_destroy_result(ctypes.byref(r))
            raise RuntimeError(why)
        out = []
        for i in range(self.lib.duckdb_row_count(ctypes.byref(r))):
            row = []
            for j in range(self.lib.duckdb_column_count(ctypes.byref(r))):
                p = None if self.lib.duckdb_value_is_null(ctypes.byref(r), j, i) else self.lib.duckdb_value_varchar(ctypes.byref(r), j, i)
                row.append(ctypes.string_at(p).decode() if p else None)
                self.lib.duckdb_free(ctypes.c_void_p(p))
            out.append(row)
        self.lib.duckdb_destroy_result(ctypes.byref(r))
        return out


INTEGERS = {p + i for i in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT") for p in ("", "U")} | {"BOOLEAN"}
PREFIX = 64


def wanted(duck, table, name, kind):
    """rows, values, least, greatest, sum as the tool would print them; None where the two are not comparable."""
    q = '"%s"' % name.replace('"', '""')
    if kind in INTEGERS:
        terms = "min(%s::hugeint), max(%s::hugeint), sum(%s::hugeint)" % (q, q, q)
    elif kind in ("FLOAT", "DOUBLE"):
        terms = "min({0}::double) filter (not isnan({0})), max({0}::double) filter (not isnan({0})), sum({0}::double) filter (not isnan({0}))".format(q)
    elif kind == "VARCHAR" or kind.startswith("ENUM"):
        terms = "hex(encode(min({0}::varchar))), hex(encode(max({0}::varchar))), sum(octet_length(encode({0}::varchar)))".format(q)
    elif kind == "BLOB":
        terms = "hex(min({0})), hex(max({0})), sum(octet_length({0}))".format(q)
    elif kind.startswith("TIMESTAMP"):
        terms = "epoch_us(min({0})), epoch_us(max({0})), NULL".format(q)
    elif kind == "DATE":
        terms = "min({0}) - date '1970-01-01', max({0}) - date '1970-01-01', NULL".format(q)
    elif kind == "TIME":
        terms = "epoch_us(min({0})), epoch_us(max({0})), NULL".format(q)
    elif kind.startswith("DECIMAL"):
        terms = "min({0}), max({0}), sum({0})".format(q)
    else:
        terms = "NULL, NULL, NULL"
    columns = ", ".join("(%s)::varchar" % t for t in ["count(*)", "count(%s)" % q] + split_terms(terms))
    return duck.rows("SELECT %s FROM %s" % (columns, table))[0]


def split_terms(terms):
    """At the commas outside of parentheses."""
    out, depth, start = [], 0, 0
    for i, c in enumerate(terms):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            out.append(terms[start:i])
            start = i + 1
    return out + [terms[start:]]


def close(a, b):
    return a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1) or (math.isinf(a) and a == b) or (math.isnan(a) and math.isnan(b))


def differs(kind, want, got, rows_too=True):
    """None, or what is different."""
    rows, values = int(want[0]), int(want[1])
    if rows_too and got["rows"] != rows:
        return "rows"
    if got["values"] != values or got["nulls"] != rows - values:
        return "nulls"
    if not values or want[2] is None:
        return None
    total = got["sum_high"] * 2**64 + got["sum_low"]
    least, greatest = got["min"], got["max"]
    if kind in INTEGERS:
        same = [int(x) for x in want[2:]] == [least, greatest, total]
    elif kind in ("FLOAT", "DOUBLE"):
        same = all(close(float(a), b) for a, b in zip(want[2:], (least, greatest, got["sum_f64"])))
    elif kind in ("VARCHAR", "BLOB") or kind.startswith("ENUM"):
        same = want[2][:PREFIX].lower() == least and want[3][:PREFIX].lower() == greatest and int(want[4]) == total
    elif kind.startswith("DECIMAL"):
        unit = 1 if "sum_f64" in got else 10 ** got["scale"]
        same = all(close(float(a) * unit, b) for a, b in zip(want[2:], (least, greatest, got.get("sum_f64", total))))
    elif kind.startswith("TIME"):
        scale = got["scale"]
        same = [int(x) for x in want[2:4]] == [x * 10 ** (6 - scale) if scale <= 6 else x // 10 ** (scale - 6) for x in (least, greatest)]
    else:
        same = [int(x) for x in want[2:4]] == [least, greatest]
    return None if same else "values: %s here %s" % (want[2:], (least, greatest, got.get("sum_f64", total)))


def compare(duck, tool, path):
    """Number of columns that were compared, or a reason."""
    document = json.loads(subprocess.run([tool, path], stdout=subprocess.PIPE, check=True).stdout)
    if document["verdict"] != "pass":
        return "%s: %s" % (document["rule"], document["message"])
    table = "'%s'" % path.replace("'", "''")
    kinds = dict(row[:2] for row in duck.rows("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM %s)" % table))
    done = 0
    for column in document["columns"]:
        if column is None:
            continue
        name = column["name"]
        if column["repeated"] and name.count(".") == 2 and kinds.get(name.split(".")[0], "").endswith("[]"):
            top = name.split(".")[0]
            kind = kinds[top][:-2]
            want = wanted(duck, '(SELECT unnest("%s") AS v FROM %s)' % (top, table), "v", kind)
            wrong = differs(kind, want, column, False)
        elif column["repeated"] or name not in kinds:
            continue
        else:
            wrong = differs(kinds[name], wanted(duck, table, name, kinds[name]), column)
        if wrong:
            return "column %s: %s" % (name, wrong)
        done += 1
    return done or "no column"


TYPES = """
SELECT (i % 7 = 0) AS b, (i % 200 - 100)::tinyint AS i8, (i * 7 % 60000 - 30000)::smallint AS i16, (i * 1000003 % 4000000000 - 2000000000)::integer AS i32,
  i * 1000000007 - 5000000000 AS i64, (i % 256)::utinyint AS u8, (i % 65536)::usmallint AS u16, (i * 40503 % 4294967296)::uinteger AS u32,
  (18446744073709551615 - i)::ubigint AS u64, (i / 3.0)::float AS f, CASE WHEN i % 50 = 0 THEN 'nan'::double ELSE sin(i) * 1e9 END AS d,
  'word ' || (i % 13) AS low, md5(i::varchar) AS high, repeat('x', (i % 40)::integer) AS lengths, encode('b' || i) AS bytes,
  date '1999-12-30' + (i % 5000)::integer AS day, timestamp '2020-01-01' + to_seconds(i * 61) AS us, (timestamp '2020-01-01' + to_seconds(i))::timestamp_ms AS ms,
  (timestamp '2020-01-01' + to_seconds(i))::timestamp_ns AS ns, time '00:00:01' + to_seconds(i % 80000) AS clock, (i % 9000 / 100.0)::decimal(4, 2) AS d4,
  (i / 100.0)::decimal(9, 2) AS d9, (i * 12345.678)::decimal(18, 3) AS d18, (i * 12345.678)::decimal(38, 10) AS d38,
  [i, i + 1, NULL][1:(i % 4)::integer] AS l, {'x': i, 'y': 'y' || i} AS s, MAP {'k': i} AS m, uuid() AS u, interval (i) minute AS span
FROM range(ROWS) t(i)
"""


def table(rows):
    return TYPES.replace("ROWS", str(rows))


def write(duck, out):
    names = [r[0] for r in duck.rows("SELECT column_name FROM (DESCRIBE %s)" % table(1))]
    sparse = ", ".join("CASE WHEN i64 %% 3 = 0 THEN %s END AS %s" % (n, n) for n in names if n != "i64") + ", i64"
    for codec in ("uncompressed", "snappy", "gzip", "zstd", "lz4_raw"):
        for version in ("V1", "V2"):
            for shape, rows, sql in (("some", 1000, table(1000)), ("many", 9000, table(9000)),
                                     ("nulls", 5000, "SELECT %s FROM (%s)" % (sparse, table(5000))), ("none", 0, table(0))):
                path = os.path.join(out, "duckdb-%s-%s-%s.parquet" % (codec, version, shape))
                duck.rows("COPY (%s) TO '%s' (FORMAT parquet, COMPRESSION %s, PARQUET_VERSION %s, ROW_GROUP_SIZE 4096)" % (sql, path, codec, version))


def main(library, tool, out, files):
    duck = Duck(library)
    os.makedirs(out, exist_ok=True)
    write(duck, out)
    for path in sorted(glob.glob(os.path.join(out, "*.parquet"))) + files:
        got = compare(duck, tool, path)
        good = isinstance(got, int)
        print("%s - %s: %s" % ("ok" if good else "not-ok", os.path.basename(path), "%d columns as DuckDB has them" % got if good else got))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
