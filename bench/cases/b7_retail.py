"""The whole retail example, all its tables and documents, from the CSV file to its end."""
import shutil

from harness import tailrace
from harness.context import ROOT
from harness.errors import BenchError
from harness.figures import Line, at_least, run_pairs
from harness.load import Client

TITLE = "the retail example from its CSV file"
SERVER = 'server: {listen: "127.0.0.1:${BENCH_PORT}", data: "${BENCH_DATA}"}\n'


def pipeline_of(context):
    """The example with a server of the bench's own."""
    path = context.folder("retail") / "retail.yaml"
    text = (ROOT / "examples" / "retail" / "pipeline.yaml").read_text()
    kept = [line for line in text.splitlines(keepends=True) if not line.startswith("server:")]
    path.write_text("".join(kept) + "\n" + SERVER)
    return path


def run(context):
    pipeline = pipeline_of(context)
    data = context.scratch / "retail-data"

    def ours():
        shutil.rmtree(data, ignore_errors=True)
        seconds, peak_mb = tailrace.run_to_end(context, pipeline, data)
        return {"rate": context.sales.rows / seconds, "peak_mb": peak_mb}

    runs = run_pairs({"Tailrace": ours}, context.pairs, context.say)
    with tailrace.serving(context, pipeline, data=data) as server, Client(server.port) as client:
        counted = client.query("SELECT count(*) FROM transactions")[0][0]
    if counted != context.sales.rows:
        raise BenchError(f"{counted} of {context.sales.rows} sales are in the table")
    return [
        Line("B7", "retail example, CSV to all tables and documents", "rows/s", runs.of("Tailrace", "rate"), target=at_least(150_000)),
        Line("B7", "peak memory", "MB", runs.of("Tailrace", "peak_mb")),
    ]
