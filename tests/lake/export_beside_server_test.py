#!/usr/bin/env python3
"""`tailrace export` while a server has the data: what it writes is what the server answers; killed anywhere, what was there is whole."""
import http.client
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading

import pyarrow.parquet

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from program import PROGRAM, SECONDS_MAX, SOURCE, run  # noqa: E402

sys.path.insert(0, str(SOURCE / "tests" / "harness"))
from server import Server  # noqa: E402

PIPELINE = """
pipeline: shop
server: {listen: 127.0.0.1:0}
streams:
  orders: {aliases: [shop.orders], schema: {id: int, country: string, price: "decimal(12,3)"}}
tables:
  sums: {sql: "SELECT country, count(*) AS n, sum(price) AS price FROM orders GROUP BY ALL"}
"""
COUNTRIES = ["France", "a/b %=c", "España"]
LARGE = "SELECT a.range AS n, md5(a.range::VARCHAR) AS text FROM range(3000) AS a, range(1000) AS b"


def export(server, folder, *words, status=0):
    done = subprocess.run([PROGRAM, "export", *map(str, words[:1]), str(folder), "--port", str(server.port), *map(str, words[1:])],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def post_orders(server, first, count):
    lines = "".join(json.dumps({"id": i, "country": COUNTRIES[i % 3], "price": f"{i}.125"}) + "\n" for i in range(first, first + count))
    status, body = server.post("/streams/orders", lines, {"Content-Type": "application/x-ndjson"})
    assert status == 200 and body["accepted"] == count, body
    offsets = f"orders/0:{first + count}"
    status, body = server.get("/sql", q="SELECT count(*) FROM orders", wait_for=offsets)
    assert status == 200 and int(body["rows"][0][0]) == first + count, body
    return offsets


def wait_for_sums(server, offsets):
    status, body = server.get("/sql", q="SELECT * FROM sums ORDER BY country", wait_for=offsets)
    assert status == 200, body
    return body["rows"]


def test_what_it_writes_is_what_the_server_answers(folder, out):
    server = Server(folder).wait_listening()
    try:
        rows = wait_for_sums(server, post_orders(server, 0, 300))
        assert "300 rows" in export(server, folder, "shop.orders", "--to", out / "orders.parquet")
        ids = pyarrow.parquet.read_table(out / "orders.parquet").column("id").to_pylist()
        assert sorted(ids) == list(range(300)), ids
        export(server, folder, "sums", "--to", out / "sums.jsonl")
        lines = [json.loads(line, parse_float=str, parse_int=str) for line in (out / "sums.jsonl").read_text().splitlines()]
        assert sorted([line["country"], int(line["n"])] for line in lines) == sorted([row[0], int(row[1])] for row in rows), (lines, rows)
        for form in ("parquet", "csv", "jsonl"):
            for _ in range(2):  # the second takes the place of the first
                export(server, folder, "orders", "--to", out / f"by-{form}", "--format", form, "--partition-by", "country")
            assert len(list((out / f"by-{form}").iterdir())) == 3
        # New records, and the file is of now.
        post_orders(server, 300, 30)
        assert "330 rows" in export(server, folder, "SELECT id FROM orders", "--to", out / "orders.parquet")
        # What cannot be done says so and leaves what is there.
        before = (out / "orders.parquet").read_bytes()
        assert "no_such" in export(server, folder, "no_such", "--to", out / "orders.parquet", status=2)
        assert "not" in export(server, folder, "SELECT * FROM read_text('/etc/passwd')", "--to", out / "orders.parquet", status=2)
        assert "data folder" in export(server, folder, "orders", "--to", folder / ".tailrace" / "orders.parquet", status=2)
        home = out / "home"
        home.mkdir()
        (home / "letter.txt").write_text("mine")
        assert "no export made" in export(server, folder, "orders", "--to", home, "--format", "csv", "--partition-by", "country", status=2)
        assert (home / "letter.txt").read_text() == "mine"
        assert (out / "orders.parquet").read_bytes() == before
        for body in ("", "{}", '{"sql":"SELECT 1"}', '{"sql":"SELECT 1","to":"relative.csv"}', '{"sql":"SELECT 1","to":"/x","format":"xlsx"}', "[]",
                     '{"sql":1,"to":"/x"}', '{"sql":"SELECT 1","to":"/x","more":1}', '{"sql":"SELECT 1","to":"/x","partition_by":["a",2]}'):
            status, answer = server.post("/export", body, {"Content-Type": "application/json"})
            assert status == 400, (body, status, answer)
        leftovers = [path.name for path in out.iterdir() if path.name.endswith(".tmp")] + [path.name for path in (folder / ".tailrace/lake/staging").iterdir()]
        assert not leftovers, leftovers
    finally:
        assert server.stop() == 0, server.output


def test_two_run_and_a_third_is_told_to_wait(folder, out):
    """Also: a client that leaves stops its export, and what was there stays."""
    server = Server(folder).wait_listening()
    try:
        (out / "slow0.jsonl").write_text("of before\n")
        clients = []
        for number in range(2):
            body = json.dumps({"sql": f"SELECT count(*) FROM ({LARGE}) AS x, range(100000000) AS y", "to": str(out / f"slow{number}.jsonl"), "format": "jsonl"})
            connection = http.client.HTTPConnection(server.host, server.port, timeout=SECONDS_MAX)
            connection.request("POST", "/export", body, {"Content-Type": "application/json"})
            clients.append(connection)
        # Both have been begun once a third is refused.
        order = json.dumps({"sql": "SELECT 1 AS one", "to": str(out / "one.csv"), "format": "csv"})
        while True:
            status, answer = server.post("/export", order, {"Content-Type": "application/json"})
            if status != 200:
                break
        assert status in (429, 503), answer
        for connection in clients:
            connection.close()
        while True:  # their places are free once they have seen it
            status, answer = server.post("/export", order, {"Content-Type": "application/json"})
            if status == 200:
                break
            assert status in (429, 503), answer
        assert (out / "slow0.jsonl").read_text() == "of before\n" and not (out / "slow1.jsonl").exists()
    finally:
        assert server.stop() == 0, server.output


def test_killed_at_each_step_what_was_there_is_whole(folder, out):
    for number, point in enumerate(("export.staged", "export.beside", "export.exchanged", "export.placed")):
        target = out / f"killed{number}"
        run_export = ("orders", "--to", target, "--format", "csv", "--partition-by", "country")
        server = Server(folder).wait_listening()
        try:
            export(server, folder, *run_export)
            before = {path.relative_to(target): path.read_bytes() for path in target.rglob("*.csv")}
            offsets = post_orders(server, count_of(server), 10)
            wait_for_sums(server, offsets)
        finally:
            assert server.stop() == 0, server.output
        server = Server(folder, {"TAILRACE_CRASH_AT": point}).wait_listening()
        asking = threading.Thread(target=lambda: subprocess.run(
            [PROGRAM, "export", run_export[0], str(folder), "--port", str(server.port), *map(str, run_export[1:])], capture_output=True, timeout=SECONDS_MAX))
        asking.start()
        assert server.wait_end() == -signal.SIGKILL, server.output
        asking.join()
        after = {path.relative_to(target): path.read_bytes() for path in target.rglob("*.csv")}
        assert (after == before) == (point in ("export.staged", "export.beside")), f"{point}: neither the old nor the new"
        rows = sum(text.count(b"\r\n") - 1 for text in after.values())
        assert rows in (sum(text.count(b"\r\n") - 1 for text in before.values()) + extra for extra in (0, 10)), point
        # The same call again does all of it, and nothing is left lying about.
        run(folder, "export", "orders", "--to", str(target), "--format", "csv", "--partition-by", "country")
        assert sum(path.read_bytes().count(b"\r\n") - 1 for path in target.rglob("*.csv")) == sum(text.count(b"\r\n") - 1 for text in before.values()) + 10
        assert not [path for path in out.iterdir() if path.name.endswith(".tmp")]
        assert not list((folder / ".tailrace/lake/staging").iterdir())


def count_of(server):
    status, body = server.get("/sql", q="SELECT count(*) FROM orders")
    assert status == 200, body
    return int(body["rows"][0][0])


def main():
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            folder, out = pathlib.Path(scratch, "shop"), pathlib.Path(scratch, "out")
            folder.mkdir()
            out.mkdir()
            (folder / "pipeline.yaml").write_text(PIPELINE)
            test(folder, out)
        print(f"{name}: passed", flush=True)


if __name__ == "__main__":
    main()
