#!/usr/bin/env python3
"""TLS as clients meet it: versions, certificates that change while the server runs, clients that must show one, and rubbish."""
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from server import PATIENCE_SECONDS, Served, insecure_context  # noqa: E402

TLS = "  tls: {cert: cert.pem, key: key.pem}\n"
MUTUAL = "  tls: {cert: cert.pem, key: key.pem, client_ca: ca.pem}\n"
MUTUAL_WITH_CLIENT = "  tls: {cert: cert.pem, key: key.pem, client_ca: ca.pem, client: {cert: \"${CLIENT}.pem\", key: \"${CLIENT}.key\"}}\n"


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=PATIENCE_SECONDS)


def certificate(folder, name, subject, authority=None):
    """NAME.pem and NAME.key in the folder, signed by itself or by the authority."""
    extra = ["-CA", folder / (authority + ".pem"), "-CAkey", folder / (authority + ".key")] if authority else []
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=" + subject,
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder / (name + ".key"), "-out", folder / (name + ".pem"), *extra)


class Tools:
    """Certificates made once for all tests."""

    scratch = tempfile.TemporaryDirectory()
    folder = pathlib.Path(scratch.name)
    for one in ("first", "second", "ca", "strangers"):
        certificate(folder, one, one)
    for one, authority in (("client", "ca"), ("stranger", "strangers")):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + one, "-keyout", folder / (one + ".key"),
                "-out", folder / (one + ".csr"))
        openssl("x509", "-req", "-in", folder / (one + ".csr"), "-CA", folder / (authority + ".pem"), "-CAkey", folder / (authority + ".key"),
                "-CAcreateserial", "-days", "2", "-out", folder / (one + ".pem"))

    @classmethod
    def text(cls, name):
        return (cls.folder / name).read_text()

    @classmethod
    def files(cls, name="first"):
        return {"cert.pem": cls.text(name + ".pem"), "key.pem": cls.text(name + ".key"), "ca.pem": cls.text("ca.pem")}


def trusting(name):
    return ssl.create_default_context(cafile=str(Tools.folder / (name + ".pem")))


def shown_certificate(served):
    return ssl.get_server_certificate(("127.0.0.1", served.port), timeout=PATIENCE_SECONDS).replace("\n", "")


class TlsTest(unittest.TestCase):
    def test_both_versions_serve_and_older_ones_do_not(self):
        with Served(server=TLS, files=Tools.files()) as served:
            self.assertEqual(served.scheme, "https")
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                context = trusting("first")
                context.minimum_version = context.maximum_version = version
                reply = served.get("/streams", context=context)
                self.assertEqual(reply.status, 200)
                self.assertIn("strict-transport-security", reply.headers)
            for version in ("-tls1_1", "-tls1"):
                tried = subprocess.run(["openssl", "s_client", version, "-cipher", "ALL:@SECLEVEL=0", "-connect", "127.0.0.1:%d" % served.port],
                                       input=b"", capture_output=True, timeout=PATIENCE_SECONDS)
                self.assertIn(b"Cipher is (NONE)", tried.stdout)

    def test_records_of_all_sizes_go_in_and_out(self):
        with Served(server=TLS, files=Tools.files()) as served:
            context = trusting("first")
            lines = "".join('{"id":%d,"item":"%s"}\n' % (number, "x" * 1000) for number in range(4000))
            reply = served.ask("POST", "/streams/sales", body=lines, headers={"Content-Type": "application/x-ndjson"}, context=context)
            self.assertEqual((reply.status, reply.json()["accepted"]), (200, 4000))
            page = served.get("/streams/sales/records?limit=4000", context=context)
            self.assertEqual(len(page.json()["records"]), 4000)
            self.assertGreater(len(page.body), 4_000_000)

    def test_many_requests_share_a_connection(self):
        with Served(server=TLS, files=Tools.files()) as served:
            with trusting("first").wrap_socket(socket.create_connection(("127.0.0.1", served.port), PATIENCE_SECONDS),
                                               server_hostname="localhost") as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                answers = b""
                while chunk := connection.recv(65536):
                    answers += chunk
                self.assertEqual(answers.count(b"HTTP/1.1 200 OK"), 51)

    def test_a_tail_goes_on_over_it(self):
        with Served(server=TLS, files=Tools.files()) as served:
            with trusting("first").wrap_socket(socket.create_connection(("127.0.0.1", served.port), PATIENCE_SECONDS),
                                               server_hostname="localhost") as connection:
                connection.sendall(b"GET /streams/sales/tail HTTP/1.1\r\nHost: localhost\r\n\r\n")
                seen = b""
                while b"retry" not in seen:
                    seen += connection.recv(65536)
                served.post("/streams/sales", {"id": 7, "item": "seven"}, context=trusting("first"))
                while b"seven" not in seen:
                    chunk = connection.recv(65536)
                    self.assertTrue(chunk, seen)
                    seen += chunk

    def test_a_new_certificate_counts_without_a_restart_and_half_of_one_does_not(self):
        with Served(server=TLS, files=Tools.files()) as served:
            first, second = (Tools.text(one + ".pem").replace("\n", "") for one in ("first", "second"))
            self.assertEqual(shown_certificate(served), first)
            (served.folder / "cert.pem").write_text(Tools.text("second.pem"))  # its key is not there yet
            served.until(lambda: "certificate_unusable" in served.errors_text(), "the half is noticed")
            self.assertEqual(shown_certificate(served), first)
            (served.folder / "key.pem").write_text(Tools.text("second.key"))
            served.until(lambda: shown_certificate(served) == second, "the new certificate is shown")
            self.assertEqual(served.get("/streams", context=trusting("second")).status, 200)

    def test_clients_show_a_certificate_where_they_must(self):
        with Served(server=MUTUAL, files=Tools.files()) as served:
            def ask(client):
                context = trusting("first")
                if client:
                    context.load_cert_chain(Tools.folder / (client + ".pem"), Tools.folder / (client + ".key"))
                return served.get("/streams", context=context).status

            self.assertEqual(ask("client"), 200)
            for client in (None, "stranger"):
                with self.assertRaises((ssl.SSLError, ConnectionError, OSError)):
                    ask(client)

    def test_rubbish_and_plain_http_are_answered_or_ended_and_harm_nobody(self):
        with Served(server=TLS, files=Tools.files()) as served:
            for rubbish in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x00" * 100, b"\x16\x03\x01\xff\xff" + b"A" * 70000, b"\x16\x03\x01\x00\x05hello",
                            b"", b"\x80\x2e\x01\x00\x02", bytes(range(256)) * 64):
                with socket.create_connection(("127.0.0.1", served.port), PATIENCE_SECONDS) as connection:
                    answer = b""
                    try:
                        connection.sendall(rubbish)
                        connection.shutdown(socket.SHUT_WR)
                        while chunk := connection.recv(65536):
                            answer += chunk
                    except OSError:
                        pass  # ended at once, or before we had ended our side
                    if rubbish.startswith(b"GET"):
                        self.assertIn(b"400", answer)
                        self.assertIn(b"https", answer)
            self.assertEqual(served.get("/streams", context=trusting("first")).status, 200)

    def test_a_client_that_never_shakes_hands_is_sent_away(self):
        with Served(server=TLS + "  limits: {header_timeout: 1s}\n", files=Tools.files()) as served:
            with socket.create_connection(("127.0.0.1", served.port), PATIENCE_SECONDS) as connection:
                connection.sendall(b"\x16\x03\x01")
                self.assertEqual(connection.recv(1), b"")

    def test_commands_believe_the_servers_own_certificate_and_no_other(self):
        with Served(server=TLS + "  auth: keys\n", files=Tools.files(), start=False) as served:
            key = served.key("--role", "read")
            served.start()
            port = str(served.port)
            asked = served.run("sql", "--port", port, "SELECT 40 + 2", environment={"TAILRACE_KEY": key})
            self.assertEqual((asked.returncode, asked.stdout.splitlines()[-1:]), (0, ["42"]), asked.stderr)
            # Somebody else sits at the port: he gets no key.
            with Served(server=TLS, files=Tools.files("second")) as other:
                told = served.run("tail", "--port", str(other.port), "--limit", "1", "sales", environment={"TAILRACE_KEY": key})
                self.assertNotEqual(told.returncode, 0)
                self.assertIn("not the one of server.tls.cert", told.stderr)

    def test_commands_show_the_certificate_that_the_file_names(self):
        clients = {"me.pem": Tools.text("client.pem"), "me.key": Tools.text("client.key"), "they.pem": Tools.text("stranger.pem"),
                   "they.key": Tools.text("stranger.key")}
        with Served(server=MUTUAL_WITH_CLIENT, files=dict(Tools.files(), **clients), environment={"CLIENT": "not_there"}) as served:
            def ask(client):
                return served.run("dlq", "list", "--port", str(served.port), environment={"CLIENT": client})

            self.assertEqual(ask("me").returncode, 0, ask("me").stderr)
            for client, reason in (("they", "TLS"), ("nobody", "nobody.pem")):
                told = ask(client)
                self.assertNotEqual(told.returncode, 0)
                self.assertIn(reason, told.stderr)
        with Served(server=MUTUAL, files=Tools.files()) as served:
            told = served.run("dlq", "list", "--port", str(served.port))
            self.assertNotEqual(told.returncode, 0)
            self.assertIn("server.tls.client", told.stderr)

    def test_files_that_cannot_be_used_stop_the_start_with_their_name(self):
        for change, told in (({"key.pem": Tools.text("second.key")}, "key.pem: it is the key of another certificate"),
                             ({"cert.pem": "nothing"}, "cert.pem: it holds no such PEM text"), ({"key.pem": ""}, "key.pem: it holds no such PEM text")):
            with Served(server=TLS, files=dict(Tools.files(), **change), start=False) as served:
                refused = served.run("run")
                self.assertEqual(refused.returncode, 2, refused.stderr)
                self.assertIn(told, refused.stderr)
        for missing in ("cert.pem", "key.pem"):
            files = {name: text for name, text in Tools.files().items() if name != missing}
            with Served(server=TLS, files=files, start=False) as served:
                self.assertRegex(served.run("run").stderr, missing + ": No such file")
        with Served(server="  tls: {cert: cert.pem}\n", files=Tools.files(), start=False) as served:
            self.assertIn("key", served.run("check").stderr)


if __name__ == "__main__":
    unittest.main()
