"""The sums of the fold case by DuckDB, in memory: every column read and typed, then one GROUP BY.

    duckdb_fold.py SALES.ndjson
"""
import json
import sys
import time

import duckdb

COLUMNS = """{InvoiceNo: 'VARCHAR', StockCode: 'VARCHAR', Description: 'VARCHAR', Quantity: 'BIGINT', InvoiceDate: 'TIMESTAMP',
              UnitPrice: 'DECIMAL(12,3)', CustomerID: 'BIGINT', Country: 'VARCHAR'}"""


def main():
    connection = duckdb.connect()
    began = time.monotonic()
    # Into a table first: the fold alone would read three of the eight columns.
    connection.execute(f"""CREATE TEMP TABLE sales AS SELECT * FROM read_json(?, format = 'newline_delimited', columns = {COLUMNS},
                           timestampformat = '%m/%d/%Y %H:%M')""", [sys.argv[1]])
    rows = connection.execute("""SELECT Country, sum(Quantity * UnitPrice), sum(Quantity), count(*) FROM sales
                                 GROUP BY Country""").fetchall()
    seconds = time.monotonic() - began
    print(json.dumps({"seconds": seconds, "sums": {country: [float(revenue), int(items), lines] for country, revenue, items, lines in rows}}))


if __name__ == "__main__":
    main()
