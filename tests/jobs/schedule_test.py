#!/usr/bin/env python3
"""Due times over kills and restarts, runs that overlap, jobs behind jobs, ranges by hand, and what a backup keeps, with the program and the machine's own clock."""
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from server import PROGRAM, Server  # noqa: E402

SECONDS_MAX = 60

HEAD = """
pipeline: due
streams: {s: {schema: {a: int}}}
server: {listen: "127.0.0.1:0", commands: true}
jobs:
"""


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Schedules(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        self.folder = self.scratch / "due"
        self.folder.mkdir()

    def write(self, jobs):
        (self.folder / "pipeline.yaml").write_text(HEAD + jobs)

    def serve(self, folder=None):
        server = Server(folder or self.folder).wait_listening()
        self.addCleanup(server.kill)
        return server

    def await_rows(self, server, query, count=1):
        end = time.monotonic() + SECONDS_MAX
        while time.monotonic() < end:
            rows = server.sql(query)
            if len(rows) >= count:
                return rows
            time.sleep(0.05)
        raise AssertionError(f"{query}: {rows}; {server.sql('SELECT * FROM tailrace.runs')}")

    def command(self, server, *words, status=0):
        done = subprocess.run([PROGRAM, *words, str(self.folder), "--port", str(server.port)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def test_what_passed_while_it_was_down_is_made_up_for_as_catch_up_says_and_every_due_time_is_in_the_history(self):
        names = {"none": "none", "last": "last", "all": "{all: 1000}", "some": "{all: 2}"}
        self.write("".join(f"  catch_{name}: {{every: 1s, catch_up: {value}, steps: [{{sql: CREATE OR REPLACE TABLE t_{name} AS SELECT $due AS due}}]}}\n"
                           for name, value in names.items()))
        server = self.serve()
        for name in names:
            self.await_rows(server, f"SELECT * FROM tailrace.runs WHERE job = 'catch_{name}' AND state = 'succeeded'")
        server.kill()
        time.sleep(5.2)  # the time that passes is what is tested
        server = self.serve()
        for name in names:
            self.await_rows(server, f"SELECT * FROM tailrace.runs WHERE job = 'catch_{name}' AND trigger = 'schedule' AND state = 'succeeded'", 3)
        runs = server.sql("SELECT job, state, trigger, due, due_last, due_times FROM tailrace.runs WHERE state <> 'queued' AND state <> 'running' ORDER BY due")
        for name in names:
            mine = [run for run in runs if run[0] == f"catch_{name}"]
            missed = sum(run[5] for run in mine if run[1] == "missed")
            caught = [run for run in mine if run[2] == "catch-up"]
            expected = {"none": 0, "last": 1, "some": 2}
            if name == "all":
                self.assertGreaterEqual(len(caught), 4, mine)
                self.assertEqual(missed, 0, mine)
            else:
                self.assertEqual(len(caught), expected[name], mine)
                self.assertGreaterEqual(missed, 5 - 1 - expected[name], mine)
            at = None
            for _, state, _, due, last, times in mine:
                self.assertEqual(round(seconds(last) - seconds(due)), times - 1, mine)
                self.assertTrue(at is None or abs(seconds(due) - at - 1) < 0.001, f"between {at} and {due} a due time is missing or there twice: {mine}")
                at = seconds(last)

    def test_a_due_time_during_a_run_waits_or_is_skipped(self):
        slow = "steps: [{command: [sleep, '2.5']}]"
        self.write(f"  waits: {{every: 1s, {slow}}}\n  skips: {{every: 1s, overlap: skip, {slow}}}\n")
        server = self.serve()
        self.await_rows(server, "SELECT * FROM tailrace.runs WHERE job = 'waits' AND state = 'succeeded'", 2)
        skipped = self.await_rows(server, "SELECT reason FROM tailrace.runs WHERE job = 'skips' AND state = 'skipped'", 2)
        self.assertEqual({reason for reason, in skipped}, {"an earlier run was not over"})
        self.assertEqual(server.sql("SELECT * FROM tailrace.runs WHERE job = 'waits' AND state IN ('skipped', 'missed')"), [])
        together = server.sql("SELECT a.run, b.run FROM tailrace.runs a JOIN tailrace.runs b ON a.job = b.job AND a.due < b.due "
                              "WHERE a.started IS NOT NULL AND b.started IS NOT NULL AND b.started < a.ended")
        self.assertEqual(together, [], "a job runs once at a time, in the order of its due times")
        self.assertEqual(server.stop(), 0)

    def test_a_range_by_hand_has_a_run_for_each_due_time_by_the_clock_of_its_zone(self):
        self.write("""
  daily:
    cron: "30 1 * * *"
    timezone: Europe/London
    catch_up: none
    steps:
      - sql:
          - CREATE TABLE IF NOT EXISTS days AS SELECT $from AS begin, $due AS due WHERE false
          - INSERT INTO days SELECT $from, $due
  behind: {after: daily, steps: [{sql: CREATE OR REPLACE TABLE count AS SELECT count(*) AS n FROM jobs.days}]}
  fails: {steps: [{name: bad, command: ["false"]}, {name: behind, command: [touch, behind]}, {name: beside, after: [], command: [touch, beside]}]}
  never: {after: fails, steps: [{command: [touch, never]}]}
""")
        server = self.serve()
        said = self.command(server, "job", "run", "daily", "--from", "2017-03-25", "--to", "2017-03-28")
        self.assertEqual([line for line in said.splitlines() if line.startswith("daily@")],
                         [line for line in said.splitlines() if line.startswith("daily@") and line.endswith(": succeeded")])
        # On the 26th the clock goes from 01:00 to 02:00: 01:30 is at the end of the hour that is left out.
        self.assertEqual(server.sql("SELECT begin, due FROM jobs.days ORDER BY due"),
                         [["2017-03-24T01:30:00Z", "2017-03-25T01:30:00Z"], ["2017-03-25T01:30:00Z", "2017-03-26T01:00:00Z"],
                          ["2017-03-26T01:00:00Z", "2017-03-27T00:30:00Z"]])
        self.await_rows(server, "SELECT * FROM tailrace.runs WHERE job = 'behind' AND state = 'succeeded' AND trigger = 'after'", 3)
        self.assertEqual(server.sql("SELECT n FROM jobs.count"), [[3]])
        # Asked for again it is done again: who asks by hand means it.
        self.command(server, "job", "run", "daily", "--from", "2017-03-25", "--to", "2017-03-26")
        self.assertEqual(len(server.sql("SELECT * FROM jobs.days")), 4)

        said = self.command(server, "job", "run", "fails", status=1)
        self.assertIn("bad: failed", said.replace("  bad", "bad"))
        self.assertIn("not begun: a step before it failed", said)
        self.await_rows(server, "SELECT * FROM tailrace.runs WHERE job = 'never' AND state = 'skipped' AND reason = 'job fails failed'")
        self.assertEqual([(self.folder / name).exists() for name in ("behind", "beside", "never")], [False, True, False])

        shown = self.command(server, "job", "show", "fails")
        self.assertIn("false ended with status 1", shown)
        history = [json.loads(line) for line in self.command(server, "job", "history", "daily", "--json").splitlines()]
        self.assertEqual([run["trigger"] for run in history], ["backfill"] * 4)
        listed = [json.loads(line) for line in self.command(server, "job", "list", "--json").splitlines()]
        self.assertEqual({job["job"]: job["last"]["state"] for job in listed}, {"daily": "succeeded", "behind": "succeeded", "fails": "failed", "never": "skipped"})
        status = server.get("/status")[1]
        self.assertEqual({job["job"]: job["state"] for job in status["jobs"]}, {"daily": "succeeded", "behind": "succeeded", "fails": "failed", "never": "skipped"})
        metrics = server.get("/metrics")[1].decode()
        for line in ('tailrace_job_last_run_failed{job="fails"} 1', 'tailrace_job_last_run_failed{job="daily"} 0', 'tailrace_job_runs_waiting{job="daily"} 0'):
            self.assertIn(line + "\n", metrics)

    def test_keys_that_are_limited_see_nothing_of_jobs_and_admins_alone_run_them(self):
        self.write("  make: {steps: [{sql: CREATE OR REPLACE TABLE made AS SELECT 42 AS answer}]}\n")
        server = self.serve()
        self.command(server, "job", "run", "make")

        def key(*options):
            return subprocess.run([PROGRAM, "keys", "add", *options, str(self.folder)], capture_output=True, text=True, check=True, timeout=SECONDS_MAX).stdout.strip()
        keys = {"limited": key("--role", "read", "--stream", "s"), "reader": key("--role", "read"), "admin": key("--role", "admin")}

        def status(name, method, target):
            request = urllib.request.Request(f"http://{server.host}:{server.port}{target}", method=method, headers={"X-API-Key": keys[name]})
            try:
                with urllib.request.urlopen(request, timeout=SECONDS_MAX) as reply:
                    return reply.status, reply.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()
        end = time.monotonic() + SECONDS_MAX
        while (server.get("/jobs")[0] != 401 or status("admin", "GET", "/jobs")[0] == 401) and time.monotonic() < end:
            time.sleep(0.05)  # the server learns of keys within a second
        made = "/sql?q=SELECT%20answer%20FROM%20jobs.made"
        self.assertIn("42", status("reader", "GET", made)[1])
        code, text = status("limited", "GET", made)
        self.assertIn(code, (403, 404))
        self.assertNotIn("42", text)
        for target in ("/jobs", "/jobs/make", "/jobs/make/log?run=x", "/alerts"):
            self.assertEqual(status("limited", "GET", target)[0], 403, target)
        self.assertNotIn("jobs", json.loads(status("limited", "GET", "/status")[1]))
        self.assertIn("jobs", json.loads(status("reader", "GET", "/status")[1]))
        self.assertEqual([status(name, "POST", "/jobs/make/run")[0] for name in ("limited", "reader", "admin")], [403, 403, 202])

        # Who makes keys beside the server leaves its notes of runs where they are.
        def runs():
            return [run["run"] for run in json.loads(status("reader", "GET", "/jobs/make")[1])["runs"] if run["state"] == "succeeded"]
        while len(runs()) < 2 and time.monotonic() < end:
            time.sleep(0.05)
        before = runs()
        server.kill()
        server = self.serve()
        self.assertEqual(runs(), before)
        self.assertEqual(len(before), 2)

    def test_a_backup_keeps_what_jobs_wrote_and_what_became_of_their_due_times(self):
        self.write("""
  tick:
    every: 1s
    catch_up: {all: 1000}
    steps:
      - sql: CREATE TABLE IF NOT EXISTS ticks AS SELECT $due AS due WHERE false
      - sql: INSERT INTO ticks SELECT $due
""")
        server = self.serve()
        self.await_rows(server, "SELECT * FROM tailrace.runs WHERE state = 'succeeded'", 2)
        copy, restored = self.scratch / "copy", self.scratch / "restored"
        done = subprocess.run([PROGRAM, "backup", str(copy), str(self.folder), "--port", str(server.port)], capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        last_before = seconds(server.sql("SELECT max(due) FROM jobs.ticks")[0][0])
        server.kill()
        restored.mkdir()
        (restored / "pipeline.yaml").write_text((self.folder / "pipeline.yaml").read_text())
        done = subprocess.run([PROGRAM, "restore", str(copy), str(restored)], capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        server = self.serve(restored)
        self.await_rows(server, f"SELECT * FROM jobs.ticks WHERE due > make_timestamp({int((last_before + 1) * 1e6)})", 2)
        self.assertEqual(server.sql("SELECT due, count(*) FROM jobs.ticks GROUP BY due HAVING count(*) <> 1"), [])
        ticks = server.sql("SELECT due FROM jobs.ticks ORDER BY due")
        at = [seconds(due) for due, in ticks]
        self.assertTrue(all(round(after - before) == 1 for before, after in zip(at, at[1:])), at)
        first = server.sql("SELECT min(due) FROM tailrace.runs WHERE state = 'succeeded'")[0][0]
        self.assertEqual(seconds(first), at[0], "the history begins where it began")


if __name__ == "__main__":
    unittest.main(verbosity=2)
