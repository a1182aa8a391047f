# SPDX-License-Identifier: Apache-2.0
"""Samples of our own making, with the list of what each is for."""
import os


class Folder:
    """Samples that are written one by one, also by libraries that want a path."""

    def __init__(self, root):
        self.root, self.index = root, []

    def path(self, name):
        full = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        return full

    def note(self, name, verdict, rule, what):
        self.index.append((name, verdict, rule, what))

    def put(self, name, data, verdict, rule, what):
        with open(self.path(name), "wb") as f:
            f.write(data)
        self.note(name, verdict, rule, what)

    def write_index(self):
        with open(os.path.join(self.root, "INDEX.tsv"), "w", encoding="utf-8") as f:
            for row in self.index:
                f.write("\t".join(row) + "\n")


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
