#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes shelves: Python's pickles in a dbm database, in each of the databases that its dbm package has.

gen_shelves.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is. The databases are written by their own libraries, as far as
they are here, and then changed by hand for what no library writes. The arguments of calls are inert.
"""
import os
import pickle
import random
import shelve
import sqlite3
import struct
import sys
import zipfile

import made_samples

OUT = sys.argv[1] if len(sys.argv) > 1 else "."
SUFFIX = {"gnu": ".gdbm", "ndbm": ".db", "dumb": ".dat", "sqlite3": ".sqlite"}
TABLE = "\n  CREATE TABLE IF NOT EXISTS Dict (\n    key BLOB UNIQUE NOT NULL,\n    value BLOB NOT NULL\n  )\n"    # as dbm.sqlite3 of Python 3.13


def library(name):
    try:
        return __import__("dbm." + name, fromlist=["open"])
    except ImportError:
        return None


FOLDER = made_samples.Folder(OUT)
path, note, put = FOLDER.path, FOLDER.note, FOLDER.put


def read(name):
    with open(path(name), "rb") as f:
        return f.read()


class Evil:
    def __init__(self, padding=""):
        self.padding = padding

    def __reduce__(self):
        return os.system, ("echo " + self.padding,)


VALUES = {"a": {"w": [1.5] * 200}, "b": "text", "long": list(range(20000)), "snowman \u2603 and 'quotes'": None}
MANY = {"key %d" % i: [i] * (i % 60) for i in range(2000)}


class Sqlite(dict):
    """What dbm.sqlite3 does, for Pythons that do not have it yet, and with other settings."""

    def __init__(self, name, wal=True, table=TABLE, page=4096):
        super().__init__()
        self.db = sqlite3.connect(name, isolation_level=None)
        self.db.execute("PRAGMA page_size = %d" % page)
        if wal:
            self.db.execute("PRAGMA journal_mode = wal")
        for one in table.split(";"):
            self.db.execute(one)

    def __setitem__(self, key, value):
        self.db.execute("REPLACE INTO Dict (key, value) VALUES (CAST(? AS BLOB), CAST(? AS BLOB))", (key, value))

    def __delitem__(self, key):
        self.db.execute("DELETE FROM Dict WHERE key = CAST(? AS BLOB)", (key,))

    def close(self):
        self.db.close()


def write(kind, name, values, delete=(), **options):
    """The path of the database's file, or None where its library is not here."""
    file = name + SUFFIX[kind]
    full = path(file)
    for suffix in ("", ".dir", ".bak"):
        if os.path.exists(full[:-4] + suffix if suffix else full):
            os.remove(full[:-4] + suffix if suffix else full)
    module = library(kind)
    if kind == "sqlite3" and (options or not module):
        db = Sqlite(full, **options)
    elif module:
        db = module.open(full if kind in ("gnu", "sqlite3") else full[:-len(SUFFIX[kind])], "n")
    else:
        return None
    with shelve.Shelf(db) as s:
        s.update(values)
        for key in delete:
            del s[key]
    return file


def write_all(name, values, verdict, rule, what, kinds=tuple(SUFFIX), **options):
    for kind in kinds:
        file = write(kind, name, values, **options)
        if file:
            note(file, verdict, rule, "a shelf in dbm.%s: %s" % (kind, what))
            if kind == "dumb":
                for suffix in (".dir", ".bak"):
                    if os.path.exists(path(name + suffix)):
                        note(name + suffix, "pass", "-", "its index")


def whole():
    write_all("good/few", VALUES, "pass", "-", "a long value among short ones")
    write_all("good/many", MANY, "pass", "-", "more than a page of each tree and bucket")
    write_all("good/one", {"k": 1}, "pass", "-", "one value")
    write_all("good/none", {}, "pass", "-", "nothing", kinds=("gnu", "ndbm", "sqlite3"))
    write_all("good/deleted", MANY, "pass", "-", "a third was deleted again", kinds=("gnu", "ndbm", "sqlite3"), delete=list(MANY)[::3])
    write_all("good/long", {"a": "x" * 300000, "b": b"y" * 70000}, "pass", "-", "long values alone")
    write_all("good/journal", VALUES, "pass", "-", "without a write-ahead log", kinds=("sqlite3",), wal=False)
    write_all("good/page", {"k%02d" % i: [i] * 40 for i in range(60)} | {"long": "x" * 2000}, "pass", "-", "small pages, so that the tree is deep",
              kinds=("sqlite3",), page=512)
    write_all("good/large", VALUES, "pass", "-", "the largest pages", kinds=("sqlite3",), page=65536)
    write_all("good/tight", VALUES, "pass", "-", "the same table, its statement in one line", kinds=("sqlite3",),
              table="CREATE TABLE Dict(key BLOB UNIQUE NOT NULL,value BLOB NOT NULL)")


def calls():
    draw = random.Random(1)
    write_all("call/only", {"k": Evil()}, "fail", "pickle.call.denied", "its one value is a call")
    write_all("call/last", {**MANY, "zz": Evil()}, "fail", "pickle.call.denied", "one of many values is a call")
    write_all("call/long", {"k": [Evil("x" * 100000)], "l": 1}, "fail", "pickle.call.denied", "a call within a value that no page holds")
    write_all("call/all", {"k%d" % i: Evil("x" * draw.choice((1, 10, 300, 5000, 30000))) for i in range(500)}, "fail", "pickle.call.denied",
              "each of 500 values is a call")
    for kind in SUFFIX:
        file = write(kind, "not-pickle/raw", {"a": 1})
        if not file or kind == "dumb":
            continue
        data = read(file)
        one = pickle.dumps(1, shelve.DEFAULT_PROTOCOL)
        put(file, data.replace(one, b"\xffello"[:len(one)]), "fail", "*", "a value that is no pickle, in dbm.%s" % kind)


def dumb():
    """Places that an index names and where no value was judged."""
    hidden = pickle.dumps(b"A" * 600 + pickle.dumps(Evil()) + b"A" * 600, 4)
    at = hidden.index(pickle.dumps(Evil()))

    def pair(name, data, lines, rule, what, verdict="pass", found="-"):
        put("dumb/%s/s.dat" % name, data, verdict, found, "the values: " + what)
        put("dumb/%s/s.dir" % name, lines, "fail" if rule != "-" else "pass", rule, "the index: " + what)

    pair("inside", hidden, b"'a', (%d, %d)\n" % (at, len(pickle.dumps(Evil()))), "sibling.values", "it names a place inside of a value")
    pair("longer", hidden, b"'a', (0, %d)\n" % (len(hidden) + 1), "sibling.values", "it names a byte more")
    pair("missing", hidden, b"'a', (0, %d)\n'b', (5120, 10)\n" % len(hidden), "sibling.values", "it names a place behind the end")
    pair("twice", hidden, b"'a', (0, %d)\n" % len(hidden) * 2, "sibling.values", "it names one place twice")
    pair("fits", hidden, b"'a', (0, %d)\n" % len(hidden), "-", "a value that holds the bytes of a pickle")
    pair("text", b"name,text\n1,abc\n", b"'a', (0, 4)\n", "sibling.values", "the values are a text")
    pair("joblib", pickle.dumps(b"joblib" + pickle.dumps(Evil()), 4), b"'a', (20, 30)\n", "sibling.values", "joblib's mark keeps it from being values")
    put("dumb/lone/s.dir", b"'a', (0, 4)\n", "fail", "sibling.missing", "an index without values")
    values = pickle.dumps(1, 4)
    for name, data, what in (("block", values + b"\0" * 100 + values, "a pickle that begins within a block"),
                             ("padding", values + b"\0" * (511 - len(values)) + b"x" + values, "a byte in the padding"),
                             ("rest", values + pickle.dumps("x" * 600, 4), "what is left of a value that was longer")):
        put("dumb/%s.dat" % name, data, "fail", "dbm.malformed", what)
    put("dumb/end.dat", values + b"\0" * (512 - len(values)), "pass", "-", "padding at the end")
    put("dumb/second.dat", values + b"\0" * (512 - len(values)) + pickle.dumps(Evil(), 4), "fail", "pickle.call.denied", "the second value is a call")
    put("dumb/array.dat", pickle.dumps({"joblib": 1}, 4), "pass", "-", "a plain pickle with joblib's name in it")
    for i, line in enumerate((b"'a', (0, 5)\n__import__('os').system('echo'), (0, 1)\n", b"'a', (0, 5)", b"'a', (00, 5)\n", b"'a', (0,5)\n", b"'a', (-1, 5)\n",
                              b"'a', (0, 0x5)\n", b"'a', (0, 5)\r\n", b"'a' 'b', (0, 5)\n", b"'\\u0061', (0, 5)\n", b"'a\n', (0, 5)\n", b"'a\xad', (0, 5)\n",
                              b"'\\x4', (0, 5)\n", b"'a", b"'a', (1234567890123456, 5)\n", b"'a', (, 5)\n")):
        put("dumb/line%d.bak" % i, line, "fail", "dbm.malformed", "a line of an index that Python reads in another way, or not at all")
    put("dumb/keys.bak", b"'\\'\\\\\\n\\r\\t\\x00\xe9\"', (0, 5)\n\"it's\", (512, 999999999999999)\n", "pass", "-", "keys with all that repr() writes")
    put("dumb/other.dir", b"\0\0\0\0", "fail", "format.unsupported", "the index of another dbm")
    with zipfile.ZipFile(path("dumb/packed.zip"), "w") as z:
        z.writestr("s.dat", hidden)
        z.writestr("s.dir", b"'a', (%d, 4)\n" % at)
    note("dumb/packed.zip", "fail", "sibling.values", "values and index in an archive, where nobody compares them")


def changed(file, name, verdict, rule, what, *places):
    """places: (offset, bytes)."""
    data = bytearray(read(file))
    for off, new in places:
        data[off:off + len(new)] = new
    put(name, bytes(data), verdict, rule, what)


def gnu():
    if not library("gnu"):
        return
    good, evil = write("gnu", "good/few", VALUES), write("gnu", "call/only", {"k": Evil()})
    directory, = struct.unpack_from("<Q", read(good), 8)
    data = read(evil)
    bucket, = struct.unpack_from("<Q", data, directory)
    element = next(i for i in range(166) if struct.unpack_from("<I", data, bucket + 112 + 24 * i)[0] != 0xffffffff) * 24 + bucket + 112
    for name, off, new, what in (("bits", 20, b"\x08", "a directory of another size"), ("size", 16, b"\x04", "a directory that no bits give"),
                                 ("elements", 28, b"\xa7", "more elements than a bucket has"), ("bucket", 24, b"\0\0", "no room in a bucket"),
                                 ("end", 33, b"\xff", "a longer database"), ("directory", 8, b"\xff\xff\xff", "a directory behind the end"),
                                 ("first", directory, b"\0\0", "a bucket that is the header"),
                                 ("outside", directory, b"\xff\xff\xff", "a bucket behind the end")):
        changed(good, "gnu/%s.gdbm" % name, "fail", "dbm.malformed", "GNU dbm: " + what, (off, new))
    for name, off, new in (("place", 8, b"\xff\xff\xff"), ("key", 16, b"\xff\xff\xff\x7f"), ("length", 20, b"\xff\xff\xff\xff")):
        changed(evil, "gnu/%s.gdbm" % name, "fail", "dbm.malformed", "GNU dbm: an element that leaves the database", (element + off, new))
    changed(evil, "gnu/unused.gdbm", "pass", "-", "GNU dbm: the call is an element that is not used", (element, b"\xff\xff\xff\xff"))
    put("gnu/head.gdbm", data[:39], "fail", "dbm.malformed", "GNU dbm: a part of the header")
    put("gnu/tail.gdbm", data + b"x", "fail", "dbm.malformed", "GNU dbm: a byte behind the end")
    for magic in (0x13579acd, 0x13579ace, 0x13579ad0, 0x13579ad1):
        for order in "<>":
            put("gnu/%x%s.db" % (magic, "lb"[order == ">"]), struct.pack(order + "I", magic) + b"\0" * 508, "fail", "format.unsupported",
                "a GNU dbm database of another kind")
    put("gnu/13579acfb.db", struct.pack(">I", 0x13579acf) + b"\0" * 508, "fail", "format.unsupported", "a GNU dbm database of another machine")


def small_berkeley(meta, value):
    """A database with pages of 512 bytes and one long value, laid out as in a real one."""
    size, head = 512, struct.Struct("<8xIIIHHBB")
    parts = [value[i:i + size - 26] for i in range(0, len(value), size - 26)]
    pages = [bytearray(meta[:size])]
    struct.pack_into("<I", pages[0], 20, size)
    struct.pack_into("<I", pages[0], 32, 2 + len(parts))
    key, far = b"\1k", struct.pack("<B3xII", 3, 3, len(value))
    items = far + key
    index = struct.pack("<HH", size - len(key), size - len(items))
    pages.append(bytearray(head.pack(1, 0, 0, 0, size, 0, 13).ljust(size, b"\0")))
    pages.append(bytearray(head.pack(2, 0, 0, 2, size - len(items), 0, 13) + index).ljust(size - len(items), b"\0") + items)    # where "k" belongs
    for i, part in enumerate(parts):
        after = 4 + i if i + 1 < len(parts) else 0
        pages.append(bytearray(head.pack(3 + i, 2 + i if i else 0, after, 1, len(part), 0, 7) + part).ljust(size, b"\0"))
    return b"".join(pages)


def page_of(data, wanted, size=4096):
    return next(i for i in range(1, len(data) // size) if data[i * size + 25] == wanted) * size


def berkeley():
    put("berkeley/btree.db", b"\0" * 12 + struct.pack(">I", 0x053162) + b"\0" * 500, "fail", "format.unsupported", "a big-endian B-tree")
    put("berkeley/old.db", struct.pack(">I", 0x061561) + b"\0\0\0\2" + b"\0" * 500, "fail", "format.unsupported", "a hash of version 1.85")
    put("berkeley/head.db", b"\0" * 12 + struct.pack("<I", 0x061561) + b"\0" * 100, "fail", "dbm.malformed", "a part of the first page")
    put("berkeley/blank.db", b"\0" * 12 + struct.pack("<I", 0x061561) + b"\0" * 500, "fail", "format.unsupported", "a hash of no version")
    if not library("ndbm"):
        return
    good, evil, long = write("ndbm", "good/few", VALUES), write("ndbm", "call/only", {"k": Evil()}), write("ndbm", "call/long", {"k": [Evil("x" * 100000)], "l": 1})
    data = read(evil)
    at = data.index(pickle.dumps(Evil(), shelve.DEFAULT_PROTOCOL)) // 4096 * 4096
    for name, off, new, what in (("type", 25, b"\x09", "a B-tree by its type"), ("version", 16, b"\x0a", "a later version"), ("checks", 26, b"\1", "checksums"),
                                 ("encrypted", 24, b"\1", "encryption"), ("flags", 48, b"\4", "several databases in one"), ("parts", 36, b"\2", "partitions")):
        changed(good, "berkeley/%s.db" % name, "fail", "format.unsupported", "Berkeley DB: " + what, (off, new))
    for name, off, new, what in (("size", 20, b"\1\x10", "a page of an odd size"), ("pages", 32, b"\x01", "fewer pages than there are"),
                                 ("buckets", 72, b"\xff\xff", "more buckets than pages"), ("high", 76, b"\xff", "a mask that leaves the buckets"),
                                 ("low", 80, b"\xff", "another mask that leaves them"), ("group", 96, b"\xff\xff\xff\xff", "a group behind the end"),
                                 ("meta", 96, b"\0", "a bucket that is the first page")):
        changed(good, "berkeley/%s.db" % name, "fail", "dbm.malformed", "Berkeley DB: " + what, (off, new))
    changed(evil, "berkeley/overflow.db", "fail", "dbm.malformed", "Berkeley DB: the call is on a page that says it is a part of a long value",
            (at + 25, b"\7"))
    changed(evil, "berkeley/free.db", "fail", "dbm.malformed", "Berkeley DB: the call is on a page that says it is free", (at + 25, b"\0"))
    changed(evil, "berkeley/circle.db", "fail", "dbm.malformed", "Berkeley DB: a bucket whose page follows itself", (at + 16, struct.pack("<I", at // 4096)))
    changed(evil, "berkeley/number.db", "fail", "dbm.malformed", "Berkeley DB: a page with another number", (at + 8, b"\x77"))
    changed(evil, "berkeley/odd.db", "fail", "dbm.malformed", "Berkeley DB: a key without a value", (at + 20, b"\1"))
    changed(evil, "berkeley/overlap.db", "fail", "dbm.malformed", "Berkeley DB: an item within another", (at + 28, b"\xff\x0f"))
    meta = read(write("ndbm", "good/none", {}))
    put("berkeley/small.db", small_berkeley(meta, pickle.dumps(list(range(700)), 4)), "pass", "-", "Berkeley DB: small pages and a long value")
    put("berkeley/small-call.db", small_berkeley(meta, pickle.dumps(Evil("x" * 900), 4)), "fail", "pickle.call.denied", "Berkeley DB: the long value is a call")
    item, = struct.unpack_from("<H", data, at + 28)
    changed(evil, "berkeley/duplicate.db", "fail", "dbm.malformed", "Berkeley DB: several values of one key", (at + item, b"\2"))
    data = read(long)
    chain = page_of(data, 7)
    changed(long, "berkeley/chain.db", "fail", "dbm.malformed", "Berkeley DB: a long value that goes in a circle", (chain + 16, struct.pack("<I", chain // 4096)))
    changed(long, "berkeley/short.db", "fail", "dbm.malformed", "Berkeley DB: a long value that ends before its length", (chain + 16, b"\0\0\0\0"))
    changed(long, "berkeley/fill.db", "fail", "dbm.malformed", "Berkeley DB: more on a page than it has", (chain + 22, b"\xff\xff"))
    put("berkeley/tail.db", data + b"x", "fail", "dbm.malformed", "Berkeley DB: a byte behind the end")


def leaf_of(data, size=4096):
    return next(i for i in range(1, len(data) // size) if data[i * size] == 13) * size


def sqlite():
    evil = pickle.dumps(Evil(), 4).hex()
    view = "CREATE TABLE T (key BLOB UNIQUE NOT NULL, v BLOB); CREATE VIEW Dict AS SELECT key, CAST(x'%s' AS BLOB) AS value FROM T; INSERT INTO T VALUES (x'6b', 1)" % evil
    plain = TABLE.replace("IF NOT EXISTS ", "")
    for name, table, what in (("view", view, "a view that answers a call which no row holds"),
                              ("column", plain.replace("value BLOB NOT NULL", "v BLOB, value BLOB AS (x'%s')" % evil) + "; INSERT INTO Dict (key) VALUES (x'6b')", "a column that is computed"),
                              ("default", plain.replace("value BLOB NOT NULL", "value BLOB DEFAULT x'%s'" % evil) + "; INSERT INTO Dict (key) VALUES (x'6b')", "a default that is a call"),
                              ("second", plain + "; CREATE TABLE T (a)", "a second table"),
                              ("trigger", plain + "; CREATE TRIGGER t AFTER DELETE ON Dict BEGIN SELECT 1, 2 ; END".replace(" ;", ""), "a trigger"),
                              ("index", plain + "; CREATE INDEX i ON Dict (value)", "a second index"),
                              ("rowid", plain.rstrip() + " WITHOUT ROWID", "a table without row numbers"),
                              ("other", "CREATE TABLE A (b)", "a database that is no shelf")):
        full = path("sqlite/%s.sqlite" % name)
        if os.path.exists(full):
            os.remove(full)
        db = sqlite3.connect(full, isolation_level=None)
        try:
            for one in table.split(";"):
                db.execute(one)
            note("sqlite/%s.sqlite" % name, "fail", "format.unsupported", "SQLite: " + what)
        except sqlite3.OperationalError:
            os.remove(full)
        db.close()
    good, call, long = write("sqlite3", "good/few", VALUES), write("sqlite3", "call/only", {"k": Evil()}), write("sqlite3", "call/long", {"k": [Evil("x" * 100000)], "l": 1})
    many = write("sqlite3", "good/many", MANY)
    for name, off, new, what in (("reserved", 20, b"\x08", "room at the end of each page"), ("vacuum", 52, b"\0\0\0\2", "pages that are moved by themselves"),
                                 ("encoding", 56, b"\0\0\0\2", "texts of two bytes"), ("reader", 19, b"\3", "a later reader"), ("writer", 18, b"\0", "no writer")):
        changed(good, "sqlite/%s.sqlite" % name, "fail", "format.unsupported", "SQLite: " + what, (off, new))
    data = read(call)
    leaf = leaf_of(data)
    cell, = struct.unpack_from(">H", data, leaf + 8)
    for name, off, new, what in (("size", 16, b"\x10\x01", "a page of an odd size"), ("pages", 28, b"\0\0\1\0", "more pages than there are"),
                                 ("kind", leaf, b"\x0a", "a table whose page is one of an index"), ("cells", leaf + 3, b"\xff\xff", "more cells than a page has"),
                                 ("cell", leaf + 8, b"\xff\xff", "a cell behind its page"), ("cell0", leaf + 8, b"\0\1", "a cell within the head of its page"),
                                 ("null", cell + leaf + 3, b"\0", "a row of nothing"), ("head", cell + leaf + 2, b"\4", "a row of three fields"),
                                 ("text", cell + leaf + 4, bytes([data[cell + leaf + 4] + 1]), "a value that is a text")):
        changed(call, "sqlite/%s.sqlite" % name, "fail", "dbm.malformed", "SQLite: " + what, (off, new))
    changed(call, "sqlite/varint.sqlite", "fail", "dbm.malformed", "SQLite: a length in a longer form, which the library takes",
            (leaf + 5, struct.pack(">H", cell - 1)), (leaf + 8, struct.pack(">H", cell - 1)), (leaf + cell - 1, b"\x80"))
    data = read(many)
    root = next(i for i in range(1, len(data) // 4096) if data[i * 4096] == 5) * 4096
    changed(many, "sqlite/circle.sqlite", "fail", "dbm.malformed", "SQLite: a tree whose page is its own child", (root + 8, struct.pack(">I", root // 4096 + 1)))
    changed(many, "sqlite/outside.sqlite", "fail", "dbm.malformed", "SQLite: a child behind the end", (root + 8, b"\xff\xff\xff\xff"))
    changed(many, "sqlite/zero.sqlite", "fail", "dbm.malformed", "SQLite: no child", (root + 8, b"\0\0\0\0"))
    data = read(long)
    cell = next(struct.unpack_from(">H", data, leaf_of(data) + 8 + 2 * i)[0] for i in range(2)
                if data[leaf_of(data) + struct.unpack_from(">H", data, leaf_of(data) + 8 + 2 * i)[0]] > 0x80) + leaf_of(data)
    local = (4096 - 12) * 32 // 255 - 23
    size = (data[cell] & 127) << 14 | (data[cell + 1] & 127) << 7 | data[cell + 2]
    surplus = local + (size - local) % 4092
    chain = cell + 4 + (surplus if surplus <= 4061 else local)
    first, = struct.unpack_from(">I", data, chain)
    changed(long, "sqlite/chain.sqlite", "fail", "dbm.malformed", "SQLite: a long row that goes on behind the end", (chain, b"\xff\xff\xff\xff"))
    changed(long, "sqlite/short.sqlite", "fail", "dbm.malformed", "SQLite: a long row that ends too early", ((first - 1) * 4096, b"\0\0\0\0"))
    put("sqlite/tail.sqlite", data + b"x", "fail", "dbm.malformed", "SQLite: a byte behind the end")
    put("sqlite/begin.sqlite", data[:99], "fail", "dbm.malformed", "SQLite: a part of the header")
    put("sqlite/log.sqlite-wal", bytes.fromhex("377f0682002de218") + b"\0" * 24, "fail", "format.unsupported", "the log of an SQLite database")
    put("sqlite/log.sqlite-journal", bytes.fromhex("d9d505f920a163d7") + b"\0" * 504, "fail", "format.unsupported", "the journal of an SQLite database")


for part in (whole, calls, dumb, gnu, berkeley, sqlite):
    part()
FOLDER.write_index()
