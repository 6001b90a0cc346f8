#!/usr/bin/env python3
"""A server that polls an API every second is killed at random moments; every answer it kept is in its stream whole, once, and no
due time is left out.

    kill_while_polling_test.py [--rounds N] [--seed S]
"""
import argparse
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import polled  # noqa: E402
from log_files import StreamReader  # noqa: E402
from seeds import seed_of_run  # noqa: E402
from server import Server  # noqa: E402

ROUNDS = 8
LIFE_SECONDS_MAX = 2.5  # of a run, behind its start
SETTLE_SECONDS_MAX = 120


def records_of(folder):
    data = folder / ".tailrace"
    records = [record.json() for record in StreamReader(data, "items", 3).read()]
    letters = [record.json() for record in StreamReader(data, "items", 1, dead_letters=True).read()]
    return records, letters


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seed", type=int, default=seed_of_run())
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    api = polled.Api(broken_every=13)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch, "polled")
        folder.mkdir()
        (folder / "pipeline.yaml").write_text(api.pipeline())
        for _ in range(options.rounds):
            server = Server(folder)
            try:
                server.wait_listening()
                time.sleep(chance.uniform(0, LIFE_SECONDS_MAX))
            finally:
                server.kill()
        server = Server(folder)
        try:
            server.wait_listening()
            asked, end = api.answers, time.monotonic() + SETTLE_SECONDS_MAX
            while api.answers < asked + 4 * polled.PAGES and time.monotonic() < end:
                time.sleep(0.05)
            assert api.answers > asked, "nothing is asked any more"
            assert server.stop() == 0, server.output
        finally:
            server.kill()
        records, letters = records_of(folder)
        # What is spooled of the last due time comes with the next start.
        dues = polled.check_but_the_last(records, letters)
        assert dues >= options.rounds // 2, f"only {dues} due times in {options.rounds} rounds"
        print(f"kills={options.rounds} due_times={dues} records={len(records)} letters={len(letters)} lost=0 doubled=0")
    api.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
