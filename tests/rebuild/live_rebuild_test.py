#!/usr/bin/env python3
"""A table, a collection and stored rows are computed anew beside a running server, which takes records and answers meanwhile.

Killed at each marked point of it, the server comes back with the old state or the new one, and goes on.
"""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("TAILRACE", str(SOURCE / "build" / "tailrace"))
SECONDS_MAX = 120
DONE, NO, WRONG, FAILED = 0, 1, 2, 3
NAMES = ["sales", "by_product", "lines", "newest", "orders"]
POINTS = ["rebuild.shadow_started", "rebuild.half", "rebuild.before_swap", "rebuild.swapped"]

PIPELINE = """pipeline: shop
streams:
  sales:
    key: id
    partitions: 2
    schema: {id: string, product: string, quantity: int, price: "decimal(12,2)?"}
tables:
  by_product: {sql: "SELECT product, sum(quantity) AS quantity, avg(price) AS price FROM sales GROUP BY product"}
  lines: {sql: "SELECT id, quantity * price AS amount FROM sales WHERE quantity > 0"}
  newest: {sql: "SELECT product, id, 10 // (quantity - 3) AS risky FROM sales", unique: [product]}
  strict: {sql: "SELECT sum(id::INT) AS ids FROM sales"}
collections:
  orders: {sql: "SELECT product AS key, json_object(id, quantity) AS document FROM sales", merge: attributes}
views:
  total: {sql: "SELECT sum(quantity) AS quantity FROM by_product"}
"""


def rows(first, count):
    """One id in 500 is no number, so the table `strict` refuses it."""
    return [{"id": f"x{i}" if i % 500 == 499 else str(i), "product": f"p{i % 7}", "quantity": i % 5, "price": i / 4} for i in range(first, first + count)]


class Server:
    def __init__(self, folder, *options, crash_at=None):
        environment = dict(os.environ)
        if crash_at:
            environment["TAILRACE_CRASH_AT"] = crash_at
        self.folder = folder
        self.process = subprocess.Popen([PROGRAM, "run", folder, "--port", "0", *options], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=environment)
        for line in self.process.stdout:
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                return
        raise AssertionError(f"no address; exit {self.process.wait()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=SECONDS_MAX)
        self.process.stdout.close()

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def post(self, first, count):
        status, body = self.ask("POST", "/streams/sales", "".join(json.dumps(row) + "\n" for row in rows(first, count)),
                                {"Content-Type": "application/x-ndjson"})
        assert status == 200, body
        return json.loads(body)

    def sql(self, query, wait=None):
        wait = wait or {}
        path = "/sql" + ("?timeout=60s&wait_for=" + "sales/" + ",".join(f"{p}:{o}" for p, o in wait.items()) if wait else "")
        status, body = self.ask("POST", path, json.dumps({"sql": query}))
        assert status == 200, body
        return json.loads(body)["rows"]

    def ends(self):
        _, body = self.ask("GET", "/streams/sales")
        return {p["partition"]: p["end"] for p in json.loads(body)["partitions"] if p["end"] > 0}

    def documents(self, wait):
        # Documents have a keeper of their own, which may be behind the tables.
        self.wait_for_documents(wait)
        return json.loads(self.ask("GET", "/collections/orders?limit=1000")[1])["documents"]

    def wait_for_documents(self, wait):
        places = ",".join(f"{p}:{o}" for p, o in wait.items())
        if places:
            status, body = self.ask("GET", f"/collections/orders/p0?timeout=60s&wait_for=sales/{places}")
            assert status in (200, 404), body

    def answers(self):
        wait = self.ends()
        found = {name: self.sql(f"FROM {name} ORDER BY ALL", wait) for name in ("sales", "by_product", "lines", "newest", "strict", "total")}
        found["orders"] = self.documents(wait)
        found["letters"] = int(float(re.search(r'^tailrace_dead_letters\{stream="sales"\} (\S+)', self.ask("GET", "/metrics")[1], re.MULTILINE)[1]))
        return found


def rebuild(server, *words):
    return subprocess.run([PROGRAM, "rebuild", *words, server.folder, "--port", str(server.port)], text=True, capture_output=True,
                          timeout=SECONDS_MAX)


class LiveRebuild(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        (self.folder / "pipeline.yaml").write_text(PIPELINE)

    def test_everything_is_rebuilt_beside_a_running_server(self):
        with Server(self.folder) as server:
            server.post(0, 2000)
            before = server.answers()
            self.assertEqual(before["letters"], 4)
            for name in [*NAMES, "strict"]:
                done = rebuild(server, name)
                self.assertEqual(done.returncode, DONE, done.stderr)
                self.assertRegex(done.stdout, rf"^rebuilt {name}: 2,000 rows of the log in ")
                self.assertEqual(server.answers(), before, name)
            server.post(2000, 10)
            self.assertEqual(len(server.answers()["sales"]), 2010)
        with Server(self.folder) as server:
            after = server.answers()
            self.assertEqual(len(after["sales"]), 2010)
            self.assertEqual(after["strict"], [[sum(i for i in range(2010) if i % 500 != 499)]])

    def test_records_come_in_while_it_runs_and_none_is_lost_or_doubled(self):
        with Server(self.folder) as server:
            server.post(0, 5000)
            stop = threading.Event()
            sent = [5000]

            def keep_posting():
                while not stop.wait(0.005):  # so that the machine has time for the rebuilds too
                    server.post(sent[0], 20)
                    sent[0] += 20

            poster = threading.Thread(target=keep_posting)
            poster.start()
            try:
                for name in NAMES:
                    done = rebuild(server, name)
                    self.assertEqual(done.returncode, DONE, done.stderr)
            finally:
                stop.set()
                poster.join()
            self.assertGreater(sent[0], 5000)
            wait = server.ends()
            everything = rows(0, sent[0])
            self.assertEqual(server.sql("SELECT count(*), count(DISTINCT id), sum(quantity) FROM sales", wait),
                             [[sent[0], sent[0], sum(r["quantity"] for r in everything)]])
            self.assertEqual(server.sql("SELECT sum(quantity) FROM by_product", wait), [[sum(r["quantity"] for r in everything)]])
            self.assertEqual(server.sql("SELECT count(*) FROM lines", wait), [[sum(r["quantity"] > 0 for r in everything)]])
            documents = server.documents(wait)
            self.assertEqual(sum(len(d["document"]) for d in documents), sent[0])

    def test_what_cannot_be_rebuilt_is_refused_with_a_reason(self):
        with Server(self.folder) as server:
            for path, status, words in [("/rebuild/nothing", 404, "nothing"), ("/rebuild/total", 400, "is a view"),
                                        ("/rebuild/by_product?definition=1-0", 409, "another definition"),
                                        ("/rebuild/by_product?what=1", 400, "what")]:
                found, body = server.ask("POST", path)
                self.assertEqual(found, status, body)
                self.assertIn(words, json.loads(body)["error"]["message"])
            self.assertEqual(server.ask("GET", "/rebuild/by_product")[0], 405)
            (self.folder / "pipeline.yaml").write_text(PIPELINE.replace("sum(quantity) AS quantity, avg", "min(quantity) AS quantity, avg"))
            changed = rebuild(server, "by_product")
            self.assertEqual(changed.returncode, WRONG, changed.stderr)
            self.assertIn("another definition of by_product than the file", changed.stderr)

    def test_one_at_a_time_and_a_client_that_leaves_stops_it(self):
        with Server(self.folder) as server:
            for first in range(0, 75_000, 25_000):
                server.post(first, 25_000)
            before = server.answers()
            end = time.monotonic() + SECONDS_MAX
            status = 200
            while status == 200:  # the first has ended before the second was asked for
                self.assertLess(time.monotonic(), end)
                first = http.client.HTTPConnection("127.0.0.1", server.port, timeout=SECONDS_MAX)
                first.request("POST", "/rebuild/by_product")
                answer = first.getresponse()
                self.assertEqual(answer.getheader("Content-Type"), "text/event-stream")
                status, body = server.ask("POST", "/rebuild/lines")
                answer.close()
                first.close()
            self.assertEqual(status, 409, body)
            self.assertIn("one at a time", body)
            while server.ask("POST", "/rebuild/nothing_of_that_name")[0] != 404 or server.ask("POST", "/rebuild/newest")[0] == 409:
                self.assertLess(time.monotonic(), end)
            self.assertEqual(server.answers(), before)

    def test_stopping_the_server_ends_a_rebuild_and_leaves_the_old(self):
        server = Server(self.folder)
        for first in range(0, 50_000, 25_000):
            server.post(first, 25_000)
        before = server.answers()
        client = subprocess.Popen([PROGRAM, "rebuild", "orders", self.folder, "--port", str(server.port)], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        began = time.monotonic()
        with server:
            pass
        self.assertEqual(server.process.returncode, 0)
        self.assertLess(time.monotonic() - began, SECONDS_MAX)
        client.communicate(timeout=SECONDS_MAX)
        with Server(self.folder) as again:
            self.assertEqual(again.answers(), before)

    def test_killed_at_any_point_it_leaves_the_old_or_the_new(self):
        with Server(self.folder) as server:
            server.post(0, 3000)
            before = server.answers()
        for name in ("by_product", "sales", "orders"):
            for point in POINTS:
                with self.subTest(name=name, point=point):
                    server = Server(self.folder, crash_at=point)
                    killed = rebuild(server, name)
                    server.process.wait(timeout=SECONDS_MAX)
                    server.process.stdout.close()
                    self.assertEqual(server.process.returncode, -signal.SIGKILL)
                    self.assertEqual(killed.returncode, FAILED, killed.stdout)
                    with Server(self.folder) as again:
                        self.assertEqual(again.answers(), before)
        with Server(self.folder) as server:
            server.post(3000, 10)
            self.assertEqual(len(server.answers()["sales"]), 3010)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
