#!/usr/bin/env python3
"""Rows of real PostgreSQL and MariaDB servers come in with every digit, every time zone and every NULL as they are there,
and the types of a stream's schema take them: table and query, once and by a cursor."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import servers

PROGRAM = os.environ["TAILRACE"]

PIPELINE = """
pipeline: values
server: {{data: data}}
streams:
  things:
    schema:
      id: int
      big: int?
      exact: decimal(38,10)?
      wide: string?
      short: double?
      long: double?
      yes: bool?
      text: string?
      zoned: timestamp?
      local: timestamp?
      local_text: string?
      epoch: timestamp(us)?
      written: timestamp(%d/%m/%Y %H:%M:%S)?
      day: date?
      doc: json?
      parts: json?
sources:
  things_there:
    type: {kind}
    url: {url}
    password: ${{DB_PASSWORD}}
    {what}
    into: things
"""

POSTGRES = """
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE TABLE things (id bigint PRIMARY KEY, big bigint, exact numeric(38,10), wide numeric, short real, long double precision, yes boolean, text text,
  zoned timestamptz, "local" timestamp, local_text timestamp, epoch timestamp, written timestamp, day date, doc jsonb, parts jsonb);
INSERT INTO things VALUES
 (1, 9223372036854775807, 1234567890123456789012345678.0123456789, 3.14159265358979323846264338327950288419716939937510, 0.1, 0.1, true,
  E'a "quoted"\\nline \\\\ \\u00e9 \\u20ac \\U0001F600', '2020-06-01 12:00:00.123456+02', '2020-06-01 12:00:00.5', '2020-06-01 12:00:00.5',
  '1970-01-01 00:00:01.000002', '2020-06-01 12:00:00', '2020-02-29', '{"n": 12345678901234567890.123, "z": null}', '{"a": 7, "b": ["x", "y"]}'),
 (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (3, -9223372036854775808, -0.0000000001, 1e-20, 3.4028235e38, 1.7976931348623157e308, false, '', '0001-01-01 00:00:00+00', '9999-12-31 23:59:59.999999',
  NULL, NULL, NULL, '9999-12-31', '"only text"', '{}'),
 (4, 4, 'NaN', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (5, 5, NULL, NULL, NULL, NULL, NULL, NULL, 'infinity', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
"""

MARIADB = """
CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop; SET time_zone = '+00:00'; SET sql_mode = 'NO_BACKSLASH_ESCAPES';
CREATE USER tailrace IDENTIFIED BY 's3cret/@word'; GRANT SELECT ON shop.* TO tailrace;
CREATE TABLE things (id bigint PRIMARY KEY, big bigint, exact decimal(38,10), wide decimal(60,30), short float, `long` double, yes boolean, text text,
  zoned timestamp(6) NULL, `local` datetime(6), local_text datetime(1), epoch datetime(6), written datetime, day date, doc json, parts json);
INSERT INTO things VALUES
 (1, 9223372036854775807, 1234567890123456789012345678.0123456789, 3.141592653589793238462643383279, 0.1, 0.1, true,
  CONCAT('a "quoted"', CHAR(10), 'line ', CHAR(92), ' é € 😀'), '2020-06-01 10:00:00.123456', '2020-06-01 12:00:00.5', '2020-06-01 12:00:00.5',
  '1970-01-01 00:00:01.000002', '2020-06-01 12:00:00', '2020-02-29', '{"n": 12345678901234567890.123, "z": null}', '{"a": 7, "b": ["x", "y"]}'),
 (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (3, -9223372036854775808, -0.0000000001, 1e-20, 3.4028235e38, 1.7976931348623157e308, false, '', '2001-01-01 00:00:00', '9999-12-31 23:59:59.999999',
  NULL, NULL, NULL, '9999-12-31', '"only text"', '{}');
SET sql_mode = '';
INSERT INTO things (id, big, `local`) VALUES (5, 5, '0000-00-00');
"""

FIRST = {
    "id": 1, "big": 9223372036854775807, "exact": "1234567890123456789012345678.0123456789", "short": 0.1, "long": 0.1, "yes": True,
    "text": "a \"quoted\"\nline \\ é € 😀", "zoned": "2020-06-01T10:00:00.123456Z", "local": "2020-06-01T12:00:00.500Z", "local_text": "2020-06-01 12:00:00.5",
    "epoch": "1970-01-01T00:00:01.000002Z", "written": "2020-06-01T12:00:00Z", "day": "2020-02-29", "parts": '{"a": 7, "b": ["x", "y"]}',
}
QUESTION = """SELECT id, big, exact::VARCHAR AS exact, wide, short, long, yes, text, zoned, "local", local_text, epoch, written, day, doc::VARCHAR AS doc,
  parts::VARCHAR AS parts FROM things ORDER BY id"""


def run(folder, *words):
    done = subprocess.run([PROGRAM, *words], cwd=folder, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "DB_PASSWORD": servers.Postgres.password})
    assert "s3cret" not in done.stdout + done.stderr, "the password is shown"
    return done


def check(server, what, refused, wide, short_digits):
    with tempfile.TemporaryDirectory() as scratch:
        (pathlib.Path(scratch) / "pipeline.yaml").write_text(PIPELINE.format(kind=server.kind, url=server.url(), what=what))
        done = run(scratch, "run", "--once")
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"3 accepted, {refused} refused" in done.stdout, done.stdout
        rows = json.loads(run(scratch, "sql", "--json", QUESTION).stdout)
        rows = rows["rows"] if isinstance(rows, dict) and "rows" in rows else rows
        if rows and isinstance(rows[0], list):
            names = ["id", "big", "exact", "wide", "short", "long", "yes", "text", "zoned", "local", "local_text", "epoch", "written", "day", "doc", "parts"]
            rows = [dict(zip(names, row)) for row in rows]
        first, nothing, last = rows
        for name, value in FIRST.items():
            if name in first:
                assert first[name] == value or str(first[name]) == str(value), (server.kind, what, name, first[name], value)
        assert first["wide"] == wide, first["wide"]
        assert "12345678901234567890.123" in first["doc"] and "null" in first["doc"], first["doc"]
        assert all(value is None for name, value in nothing.items() if name != "id"), nothing
        assert last["big"] in (-9223372036854775808, "-9223372036854775808") and last["text"] == "", last
        assert last["exact"] == "-0.0000000001" and last["yes"] is False and last["doc"] == '"only text"', last
        assert last["long"] == 1.7976931348623157e308 and abs(last["short"] / 3.4028235e38 - 1) < 1e-12, last
        assert last["local"] == "9999-12-31T23:59:59.999999Z" and last["day"] == "9999-12-31", last
        again = run(scratch, "run", "--once")
        assert "0 accepted" in again.stdout, "rows came twice: " + again.stdout
        print(f"ok: {server.kind}, {what}")


def main():
    with servers.Postgres() as postgres:
        postgres.sql(POSTGRES)
        for what in ("table: things", "table: public.things\n    cursor: id", 'sql: "SELECT * FROM things -- all"'):
            check(postgres, what, 2, "3.14159265358979323846264338327950288419716939937510", 8)
    with servers.MariaDb() as mariadb:
        mariadb.sql(MARIADB)
        for what in ("table: things", "table: shop.things\n    cursor: id", 'sql: "SELECT * FROM things -- all"'):
            check(mariadb, what, 1, "3.141592653589793238462643383279", 8)


if __name__ == "__main__":
    sys.exit(main())
