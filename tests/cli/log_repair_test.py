#!/usr/bin/env python3
"""A damaged log: `run` says what to do, `log repair` does it, and afterwards everything but the named record is there."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("TAILRACE", str(SOURCE / "build" / "tailrace"))
SECONDS_MAX = 60
RECORDS = 20
DAMAGED = 7
PIPELINE = """
pipeline: shop
streams:
  sales: {schema: {n: int?}, unknown_fields: drop}
tables:
  total: {sql: "SELECT count(*) AS n, sum(n) AS total FROM sales"}
server: {listen: 127.0.0.1:0, data: data}
"""


def command(folder, *arguments):
    done = subprocess.run([PROGRAM, *arguments], cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX)
    return done.returncode, done.stdout, done.stderr


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: expected {wanted!r}, found {found!r}")


def expect_in(part, text, what):
    if part not in text:
        sys.exit(f"{what}: {part!r} is not in {text!r}")


class Server:
    def __init__(self, folder):
        self.errors = open(folder / "errors", "w+", encoding="utf-8")
        self.process = subprocess.Popen([PROGRAM, "run"], cwd=folder, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        for line in self.process.stdout:
            if found := re.search(r"http://(\S+)", line):
                self.address = found.group(1)
                return
        sys.exit("the server ended before it listened")

    def request(self, path, body=None):
        request = urllib.request.Request(f"http://{self.address}{path}", data=body and json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def end(self, kill=False):
        self.process.kill() if kill else self.process.terminate()
        self.process.wait(SECONDS_MAX)
        self.process.stdout.close()
        self.errors.seek(0)
        text = self.errors.read()
        self.errors.close()
        return text


def total(folder):
    code, out, errors = command(folder, "sql", "--json", "SELECT n, total FROM total")
    expect(code, 0, f"sql: {errors}")
    return json.loads(out)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
        server = Server(folder)
        for n in range(RECORDS):
            expect(server.request("/streams/sales", {"n": n})[0], 200, f"record {n}")
        server.end(kill=True)
        expect(command(folder, "log", "repair"), (0, "nothing to repair\n", ""), "repair of a sound log")

        segment = folder / "data/log/sales/0/00000000000000000000.log"
        bytes_ = bytearray(segment.read_bytes())
        at = bytes_.index(b'{"n": %d}' % DAMAGED)
        bytes_[at + 1] ^= 1
        segment.write_bytes(bytes_)

        server = Server(folder)
        status, answer = server.request("/streams/sales", {"n": 1})
        expect(status, 503, "a post to a damaged partition")
        expect_in("tailrace log repair", answer["error"]["message"], "the answer")
        expect(server.request("/streams/sales/records?from=0&limit=3")[0], 200, "reads before the damage")
        expect_in("`tailrace log repair`", server.end(), "what `run` says")

        code, out, _ = command(folder, "log", "repair", "--dry-run", "--json")
        expect((code, json.loads(out)["lost_records"]), (1, 1), "a dry run")
        code, out, _ = command(folder, "log", "repair")
        expect(code, 0, "repair")
        expect_in(f"; offset {DAMAGED}; what was there is in ", out, "what repair says")
        quarantine = pathlib.Path(out.splitlines()[0].rsplit(" is in ", 1)[1])
        expect_in(bytes(bytes_[at + 2:at + 8]), quarantine.read_bytes(), "the file in quarantine")
        expect(command(folder, "log", "verify")[0], 0, "verify")

        server = Server(folder)
        expect(server.request("/streams/sales", {"n": 1000})[1]["offsets"][0]["first"], RECORDS, "the next offset")
        server.end()
        for rebuilt in ("sales", "total"):
            code, _, errors = command(folder, "rebuild", rebuilt)
            expect(code, 0, f"rebuild: {errors}")
        rows = total(folder)
        expect_in(str(sum(range(RECORDS)) - DAMAGED + 1000), json.dumps(rows), "the sum without the lost record")
        server = Server(folder)
        code, out, errors = command(folder, "audit", "--recount", "--port", server.address.rsplit(":", 1)[1])
        expect(code, 0, f"every record is accounted for, the lost one as a dead letter: {out}{errors}")
        server.end()
        code, letters, errors = command(folder, "log", "inspect", "--dead-letters", "--records")
        expect(code, 0, f"inspect: {errors}")
        expect_in(f'/sales/0/{DAMAGED}"', letters, "the dead letter")
        expect_in(f"lost: offset {DAMAGED} was damaged", letters, "the dead letter")
    print("a damaged record is named, and the rest goes on")


if __name__ == "__main__":
    main()
