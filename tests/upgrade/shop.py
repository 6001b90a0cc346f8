"""The pipeline of the upgrade test from outside: a server on it, what is posted to it, and every answer it can give."""
import http.client
import json
import os
import re
import subprocess
import time

SECONDS_MAX = 120
POLL_SECONDS = 0.05
ORDERS = 120
TICKS = 200  # as the pipeline file has it

QUESTIONS = [
    "SELECT * EXCLUDE (_ingested_at) FROM sales ORDER BY _seq",
    "SELECT * EXCLUDE (_ingested_at) FROM ticks ORDER BY _seq",
    "SELECT * FROM lines ORDER BY ALL",
    "SELECT * FROM by_product ORDER BY product",
    "SELECT * FROM codes ORDER BY ALL",
    "SELECT * FROM latest ORDER BY product",
    "SELECT * FROM tick_sum",
    "SELECT * FROM best",
]


def order(number):
    """One record; the same for the same number, whenever it is made."""
    product = "pX" if number % 40 == 7 else f"p{number % 9}"  # pX is what table `codes` cannot take
    return {"id": f"o{number % 70}", "product": product, "quantity": number % 13 - 2, "price": f"{number % 50}.{number % 100:02}",
            "weight": number / 7, "sold": f"2024-05-{number % 28 + 1:02}T08:00:00Z"}


def batch(first, count):
    """NDJSON of `count` orders, and one line that the schema refuses."""
    lines = [json.dumps(order(n)) for n in range(first, first + count)] + [json.dumps({"id": f"bad{first}", "quantity": "six"})]
    return "\n".join(lines).encode()


class Shop:
    """`tailrace run` on a folder with the pipeline; killed or stopped at the end of the block."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder

    def __enter__(self):
        self.errors = open(os.path.join(self.folder, "errors.txt"), "a")
        self.process = subprocess.Popen([self.program, "run", self.folder, "--port", "0"], stdout=subprocess.PIPE, stderr=self.errors, text=True)
        for line in self.process.stdout:
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                break
        else:
            raise AssertionError("the server did not start: " + open(self.errors.name).read())
        self.wait(lambda: self.get("/readyz")[0] == 200, "getting ready")
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(SECONDS_MAX)
        self.process.stdout.close()
        self.errors.close()

    def kill(self):
        self.process.kill()
        self.process.wait(SECONDS_MAX)

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        text = response.read().decode()
        found = (response.status, text, dict(response.getheaders()))
        connection.close()
        return found

    def get(self, path):
        return self.request("GET", path)[:2]

    def post_orders(self, first, count):
        """The answer, and whether it was given before."""
        status, text, headers = self.request("POST", "/streams/sales", batch(first, count),
                                             {"Content-Type": "application/x-ndjson", "Idempotency-Key": f"orders-{first}"})
        assert status in (200, 207), text
        return json.loads(text), headers.get("Idempotency-Replayed") == "true"

    def wait(self, ready, what):
        end = time.monotonic() + SECONDS_MAX
        while not ready():
            if time.monotonic() > end:
                raise AssertionError(f"{what} took more than {SECONDS_MAX} s")
            time.sleep(POLL_SECONDS)

    def metric(self, name):
        """Its values, one for each set of labels."""
        lines = self.get("/metrics")[1].splitlines()
        return {line.rsplit(" ", 1)[0][len(name):]: float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name + "{")}

    def is_caught_up(self):
        lag = self.metric("tailrace_lag_records")
        assert lag, "no lag is told"
        return self.metric("tailrace_stream_end_offset")['{stream="ticks"}'] == TICKS and not any(lag.values())

    def answers(self):
        """Everything that can be read, once all tables and documents have caught up."""
        self.wait(self.is_caught_up, "catching up")
        found = {}
        for question in QUESTIONS:
            status, text, _ = self.request("POST", "/sql", json.dumps({"sql": question}), {"Content-Type": "application/json"})
            assert status == 200, f"{question}: {text}"
            found[question] = json.loads(text)["rows"]
        found["orders"] = json.loads(self.get("/collections/orders?limit=1000")[1])["documents"]
        found["orders of p3"] = json.loads(self.get("/collections/orders?product=p3&limit=1000")[1])["documents"]
        # A collection over a view is written after a commit that changes it, so it may still be on its way.
        best = {product: quantity for product, quantity in found["SELECT * FROM best"]}
        self.wait(lambda: json.loads(self.get("/collections/top/top")[1]) == best, "the collection over a view")
        found["dead letters"] = self.metric("tailrace_dead_letters")
        return found
