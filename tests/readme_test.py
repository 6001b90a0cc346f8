#!/usr/bin/env python3
"""The tour of README.md is true: its pipeline is taken as it stands, its curl lines are run one after the other, and each succeeds."""
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "harness"))
from ports import free_port  # noqa: E402

SECONDS_MAX = 120
POLL_SECONDS = 0.05


def wait_until(what, ready):
    end = time.monotonic() + SECONDS_MAX
    while not ready():
        if time.monotonic() > end:
            raise AssertionError(f"{what} took more than {SECONDS_MAX} s")
        time.sleep(POLL_SECONDS)


def is_ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=SECONDS_MAX):
            return True
    except OSError:
        return False


def succeeds(command):
    result = subprocess.run([*shlex.split(command), "-sS", "--fail-with-body"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(f"$ {command}\n{result.stdout}")
    return result.returncode == 0


def main():
    root = pathlib.Path(os.environ["TAILRACE_SOURCE_DIR"])
    program = os.environ["TAILRACE"]
    text = (root / "README.md").read_text()
    pipeline = re.search(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL).group(1)
    commands = re.findall(r"^    \$ (curl .*)$", text, re.MULTILINE)
    assert len(commands) >= 3, commands
    port = free_port()
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "pipeline.yaml"
        path.write_text(f"{pipeline}\nserver: {{listen: 127.0.0.1:{port}}}\n")
        subprocess.run([program, "check", path], check=True)
        server = subprocess.Popen([program, "run", path])
        try:
            wait_until("starting", lambda: is_ready(port))
            for command in commands:
                # A row is in its tables some moments after the answer to its append.
                wait_until(command, lambda: succeeds(command.replace("localhost:7070", f"127.0.0.1:{port}")))
        finally:
            server.send_signal(signal.SIGTERM)
            code = server.wait(timeout=SECONDS_MAX)
    assert code == 0, f"the server stopped with {code}"
    return 0


if __name__ == "__main__":
    sys.exit(main())
