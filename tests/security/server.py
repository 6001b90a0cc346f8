"""A pipeline served in a folder of its own, for the tests of this folder."""
import http.client
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import threading

TAILRACE = os.environ.get("TAILRACE", str(pathlib.Path(__file__).resolve().parents[2] / "build" / "tailrace"))
PATIENCE_SECONDS = 120

PIPELINE = """
pipeline: shop
streams:
  sales: {schema: {id: int, item: string}, aliases: [shop.sales]}
  notes: {schema: {text: string}}
tables:
  items: {sql: "SELECT item, count(*) AS n FROM sales GROUP BY ALL"}
views:
  best: {sql: "SELECT item FROM items ORDER BY n DESC, item LIMIT 1"}
collections:
  by_id: {sql: "SELECT id AS key, json_object('item', item) AS document FROM sales"}
apis:
  top: {sql: "FROM items ORDER BY n DESC, item LIMIT 3"}
dashboards:
  shop:
    params: {id: int?}
    choices: {id: "SELECT id FROM sales ORDER BY 1"}
    tiles: [{sql: "SELECT item, count(*) AS n FROM sales WHERE $id IS NULL OR id = $id GROUP BY ALL"}]
sources:
  door: {type: http, route: POST /door, into: sales}
"""


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Served:
    """`with Served(server="...") as served`: the program runs until the end of the block; its outputs are kept."""

    def __init__(self, server="", files=None, environment=None, pipeline=PIPELINE, listen="127.0.0.1:0", start=True):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.scratch.name)
        for name, text in (files or {}).items():
            (self.folder / name).write_text(text)
        self.file = self.folder / "pipeline.yaml"
        self.file.write_text(pipeline + "server:\n  listen: \"%s\"\n%s" % (listen, server))
        self.environment = dict(os.environ, **(environment or {}))
        self.process = None
        self.lines = []
        if start:
            self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.scratch.cleanup()

    def start(self):
        self.errors = open(self.folder / "stderr.txt", "ab")
        self.process = subprocess.Popen([TAILRACE, "run", str(self.file)], stdout=subprocess.PIPE, stderr=self.errors, text=True,
                                        env=self.environment)
        listening = threading.Event()

        def read():
            for line in self.process.stdout:
                self.lines.append(line)
                if "listening on" in line:
                    listening.set()
            listening.set()

        self.reader = threading.Thread(target=read, daemon=True)
        self.reader.start()
        assert listening.wait(PATIENCE_SECONDS), "the server does not start"
        line = next((one for one in self.lines if "listening on" in one), None)
        assert line, "the server does not start: " + self.errors_text()
        self.scheme, _, address = line.split()[-1].partition("://")
        self.port = int(address.rpartition(":")[2])

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)
        self.reader.join(PATIENCE_SECONDS)
        self.process.stdout.close()
        self.errors.close()
        self.process = None

    def errors_text(self):
        return (self.folder / "stderr.txt").read_text(errors="replace")

    def run(self, *arguments, environment=None):
        """Any command of the program, with the pipeline's folder at the end."""
        return subprocess.run([TAILRACE, *arguments, str(self.file)], capture_output=True, text=True, timeout=PATIENCE_SECONDS,
                              env=dict(self.environment, **(environment or {})))

    def key(self, *arguments):
        """A new key's text."""
        made = self.run("keys", "add", *arguments)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def ask(self, method, target, body=None, key=None, headers=None, context=None):
        if self.scheme == "https":
            connection = http.client.HTTPSConnection("localhost", self.port, timeout=PATIENCE_SECONDS, context=context)
        else:
            connection = http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE_SECONDS)
        sent = dict(headers or {})
        if key:
            sent["Authorization"] = "Bearer " + key
        try:
            connection.request(method, target, body=body, headers=sent)
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, target, key=None, **more):
        return self.ask("GET", target, key=key, **more)

    def post(self, target, record, key=None, **more):
        return self.ask("POST", target, body=json.dumps(record), key=key, **more)

    def until(self, is_so, what):
        """Asks again until it is so; the server's own waiting is bounded, and so is this."""
        deadline = threading.Event()
        for _ in range(PATIENCE_SECONDS * 20):
            if is_so():
                return
            deadline.wait(0.05)
        raise AssertionError("not in time: " + what)


def insecure_context():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
