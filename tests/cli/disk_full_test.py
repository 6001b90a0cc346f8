#!/usr/bin/env python3
"""A full disk: 507, reads go on, ingest resumes by itself when there is space again, and nothing acknowledged is lost.

The disk is made full by the limit of the process on the size of a file (RLIMIT_FSIZE), which takes no rights and no mount and can
be lifted while the process runs.
"""
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("TAILRACE", str(SOURCE / "build" / "tailrace"))
SECONDS_MAX = 60
RESUME_SECONDS_MAX = 60
LIMIT_BYTES = 1 << 20
RECORDS = 40
REQUESTS_MAX = 1000
# Stored nowhere but in the log, so that the log's file is the one that reaches the limit.
PIPELINE = """
pipeline: shop
streams:
  sales: {schema: {n: int, text: string}, store: false}
server: {listen: 127.0.0.1:0, data: data}
"""


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: expected {wanted!r}, found {found!r}")


class Server:
    def __init__(self, folder):
        self.process = subprocess.Popen([PROGRAM, "run"], cwd=folder, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if found := re.search(r"http://(\S+)", line):
                self.address = found.group(1)
                return
        sys.exit("the server ended before it listened")

    def may_write(self, file_bytes):
        _, hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (file_bytes, hard))

    def request(self, path, body=None, headers=()):
        request = urllib.request.Request(f"http://{self.address}{path}", data=body, headers=dict(headers))
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
                return answer.status, json.load(answer), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, json.load(error), error.headers

    def post(self, number):
        lines = [json.dumps({"n": number * RECORDS + i, "text": "x" * 300}) for i in range(RECORDS)]
        return self.request("/streams/sales", "\n".join(lines).encode(),
                            {"Content-Type": "application/x-ndjson", "Idempotency-Key": f"request {number}"})

    def numbers(self):
        found, at = [], 0
        while True:
            status, answer, _ = self.request(f"/streams/sales/records?from={at}&limit=1000")
            expect(status, 200, "a read")
            if not answer["records"]:
                return found
            found += [record["value"]["n"] for record in answer["records"]]
            at = answer["next"]

    def end(self, kill):
        self.process.kill() if kill else self.process.terminate()
        code = self.process.wait(SECONDS_MAX)
        self.process.stdout.close()
        return code


def fill(server, number):
    """Posts until the disk is full; returns the number of the first request that was refused."""
    for number in range(number, number + REQUESTS_MAX):
        status, answer, headers = server.post(number)
        if status != 200:
            expect((status, answer["error"]["code"]), (507, "disk_full"), "the answer of a full disk")
            expect("Retry-After" in headers, True, "Retry-After")
            return number
    sys.exit("the disk did not become full")


def resume(server, number):
    began = time.monotonic()
    while True:
        status, answer, _ = server.post(number)
        if status == 200:
            return
        expect(status, 507, f"while there is space again: {answer}")
        if time.monotonic() - began > RESUME_SECONDS_MAX:
            sys.exit(f"ingest did not go on within {RESUME_SECONDS_MAX} s")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
        server = Server(folder)
        expect(server.post(0)[0], 200, "the first request")
        server.may_write(LIMIT_BYTES)
        refused = fill(server, 1)
        expect(server.post(refused)[0], 507, "the same request again")
        expect(server.numbers(), list(range(refused * RECORDS)), "what can be read while the disk is full")
        expect(server.request("/readyz")[0], 200, "ready: a full disk fences nothing")
        server.may_write(2 * LIMIT_BYTES)
        resume(server, refused)
        refused = fill(server, refused + 1)
        server.may_write(resource.RLIM_INFINITY)
        resume(server, refused)
        expect(server.post(refused)[1]["offsets"][0]["first"], refused * RECORDS, "the same request again is known")
        server.end(kill=True)
        server = Server(folder)
        expect(server.numbers(), list(range((refused + 1) * RECORDS)), "what is there after a kill")
        expect(server.end(kill=False), 0, "the end")
    print("full twice, resumed twice, nothing lost")


if __name__ == "__main__":
    main()
