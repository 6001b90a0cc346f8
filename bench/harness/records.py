"""The records that everybody gets: the retail sales, as the same JSON lines for all."""
import csv
import json
import os
import pathlib
import subprocess

from harness.errors import BenchError

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NULLABLE = ("Description", "CustomerID")


def find_csv(scratch):
    """Returns (path, "real" or "generated") of the sales; makes them when there are none."""
    for place in filter(None, [os.environ.get("TAILRACE_DATA"), ROOT.parent / "shared" / "data"]):
        path = pathlib.Path(place) / "retail" / "data.csv"
        if path.exists():
            return path.resolve(), "real"
    path = scratch / "data" / "retail" / "data.csv"
    subprocess.run([ROOT / "tools" / "generate-sales", path], check=True)
    return path, "generated"


def _json_line(row):
    """A sale as a client would post it. The price keeps its digits."""
    sale = {name: None if value == "" and name in NULLABLE else value for name, value in row.items()}
    parts = []
    for name, value in sale.items():
        if value is not None and name in ("Quantity", "UnitPrice", "CustomerID"):
            text = str(int(float(value))) if name != "UnitPrice" else value
        else:
            text = json.dumps(value, ensure_ascii=False)
        parts.append(f'"{name}":{text}')
    return "{" + ",".join(parts) + "}"


class Sales:
    """The sales in the shapes that the cases need, all made once in the scratch folder."""

    def __init__(self, scratch):
        self.csv, self.kind = find_csv(scratch)
        self.ndjson = scratch / "sales.ndjson"
        self._scratch = scratch
        with open(self.csv, encoding="latin-1", newline="") as rows, open(self.ndjson, "w", encoding="utf-8") as out:
            self.rows = 0
            for row in csv.DictReader(rows):
                out.write(_json_line(row) + "\n")
                self.rows += 1
        if self.rows < 1000:
            raise BenchError(f"{self.csv} has only {self.rows} rows")

    def lines(self, count):
        """The first `count` sales as JSON lines."""
        with open(self.ndjson, encoding="utf-8") as file:
            return [next(file).rstrip("\n") for _ in range(count)]

    def bodies(self, name, count, lines_per_body):
        """A file with one request body a record, each of `lines_per_body` sales, for the Lua script of wrk: see post.lua."""
        path = self._scratch / name
        lines = self.lines(count * lines_per_body)
        with open(path, "w", encoding="utf-8") as out:
            for start in range(0, len(lines), lines_per_body):
                out.write("\x1e".join(lines[start:start + lines_per_body]) + "\n")
        return path
