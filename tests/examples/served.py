"""An example of the tree, run from a copy by the command of its README, on a port of its own."""
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
TAILRACE = os.environ.get("TAILRACE", str(ROOT / "build" / "tailrace"))
DATA = pathlib.Path(os.environ.get("TAILRACE_DATA", ROOT.parent / "shared" / "data"))
PATIENCE_SECONDS = 120


def command_of(example):
    """The line of the README that runs it."""
    text = (ROOT / "examples" / example / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^    (tailrace run examples/\S+)$", text, re.MULTILINE)
    assert len(lines) == 1, "%s: one command runs it, found %r" % (example, lines)
    return shlex.split(lines[0])


def shown_answers(example):
    """What the README says that GETs answer: (target, pieces of the answer in their order)."""
    text = (ROOT / "examples" / example / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^    \$ curl -s '?localhost:7070(/\S+?)'?\n    (.*)$", text, re.MULTILINE)
    assert len(found) >= 5, found
    return [(target, [piece.strip() for piece in shown.split("...") if piece.strip(' ,')]) for target, shown in found]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Example:
    def __init__(self, name):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.scratch.name)
        shutil.copytree(ROOT / "examples" / name, self.folder / "examples" / name)
        self.file = self.folder / "examples" / name / "pipeline.yaml"
        text = self.file.read_text(encoding="utf-8")
        assert not re.search(r"^server:", text, re.MULTILINE)
        self.file.write_text("%s\nserver: {listen: 127.0.0.1:%d}\n" % (text, free_port()), encoding="utf-8")
        self.words = command_of(name)
        assert self.words[0] == "tailrace"
        self.environment = dict(os.environ, TAILRACE_DATA=str(DATA))
        self.start()

    def start(self):
        self.process = subprocess.Popen([TAILRACE] + self.words[1:], cwd=self.folder, env=self.environment, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.output, self.address = [], None
        listening = threading.Event()
        output = self.process.stdout

        def read():
            for line in output:
                self.output.append(line)
                found = re.search(r"listening on (http://\S+?)[\s,;]*$|listening on (\S+:\d+)", line)
                if found:
                    self.address = found.group(1) or "http://" + found.group(2)
                    listening.set()
            listening.set()

        threading.Thread(target=read, daemon=True).start()
        listening.wait(PATIENCE_SECONDS)
        assert self.address, "".join(self.output)

    def kill(self):
        """As by a power cut, but for what the machine has still to write."""
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_SECONDS)
        finally:
            self.process.kill()
            self.scratch.cleanup()

    def ask(self, target, method="GET", body=None, headers=None):
        request = urllib.request.Request(self.address + target, data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as reply:
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def api(self, name, **params):
        status, body = self.ask("/api/" + name + ("?" + urllib.parse.urlencode(params) if params else ""))
        assert status == 200, (name, status, body)
        return body["data"] if isinstance(body, dict) and "data" in body else body

    def check_readme(self, name):
        for target, pieces in shown_answers(name):
            with urllib.request.urlopen(self.address + target, timeout=PATIENCE_SECONDS) as reply:
                body = reply.read().decode()
            at = 0
            for piece in pieces:
                at = body.find(piece, at)
                assert at >= 0, "README of %s: %s has no %s\n%s" % (name, target, piece, body[:1000])
                at += len(piece)

    def rows(self, relation):
        status, body = self.ask("/sql?" + urllib.parse.urlencode({"q": "SELECT count(*) AS n FROM " + relation}))
        assert status == 200, body
        return body["rows"][0][0]

    def wait_for(self, what, wanted):
        """Until `what()` is `wanted`: records come in while it is asked."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while (found := what()) != wanted:
            assert time.monotonic() < ends, (found, wanted, "".join(self.output))
            assert self.process.poll() is None, "".join(self.output)
            time.sleep(0.1)

    def command(self, *words):
        return subprocess.run([TAILRACE, *words], cwd=self.folder, env=self.environment, text=True, capture_output=True, timeout=PATIENCE_SECONDS)


def plain(value):
    """Decimals as floats, so that two results may be held against each other."""
    return json.loads(json.dumps(value, default=float))


sys.path.insert(0, str(ROOT / "tests" / "oracles"))
