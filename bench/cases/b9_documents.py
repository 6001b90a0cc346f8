"""A document by its key over HTTP, 32 connections, beside the same documents as static files."""
import json
import urllib.parse

from harness import peers, tailrace
from harness.errors import BenchError
from harness.figures import Line, memory_lines, ratio_at_least, run_pairs
from harness.load import NDJSON_TYPE, Client, wrk

TITLE = "document by key, 32 connections"
CONNECTIONS = 32
SALES = 20_000
BATCH = 1000
WAIT = "?wait_for=sales/0:{offset}&timeout=60s"


def _load(server, lines):
    with Client(server.port) as client:
        for at in range(0, len(lines), BATCH):
            client.post("/streams/sales", "\n".join(lines[at:at + BATCH]).encode(), NDJSON_TYPE)
        first = json.loads(lines[0])["InvoiceNo"]
        client.request("GET", f"/collections/invoices/{first}" + WAIT.format(offset=len(lines) - 1))


def run(context):
    lines = context.sales.lines(SALES)
    keys = sorted({json.loads(line)["InvoiceNo"] for line in lines})
    files = context.folder("documents")
    paths = context.scratch / "paths"
    paths.write_text("".join(f"/collections/invoices/{urllib.parse.quote(key)}\n" for key in keys))
    folder = files / "collections" / "invoices"
    folder.mkdir(parents=True)

    def get(server):
        result = wrk(server.port, "", paths, connections=CONNECTIONS, seconds=context.seconds)
        return {"rate": result["requests"] / result["seconds"], "p99_ms": result["p99_ms"], "peak_mb": server.peak_mb}

    def ours():
        with tailrace.serving(context, tailrace.PIPELINES / "documents.yaml") as server:
            _load(server, lines)
            with Client(server.port) as client:
                for key in keys:
                    (folder / key).write_bytes(client.request("GET", f"/collections/invoices/{urllib.parse.quote(key)}"))
            if not json.loads((folder / keys[0]).read_text()):
                raise BenchError("the documents are empty")
            return get(server)

    def static_files():
        with peers.nginx(context, files) as server:
            return get(server)

    runs = run_pairs({"Tailrace": ours, "nginx, static file": static_files}, context.pairs, context.say)
    return [
        Line("B9", "document by key", "/s", runs.of("Tailrace", "rate"), "nginx, static file", runs.of("nginx, static file", "rate"),
             ratio_at_least(0.5)),
        Line("B9", "p99", "ms", runs.of("Tailrace", "p99_ms"), "nginx, static file", runs.of("nginx, static file", "p99_ms")),
        *memory_lines("B9", runs),
    ]
