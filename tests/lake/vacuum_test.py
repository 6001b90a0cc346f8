#!/usr/bin/env python3
"""Files that a version of a table removed go `lake_vacuum_after` later, and no others: killed between two of them, the next start deletes the rest."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import deltalake

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from program import PROGRAM, SECONDS_MAX, run  # noqa: E402

PIPELINE = """
pipeline: counts
streams:
  sales: {schema: {shop: string, amount: int}}
sources:
  sales: {type: file, path: "parts/*.jsonl", format: jsonl, into: sales}
tables:
  sums: {sql: "SELECT shop, sum(amount) AS amount FROM sales GROUP BY ALL"}
lake:
  tables:
    sums: {format: delta, partition_by: [shop]}
server: {limits: {lake_vacuum_after: AFTER}}
"""
SHOPS = ["a", "b", "c", "d"]


class Counts:
    def __init__(self, scratch, name, after):
        self.folder = pathlib.Path(scratch, name)
        (self.folder / "parts").mkdir(parents=True)
        (self.folder / "pipeline.yaml").write_text(PIPELINE.replace("AFTER", after))
        self.table = str(self.folder / ".tailrace" / "lake" / "tables" / "sums")
        self.parts = 0

    def add_part(self):
        self.parts += 1
        lines = "".join(json.dumps({"shop": shop, "amount": self.parts}) + "\n" for shop in SHOPS)
        (self.folder / "parts" / f"{self.parts}.jsonl").write_text(lines)

    def there(self):
        return {path.name for path in pathlib.Path(self.table).rglob("part-*.parquet")}

    def named(self, version=None):
        return {pathlib.Path(uri).name for uri in deltalake.DeltaTable(self.table, version=version).file_uris()}

    def rows(self, version=None):
        rows = deltalake.DeltaTable(self.table, version=version).to_pyarrow_table(columns=["shop", "amount"]).to_pylist()
        return sorted((row["shop"], int(row["amount"])) for row in rows)

    def again_until(self, is_so, **environment):
        """Runs once after the other, until a run's exit code and the files are as they should be."""
        deadline = time.monotonic() + SECONDS_MAX
        while True:
            done = subprocess.run([PROGRAM, "run", "--once", str(self.folder)], env=os.environ | environment, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=SECONDS_MAX)
            assert done.returncode in (0, -9), done.stdout + done.stderr
            if is_so(done.returncode):
                return
            assert time.monotonic() < deadline, "it does not come about"


def check_that_what_is_due_goes(scratch):
    counts = Counts(scratch, "soon", "1s")
    counts.add_part()
    run(counts.folder, "run", "--once")
    counts.add_part()
    # The second version removes all files of the first; it is killed when one of them is deleted.
    counts.again_until(lambda code: code == -9, TAILRACE_CRASH_AT="lake.table_vacuumed")
    removed = counts.there() - counts.named()
    assert 0 < len(removed) < len(SHOPS), f"{removed}: killed between two of them"
    # Without a new record the rest goes, and nothing else does.
    counts.again_until(lambda code: code == 0 and counts.there() == counts.named())
    assert counts.rows() == [(shop, 3) for shop in SHOPS], counts.rows()
    counts.add_part()
    counts.again_until(lambda code: code == 0 and counts.there() == counts.named() and counts.rows() == [(shop, 6) for shop in SHOPS])


def check_that_what_may_be_read_stays(scratch):
    counts = Counts(scratch, "late", "720h")
    for _ in range(2):
        counts.add_part()
        run(counts.folder, "run", "--once")
    run(counts.folder, "run", "--once")
    assert counts.rows(version=0) == [(shop, 1) for shop in SHOPS] and counts.rows() == [(shop, 3) for shop in SHOPS]
    assert counts.there() == counts.named(version=0) | counts.named()


def main():
    with tempfile.TemporaryDirectory() as scratch:
        check_that_what_is_due_goes(scratch)
        check_that_what_may_be_read_stays(scratch)


if __name__ == "__main__":
    main()
