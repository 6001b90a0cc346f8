#!/usr/bin/env python3
"""Stands in for the QPX Express API, which is no more: answers POST /v1/trips/search with the recorded answers.

    qpx.py [--data DIR] [--port N] [-- COMMAND ARG...]

With a command, that command runs with QPX and QPX_KEY in its environment, and this ends when it does. Without one, this
prints its address and answers until it is ended. DIR holds flights/qpx (default: $TAILRACE_DATA). What is asked for without
the key is refused with 403; a journey that was never recorded has no trips, as with the original; every 40th answer is a
page of HTML with status 503, as busy servers give, and the same question a moment later is answered.
"""
import argparse
import http.server
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading

KEY = "demo-key"
RECORDED = {("MIA", "NYC"): "getAway_mockup.json", ("TPE", "LAX"): "layover_qpxUnformattedResponseExample.json",
            ("BEY", "BOS"): "mlmrmail_aa.json", ("BEY", "PAR"): "mlmrmail_yy.json"}
BUSY_EVERY = 40


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = 0
    lock = threading.Lock()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        with Api.lock:
            Api.asked += 1
            busy = Api.asked % BUSY_EVERY == 0
        if path != "/v1/trips/search":
            return self.reply(404, b'{"error":{"code":404}}')
        if f"key={KEY}" not in query.split("&"):
            return self.reply(403, b'{"error":{"code":403,"message":"The request is missing a valid API key."}}')
        if busy:
            return self.reply(503, b"<html><body>Service Unavailable</body></html>", "text/html")
        first = json.loads(body)["request"]["slice"][0]
        name = RECORDED.get((first["origin"], first["destination"]))
        if name is None:
            return self.reply(200, b'{"kind":"qpxExpress#tripsSearch","trips":{"kind":"qpxexpress#tripOptions","requestId":"none"}}')
        return self.reply(200, (self.server.folder / name).read_bytes())

    def reply(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
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
    if not (data / "flights" / "qpx").is_dir():
        parser.error(f"{data / 'flights' / 'qpx'} is not there: TAILRACE_DATA or --data says which folder holds flights/")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Api)
    server.folder = data / "flights" / "qpx"
    server.daemon_threads = True
    address = f"http://127.0.0.1:{server.server_address[1]}"
    if not options.command:
        print(address, flush=True)
        server.serve_forever()
        return 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = subprocess.Popen(options.command, env=os.environ | {"QPX": address, "QPX_KEY": KEY, "TAILRACE_DATA": str(data)})
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the command as well, which ends in its own time
    signal.signal(signal.SIGTERM, lambda *_: command.terminate())
    return command.wait()


if __name__ == "__main__":
    sys.exit(main())
