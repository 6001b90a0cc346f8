#!/usr/bin/env python3
"""One bit of one file is turned over while the server is down: it is found and named, or changes nothing that anybody reads.

For each try a server starts over the damaged folder, everything is read, and compared with what was read before. What is refused or
answered with an error is found; what is answered with something else is served as truth, and that is a failure. Derived files are then
taken away, and the next start must make them again from the log, with the old answers.

  bit_flips_test.py [--flips N | --minutes M] [--seed S] [--kind KIND] [--report]      N flips for each kind of file

--report counts what is served as truth and goes on.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from ledger import Ledger  # noqa: E402
from seeds import seed_of_run  # noqa: E402
from server import PROGRAM, Died, Server, new_folder  # noqa: E402
from traffic import ACCOUNTS, new_request, send  # noqa: E402

FLIPS = 4
EVENTS_REQUESTS = 300
SEGMENT_BYTES, BULK_RECORD_BYTES = 64 << 20, 1 << 20
COMMAND_SECONDS_MAX = 60
DRAWS_MAX, NEIGHBOURS = 100, 8
LINKED_BYTES_MIN = 8 << 20  # files larger than this are linked into a try's folder, not copied

# Kind of file: what it is found by, and whether it is made again from the log.
KINDS = {
    "segment": ("log/events/*/*.log", False), "sealed segment": ("log/bulk/0/00000000000000000000.log", False),
    "dead letters": ("dlq/events/0/*.log", False), "index": ("log/bulk/0/*.index", False), "time index": ("log/bulk/0/*.timeindex", False),
    "snapshot": ("log/bulk/0/*.snapshot", False), "synced": ("log/events/*/synced", False), "stream": ("log/events/stream", False),
    "format": ("FORMAT", False), "warehouse": ("warehouse.duckdb", True), "documents": ("documents.sqlite", True),
    "warehouse's log": ("warehouse.duckdb.wal", True), "documents' log": ("documents.sqlite-wal", True), "keys": ("control.sqlite", False),
}
OF_A_KILLED_SERVER = {"warehouse's log", "documents' log"}  # which a stop or a checkpoint empties
WAREHOUSE_FILES = ["warehouse.duckdb", "warehouse.duckdb.wal"]
DOCUMENT_FILES = ["documents.sqlite", "documents.sqlite-wal", "documents.sqlite-shm"]
DERIVED_FILES = {"warehouse": WAREHOUSE_FILES, "warehouse's log": WAREHOUSE_FILES,
                 "documents": DOCUMENT_FILES, "documents' log": DOCUMENT_FILES}
QUERIES = [
    "SELECT id, account, amount, value, label, _partition, _offset, _seq FROM events ORDER BY _seq",
    "SELECT id, account, amount, value FROM lines ORDER BY id",
    "SELECT * FROM totals ORDER BY account",
    "SELECT * FROM ids ORDER BY id",
    "SELECT * FROM numbers ORDER BY id",
    "SELECT * FROM bulk_count",
]


class Locked:
    """A folder with keys, and what each may do."""

    def __init__(self, scratch):
        self.folder = new_folder(scratch, "locked")
        admin, reader, sender, revoked = (self.key(*words) for words in (["admin"], ["read"], ["ingest", "--stream", "bulk"], ["admin"]))
        self.command("revoke", revoked.split("_")[1])
        read, send_bulk, send_event = ("GET", "/streams"), ("POST", "/streams/bulk"), ("POST", "/streams/events")
        self.questions = [(*asked, key) for key in (admin, reader, sender, revoked, None) for asked in (read, send_bulk, send_event)]
        server = Server(self.folder).wait_listening()
        try:
            self.answers = self.ask(server)
        finally:
            assert server.stop() == 0, server.output
        # 200: it may; 422: it may, but that is no record.
        assert self.answers == [200, 422, 422] + [200, 403, 403] + [403, 422, 403] + [401] * 6, self.answers

    def command(self, *words):
        done = subprocess.run([PROGRAM, "keys", *words, str(self.folder)], capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def key(self, role, *limits):
        return self.command("add", "--role", role, *limits)

    def ask(self, server):
        """The status of each question."""
        statuses = []
        for method, path, key in self.questions:
            connection = server.connect()
            try:
                connection.request(method, path, b"{}" if method == "POST" else None, {"Authorization": "Bearer " + key} if key else {})
                statuses.append(connection.getresponse().status)
            finally:
                connection.close()
        return statuses

    def look(self, folder):
        """As look(): who gets in who did not, or is kept out without a word about it, is SILENT."""
        server = Server(folder)
        try:
            server.wait_listening()
            answers = self.ask(server)
            said = [line for line in server.output.splitlines() if "level=warning" in line or "level=error" in line]
            assert server.stop() == 0, server.output
        except Died as died:
            assert died.status > 0 and died.output.strip(), f"ended with {died.status}: {died.output[-500:]!r}"
            return "found", died.output.strip().splitlines()[-1]
        finally:
            server.kill()
        changed = [(asked[:2], now, before) for asked, now, before in zip(self.questions, answers, self.answers) if now != before]
        if any(now not in (401, 403, 503) for _, now, _ in changed) or (changed and not said):
            return "SILENT", f"{changed}"
        return ("found", said[0]) if said else ("harmless", "")


def waits(ends):
    return {"wait_for": "events/" + ",".join(f"{partition}:{end}" for partition, end in enumerate(ends)), "timeout": "20s"}


def read_everything(server, ends, bulk_end, labels):
    """(what was asked, status, answer) for all that a user can read of the small streams, as it was committed."""
    for query in QUERIES:
        arguments = waits(ends) if "bulk" not in query else {"wait_for": f"bulk/0:{bulk_end}", "timeout": "20s"}
        status, body = server.get("/sql", q=query, **arguments)
        yield query, status, json.dumps(body["rows"]) if status == 200 else body
    for account in range(ACCOUNTS):
        status, body = server.get(f"/collections/accounts/a{account}", **waits(ends))
        yield f"document a{account}", status, json.dumps(body)
    for identity in labels:
        status, body = server.get(f"/collections/labels/{identity}", **waits(ends))
        yield f"document {identity}", status, json.dumps(body)
    status, body = server.get("/dlq/events")
    yield "dead letters", status, json.dumps(body)
    for partition, end in enumerate(ends):
        at = 0
        while at < end:
            status, body = server.get("/streams/events/records", **{"partition": partition, "from": at, "limit": 50})
            yield f"records {partition}:{at}", status, json.dumps(body.get("records")) if status == 200 else body
            at += 50


def ends_of(server, stream):
    _, body = server.get("/status")
    return [known["ends"] for known in body["streams"] if known["name"] == stream][0]


class Sound:
    """The folder before any damage, and what it answers."""

    def __init__(self, scratch, chance):
        self.folder = new_folder(scratch, "sound")
        server = Server(self.folder).wait_listening()
        try:
            ledger, connection = Ledger(), server.connect()
            for _ in range(EVENTS_REQUESTS):
                assert send(connection, new_request(ledger, chance)) in (200, 207, 422)
            for _ in range(SEGMENT_BYTES // BULK_RECORD_BYTES + 2):
                assert send(connection, new_request(ledger, chance, "bulk", 1, BULK_RECORD_BYTES)) == 200
            connection.close()
            self.ends = ends_of(server, "events")
            (self.bulk_end,) = ends_of(server, "bulk")
            server.sql("SELECT n FROM bulk_count", wait_for=f"bulk/0:{self.bulk_end}", timeout="60s")
            self.labels = [row[0] for row in server.sql("SELECT id FROM events WHERE label IS NOT NULL", **waits(self.ends))]
            self.answers = {asked: (status, answer) for asked, status, answer in read_everything(server, self.ends, self.bulk_end, self.labels)}
        finally:
            server.kill()
        self.killed = pathlib.Path(shutil.copytree(self.folder, pathlib.Path(scratch, "killed")))
        server = Server(self.folder).wait_listening()
        assert server.stop() == 0, server.output
        log = self.folder / ".tailrace" / "documents.sqlite-wal"
        assert not log.exists() or log.stat().st_size == 0, "a server that ends brings everything into the file, where a flip shall meet it"
        self.locked = Locked(scratch)

    def folder_of(self, kind):
        return self.locked.folder if kind == "keys" else self.killed if kind in OF_A_KILLED_SERVER else self.folder

    def files(self, kind):
        found = sorted((self.folder_of(kind) / ".tailrace").glob(KINDS[kind][0]))
        found = [file for file in found if file.stat().st_size > 0]
        assert found, f"nothing there of kind {kind}"
        return found

    def copy(self, scratch, name, kind, damaged):
        """A folder of its own; large files that nothing writes to are shared, but not the one to be damaged."""
        def place(source, target):
            large = os.path.getsize(source) >= LINKED_BYTES_MIN and pathlib.Path(source) != damaged
            os.link(source, target) if large else shutil.copy2(source, target)
        return pathlib.Path(shutil.copytree(self.folder_of(kind), pathlib.Path(scratch, name), copy_function=place))


def flip(file, chance):
    """Where something is written, rather than in the empty rest of a page."""
    size, bit = file.stat().st_size, chance.randrange(8)
    with open(file, "rb") as opened:
        for _ in range(DRAWS_MAX):
            at = chance.randrange(size)
            opened.seek(max(0, at - NEIGHBOURS))
            if any(opened.read(2 * NEIGHBOURS)):
                break
    with open(file, "r+b") as opened:
        opened.seek(at)
        (byte,) = opened.read(1)
        opened.seek(at)
        opened.write(bytes([byte ^ 1 << bit]))
    return f"byte {at} bit {bit}"


def look(folder, sound):
    """(verdict, detail) of a start over a damaged folder: found, harmless, or SILENT."""
    server = Server(folder)
    try:
        try:
            server.wait_listening()
            found = []
            for asked, status, answer in read_everything(server, sound.ends, sound.bulk_end, sound.labels):
                if (status, answer) == sound.answers[asked]:
                    continue
                if status == 200 or status == 404 and asked.startswith("document"):
                    return "SILENT", f"{asked}: {first_difference(answer, sound.answers[asked][1])}"
                found.append(f"{asked}: {status} {answer}")
            status, ready = server.get("/readyz")
            if status != 200:
                found.append(f"/readyz: {ready}")
            said = server.output.split("listening on")[0]
            found += [line for line in said.splitlines() if "level=warning" in line or "level=error" in line]
            stopped = server.stop()
            assert stopped == 0, f"exit {stopped}: {server.output}"
            return ("found", found[0]) if found else ("harmless", "")
        except Died as died:
            assert died.status > 0, f"ended by signal {-died.status}: {died.output[-500:]!r}"
            assert died.output.strip(), "ended without a word"
            return "found", died.output.strip().splitlines()[-1]
    finally:
        server.kill()


def first_difference(a, b):
    a, b = str(a), str(b)
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return f"...{a[max(0, at - 40):at + 40]}... was ...{b[max(0, at - 40):at + 40]}..."


def mend(folder, kind, sound):
    for name in DERIVED_FILES[kind]:
        (folder / ".tailrace" / name).unlink(missing_ok=True)
    verdict, detail = look(folder, sound)
    assert verdict == "harmless", f"after {kind} was taken away: {verdict} {detail}"


def one_flip(scratch, sound, kind, chance, number):
    file = chance.choice(sound.files(kind))
    place = file.relative_to(sound.folder_of(kind))
    folder = sound.copy(scratch, f"try{number}", kind, file)
    try:
        where = f"{place} {flip(folder / place, chance)}"
        verified = subprocess.run([PROGRAM, "log", "verify", str(folder)], capture_output=True, text=True, errors="replace", timeout=COMMAND_SECONDS_MAX)
        assert verified.returncode >= 0, f"log verify ended by signal {-verified.returncode}"
        verdict, detail = sound.locked.look(folder) if kind == "keys" else look(folder, sound)
        if verdict == "harmless" and verified.returncode and kind != "keys":
            verdict, detail = "found by log verify", (verified.stdout + verified.stderr).strip().splitlines()[0]
        if verdict != "harmless" and kind in DERIVED_FILES:
            mend(folder, kind, sound)
        return verdict, where, detail
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flips", type=int, default=int(os.environ.get("BIT_FLIPS", FLIPS)))
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=seed_of_run())
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    deadline = time.monotonic() + (options.minutes or 0) * 60
    verdicts, silent, broken, tries, rounds = collections.defaultdict(collections.Counter), [], [], 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        sound = Sound(scratch, chance)
        while time.monotonic() < deadline if options.minutes else rounds < options.flips:
            rounds += 1
            for kind in options.kind or KINDS:
                try:
                    verdict, where, detail = one_flip(scratch, sound, kind, chance, tries)
                except Exception as error:
                    verdict, where, detail = "BROKEN", kind, f"{type(error).__name__}: {error}"
                    broken.append(f"{kind}: {detail}")
                tries += 1
                verdicts[kind][verdict] += 1
                if verdict == "SILENT":
                    silent.append(f"{where}: {detail}")
                print(f"{kind}: {verdict} {where} {str(detail)[:300]}", flush=True)
    for kind, counts in verdicts.items():
        print(f"{kind:16} " + ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
    print(f"tries={tries} caught={sum(counts['found'] + counts['found by log verify'] for counts in verdicts.values())} silent={len(silent)} broken={len(broken)}")
    for line in silent + broken:
        print(f"not ok: {line}")
    return 1 if broken or (silent and not options.report) else 0


if __name__ == "__main__":
    sys.exit(main())
