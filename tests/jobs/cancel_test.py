#!/usr/bin/env python3
"""A run that is cancelled: whatever its step does, it stops soon and leaves nothing half done; by whom is kept, also over a kill; and it comes only once."""
import os
import signal
import subprocess
import time
import unittest

from job_server import JobsCase, SECONDS_MAX, Server, is_alive
from server import PROGRAM

ENDLESS = "SELECT a.range AS n FROM range(10000000) a, range(10000000) b"
# Longer than any step is given for its end, and far from how long these would run.
SOON_SECONDS = 100


class Cancels(JobsCase):
    def until(self, what, check):
        end = time.monotonic() + SECONDS_MAX
        while time.monotonic() < end:
            found = check()
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"{what} does not come")

    def cancel(self, server, job, run, status=202, headers=None):
        query = "?run=" + run.replace("#", "%23") if run else ""
        answered, body = server.post(f"/jobs/{job}/cancel{query}", headers=headers)
        self.assertEqual(answered, status, body)
        return body

    def cancel_in_step(self, server, job, begun):
        """Starts the job, cancels its run once `begun` answers with something, and returns the run at its end with its log."""
        run = self.start(server, job)[0]
        self.until(f"the step of {job}", begun)
        begin = time.monotonic()
        asked = self.cancel(server, job, run)["run"]
        self.assertTrue(asked["cancel"]["asked"], asked)
        ended, log = self.await_end(server, job, run)
        self.assertLess(time.monotonic() - begin, SOON_SECONDS, job)
        self.assertEqual((ended["state"], ended["attempts"], ended["reason"]), ("cancelled", 1, "cancelled"), log)
        self.assertIn("stopped before its end", [line["text"] for line in log])
        return ended, log

    def is_running(self, server, job):
        return lambda: server.get(f"/jobs/{job}")[1]["job"]["running"]

    def test_every_kind_of_step_stops_and_leaves_nothing_half_done(self):
        self.peer.replies["/hook"] = self.peer.replies["/prices"] = [None]
        server = self.serve(f"""
  sql: {{retry: {{times: 3, after: 1ms}}, steps: [{{sql: "CREATE OR REPLACE TABLE endless AS {ENDLESS}"}}]}}
  lines: {{steps: [{{export: {{sql: "{ENDLESS}", to: out/lines.csv}}}}]}}
  columns: {{steps: [{{export: {{sql: "{ENDLESS}", to: out/columns.parquet}}}}]}}
  calls: {{steps: [{{http: {{url: "PEER/hook", timeout: 1h, allow_private: true}}}}]}}
  asks: {{steps: [{{poll: api}}]}}
  behind: {{after: sql, steps: [{{sql: CREATE OR REPLACE TABLE behind AS SELECT 1 AS one}}]}}
""")
        out, staging = self.folder / "out", self.folder / ".tailrace/lake/staging"
        out.mkdir()
        for name in ("lines.csv", "columns.parquet"):
            (out / name).write_text("what was there before")

        def staged():
            return [path for path in staging.glob("export-*") if path.stat().st_size > 0]

        run, _ = self.cancel_in_step(server, "sql", self.is_running(server, "sql"))
        behind = self.until("the end of the job behind", lambda: server.get("/jobs/behind")[1]["runs"])[0]
        self.assertEqual((behind["state"], behind["reason"], behind["due"]), ("skipped", "job sql was cancelled", run["due"]))
        for job in ("lines", "columns"):
            self.cancel_in_step(server, job, staged)
            self.assertEqual(staged(), [])
        self.assertEqual({path.name: path.read_text() for path in out.iterdir()}, {name: "what was there before" for name in ("lines.csv", "columns.parquet")})
        self.cancel_in_step(server, "calls", lambda: self.peer.of("/hook"))
        self.cancel_in_step(server, "asks", lambda: self.peer.of("/prices"))
        self.assertEqual(server.sql("SELECT job FROM tailrace.runs WHERE state = 'cancelled' ORDER BY job"), [["asks"], ["calls"], ["columns"], ["lines"], ["sql"]])

    def test_a_program_may_end_itself_and_what_does_not_is_killed_with_all_that_it_started(self):
        server = self.serve("""
  kind: {steps: [{command: [sh, -c, 'trap "echo bye > bye; exit 0" TERM; echo here > kind; while :; do sleep 0.1; done']}]}
  deaf: {steps: [{command: [sh, -c, 'trap "" TERM; sleep 300 & echo $! > child; mv child deaf; while :; do sleep 0.1; done']}]}
""")
        self.cancel_in_step(server, "kind", (self.folder / "kind").exists)
        self.assertEqual((self.folder / "bye").read_text(), "bye\n")
        self.cancel_in_step(server, "deaf", (self.folder / "deaf").exists)
        child = int((self.folder / "deaf").read_text())
        self.until("the end of its child", lambda: not is_alive(child))

    def test_one_that_waits_is_over_at_once_and_one_that_is_over_is_refused(self):
        self.peer.replies["/hook"] = [None]
        server = self.serve('  calls: {steps: [{http: {url: "PEER/hook", timeout: 1h, allow_private: true}}]}\n')
        self.assertIn("no run of the job calls runs now", self.cancel(server, "calls", "", 409)["error"]["message"])
        first, second = self.start(server, "calls")[0], self.start(server, "calls")[0]
        self.until("the request", lambda: self.peer.of("/hook"))
        self.assertEqual(self.cancel(server, "calls", second)["run"]["state"], "cancelled")
        self.assertEqual(self.cancel(server, "calls", "")["run"]["run"], first)
        self.await_end(server, "calls", first)
        for run in (first, second):
            self.assertIn("is over: cancelled at", self.cancel(server, "calls", run, 409)["error"]["message"])
        self.assertEqual(len(self.peer.of("/hook")), 1)
        self.assertIn("there is no run", self.cancel(server, "calls", "calls@2017-03-03T06:00:00Z", 404)["error"]["message"])
        self.assertIn("there is no job", self.cancel(server, "other", "", 404)["error"]["message"])

    def test_a_kill_before_its_end_does_not_bring_it_back(self):
        server = self.serve("""
  deaf: {steps: [{command: [sh, -c, 'trap "" TERM; echo $$ >> begun; mv begun deaf; while :; do sleep 0.1; done']}]}
  behind: {after: deaf, steps: [{command: ["true"]}]}
""")
        run = self.start(server, "deaf")[0]
        self.until("the program", (self.folder / "deaf").exists)
        program = int((self.folder / "deaf").read_text())
        self.addCleanup(lambda: is_alive(program) and os.kill(program, signal.SIGKILL))
        self.assertEqual(self.cancel(server, "deaf", run)["run"]["state"], "running")
        server.kill()
        again = Server(self.folder).wait_listening()
        self.addCleanup(again.kill)
        ended, log = self.await_end(again, "deaf", run)
        self.assertEqual((ended["state"], ended["attempts"]), ("cancelled", 1), log)
        self.assertIn("the server ended before this run did", [line["text"] for line in log])
        self.until("the end of the job behind", lambda: [run["state"] for run in again.get("/jobs/behind")[1]["runs"]] == ["skipped"])

    def test_the_command_waits_for_the_end_and_whose_key_it_was_is_kept(self):
        self.peer.replies["/hook"] = [None]
        server = self.serve('  calls: {steps: [{http: {url: "PEER/hook", timeout: 1h, allow_private: true}}]}\n')

        def command(*words, status=0, key=""):
            done = subprocess.run([PROGRAM, *words], env=os.environ | {"TAILRACE_KEY": key}, capture_output=True, text=True, timeout=SECONDS_MAX)
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            return done.stdout + done.stderr

        at = [str(self.folder), "--port", str(server.port)]
        run = self.start(server, "calls")[0]
        self.until("the request", lambda: self.peer.of("/hook"))
        said = command("job", "cancel", "calls", *at)
        self.assertIn(f"{run}: cancelled", said)
        self.assertIn("1 http: stopped before its end", said)
        self.assertIn("no run of the job calls runs now", command("job", "cancel", "calls", *at, status=2))
        self.assertIn("is over: cancelled", command("job", "cancel", "calls", "--run", run, *at, status=2))
        key = command("keys", "add", "--role", "admin,read", "--name", "ops", str(self.folder)).splitlines()[0]
        self.until("keys are on", lambda: server.get("/jobs")[0] == 401)
        second = command("job", "run", "calls", "--no-wait", *at, key=key).strip()
        self.assertEqual(command("job", "cancel", "calls", "--run", second, "--no-wait", *at, key=key).strip(), second)
        self.until("its end", lambda: "cancelled by ops" in command("job", "show", "calls", "--run", second, *at, key=key))


if __name__ == "__main__":
    unittest.main(verbosity=2)
