#!/usr/bin/env python3
"""`run --once`, killed with SIGKILL at random moments and started again, ends with every row once and the same answers.

Over the real sales where they are (in $TAILRACE_DATA, or in shared/data beside the repository), else over generated ones.
TAILRACE_SEED repeats a run, CRASH_KILLS says how often to kill.
"""
import csv
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from seeds import seed_of_run  # noqa: E402

SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("TAILRACE", str(SOURCE / "build" / "tailrace"))
SEED = seed_of_run()
KILLS = int(os.environ.get("CRASH_KILLS", 20))
SECONDS_MAX = 600
REAL_ROWS = 541_909
FOLDERS_MAX = 6

# What must come out the same, whatever happened on the way.
QUESTIONS = [
    "SELECT count(*) AS n, sum(Quantity) AS quantity, sum(Quantity * UnitPrice) AS revenue, count(DISTINCT _seq) AS seqs FROM sales",
    "SELECT count(*) AS n, sum(amount) AS amount FROM transactions",
    "SELECT count(*) AS n, sum(revenue) AS revenue, sum(items) AS items, sum(lines) AS lines FROM sales_by_hour",
    "SELECT count(*) AS n, sum(revenue) AS revenue, sum(lines) AS lines FROM sales_by_country",
    "SELECT count(*) AS n, sum(amount) AS amount, sum(lines) AS lines FROM invoice_totals",
    "SELECT count(*) AS n, sum(quantity) AS quantity FROM product_sales_by_hour",
    "SELECT count(*) AS n, md5(string_agg(StockCode || '=' || Description, '|' ORDER BY StockCode)) AS descriptions FROM products",
    "SELECT _partition, count(*) - max(_offset) - 1 AS gaps FROM sales GROUP BY _partition ORDER BY _partition",
]


def find_data(scratch):
    for place in filter(None, [os.environ.get("TAILRACE_DATA"), SOURCE.parent / "shared" / "data"]):
        if (pathlib.Path(place) / "retail" / "data.csv").exists():
            return pathlib.Path(place).resolve(), REAL_ROWS
    made = scratch / "data"
    subprocess.run([SOURCE / "tools" / "generate-sales", made / "retail" / "data.csv"], check=True)
    with open(made / "retail" / "data.csv", encoding="latin-1", newline="") as file:
        return made, sum(1 for _ in csv.reader(file)) - 1


def example(scratch, name):
    folder = scratch / name
    folder.mkdir()
    shutil.copy(SOURCE / "examples" / "retail" / "pipeline.yaml", folder)
    return folder


def start(folder, data):
    return subprocess.Popen([PROGRAM, "run", "--once", folder], env=os.environ | {"TAILRACE_DATA": str(data)},
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(folder, data):
    process = start(folder, data)
    output, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0, f"exit {process.returncode}: {output}"
    return output


def answers(folder, data):
    found = []
    for question in QUESTIONS:
        result = subprocess.run([PROGRAM, "sql", question, folder], env=os.environ | {"TAILRACE_DATA": str(data)},
                                text=True, capture_output=True, timeout=SECONDS_MAX)
        assert result.returncode == 0, f"{question}: {result.stderr}"
        found.append(result.stdout)
    return found


def documents(folder):
    """How many documents each collection holds, straight from the store's file. (How many commits made them differs: batches do.)"""
    with sqlite3.connect(f"file:{folder}/.tailrace/documents.sqlite?mode=ro", uri=True) as store:
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'documents_*' ORDER BY name")]
        return {table: store.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables}


def kill_again_and_again(folder, data, chance, longest):
    """Starts it KILLS times; returns how often it was killed before its end."""
    killed = 0
    for _ in range(KILLS):
        process = start(folder, data)
        try:
            output, _ = process.communicate(timeout=chance.uniform(0, longest))
            assert process.returncode == 0, f"exit {process.returncode}: {output}"
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            killed += 1
    return killed


def main():
    print(f"seed {SEED}, {KILLS} kills", flush=True)
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        data, rows = find_data(scratch)
        whole = example(scratch, "whole")
        began = time.monotonic()
        finish(whole, data)
        took = time.monotonic() - began
        expected = answers(whole, data)
        assert expected[0].splitlines()[1].split("\t")[0] == str(rows), expected[0]
        print(f"{rows:,} rows in {took:.1f} s without a kill", flush=True)

        began = time.monotonic()
        finish(whole, data)
        idle = time.monotonic() - began

        # Some die while they start, some in the middle; together they should not come to the end.
        longest = idle + 1.2 * max(took - idle, 0) / KILLS
        for folder in range(FOLDERS_MAX):
            broken = example(scratch, f"broken{folder}")
            killed = kill_again_and_again(broken, data, chance, longest)
            print(f"{killed} killed, each after {longest:.1f} s at most", flush=True)
            if killed >= KILLS // 2:
                break
            longest /= 2  # the machine had something else to do while the time was taken
        assert killed >= KILLS // 2, "too few runs were killed to show anything"
        finish(broken, data)
        found = answers(broken, data)
        for question, wanted, got in zip(QUESTIONS, expected, found):
            assert wanted == got, f"{question}\nwithout a kill: {wanted}\nwith kills: {got}"
        assert documents(whole) == documents(broken), f"{documents(whole)} and {documents(broken)}"
        verified = subprocess.run([PROGRAM, "log", "verify", broken], env=os.environ | {"TAILRACE_DATA": str(data)}, text=True,
                                  capture_output=True, timeout=SECONDS_MAX)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        print(verified.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
