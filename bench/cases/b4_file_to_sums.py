"""A file of JSON lines to grouped sums: in ours with a synced log and state that is exactly once, in the peers without either."""
import json
import math

from harness import tailrace
from harness.context import python_of_peers
from harness.errors import BenchError
from harness.figures import Line, at_least, at_most, memory_lines, ratio_at_least, run_pairs
from harness.load import Client
from harness.peers import HERE
from harness.processes import run_once

TITLE = "file to durable grouped sums"
PIPELINE = tailrace.PIPELINES / "fold.yaml"
MEMORY_MB_MAX = 300
# What faucet, a file to file converter without state, made of the same sales from CSV to JSONL on the reference machine.
FAUCET_ROWS_PER_SECOND = 319_000
SUMS = "SELECT Country, revenue, items, lines FROM sales_by_country"


def _check_answer(context, data, expected):
    """Ours are the same sums as DuckDB's."""
    with tailrace.serving(context, PIPELINE, data=data) as server, Client(server.port) as client:
        found = {row[0]: [float(value) for value in row[1:]] for row in client.query(SUMS)}
    same = found.keys() == expected.keys() and all(
        math.isclose(mine, theirs, rel_tol=1e-12) for key in found for mine, theirs in zip(found[key], expected[key]))
    if not same:
        raise BenchError(f"the sums differ: {found} and {expected}")


def run(context):
    rows = context.sales.rows
    sums = {}
    data = {}

    def ours():
        data["folder"] = context.folder("tailrace-data")
        seconds, peak_mb = tailrace.run_to_end(context, PIPELINE, data["folder"])
        return {"rate": rows / seconds, "peak_mb": peak_mb}

    def peer(script, *options):
        # Its own clock: neither the start of Python nor imports count.
        command = [python_of_peers(), HERE / script, context.sales.ndjson, *options]
        _, peak_mb, output = run_once(script, command, context.scratch / "peer.log")
        result = json.loads(output.strip().splitlines()[-1])
        sums[script] = result["sums"]
        return {"rate": rows / result["seconds"], "peak_mb": peak_mb}

    runs = run_pairs({
        "Tailrace": ours,
        "Bytewax": lambda: peer("bytewax_fold.py"),
        "Bytewax, untyped": lambda: peer("bytewax_fold.py", "--untyped"),
        "DuckDB": lambda: peer("duckdb_fold.py"),
    }, context.pairs, context.say)
    _check_answer(context, data["folder"], sums["duckdb_fold.py"])
    rate = runs.of("Tailrace", "rate")

    def against(peer_name, bound=None):
        return Line("B4", "file to durable sums", "rows/s", rate, peer_name, runs.of(peer_name, "rate"), bound and ratio_at_least(bound))

    return [
        against("Bytewax", 3),
        against("Bytewax, untyped"),
        against("DuckDB", 0.4),
        Line("B4", "file to durable sums", "rows/s", rate, target=at_least(FAUCET_ROWS_PER_SECOND)),
        Line("B4", "peak memory", "MB", runs.of("Tailrace", "peak_mb"), target=at_most(MEMORY_MB_MAX)),
        *memory_lines("B4", runs)[1:],
    ]
