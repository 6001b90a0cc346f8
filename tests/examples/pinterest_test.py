#!/usr/bin/env python3
"""examples/pinterest runs by the command of its README, and all its results are those of tests/oracles/pinterest.py; so they are once its
client has posted everything again through both doors."""
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from served import DATA, Example  # noqa: E402
import pinterest  # noqa: E402

QUERIES = ("top_category_per_country", "top_category_per_year", "top_user_per_country", "top_category_per_age_group",
           "median_followers_per_age_group", "users_joined_per_year", "median_followers_per_join_year",
           "median_followers_per_age_group_and_join_year")
POSTED_AGAIN = 60


class PinterestTest(unittest.TestCase):
    def compare(self, example, expected):
        for name in QUERIES:
            self.assertEqual(example.api(name), expected[name], name)
        self.assertEqual(example.api("country_of_top_user"), expected["country_of_top_user"])
        self.assertEqual({name: example.rows(name) for name in ("pin", "geo", "member")}, expected["rows"])
        for name, rows in expected["cleaned"].items():
            listed = ", ".join(rows[0])
            self.assertEqual(example.sql('SELECT %s FROM "%s" ORDER BY ind' % (listed.replace("timestamp", '"timestamp"'), name)), rows, name)

    def test_tables_of_the_emulator_come_to_the_same_as_what_it_posts(self):
        posted, whole = pinterest.results(DATA), pinterest.results_of_tables(DATA)
        self.assertEqual({name: posted[name] for name in whole}, whole)

    def test_results_are_the_oracles_and_records_of_another_topic_are_dead_letters(self):
        expected = pinterest.results(DATA)
        records = expected["records"]
        with Example("pinterest") as example:
            def counts():
                return {name: example.rows(name) for name in records}

            example.wait_for(counts, records)
            self.compare(example, expected)
            _, letters = example.ask("/dlq/users")
            self.assertEqual(sorted(letter["pointer"] for letter in letters["letters"]), ["/index", "/timestamp"])
            listed = example.command("dlq", "list", str(example.file))
            self.assertEqual(listed.returncode, 0, listed.stderr)
            self.assertIn("users", listed.stdout)

            client = example.folder / "examples" / "pinterest" / "client.py"
            posted = subprocess.run([sys.executable, str(client), example.address, str(DATA / "pinterest" / "events_in_posting_order.jsonl"),
                                     str(POSTED_AGAIN)], capture_output=True, text=True)
            self.assertEqual(posted.returncode, 0, posted.stderr)
            example.wait_for(counts, {name: count + POSTED_AGAIN for name, count in records.items()})
            self.compare(example, expected)
            example.check_audit()


if __name__ == "__main__":
    unittest.main()
