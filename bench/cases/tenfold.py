"""The whole retail example on ten times its records, within a memory that is set: what a process holds must not grow with what it has read."""
from cases import b7_retail
from harness import tailrace
from harness.figures import Line, at_most, run_pairs
from harness.processes import run_once

TITLE = "the retail example, ten times over, with server.memory"
TIMES = 10
MEMORY_MB = 1024
PAIRS_MAX = 1  # it is the same each time, and long


def ten_times(context):
    """A data folder whose CSV file has every sale ten times."""
    folder = context.folder("tenfold") / "retail"
    folder.mkdir()
    with open(context.sales.csv, "rb") as rows, open(folder / "data.csv", "wb") as out:
        out.write(rows.readline())
        begin = rows.tell()
        for _ in range(TIMES):
            rows.seek(begin)
            while piece := rows.read(1 << 20):
                out.write(piece)
    return folder.parent


def run(context):
    pipeline = b7_retail.pipeline_of(context)
    pipeline.write_text(pipeline.read_text().replace("server: {", f"server: {{memory: {MEMORY_MB}MiB, "))
    source, data = ten_times(context), context.scratch / "tenfold-data"

    def ours():
        environment = tailrace.settings(context, 0, data) | {"TAILRACE_DATA": str(source)}
        seconds, peak_mb, _ = run_once("tailrace run --once", [tailrace.tailrace_program(), "run", pipeline, "--once"], context.scratch / "tenfold.log",
                                       env=environment)
        return {"rate": TIMES * context.sales.rows / seconds, "peak_mb": peak_mb}

    runs = run_pairs({"Tailrace": ours}, PAIRS_MAX, context.say)
    return [
        Line("tenfold", f"retail example, {TIMES * context.sales.rows:,} rows", "rows/s", runs.of("Tailrace", "rate")),
        Line("tenfold", f"peak memory, of {MEMORY_MB} MB of server.memory", "MB", runs.of("Tailrace", "peak_mb"), target=at_most(MEMORY_MB)),
    ]
