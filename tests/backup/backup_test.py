#!/usr/bin/env python3
"""`backup` of a running and of a stopped server, `restore`, and what either says to a copy that is not whole.

The pipeline and the posts are those of the upgrade test.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "upgrade"))
import shop

PROGRAM = os.environ.get("TAILRACE", str(SOURCE / "build" / "tailrace"))
DONE, WRONG, FAILED = 0, 2, 3
SALES = shop.QUESTIONS[0]
ORDERS_MAX = 3000


def run(*words, env=None):
    return subprocess.run([PROGRAM, *map(str, words)], text=True, capture_output=True, timeout=shop.SECONDS_MAX, env=os.environ | (env or {}))


class Backup(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        self.folder = self.new_folder("shop")

    def new_folder(self, name):
        folder = self.scratch / name
        folder.mkdir()
        shutil.copy(SOURCE / "tests" / "upgrade" / "pipeline.yaml", folder)
        return folder

    def restored(self, backup, name="restored"):
        folder = self.new_folder(name)
        done = run("restore", backup, folder)
        self.assertEqual(done.returncode, DONE, done.stderr)
        return folder

    def backed_up(self, server, to):
        done = run("backup", to, self.folder, "--port", server.port, "--json")
        self.assertEqual(done.returncode, DONE, done.stderr)
        return json.loads(done.stdout)

    def test_a_quiet_server_comes_back_with_every_answer(self):
        with shop.Shop(PROGRAM, self.folder) as server:
            server.post_orders(0, 100)
            before = server.answers()
            summary = self.backed_up(server, self.scratch / "copy")
            self.assertEqual(sum({s["name"]: s["ends"] for s in summary["streams"]}["sales"]), 100)
        with shop.Shop(PROGRAM, self.restored(self.scratch / "copy")) as server:
            self.assertEqual(server.answers(), before)
            self.assertTrue(server.post_orders(0, 100)[1], "an idempotency key was forgotten")
            self.assertFalse(server.post_orders(100, 20)[1])
            self.assertEqual(len(server.answers()[SALES]), 120)

    def test_a_stopped_one_and_a_killed_one_too(self):
        with shop.Shop(PROGRAM, self.folder) as server:
            server.post_orders(0, 60)
            before = server.answers()
            server.kill()
        done = run("backup", self.scratch / "copy", self.folder)
        self.assertEqual(done.returncode, DONE, done.stderr)
        self.assertIn("sales up to", done.stdout)
        with shop.Shop(PROGRAM, self.restored(self.scratch / "copy")) as server:
            self.assertEqual(server.answers(), before)

    def test_under_load_each_copy_is_a_prefix_that_agrees_with_itself(self):
        stop = threading.Event()
        posted = []

        def post(server):
            number = 0
            while not stop.is_set() and number < ORDERS_MAX:
                posted.append(server.post_orders(number, 20))
                number += 20

        with shop.Shop(PROGRAM, self.folder) as server:
            poster = threading.Thread(target=post, args=(server,))
            poster.start()
            try:
                summaries = []
                for n in range(3):
                    server.wait(lambda: len(posted) > 5 * (n + 1), "posting")
                    acknowledged = 20 * len(posted)
                    summaries.append((acknowledged, self.backed_up(server, self.scratch / f"copy{n}")))
            finally:
                stop.set()
                poster.join()
            everything = server.answers()[SALES]
        for n, (acknowledged, summary) in enumerate(summaries):
            with shop.Shop(PROGRAM, self.restored(self.scratch / f"copy{n}", f"restored{n}")) as server:
                answers = server.answers()
            ends = {s["name"]: s["ends"] for s in summary["streams"]}["sales"]
            rows = answers[SALES]
            self.assertGreaterEqual(len(rows), acknowledged, "a record that was acknowledged before the backup began is not in it")
            self.assertEqual(rows, [row for row in everything if row[7] < ends[row[6]]])
            self.assertEqual(sum(row[2] for row in answers["SELECT * FROM by_product ORDER BY product"]), len(rows))
            failing = sum(row[1] == "pX" for row in rows)
            self.assertEqual(sum(row[1] for row in answers["SELECT * FROM codes ORDER BY ALL"]) + failing, len(rows))
            self.assertGreaterEqual(answers["dead letters"]['{stream="sales"}'], failing)

    def test_an_unfinished_backup_is_refused_by_name(self):
        with shop.Shop(PROGRAM, self.folder) as server:
            server.post_orders(0, 20)
            server.answers()
        for n, point in enumerate(["backup.copied:1", "backup.copied:3", "backup.stores:1", "backup.manifest:1"]):
            copy = self.scratch / f"copy{n}"
            killed = run("backup", copy, self.folder, env={"TAILRACE_CRASH_AT": point})
            self.assertEqual(killed.returncode, -signal.SIGKILL, killed.stderr)
            refused = run("restore", copy, self.new_folder(f"restored{n}"))
            self.assertEqual(refused.returncode, WRONG)
            self.assertIn(f"{copy} holds no finished backup", refused.stderr)
            self.assertEqual(run("backup", copy, self.folder).returncode, WRONG, "a backup into a folder that is not empty")

    def test_a_restore_that_was_killed_leaves_nothing_that_opens(self):
        with shop.Shop(PROGRAM, self.folder) as server:
            server.post_orders(0, 20)
            server.answers()
        self.assertEqual(run("backup", self.scratch / "copy", self.folder).returncode, DONE)
        target = self.new_folder("restored")
        killed = run("restore", self.scratch / "copy", target, env={"TAILRACE_CRASH_AT": "restore.copied:3"})
        self.assertEqual(killed.returncode, -signal.SIGKILL)
        started = run("run", "--once", target)
        self.assertEqual(started.returncode, WRONG, started.stderr)
        self.assertIn("restor", started.stderr)

    def test_damage_is_named_file_by_file_and_nothing_is_restored(self):
        with shop.Shop(PROGRAM, self.folder) as server:
            server.post_orders(0, 40)
            server.answers()
        copy = self.scratch / "copy"
        self.assertEqual(run("backup", copy, self.folder).returncode, DONE)
        segment = next((copy / "log" / "sales" / "0").glob("*.log"))
        bytes_now = bytearray(segment.read_bytes())
        bytes_now[len(bytes_now) // 2] ^= 1
        segment.write_bytes(bytes_now)
        (copy / "documents.sqlite").unlink()
        with open(copy / "warehouse.duckdb", "ab") as file:
            file.write(b"x")
        target = self.new_folder("restored")
        refused = run("restore", copy, target)
        self.assertEqual(refused.returncode, FAILED)
        for fault in (f"{segment} is damaged", f"{copy}/documents.sqlite is missing", f"{copy}/warehouse.duckdb has "):
            self.assertIn(fault, refused.stderr)
        self.assertFalse((target / ".tailrace").exists())
        manifest = copy / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"bytes":', '"bytes" :', 1))
        self.assertIn("manifest.json is damaged", run("restore", copy, target).stderr)

    def test_data_that_is_there_is_not_overwritten(self):
        with shop.Shop(PROGRAM, self.folder) as server:
            server.post_orders(0, 20)
        self.assertEqual(run("backup", self.scratch / "copy", self.folder).returncode, DONE)
        refused = run("restore", self.scratch / "copy", self.folder)
        self.assertEqual(refused.returncode, WRONG)
        self.assertIn("is not empty", refused.stderr)
        inside = run("backup", self.folder / ".tailrace" / "copy", self.folder)
        self.assertEqual(inside.returncode, WRONG)
        self.assertIn("lies in the data folder itself", inside.stderr)

    def test_the_server_says_what_is_wrong_with_a_request(self):
        with shop.Shop(PROGRAM, self.folder) as server:
            for body in ("", "{}", '{"to":"relative"}', '{"to":"/x","more":1}', "[]", '{"to":1}'):
                status, text, _ = server.request("POST", "/backup", body, {"Content-Type": "application/json"})
                self.assertEqual(status, 400, text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
