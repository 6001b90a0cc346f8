#!/usr/bin/env python3
"""The daily job of examples/pinterest, run by hand, writes all results into files, and they are those of tests/oracles/pinterest.py."""
import csv
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from served import DATA, Example  # noqa: E402
import pinterest  # noqa: E402


def as_text(value):
    return "" if value is None else str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def as_number(text):
    try:
        return as_text(float(text))
    except ValueError:
        return text


class PinterestJob(unittest.TestCase):
    def test_every_result_is_in_its_file(self):
        expected = pinterest.results(DATA)
        with Example("pinterest") as example:
            example.wait_for(lambda: {name: example.rows(name) for name in expected["records"]}, expected["records"])
            ran = example.command("job", "run", "daily", str(example.file))
            self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
            days = list((example.file.parent / "results").iterdir())
            self.assertEqual(len(days), 1, days)
            names = [name for name in expected if "_per_" in name or name == "country_of_top_user"]
            self.assertEqual(len(names), 9, names)
            self.assertEqual(sorted(file.stem for file in days[0].iterdir()), sorted(names))
            for name in names:
                wanted = expected[name] if isinstance(expected[name], list) else [expected[name]]
                with open(days[0] / f"{name}.csv", newline="", encoding="utf-8") as file:
                    found = [{key: as_number(value) for key, value in row.items()} for row in csv.DictReader(file)]
                wanted = [{key: as_number(as_text(value)) for key, value in row.items()} for row in wanted]
                self.assertEqual(sorted(found, key=str), sorted(wanted, key=str), name)


if __name__ == "__main__":
    unittest.main()
