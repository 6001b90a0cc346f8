"""Durable, checked, one record a request, from 64 connections at a time."""
from harness import peers, tailrace
from harness.figures import Line, at_most, memory_lines, ratio_at_least, run_pairs
from harness.load import JSON_TYPE, wrk

TITLE = "single-record POSTs, 64 connections"
CONNECTIONS = 64
BODIES = 1000
REDIS_REQUESTS_PER_SECOND = 50_000  # about; redis-benchmark counts requests, not seconds

POSTGRES_INSERT = r"""
\set quantity random(1, 99)
INSERT INTO sales VALUES ('536365', '85123A', 'WHITE HANGING HEART T-LIGHT HOLDER', :quantity, '2010-12-01 08:26', 2.55, 17850, 'United Kingdom');
"""


def run(context):
    bodies = context.sales.bodies("single", BODIES, 1)
    postgres = peers.Postgres(context)

    def post(server, path):
        result = wrk(server.port, path, bodies, connections=CONNECTIONS, seconds=context.seconds, content_type=JSON_TYPE)
        return {"rate": result["requests"] / result["seconds"], "p99_ms": result["p99_ms"]}, result["requests"]

    def ours(pipeline):
        with tailrace.serving(context, tailrace.PIPELINES / f"{pipeline}.yaml") as server:
            metrics, acknowledged = post(server, "/streams/sales")
            tailrace.check_all_in(server.port, "sales", acknowledged)
            return metrics | {"peak_mb": server.peak_mb}

    def of_server(start, path):
        with start(context) as server:
            metrics, _ = post(server, path)
            return metrics | {"peak_mb": server.peak_mb}

    def redis():
        with peers.redis(context) as server:
            metrics = peers.redis_add(server, context.sales.lines(1)[0], connections=CONNECTIONS,
                                      requests=REDIS_REQUESTS_PER_SECOND * context.seconds)
            return metrics | {"peak_mb": server.peak_mb}

    def insert():
        with postgres.serving() as server:
            rate = postgres.pgbench(server, POSTGRES_INSERT, connections=CONNECTIONS, seconds=context.seconds, mode="prepared")
            return {"rate": rate, "peak_mb": server.peak_mb}

    runs = run_pairs({
        "Tailrace": lambda: ours("ingest"),
        "bare ceiling": lambda: of_server(peers.bare_ceiling, "/"),
        "Redis XADD, always": redis,
        "PostgreSQL INSERT": insert,
        "FastAPI, stores nothing": lambda: of_server(peers.fastapi, "/sales"),
        "Tailrace, rows stored": lambda: ours("stored"),
    }, context.pairs, context.say)
    rate = runs.of("Tailrace", "rate")

    def against(peer, bound):
        return Line("B1", "durable single-record POST", "/s", rate, peer, runs.of(peer, "rate"), ratio_at_least(bound))

    return [
        against("bare ceiling", 0.75),
        against("Redis XADD, always", 1.2),
        against("PostgreSQL INSERT", 3),
        against("FastAPI, stores nothing", 15),
        Line("B1", "p99", "ms", runs.of("Tailrace", "p99_ms"), "bare ceiling", runs.of("bare ceiling", "p99_ms"), at_most(3)),
        Line("B1", "the same, rows stored and summed", "/s", runs.of("Tailrace, rows stored", "rate")),
        *memory_lines("B1", runs),
    ]
