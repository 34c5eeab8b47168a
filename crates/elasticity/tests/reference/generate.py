#!/usr/bin/env python3
"""Reference values for tests/reference.rs: the definitions written out with numpy on a grid of half seconds, on which all
changes lie, so that sums are integrals.

Inputs are deterministic formulas (no random generator).
Usage: python3 -m venv V && V/bin/pip install numpy scipy && V/bin/python generate.py > values.json
"""
import json
import math

import numpy as np
from scipy import stats

STEP = 0.5


def curve(n, low, high, a, b, every):
    """Counts that change now and then."""
    grid = [round(low + (high - low) * (0.5 + 0.5 * math.sin(a * (t // every) + b * math.sin((t // every) ** 1.5))))
            for t in range(n)]
    return np.array(grid, dtype=float)


def changes(grid):
    at = [0] + [i for i in range(1, len(grid)) if grid[i] != grid[i - 1]]
    return [[i * STEP, float(grid[i])] for i in at]


def case(d, s, sample):
    total = len(d) * STEP
    lack, excess = np.maximum(d - s, 0), np.maximum(s - d, 0)
    stride = round(sample / STEP)
    dd, ds = np.sign(np.diff(d[::stride])), np.sign(np.diff(s[::stride]))
    return {
        "demand": changes(d), "supply": changes(s), "end": total, "sample": sample,
        "relative": [100 / total * float(np.sum(lack / d)) * STEP, 100 / total * float(np.sum(excess / d)) * STEP],
        "absolute": [float(np.sum(lack)) * STEP / total, float(np.sum(excess)) * STEP / total],
        "timeshare": [100 * float(np.mean(d > s)), 100 * float(np.mean(s > d))],
        "instability": 100 * float(np.mean(np.minimum(np.abs(ds - dd), 1))),
        "jitter": (int(np.sum(np.diff(s) != 0)) - int(np.sum(np.diff(d) != 0))) / total,
        "replica_s": float(np.sum(s)) * STEP,
        "actions": int(np.sum(np.diff(s) != 0)),
        "reversals": int(np.sum(np.diff(np.sign(np.diff(s)[np.diff(s) != 0])) != 0)),
    }


d = curve(1200, 1, 9, 0.7, 1.1, 40)
cases = [case(d, curve(1200, 1, 9, 0.7, 1.1, 43), 1.0), case(d, np.roll(d, 37), 2.5),
         case(curve(600, 2, 12, 0.3, 2.0, 25), np.full(600, 6.0), 5.0)]
none = case(d, np.full(1200, 5.0), 1.0)
for c in cases[:2]:
    a, n = ([*x["relative"], *x["timeshare"]] for x in (c, none))
    c["speedup"] = float(stats.gmean(np.array(n) / np.array(a)))
    c["deviation"] = float(np.linalg.norm(a))
print(json.dumps({"cases": cases, "none": none}, indent=1))
