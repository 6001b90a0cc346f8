#!/usr/bin/env python3
"""What the steps of jobs do to the world: files that they write, APIs that they poll, requests and programs; tried again, timed out, and told in the run's log."""
import csv
import json
import time
import unittest

import pyarrow.parquet

from job_server import JobsCase, SECONDS_MAX, Server, is_alive

# Longer than anything here takes by itself, and far from the hour that it would take.
SOON_SECONDS = 100


class Steps(JobsCase):
    def test_files_hold_what_the_tables_held_and_replace_what_was_there(self):
        server = self.serve("""
  files:
    every: 24h
    catch_up: none
    steps:
      - export: {tables: [by_item, sales], to: "out/{due:%Y-%m-%d}/{name}.csv"}
      - export: {sql: "SELECT item, amount, $from AS begin, $due AS due FROM by_item ORDER BY item", to: out/newest.jsonl}
      - export: {tables: by_item, to: "out/{name}", format: parquet, partition_by: [item]}
      - sql: CREATE OR REPLACE TABLE kept AS SELECT item FROM by_item
      - export: {tables: jobs.kept, to: "out/{name}.parquet"}
""")
        self.sell(server, ("pen", 1.5), ("ink", 2.25), ("pen", 1))
        out = self.folder / "out"
        out.mkdir()
        (out / "newest.jsonl").write_text("what was there before\n")
        run = self.start(server, "files", **{"from": "2017-03-03T00:00:00Z", "to": "2017-03-04T00:00:00Z"})[0]
        ended, log = self.await_end(server, "files", run)
        self.assertEqual(ended["state"], "succeeded", log)
        with open(out / "2017-03-03/by_item.csv", newline="") as file:
            self.assertEqual(sorted(map(tuple, csv.reader(file))), [("ink", "2.25"), ("item", "amount"), ("pen", "2.50")])
        with open(out / "2017-03-03/sales.csv", newline="") as file:
            self.assertEqual(len(list(csv.reader(file))), 4)
        lines = [json.loads(line) for line in (out / "newest.jsonl").read_text().splitlines()]
        self.assertEqual([(line["item"], line["begin"][:10], line["due"][:10]) for line in lines],
                         [("ink", "2017-03-02", "2017-03-03"), ("pen", "2017-03-02", "2017-03-03")])
        self.assertEqual(sorted(path.name for path in (out / "by_item").iterdir()), ["item=ink", "item=pen"])
        self.assertEqual(sorted(pyarrow.parquet.read_table(out / "kept.parquet").column("item").to_pylist()), ["ink", "pen"])
        self.assertEqual(ended["rows"], 2 + 3 + 2 + 2 + 2 + 2)
        self.assertIn("2 rows in out/2017-03-03/by_item.csv", "\n".join(line["text"] for line in log))

    def test_no_file_goes_into_the_data_folder(self):
        server = self.serve('  sly: {steps: [{export: {tables: sales, to: ".tailrace/log/{name}.csv"}}]}\n')
        run, _ = self.run_job(server, "sly", "failed")
        self.assertIn("the data folder is the server's own", run["reason"])

    def test_a_poll_is_asked_for_the_due_time_and_the_next_step_sees_what_came(self):
        self.peer.replies["/prices"] = [(200, json.dumps({"prices": [{"item": "pen", "price": 3}, {"item": "ink", "price": "4.50"}]}))]
        server = self.serve("""
  fetch:
    steps:
      - poll: api
      - sql: CREATE OR REPLACE TABLE fetched AS SELECT item, price, due = $due AS now FROM price_of
""")
        run, log = self.run_job(server, "fetch")
        self.assertIn("api: 2 records", log)
        second = run["due"][:19] + "Z"
        self.assertEqual([asked[1] for asked in self.peer.of("/prices")], ["/prices?at=" + second.replace(":", "%3A")])
        self.assertEqual(sorted(map(tuple, server.sql("SELECT item, price FROM jobs.fetched"))), [("ink", 4.5), ("pen", 3)])

    def test_a_poll_that_brings_something_else_fails_the_step_and_leaves_a_dead_letter(self):
        self.peer.replies["/prices"] = [(200, "<html>"), (200, '{"prices":[]}')]
        server = self.serve("")
        run, _ = self.run_job(server, "polls", "failed")
        self.assertIn("api: ", run["reason"])
        self.assertEqual([letter["raw"] for letter in server.get("/dlq/prices")[1]["letters"]], ["<html>"])
        time.sleep(1)  # another second has another name
        self.run_job(server, "polls")

    def test_a_poll_goes_by_its_due_times_also_after_a_restart(self):
        self.peer.replies["/prices"] = [(200, '{"prices":[{"item":"pen","price":3}]}')]
        server = self.serve("  hourly: {every: 1h, catch_up: none, steps: [{poll: api}]}\n")
        self.run_job(server, "polls")
        self.assertEqual(server.stop(), 0)
        server = Server(self.folder).wait_listening()
        self.addCleanup(server.kill)
        old = self.start(server, "hourly", **{"from": "2017-03-03T00:00:00Z", "to": "2017-03-03T01:00:00Z"})[0]
        ended, _ = self.await_end(server, "hourly", old)
        self.assertEqual(ended["state"], "failed")
        self.assertIn("does not go back", ended["reason"])
        self.assertEqual(len(self.peer.of("/prices")), 1)

    def test_a_request_is_sent_again_until_it_is_taken_and_is_the_same_each_time(self):
        self.peer.replies["/hook"] = [(500, "not now"), (503, "busy"), (201, "")]
        server = self.serve("""
  call:
    retry: {times: 3, after: 100ms}
    steps:
      - http: {url: "PEER/hook?day={due:%Y-%m-%d}", headers: {X-Token: "123"}, body: '{{"job":"{job}","attempt":{attempt}}}', allow_private: true}
""")
        begin = time.monotonic()
        run, log = self.run_job(server, "call")
        self.assertGreaterEqual(time.monotonic() - begin, 0.3, "100 ms, then 200 ms")
        self.assertEqual(run["attempts"], 3)
        asked = self.peer.of("/hook")
        self.assertEqual([(method, json.loads(body)) for method, _, _, body in asked], [("POST", {"job": "call", "attempt": n}) for n in (1, 2, 3)])
        self.assertEqual({headers["Idempotency-Key"] for _, _, headers, _ in asked}, {run["run"] + "/0"})
        self.assertEqual({headers["X-Token"] for _, _, headers, _ in asked}, {"123"})
        self.assertTrue(all(path == f"/hook?day={run['due'][:10]}" for _, path, _, _ in asked), asked)
        for said in ("500 not now", "503 busy", "201"):
            self.assertIn(said, log)

    def test_an_answer_that_does_not_come_ends_the_attempt_at_its_time(self):
        self.peer.replies["/hook"] = [None]
        server = self.serve("""
  call: {steps: [{http: {url: "PEER/hook", timeout: 200ms, allow_private: true}}]}
  slow: {timeout: 1s, steps: [{http: {url: "PEER/hook", timeout: 1h, allow_private: true}}]}
  private: {steps: [{http: {url: "PEER/hook"}}]}
""")
        for job, why in (("call", "1 http"), ("slow", "took longer than 1 s")):
            begin = time.monotonic()
            run, _ = self.run_job(server, job, "failed")
            self.assertLess(time.monotonic() - begin, SOON_SECONDS, job)
            self.assertIn(why, run["reason"])
        before = len(self.peer.of("/hook"))
        self.run_job(server, "private", "failed")
        self.assertEqual(len(self.peer.of("/hook")), before, "an address of this machine is asked only where that is allowed")

    def test_a_program_gets_its_words_as_they_are_and_what_it_says_is_in_the_log(self):
        server = self.serve("""
  good: {steps: [{command: [sh, -c, 'echo "$0 in $PWD"; echo aside >&2', "{job}; rm -rf $HOME"]}]}
  bad: {retry: {times: 1, after: 1ms}, steps: [{command: [sh, -c, "echo it broke; exit 3"]}]}
  missing: {steps: [{command: [no_such_program_of_ours]}]}
  loud: {steps: [{command: [sh, -c, "yes | head -c 1000000"]}]}
  slow: {timeout: 1s, steps: [{command: [sh, -c, 'sleep 300 & echo $! > child; wait']}]}
""")
        _, log = self.run_job(server, "good")
        self.assertIn(f"good; rm -rf $HOME in {self.folder.resolve()}\naside", log)
        run, log = self.run_job(server, "bad", "failed")
        self.assertEqual(run["attempts"], 2)
        self.assertEqual(log.count("sh ended with status 3: it broke"), 3, "twice as it happened, once as the reason for the second attempt")
        run, _ = self.run_job(server, "missing", "failed")
        self.assertIn("No such file or directory", run["reason"])
        _, log = self.run_job(server, "loud")
        self.assertLess(len(log), 6_000)
        # On a busy machine its time may be over before it has started anything.
        started = self.folder / "child"
        while not (started.exists() and started.read_text().strip()):
            run, _ = self.run_job(server, "slow", "failed")
            self.assertIn("took longer than 1 s", run["reason"])
        child = int(started.read_text())
        end = time.monotonic() + SECONDS_MAX
        while is_alive(child) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertFalse(is_alive(child), "what the program had started outlives it")

    def test_a_rebuild_is_a_step(self):
        server = self.serve("  again: {steps: [{rebuild: [by_item, sales]}]}\n")
        self.sell(server, ("pen", 1.5), ("ink", 2))
        _, log = self.run_job(server, "again")
        self.assertIn("by_item, sales rebuilt", log)
        self.assertEqual(sorted(map(tuple, server.sql("SELECT item, amount FROM by_item"))), [("ink", 2), ("pen", 1.5)])

    def test_jobs_run_beside_each_other_and_one_that_is_slow_holds_up_no_other(self):
        self.peer.replies["/hook"] = [None]
        server = self.serve("""
  stuck: {steps: [{http: {url: "PEER/hook", timeout: 1h, allow_private: true}}]}
  quick: {steps: [{sql: CREATE OR REPLACE TABLE one AS SELECT 1 AS one}]}
""")
        self.start(server, "stuck")
        while not self.peer.of("/hook"):
            time.sleep(0.02)
        self.run_job(server, "quick")
        status = {job["job"]: job for job in server.get("/jobs")[1]["jobs"]}
        self.assertTrue(status["stuck"]["running"])
        begin = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - begin, SOON_SECONDS, "a stop does not wait for what hangs")


if __name__ == "__main__":
    unittest.main(verbosity=2)
