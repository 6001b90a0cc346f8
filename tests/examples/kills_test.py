#!/usr/bin/env python3
"""Killed again and again while they take their records in, the examples come to the same results."""
import json
import os
import pathlib
import random
import sys
import time
import unittest

import requests

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from served import DATA, Example, plain  # noqa: E402
import amazon  # noqa: E402
import pinterest  # noqa: E402

KILLS = int(os.environ.get("EXAMPLE_KILLS", "4"))
LATEST_KILL_SECONDS = 0.6


def post_until_told(example, path, headers, body, key):
    """As a client does that is never sure: again, under the same key, until it is told."""
    while True:
        try:
            reply = requests.post(example.address + path, data=json.dumps(body), headers={**headers, "Idempotency-Key": key}, timeout=30)
            if reply.status_code < 500:
                return reply
        except requests.RequestException:
            pass
        if example.process.poll() is not None:
            example.start()
        time.sleep(0.01)


class KillsTest(unittest.TestCase):
    def killed_often(self, example):
        chance = random.Random()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0, LATEST_KILL_SECONDS))
            example.kill()
            example.start()

    def test_amazon(self):
        expected = plain(amazon.results(DATA))
        with Example("amazon") as example:
            self.killed_often(example)
            rows = sum(row["items"] for row in expected["items_per_category"])
            example.wait_for(lambda: (example.rows("products"), example.rows("product"), example.rows("categories")), (rows, rows, 248))
            for name in ("price_buckets", "items_per_category", "average_price_per_category"):
                self.assertEqual(example.api(name), expected[name], name)

    def test_pinterest_with_a_client_that_posts_all_the_while(self):
        expected = pinterest.results(DATA)
        events = (DATA / "pinterest" / "events_in_posting_order.jsonl").read_text(encoding="utf-8").splitlines()
        kafka = {"Content-Type": "application/vnd.kafka.json.v2+json"}
        chance = random.Random()
        with Example("pinterest") as example:
            posted = 0
            for _ in range(KILLS):
                for line in chance.sample(events, 5):
                    value = json.loads(line)["pin"]
                    reply = post_until_told(example, "/topics/0ab1c.pin", kafka, {"records": [{"value": value}] * 3}, "post-%d" % posted)
                    self.assertEqual([place["error_code"] for place in reply.json()["offsets"]], [None] * 3)
                    posted += 1
                    if chance.random() < 0.2:
                        example.kill()
                        example.start()
            wanted = dict(expected["records"], pins=expected["records"]["pins"] + 3 * posted)
            example.wait_for(lambda: {name: example.rows(name) for name in wanted}, wanted)
            for name in ("top_category_per_country", "top_category_per_age_group", "users_joined_per_year", "median_followers_per_join_year"):
                self.assertEqual(example.api(name), expected[name], name)
            audit = example.command("audit", str(example.file))
            self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)


if __name__ == "__main__":
    unittest.main()
