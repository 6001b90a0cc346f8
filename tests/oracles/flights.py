#!/usr/bin/env python3
"""What the flights example must come to, worked out from the recorded answers and the CSV file without Tailrace: prints it as JSON.

    flights.py [DATA]        (default: $TAILRACE_DATA)
"""
import collections
import csv
import datetime
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


def in_utc(text):
    return datetime.datetime.fromisoformat(text).astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def pricing_row(trip, number, pricing):
    row = {"trip": trip, "pricing": number, "passenger_type": pricing.get("ptc"), "adults": pricing["passengers"].get("adultCount"),
           "refundable": pricing.get("refundable")}
    row["currency"], row["total"] = money(pricing["saleTotal"])
    row["fare"], row["tax"] = money(pricing["saleFareTotal"])[1], money(pricing["saleTaxTotal"])[1]
    row["base_currency"], row["base_fare"] = money(pricing["baseFareTotal"]) if "baseFareTotal" in pricing else (None, None)
    return row


def leg_row(trip, place, leg):
    return {"trip": trip, **place, "id": leg["id"], "aircraft": leg.get("aircraft"), "origin": leg["origin"], "origin_terminal": leg.get("originTerminal"),
            "destination": leg["destination"], "destination_terminal": leg.get("destinationTerminal"), "departure": in_utc(leg["departureTime"]),
            "arrival": in_utc(leg["arrivalTime"]), "minutes": leg.get("duration"), "miles": leg.get("mileage")}


def segment_row(trip, place, segment):
    return {"trip": trip, **place, "id": segment["id"], "carrier": segment["flight"]["carrier"], "number": segment["flight"]["number"],
            "cabin": segment.get("cabin"), "booking_code": segment.get("bookingCode"), "minutes": segment.get("duration"),
            "connection_minutes": segment.get("connectionDuration")}


def tables(data):
    """The nine tables, row by row, each row once by its key; what comes later takes the place of what was there."""
    found = {name: {} for name in ("trip", "slice", "segment", "leg", "pricing", "airport", "city", "carrier", "aircraft")}
    for request, names, option in options(pathlib.Path(data)):
        trip = option["id"]
        currency, amount = money(option["saleTotal"])
        found["trip"][trip] = {"trip": trip, "request": request, "currency": currency, "amount": amount}
        for s, piece in enumerate(option["slice"], 1):
            found["slice"][trip, s] = {"trip": trip, "slice": s, "minutes": piece.get("duration")}
        for s, g, n, segment, leg in legs_of(option):
            found["segment"][trip, s, g] = segment_row(trip, {"slice": s, "segment": g}, segment)
            found["leg"][trip, s, g, n] = leg_row(trip, {"slice": s, "segment": g, "leg": n}, leg)
        for p, pricing in enumerate(option["pricing"], 1):
            found["pricing"][trip, p] = pricing_row(trip, p, pricing)
        for kind in ("airport", "city", "carrier", "aircraft"):
            fields = ("code", "city", "name") if kind == "airport" else ("code", "name")
            found[kind].update((entry["code"], {field: entry[field] for field in fields}) for entry in names[kind])
    return {name: list(rows.values()) for name, rows in found.items()}


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
        "national": sorted(national), "international": sorted(international), "miles": miles,
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
