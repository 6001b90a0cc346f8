#!/usr/bin/env python3
"""examples/walmart runs by the command of its README, and what it shows as rows, as a document and as a picture is what tests/oracles/walmart.py
makes of the recorded answers."""
import pathlib
import sys
import unittest
import urllib.request
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from served import DATA, Example, plain  # noqa: E402
import walmart  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
BARS_WIDTH = 460


class WalmartTest(unittest.TestCase):
    def picture(self, example, name):
        request = urllib.request.Request(example.address + "/api/" + name, headers={"Accept": "image/svg+xml"})
        with urllib.request.urlopen(request, timeout=120) as reply:
            self.assertEqual(reply.headers["Content-Type"], "image/svg+xml")
            groups = xml.etree.ElementTree.fromstring(reply.read()).iter(SVG + "g")
        return [(group.find(SVG + "title").text.rsplit(": ", 1), float(group.find(SVG + "rect").get("width"))) for group in groups]

    def test_counts_of_items_are_the_same_as_rows_as_a_document_and_as_a_picture(self):
        expected = plain(walmart.results(DATA))
        with Example("walmart") as example:
            example.wait_for(lambda: (example.rows("items"), example.rows("item_rates")), (expected["items"], len(expected["item_rates"])))
            by_count = sorted(expected["top"].items(), key=lambda entry: (-entry[1], entry[0]))
            example.wait_for(lambda: example.ask("/collections/top/items"), (200, expected["top"]))
            self.assertEqual([(row["name"], row["num"]) for row in example.api("top_items")], by_count[:20])
            most = by_count[0][1]
            self.assertEqual([(name, int(number), round(width, 1)) for (name, number), width in self.picture(example, "top_items")],
                             [(name, number, round(BARS_WIDTH * number / most, 1)) for name, number in by_count[:20]])
            rates = {row["day"]: row for row in example.api("item_rates")}
            for day, row in expected["item_rates"].items():
                found = rates["2017-03-" + day[-2:]]
                self.assertEqual({name: found[name] if name == "name" else float(found[name]) for name in row},
                                 {name: value if name == "name" else float(value) for name, value in row.items()})
            self.assertEqual({str(row["itemId"]): row["discount"] for row in example.api("discounts")},
                             {item: float(value) for item, value in expected["discounts"].items()})
            example.wait_for(lambda: example.sql("SELECT stream, count(*) AS n FROM tailrace.dead_letters GROUP BY stream ORDER BY stream"),
                             [{"stream": "items", "n": 1}, {"stream": "rates", "n": 2}, {"stream": "vod", "n": 1}])


if __name__ == "__main__":
    unittest.main()
