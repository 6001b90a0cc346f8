#!/usr/bin/env python3
"""A server that takes records is killed with SIGKILL at random moments, started again, and held against what clients were told.

Records come in by our own door and by those of Kafka's and Kinesis' clients, and are kept in the lake. After every start: nothing acknowledged is
lost, nothing is there twice, each record stands where its reply said, rows, tables, documents and dead letters are what a recount of the log
gives; in the end the lake holds the log, record by record.

  kill_server_test.py [--kills N | --minutes M] [--seed S] [--data FOLDER]     (TAILRACE_SEED, SERVER_KILLS do the same)
"""
import argparse
import json
import os
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lake"))
from lake_files import read_raw  # noqa: E402
from ledger import Ledger  # noqa: E402
from log_files import StreamReader  # noqa: E402
from recount import PARTITIONS, Recount, check_from_scratch  # noqa: E402
from seeds import seed_of_run  # noqa: E402
from server import Server, new_folder  # noqa: E402
from traffic import Traffic, settle  # noqa: E402

KILLS = 200
KILLS_PER_FOLDER = 40  # then a new one: the first start and small logs have their own bad moments
RUN_SECONDS_MAX = 0.3
START_SECONDS = 0.25  # a kill within this after the start comes while it starts
STARTS_KILLED = 0.2
LAKE = "lake: {streams: {events: {raw: jsonl.zst, roll_size: 64KiB, roll_after: 1s}}}\n"
LAKE_SECONDS_MAX = 60


def wait_for_lake(server):
    """Until the lake holds all that the log has."""
    end = time.monotonic() + LAKE_SECONDS_MAX
    while True:
        status, body = server.get("/status")
        assert status == 200, body
        (events,) = body["lake"]["streams"]
        if events["lag"] == 0:
            return
        assert time.monotonic() < end, f"the lake stands still: {events}"
        time.sleep(0.05)


def check_lake(data):
    """Every record of the log is in the lake once, as it came."""
    held = read_raw(data, "events")
    wanted = {}
    for record in StreamReader(data, "events", PARTITIONS).read():
        wanted.setdefault(record.partition, []).append((record.offset, record.seq, json.loads(record.value)))
    found = {partition: [(line["offset"], line["seq"], line["record"]) for line in lines] for partition, lines in held.items()}
    assert {partition: sorted(lines, key=lambda line: line[0]) for partition, lines in wanted.items()} == found, "the lake is not the log"


class Folder:
    """One data folder over many kills."""

    def __init__(self, path, chance):
        self.path, self.chance = path, chance
        with open(path / "pipeline.yaml", "a") as file:
            file.write(LAKE)
        self.ledger = Ledger()
        self.recount = Recount(path / ".tailrace", self.ledger)
        self.kills = self.sent = 0

    def kill_once(self):
        """One start and one kill, with traffic between them or not."""
        server = Server(self.path)
        try:
            if self.chance.random() < STARTS_KILLED:
                time.sleep(self.chance.uniform(0, START_SECONDS))
            else:
                server.wait_listening()
                self.recount.check(server)
                traffic = Traffic(server, self.ledger, self.chance)
                time.sleep(self.chance.uniform(0, RUN_SECONDS_MAX))
                server.kill()
                self.sent += traffic.finish()
        finally:
            server.kill()
        self.kills += 1

    def finish(self):
        """Everything open is sent again and must then be there exactly once."""
        server = Server(self.path)
        try:
            server.wait_listening()
            settle(server, self.ledger)
            self.recount.check(server, deep=True)
            check_from_scratch(server, self.path / ".tailrace", self.ledger)
            wait_for_lake(server)
            assert server.stop() == 0, server.output
            check_lake(self.path / ".tailrace")
        finally:
            server.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=int(os.environ.get("SERVER_KILLS", KILLS)))
    parser.add_argument("--minutes", type=float, help="go on for so long, whatever the number of kills")
    parser.add_argument("--seed", type=int, default=seed_of_run())
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    deadline = time.monotonic() + (options.minutes or 0) * 60
    kills = sent = records = acknowledged = folders = 0
    began = time.monotonic()

    def more():
        return time.monotonic() < deadline if options.minutes else kills < options.kills

    with tempfile.TemporaryDirectory() as scratch:
        while more():
            folders += 1
            folder = Folder(new_folder(scratch, f"data{folders}"), chance)
            while more() and folder.kills < KILLS_PER_FOLDER:
                folder.kill_once()
                kills += 1
            folder.finish()
            sent += folder.sent
            records += len(folder.recount.records)
            acknowledged += len(folder.ledger.acknowledged())
            print(f"{kills} kills, {time.monotonic() - began:.0f} s: {sent} requests answered, {records} records, none lost, none twice", flush=True)
    assert acknowledged > kills, "too little was acknowledged to show anything"
    print(f"tries={kills} lost=0 duplicated=0 requests={sent} records={records}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
