#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes folders with sharded models, whole and broken, into a directory.

gen_shards.py DIR writes DIR/FOLDER/... and DIR/INDEX.tsv: the path of the index file, expected verdict, a rule that must
be among the findings ("-": none at all), and a sentence that says what is wrong. Needs only the standard library.
"""
import json
import os
import struct
import sys

ONE, TWO = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"


def safetensors(names):
    header, at = {}, 0
    for name in names:
        header[name] = {"dtype": "F32", "shape": [2], "data_offsets": [at, at + 8]}
        at += 8
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(at)


def case(folder, verdict, rule, why, shards=None, mapping=None, index="model.safetensors.index.json"):
    if shards is None:
        shards = {ONE: safetensors(["a", "b"]), TWO: safetensors(["c"])}
    if mapping is None:
        mapping = {"a": ONE, "b": ONE, "c": TWO}
    document = {"metadata": {"total_size": 24}, "weight_map": mapping}
    return folder, dict(shards, **{index: json.dumps(document).encode()}), f"{folder}/{index}", verdict, rule, why


def cases():
    whole = {ONE: safetensors(["a", "b"]), TWO: safetensors(["c"])}
    yield case("whole", "pass", "-", "two shards as the index says")
    yield case("missing", "fail", "sibling.missing", "the second shard is not there", {ONE: whole[ONE]})
    yield case("less", "fail", "sibling.tensors", "the first shard lacks a tensor", dict(whole, **{ONE: safetensors(["a"])}))
    yield case("more", "fail", "sibling.tensors", "the second shard has a tensor that the index does not name",
               dict(whole, **{TWO: safetensors(["c", "d"])}))
    yield case("swapped", "fail", "sibling.tensors", "the index gives two tensors to each other's shards", None, {"a": TWO, "b": ONE, "c": ONE})
    yield case("other", "fail", "sibling.tensors", "a shard of another model of the same size", dict(whole, **{TWO: safetensors(["x"])}))
    yield case("outside", "fail", "json.index-path", "a shard above the folder", None, {"a": "../whole/" + ONE, "b": ONE, "c": TWO})
    yield case("empty", "fail", "sibling.tensors", "a shard without any tensor", dict(whole, **{TWO: safetensors([])}))


def main(out):
    rows = []
    for folder, files, *row in cases():
        os.makedirs(os.path.join(out, folder), exist_ok=True)
        for name, content in files.items():
            with open(os.path.join(out, folder, name), "wb") as f:
                f.write(content)
        rows.append(row)
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
