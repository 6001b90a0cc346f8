"""An API under test's own control, and what must be in a log that was filled by polling it, however often the poller was killed."""
import collections
import datetime
import http.server
import json
import threading
import urllib.parse

PAGES, RECORDS = 2, 7

PIPELINE = """
pipeline: polled
streams:
  items: {{key: account, partitions: 3, schema: {{due: timestamp, asked: string, page: int, answer: int, i: int, account: string}}}}
sources:
  api:
    type: poll
    every: 1s
    catch_up: {{all: 1000}}
    each: [{{a: x}}, {{a: y}}]
    url: {address}/items
    query: {{asked: "{{a}}"}}
    pages: {{by: page}}
    records: /items/*
    add: {{due: "{{due}}", asked: "{{a}}"}}
    allow_private: true
    tries: 1
    into: items
tables:
  totals: {{sql: "SELECT account, count(*) AS n FROM items GROUP BY ALL"}}
server: {{listen: 127.0.0.1:0}}
"""


class Api:
    """Answers each request with PAGES pages of RECORDS records that hold a number no other answer has; some answers are HTML."""

    def __init__(self, broken_every=0):
        outer = self
        self.answers, self.broken, self.lock = 0, 0, threading.Lock()
        self.last_page = threading.Event()  # while it is not set, the last page of y is not answered
        self.last_page.set()
        self.held = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
                with outer.lock:
                    outer.answers += 1
                    number = outer.answers
                    is_broken = broken_every and number % broken_every == 0
                    outer.broken += bool(is_broken)
                page = int(query["page"])
                if query["asked"] == "y" and page == PAGES and not outer.last_page.is_set():
                    outer.held.set()
                    outer.last_page.wait()
                items = [{"page": page, "answer": number, "i": i, "account": f"a{(number + i) % 5}"} for i in range(RECORDS if page <= PAGES else 0)]
                body = f"<html>{number}</html>".encode() if is_broken else json.dumps({"items": items}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass  # the poller was killed

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a poller that is killed hangs up
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def pipeline(self):
        return PIPELINE.format(address=self.address)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def seconds_of(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def check(records, letters, every_second):
    """`records` and `letters` as dictionaries. Whole answers, one for each name; with `every_second` no due time between is missing.

    Returns how many due times there were.
    """
    rows = collections.Counter((r["due"], r["asked"], r["page"], r["answer"], r["i"]) for r in records)
    twice = [row for row, n in rows.items() if n > 1]
    assert not twice, f"twice: {twice[:5]}"
    answers, sizes = collections.defaultdict(set), collections.Counter()
    for due, asked, page, answer, _ in rows:
        answers[due, asked, page].add(answer)
        sizes[due, asked, page] += 1
    mixed = [name for name, of in answers.items() if len(of) > 1]
    assert not mixed, f"made of several answers: {mixed[:5]}"
    cut = {name: n for name, n in sizes.items() if n != RECORDS}
    assert not cut, f"not whole: {cut}"
    items = collections.Counter(letter["item"] for letter in letters)
    doubled = [item for item, n in items.items() if n > 1]
    assert not doubled, f"letters twice: {doubled[:5]}"
    raws = collections.Counter(letter["raw"] for letter in letters)
    assert all(n == 1 for n in raws.values()), raws
    dues = sorted({seconds_of(due) for due, _, _ in answers} | {seconds_of(item.split()[0]) for item in items})
    for due in dues:
        text = datetime.datetime.fromtimestamp(due, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        for request, asked in enumerate("xy", 1):
            pages = [page for page in range(1, PAGES + 1) if (text, asked, page) in answers]
            is_broken = any(item.startswith(f"{text} request {request}") or (item == text and request == 1) for item in items)
            assert is_broken or len(pages) == PAGES, f"{text} {asked} has pages {pages}"
    if every_second and dues:
        assert dues == list(range(dues[0], dues[-1] + 1)), f"due times are missing between {dues[0]} and {dues[-1]}: {len(dues)}"
    return len(dues)


def check_but_the_last(records, letters):
    """The same of what a server left behind that was stopped at any moment: the last due time may have been cut off, after any of its answers."""
    due_of = lambda letter: letter["item"].split()[0]  # noqa: E731
    last = max([record["due"] for record in records] + [due_of(letter) for letter in letters])
    return check([record for record in records if record["due"] != last], [letter for letter in letters if due_of(letter) != last], every_second=True)
