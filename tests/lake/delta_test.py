#!/usr/bin/env python3
"""Tables of the lake as delta-rs reads them, held against what SQL answers; killed at every step of a commit, each row is there once."""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse
from decimal import Decimal

import deltalake
import pyarrow.parquet

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from program import DATA, PROGRAM, SECONDS_MAX, run, run_sql  # noqa: E402

PIPELINE = """
pipeline: retail
streams:
  sales:
    partitions: 2
    schema:
      InvoiceNo: string
      StockCode: string
      Description: string?
      Quantity: int
      InvoiceDate: timestamp(%m/%d/%Y %H:%M)
      UnitPrice: decimal(12,3)
      CustomerID: int?
      Country: string
sources:
  file: {type: file, path: "parts/*.csv", format: csv, encoding: latin-1, into: sales}
tables:
  lines: {sql: "SELECT InvoiceNo, StockCode, Quantity, InvoiceDate, UnitPrice, CustomerID, Country, Quantity * UnitPrice AS amount FROM sales WHERE Quantity > 0"}
  by_country: {sql: "SELECT Country, count(*) AS lines, sum(Quantity) AS quantity, sum(Quantity * UnitPrice) AS revenue, max(InvoiceDate) AS newest FROM sales GROUP BY ALL"}
  products: {sql: "SELECT StockCode, Description FROM sales", unique: [StockCode]}
lake:
  tables:
    lines: {format: delta, partition_by: [Country]}
    by_country: {format: delta, partition_by: [Country]}
    products: {format: delta}
"""


def sql(folder, query):
    return json.loads(run_sql(folder, query), parse_float=Decimal)


def parts(folder, count):
    """The first of so many parts of the file are there; the next call brings the next."""
    source = (DATA / "retail" / "data.csv").read_bytes().split(b"\r\n")
    header, lines = source[0], [line for line in source[1:] if line]
    (folder / "parts").mkdir(exist_ok=True)
    size = 4000
    for number in range(count):
        path = folder / "parts" / f"{number:03}.csv"
        if not path.exists():
            path.write_bytes(b"\r\n".join([header, *lines[number * size:(number + 1) * size], b""]))


def table_of(folder, name):
    return deltalake.DeltaTable(str(folder / ".tailrace" / "lake" / "tables" / name))


def compare(folder):
    lines = table_of(folder, "lines").to_pyarrow_table()
    (expected,) = sql(folder, "SELECT count(*) AS n, sum(amount) AS amount, sum(Quantity) AS quantity, count(CustomerID) AS customers, count(DISTINCT Country) AS countries FROM lines")
    rows = lines.to_pylist()
    found = {"n": len(rows), "amount": sum(row["amount"] for row in rows), "quantity": sum(row["Quantity"] for row in rows),
             "customers": sum(row["CustomerID"] is not None for row in rows), "countries": len({row["Country"] for row in rows})}
    assert {key: Decimal(value) for key, value in found.items()} == {key: Decimal(value) for key, value in expected.items()}, f"{found} and not {expected}"
    assert str(lines.schema.field("InvoiceDate").type).startswith("timestamp[us, tz=UTC"), lines.schema
    groups = {row["Country"]: row for row in table_of(folder, "by_country").to_pyarrow_table().to_pylist()}
    answer = sql(folder, "SELECT * FROM by_country")
    assert len(groups) == len(answer)
    for row in answer:
        group = groups[row["Country"]]
        same = (group["lines"], group["quantity"], group["revenue"]) == (row["lines"], Decimal(row["quantity"]), Decimal(row["revenue"]))
        assert same and group["newest"].strftime("%Y-%m-%dT%H:%M:%SZ") == row["newest"], f"{group} and not {row}"
    products = {row["StockCode"]: row["Description"] for row in table_of(folder, "products").to_pyarrow_table().to_pylist()}
    assert products == {row["StockCode"]: row["Description"] for row in sql(folder, "SELECT * FROM products")}
    return found


def rows_of(table):
    return sorted(json.dumps(row, default=str, sort_keys=True) for row in table.to_pyarrow_table().to_pylist())


def check_statistics(folder):
    """What the log says of each file is so, and readers leave out files by it without losing a row."""
    table = table_of(folder, "lines")
    actions = table.get_add_actions(flatten=True)
    files = [dict(zip(actions.column_names, values)) for values in zip(*(actions.column(name).to_pylist() for name in actions.column_names))]
    assert sum(file["num_records"] for file in files) == len(rows_of(table))
    for file in files:
        rows = pyarrow.parquet.read_table(folder / ".tailrace" / "lake" / "tables" / "lines" / urllib.parse.unquote(file["path"]), partitioning=None).to_pylist()
        quantities = [row["Quantity"] for row in rows if row["Quantity"] is not None]
        assert (min(quantities), max(quantities)) == (file["min.Quantity"], file["max.Quantity"]), file
        assert sum(row["CustomerID"] is None for row in rows) == file["null_count.CustomerID"], file
    high = table.to_pyarrow_table(filters=[("Country", "=", "France"), ("Quantity", ">", 100)])
    (expected,) = sql(folder, "SELECT count(*) AS n FROM lines WHERE Country = 'France' AND Quantity > 100")
    assert high.num_rows == int(expected["n"]) > 0


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch, "retail")
        folder.mkdir()
        (folder / "pipeline.yaml").write_text(PIPELINE)
        parts(folder, 1)
        run(folder, "run", "--once")
        print("first version:", compare(folder))
        # Killed at each step, each time with more to commit.
        for number, point in enumerate(("lake.table_exported", "lake.table_files_put", "lake.table_committed", "lake.object_linked:2", "lake.object_renamed:3"), 2):
            parts(folder, number)
            run(folder, "run", "--once", status=-9, TAILRACE_CRASH_AT=point)
        run(folder, "run", "--once")
        print("after kills:", compare(folder))
        versions = table_of(folder, "lines").version()
        run(folder, "run", "--once")
        assert table_of(folder, "lines").version() == versions, "nothing new made a version"
        # Enough versions for a checkpoint and for small files to be merged; one version is read again later.
        killed = collections.Counter()
        for number in range(7, 26):
            parts(folder, number)
            point = ("lake.table_checkpoint", "lake.table_compacted", "lake.table_compacted:2")[number % 3]
            done = subprocess.run([PROGRAM, "run", "--once", str(folder)], env=os.environ | {"TAILRACE_CRASH_AT": point},
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)
            assert done.returncode in (0, -9), done.stdout + done.stderr
            killed[point] += done.returncode != 0
            run(folder, "run", "--once")
            if number == 10:
                then = {name: (table_of(folder, name).version(), rows_of(table_of(folder, name))) for name in ("lines", "by_country", "products")}
        assert killed["lake.table_checkpoint"] and killed["lake.table_compacted"], f"nothing to kill in: {killed}"
        for name, (version, rows) in then.items():
            old = deltalake.DeltaTable(str(folder / ".tailrace" / "lake" / "tables" / name), version=version)
            assert rows_of(old) == rows, f"version {version} of {name} is no more what it was"
            assert rows_of(table_of(folder, name)) != rows, f"{name} has not changed since"
        check_statistics(folder)
        print("after 25 parts:", compare(folder))
        assert (folder / ".tailrace/lake/tables/by_country/_delta_log/_last_checkpoint").exists()
        history = [entry["operation"] for entry in table_of(folder, "lines").history()]
        assert "OPTIMIZE" in history, history
        subprocess.run([PROGRAM, "rebuild", "lines", str(folder)], check=True, capture_output=True, timeout=SECONDS_MAX)
        run(folder, "run", "--once")
        print("after a rebuild:", compare(folder))
        # From an empty folder the same table.
        again = pathlib.Path(scratch, "again")
        again.mkdir()
        (again / "pipeline.yaml").write_text(PIPELINE)
        parts(again, 25)
        run(again, "run", "--once")
        assert compare(again) == compare(folder)


if __name__ == "__main__":
    main()
