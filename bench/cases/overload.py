"""Twice the requests that the server can carry, for a minute, from clients that do not wait for one another."""
from harness import tailrace
from harness.errors import BenchError
from harness.figures import Line, at_most, ratio_at_least, ratio_at_most, run_pairs
from harness.load import NDJSON_TYPE, open_loop

TITLE = "overload: twice the capacity, open loop"
LINES_PER_BODY = 200
BODIES = 200
CAPACITY_REQUESTS = 64  # under way at a time, over the same connections
# As many as wait at twice the capacity if each is answered within 50 ms, and more.
CONNECTIONS = 1000
QUIET_SHARE, OVERLOAD_SHARE = 0.5, 2
MINUTE_FACTOR = 12  # of the usual five seconds of load
PAIRS_MAX = 2
MEMORY_MB = 1024    # server.memory in the pipeline


def run(context):
    bodies = context.sales.bodies("overload", BODIES, LINES_PER_BODY)

    def offer(server, rate, seconds):
        found = open_loop(server.port, "/streams/sales", bodies, connections=CONNECTIONS, rate=rate, seconds=seconds, content_type=NDJSON_TYPE)
        if not found["accepted"] or found["other"] or found["broken"] or found["refused_without_retry_after"]:
            raise BenchError(f"answers that are neither 200 nor 503 with Retry-After: {found}")
        return found

    def ours():
        with tailrace.serving(context, tailrace.PIPELINES / "overload.yaml") as server:
            # As long as what it is held against: a disk may be faster for some seconds than for a minute.
            peak = offer(server, -CAPACITY_REQUESTS, context.seconds * MINUTE_FACTOR)
            capacity = peak["accepted"] / peak["seconds"]
            quiet = offer(server, capacity * QUIET_SHARE, context.seconds)
            over = offer(server, capacity * OVERLOAD_SHARE, context.seconds * MINUTE_FACTOR)
            acknowledged = sum(part["records"] for part in (peak, quiet, over))
            in_log = tailrace.records_in(server.port, "sales")
            return {"capacity": capacity * LINES_PER_BODY, "goodput": over["records"] / over["seconds"], "offered": over["due"] / over["seconds"] * LINES_PER_BODY,
                    "quiet_p99_ms": quiet["accepted_p99_ms"], "p99_ms": over["accepted_p99_ms"], "refused_p99_ms": over["refused_p99_ms"],
                    "refused": over["refused"] / max(1, over["due"]), "late_p99_ms": over["late_p99_ms"], "lost": acknowledged - in_log,
                    "peak_mb": server.peak_mb}

    runs = run_pairs({"Tailrace": ours}, min(context.pairs, PAIRS_MAX), context.say)

    def of(metric):
        return runs.of("Tailrace", metric)

    return [
        Line("overload", "records accepted at twice the capacity, in batches of 200", "/s", of("goodput"), "the capacity", of("capacity"), ratio_at_least(0.9)),
        Line("overload", "records offered meanwhile", "/s", of("offered"), "the capacity", of("capacity")),
        Line("overload", "p99 of the accepted", "ms", of("p99_ms"), "at half the capacity", of("quiet_p99_ms"), ratio_at_most(5)),
        Line("overload", "p99 of the refused (503 with Retry-After)", "ms", of("refused_p99_ms")),
        Line("overload", "acknowledged and not in the log", "", of("lost"), target=at_most(0)),
        Line("overload", "peak memory, of server.memory", "MB", of("peak_mb"), target=at_most(MEMORY_MB)),
    ]
