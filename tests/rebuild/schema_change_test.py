#!/usr/bin/env python3
"""A changed file: what needs no rebuild goes on and gives what a rebuild gives; what needs one is refused with its command.

What `check --against` says beforehand is what `run` then does.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("TAILRACE", str(SOURCE / "build" / "tailrace"))
DONE, NO, WRONG, FAILED = 0, 1, 2, 3
MADE = ["sales", "by_product", "lines", "orders"]

PIPELINE = """pipeline: shop
streams:
  sales:
    partitions: 2
    schema:
      id: int
      product: string
      quantity: int
      price: "decimal(6,2)?"
sources:
  file: {type: file, path: "rows*.jsonl", format: jsonl, into: sales}
tables:
  by_product: {sql: "SELECT product, sum(quantity) AS quantity FROM sales GROUP BY product"}
  lines: {sql: "SELECT * FROM sales"}
collections:
  orders: {sql: "SELECT id AS key, json_object('price', price) AS document FROM sales"}
apis:
  best: {params: {limit: int = 3}, sql: "SELECT product, quantity FROM by_product ORDER BY quantity DESC LIMIT $limit"}
"""


class SchemaChange(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.data = self.folder / ".tailrace"
        self.write(PIPELINE)
        self.rows("rows1.jsonl", [{"id": i, "product": f"p{i % 3}", "quantity": i, "price": i / 4} for i in range(20)])
        self.tell(DONE, "run", "--once")

    def write(self, text):
        (self.folder / "pipeline.yaml").write_text(text)

    def changed(self, *replacements):
        text = PIPELINE
        for before, after in replacements:
            self.assertIn(before, text)
            text = text.replace(before, after)
        self.write(text)

    def rows(self, name, rows):
        (self.folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))

    def tell(self, code, *words):
        result = subprocess.run([PROGRAM, *words, self.folder], text=True, capture_output=True, timeout=120)
        self.assertEqual(result.returncode, code, f"{words}\n{result.stdout}\n{result.stderr}")
        return result.stdout + result.stderr

    def against(self, code):
        return self.tell(code, "check", "--against", self.data)

    def query(self, sql):
        return json.loads(self.tell(DONE, "sql", sql, "--json").strip() or "null")

    def rebuilds_equal(self, names=MADE):
        for name in names:
            self.assertIn("no difference", self.tell(DONE, "rebuild", name, "--diff"))

    def test_nothing_changed_stays(self):
        said = self.against(DONE)
        for name in MADE:
            self.assertRegex(said, rf"stays +\w+ {name}\n")

    def test_a_field_that_may_be_absent_needs_no_rebuild_but_for_what_takes_all(self):
        self.changed(("      price:", "      colour: string?\n      price:"))
        said = self.against(NO)
        self.assertRegex(said, r"stays +table by_product")
        self.assertRegex(said, r"stays +collection orders")
        self.assertRegex(said, r"fits +rows sales")
        self.assertRegex(said, r"rebuild +table lines: field \"colour\" is new, and is read\n.*20 records.*: tailrace rebuild lines")
        self.assertRegex(said, r"readers \+ +relation sales: new column colour VARCHAR")
        refused = self.tell(WRONG, "run", "--once")
        self.assertIn("tailrace rebuild lines", refused)
        self.assertNotIn("rebuild by_product", refused)
        self.tell(DONE, "rebuild", "lines")
        self.rows("rows2.jsonl", [{"id": 100, "product": "p0", "quantity": 1, "colour": "red"}])
        self.tell(DONE, "run", "--once")
        self.rebuilds_equal()
        self.assertIn("no difference", self.tell(DONE, "rebuild", "sales", "--diff", "--dry-run"))
        self.assertIn("stays", self.against(DONE))

    def test_wider_types_and_absence_are_taken_in_place(self):
        self.changed(("id: int", "id: double"), ("quantity: int", "quantity: int?"), ('"decimal(6,2)?"', '"decimal(12,3)?"'),
                     ("SELECT * FROM", "SELECT product FROM"), ("id AS key, json_object('price', price)", "product AS key, json_object('q', quantity)"))
        self.tell(DONE, "run", "--once", "--rebuild-changed")
        self.rows("rows2.jsonl", [{"id": 1.5, "product": "p9", "price": 1.125}])
        self.tell(DONE, "run", "--once")
        self.rebuilds_equal()

    def test_unknown_fields_that_were_let_in_make_a_new_field_a_rebuild(self):
        self.changed(("    schema:", "    unknown_fields: drop\n    schema:"))
        self.tell(DONE, "run", "--once")
        self.rows("rows2.jsonl", [{"id": 50, "product": "p0", "quantity": 1, "colour": "red"}, {"id": 51, "product": "p0", "quantity": 1, "colour": 7}])
        self.tell(DONE, "run", "--once")
        self.changed(("    schema:", "    unknown_fields: drop\n    schema:"), ("      price:", "      colour: string?\n      price:"))
        said = self.against(NO)
        self.assertRegex(said, r"rebuild +rows sales: field \"colour\" is new, and older records may have it")
        self.assertRegex(said, r"unfit +stream sales: 1 of 22 records in the log no longer fit.*colour")
        self.tell(WRONG, "run", "--once")
        self.tell(DONE, "run", "--once", "--rebuild-changed")
        self.rebuilds_equal()

    def test_records_that_no_longer_fit_and_lost_partitions_are_told(self):
        self.changed(("quantity: int", "quantity: bool"), ("sum(quantity) AS quantity", "count(*) AS quantity"))
        self.assertRegex(self.against(NO), r"unfit +stream sales: 20 of 20 records")
        self.changed(("partitions: 2", "partitions: 3"))
        self.assertRegex(self.against(NO), r"refused +stream sales: partitions: 3 where there are 2")

    def test_an_alias_changes_nothing_and_what_goes_is_told(self):
        self.changed(("    partitions: 2", "    aliases: [shop.sales]\n    partitions: 2"))
        self.assertNotIn("rebuild", self.against(DONE))
        self.tell(DONE, "run", "--once")
        self.changed(('  lines: {sql: "SELECT * FROM sales"}\n', ""))
        said = self.against(NO)
        self.assertRegex(said, r"gone +table lines")
        self.assertRegex(said, r"readers ! +relation lines")
        self.tell(DONE, "run", "--once")
        self.rows("rows2.jsonl", [{"id": 100, "product": "p0", "quantity": 1}])
        self.tell(DONE, "run", "--once")
        self.write(PIPELINE)
        self.tell(DONE, "run", "--once")
        self.rebuilds_equal()

    def test_readers_of_an_api_are_thought_of(self):
        self.changed(("SELECT product, quantity FROM by_product", "SELECT product AS name, quantity::DOUBLE AS quantity FROM by_product"),
                     ("limit: int = 3", "limit: int = 5"))
        said = self.against(NO)
        self.assertRegex(said, r"readers ! +api best: takes \(limit: int = 5\), took \(limit: int = 3\)")
        self.assertRegex(said, r"readers ! +api best: column product is gone; column quantity is DOUBLE, was HUGEINT")
        self.assertRegex(said, r"readers \+ +api best: new column name VARCHAR")

    def test_differences_are_shown_before_the_swap(self):
        self.changed(("sum(quantity) AS quantity", "sum(CASE WHEN id = 4 THEN 0 ELSE quantity END) AS quantity"),
                     ("json_object('price', price)", "json_object('price', CASE WHEN id = 7 THEN 0 ELSE price END)"))
        refused = self.tell(WRONG, "run", "--once")
        self.assertIn("its SQL", refused)
        said = self.tell(NO, "rebuild", "orders", "--diff", "--dry-run")
        self.assertIn('- 7 {"price":1.75}', said)
        self.assertIn('+ 7 {"price":0', said)
        self.assertIn("1 only in the old state, 1 only in the new one", said)
        self.assertRegex(self.tell(DONE, "rebuild", "orders", "--diff"), r"1 only in the old state(.|\n)*rebuilt orders")
        self.assertIn("no difference", self.tell(DONE, "rebuild", "orders", "--diff"))
        said = self.tell(DONE, "rebuild", "by_product", "--diff")
        self.assertIn('- {"product":"p1","quantity":70}', said)
        self.assertIn('+ {"product":"p1","quantity":66}', said)

    def test_nothing_to_be_held_against(self):
        result = subprocess.run([PROGRAM, "check", "--against", self.folder / "nowhere", self.folder], text=True, capture_output=True, timeout=60)
        self.assertEqual(result.returncode, WRONG)
        self.assertIn("nothing has run", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
