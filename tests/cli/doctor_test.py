#!/usr/bin/env python3
"""`doctor` says what it finds, what to do, and by its exit code whether something must be done."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.environ.get("TAILRACE", str(pathlib.Path(__file__).resolve().parents[2] / "build" / "tailrace"))
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
        done = subprocess.run([PROGRAM, "doctor", self.folder, "--json"], text=True, capture_output=True, timeout=60)
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
