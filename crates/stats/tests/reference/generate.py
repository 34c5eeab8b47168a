#!/usr/bin/env python3
"""Reference values for tests/reference.rs, from scipy and statsmodels.

Inputs are deterministic formulas (no random generator), so that a rerun differs in the last digits at most.
Usage: python3 -m venv V && V/bin/pip install numpy scipy statsmodels && V/bin/python generate.py > values.json
"""
import json
import math

import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import optimize, stats
from statsmodels.stats.multitest import multipletests


def wave(n, a, b, c):
    """A bounded, irregular sequence."""
    return [math.sin(a * t + b * math.sin(c * t * t)) for t in range(n)]


def correlation_case(x, y):
    pearson, spearman = stats.pearsonr(x, y), stats.spearmanr(x, y)
    interval = pearson.confidence_interval(0.95)
    return {
        "x": list(map(float, x)), "y": list(map(float, y)),
        "pearson_r": pearson.statistic, "pearson_p": pearson.pvalue,
        "pearson_low": interval.low, "pearson_high": interval.high,
        "spearman_r": spearman.statistic, "spearman_p": spearman.pvalue,
    }


def effective_n(x, y):
    """Pyper & Peterman's N_eff, written with numpy and statsmodels' autocorrelations, clamped to [3, N]."""
    n = len(x)
    k = n // 5
    rx, ry = (sm.tsa.acf(v, nlags=k, fft=False)[1:] for v in (x, y))
    lags = np.arange(1, k + 1)
    return float(np.clip(n / (1 + 2 * np.sum((1 - lags / n) * rx * ry)), 3, n))


def ols_case(columns, y, lag):
    x = np.column_stack(columns)
    fit = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": True}, use_t=True)
    return {
        "columns": [list(map(float, c)) for c in columns], "y": list(map(float, y)), "lag": lag,
        "coefficients": fit.params.tolist(), "se": fit.bse.tolist(), "r2": fit.rsquared,
    }


def ratio_case(cpu, throughput, lag):
    """The ratio as the mean of scores: HAC of a regression of the residual on a constant."""
    ratio = sum(cpu) / sum(throughput)
    residual = np.array(cpu) - ratio * np.array(throughput)
    fit = sm.OLS(residual, np.ones(len(cpu))).fit(
        cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": True})
    return {"cpu": cpu, "throughput": throughput, "lag": lag, "ratio": ratio,
            "se": float(fit.bse[0] / np.mean(throughput))}


def nnls_case(columns, b):
    x, norm = optimize.nnls(np.column_stack(columns), np.array(b))
    return {"columns": columns, "b": b, "x": x.tolist(), "residual_norm": float(norm)}


def main():
    n = 80
    x = wave(n, 0.9, 2.0, 0.37)
    y = [0.6 * a + b for a, b in zip(x, wave(n, 1.7, 3.0, 0.11))]
    slow = [math.sin(t / 9) + 0.1 * v for t, v in enumerate(wave(n, 2.1, 1.0, 0.5))]
    slower = [math.sin(t / 9 + 0.4) + 0.1 * v for t, v in enumerate(wave(n, 1.3, 1.5, 0.7))]
    tied_x, tied_y = [round(2 * v) for v in x], [round(2 * v) for v in y]
    correlations = [
        correlation_case(x, y), correlation_case(tied_x, tied_y), correlation_case(slow, slower),
        # Few enough digits to be read exactly by any JSON parser: at this offset one unit in the last place shows.
        correlation_case([1e9 + round(320 * v) / 64 for v in x], [1e-6 * v for v in y]), correlation_case(x[:4], y[:4]),
    ]

    m = 120
    ones = [1.0] * m
    load = [5 + 0.4 * t + 3 * v for t, v in enumerate(wave(m, 0.9, 2.0, 0.37))]
    other = [20 + 15 * v for v in wave(m, 0.05, 0.3, 0.002)]
    noise = [0.02 * math.sin(t / 3) + 0.03 * v for t, v in enumerate(wave(m, 1.7, 3.0, 0.11))]
    cpu = [0.05 + 0.015 * a + e for a, e in zip(load, noise)]
    cpu_two = [c + 0.004 * b for c, b in zip(cpu, other)]
    regressions = [
        ols_case([ones, load], cpu, 4), ols_case([ones, load, other], cpu_two, 4), ols_case([ones, load], cpu, 0),
        ols_case([ones[:24], load[:24]], cpu[:24], 13),
    ]

    blocks = [[10 * v for v in wave(9, 0.3 + i, 2.0 + i, 0.21 * (i + 1))] for i in range(5)]
    systems = [nnls_case(blocks[:k], [7 * v for v in wave(9, 1.1 * s, 1.0, 0.3)]) for k in (1, 2, 3, 5)
               for s in (1, 2, 3)]

    p_values = [
        [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275, 0.34],
        [0.9, 0.01, 0.5, 0.01, 1.0, 0.0, 0.2], [0.03],
    ]
    multiple = [{
        "p": p, "bh": multipletests(p, method="fdr_bh")[1].tolist(),
        "by": multipletests(p, method="fdr_by")[1].tolist(),
    } for p in p_values]

    quantiles = [{"p": p, "dof": d, "t": float(stats.t.ppf(p, d))}
                 for d in (1, 1.7, 2, 3.5, 10, 37.25, 118, 5000) for p in (0.005, 0.3, 0.9, 0.975, 0.9995)]
    tails = [{"t": t, "dof": d, "p": float(2 * stats.t.sf(t, d))}
             for d in (1, 2.5, 30, 400) for t in (0.0, 0.1, 2.0, 12.0, 60.0)]

    sections = {
        "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
        "correlations": correlations,
        "effective_n": [{"x": a, "y": b, "n_eff": effective_n(a, b)}
                        for a, b in ((slow, slower), (x, y), (slow, x), (load, cpu))],
        "regressions": regressions,
        "ratios": [ratio_case(cpu, load, 4), ratio_case(cpu[:30], other[:30], 2)],
        "nnls": systems,
        "multiple": multiple,
        "t_quantiles": quantiles,
        "t_tails": tails,
    }
    # One section a line: readable diffs without a line a number.
    print("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sections.items()) + "\n}")


if __name__ == "__main__":
    main()
