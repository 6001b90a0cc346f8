#!/usr/bin/env python3
"""examples/amazon runs by the command of its README, and all its results are those of tests/oracles/amazon.py."""
import json
import pathlib
import sys
import unittest

import requests

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from served import DATA, Example, plain  # noqa: E402
import amazon  # noqa: E402

REWRITTEN = "31-12-2023 00:00:00"


class AmazonTest(unittest.TestCase):
    def compare(self, example, expected):
        for name in ("price_buckets", "items_per_category", "average_price_per_category"):
            self.assertEqual(example.api(name), expected[name], name)
        self.assertEqual(example.api("price_outside"), expected["price_outside"])
        for product in expected["products"][::10]:
            self.assertEqual(example.api("product", asin=product["asin"]), product)
        listed = example.sql("SELECT * FROM product ORDER BY asin")
        self.assertEqual(listed, sorted(expected["products"], key=lambda product: product["asin"]))
        self.assertEqual(example.api("category", id=1), expected["category"])

    def test_results_are_the_oracles_before_and_after_the_client_has_posted_everything_again(self):
        expected = plain(amazon.results(DATA))
        bodies = (DATA / "amazon" / "client_amazon_products_small.jsonl").read_text(encoding="utf-8").splitlines()
        with Example("amazon") as example:
            example.wait_for(lambda: (example.rows("product"), example.rows("category")), (len(bodies), 248))
            self.compare(example, expected)
            session = requests.Session()
            for line in bodies[:300]:
                reply = session.post(example.address + "/AmazonProduct", json=json.loads(line))
                self.assertEqual(reply.status_code, 201, reply.text)
                self.assertEqual(reply.json(), {**json.loads(line), "date": REWRITTEN})
            example.wait_for(lambda: example.rows("products"), len(bodies) + 300)
            self.compare(example, expected)

    def test_client_of_the_original_is_answered_as_there(self):
        product = {"asin": "X1", "title": "Bag", "imgUrl": "i", "productURL": "p", "stars": 4.5, "reviews": 0, "price": 1.5, "listPrice": 0.0,
                   "category_id": 1, "isBestSeller": False, "boughtInLastMonth": 5, "date": "01/02/2024 10:30"}
        with Example("amazon") as example:
            def post(path, body):
                reply = requests.post(example.address + path, json=body)
                return reply.status_code, reply.json()

            self.assertEqual(post("/AmazonProduct", product), (201, {**product, "date": "01-02-2024 10:30:00"}))
            self.assertEqual(post("/AmazonProduct", {**product, "date": "2024-02-01"}), (400, {**product, "date": "2024-02-01"}))
            self.assertEqual(post("/AmazonProduct", {**product, "reviews": "many"})[0], 422)
            self.assertEqual(post("/AmazonProduct", {**product, "price": None})[0], 422)
            category = {"id": 999, "category_name": "Bags"}
            self.assertEqual(post("/Category", category), (201, category))
            self.assertEqual(post("/Category", {"id": "x", "category_name": "Bags"})[0], 422)


if __name__ == "__main__":
    unittest.main()
