"""What the tests of the command line share: running a command, a server, a folder with a pipeline."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

PROGRAM = os.environ.get("TAILRACE", str(pathlib.Path(__file__).resolve().parents[2] / "build" / "tailrace"))
SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
DONE, NO, WRONG, FAILED = 0, 1, 2, 3
SECONDS_MAX = 120
POLL_SECONDS = 0.05

PIPELINE = """pipeline: shop
streams:
  sales:
    key: id
    partitions: 2
    schema: {id: string, product: string, quantity: int, price: "decimal(12,2)?"}
sources:
  till: {type: http, route: POST /till, status: 201, reply: echo, into: sales}
  file: {type: file, path: "rows*.csv", format: csv, into: sales}
tables:
  by_product: {sql: "SELECT product, sum(quantity) AS quantity FROM sales GROUP BY product"}
collections:
  orders: {sql: "SELECT id AS key, json_object(product, quantity) AS document FROM sales", merge: attributes}
"""


def run(*words, cwd=None, stdin="", env=None):
    return subprocess.run([PROGRAM, *map(str, words)], cwd=cwd, input=stdin, text=True, errors="replace", capture_output=True,
                          timeout=SECONDS_MAX, env=os.environ | (env or {}))


def wait_until(what, ready):
    end = time.monotonic() + SECONDS_MAX
    while not ready():
        if time.monotonic() > end:
            raise AssertionError(f"{what} took more than {SECONDS_MAX} s")
        time.sleep(POLL_SECONDS)


class Server:
    """`tailrace run` on a free port; stopped with SIGTERM at the end of the block."""

    def __init__(self, folder, *options):
        self.folder = folder
        self.options = options

    def __enter__(self):
        self.process = subprocess.Popen([PROGRAM, "run", self.folder, "--port", "0", *self.options], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                break
        else:
            raise AssertionError("no address: " + "".join(lines) + self.process.stderr.read())
        wait_until("getting ready", lambda: self.answers("/readyz"))
        return self

    def answers(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=SECONDS_MAX) as answer:
                return answer.read()
        except OSError:
            return None

    def post(self, path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body.encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=SECONDS_MAX)
        self.output = output + errors
        return self.process.returncode

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.process.stdout.close()
        self.process.stderr.close()


class CommandTest(unittest.TestCase):
    """A folder of its own for each test, and what a command should have printed."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def pipeline(self, text=PIPELINE):
        (self.folder / "pipeline.yaml").write_text(text)
        if not (self.folder / "rows.csv").exists():
            self.rows(0)
        return self.folder

    def rows(self, count, first=0, name="rows.csv"):
        lines = [f"{i},{'mug' if i % 2 else 'pan'},{i},1.50" for i in range(first, first + count)]
        (self.folder / name).write_text("id,product,quantity,price\n" + "".join(line + "\n" for line in lines))
        return self.folder / name

    def check(self, result, code, out=None, err=None):
        text = f"{result.args}\nexit {result.returncode}\n{result.stdout}\n{result.stderr}"
        self.assertEqual(result.returncode, code, text)
        if out is not None:
            self.assertRegex(result.stdout, out, text)
        if err is not None:
            self.assertRegex(result.stderr, err, text)
        return result
