#!/usr/bin/env python3
"""The results of examples/amazon, worked out from the client's bodies in plain Python: amazon.py DATA_FOLDER prints them as JSON."""
import datetime
import decimal
import json
import pathlib
import sys

BUCKET = 5
HIGHEST = 300
# What the look-up of a product shows: everything but isBestSeller, imgUrl, reviews and boughtInLastMonth.
SHOWN = ("asin", "title", "productURL", "stars", "price", "listPrice", "category_id")


def bodies(folder, name):
    lines = (pathlib.Path(folder) / "amazon" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line, parse_float=decimal.Decimal) for line in lines]


def date_of(product):
    return datetime.datetime.strptime(product["date"], "%d/%m/%Y %H:%M").strftime("%Y-%m-%dT%H:%M:%SZ")


def results(folder):
    products = {one["asin"]: one for one in bodies(folder, "client_amazon_products_small.jsonl")}
    names = {one["id"]: one["category_name"] for one in bodies(folder, "client_amazon_categories.jsonl")}
    prices = [decimal.Decimal(one["price"]) for one in products.values()]
    buckets = [{"above": low, "up_to": low + BUCKET, "products": sum(low < price <= low + BUCKET for price in prices)}
               for low in range(0, HIGHEST, BUCKET)]
    by_category = {}
    for one in products.values():
        by_category.setdefault(one["category_id"], []).append(decimal.Decimal(one["price"]))
    cent = decimal.Decimal("0.01")
    items = [{"category_id": key, "category_name": names.get(key), "items": len(of)} for key, of in by_category.items()]
    average = [{"category_id": key, "category_name": names.get(key),
                "average_price": (sum(of) / len(of)).quantize(cent, decimal.ROUND_HALF_UP)} for key, of in by_category.items()]
    return {
        "price_buckets": buckets,
        "price_outside": {"free": sum(price <= 0 for price in prices), "above_300": sum(price > HIGHEST for price in prices)},
        "items_per_category": sorted(items, key=lambda row: (-row["items"], row["category_id"])),
        "average_price_per_category": sorted(average, key=lambda row: (-row["average_price"], row["category_id"])),
        "products": [{**{field: one[field] for field in SHOWN}, "date": date_of(one)} for one in products.values()],
        "category": {"id": 1, "category_name": names[1]},
    }


if __name__ == "__main__":
    json.dump(results(sys.argv[1]), sys.stdout, default=float, indent=1)
    print()
