#!/usr/bin/env python3
"""A controller for swarmlab with a memory: sizes for the request rate that the trend of the last minute foretells.
Standard library only; see target_tracking.py for the protocol.

Usage: rate_trend.py REQUESTS_PER_REPLICA [SECONDS_AHEAD]   (30 if none are given)
"""
import json
import math
import sys
from collections import deque


class Trend:
    """Least squares through the values of the last minute."""

    def __init__(self, keep_s=60.0):
        self.keep_s = keep_s
        self.points = deque()

    def add(self, t, v):
        self.points.append((t, v))
        while self.points[0][0] < t - self.keep_s:
            self.points.popleft()

    def at(self, t):
        n = len(self.points)
        mean_t = sum(p[0] for p in self.points) / n
        mean_v = sum(p[1] for p in self.points) / n
        spread = sum((p[0] - mean_t) ** 2 for p in self.points)
        slope = sum((p[0] - mean_t) * (p[1] - mean_v) for p in self.points) / spread if spread else 0.0
        return mean_v + slope * (t - mean_t)


def main():
    per_replica = float(sys.argv[1])
    ahead_s = float(sys.argv[2]) if len(sys.argv) > 2 else 30.0
    trends = {}
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "hello":
            answer = {"type": "ready", "protocol": 1, "name": "rate trend"}
        elif message["type"] == "observe":
            rate = message["metrics"].get("request_rate", {}).get("v")
            replicas, reason, debug = message["replicas"]["desired"], "holds: no request rate", {}
            if rate is not None:
                trend = trends.setdefault(message["service"], Trend())
                trend.add(message["t"], rate)
                # More than foretold is what it is; less is not believed before it is there.
                expected = max(rate, trend.at(message["t"] + ahead_s))
                replicas = max(math.ceil(expected / per_replica), 1)
                reason = f"{rate:.1f} requests/s, {expected:.1f} in {ahead_s:g} s, {per_replica:g} for each replica"
                debug = {"expected": expected}
            answer = {"type": "decide", "seq": message["seq"], "replicas": replicas, "reason": reason, "debug": debug}
        else:
            continue
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
