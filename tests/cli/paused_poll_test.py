#!/usr/bin/env python3
"""A test of a pipeline whose polls bring more bad records than their stream may have: it fails at once, and says why."""
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ.get("TAILRACE", str(pathlib.Path(__file__).resolve().parents[2] / "build" / "tailrace"))
# A test that waits for what cannot come ends after 120 s.
SECONDS_MAX = 60
PIPELINE = """pipeline: rates
streams:
  rates: {schema: {n: int}, max_rejects: 2, on_rejects: pause}
sources:
  api: {type: poll, every: 1h, url: "https://api.example.org/rates", records: /items/*, into: rates}
tests:
  - name: too many bad records
    at: 2020-01-01T00:00:00Z
    answers: {api: [{json: {items: [{n: a}, {n: b}, {n: c}, {n: 1}]}}, {json: {items: [{n: 2}]}}, {json: {items: [{n: 3}]}}]}
    until: 2020-01-01T03:00:00Z
    expect: {rates: [{n: 1}, {n: 2}, {n: 3}]}
"""


class PausedPoll(unittest.TestCase):
    def test_it_fails_at_once_and_says_why(self):
        with tempfile.TemporaryDirectory() as scratch:
            (pathlib.Path(scratch) / "pipeline.yaml").write_text(PIPELINE)
            began = time.monotonic()
            done = subprocess.run([PROGRAM, "test", scratch], text=True, capture_output=True, timeout=SECONDS_MAX)
            said = done.stdout + done.stderr
            self.assertEqual(done.returncode, 1, said)
            self.assertIn("more than its max_rejects: 2", said)
            self.assertIn("api", said)
            self.assertLess(time.monotonic() - began, SECONDS_MAX)


if __name__ == "__main__":
    unittest.main(verbosity=2)
