#!/usr/bin/env python3
"""Reference values for tests/reference.rs, from scipy: distributions, numerical integrals and Markov chains, none of
which knows the closed forms.

Usage: python3 -m venv V && V/bin/pip install numpy scipy && V/bin/python generate.py > values.json
"""
import json
import math

import numpy as np
from scipy import integrate, optimize, stats


def erlang_c(c, a):
    """From Poisson probabilities."""
    b = stats.poisson.pmf(c, a) / stats.poisson.cdf(c, a)
    return float(b / (1 - (a / c) * (1 - b)))


def chain_wait(lam, mu, c, states):
    """Mean wait from the balance equations of the truncated chain, by Little's law."""
    n = np.arange(states)
    log_p = np.concatenate([[0.0], np.cumsum(math.log(lam) - np.log(mu * np.minimum(n[1:], c)))])
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    return float(np.sum(np.maximum(n - c, 0) * p) / lam)


def mmc_case(lam, mu, c, f):
    pw = erlang_c(c, lam / mu)
    spare = c * mu - lam
    decay = spare / f
    case = {"arrival_rate": lam, "service_rate": mu, "servers": c, "variability": f,
            "wait_probability": pw, "mean_wait": f * pw / spare, "mean_response": f * pw / spare + 1 / mu}
    if f == 1.0:
        case["chain_wait"] = chain_wait(lam, mu, c, 40_000)
    case["tails"] = []
    for t in [0.0, 0.3 / mu, 1 / mu, 3 / mu]:
        # Wait (an atom at zero, exponential beyond) and exponential service, convolved by quadrature.
        inner, _ = integrate.quad(lambda w: pw * decay * math.exp(-decay * w) * math.exp(-mu * (t - w)), 0, t,
                                  epsabs=1e-15, epsrel=1e-13)
        response = inner + (1 - pw) * math.exp(-mu * t) + pw * math.exp(-decay * t)
        case["tails"].append({"t": t, "wait": pw * math.exp(-decay * t), "response": response})
    return case


def mm1_case(lam, mu):
    law = stats.expon(scale=1 / (mu - lam))
    return {"arrival_rate": lam, "service_rate": mu, "mean": float(law.mean()),
            "tails": [[t, float(law.sf(t))] for t in (0.0, 0.05, 0.4)],
            "quantiles": [[p, float(law.ppf(p))] for p in (0.0, 0.5, 0.95, 0.999)]}


def mg1_case(lam, law, name):
    """Pollaczek-Khinchine's mean from moments that scipy integrates; the mean under sharing from the chain's geometric law."""
    mean, second = float(law.mean()), float(law.moment(2))
    rho = lam * mean
    n = np.arange(200_000)
    users = float(np.sum(n * stats.geom.pmf(n + 1, 1 - rho)))
    return {"law": name, "arrival_rate": lam, "mean_service": mean, "scv": float(law.var()) / mean**2,
            "mean_wait": lam * second / (2 * (1 - rho)), "shared_response": users / lam}


def closed_case(demands, delays, think, users):
    """Throughput by Buzen's convolution (1973), queue lengths from its constants; delays join the think time."""
    z = think + sum(delays)
    g = np.array([z**n / math.factorial(n) for n in range(users + 1)])
    for d in demands:
        for n in range(1, users + 1):
            g[n] += d * g[n - 1]
    x = float(g[users - 1] / g[users])
    queues = [float(sum(d**k * g[users - k] / g[users] for k in range(1, users + 1))) for d in demands]
    return {"demands": demands, "delays": delays, "think": think, "users": users, "throughput": x,
            "queues": queues, "response": users / x - think}


def least_case(lam, mu, quantile, t):
    c = math.floor(lam / mu) + 1
    while mmc_tail(lam, mu, c, t) > 1 - quantile:
        c += 1
    return {"arrival_rate": lam, "service_rate": mu, "share": quantile, "t": t, "servers": c}


def mmc_tail(lam, mu, c, t):
    pw = erlang_c(c, lam / mu)
    decay = c * mu - lam
    inner, _ = integrate.quad(lambda w: pw * decay * math.exp(-decay * w - mu * (t - w)), 0, t, epsabs=1e-15)
    return inner + (1 - pw) * math.exp(-mu * t) + pw * math.exp(-decay * t)


assert abs(optimize.brentq(lambda a: erlang_c(2, a) - 1 / 3, 0.5, 1.5) - 1.0) < 1e-9  # C(2, 1) is 1/3.
print(json.dumps({
    "mmc": [mmc_case(*c) for c in [(0.5, 1.0, 1, 1.0), (8.0, 1.0, 10, 1.0), (190.0, 10.0, 20, 1.0), (3.0, 2.0, 3, 0.5),
                                   (95.0, 1.0, 100, 2.5), (2.0, 1.0, 3, 1.0), (980.0, 2.0, 500, 1.0)]],
    "mm1": [mm1_case(*c) for c in [(3.0, 10.0), (9.5, 10.0), (0.0, 2.0)]],
    "mg1": [mg1_case(7.0, stats.expon(scale=0.1), "exponential"), mg1_case(4.0, stats.gamma(4, scale=0.05), "Erlang 4"),
            mg1_case(3.0, stats.uniform(0.1, 0.3), "uniform"), mg1_case(5.0, stats.lognorm(1.0, scale=0.08), "lognormal")],
    "closed": [closed_case([0.02, 0.05], [], 1.0, 30), closed_case([0.1, 0.08, 0.03], [0.2], 2.0, 12),
               closed_case([0.4], [], 0.0, 5)],
    "least": [least_case(*c) for c in [(100.0, 10.0, 0.95, 0.5), (7.5, 10.0, 0.99, 0.6), (480.0, 20.0, 0.95, 0.16)]],
}, indent=1))
