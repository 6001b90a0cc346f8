#!/usr/bin/env python3
"""Secrets planted wherever one can be sent or written, and looked for wherever something comes out."""
import base64
import http.server
import json
import pathlib
import signal
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from server import PATIENCE_SECONDS, Served, insecure_context  # noqa: E402
from tls_test import Tools  # noqa: E402
from tokens_test import JWKS, claims, config, token  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from ports import nobody  # noqa: E402

SUBSTITUTED = "planted-by-substitution"


class SecretsTest(unittest.TestCase):
    def setUp(self):
        silent = "http://127.0.0.1:%d/${PLANTED}/keys?token=${PLANTED}" % nobody(self)
        tls = "  tls: {cert: cert.pem, key: key.pem}\n"
        self.served = Served(server=config(jwks="jwks.json") + tls, files=dict(Tools.files(), **{"jwks.json": JWKS}),
                             environment={"PLANTED": SUBSTITUTED, "OTHER_SECRET": "planted-in-the-environment"}, start=False)
        self.unreachable = Served(server=config(jwks=silent), environment={"PLANTED": SUBSTITUTED}, start=False)
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
        self.assertEqual(served.process.wait(PATIENCE_SECONDS), -signal.SIGABRT)
        served.reader.join(PATIENCE_SECONDS)
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


# What the file tells others, each with a secret of its own.
OUTGOING = """
pipeline: outgoing
streams:
  rates: {schema: {n: int}, max_rejects: 1}
sources:
  in_query: {type: poll, every: 1s, tries: 1, url: "API/query?${IN_URL}", auth: {query: key, value: "${IN_QUERY}"}, allow_private: true, into: rates}
  in_header: {type: poll, every: 1s, tries: 1, url: "API/header", auth: {header: X-Key, value: "${IN_HEADER}"}, allow_private: true, into: rates}
  bearer: {type: poll, every: 1s, tries: 1, url: "API/bearer", auth: {bearer: "${BEARER}"}, allow_private: true, into: rates}
  basic: {type: poll, every: 1s, tries: 1, url: "API/basic", auth: {basic: me, password: "${BASIC}"}, allow_private: true, into: rates}
  oauth2: {type: poll, every: 1s, tries: 1, url: "API/oauth2", auth: {oauth2: {token_url: "API/token", client_id: me, client_secret: "${OAUTH2}"}}, allow_private: true, into: rates}
  no_token: {type: poll, every: 1s, tries: 1, url: "API/none", auth: {oauth2: {token_url: "API/refused", client_id: me, client_secret: "${OAUTH2}"}}, allow_private: true, into: rates}
  more: {type: poll, every: 1s, tries: 1, method: POST, url: "API/more", headers: {X-More: "${MORE_HEADER}"}, query: {more: "${MORE_QUERY}"}, body: {pin: "${MORE_BODY}"}, allow_private: true, into: rates}
  away: {type: poll, every: 1s, tries: 1, url: "API/away?key=${AWAY}", allow_private: true, into: rates}
  nobody: {type: poll, every: 1s, tries: 1, url: "http://127.0.0.1:FREE/rates?key=${NOBODY}", auth: {bearer: "${NOBODY}"}, allow_private: true, into: rates}
  in_path: {type: poll, every: 1s, tries: 1, url: "API/${IN_PATH}/rates", allow_private: true, into: rates}
  in_each: {type: poll, every: 1s, tries: 1, url: "API/feed/{part}/rates", each: [{part: "${IN_EACH}"}], allow_private: true, into: rates}
  whole: {type: poll, every: 1s, tries: 1, url: "${WHOLE}", allow_private: true, into: rates}
  path_away: {type: poll, every: 1s, tries: 1, url: "API/away/${PATH_AWAY}", allow_private: true, into: rates}
  path_nobody: {type: poll, every: 1s, tries: 1, url: "http://127.0.0.1:FREE/${PATH_NOBODY}/rates", allow_private: true, into: rates}
  path_token: {type: poll, every: 1s, tries: 1, url: "API/none", auth: {oauth2: {token_url: "API/refused/${PATH_TOKEN}", client_id: me, client_secret: "${OAUTH2}"}}, allow_private: true, into: rates}
  postgres: {type: postgres, url: "postgresql://shop:${POSTGRES}@127.0.0.1:FREE/shop", table: rates, into: rates}
  mysql: {type: mysql, url: "mysql://shop:${MYSQL}@127.0.0.1:FREE/shop", table: rates, into: rates}
notify:
  mail: {type: email, smtp: "127.0.0.1:FREE", user: me, password: "${MAIL}", starttls: true, from: a@example.org, to: b@example.org}
  hook: {type: webhook, url: "API/hook/${HOOK}", headers: {X-Hook: "${HOOK_HEADER}"}, allow_private: true}
  hook_nobody: {type: webhook, url: "http://127.0.0.1:FREE/hook/${HOOK_NOBODY}", allow_private: true}
alerts:
  always: {sql: "SELECT count(*) AS n FROM rates HAVING n >= 0", every: 1s, notify: [mail, hook]}
  lonely: {sql: "SELECT count(*) AS n FROM rates HAVING n >= 0", every: 1s, notify: [hook_nobody]}
jobs:
  often: {every: 1s, retry: {times: 0}, on_failure: [], steps: [{http: {url: "API/job?key=${JOB_URL}", headers: {X-Job: "${JOB_HEADER}"}, body: "${JOB_BODY}", allow_private: true}}]}
  paths: {every: 1s, retry: {times: 0}, on_failure: [], steps: [{http: {url: "API/job/${JOB_PATH}", allow_private: true}}]}
  nobodys: {every: 1s, retry: {times: 0}, on_failure: [], steps: [{http: {url: "http://127.0.0.1:FREE/job/${JOB_NOBODY}", allow_private: true}}]}
"""
OUTGOING_NAMES = ("IN_URL", "IN_QUERY", "IN_HEADER", "BEARER", "BASIC", "OAUTH2", "MORE_HEADER", "MORE_QUERY", "MORE_BODY", "AWAY", "NOBODY", "POSTGRES", "MYSQL", "MAIL",
                  "HOOK", "HOOK_HEADER", "HOOK_NOBODY", "JOB_URL", "JOB_HEADER", "JOB_BODY", "JOB_PATH", "JOB_NOBODY", "IN_PATH", "IN_EACH", "WHOLE", "PATH_AWAY", "PATH_NOBODY", "PATH_TOKEN")
TOKEN = "planted-by-the-token-server"


class Api(http.server.BaseHTTPRequestHandler):
    """Takes what it is sent, and answers what is no record, or leads away."""

    taken = []
    lock = threading.Lock()

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        with self.lock:
            self.taken.append(self.path + json.dumps(dict(self.headers)) + body)
        status, text, location = 500, "<html>no</html>", None
        if self.path == "/token":
            status, text = 200, json.dumps({"access_token": TOKEN, "expires_in": 1000, "token_type": "Bearer"})
        elif self.path.startswith("/away"):
            status, location = 302, "http://169.254.169.254/latest"
        elif self.path.startswith("/header"):
            status, text = 200, '{"n":"seven"}'
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_HEAD = answer

    def log_message(self, *_):
        pass


class OutgoingSecretsTest(unittest.TestCase):
    """Credentials for the servers of others reach them and nobody else."""

    def setUp(self):
        self.api = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
        self.addCleanup(self.api.server_close)
        self.addCleanup(self.api.shutdown)
        threading.Thread(target=self.api.serve_forever, daemon=True).start()
        self.secrets = {name: "planted-%s-secret" % name.lower().replace("_", "-") for name in OUTGOING_NAMES}
        text = OUTGOING.replace("API", "http://127.0.0.1:%d" % self.api.server_address[1]).replace("FREE", str(nobody(self)))
        self.whole = "http://127.0.0.1:%d/%s" % (self.api.server_address[1], self.secrets["WHOLE"])  # an address that is one secret
        self.served = Served(pipeline=text, environment={**self.secrets, "WHOLE": self.whole})
        self.addCleanup(self.served.__exit__)

    def test_credentials_reach_their_servers_and_nobody_else(self):
        served = self.served
        sent = {name: secret for name, secret in self.secrets.items() if name not in ("BASIC", "NOBODY", "POSTGRES", "MYSQL", "MAIL", "HOOK_NOBODY", "JOB_NOBODY", "PATH_NOBODY")}
        for name in ("BASIC", "OAUTH2"):
            sent[name] = base64.b64encode(("me:" + self.secrets[name]).encode()).decode()
        served.until(lambda: all(any(secret in taken for taken in Api.taken) for secret in sent.values()), "the API was sent " + ", ".join(sorted(sent)))
        served.until(lambda: TOKEN in str(Api.taken), "the token is used")
        named = ("nobody", "postgres", "mysql", "away", "no_token", "often", "path_nobody", "path_away", "path_token", "paths", "nobodys", "lonely")
        served.until(lambda: not [name for name in named if name not in served.errors_text()], "each has failed")
        served.until(lambda: served.get("/readyz").status == 503, "too many dead letters")
        outputs = {"log": served.errors_text(), "lines": "".join(served.lines)}
        for target in ("/", "/status", "/metrics", "/openapi.json", "/readyz", "/dlq", "/dlq/rates", "/streams/rates", "/audit", "/jobs", "/alerts"):
            reply = served.get(target)
            outputs[target] = reply.body.decode(errors="replace") + json.dumps(dict(reply.headers))
        self.assertIn("in_header", outputs["/status"])
        for command in (("doctor",), ("check",), ("dlq", "list"), ("dlq", "show", "rates")):
            done = served.run(*command)
            outputs[" ".join(command)] = done.stdout + done.stderr
        self.assertIn("source postgres", outputs["doctor"])
        # What is told of an address says where it is, and leaves out what came from outside the file.
        letters = served.get("/dlq/rates?limit=1000").body.decode()
        for shown in ("/…/rates answered with status 500", "/feed/…/rates answered with status 500", "/… answered with status 500"):
            self.assertIn("http://127.0.0.1:%d%s" % (self.api.server_address[1], shown), letters)
        served.process.send_signal(signal.SIGABRT)
        served.process.wait(PATIENCE_SECONDS)
        outputs["crash"] = served.errors_text()
        for path in (served.folder / ".tailrace").rglob("*"):
            if path.is_file():
                outputs["file " + path.name] = path.read_bytes().decode("latin-1")
        for where, text in outputs.items():
            for name, secret in {**self.secrets, "TOKEN": TOKEN}.items():
                self.assertNotIn(secret, text, name + " in " + where)


if __name__ == "__main__":
    unittest.main()
