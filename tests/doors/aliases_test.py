#!/usr/bin/env python3
"""An alias of a stream, with its dots and hyphens, is taken wherever a stream's name is: by every command and every route."""
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "security"))
from server import PATIENCE_SECONDS, TAILRACE, Served  # noqa: E402

PIPELINE = """
pipeline: posts
streams:
  pins: {schema: {index: int}, aliases: [0ab1c.pin, streaming-0ab1c-pin]}
tables:
  counted: {sql: "SELECT count(*) AS n FROM pins"}
"""
ALIASES = ("0ab1c.pin", "streaming-0ab1c-pin")


class AliasesTest(unittest.TestCase):
    def setUp(self):
        self.served = Served(pipeline=PIPELINE)
        self.addCleanup(self.served.__exit__)

    def command(self, *words):
        done = self.served.run(*words, "--port", str(self.served.port)) if words[0] != "keys" else self.served.run(*words)
        self.assertEqual(done.returncode, 0, (words, done.stdout, done.stderr))
        return done.stdout

    def test_routes(self):
        for alias in ALIASES:
            self.assertEqual(self.served.post("/streams/" + alias, {"index": 1}).status, 200)
            self.assertEqual(self.served.post("/streams/" + alias, {"index": "x"}).status, 422)
            for path in ("/streams/%s", "/streams/%s/records", "/topics/%s", "/topics/%s/partitions", "/dlq/%s", "/trace/%s/0/0"):
                self.assertEqual(self.served.get(path % alias).status, 200, path % alias)
            waited = self.served.get("/sql?q=SELECT%20n%20FROM%20counted&timeout=60s&wait_for=" + alias + "/0:1")
            self.assertEqual(waited.status, 200, waited.body)

    def test_commands(self):
        for number, alias in enumerate(ALIASES):
            rows = self.served.folder / f"rows{number}.jsonl"
            rows.write_text("".join('{"index": %d}\n' % (10 * number + i) for i in range(2)))
            loaded = subprocess.run([TAILRACE, "load", str(rows), "--into", alias, "--port", str(self.served.port), str(self.served.file)],
                                    capture_output=True, text=True, timeout=PATIENCE_SECONDS)
            self.assertEqual(loaded.returncode, 0, loaded.stderr)
            self.served.post("/streams/pins", {"index": "x"})
            self.assertIn("expected int", self.command("dlq", "show", alias))
            redriven = self.served.run("dlq", "redrive", alias, "--dry-run", "--port", str(self.served.port))
            self.assertIn("would be sent again", redriven.stdout, redriven.stderr)
            self.assertIn("seq", self.command("trace", alias + "/0:0"))
            self.assertIn("pins", self.command("rebuild", alias))
            tail = subprocess.Popen([TAILRACE, "tail", alias, "--limit", "1", "--port", str(self.served.port), str(self.served.file)],
                                    stdout=subprocess.PIPE, text=True)
            self.served.until(lambda: self.served.post("/streams/pins", {"index": 7}).status == 200 and tail.poll() is not None, "a record is shown")
            self.assertIn('"index"', tail.communicate()[0])
            self.assertEqual(tail.returncode, 0)
        made = json.loads(self.command("keys", "add", "--json", "--role", "ingest", "--stream", ALIASES[0]))
        self.assertEqual(made["only"], ["stream:pins"])


if __name__ == "__main__":
    unittest.main()
