#!/usr/bin/env python3
"""`load` of Delta Lake tables that `deltalake` has written: several versions, removed files, partitions, a checkpoint, a column that came later.
What the table holds is in the stream once, with its types; what came since is added at the next load; what cannot be read as it is meant is
refused by name."""
import datetime
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

import pyarrow
from deltalake import DeltaTable, write_deltalake

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from seeds import seed_of_run
import server as harness

PROGRAM = os.environ["TAILRACE"]
SECONDS_MAX = 240
PIPELINE = """pipeline: lake
server: {listen: 127.0.0.1:0}
streams:
  sales:
    key: id
    partitions: 2
    schema:
      id: int
      price: decimal(12,3)?
      day: date?
      shop: string?
      at: timestamp?
      tags: "[string]?"
      ok: bool?
      note: string?
"""
COLUMNS = 'id, price, day, shop, "at", tags, ok, note'
SHOPS = ["a b/c=d", "Köln", "50% off", None, "plain", "[x]*?"]


def rows(first, count):
    day = datetime.date(2020, 1, 1)
    at = datetime.datetime(2020, 1, 1, 10, 0, 0, 123456, datetime.timezone.utc)
    for i in range(first, first + count):
        yield {"id": i, "price": Decimal(i) / 8 if i % 7 else None, "day": day + datetime.timedelta(days=i % 5), "shop": SHOPS[i % len(SHOPS)],
               "at": at + datetime.timedelta(seconds=i), "tags": ["x", str(i)] if i % 3 else None, "ok": i % 2 == 0}


SCHEMA = pyarrow.schema([("id", pyarrow.int64()), ("price", pyarrow.decimal128(12, 3)), ("day", pyarrow.date32()), ("shop", pyarrow.string()),
                         ("at", pyarrow.timestamp("us", "UTC")), ("tags", pyarrow.list_(pyarrow.string())), ("ok", pyarrow.bool_())])


def table_of(records, schema=SCHEMA):
    return pyarrow.Table.from_pylist(list(records), schema=schema)


def program(*words, status=0):
    done = subprocess.run([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)
    assert status is None or done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def held(folder):
    answer = json.loads(program("sql", "--json", f"SELECT {COLUMNS} FROM sales ORDER BY id LIMIT 100000", folder))
    return [list(row.values()) if isinstance(row, dict) else row for row in answer]


def expected(path):
    found = []
    for row in DeltaTable(path).to_pyarrow_table().sort_by("id").to_pylist():
        at = row["at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        found.append([row["id"], row["price"], row["day"].isoformat(), row["shop"], at, row["tags"], row["ok"], row.get("note")])
    return found


def same(folder, path):
    ours, theirs = held(folder), expected(path)
    assert len(ours) == len(theirs), (len(ours), len(theirs))
    for mine, its in zip(ours, theirs):
        mine = [int(mine[0]), None if mine[1] is None else Decimal(str(mine[1])), *mine[2:]]
        mine[5] = json.loads(mine[5]) if isinstance(mine[5], str) else mine[5]
        assert mine == its, (mine, its)
    return len(ours)


def new_folder(scratch, name):
    folder = pathlib.Path(scratch, name)
    folder.mkdir()
    (folder / "pipeline.yaml").write_text(PIPELINE)
    return folder


def reads_what_the_table_holds(scratch):
    path = pathlib.Path(scratch, "a table")
    write_deltalake(path, table_of(rows(0, 500)), partition_by=["day", "shop"])
    write_deltalake(path, table_of(rows(500, 300)), mode="append", partition_by=["day", "shop"])
    DeltaTable(path).delete("id % 10 = 3")  # files removed, others put in their place
    DeltaTable(path).create_checkpoint()
    write_deltalake(path, table_of(rows(800, 200)), mode="append", partition_by=["day", "shop"])
    folder = new_folder(scratch, "first")
    program("load", path, folder, "--into", "sales")
    held_first = same(folder, path)
    # Nothing new; then an append, a compaction, a column more: the rows that are new, once.
    program("load", path, folder, "--into", "sales")
    assert same(folder, path) == held_first
    write_deltalake(path, table_of(rows(1000, 100)), mode="append", partition_by=["day", "shop"])
    DeltaTable(path).optimize.compact()
    wider = SCHEMA.append(pyarrow.field("note", pyarrow.string()))
    write_deltalake(path, table_of([one | {"note": f"n{one['id']}"} for one in rows(1100, 50)], wider), mode="append", schema_mode="merge", partition_by=["day", "shop"])
    program("load", path, folder, "--into", "sales")
    total = same(folder, path)
    # A reader that begins now comes to the same rows, by the newest checkpoint or without the commits before it.
    DeltaTable(path).create_checkpoint()
    copy = pathlib.Path(scratch, "cleaned [1]*")
    shutil.copytree(path, copy)
    checkpoint = max((copy / "_delta_log").glob("*.checkpoint.parquet"))
    for commit in (copy / "_delta_log").glob("*.json"):
        if commit.name < checkpoint.name:
            commit.unlink()
    later = new_folder(scratch, "later")
    program("load", copy, later, "--into", "sales")
    assert same(later, path) == total
    origin = json.loads(program("trace", "--json", "sales/0:0", later))["from"]
    assert origin["item"].startswith(str(copy)) and origin["item"].endswith(".parquet") and origin["line"] >= 1, origin
    # Rows that were read cannot be unread.
    DeltaTable(path).delete("id = 700")
    told = program("load", path, folder, "--into", "sales", status=None)
    assert "takes rows away" in told and str(path) in told, told
    print(f"{total} rows of eight versions, the same by the log and by a checkpoint")


def goes_on_where_it_was_killed(scratch, rng):
    path = pathlib.Path(scratch, "large")
    write_deltalake(path, table_of(rows(0, 40_000)), partition_by=["ok"])
    write_deltalake(path, table_of(rows(40_000, 40_000)), mode="append", partition_by=["ok"])
    folder = new_folder(scratch, "killed")
    kills = {"folder": 0, "client": 0, "server": 0}
    for turn in range(9):
        victim = list(kills)[turn % 3]
        one = None if victim == "folder" else harness.Server(folder).wait_listening()
        port = [] if one is None else ["--port", one.port]
        process = subprocess.Popen([PROGRAM, *map(str, ["load", path, folder, "--into", "sales", *port])], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=rng.uniform(0.05, 0.5))
        except subprocess.TimeoutExpired:
            kills[victim] += 1
            if victim == "server":
                one.kill()
            process.kill()
        process.wait()
        if one is not None:
            one.stop()
        # What comes in between is read behind what was there when reading began, never instead of it.
        if turn == 3:
            write_deltalake(path, table_of(rows(80_000, 5_000)), mode="append", partition_by=["ok"])
    program("load", path, folder, "--into", "sales")
    counted = json.loads(program("sql", "--json", "SELECT count(*), count(DISTINCT id), sum(id) FROM sales", folder))[0]
    counted = [int(value) for value in (counted.values() if isinstance(counted, dict) else counted)]
    assert counted == [85_000, 85_000, sum(range(85_000))], counted
    print(f"killed: {kills}; every row once")


def follows_as_a_source(scratch):
    path = pathlib.Path(scratch, "followed")
    write_deltalake(path, table_of(rows(0, 10)))
    folder = new_folder(scratch, "source")
    (folder / "pipeline.yaml").write_text(PIPELINE + f"sources:\n  table: {{type: file, format: delta, path: {path}, watch: true, into: sales}}\n")
    one = harness.Server(folder).wait_listening()
    try:
        for count in (10, 30):
            if count > 10:
                write_deltalake(path, table_of(rows(10, count - 10)), mode="append")
            deadline = time.monotonic() + SECONDS_MAX
            while True:
                status, answer = one.get("/sql", q="SELECT count(*) FROM sales")
                if status == 200 and int(answer["rows"][0][0]) == count:
                    break
                assert time.monotonic() < deadline, answer
                time.sleep(0.05)
    finally:
        one.stop()
    assert same(folder, path) == 30


def refuses_by_name(scratch):
    folder = new_folder(scratch, "refused")
    plain = pathlib.Path(scratch, "plain")
    write_deltalake(plain, table_of(rows(0, 10)))
    commit = plain / "_delta_log" / "00000000000000000000.json"
    actions = [json.loads(line) for line in commit.read_text().splitlines()]

    def told(change):
        changed = json.loads(json.dumps(actions))
        for action in changed:
            change(action)
        commit.write_text("".join(json.dumps(action) + "\n" for action in changed))
        message = program("load", plain, folder, "--into", "sales", status=None)
        assert "Traceback" not in message and held(folder) == [], message
        return message

    def protocol(action):
        if "protocol" in action:
            action["protocol"] = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"], "writerFeatures": ["deletionVectors"]}

    def mapping(action):
        if "metaData" in action:
            action["metaData"]["configuration"] = {"delta.columnMapping.mode": "name"}

    def version(action):
        if "protocol" in action:
            action["protocol"]["minReaderVersion"] = 4

    def path(to):
        def change(action):
            if "add" in action:
                action["add"]["path"] = to
        return change

    assert "deletionVectors" in told(protocol)
    assert "columnMapping" in told(mapping)
    assert "reader version 4" in told(version)
    for outside in ("../other.parquet", "/etc/passwd", "file:///etc/passwd", "s3://bucket/x.parquet", "a/../../x.parquet", "%2e%2e/x.parquet"):
        assert "not in its folder" in told(path(outside)), outside
    assert "nowhere.parquet" in told(path("nowhere.parquet"))
    for broken in ("{", "[]", '{"add":{}}', '{"metaData":{"id":"x","schemaString":"no"}}'):
        commit.write_text(broken + "\n")
        message = program("load", plain, folder, "--into", "sales", status=None)
        assert str(plain) in message, message
    shutil.rmtree(plain / "_delta_log")
    assert "no _delta_log" in program("load", plain, folder, "--into", "sales", "--format", "delta", status=None)


def main():
    seed = seed_of_run()
    print("seed", seed)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch).resolve()
        reads_what_the_table_holds(scratch)
        goes_on_where_it_was_killed(scratch, random.Random(seed))
        follows_as_a_source(scratch)
        refuses_by_name(scratch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
