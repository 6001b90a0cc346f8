"""A till for the demo: sends sales to the retail example one by one, as its file would go on. Now and then one is not what it should be."""
import csv
import datetime
import itertools
import json
import random
import threading
import urllib.error
import urllib.request

SEED = 7
FIRST_INVOICE = 600_001
BEGINS = datetime.datetime(2011, 12, 9, 13, 0)  # where the file ends
STORY_STEP = datetime.timedelta(minutes=7)
OPENS, CLOSES = 8, 18  # hours
LINES_MAX = 4
SECONDS_BETWEEN = 0.7
ROWS_KNOWN = 20_000
# Every so many invoices one line is refused: a quantity in words, as a person might type it.
FAULT_EVERY = 25
FAULT = "six"
ANSWER_SECONDS_MAX = 10


def lines_of(file):
    with open(file, encoding="latin-1", newline="") as rows:
        return [row for row in itertools.islice(csv.DictReader(rows), ROWS_KNOWN) if row["Description"] and row["CustomerID"] and int(row["Quantity"]) > 0]


def invoices(file):
    """Endless: the lines of one invoice after another."""
    chance, known, when = random.Random(SEED), lines_of(file), BEGINS
    for number in itertools.count(FIRST_INVOICE):
        when += STORY_STEP
        if when.hour >= CLOSES:
            when = datetime.datetime.combine(when.date() + datetime.timedelta(days=1), datetime.time(OPENS))
        customer = chance.choice(known)
        lines = []
        for line in chance.sample(known, chance.randint(1, LINES_MAX)):
            lines.append({**line, "InvoiceNo": str(number), "CustomerID": int(float(customer["CustomerID"])), "Country": customer["Country"],
                          "Quantity": int(line["Quantity"]), "InvoiceDate": f"{when.month}/{when.day}/{when.year} {when.hour}:{when.minute:02}"})
        if (number - FIRST_INVOICE) % FAULT_EVERY == FAULT_EVERY - 1:
            lines[0]["Quantity"] = FAULT
        yield lines


class Till(threading.Thread):
    """Sends until `stop`, or `count` invoices. `sent` and `refused` count lines; an answer that is neither ends it with `trouble`."""

    def __init__(self, address, file, count=None):
        super().__init__(daemon=True)
        self._address, self._file, self._count = address, file, count
        self._stopped = threading.Event()
        self.sent = self.refused = 0
        self.trouble = None

    def stop(self):
        self._stopped.set()
        self.join()

    def run(self):
        for lines in itertools.islice(invoices(self._file), self._count):
            for line in lines:
                if self._stopped.is_set() or not self._send(line):
                    return
            if self._stopped.wait(0 if self._count else SECONDS_BETWEEN):
                return

    def _send(self, line):
        request = urllib.request.Request(self._address + "/test", json.dumps(line).encode(), {"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=ANSWER_SECONDS_MAX).close()
            self.sent += 1
        except urllib.error.HTTPError as error:
            if error.code != 422:
                self.trouble = f"POST /test answered {error.code}: {error.read()[:300]}"
                return False
            self.refused += 1
        except OSError as error:
            self.trouble = f"POST /test: {error}"
            return False
        return True
