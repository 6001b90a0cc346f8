#!/usr/bin/env python3
"""Random pipelines: the live result = the rebuilt result = the result in other batch sizes = the result after kills, exactly.

Each seed makes a pipeline (schema, partitions, tables with any aggregates, unique, filters, unnest, collections with every merge) and
records, some of which a table or a collection cannot take. They come in small pieces, by our own door and by those of Kafka and Kinesis, some
also by a poll; some of the pieces are waited for, with kills between. What
is then there is held against its rebuild beside the running server, and against what another folder makes of the same log, in one piece
and killed at marked points. Stored rows, tables and documents must be the same text, doubles too, and no dead letter may be added.

    replay_equals_live_test.py [--seeds N | --minutes M] [--first SEED]
"""
import argparse
import base64
import collections
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lake"))
from lake_files import read_raw  # noqa: E402
from seeds import seed_of_run  # noqa: E402

SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("TAILRACE", str(SOURCE / "build" / "tailrace"))
SECONDS_MAX = 120
SEEDS = 50
LAKE_SHARE = 0.5  # of the pipelines: what comes is kept in the lake too, in small files
POLL_SHARE = 0.2  # of the pipelines: the last pieces come by a poll
POLLED_PIECES = 2

# Name, type, and a value as JSON text.
FIELDS = [
    ("i", "int?", lambda r: str(r.randrange(-50, 50))),
    ("big", "int?", lambda r: str(r.randrange(-2**62, 2**62))),
    ("d", "decimal(12,2)?", lambda r: f"{r.randrange(-10**6, 10**6) / 100:.2f}"),
    ("x", "double?", lambda r: repr(r.uniform(-1, 1) * 10.0 ** r.randrange(-12, 13))),
    ("b", "bool?", lambda r: r.choice(["true", "false"])),
    ("s", "string?", lambda r: json.dumps(r.choice(["", "a", "b", "7", "Ä", "x y", "q\"", "long " * 5]))),
    ("t", "timestamp?", lambda r: f'"2020-0{r.randrange(1, 10)}-{r.randrange(1, 29):02}T{r.randrange(24):02}:00:00Z"'),
    ("day", "date?", lambda r: f'"2021-{r.randrange(1, 13):02}-11"'),
    ("l", '["int?"]', lambda r: "[" + ",".join(r.choice(["null", str(r.randrange(9))]) for _ in range(r.randrange(4))) + "]"),
    ("o", '{a: "int?", w: "string?"}', lambda r: f'{{"a":{r.randrange(5)},"w":"{r.choice("uvw")}"}}'),
]
AGGREGATES = [
    "count(*)", "count(i)", "count(DISTINCT s)", "sum(i)", "sum(d)", "sum(x)", "sum(i * d)", "min(s)", "max(t)", "avg(i)", "avg(d)", "avg(x)",
    "any_value(s)", "first(i)", "last(s)", "arg_min(s, i)", "arg_max(i, x)", "bool_and(b)", "bool_or(b)", "var_samp(i)", "stddev_pop(x)",
    "list(i)", "string_agg(s, '|')", "median(i)", "quantile_cont(d, 0.9)", "quantile_disc(i, 0.25)", "mode(s)",
    "sum(i) FILTER (WHERE b)", "count(*) FILTER (WHERE d > 0)", "CASE WHEN count(*) > 5 THEN sum(d) ELSE 0 END", "max(big) - min(big)",
]
KEYS = ["k", "b", "s", "date_trunc('month', t)", "i % 3", "day"]
# Some record of each is a fault of the data, and a dead letter.
RISKY = ["s::INT", "100 // (CASE WHEN i = 13 THEN s::INT ELSE 1 END)", "CAST(big AS SMALLINT)"]
FILTERS = ["i > 0", "d IS NOT NULL", "b", "s LIKE '%a%'", "o.a = 1", "k <> 'k1'"]
POINTS = ["warehouse.tables_written", "warehouse.tables_committed", "warehouse.rows_written", "warehouse.rows_committed", "documents.written",
          "documents.committed", "documents.committed:2", "engine.table_letters_written", "engine.document_letters_written"]
MERGES = ["attributes", "deep", "patch", "replace"]
DOCUMENTS = [
    "json_object('i', i, 's', s)", "json_object(coalesce(s, 'none'), json_object('d', d, 'n', big))", "_record",
    "json_object('o', o, 'l', l, 'deep', json_object(k, i))", "{'x': x, 'when': t}",
]


class Api:
    """Gives a piece for each request, as long as there are any."""

    def __init__(self, pieces):
        outer = self
        self.pieces, self.asked, self.lock = collections.deque(pieces), 0, threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with outer.lock:
                    outer.asked += 1
                    piece = outer.pieces.popleft() if outer.pieces else []
                body = ('{"items":[' + ",".join(piece) + "]}").encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # a poller that is killed hangs up
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/items"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_done(self):
        """Whoever asks again has taken all that it was given before."""
        self._until(lambda: not self.pieces)
        asked = self.asked
        self._until(lambda: self.asked > asked)

    def _until(self, done):
        end = time.monotonic() + SECONDS_MAX
        while not done():
            assert time.monotonic() < end, "the poll does not ask"
            time.sleep(0.02)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def base64_of(record):
    return base64.b64encode(record.encode()).decode()


# How records come in: method, path, body, further header fields, the field of the key under which they come again, what in the answer says
# that none was refused.
DOORS = {
    "own": lambda records: ("POST", "/streams/rows", "\n".join(records), {"Content-Type": "application/x-ndjson"}, "Idempotency-Key", '"rejected":0'),
    "kafka": lambda records: ("POST", "/topics/rows", '{"records":[' + ",".join(f'{{"value":{record}}}' for record in records) + "]}",
                              {"Content-Type": "application/vnd.kafka.json.v2+json"}, "Idempotency-Key", '"offsets"'),
    "kinesis": lambda records: ("POST", "/", json.dumps({"StreamName": "rows", "Records": [{"Data": base64_of(r), "PartitionKey": "p"} for r in records]}),
                                {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Kinesis_20131202.PutRecords"},
                                "amz-sdk-invocation-id", '"FailedRecordCount":0'),
    "gateway": lambda records: ("PUT", "/streams/rows/records",
                                '{"Records":[' + ",".join(f'{{"Data":{record},"PartitionKey":"p"}}' for record in records) + "]}",
                                {"Content-Type": "application/json"}, "Idempotency-Key", '"FailedRecordCount":0'),
}


class Pipeline:
    def __init__(self, rng):
        self.rng = rng
        self.has_lake = rng.random() < LAKE_SHARE
        self.is_polled = rng.random() < POLL_SHARE
        self.partitions = rng.choice([1, 2, 3])
        self.fields = FIELDS
        where = lambda: f" WHERE {rng.choice(FILTERS)}" if rng.random() < 0.4 else ""
        tables = {}
        for n in range(rng.randrange(1, 4)):
            keys = rng.sample(KEYS, rng.randrange(0, 3))
            columns = [f"{key} AS g{i}" for i, key in enumerate(keys)]
            columns += [f"{a} AS a{i}" for i, a in enumerate(rng.sample(AGGREGATES, rng.randrange(1, 6)))]
            having = " HAVING count(*) > 2" if keys and rng.random() < 0.3 else ""
            tables[f"grouped{n}"] = f"SELECT {', '.join(columns)} FROM rows{where()}" + (" GROUP BY ALL" if keys else "") + having
        tables["lines"] = f"SELECT *, i * 2 AS twice FROM rows{where()}"
        tables["items"] = "SELECT k, unnest(l) AS item FROM rows"
        tables["risky"] = f"SELECT k, {rng.choice(RISKY)} AS value FROM rows{where()}"
        tables["risky_sum"] = f"SELECT k, sum({rng.choice(RISKY)}) AS value, count(*) AS n FROM rows GROUP BY k"
        self.tables = list(tables)
        lines = ["pipeline: random", "streams:", "  rows:", f"    key: {rng.choice(['id', 'k'])}", f"    partitions: {self.partitions}",
                 "    schema:", "      id: int", "      k: string"]
        lines += [f"      {name}: {type if type[0] in '[{' else json.dumps(type)}" for name, type, _ in self.fields]
        lines += ["tables:"] + [f"  {name}: {{sql: {json.dumps(sql)}}}" for name, sql in tables.items()]
        lines.append('  newest: {sql: "SELECT k, id, s FROM rows", unique: [k]}')
        lines.append(f'  newest_of_two: {{sql: "SELECT k, b, id, x FROM rows{where()}", unique: [k, b]}}')
        self.tables += ["newest", "newest_of_two", "rows"]
        lines.append("collections:")
        self.collections = []
        for n in range(2):
            name = f"docs{n}"
            key = rng.choice(["k", "s", "CASE WHEN i > 20 THEN NULL ELSE k END"])
            document = rng.choice(DOCUMENTS)
            indexed = rng.random() < 0.5
            sql = f"SELECT {key} AS key, {document} AS document{', b AS b' if indexed else ''} FROM rows{where()}"
            lines.append(f"  {name}: {{sql: {json.dumps(sql)}, merge: {rng.choice(MERGES)}{', index: [b]' if indexed else ''}}}")
            self.collections.append(name)
        lines.append('  risky_docs: {sql: "SELECT k AS key, json_object(\'n\', s::INT) AS document FROM rows", merge: attributes}')
        self.collections.append("risky_docs")
        if self.has_lake:
            lines.append("lake: {streams: {rows: {raw: jsonl.zst, roll_size: 64KiB, roll_after: 1s}}}")
        self.text = "\n".join(lines) + "\n"

    def record(self, number):
        r = self.rng
        members = [f'"id":{number}', f'"k":"k{r.randrange(8)}"']
        for name, type_, value in self.fields:
            if type_[0] not in "[{" and r.random() < 0.15:
                if r.random() < 0.5:
                    members.append(f'"{name}":null')
                continue
            members.append(f'"{name}":{value(r)}')
        return "{" + ",".join(members) + "}"


class Server:
    def __init__(self, folder):
        self.process = subprocess.Popen([PROGRAM, "run", folder, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                break
        else:
            raise AssertionError("".join(lines))
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)

    def ask(self, method, path, body=None, type_="application/json"):
        self.connection.request(method, path, body=body, headers={"Content-Type": type_} if body else {})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, f"{method} {path}: {answer.status} {text[:400]}"
        return text

    def post(self, records, key, door):
        method, path, body, headers, key_field, well = DOORS[door](records)
        self.connection.request(method, path, body=body.encode(), headers={**headers, key_field: key})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200 and well in text, f"{door}: {text[:400]}"

    def position(self):
        partitions = json.loads(self.ask("GET", "/streams/rows"))["partitions"]
        return "rows/" + ",".join(f"{p['partition']}:{p['end']}" for p in partitions if p["end"])

    def wait(self):
        self.ask("GET", f"/sql?q=SELECT%201&timeout=60s&wait_for={self.position()}")

    def answers(self, pipeline):
        """Text for text as the program gives it: no number is read on the way."""
        self.wait()
        found = {}
        for name in pipeline.tables:
            body = self.ask("POST", "/sql", json.dumps({"sql": f"FROM {name} ORDER BY ALL"}))
            found[name] = re.sub(r',"as_of":.*$', "", body)
        for name in pipeline.collections:
            found[name] = self.ask("GET", f"/collections/{name}?limit=1000")
        letters = re.search(r'^tailrace_dead_letters\{stream="rows"\} (\S+)', self.ask("GET", "/metrics"), re.MULTILINE)
        found["letters"] = letters[1]
        return found

    def rebuild(self, name):
        events = self.ask("POST", f"/rebuild/{name}?diff=true")
        done = re.search(r"event: done\ndata: (.*)\n", events)
        assert done, f"rebuild {name}: {events[-600:]}"
        done = json.loads(done[1])
        assert (done["only_in_old"], done["only_in_new"]) == (0, 0), f"rebuild {name}: {events[:2000]}"

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.communicate(timeout=SECONDS_MAX)
        self.connection.close()


def compare(seed, what, wanted, found, pipeline):
    wrong = [name for name in wanted if wanted[name] != found[name]]
    for name in wrong:
        print(f"seed {seed}: {name} differs, {what}\n  live  {wanted[name][:700]}\n  other {found[name][:700]}")
    if wrong:
        print(pipeline.text)
    return not wrong


def place(folder, pipeline):
    folder.mkdir()
    (folder / "pipeline.yaml").write_text(pipeline.text)
    return folder


def run_live(folder, pipeline, pieces, rng):
    """Posts the pieces with waits and kills between them; the server that is left."""
    server = Server(folder)
    kills = rng.sample(range(len(pieces)), min(2, len(pieces)))
    for n, piece in enumerate(pieces):
        door = rng.choice(sorted(DOORS))
        server.post(piece, f"p{n}", door)
        if rng.random() < 0.5:
            server.wait()
        if n in kills:
            server.stop(signal.SIGKILL)
            server = Server(folder)
            server.post(piece, f"p{n}", door)
    return server


def poll_the_rest(folder, pipeline, server, pieces, rng):
    """The server that is left, once it has polled them and was killed on the way."""
    server.stop()
    api = Api(pieces)
    source = f"sources: {{api: {{type: poll, every: 1s, url: {json.dumps(api.address)}, records: /items/*, allow_private: true, into: rows}}}}\n"
    (folder / "pipeline.yaml").write_text(pipeline.text + source)
    server = Server(folder)
    time.sleep(rng.uniform(0, 1.2))
    server.stop(signal.SIGKILL)
    server = Server(folder)
    api.wait_done()
    api.close()
    # From here on nothing comes any more.
    (folder / "pipeline.yaml").write_text(pipeline.text)
    server.stop()
    return Server(folder)


def lake_is_the_log(folder):
    """Whether the files of the lake hold what the stored rows say that the log has, from its beginning on and without a gap."""
    held = read_raw(folder / ".tailrace", "rows")
    return all(lines[0]["offset"] == 0 and [line["offset"] for line in lines] == list(range(len(lines))) for lines in held.values())


def run_replay(folder, live_folder, rng):
    """Makes everything from the same log, in as large batches as there are, killed at marked points on the way."""
    for kept in ("log", "dlq", "FORMAT"):
        place_of = live_folder / ".tailrace" / kept
        if place_of.is_dir():
            shutil.copytree(place_of, folder / ".tailrace" / kept)
        else:
            (folder / ".tailrace").mkdir(exist_ok=True)
            shutil.copy(place_of, folder / ".tailrace" / kept)
    for point in rng.sample(POINTS, 2):
        killed = subprocess.run([PROGRAM, "run", "--once", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env=os.environ | {"TAILRACE_CRASH_AT": point}, timeout=SECONDS_MAX)
        assert killed.returncode in (0, -signal.SIGKILL), killed.returncode
    return Server(folder)


def run_seed(seed, scratch):
    rng = random.Random(seed)
    pipeline = Pipeline(rng)
    records = [pipeline.record(n) for n in range(rng.randrange(60, 400))]
    pieces = []
    while records:
        size = rng.randrange(1, 60)
        pieces.append(records[:size])
        records = records[size:]

    folder = place(scratch / "live", pipeline)
    polled = [pieces.pop() for _ in range(min(POLLED_PIECES, len(pieces) - 1))] if pipeline.is_polled else []
    server = run_live(folder, pipeline, pieces, rng)
    if polled:
        server = poll_the_rest(folder, pipeline, server, polled, rng)
    live = server.answers(pipeline)
    for name in rng.sample(pipeline.tables + pipeline.collections, 6):
        server.rebuild(name)
    sound = compare(seed, "rebuilt", live, server.answers(pipeline), pipeline)
    server.stop()
    if pipeline.has_lake:
        sound &= lake_is_the_log(folder)

    replayed = place(scratch / "replayed", pipeline)
    server = run_replay(replayed, folder, rng)
    sound &= compare(seed, "made again in other batches and with kills", live, server.answers(pipeline), pipeline)
    server.stop()
    return sound


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seeds", type=int, default=int(os.environ.get("TAILRACE_SEEDS", SEEDS)))
    arguments.add_argument("--minutes", type=float, help="instead: as many as there is time for")
    arguments.add_argument("--first", type=int, default=seed_of_run())
    options = arguments.parse_args()
    began = time.monotonic()
    tried, wrong = 0, []

    def is_done():
        return tried >= options.seeds if options.minutes is None else time.monotonic() - began >= options.minutes * 60

    while not is_done():
        seed = options.first + tried
        tried += 1
        with tempfile.TemporaryDirectory() as scratch:
            if not run_seed(seed, pathlib.Path(scratch)):
                wrong.append(seed)
    print(f"{tried - len(wrong)} of {tried} random pipelines agree, seeds from {options.first}, {time.monotonic() - began:.0f} s; wrong: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
