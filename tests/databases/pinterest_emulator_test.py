#!/usr/bin/env python3
"""The emulator of the Pinterest project as a source: the three real tables in PostgreSQL, one row number drawn again and again, the row of
that number from each table to a stream of its own, a pause by chance between. What arrives is what the tables hold, value by value, the
three rows of one draw belong together, and a kill in the middle changes nothing.

The data is that of $TAILRACE_DATA, or of shared/data beside the repository.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import servers

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from log_files import PartitionReader  # noqa: E402

PROGRAM = os.environ["TAILRACE"]
SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
DRAWS = 300
DRAWS_MAX = 20_000
BEGIN_SECONDS_MAX = 300
TABLES = {
    "pinterest_data": ("pin", "index bigint PRIMARY KEY, unique_id text, title text, description text, poster_name text, follower_count text, tag_list text, "
                       "is_image_or_video text, image_src text, downloaded bigint, save_location text, category text"),
    "geolocation_data": ("geo", "ind bigint PRIMARY KEY, timestamp timestamp, latitude double precision, longitude double precision, country text"),
    "user_data": ("user", "ind bigint PRIMARY KEY, first_name text, last_name text, age bigint, date_joined timestamp"),
}
PIPELINE = """
pipeline: pinterest
server: {{data: data}}
streams:
  pin:
    key: index
    partitions: 2
    schema: {{index: int, unique_id: string, title: string?, description: string?, poster_name: string?, follower_count: string?, tag_list: string?,
             is_image_or_video: string?, image_src: string?, downloaded: int?, save_location: string?, category: string?}}
  geo:
    key: ind
    schema: {{ind: int, timestamp: "timestamp(%Y-%m-%d %H:%M:%S)", latitude: double, longitude: double, country: string}}
  user:
    schema: {{ind: int, first_name: string, last_name: string, age: int, date_joined: "timestamp(%Y-%m-%d %H:%M:%S)"}}
sources:
  emulator:
    type: postgres
    url: {url}
    password: ${{DB_PASSWORD}}
    tables: {{pin: pinterest_data, geo: geolocation_data, user: user_data}}
    random: {{rows: {draws}, pause: 0..20ms, seed: 11}}
    into: {{pin: /pin, geo: /geo, user: /user}}
"""


def find_data():
    for place in filter(None, [os.environ.get("TAILRACE_DATA"), SOURCE.parent / "shared" / "data", SOURCE.parents[1] / "shared" / "data"]):
        folder = pathlib.Path(place) / "pinterest"
        if folder.is_dir():
            return folder
    raise SystemExit("the Pinterest data is not there: set TAILRACE_DATA")


def rows_of(folder, table):
    """By their index, for a few stand there twice."""
    rows = {}
    for line in (folder / f"{table}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        rows.setdefault(row.get("index", row.get("ind")), row)
    return rows


def fill(server, table, columns, rows):
    server.sql(f"CREATE TABLE {table} ({columns})")
    lines = "\n".join(json.dumps(row).replace("\\", "\\\\") for row in rows)
    server.sql(f"CREATE TEMP TABLE raw (line text);\nCOPY raw FROM STDIN;\n{lines}\n\\.\n"
               f"INSERT INTO {table} SELECT r.* FROM raw, json_populate_record(NULL::{table}, line::json) AS r;")


def start(folder):
    return subprocess.Popen([PROGRAM, "run", "--once"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env={**os.environ, "DB_PASSWORD": servers.Postgres.password})


def wait_for_rows(data, stream, process):
    """Until the log of the stream holds some, which the process writes."""
    end = time.monotonic() + BEGIN_SECONDS_MAX
    while not PartitionReader(data / "log" / stream / "0", 0, growing=True).read():
        assert time.monotonic() < end, f"nothing came into {stream}"
        # Whoever has ended by now may have written all of it since it was looked for.
        assert process.poll() in (None, 0), f"it ended with {process.returncode}: {process.stdout.read()}"
        time.sleep(0.01)


def ask(folder, sql):
    done = subprocess.run([PROGRAM, "sql", "--json", sql], cwd=folder, capture_output=True, text=True, timeout=300,
                          env={**os.environ, "DB_PASSWORD": servers.Postgres.password})
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return answer["rows"] if isinstance(answer, dict) else answer


def killed_in_the_middle(folder, server):
    """How many draws there are in all, and how many of them were in the log at the kill. A slow disk may take them all at once: then there
    are to be more."""
    draws = DRAWS
    while draws <= DRAWS_MAX:
        (folder / "pipeline.yaml").write_text(PIPELINE.format(url=server.url(), draws=draws))
        first = start(folder)
        wait_for_rows(folder / "data", "geo", first)
        first.kill()
        first.communicate()
        before = ask(folder, "SELECT count(*) AS n FROM geo")[0]
        before = int(before[0] if isinstance(before, list) else before["n"])
        assert before > 0, "what was in the log is lost"
        if before < draws:
            return draws, before
        shutil.rmtree(folder / "data")
        draws *= 2
    raise AssertionError(f"{draws} draws are over as soon as they begin: no pauses")


def check_values(folder, table, stream, by_index):
    """Every record is a row of the table as the file has it."""
    raw = ask(folder, f'SELECT * FROM "{stream}" ORDER BY _seq LIMIT {DRAWS_MAX}')
    names = [name.split()[0] for name in TABLES[table][1].split(", ")]
    drawn = []
    for row in raw:
        values = dict(zip(names, row)) if isinstance(row, list) else row
        index = int(values[names[0]])
        drawn.append(index)
        for name in names:
            expected, found = by_index[index].get(name), values[name]
            if name in ("timestamp", "date_joined"):
                expected = expected.replace(" ", "T") + "Z"
            assert found == expected or str(found) == str(expected), (table, index, name, found, expected)
    return drawn


def main():
    data = find_data()
    tables = {table: rows_of(data, table) for table in TABLES}
    together = set.intersection(*(set(rows) for rows in tables.values()))
    with servers.Postgres() as server, tempfile.TemporaryDirectory() as folder:
        for table, (_, columns) in TABLES.items():
            fill(server, table, columns, [row for index, row in tables[table].items() if index in together])
        draws, before = killed_in_the_middle(pathlib.Path(folder), server)
        began = time.monotonic()
        second = start(folder)
        output, _ = second.communicate(timeout=300)
        assert second.returncode == 0, output
        assert time.monotonic() - began > (draws - before) * 0.005, "no pauses"
        drawn = {stream: check_values(folder, table, stream, tables[table]) for table, (stream, _) in TABLES.items()}
        assert all(len(indexes) == draws for indexes in drawn.values()), {stream: len(indexes) for stream, indexes in drawn.items()}
        assert sorted(drawn["pin"]) == sorted(drawn["geo"]) and drawn["geo"] == drawn["user"], "rows of one draw do not belong together"
        assert len(set(drawn["geo"])) > min(draws, len(together)) / 2, "the draws are not by chance"
        print(f"{draws} draws of {len(together)} rows ({before} before the kill), each value as in the tables")


if __name__ == "__main__":
    sys.exit(main())
