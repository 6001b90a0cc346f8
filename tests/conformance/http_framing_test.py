#!/usr/bin/env python3
"""Requests on whose borders two servers in a row could disagree (RFC 9112), over raw sockets: each is refused with the status that the
standard wants, or read as it says, and no request that hides in another is ever answered.

Each case is sent with a request to a canary behind it or inside of it. The canary is a stream: what it holds at the end came through.
"""
import json
import re
import socket
import sys
import tempfile

import program

PIPELINE = """pipeline: conformance
streams:
  notes: {schema: {text: string}}
  canary: {schema: {text: string}}
# Sent byte by byte on a busy machine.
server: {limits: {header_timeout: 10m, body_timeout: 10m}}
"""

HOST = b"Host: localhost\r\n"
NOTE = b'{"text":"a"}'
CANARY_BODY = b'{"text":"smuggled"}'
CANARY = b"POST /streams/canary HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(CANARY_BODY) + CANARY_BODY


def head(line=b"GET /healthz HTTP/1.1", *fields):
    return line + b"\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


def get(*fields):
    return head(b"GET /healthz HTTP/1.1", b"Host: localhost", *fields)


def post(*fields, body=b""):
    return head(b"POST /streams/notes HTTP/1.1", b"Host: localhost", *fields) + body


def chunked(body, *fields):
    return post(b"Transfer-Encoding: chunked", *fields, body=body)


WHOLE_CHUNKS = b"c\r\n" + NOTE + b"\r\n0\r\n\r\n"
LENGTH = b"Content-Length: 12"

# Refused, the connection closed, whatever follows never read as a request.
REFUSED = {
    # Request line.
    "garbage": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
    "no version": (b"GET /healthz\r\n" + HOST + b"\r\n", {400, 505}),
    "HTTP/0.9 in disguise": (b"GET /healthz HTTP/0.9\r\n" + HOST + b"\r\n", {400, 505}),
    "HTTP/2.0": (b"GET /healthz HTTP/2.0\r\n" + HOST + b"\r\n", {505}),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    "HTTP/1.10": (b"GET /healthz HTTP/1.10\r\n" + HOST + b"\r\n", {400, 505}),
    "HTTP/1.": (b"GET /healthz HTTP/1.\r\n" + HOST + b"\r\n", {400, 505}),
    "http/1.1 in small letters": (b"GET /healthz http/1.1\r\n" + HOST + b"\r\n", {400, 505}),
    "two spaces behind the method": (b"GET  /healthz HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "two spaces before the version": (b"GET /healthz  HTTP/1.1\r\n" + HOST + b"\r\n", {400, 505}),
    "a space behind the version": (b"GET /healthz HTTP/1.1 \r\n" + HOST + b"\r\n", {400, 505}),
    "a tab for a space": (b"GET\t/healthz\tHTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "a space before the method": (b" GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "a space in the target": (b"GET /heal thz HTTP/1.1\r\n" + HOST + b"\r\n", {400, 505}),
    "a NUL in the target": (b"GET /heal\x00thz HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "a control character in the target": (b"GET /heal\x01thz HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "a byte above ASCII in the target": (b"GET /heal\xe9thz HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "a bracket in the method": (b"GE(T /healthz HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "no method": (b"/healthz HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "no target": (b"GET HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "a bare CR in the request line": (b"GET /healthz HTTP/1.1\rX: y\r\n" + HOST + b"\r\n", {400, 505}),
    "the request line ends with a bare LF": (b"GET /healthz HTTP/1.1\n" + HOST + b"\r\n", {400}),
    "all lines end with a bare LF": (b"GET /healthz HTTP/1.1\nHost: localhost\n\n", {400}),
    "all lines end with a bare CR": (b"GET /healthz HTTP/1.1\rHost: localhost\r\r\n\r\n", {400, 505}),
    "a bare LF before the request": (b"\nGET /healthz HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "a long target": (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", {414, 431}),
    # Host.
    "no Host": (head(), {400}),
    "an empty Host": (head(b"GET /healthz HTTP/1.1", b"Host:"), {400}),
    "two Hosts": (get(b"Host: localhost"), {400}),
    "two Hosts that differ": (get(b"Host: 127.0.0.1"), {400}),
    "a foreign Host second": (get(b"host: example.com"), {400, 403}),
    # Field lines.
    "a space before the colon": (get(b"X : y"), {400}),
    "a tab before the colon": (get(b"X\t: y"), {400}),
    "a space before Content-Length's colon": (post(b"Content-Length : 12", body=NOTE), {400}),
    "a space before Transfer-Encoding's colon": (post(b"Transfer-Encoding : chunked", LENGTH, body=WHOLE_CHUNKS), {400}),
    "a field without a name": (get(b": y"), {400}),
    "a field without a colon": (get(b"X"), {400}),
    "a space in a name": (get(b"X Y: z"), {400}),
    "a NUL in a name": (get(b"X\x00Y: z"), {400}),
    "a NUL in a value": (get(b"X: a\x00b"), {400}),
    "a control character in a value": (get(b"X: a\x01b"), {400}),
    "a DEL in a value": (get(b"X: a\x7fb"), {400}),
    "a bare CR in a value": (get(b"X: a\rb"), {400}),
    "a bare CR before a length": (get(b"X: a\rContent-Length: 12"), {400}),
    "a bare LF behind a field": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: y\n\r\n", {400}),
    "a bare LF as the empty line": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"\n", {400}),
    "CR CR LF": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: y\r\r\n\r\n", {400}),
    "a folded field": (get(b"X: a\r\n b"), {400}),
    "a folded field, by a tab": (get(b"X: a\r\n\tb"), {400}),
    "a folded Transfer-Encoding": (post(b"Transfer-Encoding:\r\n chunked", LENGTH, body=WHOLE_CHUNKS), {400}),
    "a folded first line": (b"GET /healthz HTTP/1.1\r\n " + HOST + b"\r\n", {400}),
    "a name above ASCII": (get(b"X\xe9: y"), {400}),
    "a large field": (get(b"X: " + b"y" * 20_000), {431}),
    "many fields": (get(*[b"X-%d: y" % i for i in range(3_000)]), {431}),
    # Lengths.
    "two lengths that differ": (post(LENGTH, b"Content-Length: 13", body=NOTE), {400}),
    "the same length twice": (post(LENGTH, LENGTH, body=NOTE), {400}),
    "a list of lengths": (post(b"Content-Length: 12, 12", body=NOTE), {400}),
    "a list of lengths that differ": (post(b"Content-Length: 12, 13", body=NOTE), {400}),
    "a length and a comma": (post(b"Content-Length: 12,", body=NOTE), {400}),
    "an empty length": (post(b"Content-Length:", body=NOTE), {400}),
    "a negative length": (post(b"Content-Length: -12", body=NOTE), {400}),
    "a length with a plus": (post(b"Content-Length: +12", body=NOTE), {400}),
    "a length in hexadecimal": (post(b"Content-Length: 0xc", body=NOTE), {400}),
    "a length with a fraction": (post(b"Content-Length: 12.0", body=NOTE), {400}),
    "a length with an exponent": (post(b"Content-Length: 1e1", body=NOTE), {400}),
    "a length with words": (post(b"Content-Length: 12 bytes", body=NOTE), {400}),
    "a length with a space inside": (post(b"Content-Length: 1 2", body=NOTE), {400}),
    "a length in quotes": (post(b'Content-Length: "12"', body=NOTE), {400}),
    "a length with an underscore": (post(b"Content-Length: 1_2", body=NOTE), {400}),
    "a length with a vertical tab": (post(b"Content-Length: \x0b12", body=NOTE), {400}),
    "a length beyond 64 bits": (post(b"Content-Length: 18446744073709551616", body=NOTE), {400, 413}),
    "a length that wraps to 12": (post(b"Content-Length: 18446744073709551628", body=NOTE), {400, 413}),
    "a length beyond the limit": (post(b"Content-Length: 9223372036854775807", body=NOTE), {413}),
    # Transfer codings.
    "a length, then chunks": (post(LENGTH, b"Transfer-Encoding: chunked", body=WHOLE_CHUNKS), {400}),
    "chunks, then a length": (chunked(WHOLE_CHUNKS, LENGTH), {400}),
    "chunks and a length of nought": (chunked(WHOLE_CHUNKS, b"Content-Length: 0"), {400}),
    "identity": (post(b"Transfer-Encoding: identity", LENGTH, body=NOTE), {400, 501}),
    "identity alone": (post(b"Transfer-Encoding: identity"), {400, 501}),
    "gzip, chunked": (post(b"Transfer-Encoding: gzip, chunked", body=WHOLE_CHUNKS), {400, 501}),
    "chunked, gzip": (post(b"Transfer-Encoding: chunked, gzip", body=WHOLE_CHUNKS), {400, 501}),
    "chunked twice in a list": (post(b"Transfer-Encoding: chunked, chunked", body=WHOLE_CHUNKS), {400, 501}),
    "chunked in two fields": (post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=WHOLE_CHUNKS), {400, 501}),
    "chunked, then identity": (post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=WHOLE_CHUNKS), {400, 501}),
    "identity, then chunked": (post(b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked", body=WHOLE_CHUNKS), {400, 501}),
    "an empty coding": (post(b"Transfer-Encoding:", body=WHOLE_CHUNKS), {400, 501}),
    "an unknown coding": (post(b"Transfer-Encoding: x", body=WHOLE_CHUNKS), {400, 501}),
    "xchunked": (post(b"Transfer-Encoding: xchunked", body=WHOLE_CHUNKS), {400, 501}),
    "chunked with a parameter": (post(b"Transfer-Encoding: chunked;q=1", body=WHOLE_CHUNKS), {400, 501}),
    "chunked in quotes": (post(b'Transfer-Encoding: "chunked"', body=WHOLE_CHUNKS), {400, 501}),
    "chunked behind a vertical tab": (post(b"Transfer-Encoding: \x0bchunked", LENGTH, body=WHOLE_CHUNKS), {400, 501}),
    "chunked before a NUL": (post(b"Transfer-Encoding: chunked\x00", LENGTH, body=WHOLE_CHUNKS), {400, 501}),
    "chunks in HTTP/1.0": (b"POST /streams/notes HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + WHOLE_CHUNKS, {400}),
    "chunks in HTTP/1.0, kept alive": (b"POST /streams/notes HTTP/1.0\r\n" + HOST +
                                       b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + WHOLE_CHUNKS, {400}),
    # Chunks.
    "a size that is no number": (chunked(b"xyz\r\n"), {400}),
    "no size": (chunked(b"\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400}),
    "a negative size": (chunked(b"-c\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400}),
    "a size with a plus": (chunked(b"+c\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400}),
    "a size with 0x": (chunked(b"0xc\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400}),
    "a size with an underscore": (chunked(b"0_c\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400}),
    "a space before a size": (chunked(b" c\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400}),
    "a size beyond 64 bits": (chunked(b"1000000000000000c\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400, 413}),
    "a size of many noughts beyond 64 bits": (chunked(b"f" * 17 + b"\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400, 413}),
    "the largest size": (chunked(b"ffffffffffffffff\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400, 413}),
    "a size beyond the limit": (chunked(b"7fffffff\r\n" + NOTE), {413}),
    "a chunk longer than its size": (chunked(b"3\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400}),
    "a bare LF behind a size": (chunked(b"c\n" + NOTE + b"\r\n0\r\n\r\n"), {400}),
    "a bare LF behind a chunk": (chunked(b"c\r\n" + NOTE + b"\n0\r\n\r\n"), {400}),
    "a bare CR behind a size": (chunked(b"c\r" + NOTE + b"\r\n0\r\n\r\n"), {400}),
    "bare LFs at the end": (chunked(b"c\r\n" + NOTE + b"\r\n0\n\n"), {400}),
    "a bare LF in an extension": (chunked(b"c;a=b\nxx\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400}),
    "a bare CR in an extension": (chunked(b"c;a=b\rxx\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400}),
    "a NUL in an extension": (chunked(b"c;a=\x00b\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400}),
    "a large extension": (chunked(b"c;a=" + b"b" * 70_000 + b"\r\n" + NOTE + b"\r\n0\r\n\r\n"), {400}),
    "two bytes behind a chunk that are no line end": (chunked(b"c\r\n" + NOTE + b"xx0\r\n\r\n"), {400}),
    "a folded trailer": (chunked(b"c\r\n" + NOTE + b"\r\n0\r\nX: a\r\n b\r\n\r\n"), {400}),
    "a trailer without a colon": (chunked(b"c\r\n" + NOTE + b"\r\n0\r\nX\r\n\r\n"), {400}),
    "a trailer with a bare LF": (chunked(b"c\r\n" + NOTE + b"\r\n0\r\nX: y\n\r\n"), {400}),
    "a large trailer": (chunked(b"c\r\n" + NOTE + b"\r\n0\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"), {400, 431}),
}

# Read as the standard says; the request behind it is a new one, and is answered.
TAKEN = {
    "an empty line before the request": (b"\r\n" + get(), [200]),
    "two empty lines before the request": (b"\r\n\r\n" + get(), [200]),
    "a name in other letters": (head(b"GET /healthz HTTP/1.1", b"hOST: localhost"), [200]),
    "no space behind the colon": (head(b"GET /healthz HTTP/1.1", b"Host:localhost"), [200]),
    "spaces and tabs about a value": (post(b"Content-Length: \t 12 \t", body=NOTE), [200]),
    "a length with noughts": (post(b"Content-Length: 0012", body=NOTE), [200]),
    "an empty value": (get(b"X:"), [200]),
    "a byte above ASCII in a value": (get(b"X: \xe9"), [200]),
    "absolute form": (head(b"GET http://localhost/healthz HTTP/1.1", b"Host: localhost"), [200]),
    "absolute form, another host in it": (head(b"GET http://example.com/healthz HTTP/1.1", b"Host: localhost"), [200, 400, 403]),
    "OPTIONS *": (head(b"OPTIONS * HTTP/1.1", b"Host: localhost"), [204]),
    "a method that is not known": (head(b"BREW /healthz HTTP/1.1", b"Host: localhost"), [405, 501]),
    "HEAD": (head(b"HEAD /healthz HTTP/1.1", b"Host: localhost"), [200]),
    "chunks": (chunked(WHOLE_CHUNKS), [200]),
    "no chunk but the last": (chunked(b"0\r\n\r\n"), [400]),
    "Chunked in other letters": (post(b"Transfer-Encoding: CHUNKED", body=WHOLE_CHUNKS), [200]),
    "a size in large letters": (chunked(b"C\r\n" + NOTE + b"\r\n0\r\n\r\n"), [200]),
    "a size with noughts": (chunked(b"000c\r\n" + NOTE + b"\r\n000\r\n\r\n"), [200]),
    "many chunks": (chunked(b"".join(b"1\r\n%c\r\n" % byte for byte in NOTE) + b"0\r\n\r\n"), [200]),
    "chunk extensions": (chunked(b'c;a;b=c;d="e f"\r\n' + NOTE + b"\r\n0;last\r\n\r\n"), [200]),
    "an extension that looks like chunks": (chunked(b'c;a="0"\r\n' + NOTE + b"\r\n0\r\n\r\n"), [200]),
    "a trailer": (chunked(b"c\r\n" + NOTE + b"\r\n0\r\nX: y\r\n\r\n"), [200]),
    "a trailer that would be a length": (chunked(b"c\r\n" + NOTE + b"\r\n0\r\nContent-Length: 400\r\n\r\n"), [200, 400]),
    "a trailer that would be a coding": (chunked(b"c\r\n" + NOTE + b"\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"), [200, 400]),
    "a trailer that would be a Host": (chunked(b"c\r\n" + NOTE + b"\r\n0\r\nHost: example.com\r\n\r\n"), [200, 400]),
    "a body that a GET need not have": (get(b"Content-Length: 12") + NOTE, [200]),
    "a chunked body that a GET need not have": (get(b"Transfer-Encoding: chunked") + WHOLE_CHUNKS, [200]),
    "a length of nought": (post(b"Content-Length: 0"), [400]),
    "neither length nor chunks, so no body": (post(), [411]),
    "an Expect that nobody knows": (post(LENGTH, b"Expect: 200-ok", body=NOTE), [417]),
    "Expect, with the body at once": (post(LENGTH, b"Expect: 100-continue", body=NOTE), [200]),
}

# Bodies that hold a request, which must stay a body.
HIDDEN = {
    "in a body": post(b"Content-Length: %d" % len(CANARY), body=CANARY),
    "in a chunk": chunked(b"%x\r\n" % len(CANARY) + CANARY + b"\r\n0\r\n\r\n"),
    "in the body of a GET": get(b"Content-Length: %d" % len(CANARY)) + CANARY,
    "in a chunk of a GET": get(b"Transfer-Encoding: chunked") + b"%x\r\n" % len(CANARY) + CANARY + b"\r\n0\r\n\r\n",
    "in the body for a path that there is not": head(b"POST /nowhere HTTP/1.1", b"Host: localhost", b"Content-Length: %d" % len(CANARY)) + CANARY,
    "in the body of a method that is not possible": head(b"PUT /healthz HTTP/1.1", b"Host: localhost", b"Content-Length: %d" % len(CANARY)) + CANARY,
    "in the body for a foreign Host": head(b"POST /streams/notes HTTP/1.1", b"Host: example.com", b"Content-Length: %d" % len(CANARY)) + CANARY,
    "in the body of an HTTP/1.0 POST": head(b"POST /streams/notes HTTP/1.0", b"Content-Length: %d" % len(CANARY)) + CANARY,
    "in the body of a HEAD": head(b"HEAD /healthz HTTP/1.1", b"Host: localhost", b"Content-Length: %d" % len(CANARY)) + CANARY,
    "in the body of OPTIONS": head(b"OPTIONS * HTTP/1.1", b"Host: localhost", b"Content-Length: %d" % len(CANARY)) + CANARY,
    "in an unknown Expect's body": post(b"Expect: x", b"Content-Length: %d" % len(CANARY), body=CANARY),
    "in a body behind Connection: close": post(LENGTH, b"Connection: close", body=NOTE) + CANARY,
    "behind an Upgrade": get(b"Connection: Upgrade, close", b"Upgrade: h2c") + CANARY,
    "behind a CONNECT": head(b"CONNECT localhost:80 HTTP/1.1", b"Host: localhost", b"Connection: close") + CANARY,
}

# Larger cases are sent at once only.
BYTE_BY_BYTE_MAX = 600

STATUS_LINE = re.compile(rb"^HTTP/1\.1 (\d\d\d) ")


class Answers:
    """What a connection gave back: the statuses of its answers, and whether the server ended it."""

    def __init__(self, port, sent, step=0):
        self.statuses = []
        with socket.create_connection(("127.0.0.1", port), timeout=program.SECONDS_MAX) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                for at in range(0, len(sent), step or len(sent)):
                    client.sendall(sent[at:at + (step or len(sent))])
                client.shutdown(socket.SHUT_WR)
            except OSError:
                pass   # it may have hung up on us already
            self.rest = self.read_all(client)
        while self.rest and self.take():
            pass

    @staticmethod
    def read_all(client):
        parts = []
        try:
            while part := client.recv(1 << 16):
                parts.append(part)
        except ConnectionResetError:
            pass
        return b"".join(parts)

    def take(self):
        end = self.rest.find(b"\r\n\r\n")
        found = STATUS_LINE.match(self.rest)
        if end < 0 or not found:
            return False
        fields = self.rest[:end].lower()
        status = int(found.group(1))
        self.rest = self.rest[end + 4:]
        if status == 100:
            return True
        self.statuses.append(status)
        length = re.search(rb"\r\ncontent-length: (\d+)", fields)
        if length and not self.rest.startswith(b"HTTP/1.1 "):   # the answer to a HEAD has no body
            self.rest = self.rest[int(length.group(1)):]
        return True


def steps(sent):
    """How many bytes to send at a time: all (0), and one."""
    return (0, 1) if len(sent) <= BYTE_BY_BYTE_MAX else (0,)


def check_refused(port):
    """One answer, and nothing of the canary behind it."""
    wrong = []
    for name, (sent, wanted) in REFUSED.items():
        for step in steps(sent):
            found = Answers(port, sent + CANARY, step).statuses
            if len(found) != 1 or found[0] not in wanted:
                wrong.append(f"refused: {name} got {found}, expected one of {sorted(wanted)}")
    return wrong


def check_taken(port):
    """Its answer, then that of a request behind it, unless it says that the connection ends."""
    wrong = []
    behind = head(b"GET /openapi.json/nowhere HTTP/1.1", b"Host: localhost")
    for name, sent, wanted, step in ((name, sent, wanted, step) for name, (sent, wanted) in TAKEN.items() for step in steps(sent)):
        found = Answers(port, sent + behind, step).statuses
        closes = len(found) == 1 and found[0] >= 400
        if not found or found[0] not in wanted or not (closes or found[1:] == [404]):
            wrong.append(f"taken: {name} got {found}, expected one of {wanted}, then 404")
    return wrong


def check_hidden(port):
    """What stands behind an answer may be one more refusal, never a record accepted: the canary's stream tells."""
    return [f"hidden: {name} got no answer" for name, sent in HIDDEN.items() for step in steps(sent) if not Answers(port, sent, step).statuses]


def offset_of(server, stream):
    return json.loads(server.ask("GET", f"/streams/{stream}")[1])["partitions"][0]["end"]


def main():
    with tempfile.TemporaryDirectory() as folder, program.Server(folder, PIPELINE) as server:
        wrong = check_refused(server.port)
        if offset_of(server, "notes") != 0:
            wrong.append("a request that was refused left a record")
        wrong += check_taken(server.port) + check_hidden(server.port)
        if offset_of(server, "canary") != 0:
            wrong.append("a request that was hidden in another was answered")
        # The canary does sing when it is asked.
        if Answers(server.port, get() + CANARY).statuses != [200, 200] or offset_of(server, "canary") != 1:
            wrong.append("the canary does not answer at all")
    print("\n".join(wrong))
    print(f"{len(REFUSED) + len(TAKEN) + len(HIDDEN)} cases, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
