#!/usr/bin/env python3
"""A row gets the same verdict whichever way it comes: posted to the HTTP door, loaded from a file into the data folder, or loaded
while a server runs. Generated and hostile rows of JSON lines, of CSV and of Parquet (texts, and values of every type) go all three ways; what is accepted has to be the same rows in
the same order, and what is refused the same bytes for the same reason at the same place. A load that is killed and repeated, and one
that is simply repeated, adds nothing twice.

TAILRACE_SEED repeats a run.
"""
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow
import pyarrow.parquet

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from seeds import seed_of_run
import server as harness

PROGRAM = os.environ["TAILRACE"]
ROWS = 3_000
BIG_ROWS = 150_000
ROWS_PER_POST = 97
SECONDS_MAX = 240
FIELDS = ["id", "price", "ok", "name", "day", "at", "x", "doc", "tags"]
PIPELINE = """pipeline: rows
server: {listen: 127.0.0.1:0}
streams:
  rows:
    schema:
      id: int
      price: decimal(12,3)?
      ok: bool?
      name: string
      day: date?
      at: timestamp(%m/%d/%Y %H:%M)?
      x: double?
      doc: json?
      tags: ["string"]?
"""
PIPELINE = PIPELINE.replace('["string"]?', '"json?"')

GOOD = {
    "id": ["1", "17850.0", "-9223372036854775808", "1e3"],
    "price": ["2.5", "0", "-1.125", "999999999.999", "null"],
    "ok": ["true", "false", "null"],
    "name": ['"a"', '"\\u00e9\\ud83d\\ude00 \\"q\\""', '""', '"two\\nlines, and a comma"'],
    "day": ['"2020-02-29"', "null"],
    "at": ['"12/1/2010 8:26"', "null"],
    "x": ["1e-300", "-0", "3", "null"],
    "doc": ['{"a":[1,{}]}', '"t"', "null", "12345678901234567890.5"],
    "tags": ['["x"]', "[]", "null"],
}
BAD = ["17850.5", "1e400", "9223372036854775808", '"six"', "[]", "{}", "true", '""', "1.2345678", '"2020-02-30"', '"13/1/2010 8:26"', "NaN", "01", "-", "tru", '"\\u0000"',
       '"\\ud800"', '"\\x"', '"a\tb"', "'a'", '{"a":1,"a":2}', "[" * 70 + "]" * 70, "1" * 400, "99999999999.9999", "null"]
WHOLE = ["", " ", "[]", "[1]", "5", '"text"', "null", "{", "}", '{"id":1', "not json", '{"id":1,"name":"a"} {"id":2,"name":"b"}', '{"id":1,"name":"a"}}', "\ufeff{}", '{"id":1,"name":"a",}',
         '{"ID":1,"name":"a"}', '{"id":1,"name":"a","other":2}', '{"id":1,"id":2,"name":"a"}', "  {\"id\": 7, \"name\" :\t\"spaces\" }  "]


def json_line(rng, i):
    if rng.random() < 0.08:
        return rng.choice(WHOLE).encode()
    values = {name: rng.choice(GOOD[name]) for name in FIELDS if name in ("id", "name") or rng.random() < 0.8}
    values["id"] = str(i) if rng.random() < 0.9 else values["id"]
    if rng.random() < 0.2:
        values[rng.choice(FIELDS)] = rng.choice(BAD)
    names = list(values)
    rng.shuffle(names)
    line = ("{" + ",".join(f'"{name}":{values[name]}' for name in names) + "}").encode()
    if rng.random() < 0.03:
        at = rng.randrange(len(line))
        line = line[:at] + bytes([rng.choice([0, 0x80, 0xff, 0xc3, 0x22, 0x7d, 0x5c, 0x0d])]) + line[at:]
    return line + (b"\r" if rng.random() < 0.1 else b"")


def csv_field(rng, text):
    if any(c in text for c in ',"\n\r') or rng.random() < 0.1:
        return '"' + text.replace('"', '""') + '"'
    return text


CSV_GOOD = {"id": ["1", "0017", "+5"], "price": ["2.5", "", "-1.125"], "ok": ["true", "0", "FALSE", ""], "name": ["a", 'say "hi"', "two\nlines", "", "é€😀", " spaces "],
            "day": ["2020-02-29", ""], "at": ["12/1/2010 8:26", ""], "x": ["1e-300", "3", ""], "doc": ['{"a":1}', "text", "5", ""], "tags": ["[1]", ""]}
CSV_BAD = ["17850.5", "six", "9223372036854775808", "2020-02-30", "1.23456", "tru", "x" * 300, "\x01", "NaN", "1e400", "13/13/2013"]


def csv_line(rng, i):
    # A quote that does not end goes on to the end of a body, so it is not the same row in a body and in a file.
    if rng.random() < 0.03:
        return rng.choice([b"1,2", b"1,2,3,4,5,6,7,8,9,10", b'1,"a"b,c,d,e,f,g,h,i', b",,,,,,,,", b'a"b,,,,,,,,'])
    values = [rng.choice(CSV_GOOD[name]) for name in FIELDS]
    values[0] = str(i) if rng.random() < 0.9 else values[0]
    if rng.random() < 0.2:
        values[rng.randrange(len(values))] = rng.choice(CSV_BAD)
    line = ",".join(csv_field(rng, value) for value in values).encode()
    if rng.random() < 0.02:
        at = rng.randrange(len(line))
        line = line[:at] + bytes([rng.choice([0, 0x80, 0xff, 0xc3])]) + line[at:]
    return line


def folder_in(scratch, name):
    folder = pathlib.Path(scratch, name)
    folder.mkdir()
    (folder / "pipeline.yaml").write_text(PIPELINE)
    return folder


def run(*words, timeout=SECONDS_MAX):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=timeout)


def ask(folder, sql):
    done = run("sql", "--json", sql, folder)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return answer["rows"] if isinstance(answer, dict) else answer


def held(folder):
    """What the folder has come to: the rows in their order, and what was refused."""
    names = ", ".join(f'"{name}"' for name in FIELDS)
    rows = ask(folder, f'SELECT {names} FROM "rows" ORDER BY _seq LIMIT 100000')
    letters = ask(folder, "SELECT stage, pointer, reason, raw FROM tailrace.dead_letters LIMIT 100000")
    for letter in letters:
        # The door says with the same words what it had expected, too.
        letter["reason"] = letter["reason"].removeprefix("expected a row of CSV, found ")
    return [json.dumps(row, sort_keys=True) for row in rows], sorted(json.dumps(letter, sort_keys=True) for letter in letters)


def places(folder):
    """Where records and letters came from: source, file and line, and how many of each the audit counts."""
    letters = ask(folder, "SELECT source, item, line, raw FROM tailrace.dead_letters LIMIT 100000")
    traced = [json.loads(run("trace", "--json", f"rows/0:{offset}", folder).stdout)["from"] for offset in (0, 1, 700)]
    origins = ask(folder, "SELECT * FROM tailrace.origins")
    return [json.dumps(one, sort_keys=True) for one in traced + origins], sorted(json.dumps(one, sort_keys=True) for one in letters)


def post(folder, parts, content_type):
    one = harness.Server(folder).wait_listening()
    try:
        for body in parts:
            status, reply = one.post("/streams/rows", body, {"Content-Type": content_type})
            assert status in (200, 207, 422), (status, str(reply)[:300])
    finally:
        one.stop()


def compare(what, first, second):
    for name, a, b in (("rows", first[0], second[0]), ("letters", first[1], second[1])):
        if a == b:
            continue
        only_a = [line for line in a if line not in set(b)][:3]
        only_b = [line for line in b if line not in set(a)][:3]
        raise AssertionError(f"{what}: {len(a)} and {len(b)} {name}\nonly the first: {only_a}\nonly the second: {only_b}")


PARQUET_TYPES = {"id": pyarrow.int64(), "price": pyarrow.decimal128(20, 6), "ok": pyarrow.bool_(), "name": pyarrow.string(), "day": pyarrow.date32(),
                 "at": pyarrow.timestamp("us"), "x": pyarrow.float64(), "doc": pyarrow.struct([("a", pyarrow.list_(pyarrow.int64())), ("b", pyarrow.string())]),
                 "tags": pyarrow.list_(pyarrow.string())}
FIRST = datetime(2020, 1, 1)


def text_value(rng, name, i):
    """A text for a column of texts: what CSV would hold there, or something hostile."""
    if name == "id" and rng.random() < 0.9:
        return str(i)
    if rng.random() < 0.15:
        return rng.choice(CSV_BAD + ["", "\ud7ff", "a\u2028b", "\"", "\\", "\r\n", "\x7f", "{", "[1", "null", "true "])
    return rng.choice(CSV_GOOD[name]) or (None if name not in ("id", "name") else "")


def typed_value(rng, name, i):
    """A value of the column's own type, and now and then one that the schema does not take."""
    if rng.random() < 0.15 and (name not in ("id", "name") or rng.random() < 0.1):
        return None
    return {"id": lambda: i if rng.random() < 0.95 else rng.choice([-(2**63), 2**63 - 1]),
            "price": lambda: rng.choice([Decimal("2.5"), Decimal("-0.125"), Decimal("999999999.999")] * 5 + [Decimal("0.0001"), Decimal("99999999999.5")]),
            "ok": lambda: rng.random() < 0.5,
            "name": lambda: rng.choice(["a", "", "two\nlines", "é€😀", "\x01\x1f", '"\\']),
            "day": lambda: date(2020, 2, 29) + timedelta(days=rng.randrange(-9000, 9000)),
            "at": lambda: FIRST + timedelta(minutes=rng.randrange(-10**6, 10**6), microseconds=rng.choice([0] * 20 + [1, 500_000])),
            "x": lambda: rng.choice([0.1, -0.0, 1e300, 5e-324, 3.0] * 5 + [float("nan"), float("inf"), float("-inf")]),
            "doc": lambda: {"a": rng.choice([[], [1, 2], None]), "b": rng.choice(["x", None, "\n"])},
            "tags": lambda: rng.choice([[], ["x"], ["a", None, "é"]])}[name]()


def as_posted(row):
    """A row of values as the record that it stands for."""
    def plain(name, value):
        if isinstance(value, Decimal):
            return f"decimal {value.quantize(Decimal('0.000001'))}"  # the scale of its column
        if isinstance(value, datetime):
            # The stream's own format; what it cannot say stays as it is.
            exact = value.second == 0 and value.microsecond == 0
            return value.strftime("%m/%d/%Y %H:%M") if exact else value.isoformat(timespec="auto" if value.microsecond % 1000 else "milliseconds") + "Z"
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, float) and (value != value or abs(value) == float("inf")):
            return "not a number"
        return value
    text = json.dumps({name: plain(name, value) for name, value in row.items()}, ensure_ascii=False)
    return re.sub(r'"decimal ([^"]*)"', r"\1", text).encode()


def same_letters(held_rows):
    """Letters by what their record says, for a row of Parquet has no bytes of its own."""
    rows, letters = held_rows
    loaded = [json.loads(letter) for letter in letters]
    for letter in loaded:
        letter["raw"] = json.loads(letter["raw"], parse_int=float)
    return rows, sorted(json.dumps(letter, sort_keys=True) for letter in loaded)


def parquet_ways(scratch, rng, name, value_of, types):
    records = [{column: value_of(rng, column, i) for column in FIELDS} for i in range(ROWS)]
    file = pathlib.Path(scratch, f"{name}.parquet")
    schema = pyarrow.schema([(column, types(column)) for column in FIELDS])
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records, schema=schema), file, row_group_size=700)
    posted = folder_in(scratch, f"posted-{name}")
    lines = [as_posted(record) for record in records]
    post(posted, [b"\n".join(lines[i:i + ROWS_PER_POST]) + b"\n" for i in range(0, ROWS, ROWS_PER_POST)], "application/x-ndjson")
    by_post = same_letters(held(posted))
    by_load = other_ways(scratch, name, file)
    compare(f"{name}: posted and loaded", by_post, same_letters(by_load))
    assert len(by_load[0]) > ROWS // 3 and len(by_load[1]) > ROWS // 20, "the rows try too little"
    print(f"{name}: {len(by_load[0])} rows and {len(by_load[1])} letters, the same three ways")


def three_ways(scratch, kind, lines, header):
    file = pathlib.Path(scratch, f"rows.{kind}")
    file.write_bytes((header + b"\n" if header else b"") + b"\n".join(lines) + b"\n")
    posted = folder_in(scratch, f"posted-{kind}")
    joined = [b"\n".join(lines[i:i + ROWS_PER_POST]) + b"\n" for i in range(0, len(lines), ROWS_PER_POST)]
    post(posted, [header + b"\n" + part if header else part for part in joined], "text/csv" if kind == "csv" else "application/x-ndjson")
    by_post = held(posted)
    by_load = other_ways(scratch, kind, file)
    compare(f"{kind}: posted and loaded", by_post, by_load)
    assert len(by_load[0]) > ROWS // 3 and len(by_load[1]) > ROWS // 20, "the rows try too little"
    print(f"{kind}: {len(by_load[0])} rows and {len(by_load[1])} letters, the same three ways")


def other_ways(scratch, kind, file):
    """What a load comes to, which has to be the same into a folder and through a server, once and twice."""
    loaded = folder_in(scratch, f"loaded-{kind}")
    done = run("load", file, "--into", "rows", loaded)
    assert done.returncode in (0, 1), done.stderr
    by_load = held(loaded)
    done = run("load", file, "--into", "rows", loaded)
    compare(f"{kind}: loaded once and twice", by_load, held(loaded))
    served = folder_in(scratch, f"served-{kind}")
    one = harness.Server(served).wait_listening()
    try:
        for _ in range(2):
            done = run("load", file, "--into", "rows", served, "--port", one.port)
            assert done.returncode in (0, 1), done.stderr
    finally:
        one.stop()
    by_server = held(served)
    compare(f"{kind}: loaded without and with a server", by_load, by_server)
    compare(f"{kind}: where a load without and one with a server found them", places(loaded), places(served))
    return by_load


def killed_and_repeated(scratch, rng):
    """A load goes on where a kill stopped it."""
    folder = folder_in(scratch, "killed")
    file = pathlib.Path(scratch, "big.csv")
    with open(file, "w") as out:
        out.write("id,price,ok,name,day,at,x,doc,tags\n")
        for i in range(BIG_ROWS):
            out.write(f"{i},1.5,true,name {i},2020-01-01,12/1/2010 8:26,{i}.5,,\n" if i % 1000 else f"bad {i},,,,,,,,\n")
    killed = 0
    for _ in range(5):
        process = subprocess.Popen([PROGRAM, "load", str(file), "--into", "rows", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=rng.uniform(0.1, 0.7))
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.wait()
    done = run("load", file, "--into", "rows", folder)
    assert done.returncode in (0, 1), done.stderr
    bad = BIG_ROWS // 1000
    found = ask(folder, "SELECT count(*) AS n, count(DISTINCT id) AS ids, (SELECT count(*) FROM tailrace.dead_letters) AS letters FROM \"rows\"")
    found = [int(value) for value in (found[0].values() if isinstance(found[0], dict) else found[0])]
    assert found == [BIG_ROWS - bad, BIG_ROWS - bad, bad], found
    print(f"killed {killed} times, every row and every letter once")


def main():
    seed = seed_of_run()
    print("seed", seed)
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        three_ways(scratch, "jsonl", [json_line(rng, i) for i in range(ROWS)], b"")
        three_ways(scratch, "csv", [csv_line(rng, i) for i in range(ROWS)], ",".join(FIELDS).encode())
        parquet_ways(scratch, rng, "texts", text_value, lambda column: pyarrow.string())
        parquet_ways(scratch, rng, "typed", typed_value, PARQUET_TYPES.get)
        killed_and_repeated(scratch, rng)
    return 0


if __name__ == "__main__":
    sys.exit(main())
