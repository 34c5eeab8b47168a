"""Writes the golden files with Locust's own classes: python generate.py (with locust 2.47 installed).

The same requests are in src/export/locust/tests.rs. Locust's clock is set by hand: requests of second s end in it, the
files are written at its end. The last request counts as ended at the end of its second.
"""
import csv, io, sys, types
import locust.stats as stats

START = 1_700_000_000
clock = types.SimpleNamespace(now=float(START))
stats.time = types.SimpleNamespace(time=lambda: clock.now)


def requests_of(s):
    """(method, name, response time in ms or None, bytes, error) of second s."""
    if s == 13:
        return
    if s % 2 == 1:
        for ms in (120.0, 256.0, 5.5):
            yield "GET", 'b "x", y', ms, 13, None
    if s >= 1:
        for k in range(s):
            yield "POST", "a", 88.0 if k % 3 else 120.0, 7, None
    if s in (4, 9):
        yield "GET", "a slow one", 1536.0, 1000, "unexpected_status"
        yield "GET", "a slow one", None, 0, "timeout"
    if s == 11:
        yield "GET", "never", None, 0, "connect_refused"


def run(full_history):
    clock.now = float(START)
    all_stats = stats.RequestStats()
    runner = types.SimpleNamespace(user_count=0, exceptions={})
    environment = types.SimpleNamespace(stats=all_stats, runner=runner)
    writer = stats.StatsCSVFileWriter.__new__(stats.StatsCSVFileWriter)
    stats.StatsCSV.__init__(writer, environment, stats.PERCENTILES_TO_REPORT)
    writer.full_history = full_history
    files = {name: io.StringIO(newline="") for name in ("stats", "stats_history", "failures")}
    out = {name: csv.writer(file) for name, file in files.items()}
    history_columns = ["Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s",
                       *stats.get_readable_percentiles(stats.PERCENTILES_TO_REPORT), "Total Request Count",
                       "Total Failure Count", "Total Median Response Time", "Total Average Response Time",
                       "Total Min Response Time", "Total Max Response Time", "Total Average Content Size"]
    out["stats_history"].writerow(history_columns)
    writer._stats_history_data_rows(out["stats_history"], clock.now)
    for s in range(15):
        clock.now = START + s + 0.5
        runner.user_count = s + 1
        any_request = False
        for method, name, ms, size, error in requests_of(s):
            any_request = True
            all_stats.log_request(method, name, ms, size)
            if error:
                all_stats.log_error(method, name, error)
        end = START + s + 1.0
        if any_request:
            last = end
        real = all_stats.total.last_request_timestamp
        if real is not None:
            all_stats.total.last_request_timestamp = last - 1e-6
        clock.now = end
        writer._stats_history_data_rows(out["stats_history"], clock.now)
        all_stats.total.last_request_timestamp = real
    all_stats.total.last_request_timestamp = last
    writer.requests_csv(out["stats"])
    # Locust sorts failures by a hash; here they are sorted by name, method and the engine's order of errors.
    order = ["connect_refused", "timeout", "unexpected_status"]
    rows = sorted(all_stats.errors.values(), key=lambda e: (e.name, e.method, order.index(e.error)))
    environment.stats = types.SimpleNamespace(errors=dict(enumerate(rows)))
    writer.failures_csv(out["failures"])
    return {name: file.getvalue() for name, file in files.items()}


for full, suffix in ((False, ""), (True, "_full")):
    for name, text in run(full).items():
        if full and name != "stats_history":
            continue
        with open(f"{name}{suffix}.csv", "w", newline="") as file:
            file.write(text)
