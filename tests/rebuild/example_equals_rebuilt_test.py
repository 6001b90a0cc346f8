#!/usr/bin/env python3
"""Every table, collection and stored row of the retail example: the live result is the rebuilt one, row for row.

Over the first rows of the real sales where they are (in $TAILRACE_DATA, or in shared/data beside the repository), else of generated ones.
"""
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("TAILRACE", str(SOURCE / "build" / "tailrace"))
ROWS = int(os.environ.get("TAILRACE_ROWS", 60_000))
NAMES = ["sales", "transactions", "sales_by_hour", "sales_by_country", "product_sales_by_hour", "product_sales_by_month", "invoice_totals",
         "products", "customers", "invoices"]


def write_rows(target, scratch):
    for place in filter(None, [os.environ.get("TAILRACE_DATA"), SOURCE.parent / "shared" / "data"]):
        found = pathlib.Path(place) / "retail" / "data.csv"
        if found.exists():
            break
    else:
        found = scratch / "generated.csv"
        subprocess.run([SOURCE / "tools" / "generate-sales", found], check=True)
    with open(found, "rb") as whole, open(target, "wb") as part:
        part.writelines(itertools.islice(whole, ROWS + 1))


def main():
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        (scratch / "data" / "retail").mkdir(parents=True)
        write_rows(scratch / "data" / "retail" / "data.csv", scratch)
        folder = scratch / "retail"
        folder.mkdir()
        shutil.copy(SOURCE / "examples" / "retail" / "pipeline.yaml", folder)
        run = lambda *words: subprocess.run([PROGRAM, *words, folder], text=True, capture_output=True, timeout=600,
                                            env=os.environ | {"TAILRACE_DATA": str(scratch / "data")})
        read = run("run", "--once")
        assert read.returncode == 0, read.stderr
        wrong = []
        for made in NAMES:
            compared = run("rebuild", made, "--diff", "--dry-run")
            if compared.returncode != 0 or "no difference" not in compared.stdout:
                wrong.append(made)
                print(made, compared.stdout[-2000:], compared.stderr[-500:])
        print(f"{len(NAMES) - len(wrong)} of {len(NAMES)} are the same when rebuilt")
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
