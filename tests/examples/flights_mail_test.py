#!/usr/bin/env python3
"""examples/flights mails what it has collected, as tests/oracles/flights.py counts it, and that a poll has failed."""
import collections
import decimal
import email
import email.policy
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from aiosmtpd.controller import Controller

ROOT = pathlib.Path(os.environ["TAILRACE_SOURCE_DIR"])
sys.path.insert(0, str(ROOT / "tests" / "harness"))
sys.path.insert(0, str(ROOT / "tests" / "oracles"))
import flights  # noqa: E402
from server import PROGRAM, Server  # noqa: E402

DATA = pathlib.Path(os.environ.get("TAILRACE_DATA", ROOT.parent / "shared" / "data")).resolve()
SECONDS_MAX = 180


class Inbox(Controller):
    """A mail server on a port that it is given, and what came."""

    def __init__(self):
        self.messages, self.changed = [], threading.Condition()
        super().__init__(self, hostname="127.0.0.1", port=0)

    async def handle_DATA(self, server, session, envelope):
        with self.changed:
            self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.changed.notify_all()
        return "250 taken"

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def find(self, subject):
        def found():
            return [message for message in self.messages if re.search(subject, message["Subject"])]
        with self.changed:
            assert self.changed.wait_for(found, SECONDS_MAX), f"no mail {subject}: {[message['Subject'] for message in self.messages]}"
            return found()[0]


class FlightsMail(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name, "flights")
        shutil.copytree(ROOT / "examples" / "flights", self.folder)
        file = self.folder / "pipeline.yaml"
        file.write_text(file.read_text() + "\nserver: {listen: 127.0.0.1:0}\n")
        self.inbox = Inbox()
        self.inbox.start()
        self.addCleanup(self.inbox.stop)
        # No fares: they are of another test.
        self.environment = {"TAILRACE_DATA": str(DATA), "SMTP": f"127.0.0.1:{self.inbox.port}", "LOOK": "1s", "MAIL_TO": "you@example.org"}

    def serve(self, **environment):
        server = Server(self.folder, environment=self.environment | environment).wait_listening()
        self.addCleanup(server.kill)
        return server

    def stand_in(self):
        peer = subprocess.Popen([sys.executable, str(ROOT / "examples" / "flights" / "qpx.py"), "--data", str(DATA)], stdout=subprocess.PIPE, text=True)

        def end():
            peer.terminate()
            peer.wait()
            peer.stdout.close()
        self.addCleanup(end)
        return peer, peer.stdout.readline().strip()

    def await_answer(self, server, query, wanted):
        end = time.monotonic() + SECONDS_MAX
        while (found := server.sql(query)) != [[wanted]]:
            self.assertLess(time.monotonic(), end, (query, found))
            time.sleep(0.1)

    def test_the_amounts_are_those_of_the_oracle(self):
        amounts = {option["id"]: flights.money(option["saleTotal"]) for _, _, option in flights.options(DATA)}
        peer, address = self.stand_in()
        server = self.serve(QPX=address, EVERY="1s")
        end = time.monotonic() + SECONDS_MAX
        while server.sql("SELECT count(DISTINCT id) FROM options")[0][0] < len(amounts) and time.monotonic() < end:
            time.sleep(0.1)
        peer.terminate()
        peer.wait()
        # Once a poll has failed all before it are in the log; no more comes, and what has come is made of it.
        self.await_answer(server, "SELECT count(*) > 0 FROM tailrace.dead_letters WHERE stream = 'options'", True)
        self.await_answer(server, "SELECT coalesce(sum(records), 0)::BIGINT FROM tailrace.lag WHERE kind <> 'lake'", 0)
        ran = subprocess.run([PROGRAM, "job", "run", "volume", str(self.folder), "--port", str(server.port)], env=os.environ | self.environment,
                             capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        mail = self.inbox.find("offers collected since")
        self.assertEqual(mail["To"], "you@example.org")
        totals, offers = collections.Counter(), collections.Counter()
        for identity, times in server.sql("SELECT id, count(*) FROM options GROUP BY id"):
            currency, amount = amounts[identity]
            totals[currency] += amount * times
            offers[currency] += times
        self.assertEqual(int(mail["Subject"].split()[0]), offers.total())
        told = [line.split() for line in mail.get_content().strip().split("; ")]
        self.assertEqual([(currency, decimal.Decimal(amount), int(count)) for currency, amount, _, count, _ in told],
                         [(currency, totals[currency], offers[currency]) for currency in sorted(totals)])

    def test_a_poll_that_fails_is_told(self):
        server = self.serve(QPX="http://127.0.0.1:9", EVERY="1s")  # where nobody listens
        mail = self.inbox.find("polls_failed fires")
        self.assertIn("polls failed within an hour, the last for 20", mail.get_content())
        end = time.monotonic() + SECONDS_MAX
        states = {}
        while states.get("polls_failed") != "firing":
            self.assertLess(time.monotonic(), end, json.dumps(states))
            states = {alert["alert"]: alert["state"] for alert in server.get("/alerts")[1]["alerts"]}


if __name__ == "__main__":
    unittest.main(verbosity=2)
