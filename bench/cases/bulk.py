"""A large CSV file into a stream and its stored rows by `load`, beside DuckDB's own reader into a table on disk."""
import json
import os

from harness import tailrace
from harness.context import python_of_peers, tailrace_program
from harness.errors import BenchError
from harness.figures import Line, at_most, memory_lines, ratio_at_least, run_pairs
from harness.load import Client
from harness.peers import HERE
from harness.processes import free_port, run_once

TITLE = "a large file by load"
PIPELINE = tailrace.PIPELINES / "bulk.yaml"
GIGABYTES = float(os.environ.get("BENCH_BULK_GB", "1"))
QUICK_GIGABYTES = 0.1
MEMORY_MB_MAX = 1_500


def multiplied(context):
    """The sales, again and again up to the size that is wanted, as UTF-8; returns (path, rows)."""
    path = context.scratch / "bulk.csv"
    wanted = int((QUICK_GIGABYTES if context.pairs == 1 else GIGABYTES) * 1e9)
    # Line ends as they are, or the block would be of another size.
    header, _, rows = context.sales.csv.read_bytes().decode("latin-1").partition("\n")
    block = rows.encode()
    times = max(1, round(wanted / len(block)))
    with open(path, "wb") as out:
        out.write(header.encode() + b"\n")
        for _ in range(times):
            out.write(block)
    return path, context.sales.rows * times


def run(context):
    path, rows = multiplied(context)
    data = {}

    def ours():
        data["folder"] = context.folder("tailrace-data")
        command = [tailrace_program(), "load", path, PIPELINE, "--into", "sales"]
        seconds, peak_mb, _ = run_once("tailrace load", command, context.scratch / "tailrace-load.log",
                                       env=tailrace.settings(context, free_port(), data["folder"]))
        return {"rate": rows / seconds, "peak_mb": peak_mb}

    def peer():
        # Its own clock: the start of Python does not count.
        command = [python_of_peers(), HERE / "duckdb_bulk.py", path, context.folder("duckdb") / "sales.duckdb"]
        _, peak_mb, output = run_once("duckdb_bulk", command, context.scratch / "peer.log")
        result = json.loads(output.strip().splitlines()[-1])
        if result["rows"] != rows:
            raise BenchError(f"DuckDB read {result['rows']} of {rows} rows")
        return {"rate": rows / result["seconds"], "peak_mb": peak_mb}

    runs = run_pairs({"Tailrace": ours, "DuckDB read_csv": peer}, context.pairs, context.say)
    with tailrace.serving(context, PIPELINE, data=data["folder"]) as server, Client(server.port) as client:
        held = client.query("SELECT count(*) FROM sales")[0][0]
    if held != rows:
        raise BenchError(f"{held} of {rows} rows are in the stream")
    what = f"load of {path.stat().st_size / 1e9:.1f} GB of CSV, log and stored rows"
    return [
        Line("bulk", what, "rows/s", runs.of("Tailrace", "rate"), "DuckDB read_csv", runs.of("DuckDB read_csv", "rate"), ratio_at_least(0.5)),
        Line("bulk", "peak memory", "MB", runs.of("Tailrace", "peak_mb"), target=at_most(MEMORY_MB_MAX)),
        *memory_lines("bulk", runs)[1:],
    ]
