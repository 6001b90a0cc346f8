"""A server under test: started on a port of its own, asked over HTTP, ended by its own process id."""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time
import urllib.parse

SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("TAILRACE", str(SOURCE / "build" / "tailrace"))
PIPELINE = pathlib.Path(__file__).resolve().with_name("pipeline.yaml")

# Everything waits at most so long: what takes longer has hung, and a hang is a failure.
START_SECONDS_MAX = 120.0
REPLY_SECONDS_MAX = 120.0
END_SECONDS_MAX = 120.0
# Of `wait_for`, where a test does not say; the server itself would give up after 5 s.
CAUGHT_UP = "60s"

LISTENING = re.compile(r"(?:listening on https?://|event=listening address=)([\w.\[\]:]+):(\d+)")


class Hung(Exception):
    """The server neither answered nor ended in time."""


class Died(Exception):
    """The server ended; `status` as of subprocess, `output` what it said."""

    def __init__(self, status, output):
        super().__init__(f"ended with {status}: {output[-2000:]}")
        self.status, self.output = status, output


def new_folder(scratch, name, pipeline=PIPELINE):
    """A pipeline folder of its own, without data."""
    folder = pathlib.Path(scratch, name)
    folder.mkdir()
    shutil.copy(pipeline, folder / "pipeline.yaml")
    return folder


class Server:
    """One run of the program. Threads: ask from any; start and end from one."""

    def __init__(self, folder, environment=None, wrapper=(), command=None):
        self.folder = pathlib.Path(folder)
        self.host, self.port = None, None
        self._lines = []
        self._listening = threading.Event()
        self.process = subprocess.Popen(
            command or [*wrapper, PROGRAM, "run", str(folder)], env=os.environ | (environment or {}), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.append(line)
            found = LISTENING.search(line)
            if found:
                self.host, self.port = found.group(1), int(found.group(2))
                self._listening.set()
        self._listening.set()

    @property
    def output(self):
        return "".join(self._lines)

    def wait_listening(self, seconds=START_SECONDS_MAX):
        """Returns when the server takes requests; Died when it has ended instead."""
        if not self._listening.wait(seconds):
            raise Hung(f"not listening after {seconds} s: {self.output[-2000:]}")
        if self.port is None:
            raise Died(self.wait_end(), self.output)
        return self

    def alive(self):
        return self.process.poll() is None

    def wait_end(self, seconds=END_SECONDS_MAX):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Hung(f"not ended after {seconds} s: {self.output[-2000:]}") from None
        self._reader.join(END_SECONDS_MAX)
        return status

    def kill(self):
        if self.alive():
            self.process.send_signal(signal.SIGKILL)
        return self.wait_end()

    def stop(self):
        """Ends it as a user does; returns the exit status."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        return self.wait_end()

    def connect(self, seconds=REPLY_SECONDS_MAX):
        return http.client.HTTPConnection(self.host, self.port, timeout=seconds)

    def get(self, path, **arguments):
        """The status and the decoded body; Died or Hung when there is none."""
        if "wait_for" in arguments:
            arguments.setdefault("timeout", CAUGHT_UP)
        query = "?" + urllib.parse.urlencode(arguments) if arguments else ""
        return self._request("GET", path + query)

    def post(self, path, body=b"", headers=None):
        return self._request("POST", path, body, headers or {})

    def _request(self, method, path, body=None, headers=None):
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            text = reply.read()
        except TimeoutError:
            raise Hung(f"{method} {path}: no reply within {REPLY_SECONDS_MAX} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(method, path, error) from error
        finally:
            connection.close()
        return reply.status, json.loads(text) if text[:1] in (b"{", b"[") else text

    def _broken(self, method, path, error):
        # A connection breaks a moment before the process that held it can be waited for.
        deadline = time.monotonic() + END_SECONDS_MAX
        while self.alive() and time.monotonic() < deadline:
            try:
                return Died(self.process.wait(0.5), self.output)
            except subprocess.TimeoutExpired:
                if self._still_answers():
                    return ConnectionError(f"{method} {path}: {error!r}")
        return Died(self.process.returncode, self.output)

    def _still_answers(self):
        try:
            connection = self.connect(REPLY_SECONDS_MAX)
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    def sql(self, query, **arguments):
        """Rows of a query; an answer other than 200 is a failed assertion."""
        status, body = self.get("/sql", q=query, **arguments)
        assert status == 200, f"{query}: {status} {body}"
        return body["rows"]
