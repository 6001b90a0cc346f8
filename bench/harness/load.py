"""Load over HTTP: wrk for as much as goes, one plain connection for what has to be looked at."""
import http.client
import json
import pathlib
import urllib.parse

from harness.context import compiled
from harness.errors import BenchError
from harness.processes import output_of

HERE = pathlib.Path(__file__).resolve().parent
JSON_TYPE = "application/json"
NDJSON_TYPE = "application/x-ndjson"
CLIENT_TIMEOUT_SECONDS = 120


def wrk(port, path, lines, *, connections, seconds, content_type=None):
    """Sends the requests of a file for some seconds; returns what load.lua prints. Any request that fails is an error."""
    settings = {"BENCH_LINES": str(lines)} | ({"BENCH_TYPE": content_type} if content_type else {})
    command = ["env", *(f"{name}={value}" for name, value in settings.items()), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
               "-s", HERE / "load.lua", f"http://127.0.0.1:{port}{path}"]
    result = json.loads(output_of(command).strip().splitlines()[-1])
    if result["refused"] or result["broken"]:
        raise BenchError(f"{path} on port {port}: {result['refused']} requests refused, {result['broken']} broken, "
                         f"of {result['requests']}")
    return result


def open_loop(port, path, lines, *, connections, rate, seconds, content_type):
    """Requests at a rate that no answer holds back, or with a rate of -N as many as go with N under way; returns what open_loop.cc prints."""
    return json.loads(output_of([compiled("open_loop"), port, path, lines, content_type, connections, rate, seconds]))


class Client:
    """One connection that stays open."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CLIENT_TIMEOUT_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    @property
    def local_port(self):
        return self._connection.sock.getsockname()[1]

    def request(self, method, path, body=None, content_type=JSON_TYPE):
        """Returns the body of a 200; anything else is an error."""
        headers = {"Content-Type": content_type} if body is not None else {}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise BenchError(f"{method} {path} answers {answer.status}: {content[:500].decode(errors='replace')}")
        return content

    def post(self, path, body, content_type=JSON_TYPE):
        return json.loads(self.request("POST", path, body, content_type))

    def query(self, sql, parameters=""):
        """The rows of a SELECT, as lists."""
        return json.loads(self.request("GET", "/sql?q=" + urllib.parse.quote(sql) + parameters))["rows"]


def is_ready(port):
    """Whether /readyz answers 200."""
    try:
        with Client(port) as client:
            client.request("GET", "/readyz")
        return True
    except (OSError, http.client.HTTPException, BenchError):
        return False
