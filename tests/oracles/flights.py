#!/usr/bin/env python3
"""What the flights example must come to, worked out from the recorded answers and the CSV file without Tailrace: prints it as JSON.

    flights.py [DATA]        (default: $TAILRACE_DATA)
"""
import collections
import csv
import decimal
import json
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
# In the order in which the example asks.
RECORDED = ["getAway_mockup.json", "layover_qpxUnformattedResponseExample.json", "mlmrmail_aa.json", "mlmrmail_yy.json"]


def money(text):
    return text[:3], decimal.Decimal(text[3:])


def options(data):
    """(request id, the answer's data section, the option) in the order of the answers."""
    for name in RECORDED:
        trips = json.loads((data / "flights" / "qpx" / name).read_text())["trips"]
        for option in trips["tripOption"]:
            yield trips["requestId"], trips["data"], option


def legs_of(option):
    for s, piece in enumerate(option["slice"], 1):
        for g, segment in enumerate(piece["segment"], 1):
            for n, leg in enumerate(segment["leg"], 1):
                yield s, g, n, segment, leg


def of_answers(data):
    with open(HERE.parents[1] / "examples" / "flights" / "airports.csv", newline="") as file:
        country = {row["code"]: row["country"] for row in csv.DictReader(file)}
    rows = {name: set() for name in ("trip", "slice", "segment", "leg", "pricing", "airport", "city", "carrier", "aircraft")}
    collected = collections.defaultdict(decimal.Decimal)
    national, international, cheapest, miles = [], [], {}, 0
    segments = collections.Counter()
    for request, names, option in options(data):
        trip = option["id"]
        currency, amount = money(option["saleTotal"])
        rows["trip"].add(trip)
        collected[currency] += amount
        cheapest[currency] = min(cheapest.get(currency, amount), amount)
        for s in range(len(option["slice"])):
            rows["slice"].add((trip, s))
        stops = set()
        for s, g, n, segment, leg in legs_of(option):
            rows["leg"].add((trip, s, g, n))
            if (trip, s, g) not in rows["segment"]:
                segments[segment["flight"]["carrier"]] += 1
            rows["segment"].add((trip, s, g))
            stops |= {leg["origin"], leg["destination"]}
            miles += leg.get("mileage", 0)
        for p, pricing in enumerate(option["pricing"]):
            rows["pricing"].add((trip, p))
            fare, tax, total = (money(pricing[key])[1] for key in ("saleFareTotal", "saleTaxTotal", "saleTotal"))
            assert fare + tax == total, trip
        for kind in ("airport", "city", "carrier", "aircraft"):
            rows[kind] |= {entry["code"] for entry in names[kind]}
        (national if len({country[stop] for stop in stops}) == 1 else international).append(trip)
    return {
        "rows": {name: len(found) for name, found in rows.items()},
        "collected": {currency: str(amount) for currency, amount in sorted(collected.items())},
        "cheapest": {currency: str(amount) for currency, amount in sorted(cheapest.items())},
        "national": len(national), "international": len(international), "miles": miles,
        "segments_by_carrier": dict(sorted(segments.items())),
    }


def of_fares(data):
    by_class = collections.defaultdict(list)
    mangled = 0
    with open(data / "flights" / "clean_dataset.csv", newline="") as file:
        for row in csv.DictReader(file):
            by_class[row["class"]].append(int(row["price"]))
            mangled += ".00E" in row["flight"]
    return {
        "fares_by_class": {name: {"fares": len(prices), "lowest": min(prices), "highest": max(prices), "total": sum(prices)}
                           for name, prices in sorted(by_class.items())},
        "mangled_codes": mangled,
    }


def results(data):
    data = pathlib.Path(data)
    return of_answers(data) | of_fares(data)


if __name__ == "__main__":
    print(json.dumps(results(sys.argv[1] if len(sys.argv) > 1 else os.environ["TAILRACE_DATA"]), indent=1))
