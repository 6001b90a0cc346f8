"""The program as a server, for the tests of this folder."""
import http.client
import os
import pathlib
import re
import signal
import subprocess
import time

SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("TAILRACE", str(SOURCE / "build" / "tailrace"))
SECONDS_MAX = 60
POLL_SECONDS = 0.02


def suites():
    """The folder of the suites, fetched when they are not there."""
    return pathlib.Path(subprocess.run([SOURCE / "tools" / "conformance-suites"], check=True, text=True, stdout=subprocess.PIPE).stdout.strip())


class Server:
    """`tailrace run` over a pipeline in `folder`, for the length of a `with` block."""

    def __init__(self, folder, pipeline):
        self.folder = pathlib.Path(folder)
        (self.folder / "pipeline.yaml").write_text(pipeline, encoding="utf-8")

    def __enter__(self):
        self.errors = open(self.folder / "stderr.txt", "w+")
        self.process = subprocess.Popen([PROGRAM, "run", self.folder, "--port", "0"], stdout=subprocess.PIPE, stderr=self.errors, text=True)
        for line in self.process.stdout:
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                break
        else:
            raise AssertionError("the server says no address: " + (self.folder / "stderr.txt").read_text())
        end = time.monotonic() + SECONDS_MAX
        while self.ask("GET", "/readyz")[0] != 200:
            if time.monotonic() > end:
                raise AssertionError("the server does not get ready")
            time.sleep(POLL_SECONDS)
        return self

    def ask(self, method, path, body=None, kind=None):
        """Status and body of one request, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)
        try:
            connection.request(method, path, body=body, headers={"Content-Type": kind} if kind else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=SECONDS_MAX)
        self.process.stdout.close()
        self.errors.close()
        if code != 0:
            raise AssertionError(f"the server ended with {code}: " + (self.folder / "stderr.txt").read_text())
