#!/usr/bin/env python3
"""The program is killed at every point that TR_CRASH_POINT marks in the source; what it then holds is checked as after any kill.

A point counts when one of the workloads below reaches it: a new one that none does fails here until a workload is written for it.

  crash_points_test.py [--minutes M] [--seed S] [POINT...]     with minutes: again and again, at the first to the fiftieth pass
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import polled  # noqa: E402
from ledger import Ledger  # noqa: E402
from recount import check_from_scratch  # noqa: E402
from seeds import seed_of_run  # noqa: E402
from server import PROGRAM, SOURCE, Died, Server, new_folder  # noqa: E402
from traffic import Traffic, new_request, send, settle  # noqa: E402

MARK = re.compile(r'TR_CRASH_POINT\("([^"]+)"\)')
TRAFFIC_SECONDS_MAX = 60
SEGMENT_BYTES = 64 << 20
BULK_RECORD_BYTES = 1 << 20
WIDE_REQUESTS, WIDE_RECORDS = 6, 9_000  # enough new groups for a compaction of table ids
PASSES_MAX = 50  # of which one is picked in a long run
SOURCE_ROWS = 6000
SOURCE_BAD_EVERY = 97
COMMAND_SECONDS_MAX = 300


def marked_points():
    points = set()
    for file in (SOURCE / "src").rglob("*.cc"):
        if not file.name.endswith("_test.cc"):
            points.update(MARK.findall(file.read_text(encoding="utf-8")))
    assert points, "no point is marked"
    return sorted(points)


def was_killed(status):
    return status == -signal.SIGKILL


def command(*words, environment=None):
    return subprocess.run([PROGRAM, *map(str, words)], env=os.environ | (environment or {}), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=COMMAND_SECONDS_MAX)


class Posted:
    """Workloads that post into a server. `run` returns whether the point was reached."""

    def __init__(self, scratch, name, chance):
        self.folder, self.chance, self.ledger = new_folder(scratch, name), chance, Ledger()

    def run(self, crash_at):
        self.prepare()
        server = Server(self.folder, environment={"TAILRACE_CRASH_AT": crash_at})
        try:
            try:
                server.wait_listening()
                self.post(server)
            except Died:
                pass
            status = server.stop()
            assert was_killed(status) or status == 0, f"exit {status}: {server.output}"
            return was_killed(status)
        finally:
            server.kill()

    def prepare(self):
        """What has to be there before the run that is killed."""

    def post(self, server):
        raise NotImplementedError

    letters = {}  # what the recount may find otherwise than after posting alone

    def check(self):
        server = Server(self.folder)
        try:
            server.wait_listening()
            settle(server, self.ledger)
            check_from_scratch(server, self.folder / ".tailrace", self.ledger, **self.letters)
            assert server.stop() == 0, server.output
        finally:
            server.kill()


class Mixed(Posted):
    """Small requests over several connections, good and bad records."""

    def post(self, server):
        traffic = Traffic(server, self.ledger, self.chance)
        end = time.monotonic() + TRAFFIC_SECONDS_MAX
        while server.alive() and time.monotonic() < end and not self.enough(traffic):
            time.sleep(0.02)
        traffic.finish()

    def enough(self, traffic):
        return traffic.sent > 400


class Rolling(Posted):
    """Records large enough to fill a segment."""

    def post(self, server):
        connection = server.connect()
        for _ in range(SEGMENT_BYTES // BULK_RECORD_BYTES + 3):
            request = new_request(self.ledger, self.chance, "bulk", 1, BULK_RECORD_BYTES)
            if send(connection, request) is None:
                return


class Wide(Posted):
    """Many groups, so that a table's partial rows are folded."""

    def post(self, server):
        connection = server.connect()
        for _ in range(WIDE_REQUESTS):
            if send(connection, new_request(self.ledger, self.chance, "events", WIDE_RECORDS)) is None:
                return
        ends = [stream["ends"] for stream in server.get("/status")[1]["streams"] if stream["name"] == "events"][0]
        wait = "events/" + ",".join(f"{partition}:{end}" for partition, end in enumerate(ends))
        server.sql("SELECT count(*) FROM ids", wait_for=wait, timeout="60s")


class Rebuilding(Posted):
    """The command `rebuild` on a folder that holds something, killed in the middle."""

    def prepare(self):
        server = Server(self.folder).wait_listening()
        try:
            Mixed.post(self, server)
        finally:
            assert server.stop() == 0, server.output

    def enough(self, traffic):
        return traffic.sent > 40

    def run(self, crash_at):
        self.prepare()
        for name in ("events", "totals", "accounts"):
            done = subprocess.run([PROGRAM, "rebuild", name, str(self.folder)], env=os.environ | {"TAILRACE_CRASH_AT": crash_at},
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)
            if was_killed(done.returncode):
                return True
            assert done.returncode == 0, f"rebuild {name}: {done.returncode} {done.stdout}{done.stderr}"
        return False


class RebuildingLive(Rebuilding):
    """The same while the server takes records."""

    def run(self, crash_at):
        return Posted.run(self, crash_at)

    def post(self, server):
        traffic = Traffic(server, self.ledger, self.chance, clients=1)
        try:
            for name in ("events", "totals", "accounts"):
                server.post(f"/rebuild/{name}")
        finally:
            traffic.finish()


class Redriving(Posted):
    """Dead letters are sent again as they are, and refused again."""

    letters = {"letters_again": True}

    def enough(self, traffic):
        return traffic.sent > 60

    def post(self, server):
        Mixed.post(self, server)
        server.post("/dlq/events/redrive", b"{}", {"Content-Type": "application/json"})


class BackingUp(Posted):
    """A running server copies itself while it takes records. The copy is whole and holds what was acknowledged before, or is refused by name."""

    def post(self, server):
        traffic = Traffic(server, self.ledger, self.chance, clients=2)
        try:
            while server.alive() and traffic.sent < 100:
                time.sleep(0.02)
            server.post("/backup", json.dumps({"to": str(self.copy)}).encode(), {"Content-Type": "application/json"})
        finally:
            traffic.finish()

    @property
    def copy(self):
        return self.folder.with_name(self.folder.name + "-copy")

    def check(self):
        super().check()
        target = new_folder(self.folder.parent, self.folder.name + "-restored")
        restored = command("restore", self.copy, target)
        if restored.returncode != 0:
            assert "holds no finished backup" in restored.stderr or "there is no" in restored.stderr, restored.stderr
            return
        server = Server(target).wait_listening()
        try:
            assert server.get("/readyz")[0] == 200, server.output
            assert server.stop() == 0, server.output
        finally:
            server.kill()


class Restoring(Rebuilding):
    """What was half restored does not open; restored again, into an empty folder, all is there."""

    def run(self, crash_at):
        self.prepare()
        copy = self.folder.with_name(self.folder.name + "-copy")
        done = command("backup", copy, self.folder)
        assert done.returncode == 0, done.stderr
        data = self.folder / ".tailrace"
        shutil.rmtree(data)
        killed = command("restore", copy, self.folder, environment={"TAILRACE_CRASH_AT": crash_at})
        if not was_killed(killed.returncode):
            assert killed.returncode == 0, killed.stderr
            return False
        started = command("run", "--once", self.folder)
        assert started.returncode != 0 and "restor" in started.stderr, started.stdout + started.stderr
        shutil.rmtree(data)
        again = command("restore", copy, self.folder)
        assert again.returncode == 0, again.stderr
        return True


SOURCE_PIPELINE = """
pipeline: source
streams:
  events: {key: account, partitions: 3, schema: {id: string, account: string, value: int}}
sources:
  file: {type: file, path: events.jsonl, format: jsonl, into: events}
tables:
  totals: {sql: "SELECT account, count(*) AS n, sum(value) AS value FROM events GROUP BY ALL"}
"""


class Reading:
    """`run --once` over a file with good and bad rows, beginning with a stretch of bad ones alone."""

    def __init__(self, scratch, name, chance):
        self.folder = pathlib.Path(scratch, name)
        self.folder.mkdir()
        (self.folder / "pipeline.yaml").write_text(SOURCE_PIPELINE)
        self.good, self.bad = [], []
        with open(self.folder / "events.jsonl", "w") as file:
            for row in range(SOURCE_ROWS):
                is_bad = row < SOURCE_ROWS // 3 or row % SOURCE_BAD_EVERY == 0
                (self.bad if is_bad else self.good).append(row)
                value = '"many"' if is_bad else row
                padding = "x" * 1000  # so that the file is several batches
                file.write(f'{{"id":"r{row}{padding}","account":"a{chance.randrange(20)}","value":{value}}}\n')

    def once(self, environment):
        return subprocess.run([PROGRAM, "run", "--once", str(self.folder)], env=os.environ | environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)

    def run(self, crash_at):
        done = self.once({"TAILRACE_CRASH_AT": crash_at})
        assert was_killed(done.returncode) or done.returncode == 0, f"{done.returncode} {done.stdout}{done.stderr}"
        return was_killed(done.returncode)

    def check(self):
        from log_files import StreamReader
        done = self.once({})
        assert done.returncode == 0, done.stdout + done.stderr
        data = self.folder / ".tailrace"
        values = sorted(record.json()["value"] for record in StreamReader(data, "events", 3).read())
        assert values == self.good, f"{len(values)} records in the log of {len(self.good)} good rows"
        letters = sorted(int(record.json()["line"]) for record in StreamReader(data, "events", 1, dead_letters=True).read())
        assert letters == [row + 1 for row in self.bad], f"{len(letters)} dead letters of {len(self.bad)} bad rows"
        asked = subprocess.run([PROGRAM, "sql", "--json", "SELECT sum(n)::BIGINT AS n, sum(value)::BIGINT AS value FROM totals", str(self.folder)],
                               capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)
        assert f"{len(self.good)}" in asked.stdout and f"{sum(self.good)}" in asked.stdout, asked.stdout + asked.stderr


class Polling(Reading):
    """`run --once` over an API: pages of answers, some of them HTML."""

    def __init__(self, scratch, name, _):
        self.api = polled.Api(broken_every=4)
        self.folder = pathlib.Path(scratch, name)
        self.folder.mkdir()
        (self.folder / "pipeline.yaml").write_text(self.api.pipeline())

    def check(self):
        from log_files import StreamReader
        time.sleep(1)  # a second has one poll
        done = self.once({})
        assert done.returncode == 0, done.stdout + done.stderr
        self.api.close()
        data = self.folder / ".tailrace"
        records = [record.json() for record in StreamReader(data, "items", 3).read()]
        letters = [record.json() for record in StreamReader(data, "items", 1, dead_letters=True).read()]
        assert polled.check(records, letters, every_second=False) >= 1


WORKLOADS = [Mixed, Rebuilding, RebuildingLive, Redriving, Reading, Polling, Wide, Rolling, BackingUp, Restoring]
# Where a point is met first, to save the way there; any workload may be the one.
USUAL = {"log.segment": Rolling, "log.snapshot": Rolling, "warehouse.compact": Wide, "engine.source": Reading, "sources.poll": Polling, "log.marks": Reading,
         "engine.redrive": Redriving, "backup.": BackingUp, "restore.": Restoring, "rebuild.": RebuildingLive, "engine.shadow": Rebuilding, "warehouse.rows_swap": Rebuilding, "warehouse.table_swap": Rebuilding, "documents.swap": Rebuilding}


# Points that these workloads do not pass, and where they are killed instead; src/log/ kills at each of its own in its tests.
NOT_HERE = {"engine.redrive_page_sent": "kill_during_redrive_test.py",
            "warehouse.job_written": "kill_during_jobs_test.py", "warehouse.job_committed": "kill_during_jobs_test.py",
            "log.marks_written": "nothing appends a position without a record",
            "log.segment_dropped": "no retention", "log.segment_set_aside": "no retention", "log.segment_zeroed": "no retention",
            **{f"export.{point}": "tests/lake/export_beside_server_test.py" for point in ("staged", "beside", "exchanged", "placed")},
            **{f"lake.{point}": "tests/lake/" for point in (
                "object_written", "object_linked", "object_renamed", "cut_decided", "raw_written", "raw_noted",
                "table_exported", "table_files_put", "table_committed", "table_compacted", "table_checkpoint", "table_vacuumed")}}


def workloads_for(point):
    usual = [workload for prefix, workload in USUAL.items() if point.startswith(prefix)]
    return usual + [workload for workload in WORKLOADS if workload not in usual]


def kill_at(scratch, point, passes, chance, number):
    """The name of the workload that reached it and was checked, or None."""
    for workload in workloads_for(point):
        work = workload(scratch, f"data{number}-{workload.__name__}", chance)
        reached = work.run(f"{point}:{passes}")
        work.check()
        if reached:
            return workload.__name__
        if passes > 1:
            return None
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--seed", type=int, default=seed_of_run())
    parser.add_argument("points", nargs="*")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    deadline = time.monotonic() + options.minutes * 60
    points = options.points or [point for point in marked_points() if point not in NOT_HERE]
    tries, unreached = 0, []
    while True:
        for point in points:
            passes = 1 if tries < len(points) else chance.randint(2, PASSES_MAX)
            with tempfile.TemporaryDirectory() as scratch:
                reached = kill_at(scratch, point, passes, chance, tries)
            tries += 1
            print(f"{point}:{passes}: " + (f"killed in {reached}, all is there once" if reached else "not reached"), flush=True)
            if reached is None and passes == 1:
                unreached.append(point)
            if tries >= len(points) and time.monotonic() >= deadline:
                assert not unreached, f"no workload reaches {', '.join(unreached)}: add one to {__file__}"
                print(f"tries={tries} lost=0 duplicated=0")
                return 0


if __name__ == "__main__":
    sys.exit(main())
