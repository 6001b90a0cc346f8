"""What the server costs while nobody wants anything from it: the retail example, over all sales, and a small pipeline without any."""
import time

from cases import b7_retail
from harness import tailrace
from harness.figures import Line, at_most, run_pairs
from harness.processes import cpu_seconds, memory_mb

TITLE = "idle"
SETTLE_SECONDS = 5   # what follows a start has to be over
MEMORY_MB_MAX = 100
CPU_PERCENT_MAX = 1
# Processor time is counted in hundredths of a second: long enough that one of them is little.
IDLE_SECONDS_FACTOR = 2


def _idle(context, server):
    time.sleep(SETTLE_SECONDS)
    seconds = context.seconds * IDLE_SECONDS_FACTOR
    before = cpu_seconds(server.pid)
    time.sleep(seconds)
    return {"mb": memory_mb(server.pid), "cpu_percent": 100 * (cpu_seconds(server.pid) - before) / seconds}


def run(context):
    pipeline = b7_retail.pipeline_of(context)
    data = context.folder("retail-data")
    tailrace.run_to_end(context, pipeline, data)

    def fresh():
        with tailrace.serving(context, tailrace.PIPELINES / "stored.yaml") as server:
            return _idle(context, server)

    def full():
        with tailrace.serving(context, pipeline, data=data) as server:
            return _idle(context, server)

    runs = run_pairs({"fresh": fresh, "over all sales": full}, context.pairs, context.say)
    return [line for name in runs.by_name for line in (
        Line("B10", f"idle memory, {name}", "MB", runs.of(name, "mb"), target=at_most(MEMORY_MB_MAX)),
        Line("B10", f"idle processor, {name}", "%", runs.of(name, "cpu_percent"), target=at_most(CPU_PERCENT_MAX)))]
