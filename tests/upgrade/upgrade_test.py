#!/usr/bin/env python3
"""Data directories that earlier versions made open with this one: the same answers, nothing lost, and they go on.

Each NAME.tar.xz was left by a server that was killed; NAME.json is what that version answered once it had caught up.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import shop

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = os.environ.get("TAILRACE", str(HERE.parents[1] / "build" / "tailrace"))
VERSIONS = sorted(archive.name.removesuffix(".tar.xz") for archive in HERE.glob("*.tar.xz"))
REBUILT = ["lines", "by_product", "codes", "latest", "tick_sum", "orders"]
NEW_ORDERS = 20


def command(*words):
    done = subprocess.run([PROGRAM, *map(str, words)], text=True, capture_output=True, timeout=shop.SECONDS_MAX)
    assert done.returncode == 0, f"{words}: exit {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


class Upgrade(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def directory_of(self, version):
        folder = self.scratch / version
        folder.mkdir()
        shutil.copy(HERE / "pipeline.yaml", folder)
        with tarfile.open(HERE / f"{version}.tar.xz") as archive:
            archive.extractall(folder)
        return folder, json.loads((HERE / f"{version}.json").read_text())

    def test_there_are_directories_of_earlier_versions(self):
        self.assertIn("0.1.0", VERSIONS)

    def test_every_answer_is_as_it_was(self):
        for version in VERSIONS:
            folder, before = self.directory_of(version)
            with shop.Shop(PROGRAM, folder) as server:
                now = server.answers()
            for what, answer in before.items():
                self.assertEqual(now[what], answer, f"{version}: {what}")

    def test_what_came_before_is_known_and_what_comes_next_follows_it(self):
        for version in VERSIONS:
            folder, before = self.directory_of(version)
            with shop.Shop(PROGRAM, folder) as server:
                reply, is_repeated = server.post_orders(0, 20)
                self.assertTrue(is_repeated, f"{version}: an idempotency key was forgotten")
                self.assertEqual(reply["accepted"], 20)
                ends = {0: 0, 1: 0}
                for row in before[shop.QUESTIONS[0]]:
                    ends[row[6]] += 1
                reply, is_repeated = server.post_orders(shop.ORDERS, NEW_ORDERS)
                self.assertFalse(is_repeated)
                self.assertEqual({o["partition"]: o["first"] for o in reply["offsets"]}, {o["partition"]: ends[o["partition"]] for o in reply["offsets"]})
                now = server.answers()
            self.assertEqual(len(now[shop.QUESTIONS[0]]), shop.ORDERS + NEW_ORDERS)
            self.assertEqual(sum(row[2] for row in now["SELECT * FROM by_product ORDER BY product"]), shop.ORDERS + NEW_ORDERS)

    def test_a_rebuild_gives_what_the_earlier_version_gave(self):
        for version in VERSIONS:
            folder, before = self.directory_of(version)
            for name in REBUILT:
                command("rebuild", name, folder)
            with shop.Shop(PROGRAM, folder) as server:
                now = server.answers()
            for what, answer in before.items():
                self.assertEqual(now[what], answer, f"{version}: {what}")

    def test_its_log_is_sound(self):
        for version in VERSIONS:
            folder, _ = self.directory_of(version)
            command("log", "verify", folder)


if __name__ == "__main__":
    unittest.main(verbosity=2)
