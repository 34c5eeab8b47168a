#!/usr/bin/env python3
"""A controller for swarmlab: keeps CPU utilisation at a target. Standard library only.

swarmlab starts it and speaks JSON, one message a line: `hello` and then `observe` on standard input; `ready` and
`decide` are expected on standard output (controllers/protocol.schema.json has every key). Standard error is free for
whatever you want to tell. An answer that is late, invalid or to an older question changes nothing and is counted.

Usage: target_tracking.py [TARGET]   (0.6 if none is given)
"""
import json
import math
import sys


def decide(seen, target):
    """One decision from one observation: replicas and why."""
    desired = seen["replicas"]["desired"]
    cpu = seen["metrics"].get("cpu_utilization", {})
    # A value that is missing or too old comes as null. Null is not zero: hold.
    if cpu.get("v") is None:
        return desired, f"holds at {desired}: no CPU utilisation"
    ready = max(seen["replicas"]["ready"], 1)
    wanted = math.ceil(ready * cpu["v"] / target - 1e-9)
    return max(wanted, 0), f"{cpu['v']:.2f} of the CPU is used, {target} is aimed at"


def main():
    target = float(sys.argv[1]) if len(sys.argv) > 1 else 0.6
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "hello":
            answer = {"type": "ready", "protocol": 1, "name": "target tracking"}
        elif message["type"] == "observe":
            replicas, reason = decide(message, target)
            answer = {"type": "decide", "seq": message["seq"], "replicas": replicas, "reason": reason}
        else:
            continue
        # Flush, or the answer stays here until it is too late.
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
