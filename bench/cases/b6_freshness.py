"""From the acknowledgement of a record until a query answers with it, while 20,000 records a second come in."""
import json
import threading
import time

from harness import tailrace
from harness.errors import BenchError
from harness.figures import Line, at_most, percentile, run_pairs
from harness.load import NDJSON_TYPE, Client

TITLE = "acknowledgement to answer, 20,000 records a second"
RECORDS_PER_SECOND = 20_000
BATCH = 100
PROBE_PAUSE_SECONDS = 0.02
SEEN_SECONDS_MAX = 10
# A run has to be long enough for a 99th percentile.
RUN_SECONDS_FACTOR = 4
RATE_SHARE_MIN = 0.98  # below it the load was not what the case says

LOOKS = {
    "row": ("SELECT count(*) FROM sales WHERE InvoiceNo = '{name}'", "sale"),
    "sum": ("SELECT sum(lines) FROM sales_by_country WHERE Country = '{name}'", "country"),
}


class SteadyLoad:
    """Posts batches at their due times until it is told to stop. Late ones follow at once, so the rate holds."""

    def __init__(self, port, bodies):
        self._port, self._bodies = port, bodies
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._fault = None
        self._sent = 0

    def __enter__(self):
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        if self._fault:
            raise self._fault

    @property
    def rate(self):
        return self._sent / (time.monotonic() - self._began)

    def _run(self):
        try:
            with Client(self._port) as client:
                while not self._stop.wait(max(0, self._began + self._sent / RECORDS_PER_SECOND - time.monotonic())):
                    client.post("/streams/sales", self._bodies[self._sent // BATCH % len(self._bodies)], NDJSON_TYPE)
                    self._sent += BATCH
        except Exception as fault:  # told to the thread that waits
            self._fault = fault


def _probe(client, sale, name, look):
    """Posts one marked sale, asks until it is in the answer; returns milliseconds since its acknowledgement."""
    sql, kind = LOOKS[look]
    marked = json.dumps(sale | ({"InvoiceNo": name} if kind == "sale" else {"Country": name}))
    client.post("/streams/sales", marked)
    acknowledged = time.monotonic()
    while client.query(sql.format(name=name))[0][0] != 1:
        if time.monotonic() - acknowledged > SEEN_SECONDS_MAX:
            raise BenchError(f"an acknowledged record is not in a query after {SEEN_SECONDS_MAX} s")
    return (time.monotonic() - acknowledged) * 1000


def run(context):
    lines = context.sales.lines(64 * BATCH)
    bodies = ["\n".join(lines[at:at + BATCH]).encode() for at in range(0, len(lines), BATCH)]
    sale = json.loads(lines[0])

    def ours():
        seen = {look: [] for look in LOOKS}
        with tailrace.serving(context, tailrace.PIPELINES / "stored.yaml") as server:
            with Client(server.port) as client, SteadyLoad(server.port, bodies) as load:
                end = time.monotonic() + context.seconds * RUN_SECONDS_FACTOR
                count = 0
                while time.monotonic() < end:
                    for look in LOOKS:
                        count += 1
                        seen[look].append(_probe(client, sale, f"probe {count}", look))
                        time.sleep(PROBE_PAUSE_SECONDS)
                rate = load.rate
            peak_mb = server.peak_mb
        if rate < RATE_SHARE_MIN * RECORDS_PER_SECOND:
            raise BenchError(f"only {rate:.0f} records a second went in")
        return {"rate": rate, "samples": len(seen["row"]), "peak_mb": peak_mb} | {
            f"{look}_p{percent}": percentile(seen[look], percent) for look in LOOKS for percent in (50, 99)}

    runs = run_pairs({"Tailrace": ours}, context.pairs, context.say)
    return [
        Line("B6", "acknowledged to row in a query, p50", "ms", runs.of("Tailrace", "row_p50"), target=at_most(100)),
        Line("B6", "acknowledged to row in a query, p99", "ms", runs.of("Tailrace", "row_p99"), target=at_most(250)),
        Line("B6", "acknowledged to sum in a query, p50", "ms", runs.of("Tailrace", "sum_p50"), target=at_most(100)),
        Line("B6", "acknowledged to sum in a query, p99", "ms", runs.of("Tailrace", "sum_p99"), target=at_most(250)),
        Line("B6", "records a second meanwhile", "/s", runs.of("Tailrace", "rate")),
        Line("B6", "peak memory", "MB", runs.of("Tailrace", "peak_mb")),
    ]
