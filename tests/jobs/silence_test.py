#!/usr/bin/env python3
"""An alert that is silenced is looked at and tells nobody, over a kill of the server too, until the silence is lifted or over."""
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from server import PROGRAM, Server  # noqa: E402

SECONDS_MAX = 60

PIPELINE = """
pipeline: quiet
streams: {s: {schema: {a: int}}}
server: {listen: "127.0.0.1:0", commands: true}
alerts:
  big: {sql: "SELECT max(a) AS top FROM s HAVING max(a) > 10", every: 1s, message: "{top} is too much", notify: [told]}
notify: {told: {type: log}}
"""


class Silences(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        (self.folder / "pipeline.yaml").write_text(PIPELINE)

    def serve(self):
        server = Server(self.folder).wait_listening()
        self.addCleanup(server.kill)
        return server

    def ask(self, server, path, method="GET", body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)

    def alert(self, server):
        return self.ask(server, "/alerts")[1]["alerts"][0]

    def until(self, what, check):
        end = time.monotonic() + SECONDS_MAX
        while time.monotonic() < end:
            if check():
                return
            time.sleep(0.05)
        raise AssertionError(f"{what} does not come")

    def command(self, server, *words, status=0):
        done = subprocess.run([PROGRAM, *words, str(self.folder), "--port", str(server.port)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    @staticmethod
    def told(server):
        return [line for line in server.output.splitlines() if "too much" in line]

    def test_a_silenced_alert_fires_and_nobody_is_told_until_it_is_lifted(self):
        server = self.serve()
        self.assertIn("big", self.command(server, "alert", "silence", "big", "--for", "2h", "--reason", "the shop is closed"))
        self.assertEqual(self.ask(server, "/streams/s", "POST", [{"a": 11}])[0], 200)
        self.until("it fires", lambda: self.alert(server)["state"] == "firing")
        server.kill()
        server = self.serve()
        silence = self.alert(server)["silence"]
        self.assertEqual(silence["reason"], "the shop is closed")
        self.assertEqual([alert["silence"] for alert in self.ask(server, "/status")[1]["alerts"]], [silence])
        self.assertEqual(self.command(server, "alert", "list").splitlines()[1].split("\t")[3], silence["until"])
        self.assertEqual(self.ask(server, "/streams/s", "POST", [{"a": 12}])[0], 200)
        self.until("it is looked at", lambda: self.alert(server)["message"] == "12 is too much")
        self.assertEqual(self.told(server), [])
        self.command(server, "alert", "unsilence", "big")
        self.assertNotIn("silence", self.alert(server))
        self.until("somebody is told", lambda: len(self.told(server)) == 1)

    def test_what_cannot_be_is_refused(self):
        server = self.serve()
        for body in ({}, {"for": "soon"}, {"for": "0s"}, {"for": "31d"}, {"for": 5}, {"for": "1h", "until": "x"}, [1], {"for": "1h", "reason": "x" * 1001}):
            status, answer = self.ask(server, "/alerts/big/silence", "POST", body)
            self.assertEqual(status, 400, f"{body}: {answer}")
        self.assertEqual(self.ask(server, "/alerts/none/silence", "POST", {"for": "1h"})[0], 404)
        self.assertEqual(self.ask(server, "/alerts/none/silence", "DELETE")[0], 404)
        self.command(server, "alert", "silence", "none", status=2)
        self.command(server, "alert", "silence", "big", "--for", "soon", status=2)
        self.assertNotIn("silence", self.alert(server))


if __name__ == "__main__":
    unittest.main()
