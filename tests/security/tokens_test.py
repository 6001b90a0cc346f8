#!/usr/bin/env python3
"""Tokens that others sign: the right ones are taken for what they say, and none of the hostile ones.

The signing is python3-cryptography's, so that a mistake of ours is not made twice.
"""
import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import socket
import sys
import threading
import time
import unittest

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from server import Served  # noqa: E402

ISSUER = "https://id.example.org"
AUDIENCE = "tailrace"
HOSTILE_MIN = 60


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()


def public_jwk(kid, key):
    public = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "kid": kid, "n": number(numbers.n), "e": number(numbers.e)}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        numbers = public.public_numbers()
        return {"kty": "EC", "crv": "P-256", "kid": kid, "x": number(numbers.x, 32), "y": number(numbers.y, 32)}
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": b64(raw)}


JWKS = json.dumps({"keys": [public_jwk("rsa", RSA_KEY), public_jwk("ec", EC_KEY), public_jwk("ed", ED_KEY)]})


def signature(alg, message, key=None):
    if alg == "RS256":
        return (key or RSA_KEY).sign(message, padding.PKCS1v15(), hashes.SHA256())
    if alg == "ES256":
        r, s = decode_dss_signature((key or EC_KEY).sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return (key or ED_KEY).sign(message)


KIDS = {"RS256": "rsa", "ES256": "ec", "EdDSA": "ed"}


def claims(**changes):
    all_claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "someone", "exp": int(time.time()) + 3600, "tailrace_roles": ["read"]}
    all_claims.update(changes)
    return {name: value for name, value in all_claims.items() if value is not None}


def text_of(value):
    return value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else json.dumps(value).encode()


def token(alg="RS256", header=None, body=None, key=None, sign=None):
    """Signed rightly, unless told otherwise."""
    head = text_of(header if header is not None else {"alg": alg, "typ": "JWT", "kid": KIDS[alg]})
    message = (b64(head) + "." + b64(text_of(body if body is not None else claims()))).encode()
    return message.decode() + "." + b64((sign or signature)(alg, message, key) if sign is None else sign(message))


def rsa_pem():
    return RSA_KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def with_hmac(secret):
    return lambda message: hmac.new(secret, message, hashlib.sha256).digest()


def hostile_tokens():
    """(what is wrong, token)"""
    good = token()
    head, body, sig = good.split(".")
    now = int(time.time())
    yield "nothing", " "
    yield "a word", "sesame-open-the-door"
    yield "two dots", ".."
    yield "one part", head
    yield "two parts", head + "." + body
    yield "no signature", head + "." + body + "."
    yield "four parts", good + "." + sig
    yield "an empty header", "." + body + "." + sig
    yield "an empty body", head + ".." + sig
    yield "cut short", good[:-1]
    yield "cut in half", good[: len(good) // 2]
    yield "one letter more", good + "A"
    yield "padding", good + "=="
    yield "padding in the header", head + "=." + body + "." + sig
    yield "a changed letter of the header", ("f" if head[0] != "f" else "g") + head[1:] + "." + body + "." + sig
    yield "another body", head + "." + b64(text_of(claims(tailrace_roles=["admin"]))) + "." + sig
    yield "a changed signature", head + "." + body + "." + ("A" if sig[0] != "A" else "B") + sig[1:]
    yield "bits behind the end", head + "." + body + "." + sig[:-1] + chr(ord(sig[-1]) + 1)
    yield "base64 of the other alphabet", head + "." + body + "." + base64.b64encode(RSA_KEY.sign(b"x" * 9, padding.PKCS1v15(), hashes.SHA256())).decode()
    yield "letters that are none", head + "." + body + ".!!!!"
    yield "a NUL in the middle", head + "." + body + "." + sig[:20] + "%00" + sig[20:]
    for name in ("none", "None", "NONE", "nOnE", ""):
        yield "alg " + repr(name) + " without signature", b64(text_of({"alg": name})) + "." + body + "."
        yield "alg " + repr(name) + " with one", token(header={"alg": name, "kid": "rsa"})
    yield "HS256 with the public key as its secret", token(header={"alg": "HS256", "kid": "rsa"}, sign=with_hmac(rsa_pem()))
    yield "HS256 with the JWKS as its secret", token(header={"alg": "HS256", "kid": "rsa"}, sign=with_hmac(JWKS.encode()))
    yield "RS256 said, HMAC done", token(header={"alg": "RS256", "kid": "rsa"}, sign=with_hmac(rsa_pem()))
    yield "HS256 with an empty secret", token(header={"alg": "HS256"}, sign=with_hmac(b""))
    yield "RS512", token(header={"alg": "RS512", "kid": "rsa"})
    yield "RS256 in lower case", token(header={"alg": "rs256", "kid": "rsa"})
    yield "an algorithm that is a list", token(header={"alg": ["RS256"], "kid": "rsa"})
    yield "no algorithm", token(header={"kid": "rsa"})
    yield "another's key", token(key=OTHER_RSA)
    yield "another's key, brought along", token(header={"alg": "RS256", "jwk": public_jwk("x", OTHER_RSA)}, key=OTHER_RSA)
    yield "another's key, by address", token(header={"alg": "RS256", "kid": "x", "jku": "http://127.0.0.1:1/keys"}, key=OTHER_RSA)
    yield "another's certificate", token(header={"alg": "RS256", "kid": "x", "x5u": "http://127.0.0.1:1/c", "x5c": ["AAAA"]}, key=OTHER_RSA)
    yield "the name of a key of another kind", token("RS256", header={"alg": "RS256", "kid": "ec"})
    yield "ES256 with the RSA key's name", token("ES256", header={"alg": "ES256", "kid": "rsa"})
    for kid in ("../../../../dev/null", "/etc/passwd", "rsa' OR '1'='1", "rsa\u0000", "", 7, ["rsa"], "r\u0455a", "x" * 4000):
        if kid != "":
            yield "kid " + repr(kid)[:30], token(header={"alg": "RS256", "kid": kid}, key=OTHER_RSA)
    yield "a critical extension", token(header={"alg": "RS256", "kid": "rsa", "crit": ["b64"], "b64": False})
    yield "of another type", token(header={"alg": "RS256", "kid": "rsa", "typ": "JWE"})
    yield "alg twice", token(header='{"alg":"RS256","alg":"none","kid":"rsa"}')
    yield "a header that is a list", token(header="[]")
    yield "a header that is no JSON", token(header="{alg:RS256}")
    yield "a header that is not UTF-8", token(header=b'{"alg":"RS256","kid":"rsa\xff"}')
    yield "claims that are a list", token(body="[]")
    yield "claims that are no JSON", token(body="{")
    yield "claims with more behind them", token(body=json.dumps(claims()) + "{}")
    yield "claims nested too deep", token(body='{"a":' + "[" * 500 + "]" * 500 + "}")
    yield "an issuer twice", token(body=json.dumps(claims())[:-1] + ', "iss": "' + ISSUER + '"}')
    yield "a role twice", token(body='{"tailrace_roles":["read"],' + json.dumps(claims())[1:])
    yield "expired", token(body=claims(exp=now - 60))
    yield "expired long ago", token(body=claims(exp=0))
    yield "without an end", token(body=claims(exp=None))
    yield "an end that is a text", token(body=claims(exp=str(now + 3600)))
    yield "an end that is negative", token(body=claims(exp=-1))
    yield "an end beyond all numbers", token(body='{"exp":1e400,' + json.dumps(claims(exp=None))[1:])
    yield "an end beyond 64 bits", token(body=claims(exp=2**64 + now))
    yield "an end that is true", token(body=claims(exp=True))
    yield "not yet valid", token(body=claims(nbf=now + 3600))
    yield "a beginning that is a text", token(body=claims(nbf="0"))
    yield "issued in the future", token(body=claims(iat=now + 3600))
    yield "another issuer", token(body=claims(iss="https://id.example.org.evil.example"))
    yield "an issuer with a slash more", token(body=claims(iss=ISSUER + "/"))
    yield "no issuer", token(body=claims(iss=None))
    yield "an issuer that is a list", token(body=claims(iss=[ISSUER]))
    yield "another audience", token(body=claims(aud="other"))
    yield "no audience", token(body=claims(aud=None))
    yield "an audience that only holds ours", token(body=claims(aud="tailrace other"))
    yield "an empty list of audiences", token(body=claims(aud=[]))
    yield "an audience of numbers", token(body=claims(aud=[1, AUDIENCE]))
    yield "no role", token(body=claims(tailrace_roles=None))
    yield "no role of ours", token(body=claims(tailrace_roles=["root", "READ", "reader"]))
    yield "a role that is a number", token(body=claims(tailrace_roles=1))
    yield "roles in an object", token(body=claims(tailrace_roles={"read": True}))
    yield "huge", "A" * 9000
    yield "a huge body, signed", token(body=claims(filler="x" * 9000))
    yield "a DER signature for ES256", token("ES256", sign=lambda message: EC_KEY.sign(message, ec.ECDSA(hashes.SHA256())))
    yield "zeros as ES256 signature", token("ES256", sign=lambda message: bytes(64))
    yield "ES256 signature cut", token("ES256", sign=lambda message: signature("ES256", message)[:63])
    yield "zeros as EdDSA signature", token("EdDSA", sign=lambda message: bytes(64))
    yield "EdDSA over the body alone", token("EdDSA", sign=lambda message: ED_KEY.sign(message.split(b".")[1]))


def raw_request(port, headers):
    """Sends these bytes as header fields, and reads the status."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET /streams HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + b"\r\n")
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return int(answer.split(b" ", 2)[1]) if answer else 0


def hostile_headers(good):
    good = good.encode()
    yield "two of them", b"Authorization: Bearer " + good + b"\r\nAuthorization: Bearer " + good + b"\r\n"
    yield "both kinds", b"Authorization: Bearer " + good + b"\r\nX-API-Key: " + good + b"\r\n"
    yield "Basic", b"Authorization: Basic " + good + b"\r\n"
    yield "no scheme", b"Authorization: " + good + b"\r\n"
    yield "folded", b"Authorization: Bearer\r\n " + good + b"\r\n"
    yield "a bare line feed", b"Authorization: Bearer x\nX: y\r\n"
    yield "a NUL", b"Authorization: Bearer " + good[:10] + b"\x00" + good[10:] + b"\r\n"
    yield "a tab", b"Authorization: Bearer\t" + good + b"\r\n"
    yield "a comma", b"Authorization: Bearer " + good + b"," + good + b"\r\n"
    yield "quotes", b"Authorization: Bearer \"" + good + b"\"\r\n"
    yield "bytes beyond ASCII", b"Authorization: Bearer " + good + "\u00e9".encode() + b"\r\n"
    yield "a blank before the colon", b"Authorization : Bearer " + good + b"\r\n"
    yield "the other name", b"Authorisation: Bearer " + good + b"\r\n"
    yield "through a proxy's field", b"Proxy-Authorization: Bearer " + good + b"\r\n"
    yield "forwarded", b"X-Forwarded-Authorization: Bearer " + good + b"\r\n"
    yield "a cookie", b"Cookie: Authorization=Bearer " + good + b"\r\n"


CONFIG = """  jwt:
    issuer: %s
    audience: [%s, other-of-ours]
    algorithms: [%s]
    jwks: %s
"""


def config(algorithms="RS256, ES256, EdDSA", jwks="jwks.json", more=""):
    return CONFIG % (ISSUER, AUDIENCE, algorithms, jwks) + more


class TokensTest(unittest.TestCase):
    def test_hostile_tokens_are_all_refused(self):
        with Served(server=config(), files={"jwks.json": JWKS}) as served:
            self.assertEqual(served.get("/streams", key=token()).status, 200)
            count = 0
            for what, hostile in hostile_tokens():
                count += 1
                for header in ({"Authorization": "Bearer " + hostile}, {"X-API-Key": hostile}):
                    reply = served.get("/streams", headers=header)
                    self.assertEqual(reply.status, 401, what)
                    if len(hostile) > 8:
                        self.assertNotIn(hostile.encode(), reply.body, what)
            self.assertGreaterEqual(count, HOSTILE_MIN)
            for what, headers in hostile_headers(token()):
                self.assertIn(raw_request(served.port, headers), (400, 401), what)
            self.assertEqual(raw_request(served.port, b"Authorization: Bearer " + token().encode() + b"\r\n"), 200)
            self.assertEqual(served.get("/streams").status, 401)

    def test_each_algorithm_is_taken_and_only_those_that_are_named(self):
        with Served(server=config(), files={"jwks.json": JWKS}) as served:
            for alg in KIDS:
                self.assertEqual(served.get("/streams", key=token(alg)).status, 200, alg)
                self.assertEqual(served.get("/streams", key=token(alg, header={"alg": alg})).status, 200, alg)
        with Served(server=config(algorithms="ES256"), files={"jwks.json": JWKS}) as served:
            self.assertEqual(served.get("/streams", key=token("ES256")).status, 200)
            self.assertEqual(served.get("/streams", key=token("RS256")).status, 401)
            self.assertEqual(served.get("/streams", key=token("EdDSA")).status, 401)

    def test_claims_say_the_role_and_the_limits(self):
        more = "    roles: scope\n    limits: parts\n"
        with Served(server=config(more=more), files={"jwks.json": JWKS}) as served:
            def key(scope, parts):
                return token(body=claims(tailrace_roles=None, scope=scope, parts=parts))

            ingest = key("openid ingest", ["stream:sales"])
            self.assertEqual(served.post("/streams/shop.sales", {"id": 1, "item": "a"}, key=ingest).status, 200)
            self.assertEqual(served.post("/streams/notes", {"text": "a"}, key=ingest).status, 403)
            self.assertEqual(served.get("/streams", key=ingest).status, 403)
            self.assertEqual(served.get("/api/top", key=key(["read"], "api:top table:best")).status, 200)
            self.assertEqual(served.get("/sql?q=FROM%20sales", key=key(["read"], "api:top table:best")).status, 403)
            for parts in (None, [], "", "sales", ["sales"], ["stream:"], ["galaxy:sales"], 7, {"stream": "sales"}, "*"):
                self.assertEqual(served.get("/streams", key=key("read", parts)).status, 401, parts)
            self.assertEqual(served.get("/streams", key=key("admin", ["stream:sales"])).status, 401)

    def test_times_have_the_leeway_that_the_file_says(self):
        now = int(time.time())
        with Served(server=config(more="    leeway: 2m\n"), files={"jwks.json": JWKS}) as served:
            self.assertEqual(served.get("/streams", key=token(body=claims(exp=now - 60))).status, 200)
            self.assertEqual(served.get("/streams", key=token(body=claims(nbf=now + 60, iat=now + 60))).status, 200)
            self.assertEqual(served.get("/streams", key=token(body=claims(exp=now - 180))).status, 401)
            self.assertEqual(served.get("/streams", key=token(body=claims(exp=now + 60.5, aud=["a", "other-of-ours"]))).status, 200)

    def test_keys_and_tokens_go_side_by_side(self):
        with Served(server=config(), files={"jwks.json": JWKS}) as served:
            key = served.key("--role", "read")
            served.until(lambda: served.get("/streams", key=key).status == 200, "the key is known")
            self.assertEqual(served.get("/streams", key=token()).status, 200)

    def test_a_changed_file_of_keys_counts_and_a_broken_one_does_not(self):
        with Served(server=config(), files={"jwks.json": JWKS}) as served:
            new = token(header={"alg": "RS256", "kid": "new"}, key=OTHER_RSA)
            old = token()
            self.assertEqual([served.get("/streams", key=one).status for one in (new, old)], [401, 200])
            (served.folder / "jwks.json").write_text("{")
            served.until(lambda: "token_keys_unreadable" in served.errors_text(), "the broken file is noticed")
            self.assertEqual(served.get("/streams", key=old).status, 200)
            (served.folder / "jwks.json").write_text(json.dumps({"keys": [public_jwk("new", OTHER_RSA)]}))
            served.until(lambda: served.get("/streams", key=new).status == 200, "the new key counts")
            self.assertEqual(served.get("/streams", key=old).status, 401)

    def test_keys_come_from_an_address(self):
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(JWKS.encode())

            def log_message(self, *_):
                pass

        keys = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=keys.serve_forever, daemon=True).start()
        address = "http://127.0.0.1:%d/keys?tenant=a" % keys.server_port
        try:
            with Served(server=config(jwks=address)) as served:
                self.assertEqual(served.get("/streams", key=token()).status, 200)
                self.assertEqual(asked[0], "/keys?tenant=a")
                keys.shutdown()
                self.assertEqual(served.get("/streams", key=token("ES256")).status, 200)
        finally:
            keys.server_close()

    def test_an_address_that_does_not_answer_lets_nobody_in(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))  # and never listens
            with Served(server=config(jwks="http://127.0.0.1:%d/" % silent.getsockname()[1])) as served:
                self.assertEqual(served.get("/streams", key=token()).status, 503)
                self.assertEqual(served.get("/streams").status, 401)
                self.assertIn("token_keys_unreadable", served.errors_text())

    def test_files_that_cannot_be_are_refused(self):
        for server, reason in ((config(jwks="http://id.example.org/keys"), "use https"), (config(algorithms="HS256"), "RS256"),
                               (config(algorithms="none"), "RS256"), (config() + "  auth: none\n", "leave one of them out"),
                               (config(more="    leeway: 1h\n"), "at most 5m"), (config(algorithms=""), "algorithms")):
            with Served(server=server, files={"jwks.json": JWKS}, start=False) as served:
                refused = served.run("check")
                self.assertEqual(refused.returncode, 2, server)
                self.assertIn(reason, refused.stdout + refused.stderr)
        with Served(server=config(), start=False) as served:
            refused = served.run("run")
            self.assertIn("jwks", refused.stderr)
            self.assertNotEqual(refused.returncode, 0)


if __name__ == "__main__":
    unittest.main()
