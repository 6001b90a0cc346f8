#!/usr/bin/env python3
"""What the walmart example must come to, worked out from the recorded answers without Tailrace: prints it as JSON.

    walmart.py [DATA]        (default: $TAILRACE_DATA)

The values in other currencies are also held against those that the author of the original pipeline published: all forty, of which
one double differs by 0.000001.
"""
import collections
import csv
import decimal
import json
import os
import pathlib
import sys

CURRENCIES = ["INR", "EUR", "GBP", "JPY"]
LISTS = ["search_response_1.json", "search_response_2.json", "search_response_1.json"]  # as the stand-in serves them
SIX_PLACES = decimal.Decimal("0.000001")


def read(path):
    return json.loads(path.read_text(), parse_float=decimal.Decimal)


def lines(path):
    return [json.loads(line, parse_float=decimal.Decimal) for line in path.read_text().splitlines() if line]


def item_rates(folder):
    rates = {line["timestamp"]: line["quotes"] for line in lines(folder / "currency_live_2017-03.jsonl")}
    rows = {}
    for value in lines(folder / "vod_2017-03.jsonl"):
        price = decimal.Decimal(value["salePrice"])
        row = {"name": value["name"], "value_USD": price}
        for currency in CURRENCIES:
            row["value_" + currency] = (price * rates[value["timestamp"]]["USD" + currency]).quantize(SIX_PLACES, decimal.ROUND_HALF_UP)
        rows[value["timestamp"]] = row
    return dict(sorted(rows.items()))


def against_the_author(folder, rows):
    """(values that agree, values that differ by 0.000001)"""
    same = near = 0
    with open(folder / "author_item_rates.csv", newline="") as file:
        for theirs in csv.DictReader(file):
            ours = rows[theirs["timestamp"]]
            assert ours["name"] == theirs["name"], theirs
            for currency in ["USD", *CURRENCIES]:
                gap = abs(ours["value_" + currency] - decimal.Decimal(theirs["value_" + currency]))
                assert gap <= SIX_PLACES, (theirs["timestamp"], currency, gap)
                same, near = (same + 1, near) if gap == 0 else (same, near + 1)
    return same, near


def results(data):
    folder = pathlib.Path(data) / "walmart"
    counts, items = collections.Counter(), {}
    for name in LISTS:
        for item in read(folder / name)["items"]:
            counts[item["name"]] += 1  # two articles share a name
            items[item["itemId"]] = item
    discounts = {}
    for item in items.values():
        if all(item.get(field) is not None for field in ("name", "msrp", "salePrice", "customerRating")):
            msrp, price = decimal.Decimal(item["msrp"]), decimal.Decimal(item["salePrice"])
            discounts[str(item["itemId"])] = str(((msrp - price) / msrp * 100).quantize(decimal.Decimal("0.01"), decimal.ROUND_HALF_UP))
    rows = item_rates(folder)
    same, near = against_the_author(folder, rows)
    return {
        "items": sum(counts.values()), "top": dict(counts), "discounts": discounts,
        "item_rates": {day: {key: str(value) for key, value in row.items()} for day, row in rows.items()},
        "as_the_author": same, "one_millionth_off": near,
    }


if __name__ == "__main__":
    print(json.dumps(results(sys.argv[1] if len(sys.argv) > 1 else os.environ["TAILRACE_DATA"]), indent=1))
