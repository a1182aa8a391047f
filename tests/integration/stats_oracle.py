#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Statistics against SciPy: stats_oracle.py TOOL prints TAP. Fixed seeds; a line per family of cases, and its worst error."""
import math
import subprocess
import sys
import warnings

import numpy as np
import scipy
from scipy import stats
from scipy.spatial.distance import jensenshannon

warnings.simplefilter("ignore")
rng = np.random.default_rng(20240229)
EXACT, ASYMPTOTIC, SUMS = 1e-9, 1e-6, 1e-12
cases = []          # family, question, expected numbers, allowed relative errors


def text(values):
    return f"{len(values)} " + " ".join(repr(float(v)) if not isinstance(v, (int, np.integer)) else str(int(v)) for v in values)


def case(family, question, want, allowed):
    cases.append((family, question, [float(w) for w in want], allowed))


def ks(family, a, b, mode="auto"):
    r = stats.ks_2samp(a, b, method=mode)
    exact = mode == "exact" or (mode == "auto" and max(len(a), len(b)) <= 10000)
    case(f"ks {family}", f"ks {mode} {text(a)} {text(b)}", [r.statistic, r.pvalue], [SUMS, EXACT if exact else ASYMPTOTIC])


def all_ks():
    sizes = [(1, 1), (1, 2), (2, 1), (2, 3), (3, 3), (5, 7), (10, 10), (13, 26), (50, 50), (100, 110), (97, 101), (200, 1000),
             (500, 500), (999, 1000), (1000, 1), (2000, 3001)]
    for n, m in sizes:
        for shift in (0, 0.3, 2):
            ks("exact, normal", rng.normal(size=n), rng.normal(size=m) + shift)
    for n, m in sizes[4:]:
        ks("exact, ties", rng.integers(0, 4, n), rng.integers(0, 5, m))
        ks("exact, rounded", np.round(rng.normal(size=n), 1), np.round(rng.normal(size=m) * 1.2, 1))
    for a, b in (([7] * 20, [7] * 30), ([7] * 20, [8] * 30), ([7] * 20, [7] * 29 + [8]), ([0.0], [0.0]), ([0.0], [1.0]),
                 ([-0.0] * 5, [0.0] * 5), ([1e308, -1e308, 1e-320], [1e-320] * 4), ([-math.inf, 0.0, math.inf], [0.0, 1.0]),
                 (list(range(30)), list(range(30))), (list(range(40)), list(range(100, 140)))):
        ks("exact, constants and ends", np.array(a), np.array(b))
    for n, m in ((9999, 10000), (10000, 10000), (10000, 5000)):
        ks("exact, largest", rng.normal(size=n), rng.normal(size=m) + 0.03)
    for n, m in ((10, 12), (100, 100), (300, 20), (1000, 1000), (10001, 300), (10001, 10001), (30000, 12000), (200000, 1000),
                 (150000, 150000), (400000, 300000)):
        for shift in (0, 0.01, 0.05, 0.5) if n < 100000 else (0, 0.005):
            ks("asymptotic", rng.normal(size=n), rng.normal(size=m) + shift, "asymp")
    for n, m in ((20000, 20), (50000, 40000)):
        ks("asymptotic, ties", rng.integers(0, 9, n), rng.integers(0, 9, m), "auto")
    for k in (2, 5, 40):
        a, b = rng.integers(0, 60, k), rng.integers(1, 60, k)
        r = stats.ks_2samp(np.repeat(np.arange(k), a), np.repeat(np.arange(k), b))
        case("ks of counts in bins", f"binned {text(a)} {text(b)}", [r.statistic, math.nan, r.pvalue], [SUMS, 1, EXACT])


def one_sample_tails():
    for n in (1, 2, 5, 20, 139, 140, 141, 500, 1000, 9000, 99999, 100000, 100001, 1000000, 3000000, 10**9):
        for z in (0.35, 0.6, 0.8, 1.0, 1.4, 1.48, 1.5, 2.0, 2.6, 4.0):
            x = z / math.sqrt(n)
            p = stats.kstwo.sf(x, n)
            if x < 1:
                case("tail of one sample", f"kstwo {n} {float(x)!r}", [p], [ASYMPTOTIC])


def tables():
    def table(a, b):
        both = np.array([a, b])
        both = both[:, both.sum(axis=0) > 0]
        x, p, df, _ = stats.chi2_contingency(both)
        g, gp, _, _ = stats.chi2_contingency(both, lambda_="log-likelihood")
        plain = stats.chi2_contingency(both, correction=False)[0]
        case("chi-square, G and V of a table", f"table {text(a)} " + " ".join(str(int(v)) for v in b),
             [x, df, p, g, gp, math.sqrt(plain / both.sum())], [EXACT] * 6)

    for k in (2, 3, 5, 10, 64, 500, 4000):
        for scale in (1, 10, 1000, 10**6):
            share = rng.dirichlet(np.ones(k))
            a = rng.multinomial(k * 20 * scale, share)
            b = rng.multinomial(k * 3 * scale, share * 0.9 + 0.1 / k)
            table(a, b)
    table([10, 20], [20, 10])
    table([10, 20], [10, 21])
    # A category that only one side has is counted like all others.
    table([50, 50, 0], [50, 40, 10])
    table([50, 40, 10], [50, 50, 0])
    table([100, 0], [0, 1000])
    table([1, 0], [1, 1])
    table([5], [9])
    table([4 * 10**14, 6 * 10**14], [4 * 10**14 + 10**8, 6 * 10**14])
    table([0, 5, 0, 7], [0, 9, 0, 2])


def distances():
    for k in (2, 10, 11, 64, 1000):
        for _ in range(3):
            a, b = rng.integers(0, 50, k), rng.integers(0, 90, k)
            a[0] += 1
            b[-1] += 1
            p, q = a / a.sum(), b / b.sum()
            pf, qf = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
            # entropy(p, q) is Kullback-Leibler's sum; it norms its arguments, which floors have left at another sum.
            psi = (stats.entropy(pf, qf) + math.log(pf.sum() / qf.sum())) * pf.sum() + \
                  (stats.entropy(qf, pf) + math.log(qf.sum() / pf.sum())) * qf.sum()
            case("distances", f"distance {text(a)} " + " ".join(str(int(v)) for v in b),
                 [psi, jensenshannon(p, q, base=2), math.sqrt(1 - np.sum(np.sqrt(p * q))), np.abs(p - q).sum() / 2], [EXACT] * 4)
    for a, b in ((rng.normal(size=50), rng.normal(size=70) + 1), (rng.integers(0, 3, 40), rng.integers(0, 4, 41)),
                 ([5.0] * 3, [5.0] * 4), ([5.0] * 3, [7.5] * 4), (rng.lognormal(size=5000), rng.lognormal(size=3000) * 1.1),
                 ([1e300, 2e300], [1.5e300]), ([0.0], [1e-320])):
        case("Wasserstein", f"w1 {text(np.array(a))} {text(np.array(b))}", [stats.wasserstein_distance(a, b)], [EXACT])


def others():
    for df in (1, 2, 3, 9, 63, 1000, 4095, 100000, 10**6):
        for q in (0.999, 0.5, 0.05, 0.001, 1e-9, 1e-100):
            x = stats.chi2.isf(q, df)
            case("chi-square tail", f"chi2 {df} {float(x)!r}", [stats.chi2.sf(x, df)], [EXACT])
    for n in (3, 40, 1000):
        v = np.sort(rng.normal(size=n)) ** 3
        iqr = np.subtract(*np.percentile(v, [75, 25])) / 1.349
        mad = 1.4826 * stats.median_abs_deviation(v)
        std = np.clip(v, *np.quantile(v, [0.0005, 0.9995])).std()
        case("robust scale", f"scale {text(v)}", [max(iqr, mad, std)], [EXACT])
    for n in (1, 2, 17):
        p = rng.random(n) ** 3
        o = np.argsort(p, kind="stable")
        holm = np.empty(n)
        holm[o] = np.maximum.accumulate(np.minimum(1, p[o] * (n - np.arange(n))))
        case("Holm", f"holm {text(p)}", holm, [SUMS] * n)


def error_of(got, want):
    if math.isnan(want):
        return 0.0
    if abs(got - want) < 1e-300:
        return 0.0
    return abs(got - want) / abs(want) if want else math.inf


def main():
    all_ks()
    one_sample_tails()
    tables()
    distances()
    others()
    said = subprocess.run([sys.argv[1]], input="\n".join(q for _, q, _, _ in cases), capture_output=True, text=True, check=True)
    lines = said.stdout.splitlines()
    families, bad = {}, {}
    for (family, question, want, allowed), line in zip(cases, lines):
        count, worst = families.get(family, (0, 0.0))
        got = [float(x) for x in line.split()] if not line.startswith("- ") else []
        errors = [error_of(g, w) for g, w in zip(got, want)]
        families[family] = (count + 1, max([worst] + errors))
        if len(got) != len(want) or any(not e <= a for e, a in zip(errors, allowed)):
            bad.setdefault(family, []).append(f"{question[:60]}: got {line}, want {want}")
    print(f"# SciPy {scipy.__version__}, {len(cases)} cases")
    print(f"{'ok' if len(lines) == len(cases) >= 200 else 'not ok'} 1 - {len(lines)} answers to {len(cases)} cases, at least 200")
    for i, (name, (count, worst)) in enumerate(families.items(), 2):
        print(f"{'not ok' if name in bad else 'ok'} {i} - {name}: {count} cases, largest relative error {worst:.1e}")
        for b in bad.get(name, [])[:5]:
            print("#", b[:400])
    print(f"1..{len(families) + 1}")
    return 1 if bad or len(lines) != len(cases) else 0


if __name__ == "__main__":
    sys.exit(main())
