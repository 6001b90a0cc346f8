"""Our own program, as a server and as a run to the end."""
import contextlib
import json
import time

from harness import profile
from harness.context import ROOT, tailrace_program
from harness.errors import BenchError
from harness.load import Client, is_ready
from harness.processes import Server, free_port, run_once

PIPELINES = ROOT / "bench" / "pipelines"
CATCH_UP_SECONDS_MAX = 300


def settings(context, port, data):
    """What the pipeline files of the bench leave open."""
    return {"BENCH_PORT": str(port), "BENCH_DATA": str(data), "BENCH_SALES": str(context.sales.ndjson),
            "TAILRACE_DATA": str(context.sales.csv.parent.parent)}


@contextlib.contextmanager
def serving(context, pipeline, *, data=None):
    """Our server on a pipeline file, in an empty data folder unless one is given."""
    port = free_port()
    data = data or context.folder("tailrace-data")
    command = [tailrace_program(), "run", pipeline]
    server = Server("tailrace", command, port, context.scratch / "tailrace.log", ready=lambda: is_ready(port),
                    env=settings(context, port, data))
    with server, profile.recording(context, server.pid, pipeline.stem):
        yield server


def run_to_end(context, pipeline, data):
    """`tailrace run --once`; returns (seconds, peak megabytes)."""
    command = profile.command(context, [tailrace_program(), "run", pipeline, "--once"], pipeline.stem)
    seconds, peak_mb, _ = run_once("tailrace run --once", command, context.scratch / "tailrace-once.log",
                                   env=settings(context, free_port(), data))
    profile.report(context, pipeline.stem)
    return seconds, peak_mb


def records_in(port, stream):
    """How many records the log of a stream holds, by its own positions."""
    with Client(port) as client:
        described = json.loads(client.request("GET", f"/streams/{stream}"))
    return sum(partition["end"] - partition["begin"] for partition in described["partitions"])


def check_all_in(port, stream, expected_min):
    """What was acknowledged is there; a load generator may end with requests on their way, so there may be more."""
    found = records_in(port, stream)
    if found < expected_min:
        raise BenchError(f"{expected_min} records were acknowledged, {found} are in the log of {stream}")


def wait_for_rows(server, sql, expected):
    """Until a query for one number gives that number."""
    def there():
        with Client(server.port) as client:
            return client.query(sql)[0][0] == expected

    began = time.monotonic()
    server.wait_until(f"waiting for {expected} from {sql}", there, CATCH_UP_SECONDS_MAX)
    return time.monotonic() - began
