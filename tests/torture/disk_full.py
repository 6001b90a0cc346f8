#!/usr/bin/env python3
"""The disk fills up under a server, and later has room again: refusals say so, reads go on, taking records starts again by itself.

The data folder lies on a small file system of its own (tmpfs, which wants root), next to a file that takes up what is left at random
moments. Nothing acknowledged may be lost, in the end nor after a kill while the disk is full.

  disk_full.py [--rounds N | --minutes M] [--seed S]
"""
import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from ledger import Ledger  # noqa: E402
from recount import check_from_scratch  # noqa: E402
from seeds import seed_of_run  # noqa: E402
from server import PROGRAM, Server, new_folder  # noqa: E402
from traffic import Traffic, new_request, send, settle  # noqa: E402

DISK_MIB = 96
FULL_SECONDS = (0.5, 3.0)
FILL_BYTES = 1 << 20
FULL_STATUS = 507
RESUME_SECONDS_MAX = 5.0
REFUSE_SECONDS_MAX = 120.0
KILLED_SHARE = 0.3  # of the rounds: the server is killed while the disk is full
ROUNDS_PER_DISK = 6


def fill(path):
    """Takes what is left, to the last byte."""
    with open(path, "ab", buffering=0) as file:
        size = FILL_BYTES
        while size:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 2


def wait_refused(server, traffic):
    """Until somebody has been told: what the log had set aside before the disk was full takes records still."""
    end = time.monotonic() + REFUSE_SECONDS_MAX
    while FULL_STATUS not in traffic.statuses:
        assert server.alive(), f"ended on a full disk: {server.output}"
        assert time.monotonic() < end, f"the disk is full and nobody is told: {traffic.statuses}"
        time.sleep(0.05)


def wait_resumed(server, ledger, chance):
    """Seconds until a record is taken again."""
    began = time.monotonic()
    while True:
        connection = server.connect()
        status = send(connection, new_request(ledger, chance, size=3))
        connection.close()
        took = time.monotonic() - began
        if status in (200, 207):
            return took
        assert took < RESUME_SECONDS_MAX, f"{status} after {took:.1f} s with room on the disk: {server.get('/readyz')}"
        time.sleep(0.05)


def one_round(folder, ledger, chance):
    ballast = folder.parent / "ballast"
    server = Server(folder)
    try:
        server.wait_listening()
        traffic = Traffic(server, ledger, chance, clients=2)
        time.sleep(chance.uniform(0, 0.5))
        fill(ballast)
        wait_refused(server, traffic)
        time.sleep(chance.uniform(*FULL_SECONDS))
        assert server.alive(), f"ended on a full disk: {server.output}"
        status, body = server.get("/sql", q="SELECT count(*) FROM lines")
        assert status == 200, f"a read on a full disk: {status} {body}"
        if chance.random() < KILLED_SHARE:
            server.kill()
            traffic.finish()
            ballast.unlink()
            server = Server(folder)
            server.wait_listening()
            resumed = wait_resumed(server, ledger, chance)
        else:
            ballast.unlink()
            resumed = wait_resumed(server, ledger, chance)
            traffic.finish()
        settle(server, ledger)
        # A sender is told of a refused record when its dead letter could not be kept.
        check_from_scratch(server, folder / ".tailrace", ledger, letters_exact=False)
        assert server.stop() == 0, server.output
        return resumed
    finally:
        server.kill()
        ballast.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=seed_of_run())
    options = parser.parse_args()
    print(f"seed {options.seed}, {PROGRAM}", flush=True)
    chance = random.Random(options.seed)
    deadline = time.monotonic() + (options.minutes or 0) * 60
    rounds, slowest = 0, 0.0

    def more():
        return time.monotonic() < deadline if options.minutes else rounds < options.rounds

    while more():
        with tempfile.TemporaryDirectory() as scratch:
            disk = pathlib.Path(scratch, "disk")
            disk.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tailrace-test", disk], check=True)
            try:
                folder, ledger = new_folder(disk, "data"), Ledger()
                for _ in range(ROUNDS_PER_DISK):
                    if not more():
                        break
                    resumed = one_round(folder, ledger, chance)
                    rounds, slowest = rounds + 1, max(slowest, resumed)
                    print(f"round {rounds}: records taken {resumed:.2f} s after there was room; {ledger.counts()}", flush=True)
            finally:
                subprocess.run(["umount", disk], check=True)
    print(f"slowest to go on: {slowest:.2f} s")
    print(f"tries={rounds} lost=0 duplicated=0")
    return 0


if __name__ == "__main__":
    sys.exit(main())
