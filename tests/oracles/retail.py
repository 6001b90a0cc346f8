#!/usr/bin/env python3
"""The results of examples/retail, worked out from the CSV file in plain Python: retail.py [DATA] prints the smaller ones as JSON."""
import collections
import csv
import datetime
import decimal
import functools
import json
import os
import pathlib
import sys

CENT = decimal.Decimal("0.01")
LIMIT = 1000
CUSTOMER, INVOICE = 17850, "536365"  # of the look-ups


@functools.cache
def time_of(written):
    return datetime.datetime.strptime(written, "%m/%d/%Y %H:%M")


@functools.cache
def number(written):
    return decimal.Decimal(written)


def rows(data):
    with open(pathlib.Path(data) / "retail" / "data.csv", encoding="latin-1", newline="") as file:
        for row in csv.DictReader(file):
            row["at"] = time_of(row["InvoiceDate"])
            row["Quantity"], row["UnitPrice"] = int(row["Quantity"]), number(row["UnitPrice"])
            row["amount"] = row["Quantity"] * row["UnitPrice"]
            row["CustomerID"] = int(number(row["CustomerID"])) if row["CustomerID"] else None
            row["Description"] = row["Description"] or None
            yield row


@functools.cache
def text(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@functools.cache
def hour(at):
    return at.replace(minute=0)


@functools.cache
def day(at):
    return hour(at).replace(hour=0)


@functools.cache
def month(at):
    return day(at).replace(day=1)


def year(at):
    return at.year


def stamp(period):
    return period if isinstance(period, int) else text(period)


class Sums:
    """Revenue, items and lines of a group."""

    def __init__(self):
        self.revenue, self.items, self.lines = decimal.Decimal(0), 0, 0

    def add(self, row):
        self.revenue += row["amount"]
        self.items += row["Quantity"]
        self.lines += 1

    def as_row(self, **names):
        return {**names, "revenue": self.revenue, "items": self.items, "lines": self.lines}


def mean(groups):
    return (sum((group.revenue for group in groups.values()), decimal.Decimal(0)) / len(groups)).quantize(CENT, decimal.ROUND_HALF_UP)


def top(sold, name, described):
    """The product with the most items of each period, of several the first by stock code."""
    best = {}
    for (period, code), quantity in sold.items():
        rival = best.get(period)
        if rival is None or (-quantity, code) < (-rival[1], rival[0]):
            best[period] = (code, quantity)
    return [{name: stamp(period), "StockCode": code, "Description": described.get(code), "quantity": quantity}
            for period, (code, quantity) in sorted(best.items())]


def invoice_rows(invoices):
    return [{"InvoiceNo": number, "invoice_date": text(min(row["at"] for row in lines)),
             "customer": max((row["CustomerID"] for row in lines if row["CustomerID"] is not None), default=None),
             "country": max(row["Country"] for row in lines), "amount": sum(row["amount"] for row in lines), "lines": len(lines)}
            for number, lines in invoices.items()]


def customer_rows(invoices):
    customers = collections.defaultdict(list)
    for invoice in invoices:
        if invoice["customer"] is not None:
            customers[invoice["customer"]].append(invoice)
    return [{"customer": number, "country": max(one["country"] for one in of), "amount": sum(one["amount"] for one in of), "invoices": len(of),
             "last_seen": max(one["invoice_date"] for one in of)} for number, of in customers.items()]


def invoice_document(lines):
    document = {}
    for row in lines:
        document[row["StockCode"]] = {"Description": row["Description"], "Quantity": row["Quantity"], "InvoiceDate": text(row["at"]),
                                      "UnitPrice": row["UnitPrice"], "CustomerID": row["CustomerID"], "Country": row["Country"]}
    return document


def descriptions(all_rows):
    """Of each product the one on its latest invoice; on that, the first."""
    latest = {}
    for row in all_rows:
        if row["Description"] is None:
            continue
        place = (row["at"], row["InvoiceNo"])
        if row["StockCode"] not in latest or place > latest[row["StockCode"]][0]:
            latest[row["StockCode"]] = (place, row["Description"])
    return {code: description for code, (_, description) in latest.items()}


def results(data):
    all_rows = list(rows(data))
    periods = {period: collections.defaultdict(Sums) for period in (hour, day, month, year)}
    sold = {period: collections.Counter() for period in (hour, month, year)}
    countries, year_revenue, invoices = collections.defaultdict(Sums), collections.Counter(), collections.defaultdict(list)
    bought = []
    for row in all_rows:
        for period, groups in periods.items():
            groups[period(row["at"])].add(row)
        for period, counts in sold.items():
            counts[period(row["at"]), row["StockCode"]] += row["Quantity"]
        countries[row["Country"]].add(row)
        year_revenue[row["at"].year, row["StockCode"]] += row["amount"]
        invoices[row["InvoiceNo"]].append(row)
        if row["CustomerID"] == CUSTOMER:
            bought.append(row)
    described = descriptions(all_rows)
    by_invoice = invoice_rows(invoices)
    customers = customer_rows(by_invoice)
    of_2011 = sorted(((code, quantity) for (at, code), quantity in sold[year].items() if at == 2011), key=lambda entry: (-entry[1], entry[0]))
    def listed(name, period):
        return [sums.as_row(**{name: stamp(at)}) for at, sums in sorted(periods[period].items())]
    return {
        "rows": len(all_rows), "revenue": sum(row["amount"] for row in all_rows),
        "products": len(described), "invoices": len(invoices), "customers": len(customers),
        "sales_per_hour": listed("hour", hour), "sales_per_day": listed("day", day), "sales_per_month": listed("month", month),
        "sales_per_year": listed("year", year),
        "average_sales": {"per_" + name: mean(periods[period]) for name, period in (("hour", hour), ("day", day), ("month", month), ("year", year))},
        "sales_by_country": sorted(({"Country": name, "revenue": sums.revenue, "lines": sums.lines} for name, sums in countries.items()),
                                   key=lambda row: (-row["revenue"], row["Country"])),
        "top_product_per_hour": top(sold[hour], "hour", described), "top_product_per_month": top(sold[month], "month", described),
        "top_product_per_year": top(sold[year], "year", described),
        "top_products": [{"StockCode": code, "Description": described.get(code), "quantity": quantity, "revenue": year_revenue[2011, code]}
                         for code, quantity in of_2011[:10]],
        "highest_invoices": sorted(by_invoice, key=lambda row: (-row["amount"], row["InvoiceNo"]))[:10],
        "best_customers": sorted(customers, key=lambda row: (-row["amount"], row["customer"]))[:10],
        "purchase_history": sorted(({**{name: row[name] for name in ("InvoiceNo", "StockCode", "Description", "Quantity", "UnitPrice", "amount")},
                                     "InvoiceDate": text(row["at"])} for row in bought), key=bought_last)[:LIMIT],
        "invoice": invoice_document(invoices[INVOICE]),
        "customer": {row["InvoiceNo"]: {"InvoiceDate": text(row["at"]), "Country": row["Country"]} for row in bought},
    }


def bought_last(row):
    return -datetime.datetime.strptime(row["InvoiceDate"], "%Y-%m-%dT%H:%M:%SZ").timestamp(), row["InvoiceNo"], row["StockCode"]


if __name__ == "__main__":
    found = results(sys.argv[1] if len(sys.argv) > 1 else os.environ["TAILRACE_DATA"])
    json.dump({name: result for name, result in found.items() if "hour" not in name and "day" not in name}, sys.stdout, default=str, indent=1)
    print()
