#!/usr/bin/env python3
"""`tailrace export`: what other programs read is what SQL answers, and what was there stays until the new is whole."""
import csv
import json
import os
import pathlib
import subprocess
import tempfile
from decimal import Decimal

import pyarrow.parquet

PROGRAM = os.environ["TAILRACE"]
SECONDS_MAX = 120

PIPELINE = """
pipeline: shop
streams:
  orders:
    schema: {id: int, price: "decimal(12,3)", moment: timestamp, country: string?, note: json?, tags: "[string]?"}
tables:
  sums: {sql: "SELECT country, count(*) AS n, sum(price) AS price, sum(id) AS ids FROM orders GROUP BY ALL"}
views:
  dear: {sql: "SELECT id, price FROM orders WHERE price > 1"}
"""
RECORDS = [
    {"id": 1, "price": 0.125, "moment": "2026-01-01T00:00:00.123456Z", "country": "France", "note": {"a": "x,\"y\"\n"}, "tags": ["a", "b"]},
    {"id": 2, "price": 100000.001, "moment": "2026-01-01T01:00:00+01:00", "country": "a/b %=c", "note": None, "tags": []},
    {"id": 9007199254740993, "price": 1, "moment": "1999-12-31T23:59:59Z", "country": None},
    {"id": 4, "price": 2.5, "moment": "2026-02-01T00:00:00Z", "country": "", "note": [1]},
]


def tailrace(*words, status=0):
    done = subprocess.run([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder, out = pathlib.Path(scratch, "shop"), pathlib.Path(scratch, "out")
        folder.mkdir()
        (folder / "pipeline.yaml").write_text(PIPELINE)
        (folder / "orders.jsonl").write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
        tailrace("load", folder / "orders.jsonl", folder, "--into", "orders")

        told = tailrace("export", "orders", folder, "--to", out / "orders.parquet")
        assert "4 rows" in told, told
        table = pyarrow.parquet.read_table(out / "orders.parquet")
        rows = table.sort_by("id").to_pylist()
        assert [row["id"] for row in rows] == [1, 2, 4, 9007199254740993], rows
        assert rows[0]["price"] == Decimal("0.125") and rows[0]["moment"].isoformat() == "2026-01-01T00:00:00.123456+00:00", rows[0]
        assert rows[1]["moment"].isoformat() == "2026-01-01T00:00:00+00:00" and rows[0]["tags"] == ["a", "b"], rows[1]

        tailrace("export", "orders", folder, "--to", out / "orders.jsonl")
        lines = [json.loads(line, parse_float=Decimal) for line in (out / "orders.jsonl").read_text().splitlines()]
        assert [line["id"] for line in lines] == [record["id"] for record in RECORDS]
        assert lines[2]["price"] == 1 and lines[1]["price"] == Decimal("100000.001") and lines[0]["note"] == RECORDS[0]["note"], lines

        tailrace("export", "SELECT id, country, note FROM orders ORDER BY id", folder, "--to", out / "orders.csv")
        with open(out / "orders.csv", newline="") as file:
            cells = list(csv.reader(file))
        assert cells[0] == ["id", "country", "note"] and cells[2] == ["2", "a/b %=c", ""] and cells[4][0] == "9007199254740993", cells
        raw = (out / "orders.csv").read_text()
        assert '\n4,"",' in raw, raw  # an empty text is not a null

        sums = tailrace("export", "sums", folder, "--to", out / "sums.parquet")
        assert "4 rows" in sums
        types = {field.name: str(field.type) for field in pyarrow.parquet.read_schema(out / "sums.parquet")}
        assert types["ids"] == "decimal128(38, 0)", types
        tailrace("export", "dear", folder, "--to", out / "dear.csv")

        for form, ending in (("parquet", "parquet"), ("csv", "csv"), ("jsonl", "jsonl")):
            for round_ in range(2):  # the second takes the place of the first
                tailrace("export", "orders", folder, "--to", out / f"by-{form}", "--format", form, "--partition-by", "country")
                if round_ == 0:
                    (out / f"by-{form}" / "stale").write_text("of before")
            folders = sorted(path.name for path in (out / f"by-{form}").iterdir())
            assert len(folders) == 4 and "country=France" in folders and "stale" not in folders, folders
            assert all(list(path.glob(f"*.{ending}")) for path in (out / f"by-{form}").iterdir()), folders
        leftovers = [path for path in out.iterdir() if path.name.endswith(".tmp")] + list((folder / ".tailrace/lake/staging").iterdir())
        assert not leftovers, leftovers

        # What cannot be done says so and leaves what is there.
        before = (out / "orders.csv").read_bytes()
        assert "cannot_be" in tailrace("export", "cannot_be", folder, "--to", out / "orders.csv", status=2)
        assert "not" in tailrace("export", "SELECT * FROM read_csv('/etc/passwd')", folder, "--to", out / "orders.csv", status=2)
        assert "no column" in tailrace("export", "orders", folder, "--to", out / "x", "--format", "csv", "--partition-by", "nope", status=2)
        assert "format" in tailrace("export", "orders", folder, "--to", out / "x", status=2)
        assert "folder" in tailrace("export", "orders", folder, "--to", out / "by-csv", "--format", "csv", status=2)
        assert (out / "orders.csv").read_bytes() == before
        assert (out / "by-csv" / "country=France").is_dir()


if __name__ == "__main__":
    main()
