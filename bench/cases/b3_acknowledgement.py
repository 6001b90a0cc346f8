"""One client, one record at a time: what an acknowledgement takes beside what it cannot do without."""
import json
import statistics

from harness import peers, tailrace
from harness.context import compiled
from harness.figures import Line, percentile, ratio_at_most, run_pairs
from harness.processes import output_of

TITLE = "acknowledgement, one connection"
SAMPLES_PER_SECOND = 500  # of the time that a run may take, about
RECORDS = 1000


def run(context):
    records = context.scratch / "latency.ndjson"
    records.write_text("\n".join(context.sales.lines(RECORDS)) + "\n")

    def probe(server, path):
        samples = json.loads(output_of([compiled("latency_probe"), server.port, path, records, context.folder("probe") / "file",
                                        SAMPLES_PER_SECOND * context.seconds]))
        micros = {name: statistics.median(nanos) / 1000 for name, nanos in samples.items()}
        return {"post_us": micros["post"], "floor_us": micros["fdatasync"] + micros["round_trip"], "fdatasync_us": micros["fdatasync"],
                "p99_us": percentile(samples["post"], 99) / 1000}

    def ours():
        with tailrace.serving(context, tailrace.PIPELINES / "ingest.yaml") as server:
            return probe(server, "/streams/sales")

    def bare():
        with peers.bare_ceiling(context) as server:
            return probe(server, "/")

    runs = run_pairs({"Tailrace": ours, "bare ceiling": bare}, context.pairs, context.say)
    return [
        Line("B3", "acknowledgement, median", "µs", runs.of("Tailrace", "post_us"), "fdatasync + round trip",
             runs.of("Tailrace", "floor_us"), ratio_at_most(1.35)),
        Line("B3", "acknowledgement, median", "µs", runs.of("Tailrace", "post_us"), "bare ceiling", runs.of("bare ceiling", "post_us")),
        Line("B3", "acknowledgement, p99", "µs", runs.of("Tailrace", "p99_us"), "bare ceiling", runs.of("bare ceiling", "p99_us")),
    ]
