#!/usr/bin/env python3
"""Reference values for tests/samples.rs, from scipy and statsmodels; rank intervals by trying all orders.

Usage: python3 -m venv V && V/bin/pip install numpy scipy statsmodels && V/bin/python samples.py > samples.json
"""
import json
import math
from itertools import combinations, product

import numpy as np
import scipy
import statsmodels
from scipy import stats
from scipy.stats._resampling import BootstrapResult
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower, TTestPower
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW


def wave(n, a, b, c):
    return [math.sin(a * t + b * math.sin(c * t * t)) for t in range(1, n + 1)]


def sample(n, centre, spread, seed):
    return [round(centre + spread * v, 6) for v in wave(n, 0.9 + seed, 2.0 + seed / 3, 0.37 + seed / 7)]


# Hollander & Wolfe's examples in the manual page of R's wilcox.test, which prints for the first, with conf.int = TRUE,
# the interval -0.15 to 0.76 and the difference in location 0.305.
PERMEABILITY = ([0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46], [1.15, 0.88, 0.90, 0.74, 1.21])
DEPRESSION = ([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30], [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
PAIRS = [
    (sample(6, 10, 0.4, 0), sample(6, 10.3, 0.5, 1)), (sample(4, 5, 1, 2), sample(7, 6, 2, 3)),
    (sample(3, 5, 1, 4), sample(3, 5.2, 1, 5)), (sample(8, 100, 3, 6), sample(8, 104, 2, 7)), PERMEABILITY, DEPRESSION,
    ([3.0, 3, 4, 5, 5, 6], [2.0, 3, 3, 4, 5, 5]), ([10.0, 11, 12, 13], [1.0, 2, 3, 4]),
]


def ends(values, statistics, level):
    """The rule of R's wilcox.test from the statistic of every equally likely order."""
    values, statistics = np.sort(values), np.sort(statistics)
    total = len(statistics)
    tail = (1 - level) / 2
    at_most = lambda q: np.searchsorted(statistics, q, side="right") / total
    k = 0
    while at_most(k) < tail - 1e-12:
        k += 1
    k = max(k, 1)
    return {"estimate": float(np.median(values)), "low": float(values[k - 1]), "high": float(values[len(values) - k]),
            "level": float(1 - 2 * at_most(k - 1))}


def two_sample_shift(x, y, level):
    m, n = len(x), len(y)
    statistics = [sum(c) - m * (m - 1) // 2 for c in combinations(range(m + n), m)]
    return ends(np.subtract.outer(x, y).ravel(), statistics, level)


def paired_shift(x, y, level):
    d = np.subtract(x, y)
    n = len(d)
    walsh = [(d[i] + d[j]) / 2 for i in range(n) for j in range(i + 1)]
    statistics = [sum(r + 1 for r in range(n) if signs[r]) for signs in product((0, 1), repeat=n)]
    return ends(walsh, statistics, level)


def cliff(x, y, level):
    """Feng & Cliff (2004), eq. 5 to 9, with numpy."""
    m, n = len(x), len(y)
    d = np.sign(np.subtract.outer(x, y))
    delta = d.mean()
    t = stats.t.ppf(1 - (1 - level) / 2, m + n - 2)
    if abs(delta) == 1:
        b = min(m, n)
        end = max((b - t**2) / (b + t**2), -1)
        return {"delta": float(delta), "low": end if delta > 0 else -1.0, "high": 1.0 if delta > 0 else -end}
    s2 = (n**2 * ((d.mean(1) - delta)**2).sum() + m**2 * ((d.mean(0) - delta)**2).sum() - ((d - delta)**2).sum())
    s2 = max(s2 / (m * n * (m - 1) * (n - 1)), (1 - delta**2) / (m * n - 1))
    width = t * math.sqrt(s2) * math.sqrt((1 - delta**2)**2 + t**2 * s2)
    scale = 1 - delta**2 + t**2 * s2
    low, high = ((delta - delta**3 + sign * width) / scale for sign in (-1, 1))
    return {"delta": float(delta), "low": max(float(low), -1.0), "high": min(float(high), 1.0)}


def permutation(x, y, kind):
    distance = (lambda a, b, axis=-1: np.abs(np.mean(a, axis=axis) - np.mean(b, axis=axis)))
    result = stats.permutation_test((x, y), distance, permutation_type=kind, alternative="greater",
                                    n_resamples=np.inf, vectorized=True)
    return float(result.pvalue)


def tost(x, y, margin):
    low, high = np.array(y) * (1 - margin), np.array(y) * (1 + margin)
    above = CompareMeans(DescrStatsW(x), DescrStatsW(low)).ttest_ind(alternative="larger", usevar="unequal")[1]
    below = CompareMeans(DescrStatsW(x), DescrStatsW(high)).ttest_ind(alternative="smaller", usevar="unequal")[1]
    out = {"margin": margin, "above": float(above), "below": float(below)}
    if len(x) == len(y):
        out["paired_above"] = float(stats.ttest_rel(x, low, alternative="greater").pvalue)
        out["paired_below"] = float(stats.ttest_rel(x, high, alternative="less").pvalue)
    return out


def bootstrap(x, level):
    """scipy's BCa over replicates that are drawn by a formula."""
    n = len(x)
    index = [[int((1103515245 * (r * n + i + 7) + 12345) // 65536 % n) for i in range(n)] for r in range(997)]
    replicates = np.array(x)[np.array(index)].mean(axis=1)
    given = BootstrapResult(confidence_interval=None, bootstrap_distribution=replicates, standard_error=None)
    ci = stats.bootstrap((x,), np.mean, n_resamples=0, bootstrap_result=given, confidence_level=level, method="BCa")
    jackknife = [float(np.mean(x[:i] + x[i + 1:])) for i in range(n)]
    return {"replicates": replicates.tolist(), "estimate": float(np.mean(x)), "jackknife": jackknife, "level": level,
            "low": float(ci.confidence_interval.low), "high": float(ci.confidence_interval.high)}


def equivalence_power(se, dof, margin, shift, alpha):
    t = stats.t.ppf(1 - alpha, dof)
    return float(max(0, stats.nct.cdf(-t, dof, (shift - margin) / se) - stats.nct.cdf(t, dof, (shift + margin) / se)))


def power_of_t(given, se, dof, effect, alpha):
    """statsmodels' power; where scipy cannot tell the far tail (it is below 1e-12 then), the near tail alone."""
    if math.isfinite(given):
        return float(given)
    return float(stats.nct.sf(stats.t.ppf(1 - alpha / 2, dof), dof, effect / se))


def main():
    pairs = []
    for x, y in PAIRS:
        case = {"x": x, "y": y, "shift": two_sample_shift(x, y, 0.95), "shift_80": two_sample_shift(x, y, 0.8),
                "cliff": cliff(x, y, 0.95), "permutation": permutation(x, y, "independent"),
                "tost": [tost(x, y, margin) for margin in (0.03, 0.1, 0.4)]}
        if len(x) == len(y):
            case["paired"] = paired_shift(x, y, 0.95)
            case["paired_permutation"] = permutation(x, y, "samples")
        pairs.append(case)
    skew = [round(math.exp(v), 6) for v in sample(12, 1, 0.9, 3)]
    p_values = [[0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.6], [0.9, 0.01, 0.5, 0.01, 1.0, 0.0, 0.2], [0.03]]
    nct = [{"t": t, "dof": d, "delta": e, "p": float(stats.nct.cdf(t, d, e))}
           for t in (-3.0, -0.4, 0.0, 1.1, 2.5, 6.0) for d in (2, 9.5, 58) for e in (-1.5, 0.3, 2.0, 5.5)]
    power = [{"m": m, "n": n, "effect": e, "alpha": a,
              "power": power_of_t(TTestIndPower().power(e, m, a, ratio=n / m), math.sqrt(1 / m + 1 / n), m + n - 2, e, a),
              "paired": power_of_t(TTestPower().power(e, m, a), math.sqrt(1 / m), m - 1, e, a)}
             for m, n in ((3, 3), (6, 6), (10, 5), (40, 40)) for e in (0.3, 1.0, 2.5) for a in (0.05, 0.01)]
    same = [{"n": n, "margin": m, "shift": s, "power": equivalence_power(math.sqrt(2 / n), 2 * n - 2, m, s, 0.05)}
            for n in (4, 10, 30) for m in (0.8, 1.5, 3.0) for s in (0.0, 0.5)]
    sections = {
        "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
        "pairs": pairs,
        "bootstrap": [bootstrap(sample(9, 10, 1, 1), 0.95), bootstrap(skew, 0.95), bootstrap(skew, 0.8)],
        "holm": [{"p": p, "holm": multipletests(p, method="holm")[1].tolist()} for p in p_values],
        "noncentral_t": nct,
        "power": power,
        "equivalence_power": same,
    }
    print("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, allow_nan=False)}" for k, v in sections.items()) + "\n}")


if __name__ == "__main__":
    main()
