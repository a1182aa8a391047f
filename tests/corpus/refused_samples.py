#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints one refused sample of each format: its path, the format, the rules, separated by tabs.

refused_samples.py ASSAY DIR runs each gen_*.py of this folder into DIR, as corpus_table.py does.
"""
import os
import sys

import corpus_table

SMALL = 1 << 20


def main(assay, out):
    seen = {}
    for folder in corpus_table.generate(out):
        bad = [path for path, kind, _ in corpus_table.expected(folder) if kind != "benign" and os.path.getsize(path) <= SMALL]
        got = corpus_table.scan(assay, corpus_table.PROFILES, [folder]) if bad else {}
        for path in bad:
            verdict, form, found = got[path]
            # Beside others it may be one of several that belong together; here it stands alone.
            if form not in seen and verdict == "fail":
                verdict, form, found = corpus_table.scan(assay, ("weights",), [path])[path]
                if verdict == "fail":
                    seen.setdefault(form, (path, found))
    for form, (path, found) in sorted(seen.items()):
        print(path, form, " ".join(found), sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:])
