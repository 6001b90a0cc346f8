"""Durable, checked, 200 records a request as NDJSON, from 8 connections at a time."""
from harness import peers, tailrace
from harness.figures import Line, memory_lines, ratio_at_least, run_pairs
from harness.load import NDJSON_TYPE, wrk

TITLE = "NDJSON batches of 200, 8 connections"
CONNECTIONS = 8
BATCH = 200
BODIES = 64


def _copy_file(context):
    """A batch of the same sales in the format that COPY reads fastest, where the server can read it."""
    path = context.scratch / "batch.csv"
    with open(context.sales.csv, encoding="latin-1") as sales:
        next(sales)
        path.write_text("".join(next(sales) for _ in range(BATCH)))
    path.chmod(0o644)
    return path


def run(context):
    bodies = context.sales.bodies("batches", BODIES, BATCH)
    postgres = peers.Postgres(context)
    copy = f"COPY sales FROM '{_copy_file(context)}' (FORMAT csv);"

    def post(server, path):
        result = wrk(server.port, path, bodies, connections=CONNECTIONS, seconds=context.seconds, content_type=NDJSON_TYPE)
        return {"rate": result["requests"] * BATCH / result["seconds"], "p99_ms": result["p99_ms"]}, result["requests"]

    def ours(pipeline):
        with tailrace.serving(context, tailrace.PIPELINES / f"{pipeline}.yaml") as server:
            metrics, acknowledged = post(server, "/streams/sales")
            tailrace.check_all_in(server.port, "sales", acknowledged * BATCH)
            return metrics | {"peak_mb": server.peak_mb}

    def bare():
        with peers.bare_ceiling(context) as server:
            metrics, _ = post(server, "/")
            return metrics | {"peak_mb": server.peak_mb}

    def copied():
        with postgres.serving() as server:
            rate = postgres.pgbench(server, copy, connections=CONNECTIONS, seconds=context.seconds, mode="simple")
            return {"rate": rate * BATCH, "peak_mb": server.peak_mb}

    runs = run_pairs({"Tailrace": lambda: ours("ingest"), "bare ceiling": bare, "PostgreSQL COPY": copied,
                      "Tailrace, rows stored": lambda: ours("stored")}, context.pairs, context.say)

    def against(peer, bound):
        return Line("B2", "durable records in batches of 200", "/s", runs.of("Tailrace", "rate"), peer, runs.of(peer, "rate"),
                    ratio_at_least(bound))

    return [
        against("bare ceiling", 0.625),
        against("PostgreSQL COPY", 5),
        Line("B2", "the same, rows stored and summed", "/s", runs.of("Tailrace, rows stored", "rate")),
        *memory_lines("B2", runs),
    ]
