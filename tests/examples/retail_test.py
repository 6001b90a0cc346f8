#!/usr/bin/env python3
"""examples/retail runs by the command of its README, and all its results are those of tests/oracles/retail.py; so they are once its till
has posted, and posted that again."""
import json
import pathlib
import sys
import unittest

import requests

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from served import DATA, Example, plain  # noqa: E402
import retail  # noqa: E402

PERIODS_MAX = 10_000


class RetailTest(unittest.TestCase):
    def compare(self, example, expected):
        for name in ("sales_per_hour", "sales_per_day", "top_product_per_hour"):
            self.assertEqual(example.api(name, limit=PERIODS_MAX), expected[name], name)
        for name in ("sales_per_month", "sales_per_year", "average_sales", "sales_by_country", "top_product_per_month", "top_product_per_year",
                     "top_products", "highest_invoices", "best_customers"):
            self.assertEqual(example.api(name), expected[name], name)
        # Lines of one product on one invoice come in any order.
        def by_line(lines):
            return sorted(lines, key=lambda line: json.dumps(line, sort_keys=True))
        history = example.api("purchase_history", customer=retail.CUSTOMER, limit=retail.LIMIT)
        self.assertEqual(by_line(history), by_line(expected["purchase_history"]))
        self.assertEqual(example.ask("/test?InvoiceNo=" + retail.INVOICE), (200, expected["invoice"]))
        self.assertEqual(example.api("customer", CustomerID=retail.CUSTOMER), expected["customer"])
        self.assertEqual((example.rows("transactions"), example.rows("products"), example.rows("invoice_totals"), example.rows("customer_value")),
                         tuple(expected[name] for name in ("rows", "products", "invoices", "customers")))
        revenue = example.sql("SELECT sum(amount) AS revenue FROM transactions")
        self.assertEqual(revenue, [{"revenue": expected["revenue"]}])

    def test_results_are_the_oracles_and_none_of_the_odd_rows_is_refused(self):
        expected = plain(retail.results(DATA))
        with Example("retail") as example:
            example.wait_for(lambda: example.rows("sales"), expected["rows"])
            example.wait_for(lambda: example.sql("SELECT sum(records)::BIGINT AS behind FROM tailrace.lag WHERE kind <> 'lake'"), [{"behind": 0}])
            self.compare(example, expected)
            self.assertEqual(example.rows("tailrace.dead_letters"), 0)
            example.check_audit()

            # The till: one sale, and its cancellation.
            sale = {"InvoiceNo": "999999", "StockCode": "22423", "Description": None, "Quantity": 3, "InvoiceDate": "12/9/2011 12:50",
                    "UnitPrice": 12.75, "CustomerID": 17850.0, "Country": "United Kingdom"}
            for body in (sale, {**sale, "InvoiceNo": "C999999", "Quantity": -3}):
                reply = requests.post(example.address + "/test", data=json.dumps(body), timeout=120)
                self.assertEqual((reply.status_code, reply.json()), (200, body))
            country = expected["sales_by_country"][0]
            example.wait_for(lambda: example.api("sales_by_country", limit=1), [{**country, "lines": country["lines"] + 2}])


if __name__ == "__main__":
    unittest.main()
