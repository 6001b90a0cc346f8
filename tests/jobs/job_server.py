"""A server that runs jobs, and a peer that answers their requests and polls."""
import http.server
import json
import pathlib
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from server import Server  # noqa: E402

SECONDS_MAX = 120

HEAD = """
pipeline: stepping
streams:
  sales: {{schema: {{item: string, amount: "decimal(12,2)"}}}}
  prices: {{schema: {{item: string, price: "decimal(12,2)", due: timestamp}}}}
tables:
  by_item: {{sql: "SELECT item, sum(amount) AS amount FROM sales GROUP BY ALL"}}
  price_of: {{sql: "SELECT item, price, due FROM prices"}}
server: {{listen: "127.0.0.1:0", commands: true}}
sources:
  api:
    type: poll
    url: {peer}/prices
    query: {{at: "{{due}}"}}
    records: /prices/*
    add: {{due: "{{due}}"}}
    allow_private: true
    tries: 1
    timeout: 1h
    into: prices
jobs:
  polls: {{steps: [{{poll: api}}]}}
"""


class Peer:
    """Answers as `replies` says for a path, in turn, the last one for ever: (status, body), or None to never answer. Keeps what it was asked."""

    def __init__(self):
        outer = self
        self.replies, self.asked, self.lock, self.over = {}, [], threading.Lock(), threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                path = self.path.split("?")[0]
                with outer.lock:
                    outer.asked.append((self.command, self.path, dict(self.headers), body))
                    replies = outer.replies.get(path, [(404, "nothing here")])
                    reply = replies.pop(0) if len(replies) > 1 else replies[0]
                if reply is None:
                    outer.over.wait()
                    self.close_connection = True
                    return
                answer = reply[1].encode()
                self.send_response(reply[0])
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_PUT = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # who gave up hangs up
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, path):
        with self.lock:
            return [asked for asked in self.asked if asked[1].split("?")[0] == path]

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


def is_alive(process):
    """Dead and not yet fetched by whoever inherited it is dead."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class JobsCase(unittest.TestCase):
    """Tests with a server of their own, which runs the jobs that they name, and a peer that those can ask."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.peer = Peer()
        self.addCleanup(self.peer.close)

    def serve(self, jobs):
        (self.folder / "pipeline.yaml").write_text(HEAD.format(peer=self.peer.address) + jobs.replace("PEER", self.peer.address))
        server = Server(self.folder).wait_listening()
        self.addCleanup(server.kill)
        return server

    def start(self, server, job, **times):
        query = "?" + "&".join(f"{name}={value}" for name, value in times.items()) if times else ""
        status, body = server.post(f"/jobs/{job}/run{query}")
        self.assertEqual(status, 202, body)
        return body["runs"]

    def await_end(self, server, job, run):
        end = time.monotonic() + SECONDS_MAX
        while time.monotonic() < end:
            answer = server.get(f"/jobs/{job}/log", run=run)[1]
            if answer["run"]["state"] in ("succeeded", "failed", "skipped", "cancelled"):
                return answer["run"], answer["log"]
            time.sleep(0.02)
        raise AssertionError(f"the run does not end: {answer}")

    def run_job(self, server, job, state="succeeded"):
        run, log = self.await_end(server, job, self.start(server, job)[0])
        self.assertEqual(run["state"], state, log)
        return run, "\n".join(line["text"] for line in log)

    def sell(self, server, *rows):
        body = "".join(json.dumps({"item": item, "amount": amount}) + "\n" for item, amount in rows)
        self.assertEqual(server.post("/streams/sales", body.encode(), {"Content-Type": "application/x-ndjson"})[0], 200)
        end = time.monotonic() + SECONDS_MAX
        while server.sql("SELECT count(*) FROM sales")[0][0] != len(rows) and time.monotonic() < end:
            time.sleep(0.02)
