#!/usr/bin/env python3
"""Dead letters are sent again while the program is killed at marked points, and once more: nothing twice, nothing lost, and a rebuild
gives what the live run gave, documents included."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("TAILRACE", str(pathlib.Path(__file__).resolve().parents[2] / "build" / "tailrace"))
SECONDS_MAX = 120
ROWS = 2200

PIPELINE = """pipeline: shop
streams:
  sales:
    key: id
    partitions: 2
    schema: {id: string, customer: string, price: "decimal(12,2)", size: string}
sources:
  file: {type: file, path: "rows.csv", format: csv, into: sales}
tables:
  totals: {sql: "SELECT customer, sum(price) AS total, count(*) AS sales, sum(size::INT) AS size FROM sales GROUP BY customer"}
  latest: {sql: "SELECT customer, id, size::INT AS size FROM sales", unique: [customer]}
  plain: {sql: "SELECT id, customer FROM sales"}
collections:
  customers: {sql: "SELECT customer AS key, json_object(id, size::INT, 'last', size::INT) AS document FROM sales", merge: attributes}
server: {data: data}
"""

FIX = """SELECT letter, json_merge_patch(record, json_object('price', replace(record->>'price', ',', '.'), 'size', replace(record->>'size', 'XL', '9')))
AS record FROM dead_letters"""

# The point, and the pass at which the program is killed there.
POINTS = [("engine.redrive_page_sent", 1), ("engine.redrive_page_sent", 2), ("log.batch_synced", 5), ("log.batch_written", 30), ("warehouse.tables_committed", 1),
          ("warehouse.tables_written", 2), ("warehouse.rows_committed", 1), ("documents.committed", 1), ("documents.committed", 2)]


def run(folder, *words, crash_at=None):
    env = dict(os.environ) | ({"TAILRACE_CRASH_AT": crash_at} if crash_at else {})
    return subprocess.run([PROGRAM, *words], cwd=folder, env=env, text=True, capture_output=True, timeout=SECONDS_MAX)


def done(folder, *words):
    result = run(folder, *words)
    assert result.returncode == 0, f"{words}: {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stdout


def ask(folder, sql):
    return json.loads(done(folder, "sql", sql, "--json"))


def state(folder):
    """All that was made of the stream, in an order that does not depend on how."""
    return {"stream": ask(folder, "SELECT id, count(*) AS n, sum(price) AS price FROM sales GROUP BY id ORDER BY id"),
            "totals": ask(folder, "SELECT * FROM totals ORDER BY customer"),
            "latest": ask(folder, "SELECT * FROM latest ORDER BY customer"),
            "plain": ask(folder, "SELECT id, customer, count(*) AS n FROM plain GROUP BY ALL ORDER BY id")}


def documents(folder):
    """From the store itself: the last word for each customer depends on the order in which records were taken."""
    import sqlite3
    with sqlite3.connect(f"file:{folder}/data/documents.sqlite?mode=ro", uri=True) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in tables:
            columns = [column[1] for column in database.execute(f'PRAGMA table_info("{table}")')]
            if "key" not in columns:
                continue
            body = [column for column in columns if column in ("document", "json", "body")]
            if body:
                for key, text in database.execute(f'SELECT key, "{body[0]}" FROM "{table}"'):
                    found[key if isinstance(key, str) else key.decode()] = json.loads(text)
        return found


def rows():
    """Every third price has a decimal comma (refused by the schema), every fifth size is no number (refused by tables and documents)."""
    lines = ["id,customer,price,size"]
    for i in range(ROWS):
        price = f'"{i % 90},25"' if i % 3 == 0 else f"{i % 90}.25"
        lines.append(f"r{i},c{i % 17},{price},{'XL' if i % 5 == 0 else i % 40}")
    return "\n".join(lines) + "\n"


def check_totals(folder):
    expected = {}
    for i in range(ROWS):
        entry = expected.setdefault(f"c{i % 17}", [0, 0, 0])
        entry[0] += (i % 90) * 100 + 25
        entry[1] += 1
        entry[2] += 9 if i % 5 == 0 else i % 40
    found = {row["customer"]: [round(float(row["total"]) * 100), row["sales"], row["size"]] for row in ask(folder, "FROM totals")}
    assert found == expected, f"totals are {found}, should be {expected}"
    twice = ask(folder, "SELECT id, count(*) AS n FROM sales GROUP BY id HAVING n <> 1")
    assert not twice, f"in the stream not once: {twice[:3]}"
    assert ask(folder, "SELECT count(DISTINCT id) AS n FROM plain")[0]["n"] == ROWS
    assert ask(folder, "SELECT count(*) AS n FROM plain")[0]["n"] == ROWS


def redrive_until_none(folder, crash_at=None):
    """A record refused by the schema may be refused again by a table; its letter there is sent again too."""
    killed = False
    for _ in range(6):
        result = run(folder, "dlq", "redrive", "sales", "--with", "fix.sql", crash_at=None if killed else crash_at)
        killed = killed or result.returncode == -signal.SIGKILL
        assert killed or result.returncode in (0, 1), f"{result.returncode}\n{result.stdout}{result.stderr}"
        if result.returncode != -signal.SIGKILL and "sales: 0 dead letters" in result.stdout:
            break
    listed = json.loads(done(folder, "dlq", "list", "--json"))[0]
    assert (listed["open"], listed["pending"]) == (0, 0), listed
    return killed


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "shop"
        folder.mkdir()
        (folder / "pipeline.yaml").write_text(PIPELINE)
        (folder / "rows.csv").write_text(rows())
        (folder / "fix.sql").write_text(FIX)
        done(folder, "run", "--once")
        listed = json.loads(done(folder, "dlq", "list", "--json"))[0]
        by_schema = sum(i % 3 == 0 for i in range(ROWS))
        by_each_of_three = sum(i % 5 == 0 and i % 3 != 0 for i in range(ROWS))
        assert listed["open"] == by_schema + 3 * by_each_of_three, listed
        template = pathlib.Path(scratch) / "template"
        shutil.copytree(folder / "data", template)
        failures = reached = 0
        for point, count in [(None, 0), *POINTS]:
            shutil.rmtree(folder / "data")
            shutil.copytree(template, folder / "data")
            try:
                killed = redrive_until_none(folder, point and f"{point}:{count}")
                reached += killed
                check_totals(folder)
                live, live_documents = state(folder), documents(folder)
                assert len(live_documents) >= 17, live_documents
                for name in ("totals", "latest", "plain", "customers", "sales"):
                    done(folder, "rebuild", name)
                assert state(folder) == live, "a rebuild gives other rows"
                assert documents(folder) == live_documents, "a rebuild gives other documents"
                listed = json.loads(done(folder, "dlq", "list", "--json"))[0]
                assert (listed["open"], listed["pending"]) == (0, 0), f"after a rebuild: {listed}"
                print(f"ok: {point}:{count} {'killed' if killed else 'not reached' if point else 'no kill'}", flush=True)
            except AssertionError as error:
                failures += 1
                print(f"FAILED: {point}:{count}: {error}", flush=True)
        if reached < len(POINTS) // 2:
            failures += 1
            print(f"FAILED: only {reached} of {len(POINTS)} points were reached")
        return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
