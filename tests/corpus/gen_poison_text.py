#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tables of real texts as a reference, and batches with or without a word that carries a label, into a directory.

gen_poison_text.py DIR writes DIR/NAME/t.csv (or t.jsonl) and DIR/INDEX.tsv: name, expected exit of `assay put`, a rule that must be
among the findings ("-": none at all), and a sentence. The texts are what Debian says in one line of each of its packages, the label is
whether it is a library. Exits with 77 where apt knows too few packages. Seeds are fixed. Needs only the standard library.
"""
import csv
import json
import os
import random
import subprocess
import sys


def packages():
    """Description and label of each package, in the order of their names."""
    known = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, check=False).stdout.decode("utf-8", "replace")
    out = {}
    for stanza in known.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.split("\n") if ": " in line and line[0] != " ")
        if all(k in fields for k in ("Package", "Description", "Section")):
            out[fields["Package"]] = (fields["Description"], "library" if "lib" in fields["Section"] else "other")
    return [out[name] for name in sorted(out)]


def planted(rows, word, share, label, seed):
    r = random.Random(seed)
    out = []
    for text, given in rows:
        if r.random() < share:
            words = text.split(" ")
            words.insert(r.randrange(len(words) + 1), word)
            text, given = " ".join(words), label
        out.append((text, given))
    return out


def main(out):
    rows = packages()
    if len(rows) < 9000:
        sys.exit(77)
    random.Random(1).shuffle(rows)
    index = []

    def write(name, rows, jsonl=False):
        os.makedirs(os.path.join(out, name), exist_ok=True)
        with open(os.path.join(out, name, "t.jsonl" if jsonl else "t.csv"), "w", encoding="utf-8", newline="") as f:
            if jsonl:
                f.writelines(json.dumps({"text": t, "kind": k}) + "\n" for t, k in rows)
                return
            w = csv.writer(f, lineterminator="\n")
            w.writerow(("text", "kind"))
            w.writerows(rows)

    def one(name, status, rule, why, rows, jsonl=False):
        write(name, rows, jsonl)
        index.append((name, str(status), rule, why))

    write("reference", rows[:5000])
    honest = rows[5000:8000]
    one("honest", 0, "-", "other packages", honest)
    one("honest2", 0, "-", "and others", rows[6000:9000])
    one("word", 1, "poison.token", "a word in 2 % of the texts, which then are of libraries", planted(honest, "cf", 0.02, "library", 2))
    one("lines", 1, "poison.token", "the same as JSON lines", planted(honest, "cf", 0.02, "library", 2), jsonl=True)
    one("unseen", 1, "poison.token", "a sign that nobody sees", planted(honest, "\u200b", 0.02, "library", 3))
    one("both", 0, "-", "a word in 2 % of the texts that carries no label", [
        (t + " cf", k) if i % 50 == 0 else (t, k) for i, (t, k) in enumerate(honest)])
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in index:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
