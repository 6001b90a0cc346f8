#!/usr/bin/env python3
"""Every aggregate, kept incrementally over partitions and kills, equals one query over all rows in the stream's order.

A random CSV goes through `run --once`, which is killed at random moments and started again. What each table then answers is compared
with the same SELECT over the stored rows. Doubles may differ by 1e-12 of the sum of their absolute values.
"""
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from seeds import seed_of_run  # noqa: E402

TAILRACE = os.environ["TAILRACE"]
ROWS = 12_000
KILLS = 8
PARTITIONS = 3

# As a table has it, and as one query over ordered rows says it. Where they are the same, None.
AGGREGATES = {
    "count_all": ("count(*)", None),
    "count_value": ("count(i)", None),
    "count_distinct": ("count(DISTINCT i)", None),
    "sum_int": ("sum(i)", None),
    "sum_decimal": ("sum(d)", None),
    "sum_product": ("sum(i * d)", None),
    "sum_double": ("sum(x)", None),
    "min_max": ("min(s) || max(s)", None),
    "min_time": ("min(t)", None),
    "avg_int": ("avg(i)", None),
    "avg_decimal": ("avg(d)", None),
    "avg_double": ("avg(x)", None),
    "any_value": ("any_value(s)", "any_value(s ORDER BY _seq)"),
    "first": ("first(s)", "first(s ORDER BY _seq)"),
    "last": ("last(s)", "last(s ORDER BY _seq)"),
    "arg_min": ("arg_min(s, i)", "arg_min(s, i ORDER BY _seq)"),
    "arg_max": ("arg_max(s, d)", "arg_max(s, d ORDER BY _seq)"),
    "bool_and": ("bool_and(i > -95)", None),
    "bool_or": ("bool_or(i > 95)", None),
    "var_samp": ("var_samp(i)", None),
    "stddev_pop": ("stddev_pop(x)", None),
    "list": ("list(i)", "list(i ORDER BY _seq)"),
    "string_agg": ("string_agg(s, ',')", "string_agg(s, ',' ORDER BY _seq)"),
    "median": ("median(i)", None),
    "quantile_cont": ("quantile_cont(d, 0.9)", None),
    "quantile_disc": ("quantile_disc(i, 0.25)", None),
    "mode": ("mode(s)", "mode(s ORDER BY _seq)"),
    "filtered": ("sum(i) FILTER (WHERE d > 0)", None),
    "expression": ("CASE WHEN count(*) > 100 THEN sum(i) ELSE -count(i) END + 1", None),
}
DOUBLES = {"sum_double", "avg_double", "avg_int", "avg_decimal", "var_samp", "stddev_pop", "median", "quantile_cont"}


def write_rows(path, rng):
    with open(path, "w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["id", "k", "i", "d", "x", "t", "s"])
        for row in range(ROWS):
            maybe = lambda value: "" if rng.random() < 0.1 else value
            rows.writerow([row, maybe(f"k{rng.randrange(40)}"), maybe(rng.randrange(-100, 100)),
                           maybe(f"{rng.randrange(-10**6, 10**6) / 100:.2f}"), maybe(repr(rng.uniform(-1, 1) * 10 ** rng.randrange(-8, 9))),
                           maybe(f"2020-01-{rng.randrange(1, 29):02}T{rng.randrange(24):02}:00:00Z"), maybe(rng.choice("abcdefgh") * rng.randrange(1, 4))])


def pipeline():
    lines = ["pipeline: property", "streams:", "  rows:", "    key: id", f"    partitions: {PARTITIONS}",
             "    schema: {id: int, k: string?, i: int?, d: \"decimal(12,2)?\", x: double?, t: timestamp?, s: string?}",
             "sources:", "  file: {type: file, path: rows.csv, format: csv, into: rows}", "tables:"]
    for name, (table, _) in AGGREGATES.items():
        lines.append(f"  t_{name}: {{sql: {json.dumps(f'SELECT k, {table} AS v FROM rows GROUP BY k')}}}")
    lines.append("  t_having: {sql: \"SELECT k, sum(i) AS v FROM rows GROUP BY k HAVING count(*) > 290\"}")
    lines.append("  t_whole: {sql: \"SELECT count(*) AS n, sum(d) AS v FROM rows WHERE i > 0\"}")
    return "\n".join(lines) + "\n"


def sql(folder, query):
    run = subprocess.run([TAILRACE, "sql", query, folder, "--json"], capture_output=True, text=True)
    assert run.returncode == 0, f"{query}: {run.stderr}"
    answer = json.loads(run.stdout)
    return answer["rows"] if isinstance(answer, dict) else [list(row.values()) for row in answer]


def close(a, b, bound):
    if a is None or b is None or isinstance(a, str) or isinstance(b, str):
        return a == b
    return abs(float(a) - float(b)) <= 1e-12 * bound


def main():
    seed = seed_of_run()
    print("seed", seed)
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        write_rows(Path(folder, "rows.csv"), rng)
        Path(folder, "pipeline.yaml").write_text(pipeline())
        run = [TAILRACE, "run", "--once", folder]
        started = time.monotonic()
        killed = 0
        for _ in range(KILLS):
            process = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=rng.uniform(0.05, 0.8))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
            process.wait()
        finished = subprocess.run(run, capture_output=True, text=True)
        assert finished.returncode == 0, finished.stderr
        print(f"{killed} kills in {time.monotonic() - started:.1f} s")

        [[rows, ids]] = sql(folder, "SELECT count(*), count(DISTINCT id) FROM rows")
        assert (rows, ids) == (ROWS, ROWS), f"{rows} rows, {ids} ids"
        bounds = {k: bound for k, bound in sql(folder, "SELECT k, sum(abs(x)) + sum(abs(d)) + 1e4 FROM rows GROUP BY k")}
        wrong = 0
        for name, (table, once) in AGGREGATES.items():
            kept = {row[0]: row[1] for row in sql(folder, f"SELECT k, v FROM t_{name}")}
            expected = {row[0]: row[1] for row in sql(folder, f"SELECT k, {once or table} AS v FROM rows GROUP BY k")}
            same = kept.keys() == expected.keys() and all(
                close(kept[k], expected[k], float(bounds[k]) ** (2 if name == "var_samp" else 1)) if name in DOUBLES
                else kept[k] == expected[k] for k in kept)
            if not same:
                wrong += 1
                different = [(k, kept.get(k), expected.get(k)) for k in expected if kept.get(k) != expected.get(k)]
                print(f"WRONG {name}: {different[:3]}")
        for kept, once in [("SELECT k, v FROM t_having ORDER BY k", "SELECT k, sum(i) AS v FROM rows GROUP BY k HAVING count(*) > 290 ORDER BY k"),
                           ("SELECT n, v FROM t_whole", "SELECT count(*), sum(d) FROM rows WHERE i > 0")]:
            if sql(folder, kept) != sql(folder, once):
                wrong += 1
                print("WRONG", kept)
        print(f"{len(AGGREGATES) + 2 - wrong} of {len(AGGREGATES) + 2} agree")
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
