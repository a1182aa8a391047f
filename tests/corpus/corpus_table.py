#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints, as a table by format, what `assay scan` says of every generated sample.

corpus_table.py ASSAY DIR runs each gen_*.py of this folder into DIR and scans what it made. What is malicious must be
refused with every profile switched on; what is benign is scanned with the profile that it is written for.
"""
import collections
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROFILES = ("weights", "sklearn", "torch-module", "hf-trainer", "pandas")
OTHERS = {"bundle", "flat", "templates", "drift", "outliers", "poison", "poison_text", "compare", "disk", "arrays", "forms"}    # imported by others, or judged by gates and not by a scan


def scan(assay, profiles, paths):
    """path -> (verdict, format, rules)"""
    options = [x for p in profiles for x in ("--profile", p)]
    done = subprocess.run([assay, "scan", "--json", *options, *paths], stdout=subprocess.PIPE, check=False)
    return {f["path"]: (f["verdict"], f["format"] or "unknown", sorted({x["rule"] for x in f["findings"]}))
            for f in json.loads(done.stdout)["files"]}


def rows(path, columns):
    with open(path, encoding="utf-8") as f:
        for line in f:
            yield line.rstrip("\n").split("\t")[:columns]


def expected(folder):
    """(path, kind, profile) of each sample: kind is malicious, benign or named."""
    index, manifest = os.path.join(folder, "INDEX.tsv"), os.path.join(folder, "manifest.tsv")
    if os.path.exists(index):
        for name, verdict, rule in rows(index, 3):
            kind = "benign" if verdict in ("pass", "warn") else "named" if rule == "format.unsupported" else "malicious"
            yield os.path.join(folder, name), kind, "weights"
    elif os.path.exists(manifest):
        for name, label, profile in rows(manifest, 3):
            kind = "malicious" if label == "malicious" else "benign"
            yield os.path.join(folder, name), kind, profile if profile in PROFILES else "weights"
    else:
        for root, _, names in sorted(os.walk(folder)):
            top = os.path.relpath(root, folder).split(os.sep)[0]
            for name in sorted(names):
                if top in PROFILES or top == "refused":
                    yield os.path.join(root, name), "malicious" if top == "refused" else "benign", top if top in PROFILES else "weights"


def judge(assay, folder):
    """(kind, verdict, format, rules) of each sample of one generator."""
    samples = list(expected(folder))
    for kind in ("malicious", "benign", "named"):
        for profile in PROFILES:
            part = [path for path, k, p in samples if k == kind and p == profile]
            if not part:
                continue
            got = scan(assay, PROFILES if kind == "malicious" else (profile,), [folder])
            for path in part:
                yield (kind, *got[path])


def table(judged):
    count, reasons = collections.Counter(), collections.defaultdict(collections.Counter)
    for kind, verdict, form, found in judged:
        form = "two formats at once" if "+" in form else form
        count[form, kind, verdict in ("pass", "warn")] += 1
        if kind == "malicious":
            reasons[form].update(found)
    formats = sorted({key[0] for key in count})
    print("| format | attacks caught | missed | benign passed | refused | refused by name | rules that caught most |\n|---|---|---|---|---|---|---|")
    total = collections.Counter()
    for form in formats:
        cells = (count[form, "malicious", False], count[form, "malicious", True], count[form, "benign", True],
                 count[form, "benign", False], count[form, "named", False] + count[form, "named", True])
        total.update(dict(enumerate(cells)))
        most = ", ".join(f"`{r}` {n}" for r, n in sorted(reasons[form].items(), key=lambda x: (-x[1], x[0]))[:3])
        print("| " + " | ".join((form, *map(str, cells), most)) + " |")
    print("| **all** | " + " | ".join(f"**{total[i]}**" for i in range(5)) + " | |")


def generate(out):
    """The folders that the generators fill, one after the other."""
    for name in sorted(os.listdir(HERE)):
        if not name.startswith("gen_") or name[4:-3] in OTHERS:
            continue
        folder = os.path.join(out, name[4:-3])
        os.makedirs(folder, exist_ok=True)
        subprocess.run([sys.executable, os.path.join(HERE, name), folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        yield folder


def main(assay, out):
    table([one for folder in generate(out) for one in judge(assay, folder)])


if __name__ == "__main__":
    main(*sys.argv[1:])
