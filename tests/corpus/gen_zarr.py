#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Zarr metadata and chunks, good and hostile, into a directory.

gen_zarr.py DIR writes DIR/NAME/FILE and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is. Written by the specifications of versions 2 and 3; zarr is used
for more of the good ones where it is installed.
"""
import bz2
import gzip
import json
import lzma
import os
import pickle
import shutil
import sys
import zlib

BYTES = [{"name": "bytes", "configuration": {"endian": "little"}}]


def array2(**more):
    return dict({"zarr_format": 2, "shape": [100, 10], "chunks": [10, 10], "dtype": "<f4", "compressor": {"id": "blosc", "cname": "lz4", "clevel": 5,
                 "shuffle": 1, "blocksize": 0}, "fill_value": 0.0, "order": "C", "filters": None}, **more)


def array3(**more):
    return dict({"zarr_format": 3, "node_type": "array", "shape": [100], "data_type": "float32", "chunk_grid": {"name": "regular",
                 "configuration": {"chunk_shape": [10]}}, "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
                 "fill_value": 0.0, "codecs": BYTES + [{"name": "zstd", "configuration": {"level": 0, "checksum": False}}], "attributes": {}}, **more)


def shards(codecs):
    return [{"name": "sharding_indexed", "configuration": {"chunk_shape": [2], "codecs": codecs, "index_codecs": BYTES + [{"name": "crc32c"}],
             "index_location": "end"}}]


def samples():
    """name, file, verdict, rule, sentence, document"""
    pickled = [{"name": "numcodecs.pickle", "configuration": {"protocol": 5}}]
    yield "array", ".zarray", "pass", "-", "an array", array2()
    yield "separator", ".zarray", "pass", "-", "with a separator of chunk names", array2(dimension_separator="/")
    yield "fields", ".zarray", "pass", "-", "an array of fields", array2(dtype=[["x", "<f8"], ["name", "|S10"], ["v", "<i4", [3]]], fill_value=None)
    yield "filters", ".zarray", "pass", "-", "filters", array2(filters=[{"id": "delta", "dtype": "<f4", "astype": "<f4"}, {"id": "shuffle", "elementsize": 4}])
    yield "group", ".zgroup", "pass", "-", "a group", {"zarr_format": 2}
    yield "attributes", ".zattrs", "pass", "-", "attributes", {"units": "m", "dtype": "|O", "history": ["made"], "_FillValue": float("nan")}
    yield "table", ".zmetadata", "pass", "-", "all metadata in one", {"zarr_consolidated_format": 1, "metadata": {
        ".zgroup": {"zarr_format": 2}, "a/b/.zarray": array2(), "a/b/.zattrs": {"x": 1}}}
    yield "array3", "zarr.json", "pass", "-", "an array of version 3", array3()
    yield "sharded", "zarr.json", "pass", "-", "in shards", array3(codecs=shards(BYTES + [{"name": "gzip", "configuration": {"level": 1}}]))
    yield "group3", "zarr.json", "pass", "-", "a group with its arrays", {"zarr_format": 3, "node_type": "group", "attributes": {"a": 1},
          "consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": {"x": array3()}}}

    yield "object", ".zarray", "fail", "zarr.object", "an array of objects", array2(dtype="|O", filters=[{"id": "pickle", "protocol": 4}])
    yield "object_json", ".zarray", "fail", "zarr.object", "objects as JSON", array2(dtype="|O", filters=[{"id": "json2"}])
    yield "pickled", ".zarray", "fail", "zarr.object", "pickled chunks", array2(compressor={"id": "pickle"})
    yield "field", ".zarray", "fail", "zarr.object", "a field of objects", array2(dtype=[["x", "<f8"], ["inner", [["y", "|O"]]]])
    yield "hidden", ".zmetadata", "fail", "zarr.object", "one array of objects among others", {"zarr_consolidated_format": 1, "metadata": {
        "a/.zarray": array2(), "b/.zarray": array2(dtype="|O")}}
    yield "codec", ".zarray", "fail", "zarr.codec", "a codec of a package", array2(compressor={"id": "imagecodecs_jpeg"})
    yield "type", ".zarray", "fail", "zarr.dtype", "a type that NumPy does not have", array2(dtype="<q4")
    yield "key", ".zarray", "fail", "zarr.malformed", "a key of its own", array2(loader="os.system")
    yield "lacking", ".zarray", "fail", "zarr.malformed", "no type", {k: v for k, v in array2().items() if k != "dtype"}
    yield "pickled3", "zarr.json", "fail", "zarr.object", "pickled chunks of version 3", array3(codecs=pickled)
    yield "pickled_shards", "zarr.json", "fail", "zarr.object", "pickled chunks in shards", array3(codecs=shards(shards(pickled)))
    yield "pickled_group", "zarr.json", "fail", "zarr.object", "pickled chunks of an array within a group", {"zarr_format": 3, "node_type": "group",
          "consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": {"x": array3(codecs=pickled)}}}
    yield "string3", "zarr.json", "fail", "zarr.dtype", "texts of any length", array3(data_type="string", codecs=[{"name": "vlen-utf8"}])
    for name, more in (("zero", {"chunks": [2, 0]}), ("zero_text", {"chunks": [2, "0"]}), ("negative", {"chunks": [2, -1]}), ("half", {"chunks": [2, 0.5]}),
                       ("dimensions", {"chunks": [10]}), ("no_list", {"chunks": 10}), ("shape", {"shape": [100, 10 ** 19]})):
        yield "extent_" + name, ".zarray", "fail", "zarr.malformed", "extents that no reader can divide by", array2(**more)
    for name, grid in (("zero", {"name": "regular", "configuration": {"chunk_shape": [0]}}), ("dimensions", {"name": "regular", "configuration": {"chunk_shape": [1, 2]}}),
                       ("none", {"name": "regular", "configuration": {}}), ("plugin", {"name": "mine", "configuration": {"chunk_shape": [10]}})):
        yield "grid3_" + name, "zarr.json", "fail", "zarr.malformed", "a chunk grid that cannot be", array3(chunk_grid=grid)
    zero = shards(BYTES)
    zero[0]["configuration"]["chunk_shape"] = [0]
    yield "zero_shard", "zarr.json", "fail", "zarr.malformed", "shards of nothing", array3(codecs=zero)
    yield "keys3", "zarr.json", "fail", "zarr.malformed", "chunk keys of somebody's own", array3(chunk_key_encoding={"name": "mine"})
    yield "empty", ".zarray", "pass", "-", "an array of nothing", array2(shape=[0, 10])
    yield "scalar", ".zarray", "pass", "-", "an array of no dimension", array2(shape=[], chunks=[])
    yield "transformer", "zarr.json", "fail", "zarr.codec", "a storage transformer", array3(storage_transformers=[{"name": "x"}])


class Runs:
    def __reduce__(self):
        return os.system, ("true",)


def chunked():
    """folder, metadata's file, document, and its chunks: path, bytes, verdict, rule, sentence"""
    raw, packed = bytes(range(200)) * 2, bytes(range(0, 256, 3)) * 5
    plain2, attack = array2(compressor=None), pickle.dumps(Runs(), 2)
    last = ("9.0", raw, "pass", "-", "the last chunk")
    yield "raw", ".zarray", plain2, [
        ("0.0", raw, "pass", "-", "a chunk of as many bytes as its numbers have"), last,
        ("10.0", raw, "fail", "sibling.unnamed", "a chunk beyond the array"),
        ("0.1", raw, "fail", "sibling.unnamed", "beyond it in the other dimension"),
        ("0", raw, "fail", "sibling.unnamed", "a dimension less"),
        ("0.0.0", raw, "fail", "sibling.unnamed", "one more"),
        ("1.0", raw[:-1], "fail", "sibling.truncated", "a byte short"),
        ("2.0", raw + b"\0", "fail", "sibling.unnamed", "a byte more"),
        ("03.0", raw, "fail", "format.unknown", "a zero before the number"),
        ("4.0x", raw, "fail", "format.unknown", "no number"),
        ("5.0", attack, "fail", "*", "a pickle"),
        ("6/0", raw, "fail", "sibling.unnamed", "another separator"),
        ("c/7.0", raw, "fail", "sibling.unnamed", "in a folder of version 3")]
    for name, pack in (("zlib", zlib.compress), ("gzip", gzip.compress), ("bz2", bz2.compress), ("lzma", lzma.compress)):
        yield "packed_" + name, ".zarray", array2(compressor={"id": name}), [
            ("0.0", pack(packed), "pass", "-", "a chunk that is a stream"),
            ("1.0", pack(attack), "fail", "*", "a pickle in a stream"),
            ("2.0", pack(pack(packed)), "fail", "sibling.unnamed", "a stream in a stream"),
            ("11.0", pack(packed), "fail", "sibling.unnamed", "a stream beyond the array")]
    yield "packed_blosc", ".zarray", array2(), [("0.0", b"\2\1\x21\4" + packed, "pass", "-", "a chunk of a codec without a form that others know"), last]
    yield "filtered", ".zarray", array2(compressor=None, filters=[{"id": "packbits"}]), [("0.0", raw[:50], "pass", "-", "a filter makes it shorter")]
    yield "nested", ".zarray", dict(plain2, dimension_separator="/"), [
        ("3/0", raw, "pass", "-", "chunks in folders"), ("3.0", raw, "fail", "sibling.unnamed", "and not beside them")]
    yield "fields", ".zarray", dict(plain2, dtype=[["x", "<f8"]]), [("0.0", raw[:99], "pass", "-", "fields: nobody counts their bytes here")]
    yield "wide", ".zarray", dict(plain2, dtype="<U1"), [("0.0", raw, "pass", "-", "four bytes a letter"), ("1.0", raw[4:], "fail", "sibling.truncated", "one short")]
    yield "scalar", ".zarray", dict(plain2, shape=[], chunks=[]), [("0", raw[200:204], "pass", "-", "the only number of an array without a dimension")]
    yield "empty", ".zarray", dict(plain2, shape=[0, 10]), [("0.0", raw, "fail", "sibling.unnamed", "an empty array has no chunks")]
    yield "objects", ".zarray", array2(dtype="|O"), [("0.0", raw, "fail", "sibling.unnamed", "a chunk of an array that is refused")]
    plain3 = array3(codecs=BYTES)
    yield "raw3", "zarr.json", plain3, [
        ("c/0", raw[160:200], "pass", "-", "a chunk of version 3"), ("c/9", raw[160:200], "pass", "-", "the last one"),
        ("c/10", raw[160:200], "fail", "sibling.unnamed", "one beyond"), ("c/8", raw[161:200], "fail", "sibling.truncated", "a byte short"),
        ("0", raw[160:200], "fail", "sibling.unnamed", "named as in version 2")]
    yield "keys_v2", "zarr.json", dict(plain3, chunk_key_encoding={"name": "v2"}), [("7", raw[160:200], "pass", "-", "named as in version 2, as it may be")]
    yield "keys_dot", "zarr.json", dict(plain3, chunk_key_encoding={"name": "default", "configuration": {"separator": "."}}), [
        ("c.7", raw[160:200], "pass", "-", "with another separator"), ("c/7", raw[160:200], "fail", "sibling.unnamed", "and not with the usual one")]
    yield "scalar3", "zarr.json", dict(plain3, shape=[], chunk_grid={"name": "regular", "configuration": {"chunk_shape": []}}), [
        ("c", raw[160:164], "pass", "-", "the only number")]
    yield "shard3", "zarr.json", array3(codecs=shards(BYTES)), [("c/0", raw, "pass", "-", "a shard, which has an index besides")]
    yield "checked3", "zarr.json", array3(codecs=BYTES + [{"name": "crc32c"}]), [("c/0", raw[156:200], "pass", "-", "with a check sum")]
    yield "separator", ".zarray", dict(plain2, dimension_separator="-"), []


def by_zarr(out):
    """Files that zarr itself writes."""
    try:
        import numpy
        import zarr
    except ImportError:
        return
    arrays = {"f4": numpy.ones((20, 20), "float32"), "i8": numpy.arange(100), "fields": numpy.zeros(3, "f8,S4"),
              "noise": numpy.random.default_rng(1).normal(size=(90, 40)), "u1": numpy.random.default_rng(2).integers(0, 255, (64, 64, 3), "uint8")}
    three = not zarr.__version__.startswith("2.")
    for version in (2, 3) if three else (2,):
        for name, array in arrays.items():
            folder = os.path.join(out, "real_v%d_%s" % (version, name))
            if three:
                if version == 2 or array.dtype.names is None:
                    zarr.save_array(folder, array, zarr_format=version)
            else:
                zarr.save_array(folder, array)
    for root, _, files in os.walk(out):
        for f in files:
            path = os.path.relpath(os.path.join(root, f), out)
            if path.startswith("real_"):
                yield path, "pass", "-", "as zarr writes it"


def main(out):
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    rows = []
    for name, file, verdict, rule, why, document in samples():
        os.makedirs(os.path.join(out, name))
        with open(os.path.join(out, name, file), "w", encoding="utf-8") as f:
            json.dump(document, f, indent=4)
        rows.append((name + "/" + file, verdict, rule, why))
    for name, file, document, chunks in chunked():
        folder = os.path.join(out, "chunks_" + name)
        good = ("fail", "*") if name in ("objects", "separator") else ("pass", "-")
        for path, data, *row in [(file, json.dumps(document).encode(), *good, "metadata with chunks beside it")] + chunks:
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(data)
            rows.append((os.path.relpath(path, out), *row))
    rows += by_zarr(out)
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
