#!/usr/bin/env python3
"""Mail about failed jobs and alerts reaches a real SMTP server, over TLS and with a password where it is told so; a webhook gets what Slack takes."""
import email
import email.policy
import http.server
import json
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from server import Server  # noqa: E402

SECONDS_MAX = 60

PIPELINE = """
pipeline: mailed
streams: {{s: {{schema: {{a: string}}}}}}
notify:
  ops:
    type: email
    smtp: {smtp}
    from: tailrace@example.org
    to: [ops@example.org, boss@example.org]
    {more}
  chat: {{type: webhook, url: "http://127.0.0.1:{port}/hook/secret-part", allow_private: true}}
jobs:
  broken:
    on_failure: [ops, chat]
    steps: [{{sql: "CREATE TABLE t AS SELECT CAST(a AS INT) AS a FROM s"}}]
  amount:
    steps: [{{notify: {{to: ops, subject: "{{n}} records für {{job}}", text: "until {{to:%Y}}", sql: "SELECT count(*) AS n FROM s"}}}}]
alerts:
  there: {{sql: "SELECT a FROM s LIMIT 1", every: 1s, message: "it holds {{a}}", notify: [chat]}}
server: {{listen: "127.0.0.1:0"}}
"""


class Inbox:
    """Keeps what comes, and says so to who waits."""

    def __init__(self):
        self.messages, self.recipients, self.changed = [], [], threading.Condition()

    async def handle_DATA(self, server, session, envelope):
        with self.changed:
            self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.recipients.append(envelope.rcpt_tos)
            self.changed.notify_all()
        return "250 taken"

    def take(self, item):
        with self.changed:
            self.messages.append(item)
            self.changed.notify_all()

    def wait(self, count):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.messages) >= count, SECONDS_MAX):
                raise AssertionError(f"{len(self.messages)} messages came, not {count}")
            return self.messages[:]


class FreeController(Controller):
    """Learns the port that it was given; Controller itself wants to know it beforehand."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Webhook:
    def __init__(self):
        inbox = self.inbox = Inbox()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.take(json.loads(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def certificate(folder):
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


class Mail(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.inbox, self.webhook = Inbox(), Webhook()
        self.addCleanup(self.webhook.stop)

    def mail_server(self, **options):
        controller = FreeController(self.inbox, hostname="127.0.0.1", port=0, **options)
        controller.start()
        self.addCleanup(controller.stop)
        return controller.port

    def run_server(self, smtp, more="", environment=None):
        (self.folder / "pipeline.yaml").write_text(PIPELINE.format(smtp=smtp, more=more, port=self.webhook.port))
        server = Server(self.folder, environment=environment).wait_listening()
        self.addCleanup(server.kill)
        self.assertEqual(server.post("/streams/s", b'{"a":"no number"}')[0], 200)
        end = time.monotonic() + SECONDS_MAX
        while server.sql("SELECT count(*) FROM s") == [[0]] and time.monotonic() < end:
            time.sleep(0.02)
        return server

    def finish(self, server, job):
        status, body = server.post(f"/jobs/{job}/run")
        self.assertEqual(status, 202, body)
        end = time.monotonic() + SECONDS_MAX
        while time.monotonic() < end:
            run = server.get(f"/jobs/{job}/log", run=body["runs"][0])[1]
            if run["run"]["state"] in ("succeeded", "failed"):
                return run
        raise AssertionError("the run does not end")

    def test_a_failed_job_is_told_by_mail_and_webhook(self):
        server = self.run_server(f"127.0.0.1:{self.mail_server()}")
        run = self.finish(server, "broken")
        self.assertEqual(run["run"]["state"], "failed")
        message = self.inbox.wait(1)[0]
        self.assertEqual(message["Subject"], "mailed: job broken failed")
        self.assertEqual(message["From"], "tailrace@example.org")
        self.assertEqual(self.inbox.recipients[0], ["ops@example.org", "boss@example.org"])
        self.assertIn("no number", message.get_content())
        self.assertIn(run["run"]["run"], message.get_content())
        texts = [body["text"] for body in self.webhook.inbox.wait(2)]
        self.assertTrue(any(text.startswith("*mailed: job broken failed*\n") for text in texts), texts)
        self.assertTrue(any(text.startswith("*mailed: there fires*\nit holds no number") for text in texts), texts)

    def test_an_alert_is_told_once_also_after_a_restart(self):
        server = self.run_server("127.0.0.1:1")
        self.assertEqual(len(self.webhook.inbox.wait(1)), 1)
        self.assertEqual(server.stop(), 0)  # a kill between the message and the note of it would repeat it
        server = Server(self.folder).wait_listening()
        self.addCleanup(server.kill)
        end = time.monotonic() + SECONDS_MAX
        looked = 0
        while looked < 3 and time.monotonic() < end:  # three looks of the alert
            state = server.get("/alerts")[1]["alerts"][0]
            self.assertEqual(state["state"], "firing")
            looked += 1
            time.sleep(1)
        self.assertEqual(len(self.webhook.inbox.messages), 1)

    def test_a_message_holds_what_was_counted(self):
        server = self.run_server(f"127.0.0.1:{self.mail_server()}")
        self.assertEqual(self.finish(server, "amount")["run"]["state"], "succeeded")
        message = self.inbox.wait(1)[0]
        self.assertEqual(message["Subject"], "1 records für amount")
        self.assertEqual(message.get_content().strip(), "until " + time.strftime("%Y", time.gmtime()))

    def test_a_password_goes_over_tls_alone(self):
        cert, context = certificate(self.folder)
        seen = []

        def authenticate(server, session, envelope, mechanism, data):
            good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"me", b"open sesame")
            seen.append((mechanism, session.ssl is not None, good))
            return AuthResult(success=good, handled=False)

        port = self.mail_server(tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True)
        more = f'starttls: true\n    user: me\n    password: "${{MAIL_PASSWORD}}"\n    ca: {cert}'
        server = self.run_server(f"127.0.0.1:{port}", more, {"MAIL_PASSWORD": "open sesame"})
        self.assertEqual(self.finish(server, "amount")["run"]["state"], "succeeded", server.output)
        self.assertEqual([(tls, good) for _, tls, good in seen], [(True, True)])
        server.stop()
        server = self.run_server(f"127.0.0.1:{port}", more, {"MAIL_PASSWORD": "wrong sesame"})
        run = self.finish(server, "amount")
        self.assertEqual(run["run"]["state"], "failed")
        self.assertIn("Login denied", run["run"]["reason"])
        self.assertNotIn("sesame", json.dumps(run) + server.output)

    def test_a_server_may_speak_tls_from_the_first_byte(self):
        cert, context = certificate(self.folder)
        port = self.mail_server(ssl_context=context)
        server = self.run_server(f"smtps://127.0.0.1:{port}", f"ca: {cert}")
        self.assertEqual(self.finish(server, "amount")["run"]["state"], "succeeded", server.output)
        self.assertEqual(len(self.inbox.messages), 1)

    def test_who_cannot_do_tls_gets_no_mail(self):
        server = self.run_server(f"127.0.0.1:{self.mail_server()}", "starttls: true")
        self.assertEqual(self.finish(server, "amount")["run"]["state"], "failed")
        self.assertEqual(self.inbox.messages, [])

    def test_a_certificate_of_somebody_else_is_not_taken(self):
        _, context = certificate(self.folder)
        server = self.run_server(f"127.0.0.1:{self.mail_server(tls_context=context)}", "starttls: true")
        run = self.finish(server, "amount")
        self.assertEqual(run["run"]["state"], "failed")
        self.assertEqual(self.inbox.messages, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
