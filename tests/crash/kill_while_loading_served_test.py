#!/usr/bin/env python3
"""`load` into a running server, with the client or the server killed at random moments: begun again until it ends, in between also
without a server, every row is in the stream once, every bad row is one dead letter, and each names the file and the line it stands in.

TAILRACE_SEED repeats a run, CRASH_KILLS says how often to kill.
"""
import itertools
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from seeds import seed_of_run
import server as harness

PROGRAM = os.environ["TAILRACE"]
KILLS = int(os.environ.get("CRASH_KILLS", 10))
ROWS = 400_000
BAD_EVERY = 997
SECONDS_MAX = 240
PIPELINE = """pipeline: served
server: {listen: 127.0.0.1:0}
streams:
  rows:
    key: id
    partitions: 3
    schema: {id: int, name: string, price: "decimal(12,2)"}
tables:
  totals: {sql: "SELECT count(*) AS n, sum(price) AS price FROM rows"}
"""


def is_bad(i):
    return i % BAD_EVERY == 5


def write_file(path):
    with open(path, "w") as out:
        out.write("id,name,price\n")
        for i in range(ROWS):
            out.write(f"{i},no price,dear\n" if is_bad(i) else f"{i},\"a name, of {i}\",{i % 1000}.25\n")


def load(file, folder, port=None):
    words = [PROGRAM, "load", str(file), "--into", "rows", str(folder)] + (["--port", str(port)] if port else [])
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended(process):
    output, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode in (0, 1), (process.returncode, output)  # 1: rows are refused
    return output


def killed_in_time(process, seconds, kill):
    """Kills with `kill` unless the load ends first; whether it did."""
    try:
        process.wait(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        kill()
        return True


def ask(folder, sql):
    done = subprocess.run([PROGRAM, "sql", "--json", sql, str(folder)], capture_output=True, text=True, timeout=SECONDS_MAX)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def values(row):
    return [int(value) for value in (row.values() if isinstance(row, dict) else row)]


def check(folder, file):
    bad = sum(map(is_bad, range(ROWS)))
    sums = sum((i % 1000) * 100 + 25 for i in range(ROWS) if not is_bad(i))
    found = ask(folder, 'SELECT count(*), count(DISTINCT id), sum(price) * 100, (SELECT n FROM totals), (SELECT price * 100 FROM totals) FROM "rows"')
    assert values(found[0]) == [ROWS - bad, ROWS - bad, sums, ROWS - bad, sums], found
    letters = ask(folder, "SELECT source, item, line, raw FROM tailrace.dead_letters ORDER BY line LIMIT 100000")
    letters = [list(one.values()) if isinstance(one, dict) else one for one in letters]
    expected = [["load", str(file), i + 2, f"{i},no price,dear"] for i in range(ROWS) if is_bad(i)]
    assert [[a, b, int(c), d] for a, b, c, d in letters] == expected, (len(letters), len(expected), letters[:2], expected[:2])
    place = ask(folder, 'SELECT _partition, _offset, id FROM "rows" ORDER BY hash(_seq) LIMIT 3')
    for row in place:
        partition, offset, identity = values(row)
        traced = subprocess.run([PROGRAM, "trace", "--json", f"rows/{partition}:{offset}", str(folder)], capture_output=True, text=True, timeout=SECONDS_MAX)
        origin = json.dumps(json.loads(traced.stdout))
        assert f'"item": "{file}"' in origin and f'"line": {identity + 2}' in origin and '"name": "load"' in origin, origin[:800]
    audit = subprocess.run([PROGRAM, "audit", "--recount", str(folder)], capture_output=True, text=True, timeout=SECONDS_MAX)
    assert audit.returncode == 0, audit.stdout


def main():
    seed = seed_of_run()
    print("seed", seed)
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        file = pathlib.Path(scratch).resolve() / "rows.csv"
        write_file(file)
        folder = pathlib.Path(scratch, "served")
        folder.mkdir()
        (folder / "pipeline.yaml").write_text(PIPELINE)
        kills = {"client": 0, "server": 0, "folder": 0}
        for victim in itertools.islice(itertools.cycle(kills), KILLS):
            seconds = rng.uniform(0.05, 0.2)
            if victim == "folder":
                process = load(file, folder)
                kills[victim] += killed_in_time(process, seconds, process.kill)
                process.communicate()
                continue
            one = harness.Server(folder).wait_listening()
            try:
                process = load(file, folder, one.port)
                kills[victim] += killed_in_time(process, seconds, process.kill if victim == "client" else one.kill)
                process.kill()
                process.communicate()
            finally:
                one.stop()
        one = harness.Server(folder).wait_listening()
        try:
            ended(load(file, folder, one.port))
            again = ended_quietly(load(file, folder, one.port))
        finally:
            one.stop()
        check(folder, file)
        assert any(kills.values()), "every load ended before its kill: the test tries nothing"
        print(f"killed: {kills}; every row and every letter once; again: {again.strip().splitlines()[-1]}")
    return 0


def ended_quietly(process):
    """A load of what is all there: nothing is read, nothing is refused."""
    output, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0, (process.returncode, output)
    return output


if __name__ == "__main__":
    sys.exit(main())
