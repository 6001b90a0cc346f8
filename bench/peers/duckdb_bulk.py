"""A CSV file into a table on disk by DuckDB: every column typed as in the stream, no log beside it.

    duckdb_bulk.py SALES.csv NEW.duckdb
"""
import json
import sys
import time

import duckdb

COLUMNS = """{InvoiceNo: 'VARCHAR', StockCode: 'VARCHAR', Description: 'VARCHAR', Quantity: 'BIGINT', InvoiceDate: 'TIMESTAMP',
              UnitPrice: 'DECIMAL(12,3)', CustomerID: 'DOUBLE', Country: 'VARCHAR'}"""


def main():
    connection = duckdb.connect(sys.argv[2])
    began = time.monotonic()
    connection.execute(f"""CREATE TABLE sales AS SELECT * REPLACE (CustomerID::BIGINT AS CustomerID)
                           FROM read_csv(?, header = true, columns = {COLUMNS}, timestampformat = '%m/%d/%Y %H:%M')""", [sys.argv[1]])
    connection.execute("CHECKPOINT")
    seconds = time.monotonic() - began
    rows = connection.execute("SELECT count(*) FROM sales").fetchone()[0]
    print(json.dumps({"seconds": seconds, "rows": rows}))


if __name__ == "__main__":
    main()
