#!/usr/bin/env python3
"""A database source that is killed, or whose server is, goes on without a row lost or doubled; a server that cannot be had
is named with its address and the next attempt, never with its password; rows at random are the same for the same seed,
one row number over all tables, pauses between; TLS is what the file asks for."""
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import servers

PROGRAM = os.environ["TAILRACE"]
ROWS = 60_000
SECONDS_MAX = 300


def write(folder, text):
    (pathlib.Path(folder) / "pipeline.yaml").write_text(text)


def run(folder, *words, **more):
    done = subprocess.run([PROGRAM, *words], cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX,
                          env={**os.environ, "DB_PASSWORD": servers.Postgres.password}, **more)
    assert "s3cret" not in done.stdout + done.stderr, "the password is shown"
    return done


def start(folder):
    log = open(pathlib.Path(folder) / "run.log", "ab")
    return subprocess.Popen([PROGRAM, "run", "--port", "0"], cwd=folder, stdout=log, stderr=log, env={**os.environ, "DB_PASSWORD": servers.Postgres.password})


def log_of(folder):
    return (pathlib.Path(folder) / "run.log").read_text()


def wait_for(what, is_there):
    until = time.monotonic() + SECONDS_MAX
    while not is_there():
        if time.monotonic() > until:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.05)


def ask(folder, sql):
    done = run(folder, "sql", "--json", sql)
    assert done.returncode == 0, done.stderr
    return [list(row.values()) for row in json.loads(done.stdout)]


NUMBERS = """
pipeline: numbers
server: {{data: data}}
streams:
  numbers: {{key: id, partitions: 3, schema: {{id: int, text: string}}}}
sources:
  numbers_there: {{type: {kind}, url: "{url}", password: "${{DB_PASSWORD}}", {what}, into: numbers}}
"""
TOTALS = "SELECT count(*) AS n, count(DISTINCT id) AS ids, sum(id) AS total FROM numbers"


def killed_in_the_middle(server, what):
    """kill -9 at random moments, `run --once` again each time."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, NUMBERS.format(kind=server.kind, url=server.url(), what=what))
        chance = random.Random(7)
        for _ in range(4):
            process = subprocess.Popen([PROGRAM, "run", "--once"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env={**os.environ, "DB_PASSWORD": server.password})
            try:
                process.wait(timeout=0.1 + chance.random() * 0.6)
            except subprocess.TimeoutExpired:
                process.kill()
            process.wait()
        done = run(folder, "run", "--once")
        assert done.returncode == 0, done.stdout + done.stderr
        rows = ask(folder, TOTALS)
        assert [int(value) for value in rows[0]] == [ROWS, ROWS, ROWS * (ROWS + 1) // 2], rows
        print(f"ok: {server.kind}, {what}: killed, every row once")


def server_lost(server, fill):
    """The server dies and comes back while new rows come; the summary names it, without the password."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, NUMBERS.format(kind=server.kind, url=server.url(), what="table: numbers, cursor: id, every: 100ms, settle: 100ms"))
        process = start(folder)
        try:
            listening = lambda: re.search(r'(http://[\w.:]+)[^\w.:]', log_of(folder))
            wait_for("a start", listening)
            address = listening()[1]
            total = lambda: json.loads(urllib.request.urlopen(address.rstrip("/") + "/sql?q=SELECT%20count(*)%20AS%20n%20FROM%20numbers").read())["rows"][0][0]
            wait_for("all rows", lambda: int(total()) == ROWS)
            server.stop(kill=True)
            wait_for("a word about the server", lambda: "next attempt in" in log_of(folder))
            assert f"127.0.0.1:{server.port}" in log_of(folder), log_of(folder)
            server.start()
            server.sql(fill.format(first=ROWS + 1, last=ROWS + 500))
            wait_for("the new rows", lambda: int(total()) == ROWS + 500)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=SECONDS_MAX)
        assert "s3cret" not in log_of(folder)
        rows = ask(folder, "SELECT count(DISTINCT id) AS n FROM numbers")
        assert str(ROWS + 500) in str(rows), rows
        server.sql(f"{'USE shop; ' if server.kind == 'mysql' else ''}DELETE FROM numbers WHERE id > {ROWS}")
        print(f"ok: {server.kind}: lost and found again")


def unreachable(server):
    with tempfile.TemporaryDirectory() as folder:
        url = server.url().replace(f":{server.port}/", f":{servers.free_port()}/")
        write(folder, NUMBERS.format(kind=server.kind, url=url, what="table: numbers"))
        done = run(folder, "run", "--once")
        assert done.returncode == 3, (done.returncode, done.stdout, done.stderr)
        assert url.split("@")[1].split("/")[0] in done.stdout + done.stderr, done.stdout + done.stderr
        print(f"ok: {server.kind}: a server that is not there ends the run with its address")


def wrong_query(server):
    with tempfile.TemporaryDirectory() as folder:
        write(folder, NUMBERS.format(kind=server.kind, url=server.url(), what="table: nowhere"))
        done = run(folder, "run", "--once")
        assert done.returncode != 0 and "nowhere" in done.stdout + done.stderr, done.stdout + done.stderr
        write(folder, NUMBERS.format(kind=server.kind, url=server.url(), what="table: numbers, cursor: text"))
        done = run(folder, "run", "--once")
        assert done.returncode != 0 and "a cursor is an integer" in done.stdout + done.stderr, done.stdout + done.stderr
        print(f"ok: {server.kind}: what the server refuses is told")


def changed_table(server, change):
    """Rows once and without a cursor: a table that is no longer what it was is refused, not read wrongly."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, NUMBERS.format(kind=server.kind, url=server.url(), what="table: numbers"))
        assert run(folder, "run", "--once").returncode == 0
        server.sql(change.format(text="'other'"))
        done = run(folder, "run", "--once")
        server.sql(change.format(text="'text 2'"))
        assert "no longer those that were read" in done.stdout + done.stderr, done.stdout + done.stderr
        assert [int(value) for value in ask(folder, TOTALS)[0]][:2] == [ROWS, ROWS]
        print(f"ok: {server.kind}: a changed table is a conflict")


RANDOM = """
pipeline: emulator
server: {{data: data}}
streams:
  pin:  {{schema: {{ind: int, title: string}}}}
  geo:  {{schema: {{ind: int, country: string}}}}
  user: {{schema: {{ind: int, name: string}}}}
sources:
  emulator:
    type: {kind}
    url: {url}
    password: ${{DB_PASSWORD}}
    tables: {{pin: pins, geo: geos, user: users}}
    random: {{rows: 200, pause: 0..10ms, seed: {seed}}}
    into: {{pin: /pin, geo: /geo, user: /user}}
"""


def at_random(server):
    drawn = []
    for seed, kill in ((5, False), (5, True), (6, False)):
        with tempfile.TemporaryDirectory() as folder:
            write(folder, RANDOM.format(kind=server.kind, url=server.url(), seed=seed))
            began = time.monotonic()
            if kill:
                process = subprocess.Popen([PROGRAM, "run", "--once"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                           env={**os.environ, "DB_PASSWORD": server.password})
                time.sleep(0.6)
                process.kill()
                process.wait()
            done = run(folder, "run", "--once")
            assert done.returncode == 0, done.stdout + done.stderr
            assert time.monotonic() - began > 0.5, "no pauses"
            inds = [ask(folder, f'SELECT ind FROM "{stream}" ORDER BY _offset') for stream in ("pin", "geo", "user")]
            assert inds[0] == inds[1] == inds[2] and len(inds[0]) == 200, "the tables' rows do not belong together"
            drawn.append(str(inds[0]))
    assert drawn[0] == drawn[1], "the same seed drew other rows after a kill"
    assert drawn[0] != drawn[2], "another seed drew the same rows"
    print(f"ok: {server.kind}: rows at random, the same for a seed, also after a kill")


def tls(server, offers):
    for mode, works in (("off", True), ("prefer", True), ("require", offers), ("verify", False)):
        with tempfile.TemporaryDirectory() as folder:
            write(folder, NUMBERS.format(kind=server.kind, url=server.url(), what=f"table: few, tls: {mode}"))
            done = run(folder, "run", "--once")
            assert (done.returncode == 0) == works, (mode, done.stdout, done.stderr)
            assert works or "127.0.0.1" in done.stdout + done.stderr, done.stdout + done.stderr
    if offers:
        with tempfile.TemporaryDirectory() as folder:
            what = f"table: few, tls: {{ca: {server.folder}/server.crt}}"
            write(folder, NUMBERS.format(kind=server.kind, url=server.url(), what=what))
            done = run(folder, "run", "--once")
            assert done.returncode == 0, done.stdout + done.stderr
    print(f"ok: {server.kind}: TLS is what the file asks for")


def certificate(server):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", server.folder / "server.key", "-out", server.folder / "server.crt"], check=True, capture_output=True)
    for name in ("server.key", "server.crt"):
        os.chmod(server.folder / name, 0o600 if name.endswith("key") else 0o644)
        if os.getuid() == 0:
            servers.shutil.chown(server.folder / name, server.runs_as)
    os.chmod(server.folder, 0o755)


TABLES = """
CREATE TABLE few (id int, text varchar(20)); INSERT INTO few VALUES (1, 'a'), (2, 'b'), (3, 'c');
CREATE TABLE pins (ind int PRIMARY KEY, title text); CREATE TABLE geos (ind int PRIMARY KEY, country text); CREATE TABLE users (ind int PRIMARY KEY, name text);
"""


def check(server, fill, change):
    for what in ("table: numbers, cursor: id", "table: numbers"):
        killed_in_the_middle(server, what)
    at_random(server)
    wrong_query(server)
    unreachable(server)
    changed_table(server, change)
    server_lost(server, fill)


def main():
    with servers.Postgres() as postgres:
        fill = "INSERT INTO numbers SELECT i, 'text ' || i FROM generate_series({first}, {last}) AS t(i)"
        postgres.sql("CREATE TABLE numbers (id bigint PRIMARY KEY, text text);" + fill.format(first=1, last=ROWS) + ";" + TABLES)
        for table, field in (("pins", "title"), ("geos", "country"), ("users", "name")):
            postgres.sql(f"INSERT INTO {table} SELECT i, '{field} ' || i FROM generate_series(1, 500) AS t(i)")
        check(postgres, fill, "UPDATE numbers SET text = {text} WHERE id = 2")
        tls(postgres, False)
        certificate(postgres)
        postgres.stop()
        postgres.settings = ("ssl=on", f"ssl_cert_file={postgres.folder}/server.crt", f"ssl_key_file={postgres.folder}/server.key")
        postgres.start()
        tls(postgres, True)
    with servers.MariaDb() as mariadb:
        fill = "USE shop; INSERT INTO numbers SELECT seq, CONCAT('text ', seq) FROM seq_{first}_to_{last}"
        mariadb.sql("CREATE DATABASE shop; USE shop; CREATE USER tailrace IDENTIFIED BY 's3cret/@word'; GRANT SELECT ON shop.* TO tailrace;"
                    "CREATE TABLE numbers (id bigint PRIMARY KEY, text text);" + fill.format(first=1, last=ROWS) + ";" + TABLES)
        for table, field in (("pins", "title"), ("geos", "country"), ("users", "name")):
            mariadb.sql(f"USE shop; INSERT INTO {table} SELECT seq, CONCAT('{field} ', seq) FROM seq_1_to_500")
        check(mariadb, fill, "USE shop; UPDATE numbers SET text = {text} WHERE id = 2")
        tls(mariadb, False)
        certificate(mariadb)
        mariadb.stop()
        mariadb.settings = (f"--ssl-cert={mariadb.folder}/server.crt", f"--ssl-key={mariadb.folder}/server.key")
        mariadb.start()
        tls(mariadb, True)


if __name__ == "__main__":
    sys.exit(main())
