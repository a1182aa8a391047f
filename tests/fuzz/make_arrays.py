#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_arrays as NumPy writes them: make_arrays.py DIR (tests/fuzz/corpus/arrays)."""
import os, sys
import numpy as np

os.chdir(sys.argv[1])
numbers = np.arange(6, dtype="<f4").reshape(2, 3)
np.save("c.npy", numbers)
np.save("fortran.npy", np.asfortranarray(numbers))
np.save("dates.npy", np.array(["2024-01-01", "NaT"], dtype="<M8[D]"))
np.save("fields.npy", np.array([(1, b"ab", 0.5), (2, b"c", 1.5)], dtype=[("a", ">i2"), ("b", "S2"), ("c", "<f2")]))
np.save("infinite.npy", np.array([[1, np.inf], [np.nan, -np.inf], [2, 3]], dtype="<f8"))
np.save("texts.npy", np.array(["a", "\u20ac"], dtype=">U2"))
np.savez("xy.npz", X=numbers, y=np.array(["a", "b"]))
np.savez("lengths.npz", x=np.arange(2, dtype="u1"), y=np.zeros(3, dtype="u1"))
np.savez_compressed("packed.npz", X=numbers, y=np.arange(2, dtype="u1"), z=np.array([True, False]))
