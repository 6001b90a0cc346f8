#!/usr/bin/env python3
"""Stands in for the two APIs of the walmart example and serves their recorded answers.

    apis.py [--data DIR] [--port N] [-- COMMAND ARG...]

With a command, that command runs with SHOP, RATES and their keys in its environment, and this ends when it does. Without one,
this prints its address and answers until it is ended. DIR holds walmart/ (default: $TAILRACE_DATA).

GET /v1/trends?apiKey=      items on sale, two recorded lists in turn
GET /v1/vod?apiKey=         the value of the day
GET /api/live?access_key=   what a dollar costs

Each address gives the answer of the next recorded day to each poll, and after the last that one again: with its ETag, so that
who has it is told 304. X-Due tells one poll from the next: one that is asked again, after a crash, gets the same answer again. Between the days come answers as the originals gave them on bad days: JSON that breaks off, a page
of HTML, and an error with status 200.
"""
import argparse
import hashlib
import http.server
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading

KEYS = {"/v1/trends": "apiKey=shop-key", "/v1/vod": "apiKey=shop-key", "/api/live": "access_key=rates-key"}


def by_day(path):
    lines = [line for line in path.read_text().splitlines() if line]
    return [line.encode() for line in sorted(lines, key=lambda line: json.loads(line)["timestamp"])]


def answers(folder):
    """What each address gives, in its order, as (status, body)."""
    trends = [(folder / f"search_response_{n}.json").read_bytes() for n in (1, 2, 1)]
    vod, rates = by_day(folder / "vod_2017-03.jsonl"), by_day(folder / "currency_live_2017-03.jsonl")
    good = {"/v1/trends": trends, "/v1/vod": vod, "/api/live": rates}
    plans = {path: [(200, body) for body in bodies] for path, bodies in good.items()}
    plans["/v1/trends"].insert(1, (200, trends[1][:20000]))
    plans["/v1/vod"].insert(3, (200, b"<html><body><h1>Developer Inactive</h1></body></html>"))
    plans["/api/live"].insert(2, (200, b'{"success":false,"error":{"code":104,"type":"monthly_limit_reached"}}'))
    plans["/api/live"].insert(5, (200, rates[4][:100]))
    return plans


class Apis(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path not in KEYS:
            return self.reply(404, b'{"errors":[{"code":404}]}')
        if KEYS[path] not in query.split("&"):
            return self.reply(403, b"<h1>Developer Inactive</h1>", {"Content-Type": "text/html"})
        status, body = self.next_answer(path, self.headers.get("X-Due"))
        tag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
        if self.headers.get("If-None-Match") == tag:
            return self.reply(304, b"", {"ETag": tag})
        return self.reply(status, body, {"ETag": tag})

    def next_answer(self, path, due):
        with Apis.lock:
            given = self.server.given[path]
            if due is None or due not in given:
                plan = self.server.plans[path]
                given[due] = plan.pop(0) if len(plan) > 1 else plan[0]
            return given[due]

    def reply(self, status, body, headers=None):
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | (headers or {})).items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("TAILRACE_DATA", "../shared/data"))
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("command", nargs="*")
    options = parser.parse_args()
    data = pathlib.Path(options.data).resolve()
    if not (data / "walmart").is_dir():
        parser.error(f"{data / 'walmart'} is not there: TAILRACE_DATA or --data says which folder holds walmart/")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Apis)
    server.plans = answers(data / "walmart")
    server.given = {path: {} for path in KEYS}
    server.daemon_threads = True
    address = f"http://127.0.0.1:{server.server_address[1]}"
    if not options.command:
        print(address, flush=True)
        server.serve_forever()
        return 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = subprocess.Popen(options.command, env=os.environ | {"SHOP": address, "SHOP_KEY": "shop-key", "RATES": address, "RATES_KEY": "rates-key", "TAILRACE_DATA": str(data)})
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the command as well, which ends in its own time
    signal.signal(signal.SIGTERM, lambda *_: command.terminate())
    return command.wait()


if __name__ == "__main__":
    sys.exit(main())
