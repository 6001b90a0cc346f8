#!/usr/bin/env python3
"""The raw floor on real input: every record once, as it came; killed anywhere, the same; and what the log forgot is read from it."""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lake_files import raw_files, read_raw  # noqa: E402
from program import DATA, PROGRAM, SECONDS_MAX, SOURCE, run, run_sql  # noqa: E402


RETAIL = """
pipeline: retail
streams:
  sales:
    key: InvoiceNo
    partitions: 2
    schema:
      InvoiceNo: string
      StockCode: string
      Description: string?
      Quantity: int
      InvoiceDate: timestamp(%m/%d/%Y %H:%M)
      UnitPrice: decimal(12,3)
      CustomerID: int?
      Country: string
sources:
  file: {type: file, path: "{csv}", format: csv, encoding: latin-1, into: sales}
tables:
  by_country: {sql: "SELECT Country, count(*) AS lines, sum(Quantity * UnitPrice) AS revenue FROM sales GROUP BY ALL"}
lake:
  streams: {sales: {raw: jsonl.zst, roll_size: 8MiB}}
"""

# A stream of which the log keeps little, as its segments are of 64 MiB.
FORGETFUL = """
pipeline: forgetful
streams:
  events: {partitions: 2, store: false, retention: 1s, schema: {id: int, text: string}}
sources:
  made: {type: generate, rows: 400000, sql: "SELECT i AS id, repeat(md5(i::VARCHAR), 16) AS text", into: events}
tables:
  sums: {sql: "SELECT id % 10 AS digit, count(*) AS n, sum(id) AS ids FROM events GROUP BY ALL"}
lake:
  streams: {events: {raw: jsonl.zst}}
"""


def folder_with(scratch, name, text):
    folder = pathlib.Path(scratch, name)
    folder.mkdir()
    (folder / "pipeline.yaml").write_text(text)
    return folder


def test_retail_is_in_the_lake_as_it_came(scratch):
    path = DATA / "retail" / "data.csv"
    folder = folder_with(scratch, "retail", RETAIL.replace("{csv}", str(path)))
    # Killed between any two steps of a file, then to the end.
    for point in ("lake.cut_decided:2", "lake.raw_written:3", "lake.raw_noted:2", "lake.object_written:7", "lake.object_linked:2", "lake.object_renamed:5"):
        run(folder, "run", "--once", status=-9, TAILRACE_CRASH_AT=point)
    run(folder, "run", "--once")
    records = read_raw(folder / ".tailrace", "sales")
    held = sorted(json.dumps(line["record"], sort_keys=True) for lines in records.values() for line in lines)
    with open(path, encoding="latin-1", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for name in ("Description", "CustomerID"):  # may be null, so that an empty field is
            row[name] = row[name] or None
    expected = sorted(json.dumps(row, sort_keys=True) for row in rows)
    assert len(held) == 541909 and held == expected, f"{len(held)} records of {len(expected)}"
    seqs = sorted(line["seq"] for lines in records.values() for line in lines)
    assert len(set(seqs)) == len(seqs)
    assert all(line["key"] == line["record"]["InvoiceNo"] for lines in records.values() for line in lines)
    assert len(raw_files(folder / ".tailrace", "sales")) > 6
    audit = run(folder, "audit", "--recount")
    print(audit.stdout)


def oldest_segment(folder, partition):
    return min(int(path.stem) for path in (folder / ".tailrace" / "log" / "events" / str(partition)).glob("*.log"))


def test_what_the_log_forgot_is_read_from_the_lake(scratch):
    folder = folder_with(scratch, "forgetful", FORGETFUL.replace("retention: 1s", "retention: 30d"))
    run(folder, "run", "--once")
    before = run_sql(folder, "SELECT * FROM sums ORDER BY digit")
    expected = [[digit, 40000, sum(range(digit, 400000, 10))] for digit in range(10)]
    assert [list(row.values()) for row in json.loads(before)] == expected if before.startswith("[") else True, before
    sys.path.insert(0, str(SOURCE / "tests" / "harness"))
    from server import Server
    assert (oldest_segment(folder, 0), oldest_segment(folder, 1)) == (0, 0), "the log has let go of something already"
    (folder / "pipeline.yaml").write_text(FORGETFUL + "server: {listen: 127.0.0.1:0}\n")
    # Killed while the log lets go of a segment, twice.
    for point in ("log.segment_set_aside", "log.segment_dropped"):
        killed = Server(folder, {"TAILRACE_CRASH_AT": point})
        assert killed.wait_end() == -9, f"{point}: {killed.output}"
    server = Server(folder).wait_listening()
    try:
        # Retention has its turn once a second; the status tells when the log has let go.
        import time
        deadline = time.monotonic() + 60
        while min(oldest_segment(folder, 0), oldest_segment(folder, 1)) == 0:
            assert time.monotonic() < deadline, "the log kept all"
            time.sleep(0.1)
        status, page = server.get("/streams/events/records?partition=0&from=0&limit=3")
        assert status == 200, page
    finally:
        assert server.stop() == 0, server.output
    assert min(oldest_segment(folder, 0), oldest_segment(folder, 1)) > 0
    run_rebuild = subprocess.run([PROGRAM, "rebuild", "sums", str(folder)], capture_output=True, text=True, timeout=SECONDS_MAX)
    assert run_rebuild.returncode == 0, run_rebuild.stdout + run_rebuild.stderr
    assert run_sql(folder, "SELECT * FROM sums ORDER BY digit") == before
    audit = run(folder, "audit", "--recount")
    assert any(line.split()[:4] == ["events", "lake", "events", "400000"] for line in audit.stdout.splitlines()), audit.stdout
    trace = subprocess.run([PROGRAM, "trace", "events/1:0", str(folder)], capture_output=True, text=True, timeout=SECONDS_MAX)
    assert trace.returncode == 0 and "events-1-00000000000000000000-" in trace.stdout, trace.stdout + trace.stderr
    # A file that is changed is told, not read.
    victim = raw_files(folder / ".tailrace", "events")[0]
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    damaged = subprocess.run([PROGRAM, "rebuild", "sums", str(folder)], capture_output=True, text=True, timeout=SECONDS_MAX)
    assert "its hash differs" in run(folder, "audit", "--recount", status=1).stderr, "the audit does not see the damage"
    assert damaged.returncode == 3 and victim.name in damaged.stdout + damaged.stderr, damaged.stdout + damaged.stderr
    assert run_sql(folder, "SELECT * FROM sums ORDER BY digit") == before, "a rebuild that failed changed the table"


def main():
    tests = [test for name, test in globals().items() if name.startswith("test_")]
    for test in tests:
        with tempfile.TemporaryDirectory() as scratch:
            test(scratch)
        print(f"{test.__name__}: passed", flush=True)


if __name__ == "__main__":
    main()
