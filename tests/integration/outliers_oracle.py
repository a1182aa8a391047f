#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Outliers against SciPy and scikit-learn, and what is rejected of their real tables: outliers_oracle.py TOOL prints TAP. Fixed seeds."""
import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
from scipy import stats
from scipy.spatial import distance
from sklearn import datasets
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length

tool = sys.argv[1]
done = 0
bad = 0


def ok(good, what):
    global done, bad
    done += 1
    bad += not good
    print(("ok" if good else "not ok"), done, "-", what, flush=True)


def ask(args, table=None):
    text = ""
    if table is not None:
        text = "%d %d\n" % table.shape + "\n".join(" ".join("%.17g" % v for v in row) for row in table)
    return subprocess.run([tool] + [str(a) for a in args], input=text, capture_output=True, text=True, check=True).stdout


def generated(n, seed):
    """Ties, heavy tails, rare values, a constant, missing ones, and columns that hang together."""
    r = np.random.default_rng(seed)
    x = r.normal(size=n)
    t = np.column_stack([x, 0.9 * x + 0.4 * r.normal(size=n), np.round(r.normal(size=n) * 2), r.lognormal(0, 0.7, n), r.random(n) < 0.003,
                         np.full(n, 3.0), r.integers(0, 50, n), np.where(r.random(n) < 0.1, np.nan, r.normal(size=n) * 1e6)])
    return t


REAL = {n: getattr(datasets, "load_" + n)().data for n in ("iris", "wine", "breast_cancer", "digits", "diabetes")}


def formulas():
    n = list(range(1, 257)) + [1000, 10000]
    got = [float(v) for v in ask(["path"] + n).split()]
    want = _average_path_length(np.array(n))
    ok(np.allclose(got, want, rtol=1e-12, atol=0), "usual paths of %d sizes are scikit-learn's" % len(n))
    r = np.random.default_rng(5)
    worst = ours = cases = 0
    for big in (30, 1000, 100000, 10 ** 8):
        for _ in range(40):
            all_ = int(r.integers(2, big))
            good = int(r.integers(1, all_ + 1))
            drawn = int(min(all_, r.integers(1, min(all_ + 1, 400))))
            k = int(r.integers(0, min(good, drawn) + 2))
            got = float(ask(["tail", all_, good, drawn, k]))
            # SciPy's is good to 1e-7 for millions of balls: whole numbers are better.
            ways = sum(math.comb(good, x) * math.comb(all_ - good, drawn - x) for x in range(k, min(good, drawn) + 1))
            want = float(Fraction(ways, math.comb(all_, drawn)))
            if want > 1e-250:
                worst = max(worst, abs(got - want) / want)
                ours = max(ours, abs(stats.hypergeom.sf(k - 1, all_, good, drawn) - got) / want)
                cases += 1
    ok(worst < 1e-9, "hypergeometric tails: %d cases, worst relative error %.1e" % (cases, worst))
    ok(ours < 1e-6, "and SciPy agrees (%.1e)" % ours)


def model(name, table):
    columns, scores, corr = [], [], None
    for line in ask(["model"], table).splitlines():
        kind, *v = line.split()
        if kind == "column":
            columns.append([float(x) for x in v])
        elif kind == "correlation":
            corr = np.array([float(x) for x in v])
        elif kind == "row":
            scores.append([float(x) for x in v])
    columns, scores = np.array(columns), np.array(scores)
    which, low, high, mean, sd = columns[:, 0].astype(int), columns[:, 1], columns[:, 2], columns[:, 3], columns[:, 4]
    corr = corr.reshape(len(which), len(which))
    inverse = np.linalg.inv(corr * np.outer(sd, sd))
    drawn = np.clip(np.where(np.isnan(table[:, which]), mean, table[:, which]), low, high)
    d2 = np.array([distance.mahalanobis(row, mean, inverse) ** 2 for row in drawn])
    error = np.max(np.abs(scores[:, 1] - d2) / np.maximum(d2, 1e-12))
    ok(error < 1e-9 * max(1, np.linalg.cond(corr) / 1e4), "%s: squared distances are SciPy's, worst relative error %.1e" % (name, error))
    clean = drawn[~np.isnan(table[:, which]).any(axis=1)]
    ok(np.max(np.abs(np.corrcoef(clean.T) - corr)) < 0.25, "%s: of nearly its correlations" % name)
    filled = np.where(np.isnan(table), np.nanmedian(table, axis=0), table)
    forest = -IsolationForest(n_estimators=300, random_state=1).fit(filled).score_samples(filled)
    rank = stats.spearmanr(forest, scores[:, 2])[0]
    ok(rank > 0.85, "%s: the forest ranks rows as scikit-learn's (%.3f)" % (name, rank))
    return scores


def split(table, rounds, ref, batch, seed, odd=0.0, kind="swapped"):
    return [int(v) for v in ask(["split", rounds, ref, batch, seed, odd, kind], table).split()]


def honest():
    """At most one batch in a hundred may be rejected."""
    rejected = rounds = 0
    cells = [(n, t, 100, len(t) // 2, len(t) - len(t) // 2) for n, t in REAL.items()]
    big = generated(20000, 3)
    cells += [("generated", big, 100, 5000, m) for m in (200, 1000, 10000)]
    for name, table, n, ref, batch in cells:
        got = split(table, n, ref, batch, 7)
        print("# %s, %d rows of reference, %d of a batch: %d of %d honest batches are rejected (value, rate, hbos, mahalanobis, forest: %s)"
              % (name, ref, batch, got[0], n, got[1:]))
        ok(got[0] <= n // 50, "%s: honest batches of %d rows pass" % (name, batch))
        rejected += got[0]
        rounds += n
    ok(rejected <= rounds // 100, "of all %d honest batches %d are rejected" % (rounds, rejected))


def odd():
    for name, table, share, ref, batch, rounds, least in (
            ("generated", generated(20000, 3), 0.2, 5000, 2000, 10, 10),
            ("breast_cancer", REAL["breast_cancer"], 0.3, 284, 285, 20, 19)):
        got = split(table, rounds, ref, batch, 11, share)
        print("# %s, %g of the rows swapped: %s" % (name, share, got))
        ok(got[0] >= least, "%s: rows whose numbers do not go together are found" % name)
    for name, t in REAL.items():
        batch = len(t) - len(t) // 2
        got = split(t, 20, len(t) // 2, batch, 12, 1 / batch, "huge")
        ok(got[1] == 20, "%s: a single 1e9 is found each time" % name)


formulas()
for table in ("iris", "wine", "breast_cancer", "digits"):
    model(table, REAL[table])
model("generated", generated(4000, 3))
honest()
odd()
print("1..%d" % done)
sys.exit(bad != 0)
