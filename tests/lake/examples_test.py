#!/usr/bin/env python3
"""What the examples keep in the lake is what their SQL answers; the raw floor holds what was polled; and with the log let go of, `rebuild --all`
comes to the same from the raw floor."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from decimal import Decimal

import deltalake

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lake_files import read_raw  # noqa: E402
from program import DATA, PROGRAM, SECONDS_MAX, SOURCE  # noqa: E402

sys.path.insert(0, str(SOURCE / "tests" / "harness"))
from server import Server  # noqa: E402

ENVIRONMENT = {"TAILRACE_DATA": str(DATA)}
# More than a segment of the log, so that the oldest can go.
SEGMENT_BYTES = 64 << 20
PATIENCE_SECONDS = 120
NORMAL_FORM = ("trip", "slice", "segment", "leg", "pricing", "airport", "city", "carrier", "aircraft", "collected")


class Example(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def copy(self, name):
        self.folder = self.scratch / name
        shutil.copytree(SOURCE / "examples" / name, self.folder, ignore=shutil.ignore_patterns(".tailrace"))

    def tailrace(self, *words):
        done = subprocess.run([PROGRAM, *map(str, words)], env=os.environ | ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def run_beside(self, stand_in, times):
        script = "\n".join(['"$PROGRAM" run --once "$FOLDER"', "sleep 1"] * times)
        done = subprocess.run([sys.executable, str(self.folder / stand_in), "--data", str(DATA), "--", "sh", "-ec", script],
                              env=os.environ | ENVIRONMENT | {"PROGRAM": PROGRAM, "FOLDER": str(self.folder)}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def sql(self, query):
        return json.loads(self.tailrace("sql", "--json", query, self.folder), parse_float=Decimal)

    def answers(self, tables):
        return {table: self.sql(f'SELECT * FROM "{table}" ORDER BY ALL') for table in tables}

    def expect_in_lake(self, tables):
        """Each table of the lake has the rows that SQL answers, values compared as text: times and decimals have types of their own there."""
        for table in tables:
            columns = ", ".join(f'"{row["column_name"]}"::VARCHAR AS "{row["column_name"]}"' for row in self.columns(table))
            expected = sorted(json.dumps(row, sort_keys=True) for row in self.sql(f'SELECT {columns} FROM "{table}"'))
            rows = deltalake.DeltaTable(str(self.folder / ".tailrace" / "lake" / "tables" / table)).to_pyarrow_table().to_pylist()
            found = sorted(json.dumps({name: self.as_text(value) for name, value in row.items()}, sort_keys=True) for row in rows)
            self.assertEqual(len(found), len(expected), table)
            self.assertEqual(found, expected, table)

    def columns(self, table):
        schema = deltalake.DeltaTable(str(self.folder / ".tailrace" / "lake" / "tables" / table)).schema()
        return [{"column_name": field.name} for field in schema.fields]

    @staticmethod
    def as_text(value):
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if hasattr(value, "tzinfo"):
            text = value.strftime("%Y-%m-%d %H:%M:%S")
            return text + (f".{value.microsecond:06}".rstrip("0") if value.microsecond else "")
        return str(value)

    def raw_records(self, stream):
        return [line["record"] for lines in read_raw(self.folder / ".tailrace", stream).values() for line in lines]


class Walmart(Example):
    def test_answers_are_kept_as_they_came_and_tables_as_parquet(self):
        self.copy("walmart")
        self.run_beside("apis.py", 3)
        self.expect_in_lake(("item", "demand", "value_by_day", "rate_by_day"))
        items = self.raw_records("items")
        self.assertEqual(len(items), sum(row["num"] for row in self.sql("SELECT num FROM demand")))
        self.assertTrue(all("itemId" in item and "polled" in item for item in items))
        known = json.loads((DATA / "walmart" / "search_response_1.json").read_text())["items"]
        self.assertEqual({item["itemId"]: item["name"] for item in known}, {i["itemId"]: i["name"] for i in items if i["itemId"] in {k["itemId"] for k in known}})
        self.assertIn("counted again", self.tailrace("audit", "--recount", self.folder))


class Retail(Example):
    def test_the_sales_are_in_the_lake(self):
        self.copy("retail")
        self.tailrace("run", "--once", self.folder)
        self.expect_in_lake(("sales_by_country",))
        lake = deltalake.DeltaTable(str(self.folder / ".tailrace" / "lake" / "tables" / "transactions"))
        rows = lake.to_pyarrow_table(columns=["Quantity", "amount"])
        (sums,) = self.sql("SELECT count(*) AS n, sum(amount) AS amount, sum(Quantity) AS quantity FROM transactions")
        amount = sum(value for value in rows.column("amount").to_pylist())
        self.assertEqual((rows.num_rows, amount, sum(rows.column("Quantity").to_pylist())), (sums["n"], Decimal(sums["amount"]), int(sums["quantity"])))
        self.assertEqual(len(self.raw_records("sales")), 541_909)


class Flights(Example):
    def test_what_the_log_has_let_go_of_is_rebuilt_from_the_raw_floor(self):
        self.copy("flights")
        self.run_beside("qpx.py", 1)
        self.expect_in_lake(NORMAL_FORM)
        # The same options again and again under other names, until the log has a segment that may go.
        records = self.raw_records("options")
        lines = []
        size = 0
        while size < SEGMENT_BYTES * 5 // 4:
            for record in records:
                lines.append(json.dumps(record | {"id": f"{record['id']}-{len(lines)}"}))
                size += len(lines[-1])
        (self.folder / "more.jsonl").write_text("\n".join(lines) + "\n")
        self.tailrace("load", self.folder / "more.jsonl", self.folder, "--into", "options")
        before = self.answers(NORMAL_FORM)
        self.assertEqual(len(before["trip"]), len(lines) + 50)
        pipeline = self.folder / "pipeline.yaml"
        text = pipeline.read_text()
        self.assertIn("  options:\n    key: id\n", text)
        pipeline.write_text(text.replace("  options:\n    key: id\n", "  options:\n    key: id\n    retention: 1s\n") + "server: {listen: 127.0.0.1:0}\n")
        server = Server(self.folder, ENVIRONMENT | {"EVERY": "24h"}).wait_listening()
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while self.oldest() == 0:
                self.assertLess(time.monotonic(), deadline, "the log kept all")
                time.sleep(0.1)
        finally:
            self.assertEqual(server.stop(), 0, server.output)
        self.assertGreater(self.oldest(), 50, "what was polled is still in the log")
        told = self.tailrace("rebuild", "--all", self.folder)
        for table in NORMAL_FORM:
            self.assertIn(f"rebuilt {table}", told)
        self.assertEqual(self.answers(NORMAL_FORM), before)
        self.expect_in_lake(NORMAL_FORM)
        self.assertIn("counted again", self.tailrace("audit", "--recount", self.folder))

    def oldest(self):
        return min(int(path.stem) for path in (self.folder / ".tailrace" / "log" / "options" / "0").glob("*.log"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
