#!/usr/bin/env python3
"""`doctor` says what it finds, what to do, and by its exit code whether something must be done."""
import http.server
import json
import os
import pathlib
import socketserver
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from ports import nobody  # noqa: E402

PROGRAM = os.environ.get("TAILRACE", str(pathlib.Path(__file__).resolve().parents[2] / "build" / "tailrace"))
SECRET = "hunter2-hunter2"
PIPELINE = """pipeline: p
streams: {s: {schema: {a: int}}}
sources: {f: {type: file, path: rows.csv, format: csv, into: s}}
server: {%s}
"""


class Doctor(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        (self.folder / "rows.csv").write_text("a\n1\n")

    def examine(self, server=""):
        (self.folder / "pipeline.yaml").write_text(PIPELINE % server)
        done = subprocess.run([PROGRAM, "doctor", self.folder, "--json"], text=True, capture_output=True, timeout=120)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual(answer["well"], done.returncode == 0)
        return {finding["what"]: finding for finding in answer["findings"]}

    def test_it_looks_at_everything_and_leaves_nothing_behind(self):
        findings = self.examine()
        self.assertEqual(set(findings), {"data folder", "file system", "disk", "space", "memory", "open files", "clock", "source f"})
        self.assertEqual(findings["source f"]["verdict"], "good")
        self.assertRegex(findings["disk"]["found"], r"a synced write of 4 KiB takes \d+ µs")
        self.assertEqual(sorted(entry.name for entry in self.folder.iterdir()), ["pipeline.yaml", "rows.csv"])

    def test_a_source_that_cannot_be_read_is_bad(self):
        (self.folder / "rows.csv").unlink()
        finding = self.examine()["source f"]
        self.assertEqual(finding["verdict"], "bad")
        self.assertIn("rows.csv", finding["found"])

    def test_more_memory_than_there_is_is_bad(self):
        self.assertEqual(self.examine("memory: 900TiB")["memory"]["verdict"], "bad")

    def test_data_in_memory_is_bad(self):
        self.assertEqual(self.examine("data: /dev/shm/tailrace-doctor")["file system"]["verdict"], "bad")

    def test_data_of_another_layout_is_bad(self):
        (self.folder / ".tailrace").mkdir()
        (self.folder / ".tailrace" / "FORMAT").write_text("99\n")
        self.assertIn("99", self.examine()["data folder"]["found"])


class Peers(unittest.TestCase):
    """The servers of others are asked whether they are there, and no more."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.asked = []
        asked = self.asked

        class Api(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self):
                asked.append((self.path, dict(self.headers)))
                self.send_error(404)

            def log_message(self, *_):
                pass

        self.api = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
        self.addCleanup(self.api.server_close)
        self.addCleanup(self.api.shutdown)
        threading.Thread(target=self.api.serve_forever, daemon=True).start()
        self.free = nobody(self)

    def examine(self, sources, server=""):
        (self.folder / "pipeline.yaml").write_text("pipeline: p\nstreams: {s: {schema: {a: int}}}\nsources:\n%sserver:\n  listen: 127.0.0.1:7070\n%s" % (sources, server))
        done = subprocess.run([PROGRAM, "doctor", self.folder, "--json"], text=True, capture_output=True, timeout=120,
                              env=dict(os.environ, POLL_KEY=SECRET, DB_PASSWORD=SECRET))
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertNotIn(SECRET, done.stdout + done.stderr)
        return {finding["what"]: finding for finding in json.loads(done.stdout)["findings"]}

    def test_whoever_answers_can_be_reached_and_gets_no_credentials(self):
        port = self.api.server_address[1]
        found = self.examine("""  fares: {type: poll, every: 1h, url: "http://127.0.0.1:%d/v1/fares?q=${POLL_KEY}", auth: {header: X-Key, value: "${POLL_KEY}"}, allow_private: true, into: s}
""" % port)["source fares"]
        self.assertEqual((found["verdict"], found["found"]), ("good", "http://127.0.0.1:%d/ can be reached" % port))
        self.assertEqual([path for path, _ in self.asked], ["/"], "what the poll asks for is not asked for")
        self.assertNotIn(SECRET, str(self.asked))

    def test_whoever_does_not_answer_is_named_with_what_to_do(self):
        findings = self.examine("""  fares: {type: poll, every: 1h, url: "http://127.0.0.1:%d/v1", auth: {bearer: "${POLL_KEY}"}, allow_private: true, into: s}
  orders: {type: postgres, url: "postgresql://shop:${DB_PASSWORD}@127.0.0.1:%d/shop", table: orders, into: s}
  sales: {type: mysql, url: "mysql://shop:${DB_PASSWORD}@127.0.0.1:%d/shop", table: sales, into: s}
""" % (self.free, self.free, self.free), "  jwt: {issuer: i, audience: a, algorithms: [RS256], jwks: \"http://127.0.0.1:%d/keys\"}\n" % self.free)
        for what in ("source fares", "source orders", "source sales", "keys of tokens"):
            self.assertEqual(findings[what]["verdict"], "bad", findings[what])
            self.assertIn("127.0.0.1:%d" % self.free, findings[what]["found"])
            self.assertIn("tried again", findings[what]["advice"])

    def test_a_mail_server_greets(self):
        class Mail(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.sendall(b"220 mail.example.org ESMTP\r\n" if self.server.is_mail else b"HTTP/1.1 400 no\r\n")

        findings = {}
        for is_mail in (True, False):
            with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail) as server:
                server.is_mail = is_mail
                threading.Thread(target=server.serve_forever, daemon=True).start()
                port = server.server_address[1]
                notify = ("notify:\n  ops: {type: email, smtp: \"127.0.0.1:%d\", user: me, password: \"${POLL_KEY}\", starttls: true, from: a@example.org, to: b@example.org}\n"
                          "  gone: {type: email, smtp: \"127.0.0.1:%d\", from: a@example.org, to: b@example.org}\n"
                          "  chat: {type: webhook, url: \"http://127.0.0.1:%d/${POLL_KEY}\", allow_private: true}\n"
                          "jobs:\n  nightly: {every: 1h, steps: [{http: {url: \"http://127.0.0.1:%d/x?key=${POLL_KEY}\", allow_private: true}}]}\n")
                where = (port, self.free, self.api.server_address[1], self.api.server_address[1])
                findings[is_mail] = self.examine("  f: {type: generate, sql: SELECT i AS a, rows: 1, into: s}\n" + notify % where)
                server.shutdown()
        self.assertEqual(findings[True]["notify ops"]["found"], findings[True]["notify ops"]["found"].split(" ")[0] + " can be reached")
        self.assertIn("does not greet", findings[False]["notify ops"]["found"])
        self.assertEqual(findings[True]["notify gone"]["verdict"], "bad")
        self.assertEqual(findings[True]["notify chat"]["verdict"], "good")
        self.assertEqual([one["verdict"] for what, one in findings[True].items() if what.startswith("job nightly")], ["good"])

    def test_an_address_that_may_not_be_asked_is_to_be_mended(self):
        found = self.examine("  fares: {type: poll, every: 1h, url: \"http://127.0.0.1:%d/v1\", into: s}\n" % self.api.server_address[1])["source fares"]
        self.assertEqual(found["verdict"], "bad")
        self.assertIn("allow_private", found["found"])
        self.assertIn("mend", found["advice"])
        self.assertEqual(self.asked, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
