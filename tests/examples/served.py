"""An example of the tree, run from a copy by the command of its README, on a port of its own."""
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from ports import free_port  # noqa: E402

ROOT = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
TAILRACE = os.path.abspath(os.environ.get("TAILRACE", str(ROOT / "build" / "tailrace")))
DATA = pathlib.Path(os.environ.get("TAILRACE_DATA", ROOT.parent / "shared" / "data")).resolve()
PATIENCE_SECONDS = 120
ALL = ("retail", "amazon", "pinterest", "walmart", "flights")


def readme_of(example):
    return (ROOT / "examples" / example / "README.md").read_text(encoding="utf-8")


def command_of(example):
    """The line of the README that runs it as a server."""
    lines = re.findall(r"^    ((?:[A-Z]+=\S+ )?(?:examples/\S+ -- )?tailrace run examples/\S+)$", readme_of(example), re.MULTILINE)
    assert len(lines) == 1, "%s: one command runs it, found %r" % (example, lines)
    return lines[0]


def listening_at(line):
    found = re.search(r"listening on (http://\S+?)[\s,;]*$|listening on (\S+:\d+)", line)
    return (found.group(1) or "http://" + found.group(2)) if found else None


class StandIn:
    """The script of an example that stands in for an API, alone, so that it outlives the program."""

    def __init__(self, script):
        self.process = subprocess.Popen([sys.executable, str(script), "--data", str(DATA)], stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        assert self.address.startswith("http://"), "%s gives no address" % script

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)
        self.process.stdout.close()


class Example:
    """With `apart` the stand-in of the example, which the README's command starts, runs beside the program: who kills one does not kill both.
    `change` makes another pipeline file of the example's."""

    def __init__(self, name, apart=False, change=None, environment=None):
        self.name = name
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.scratch.name)
        shutil.copytree(ROOT / "examples" / name, self.folder / "examples" / name, ignore=shutil.ignore_patterns(".tailrace"))
        self.file = self.folder / "examples" / name / "pipeline.yaml"
        text = self.file.read_text(encoding="utf-8")
        assert not re.search(r"^server:", text, re.MULTILINE)
        if change:
            text = change(text)
        self.file.write_text("%s\nserver: {listen: 127.0.0.1:%d}\n" % (text, free_port()), encoding="utf-8")
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "tailrace").symlink_to(TAILRACE)
        self.environment = dict(os.environ, TAILRACE_DATA=str(DATA), PATH="%s:%s" % (self.folder / "bin", os.environ["PATH"]))
        self.environment.update(environment or {})
        self.words = shlex.split(command_of(name))
        while "=" in self.words[0]:
            variable, value = self.words.pop(0).split("=", 1)
            self.environment[variable] = value
        self.stand_in = None
        if apart and "--" in self.words:
            cut = self.words.index("--")
            self.stand_in = StandIn(self.folder / self.words[0])
            self.environment.update({variable: self.stand_in.address for variable in ("SHOP", "RATES", "QPX")})
            self.words = self.words[cut + 1:]
        self.begin()
        self.wait_until_listening()

    def begin(self):
        # A group of its own, as a terminal gives it: Ctrl-C is for all of it.
        self.process = subprocess.Popen(self.words, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.output, self.address = [], None
        self.listening = threading.Event()
        process, output, listening = self.process, self.output, self.listening

        def read():
            for line in process.stdout:
                output.append(line)
                if address := listening_at(line):
                    self.address = address
                    listening.set()
            listening.set()

        self.reader = threading.Thread(target=read, daemon=True)
        self.reader.start()

    def wait_until_listening(self):
        self.listening.wait(PATIENCE_SECONDS)
        assert self.address, "".join(self.output)

    def start(self):
        self.begin()
        self.wait_until_listening()

    def kill(self):
        """As by a power cut, but for what the machine has still to write."""
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)

    def interrupt(self):
        """Ctrl-C; returns the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(PATIENCE_SECONDS)
        self.reader.join(PATIENCE_SECONDS)
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGTERM)
                self.process.wait(PATIENCE_SECONDS)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
            if self.stand_in:
                self.stand_in.stop()
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

    def sql(self, query):
        """As rows, each an object."""
        status, body = self.ask("/sql?" + urllib.parse.urlencode({"q": query}))
        assert status == 200, (query, body)
        assert not body.get("truncated"), query
        names = [column["name"] for column in body["columns"]]
        return [dict(zip(names, row)) for row in body["rows"]]

    def columns(self, relation):
        status, body = self.ask("/sql?" + urllib.parse.urlencode({"q": 'SELECT * FROM "%s" LIMIT 0' % relation}))
        assert status == 200, body
        return [column["name"] for column in body["columns"]]

    def rows(self, relation):
        return self.sql('SELECT count(*) AS n FROM %s' % (relation if "." in relation else '"%s"' % relation))[0]["n"]

    def wait_for(self, what, wanted):
        """Until `what()` is `wanted`: records come in while it is asked."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while (found := what()) != wanted:
            assert time.monotonic() < ends, (found, wanted, "".join(self.output))
            assert self.process.poll() is None, "".join(self.output)
            time.sleep(0.1)

    def command(self, *words):
        return subprocess.run([TAILRACE, *words], cwd=self.folder, env=self.environment, text=True, capture_output=True, timeout=PATIENCE_SECONDS)

    def check_audit(self):
        audit = self.command("audit", str(self.file))
        assert audit.returncode == 0, audit.stdout + audit.stderr


def plain(value):
    """Decimals as floats, so that two results may be held against each other."""
    return json.loads(json.dumps(value, default=float))


sys.path.insert(0, str(ROOT / "tests" / "oracles"))
