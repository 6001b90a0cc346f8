#!/usr/bin/env python3
"""The examples walmart and flights, run against their stand-ins over HTTP, come to what plain Python makes of the same files."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import flights  # noqa: E402
import walmart  # noqa: E402

SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", HERE.parents[1]))
PROGRAM = os.path.abspath(os.environ.get("TAILRACE", str(SOURCE / "build" / "tailrace")))
DATA = os.environ.get("TAILRACE_DATA", str(SOURCE.parent / "shared" / "data"))
SECONDS_MAX = 300


class Example(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)

    def copy(self, name):
        self.folder = pathlib.Path(self.scratch.name, name)
        shutil.copytree(SOURCE / "examples" / name, self.folder, ignore=shutil.ignore_patterns(".tailrace"))
        return self.folder

    def run_beside(self, stand_in, script):
        """`script` with $PROGRAM and $FOLDER, beside the API that the example asks."""
        done = subprocess.run([sys.executable, str(self.folder / stand_in), "--data", DATA, "--", "sh", "-ec", script],
                              env=os.environ | {"PROGRAM": PROGRAM, "FOLDER": str(self.folder)},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def sql(self, query):
        done = subprocess.run([PROGRAM, "sql", "--json", query, str(self.folder)], capture_output=True, text=True, timeout=SECONDS_MAX,
                              env=os.environ | {"TAILRACE_DATA": DATA})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout, parse_float=Decimal)

    def letters(self, stream):
        return [row["stage"] for row in self.sql(f"SELECT stage FROM tailrace.dead_letters WHERE stream = '{stream}' ORDER BY letter")]


class Flights(Example):
    def test_two_polls_and_the_files_come_to_what_the_oracle_says(self):
        self.copy("flights")
        self.run_beside("qpx.py", '"$PROGRAM" run --once "$FOLDER"; sleep 1; "$PROGRAM" run --once "$FOLDER"')
        expected, tables = flights.results(DATA), flights.tables(DATA)
        self.compare(expected, tables)
        rebuilt = subprocess.run([PROGRAM, "rebuild", "--all", "--diff", str(self.folder)], capture_output=True, text=True, timeout=SECONDS_MAX,
                                 env=os.environ | {"TAILRACE_DATA": DATA})
        self.assertEqual(rebuilt.returncode, 0, rebuilt.stdout + rebuilt.stderr)
        self.assertEqual(rebuilt.stdout.count("no difference"), 17, rebuilt.stdout)
        self.compare(expected, tables)

    def compare(self, expected, tables):
        for name, rows in tables.items():
            key = [column for column in (name, "trip", "slice", "segment", "leg", "pricing", "code") if column in rows[0]]
            found = self.sql(f'SELECT {", ".join(rows[0])} FROM "{name}"')
            self.assertEqual(*(sorted(some, key=lambda row: [row[column] for column in key]) for some in (found, rows)), name)
        for name in ("national", "international"):
            self.assertEqual([row["trip"] for row in self.sql(f"SELECT trip FROM {name}_trips ORDER BY trip")], expected[name], name)
        counts = {row["name"]: row["rows"] for row in self.sql("SELECT * FROM counts")}
        self.assertEqual(counts, expected["rows"] | {name: len(expected[name]) for name in ("national", "international")})
        collected = {row["currency"]: row["amount"] for row in self.sql("SELECT currency, sum(amount) AS amount FROM collected GROUP BY currency")}
        self.assertEqual(collected, {currency: 2 * Decimal(amount) for currency, amount in expected["collected"].items()})
        cheapest = {row["currency"]: row["amount"] for row in self.sql("SELECT currency, min(amount) AS amount FROM trip GROUP BY currency")}
        self.assertEqual(cheapest, {currency: Decimal(amount) for currency, amount in expected["cheapest"].items()})
        self.assertEqual(self.sql("SELECT sum(miles)::BIGINT AS miles FROM leg"), [{"miles": expected["miles"]}])
        self.assertEqual({row["carrier"]: row["segments"] for row in self.sql("SELECT carrier, segments FROM segments_by_carrier")},
                         expected["segments_by_carrier"])
        by_class = {row.pop("class"): row for row in self.sql("SELECT * FROM fares_by_class")}
        self.assertEqual(by_class, expected["fares_by_class"])
        self.assertEqual(self.sql("SELECT fares FROM mangled_codes"), [{"fares": expected["mangled_codes"]}])
        # Every amount of a trip is that of its fare and its taxes, in the same currency.
        self.assertEqual(self.sql("SELECT count(*) AS n FROM trip JOIN pricing USING (trip) WHERE trip.currency = pricing.currency AND "
                                  "amount = total AND total = fare + tax"), [{"n": 50}])


class Walmart(Example):
    POLLS = 11  # the recorded days, with the broken answers between them

    def test_the_recorded_days_come_to_what_the_oracle_says(self):
        self.copy("walmart")
        self.run_beside("apis.py", f'for i in $(seq {self.POLLS}); do "$PROGRAM" run --once "$FOLDER"; sleep 1; done')
        expected = walmart.results(DATA)
        rates = {row.pop("day"): row for row in self.sql("SELECT * FROM item_rates")}
        months = {f"2017-Mar-{day[-2:]}": row for day, row in rates.items()}
        self.assertEqual({day: {name: str(Decimal(value).normalize()) if name != "name" else value for name, value in row.items()}
                          for day, row in months.items()},
                         {day: {name: str(Decimal(value).normalize()) if name != "name" else value for name, value in row.items()}
                          for day, row in expected["item_rates"].items()})
        self.assertEqual((expected["as_the_author"], expected["one_millionth_off"]), (39, 1))
        self.assertEqual({row["name"]: row["num"] for row in self.sql("SELECT name, num FROM demand")}, expected["top"])
        discounts = {str(row["itemId"]): Decimal(row["discount"]) for row in self.sql("SELECT itemId, discount FROM discounts")}
        self.assertEqual(discounts, {item: Decimal(value) for item, value in expected["discounts"].items()})
        self.assertEqual({stream: self.letters(stream) for stream in ("items", "vod", "rates")},
                         {"items": ["decode"], "vod": ["decode"], "rates": ["schema", "decode"]})


if __name__ == "__main__":
    unittest.main(verbosity=2)
