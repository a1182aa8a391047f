#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Zarr metadata, good and hostile, into a directory.

gen_zarr.py DIR writes DIR/NAME/FILE and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is. Written by the specifications of versions 2 and 3; zarr is used
for more of the good ones where it is installed.
"""
import json
import os
import shutil
import sys

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


def by_zarr(out):
    """Files that zarr itself writes, of which the metadata is kept."""
    try:
        import numpy
        import zarr
    except ImportError:
        return
    for name, array in (("real_f4", numpy.ones((20, 20), "float32")), ("real_i8", numpy.arange(100)), ("real_fields", numpy.zeros(3, "f8,S4"))):
        folder = os.path.join(out, name)
        zarr.save_array(folder, array)
        for path, folders, files in os.walk(folder):
            for f in files:
                if f in (".zarray", ".zgroup", ".zattrs", ".zmetadata", "zarr.json"):
                    yield "%s/%s" % (os.path.relpath(path, out), f), "pass", "-", "as zarr writes it"
                else:
                    os.unlink(os.path.join(path, f))


def main(out):
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    rows = []
    for name, file, verdict, rule, why, document in samples():
        os.makedirs(os.path.join(out, name))
        with open(os.path.join(out, name, file), "w", encoding="utf-8") as f:
            json.dump(document, f, indent=4)
        rows.append((name + "/" + file, verdict, rule, why))
    rows += by_zarr(out)
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
