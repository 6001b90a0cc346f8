"""The sums of the fold case by Bytewax, without recovery: a file of JSON lines in, one line of JSON out at the end.

    bytewax_fold.py SALES.ndjson               every column read as the type that it has, as the others do
    bytewax_fold.py SALES.ndjson --untyped     what json.loads gives, so that money is a double and a date is a text
"""
import datetime
import decimal
import json
import sys
import time

import bytewax.operators as op
from bytewax.connectors.files import FileSource
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, cluster_main

BATCH_LINES = 1000


def typed(line):
    sale = json.loads(line, parse_float=decimal.Decimal)
    sale["Quantity"] = int(sale["Quantity"])
    sale["UnitPrice"] = decimal.Decimal(sale["UnitPrice"])
    sale["InvoiceDate"] = datetime.datetime.strptime(sale["InvoiceDate"], "%m/%d/%Y %H:%M")
    return sale["Country"], sale


def untyped(line):
    sale = json.loads(line)
    return sale["Country"], sale


def fold(state, sale):
    quantity = sale["Quantity"]
    state[0] += quantity * sale["UnitPrice"]
    state[1] += quantity
    state[2] += 1
    return state


def main():
    results = []
    flow = Dataflow("fold")
    lines = op.input("lines", flow, FileSource(sys.argv[1], batch_size=BATCH_LINES))
    keyed = op.map("parse", lines, untyped if "--untyped" in sys.argv else typed)
    op.output("out", op.fold_final("fold", keyed, lambda: [0, 0, 0], fold), TestingSink(results))
    began = time.monotonic()
    cluster_main(flow, [], 0)
    seconds = time.monotonic() - began
    print(json.dumps({"seconds": seconds, "sums": {key: [float(revenue), items, lines] for key, (revenue, items, lines) in results}}))


if __name__ == "__main__":
    main()
