# SPDX-License-Identifier: Apache-2.0
"""Samples of our own making, with the list of what each is for."""
import os


def write(root, rows):
    """Each of rows, (name, verdict, rule, sentence, bytes), as root/name; and root/INDEX.tsv of all but the bytes."""
    os.makedirs(root, exist_ok=True)
    with open(os.path.join(root, "INDEX.tsv"), "w", encoding="utf-8") as index:
        for name, verdict, rule, sentence, data in rows:
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(data)
            index.write(f"{name}\t{verdict}\t{rule}\t{sentence}\n")
