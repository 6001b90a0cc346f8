#!/usr/bin/env python3
"""One bit of one file of the lake is turned over: `audit --recount` names it, or nothing that anybody reads is different. Tables of the lake are then
made again by a rebuild, and are what they were.

  bit_flips_test.py [--flips N] [--seed S] [--kind KIND]
"""
import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import deltalake

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lake_files import lines_of, raw_files  # noqa: E402
from program import PROGRAM, SECONDS_MAX, run, run_sql  # noqa: E402
from seeds import seed_of_run  # noqa: E402

FLIPS = 2
PIPELINE = """
pipeline: kept
streams:
  orders: {key: id, partitions: 2, schema: {id: int, country: string, price: "decimal(12,3)"}}
sources:
  files: {type: file, path: "parts/*.jsonl", format: jsonl, into: orders}
tables:
  lines: {sql: "SELECT id, country, price FROM orders WHERE id % 10 <> 0"}
  sums: {sql: "SELECT country, count(*) AS n, sum(price) AS price FROM orders GROUP BY ALL"}
lake:
  streams: {orders: {raw: jsonl.zst, roll_size: 64KiB}}
  tables:
    lines: {format: delta, partition_by: [country]}
    sums: {format: delta}
"""
TABLES = ("lines", "sums")
# Kind of file: what it is found by, and whether it is made again by a rebuild.
KINDS = {"raw": ("raw/**/*.zst", False), "manifest": ("raw/**/_manifest.json", False), "cut": ("raw/**/_cuts/*.json", False),
         "parquet": ("tables/**/part-*.parquet", True), "commit": ("tables/*/_delta_log/*.json", True), "state": ("tables/*/_tailrace/*.jsonl", True),
         "checkpoint": ("tables/*/_delta_log/*.checkpoint.parquet", True)}


def filled_folder(scratch):
    folder = pathlib.Path(scratch, "kept")
    (folder / "parts").mkdir(parents=True)
    (folder / "pipeline.yaml").write_text(PIPELINE)
    for part in range(13):  # enough versions for a checkpoint
        rows = [{"id": i, "country": ("France", "Norge", "España")[i % 3], "price": f"{i}.125"} for i in range(part * 300, (part + 1) * 300)]
        (folder / "parts" / f"{part:02}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        run(folder, "run", "--once")
    return folder


def table_of(folder, name):
    rows = deltalake.DeltaTable(str(folder / ".tailrace" / "lake" / "tables" / name)).to_pyarrow_table().to_pylist()
    return sorted(json.dumps(row, default=str, sort_keys=True) for row in rows)


def seen_by_others(folder):
    """What readers of the files see, or the word that one cannot read them."""
    seen = {}
    for name in TABLES:
        try:
            seen[name] = table_of(folder, name)
        except Exception as error:  # noqa: BLE001  whatever a reader says of damage
            seen[name] = f"unreadable: {type(error).__name__}"
    try:
        seen["raw"] = [line for path in raw_files(folder / ".tailrace", "orders") for line in lines_of(path)]
    except (subprocess.CalledProcessError, ValueError, AssertionError, UnicodeDecodeError):
        seen["raw"] = "unreadable"
    return seen


def audited(folder):
    done = subprocess.run([PROGRAM, "audit", "--recount", str(folder)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)
    assert done.returncode in (0, 1, 3), f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.returncode, done.stdout + done.stderr


def turn_a_bit(folder, kind, chance):
    pattern, _ = KINDS[kind]
    path = chance.choice(sorted((folder / ".tailrace" / "lake").glob(pattern)))
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    return path


def try_one(whole, folder, kind, chance, expected):
    shutil.copytree(whole, folder)
    path = turn_a_bit(folder, kind, chance)
    where = path.relative_to(folder)
    code, told = audited(folder)
    if code == 0:
        seen = seen_by_others(folder)
        # What no version of now needs, such as commits before a checkpoint, may be damaged without being read by anybody.
        assert {name: seen[name] for name in seen if seen[name] != expected[name]} == {}, f"{where}: served as truth"
        verdict = "harmless"
    else:
        assert path.name in told, f"{where} is not named:\n{told}"
        verdict = "found"
    answers = {name: run_sql(folder, f"SELECT * FROM {name} ORDER BY ALL") for name in TABLES} if code != 3 else {}
    for name, answer in answers.items():
        assert json.loads(answer) == expected["answers"][name], f"{where} changes the answer of {name}"
    if KINDS[kind][1] and verdict == "found":
        done = subprocess.run([PROGRAM, "rebuild", "--all", str(folder)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)
        assert done.returncode == 0, f"{where}: {done.stdout}{done.stderr}"
        assert audited(folder)[0] == 0, f"{where} is not mended: {audited(folder)}"
        for name in TABLES:
            assert table_of(folder, name) == expected[name], f"{where}: {name} is not what it was"
        verdict += ", mended"
    shutil.rmtree(folder)
    return f"{where}: {verdict}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flips", type=int, default=FLIPS)
    parser.add_argument("--seed", type=int, default=seed_of_run())
    parser.add_argument("--kind", choices=KINDS)
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        whole = filled_folder(scratch)
        expected = seen_by_others(whole)
        expected["answers"] = {name: json.loads(run_sql(whole, f"SELECT * FROM {name} ORDER BY ALL")) for name in TABLES}
        assert audited(whole)[0] == 0, audited(whole)
        found = 0
        for kind in [options.kind] if options.kind else KINDS:
            for _ in range(options.flips):
                verdict = try_one(whole, pathlib.Path(scratch, "tried"), kind, chance, expected)
                found += "found" in verdict
                print(f"{kind}: {verdict}", flush=True)
        assert found, "no bit was noticed: the test tries nothing"
        print(f"tries={options.flips * (1 if options.kind else len(KINDS))} found={found} served_as_truth=0")


if __name__ == "__main__":
    main()
