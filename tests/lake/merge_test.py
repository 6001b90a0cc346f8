#!/usr/bin/env python3
"""A large table whose rows change: a version writes only the files that hold them, and two runs over the same records give the
same table."""
import json
import os
import pathlib
import sys
import tempfile

import deltalake

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from program import run, run_sql  # noqa: E402

ROWS = 400_000
# Text that does not pack well, so that the table is larger than what is replaced whole.
PIPELINE = """
pipeline: slots
streams:
  updates: {store: false, schema: {slot: int, text: string}}
sources:
  updates: {type: file, path: "parts/*.jsonl", format: jsonl, into: updates}
tables:
  newest: {sql: "SELECT slot, md5(text) || md5(text || 'x') AS text FROM updates", unique: [slot]}
lake:
  tables:
    newest: {format: delta}
"""


def write_part(folder, name, slots, text):
    (folder / "parts").mkdir(exist_ok=True)
    (folder / "parts" / name).write_text("".join(f'{{"slot":{slot},"text":"{text} {slot}"}}\n' for slot in slots))


def table_of(folder):
    return deltalake.DeltaTable(str(folder / ".tailrace" / "lake" / "tables" / "newest"))


def files_of(folder):
    return set(table_of(folder).file_uris())


def rows_of(folder):
    table = table_of(folder).to_pyarrow_table().sort_by("slot")
    return table.column("slot").to_pylist(), table.column("text").to_pylist()


def expect_same(folder):
    slots, texts = rows_of(folder)
    assert slots == list(range(ROWS)), f"{len(slots)} rows"
    answer = json.loads(run_sql(folder, "SELECT slot, text FROM newest WHERE slot % 997 = 0 ORDER BY slot"))
    for row in answer:
        assert texts[int(row["slot"])] == row["text"], row


def new_folder(scratch, name):
    folder = pathlib.Path(scratch, name)
    folder.mkdir()
    (folder / "pipeline.yaml").write_text(PIPELINE)
    return folder


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = new_folder(scratch, "slots")
        write_part(folder, "0.jsonl", range(ROWS), "first")
        run(folder, "run", "--once")
        expect_same(folder)
        first = files_of(folder)
        bytes_of_table = sum(os.path.getsize(path) for path in first)
        assert bytes_of_table > 8 << 20, f"{bytes_of_table} bytes: too small to be merged"
        # A few slots change, and are killed at each step on their way.
        write_part(folder, "1.jsonl", range(1000, 1010), "second")
        for point in ("lake.table_exported", "lake.table_files_put", "lake.table_committed"):
            run(folder, "run", "--once", status=-9, TAILRACE_CRASH_AT=point)
        run(folder, "run", "--once")
        expect_same(folder)
        second = files_of(folder)
        write_part(folder, "2.jsonl", range(1000, 1010), "third")
        run(folder, "run", "--once")
        expect_same(folder)
        third = files_of(folder)
        written = third - second
        bytes_written = sum(os.path.getsize(path) for path in written)
        print(f"table of {bytes_of_table} bytes in {len(first)} files; ten rows changed again: {len(written)} files of {bytes_written} bytes written")
        assert len(written) == 1 and bytes_written < bytes_of_table / 100, "what changes often is written with what does not"
        # The same records in one go: the same table.
        again = new_folder(scratch, "again")
        for part in sorted((folder / "parts").iterdir()):
            (again / "parts").mkdir(exist_ok=True)
            (again / "parts" / part.name).write_bytes(part.read_bytes())
        run(again, "run", "--once")
        assert rows_of(again) == rows_of(folder), "two runs over the same records differ"
        audit = run(folder, "audit", "--recount")
        assert "counted again" in audit.stdout, audit.stdout


if __name__ == "__main__":
    main()
