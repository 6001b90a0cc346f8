#!/usr/bin/env python3
"""A NaN or an infinity in a Parquet file is no number wherever it stands: its row is refused with its place, alone or inside lists, structs and maps."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import pyarrow
import pyarrow.parquet

PROGRAM = os.environ["TAILRACE"]
SECONDS_MAX = 120
PIPELINE = """
pipeline: numbers
streams:
  rows:
    schema: {id: int, x: double?, xs: "[double?]?", place: "{v: double?}?", named: "{'*': 'double?'}?", deep: "[{vs: ['double?']}]?", half: "[double?]?"}
"""
NAN, INF = float("nan"), float("inf")
# Row by row: what it holds besides its id, and the place of what is wrong with it.
ROWS = [({"x": 1.5, "xs": [0.5, None], "place": {"v": 2.5}, "named": {"a": 1.0, "b": None}, "deep": [{"vs": [1.0, None]}], "half": [0.5, None]}, None),
        ({"x": NAN}, "/x"), ({"x": -INF}, "/x"), ({"xs": [1.0, NAN]}, "/xs/1"), ({"xs": [INF]}, "/xs/0"), ({"place": {"v": NAN}}, "/place/v"),
        ({"named": {"k": -INF}}, "/named/k"), ({"deep": [{"vs": []}, {"vs": [None, NAN]}]}, "/deep/1/vs/1"), ({"half": [NAN]}, "/half/0"), ({}, None)]
DOUBLE = pyarrow.float64()
SCHEMA = pyarrow.schema([("id", pyarrow.int64()), ("x", DOUBLE), ("xs", pyarrow.list_(DOUBLE)), ("place", pyarrow.struct([("v", DOUBLE)])),
                         ("named", pyarrow.map_(pyarrow.string(), DOUBLE)), ("deep", pyarrow.list_(pyarrow.struct([("vs", pyarrow.list_(DOUBLE))]))),
                         ("half", pyarrow.list_(pyarrow.float32()))])


def tailrace(*words, status=0):
    done = subprocess.run([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        (folder / "pipeline.yaml").write_text(PIPELINE)
        records = [{**dict.fromkeys(SCHEMA.names), "id": i, **row} for i, (row, _) in enumerate(ROWS)]
        for record in records:
            record["named"] = record["named"] and list(record["named"].items())
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records, schema=SCHEMA), folder / "rows.parquet")
        tailrace("load", folder / "rows.parquet", folder, "--into", "rows", status=1)
        held = json.loads(tailrace("sql", "--json", "SELECT id, x, xs, place, named, deep, half FROM rows ORDER BY id", folder))
        good = [i for i, (_, wrong) in enumerate(ROWS) if wrong is None]
        assert [int(row["id"]) for row in held] == good, held
        assert held[0] == {"id": held[0]["id"], **ROWS[0][0]}, held[0]
        letters = json.loads(tailrace("dlq", "show", "rows", folder, "--json"))
        places = [letter["errors"][0]["pointer"] if "errors" in letter else letter["pointer"] for letter in letters]
        assert places == [wrong for _, wrong in ROWS if wrong], letters


if __name__ == "__main__":
    sys.exit(main())
