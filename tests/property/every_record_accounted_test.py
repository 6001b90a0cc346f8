#!/usr/bin/env python3
"""After random kills and rebuilds every record is accounted for, to the record.

Random NDJSON rows go through `run --once`, which is killed at random moments and started again; some of what is made from them is
rebuilt. `audit --recount` then reads the log again and must come to the counters that were committed, and these to what this script
counts from the rows that it wrote.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from seeds import seed_of_run  # noqa: E402

TAILRACE = os.environ["TAILRACE"]
ROWS = 8_000
KILLS = 6
TRACED = 8
SECONDS_MAX = 240
PIPELINE = """pipeline: accounted
streams:
  rows:
    key: id
    partitions: 3
    schema: {id: int, k: string?, q: string, tags: ["string"], d: string}
sources:
  file: {type: file, path: rows.jsonl, format: jsonl, into: rows}
tables:
  all_rows: {sql: "SELECT id, k FROM rows"}
  with_k: {sql: "SELECT k, count(*) AS n FROM rows WHERE k <> 'a' GROUP BY k"}
  by_tag: {sql: "SELECT t.tag, count(*) AS n FROM rows, unnest(tags) AS t(tag) GROUP BY ALL"}
  tag_rows: {sql: "SELECT id, unnest(tags) AS tag FROM rows WHERE k IS NOT NULL"}
  sums: {sql: "SELECT k, sum(CAST(q AS INTEGER)) AS total FROM rows GROUP BY k HAVING total > 0"}
  odd: {sql: "SELECT v.id, v.n FROM (SELECT id, CAST(q AS INTEGER) AS n FROM rows WHERE k = 'b') AS v WHERE v.n % 2 = 1"}
collections:
  by_k: {sql: "SELECT k AS key, json_object('q', q) AS document FROM rows", merge: attributes}
  objects: {sql: "SELECT CAST(id AS VARCHAR) AS key, CAST(d AS JSON) AS document FROM rows WHERE k IS NOT NULL", merge: deep}
"""


def is_number(row):
    return row["q"].isdigit()


# (emitted, dead-lettered) of a row; what is neither is filtered.
FATES = {
    "rows": lambda r: (True, False),
    "all_rows": lambda r: (True, False),
    "with_k": lambda r: (r["k"] is not None and r["k"] != "a", False),
    "by_tag": lambda r: (bool(r["tags"]), False),
    "tag_rows": lambda r: (r["k"] is not None and bool(r["tags"]), False),
    "sums": lambda r: (is_number(r), not is_number(r)),
    "odd": lambda r: (r["k"] == "b" and is_number(r) and int(r["q"]) % 2 == 1, r["k"] == "b" and not is_number(r)),
    "by_k": lambda r: (r["k"] is not None, False),
    "objects": lambda r: (r["k"] is not None and r["d"] == "{}", r["k"] is not None and r["d"] != "{}"),
}


def rows_of(rng):
    return [{"id": i, "k": rng.choice(["a", "b", "c", None]), "q": rng.choice(["x", ""]) if rng.random() < 0.004 else str(rng.randrange(50)),
             "tags": rng.sample(["red", "green", "blue"], rng.randrange(4)), "d": "[]" if rng.random() < 0.003 else "{}"} for i in range(ROWS)]


def tailrace(*words):
    return subprocess.run([TAILRACE, *words], capture_output=True, text=True, timeout=SECONDS_MAX)


def check_lines(rng, folder, ends, lines):
    """Whatever was killed between, a record names the line it was read from."""
    for _ in range(TRACED):
        partition = rng.randrange(len(ends))
        traced = tailrace("trace", f"rows/{partition}:{rng.randrange(ends[partition])}", folder, "--json")
        assert traced.returncode == 0, traced.stderr
        record = json.loads(traced.stdout)
        place = (record["from"]["name"], record["from"]["line"])
        expected = ("file", lines[json.loads(record["record"])["id"]])
        assert place == expected, f"{record['record']} is said to be of {place}, it is of {expected}"


def main():
    seed = seed_of_run()
    print("seed", seed)
    rng = random.Random(seed)
    rows = rows_of(rng)
    refused = 0
    line, lines = 1, []  # of each row
    with tempfile.TemporaryDirectory() as folder:
        with open(Path(folder, "rows.jsonl"), "w") as out:
            for row in rows:
                print(json.dumps(row), file=out)
                lines.append(line)
                line += 1
                if rng.random() < 0.002:
                    refused += 1
                    line += 1
                    print(rng.choice(["not json", '{"id": "no number"}']), file=out)
        Path(folder, "pipeline.yaml").write_text(PIPELINE)
        run = [TAILRACE, "run", "--once", folder]
        killed = 0
        for _ in range(KILLS):
            process = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=rng.uniform(0.1, 1.5))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
            process.wait()
        finished = tailrace("run", "--once", folder)
        assert finished.returncode == 0, finished.stderr
        for name in rng.sample(sorted(FATES), 3):
            rebuilt = tailrace("rebuild", name, folder)
            assert rebuilt.returncode == 0, f"rebuild {name}: {rebuilt.stderr}"
        audit = tailrace("audit", folder, "--recount", "--json")
        assert audit.returncode == 0, audit.stdout + audit.stderr
        report = json.loads(audit.stdout)
        [stream] = report["streams"]
        assert (stream["appended"], stream["held"]) == (ROWS, ROWS), stream
        assert {m["name"] for m in report["materializations"]} == FATES.keys(), report
        letters = refused
        for m in report["materializations"]:
            fates = [FATES[m["name"]](row) for row in rows]
            emitted = sum(1 for emits, _ in fates if emits)
            dead = sum(1 for _, fails in fates if fails)
            letters += dead
            expected = {"read": ROWS, "emitted": emitted, "filtered": ROWS - emitted - dead, "dead_lettered": dead}
            for counters in (m, m["recount"]):
                found = {term: counters[term] for term in expected}
                assert found == expected, f"{m['name']}: {found}, expected {expected}"
            assert m["in_flight"] == 0, m
        assert stream["letters"] == letters, f"{stream['letters']} letters, expected {letters}"
        counted = [{"name": "file", "accepted": ROWS, "refused": refused, "duplicates": 0, "recount": ROWS}]
        assert stream["origins"] == counted, f"by source {stream['origins']}, expected {counted}"
        check_lines(rng, folder, stream["ends"], lines)
        print(f"{killed} kills, {len(FATES)} times {ROWS} records and {letters} letters accounted for")
    return 0


if __name__ == "__main__":
    sys.exit(main())
