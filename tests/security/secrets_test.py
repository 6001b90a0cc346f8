#!/usr/bin/env python3
"""Secrets planted wherever one can be sent or written, and looked for wherever something comes out."""
import json
import pathlib
import signal
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from server import Served, insecure_context  # noqa: E402
from tls_test import Tools  # noqa: E402
from tokens_test import JWKS, claims, config, token  # noqa: E402

SUBSTITUTED = "planted-by-substitution"


class SecretsTest(unittest.TestCase):
    def setUp(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            nobody = "http://127.0.0.1:%d/${PLANTED}/keys?token=${PLANTED}" % free.getsockname()[1]
        tls = "  tls: {cert: cert.pem, key: key.pem}\n"
        self.served = Served(server=config(jwks="jwks.json") + tls, files=dict(Tools.files(), **{"jwks.json": JWKS}),
                             environment={"PLANTED": SUBSTITUTED, "OTHER_SECRET": "planted-in-the-environment"}, start=False)
        self.unreachable = Served(server=config(jwks=nobody), environment={"PLANTED": SUBSTITUTED}, start=False)
        self.outputs = {}
        self.secrets = {"substituted": SUBSTITUTED, "environment": "planted-in-the-environment",
                        "private key": Tools.text("first.key").splitlines()[1]}

    def tearDown(self):
        self.served.__exit__()
        self.unreachable.__exit__()

    def plant(self, name, secret):
        self.secrets[name] = secret
        return secret

    def note(self, name, text):
        self.outputs[name] = text if isinstance(text, str) else text.decode(errors="replace")

    def note_run(self, name, *arguments, environment=None):
        done = self.served.run(*arguments, environment=environment)
        self.note(name, done.stdout + done.stderr)

    def test_no_secret_comes_out(self):
        served, context = self.served, insecure_context()
        admin = self.plant("admin key", served.key("--role", "admin"))
        revoked = self.plant("revoked key", served.key("--role", "read", "--name", "the revoked one"))
        self.assertEqual(served.run("keys", "revoke", revoked[3:11]).returncode, 0)
        served.start()

        def send(name, method, target, **more):
            reply = served.ask(method, target, context=context, **more)
            self.note("reply to " + name, reply.body.decode(errors="replace") + json.dumps(reply.headers))
            return reply.status

        good = self.plant("token", token())
        expired = self.plant("expired token", token(body=claims(exp=1)))
        forged = self.plant("forged token", token(header={"alg": "none"}))
        typo = self.plant("mistyped key", admin[:-1] + ("x" if admin[-1] != "x" else "y"))
        self.assertEqual(send("a key", "GET", "/streams", key=admin), 200)
        self.assertEqual(send("a token", "GET", "/streams", key=good), 200)
        for name, credential in (("a revoked key", revoked), ("an expired token", expired), ("a forged token", forged), ("a mistyped key", typo)):
            self.assertEqual(send(name, "GET", "/streams", key=credential), 401)
            self.assertEqual(send(name + " for a path there is not", "POST", "/nothing", key=credential, body="{}"), 401)
        basic = self.plant("a password", "cGxhbnRlZC1iYXNpYy1wYXNzd29yZA")
        self.assertEqual(send("a password", "GET", "/streams", headers={"Authorization": "Basic " + basic}), 401)
        both = self.plant("one of two", "planted-one-of-two-headers")
        self.assertEqual(send("two credentials", "GET", "/streams", headers={"Authorization": "Bearer " + admin, "X-API-Key": both}), 401)
        self.assertEqual(send("a key in the address", "GET", "/streams?key=" + self.plant("in the address", "planted-in-the-address")), 401)
        cookie = self.plant("a cookie", "planted-in-a-cookie")
        self.assertEqual(send("a cookie", "GET", "/status", key=admin, headers={"Cookie": "session=" + cookie}), 200)
        once = self.plant("an idempotency key", "planted-as-idempotency-key")
        self.assertEqual(send("a record", "POST", "/streams/sales", key=admin, body='{"id":1,"item":"a"}', headers={"Idempotency-Key": once}), 200)
        send("SQL that is wrong", "POST", "/sql", key=admin, body='{"sql":"FROM nothing"}', headers={"Content-Type": "application/json"})

        for target in ("/", "/status", "/metrics", "/openapi.json", "/readyz", "/healthz", "/dlq"):
            send(target, "GET", target, key=admin)
        self.note_run("keys list", "keys", "list")
        self.note_run("keys list --json", "keys", "list", "--json")
        self.note_run("keys revoke", "keys", "revoke", "nothing1")
        for key in (admin, typo):
            self.note_run("sql", "sql", "--port", str(served.port), "SELECT 1", environment={"TAILRACE_KEY": key})
            self.note_run("sql at no server", "tail", "--port", "1", "sales", environment={"TAILRACE_KEY": key})
        self.note_run("check", "check")

        # A server whose file holds a secret in an address that does not answer.
        self.unreachable.start()
        self.note("tokens before there are keys", self.unreachable.get("/streams", key=good).body)
        self.unreachable.stop()
        self.note("log of the unreachable", self.unreachable.errors_text() + "".join(self.unreachable.lines))
        self.assertIn("token_keys_unreadable", self.outputs["log of the unreachable"])

        served.process.send_signal(signal.SIGABRT)
        self.assertEqual(served.process.wait(30), -signal.SIGABRT)
        served.reader.join(30)
        self.note("standard output", "".join(served.lines))
        self.note("log and crash", served.errors_text())
        for path in (served.folder / ".tailrace").rglob("*"):
            if path.is_file():
                self.note("file " + path.name, path.read_bytes().decode("latin-1"))

        self.assertGreater(len(self.outputs), 40)
        for where, text in self.outputs.items():
            for what, secret in self.secrets.items():
                self.assertNotIn(secret, text, what + " in " + where)
            self.assertNotIn(admin[12:44], text, where)  # the secret part alone


if __name__ == "__main__":
    unittest.main()
