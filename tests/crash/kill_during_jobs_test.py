#!/usr/bin/env python3
"""Killed while jobs run, at the borders of their commits and at random: each due time has one run, each run's SQL happened once, each due time was polled
once, and each file that a run wrote is whole."""
import http.server
import itertools
import json
import pathlib
import random
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from seeds import seed_of_run  # noqa: E402
from server import Died, Server  # noqa: E402

KILLS_AT_RANDOM = 6
KILLS_AT_POINTS = 2
SECONDS_MAX = 90
# Due times that are handled before the test is content.
DUE_TIMES_MIN = 12

PIPELINE = """
pipeline: ticking
streams: {s: {schema: {n: int, due: timestamp}}}
sources: {api: {type: poll, url: "PEER/", add: {due: "{due}"}, tries: 1, allow_private: true, into: s}}
jobs:
  tick:
    every: 500ms
    catch_up: {all: 1000}
    steps:
      - sql: CREATE TABLE IF NOT EXISTS ticks AS SELECT $due AS due, $from AS begin WHERE false
      - sql: INSERT INTO ticks SELECT $due, $from
      - sql: INSERT INTO ticks SELECT $due, $from
  behind:
    after: tick
    steps:
      - sql:
          - CREATE TABLE IF NOT EXISTS behind AS SELECT $due AS due WHERE false
          - INSERT INTO behind SELECT $due
  fetch:
    every: 1s
    catch_up: {all: 1000}
    steps:
      - poll: api
      - export: {sql: "SELECT $due AS due, count(*) AS n FROM s", to: "out/{due:%Y-%m-%dT%H:%M:%S}Z.jsonl"}
server: {listen: "127.0.0.1:0"}
"""


def start_peer():
    """Answers each request with a number that no other answer has."""
    numbers = itertools.count()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"n": next(numbers)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    peer = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    peer.daemon_threads = True
    peer.handle_error = lambda *_: None  # who is killed hangs up
    threading.Thread(target=peer.serve_forever, daemon=True).start()
    return peer


def wait_for_runs(server, count):
    end = time.monotonic() + SECONDS_MAX
    while time.monotonic() < end:
        done = server.sql("SELECT count(*) FROM tailrace.runs WHERE job = 'behind' AND state = 'succeeded'")[0][0]
        if int(done) >= count:
            return
        time.sleep(0.1)
    raise AssertionError(f"not {count} runs after {SECONDS_MAX} s: {server.get('/jobs')}")


def check(server):
    """Everything that was due until some moment, now that nothing runs any more before it."""
    last = server.sql("SELECT max(due) FROM tailrace.runs WHERE job = 'behind' AND state = 'succeeded'")[0][0]
    until = f"due <= TIMESTAMP '{last.replace('T', ' ').rstrip('Z')}'"
    runs = server.sql(f"SELECT job, due, state, due_times FROM tailrace.runs WHERE {until} ORDER BY job, due")
    for job in ("tick", "behind"):
        mine = [row for row in runs if row[0] == job]
        assert all(row[2] == "succeeded" and int(row[3]) == 1 for row in mine), mine
        due = [row[1] for row in mine]
        assert len(set(due)) == len(due)
        steps = server.sql(f"SELECT count(*) FROM (SELECT due - lag(due) OVER (ORDER BY due) AS step FROM tailrace.runs WHERE job = '{job}' AND {until}) "
                           "WHERE step <> INTERVAL 500 MILLISECONDS")
        assert int(steps[0][0]) == 0, f"a due time of {job} has no run: {due}"
        times = 2 if job == "tick" else 1
        table = "ticks" if job == "tick" else "behind"
        written = server.sql(f"SELECT due, count(*) FROM jobs.{table} WHERE {until} GROUP BY due ORDER BY due")
        assert [row[0] for row in written] == due, (len(written), len(due))
        wrong = [row for row in written if int(row[1]) != times]
        assert not wrong, f"not {times} times: {wrong}"
    check_fetched(server)
    return len([row for row in runs if row[0] == "tick"])


def check_fetched(server):
    runs = server.sql("SELECT due, state, due_times FROM tailrace.runs WHERE job = 'fetch' AND state NOT IN ('queued', 'running') ORDER BY due")
    assert runs and all(state == "succeeded" and times == 1 for _, state, times in runs), runs
    polled = {due: times for due, times in server.sql("SELECT due, count(*) FROM s GROUP BY due")}
    for due, _, _ in runs:
        assert polled.get(due) == 1, f"polled {polled.get(due)} times for {due}"
        lines = (server.folder / "out" / f"{due}.jsonl").read_text().splitlines()
        assert len(lines) == 1 and json.loads(lines[0])["due"] == due and json.loads(lines[0])["n"] >= 1, f"{due}: {lines}"
    assert max(polled.values()) == 1, polled
    assert server.get("/dlq/s")[1]["letters"] == [], "an answer was refused"


def main():
    seed = seed_of_run()
    print(f"seed {seed}", flush=True)
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        peer = start_peer()
        (folder / "pipeline.yaml").write_text(PIPELINE.replace("PEER", f"http://127.0.0.1:{peer.server_address[1]}"))
        for point in ["warehouse.job_written", "warehouse.job_committed"] * KILLS_AT_POINTS:
            server = Server(folder, environment={"TAILRACE_CRASH_AT": f"{point}:{chance.randrange(1, 12)}"})
            try:
                status = server.wait_end(SECONDS_MAX)
                assert status == -signal.SIGKILL, f"{point} was not reached: {status} {server.output}"
            finally:
                server.kill()
        for _ in range(KILLS_AT_RANDOM):
            server = Server(folder)
            try:
                server.wait_listening()
                time.sleep(chance.uniform(0.0, 1.5))
            except Died:
                pass
            finally:
                server.kill()
        server = Server(folder).wait_listening()
        try:
            wait_for_runs(server, DUE_TIMES_MIN)
            seen = check(server)
            assert server.stop() == 0, server.output
        finally:
            server.kill()
        server = Server(folder).wait_listening()
        try:
            wait_for_runs(server, seen + 2)
            check(server)
            assert server.stop() == 0, server.output
        finally:
            server.kill()
        peer.shutdown()
        peer.server_close()
        print(f"{seen} due times, each once")


if __name__ == "__main__":
    main()
