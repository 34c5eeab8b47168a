#!/usr/bin/env python3
"""Reference values for tests/reference.rs, from scipy and statsmodels.

Inputs are deterministic formulas (no random generator), so that a rerun differs in the last digits at most.
Usage: python3 -m venv V && V/bin/pip install numpy scipy statsmodels && V/bin/python generate.py > values.json
"""
import json
import math

import numpy as np
from scipy import signal
from statsmodels.regression.linear_model import yule_walker
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.holtwinters import ExponentialSmoothing


def wave(n, a, b, c):
    """A bounded, irregular sequence."""
    return [math.sin(a * t + b * math.sin(c * t * t)) for t in range(n)]


def pid_case(kp, ki, kd, period, errors, start):
    """The velocity form as a filter: differences by an FIR filter, output by summing up. Before the first error there
    was the same one."""
    b = [kp + ki * period + kd / period, -kp - 2 * kd / period, kd / period]
    moves = signal.lfilter(b, [1.0], [errors[0], errors[0], *errors])[2:]
    free = signal.lfilter([1.0], [1.0, -1.0], moves) + start
    low, high = 1.0, 6.0
    bound, u = [], start
    for move in moves:
        u = float(np.clip(u + move, low, high))
        bound.append(u)
    return {"kp": kp, "ki": ki, "kd": kd, "period": period, "start": start, "errors": errors, "free": free.tolist(),
            "low": low, "high": high, "bound": bound}


def closed_loop(kp, ki, period, gain, pole, target, n):
    """Response of a first-order plant to a step of its target under PI, by state space: x = [y, u, e]."""
    plant = signal.cont2discrete(([gain], [1 / pole, 1]), period, method="zoh")
    num, den = np.ravel(plant[0]), plant[1]
    g, a = float(num[1]), -float(den[1])
    # u_k = u_{k-1} + (kp + ki T) e_k - kp e_{k-1};  e_k = y_k - target;  y_{k+1} = a y_k + g u_k. More output lowers
    # the metric, so the gain is negative.
    A = np.array([[a + g * (kp + ki * period), g, -g * kp], [kp + ki * period, 1.0, -kp], [1.0, 0.0, 0.0]])
    B = -target * np.array([[g * (kp + ki * period)], [kp + ki * period], [1.0]])
    x0 = np.array([0.0, 0.0, -target])
    _, y, _ = signal.dlsim((A, B, np.array([[1.0, 0.0, 0.0]]), np.zeros((1, 1)), period), np.ones((n, 1)), x0=x0)
    return {"kp": kp, "ki": ki, "period": period, "a": a, "g": g, "target": target, "metric": np.ravel(y).tolist()}


def holt_winters_case(y, m, alpha, beta, gamma, ahead):
    y = np.asarray(y, dtype=float)
    one, two = y[:m], y[m:2 * m]
    trend = (two.mean() - one.mean()) / m
    level = one.mean() - trend * (m + 1) / 2
    line = level + trend * np.arange(1, 2 * m + 1)
    seasonal = (y[:2 * m] - line).reshape(2, m).mean(axis=0)
    # As a state space. (ExponentialSmoothing forecasts every m-th step with the seasonal part of a season before.) Its trend
    # moves by alpha beta of the error, its season by gamma (1 - alpha).
    model = ETSModel(y, error="add", trend="add", seasonal="add", seasonal_periods=m, initialization_method="known",
                     initial_level=level, initial_trend=trend, initial_seasonal=seasonal)
    fit = model.smooth([alpha, alpha * beta, gamma * (1 - alpha)])
    return {"y": y.tolist(), "season": m, "alpha": alpha, "beta": beta, "gamma": gamma,
            "fitted": fit.fittedvalues[2 * m:].tolist(), "forecast": np.asarray(fit.forecast(ahead)).tolist()}


def holt_case(y, alpha, beta, ahead):
    y = np.asarray(y, dtype=float)
    model = ExponentialSmoothing(y, trend="add", initialization_method="known", initial_level=y[0] - (y[1] - y[0]),
                                 initial_trend=y[1] - y[0])
    fit = model.fit(smoothing_level=alpha, smoothing_trend=beta, optimized=False)
    return {"y": y.tolist(), "season": 0, "alpha": alpha, "beta": beta, "gamma": 0.0,
            "fitted": fit.fittedvalues[2:].tolist(), "forecast": fit.forecast(ahead).tolist()}


def ar_case(y, order, ahead):
    y = np.asarray(y, dtype=float)
    phi, _ = yule_walker(y, order=order, method="mle", demean=True, result_object=False)
    mean, past = y.mean(), list(y - y.mean())
    for _ in range(ahead):
        past.append(float(np.dot(phi, past[:-order - 1:-1])))
    return {"y": y.tolist(), "order": order, "phi": phi.tolist(), "forecast": (mean + np.array(past[-ahead:])).tolist()}


load = [50 + 0.3 * t + 20 * math.sin(2 * math.pi * t / 12) + 3 * w for t, w in enumerate(wave(72, 0.7, 1.3, 0.05))]
print(json.dumps({
    "pid": [pid_case(2.0, 0.1, 0.0, 15.0, [1.0] * 5 + [-0.4] * 8, 2.0),
            pid_case(1.5, 0.02, 3.0, 10.0, [0.5 * w for w in wave(40, 0.9, 0.4, 0.02)], 3.0),
            pid_case(0.0, 0.05, 0.0, 15.0, [0.3] * 20, 1.0)],
    "closed_loop": [closed_loop(2.0, 0.05, 15.0, -0.2, 0.05, -0.5, 160), closed_loop(1.0, 0.02, 5.0, -0.4, 0.02, -0.8, 240)],
    "holt_winters": [holt_winters_case(load, 12, 0.4, 0.1, 0.3, 24), holt_winters_case(load[:40], 4, 0.8, 0.05, 0.6, 9)],
    "holt": [holt_case(load[:30], 0.5, 0.2, 6)],
    "ar": [ar_case(load, 3, 10), ar_case(wave(50, 0.5, 1.0, 0.1), 5, 6), ar_case(load[:20], 1, 4)],
}, indent=1))
