#!/usr/bin/env python3
"""A backup with a lake, and one with polls: what is restored goes on exactly once, as if it had never been elsewhere; damage in it is found."""
import collections
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import deltalake

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lake"))
import polled  # noqa: E402
from lake_files import raw_files, read_raw  # noqa: E402
from log_files import StreamReader  # noqa: E402
from seeds import seed_of_run  # noqa: E402
from server import PROGRAM, Server  # noqa: E402

SECONDS_MAX = 120
SETTLE_SECONDS_MAX = 120
ANSWERS_A_DUE_TIME = 2 * (polled.PAGES + 1)
BALLAST_BYTES = 1 << 30
BATCH = 50
BATCHES = 60

PIPELINE = """
pipeline: kept
server: {listen: 127.0.0.1:0}
streams:
  orders: {key: id, partitions: 2, schema: {id: int, country: string, price: "decimal(12,3)"}}
tables:
  lines: {sql: "SELECT id, country, price FROM orders WHERE id % 10 <> 0"}
  sums: {sql: "SELECT country, count(*) AS n, sum(price) AS price FROM orders GROUP BY ALL"}
  newest: {sql: "SELECT id % 100 AS slot, id FROM orders", unique: [slot]}
lake:
  streams: {orders: {raw: jsonl.zst, roll_size: 64KiB, roll_after: 1s}}
  tables:
    lines: {format: delta, partition_by: [country], commit_after: 1s}
    sums: {format: delta, commit_after: 1s}
    newest: {format: delta, commit_after: 1s}
"""
TABLES = ("lines", "sums", "newest")


def run(*words, status=0):
    done = subprocess.run([PROGRAM, *map(str, words)], text=True, capture_output=True, timeout=SECONDS_MAX)
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def order(i):
    return {"id": i, "country": ("France", "España", "Norge")[i % 3], "price": f"{i % 997}.125"}


def post(server, batch):
    lines = "".join(json.dumps(order(i)) + "\n" for i in range(batch * BATCH, (batch + 1) * BATCH))
    status, body = server.post("/streams/orders", lines, {"Content-Type": "application/x-ndjson", "Idempotency-Key": f"batch-{batch}"})
    assert status == 200 and body["rejected"] == 0, body


def answers(folder):
    return {table: json.loads(run("sql", "--json", f"SELECT * FROM {table} ORDER BY ALL", folder)) for table in TABLES}


def settled(folder):
    """All that was posted is in every table and in the lake."""
    run("run", "--once", folder)
    return folder / ".tailrace"


def in_lake(folder):
    tables = {}
    for table in TABLES:
        rows = deltalake.DeltaTable(str(folder / ".tailrace" / "lake" / "tables" / table)).to_pyarrow_table().to_pylist()
        tables[table] = sorted(json.dumps(row, default=str, sort_keys=True) for row in rows)
    return tables


def flip(path, chance):
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


class LakeBackup(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def folder(self, name, pipeline=PIPELINE):
        folder = self.scratch / name
        folder.mkdir()
        (folder / "pipeline.yaml").write_text(pipeline)
        return folder

    def wait_for_answers(self, api, count):
        asked, end = api.answers, time.monotonic() + SETTLE_SECONDS_MAX
        while api.answers < asked + count and time.monotonic() < end:
            time.sleep(0.02)
        self.assertGreaterEqual(api.answers, asked + count, "nothing is asked any more")

    def test_what_is_restored_goes_on_exactly_once(self):
        folder, posted, stop = self.folder("kept"), [], threading.Event()
        server = Server(folder).wait_listening()

        def post_all():
            while not stop.is_set() and len(posted) < BATCHES:
                post(server, len(posted))
                posted.append(len(posted))
                time.sleep(0.05)  # so that the lake commits while it is copied

        poster = threading.Thread(target=post_all)
        poster.start()
        try:
            for n in range(3):
                while len(posted) < (n + 1) * BATCHES // 5:
                    time.sleep(0.02)
                run("backup", self.scratch / f"copy{n}", folder, "--port", server.port)
        finally:
            stop.set()
            poster.join()
            for batch in range(len(posted), BATCHES):
                post(server, batch)
            self.assertEqual(server.stop(), 0, server.output)
        settled(folder)
        expected, expected_in_lake = answers(folder), in_lake(folder)
        expected_raw = sorted(json.dumps(line["record"]) for lines in read_raw(folder / ".tailrace", "orders").values() for line in lines)
        self.assertEqual(len(expected_raw), BATCHES * BATCH)
        for n in range(3):
            copy = self.folder(f"restored{n}")
            run("restore", self.scratch / f"copy{n}", copy)
            server = Server(copy).wait_listening()
            try:
                for batch in range(BATCHES):  # the client does not know what had arrived
                    post(server, batch)
            finally:
                self.assertEqual(server.stop(), 0, server.output)
            data = settled(copy)
            self.assertEqual(answers(copy), expected)
            self.assertEqual(in_lake(copy), expected_in_lake)
            raw = read_raw(data, "orders")  # also: no gap, no file that is not of its manifest
            self.assertEqual(sorted(json.dumps(line["record"]) for lines in raw.values() for line in lines), expected_raw)
            self.assertIn("counted again", run("audit", "--recount", copy))

    def test_damage_in_the_lake_of_a_backup_is_named_and_nothing_is_restored(self):
        folder, chance = self.folder("kept"), random.Random(seed_of_run())
        server = Server(folder).wait_listening()
        try:
            for batch in range(4):
                post(server, batch)
        finally:
            self.assertEqual(server.stop(), 0, server.output)
        settled(folder)
        run("backup", self.scratch / "copy", folder)
        lake = self.scratch / "copy" / "lake"
        kinds = {"raw": raw_files(self.scratch / "copy", "orders"), "manifest": sorted(lake.rglob("_manifest.json")), "cut": sorted(lake.rglob("_cuts/*.json")),
                 "commit": sorted(lake.rglob("_delta_log/*.json")), "parquet": sorted(lake.glob("tables/**/*.parquet"))}
        for kind, files in kinds.items():
            self.assertTrue(files, f"no {kind} in the backup")
            victim = chance.choice(files)
            before = victim.read_bytes()
            flip(victim, chance)
            refused = run("restore", self.scratch / "copy", self.folder(f"of-{kind}"), status=3)
            self.assertIn(f"{victim} is damaged", refused)
            self.assertFalse((self.scratch / f"of-{kind}" / ".tailrace").exists())
            victim.write_bytes(before)
        run("restore", self.scratch / "copy", self.folder("whole"))
        self.assertEqual(answers(self.scratch / "whole"), answers(folder))

    def test_polls_go_on_where_the_backup_was(self):
        """Of the live one and of what is restored each due time is whole and there once, and none is left out between."""
        api = polled.Api(broken_every=13)
        self.addCleanup(api.close)
        folder = self.folder("polled", api.pipeline())

        server = Server(folder).wait_listening()
        try:
            for n in range(3):
                self.wait_for_answers(api, 5 + 3 * n)
                run("backup", self.scratch / f"copy{n}", folder, "--port", server.port)
            self.wait_for_answers(api, 4)
        finally:
            self.assertEqual(server.stop(), 0, server.output)
        spooled = 0
        for n in range(3):
            copy = self.folder(f"restored{n}", api.pipeline())
            run("restore", self.scratch / f"copy{n}", copy)
            spooled += len(list((copy / ".tailrace" / "polls").rglob("*.answer")))
            server = Server(copy).wait_listening()
            try:
                self.wait_for_answers(api, 3 * ANSWERS_A_DUE_TIME + 2)
            finally:
                self.assertEqual(server.stop(), 0, server.output)
            data = copy / ".tailrace"
            records = [record.json() for record in StreamReader(data, "items", 3).read()]
            letters = [record.json() for record in StreamReader(data, "items", 1, dead_letters=True).read()]
            dues = polled.check_but_the_last(records, letters)
            self.assertGreaterEqual(dues, 2)
            totals = json.loads(run("sql", "--json", "SELECT * FROM totals", copy))
            self.assertEqual({row["account"]: int(row["n"]) for row in totals}, dict(collections.Counter(record["account"] for record in records)))
            self.assertIn("counted again", run("audit", "--recount", copy))
        print(f"answers in the copies that were on their way: {spooled}")

    def test_a_due_time_that_begins_while_it_is_copied_is_whole_once_it_is_restored(self):
        api = polled.Api()
        self.addCleanup(api.close)
        self.addCleanup(api.last_page.set)
        folder, copy = self.folder("polled", api.pipeline()), self.scratch / "copy"
        server = Server(folder).wait_listening()
        try:
            self.wait_for_answers(api, 1)
            # So that the copying takes longer than it takes a due time to come.
            ballast = folder / ".tailrace" / "lake" / "ballast"
            ballast.parent.mkdir(exist_ok=True)
            with open(ballast, "wb") as file:
                file.truncate(BALLAST_BYTES)
            backup = subprocess.Popen([PROGRAM, "backup", str(copy), str(folder), "--port", str(server.port)], stdout=subprocess.DEVNULL)
            while not (copy / "lake" / "ballast").exists() and backup.poll() is None:
                time.sleep(0.01)
            api.last_page.clear()
            api.held.wait(SECONDS_MAX)
            self.assertEqual(backup.wait(SECONDS_MAX), 0, server.output)
            api.last_page.set()
        finally:
            self.assertEqual(server.stop(), 0, server.output)
        restored = self.folder("restored", api.pipeline())
        run("restore", copy, restored)
        server = Server(restored).wait_listening()
        try:
            self.wait_for_answers(api, 3 * ANSWERS_A_DUE_TIME)
        finally:
            self.assertEqual(server.stop(), 0, server.output)
        data = restored / ".tailrace"
        records = [record.json() for record in StreamReader(data, "items", 3).read()]
        self.assertGreaterEqual(polled.check_but_the_last(records, []), 2)

    def test_a_damaged_answer_in_a_backup_is_named(self):
        api = polled.Api()
        self.addCleanup(api.close)
        folder = self.folder("polled", api.pipeline())
        run("run", "--once", folder)
        run("backup", self.scratch / "copy", folder)
        victim = self.scratch / "copy" / "polls" / "api" / "state"
        flip(victim, random.Random(1))
        self.assertIn(f"{victim} is damaged", run("restore", self.scratch / "copy", self.folder("restored", api.pipeline()), status=3))


if __name__ == "__main__":
    unittest.main(verbosity=2)
