"""A dashboard of eight tiles over ten million stored rows: all tiles at once, as a browser asks for them, then with another filter; and both in a browser."""
import concurrent.futures
import itertools
import json
import time

from harness import tailrace
from harness.figures import Line, at_most, run_pairs
from harness.load import Client
from harness.processes import run_once
from harness.records import ROOT

TITLE = "eight tiles over ten million rows"
ROWS = 10_000_000
CONNECTIONS = 6  # of a browser to one server
IDLE_SECONDS = 12  # in which the server computes what somebody may want to see
FIRST_MS_MAX = 1000
FILTER_MS_MAX = 300
COUNTRIES, CATEGORIES, TILES = 40, 12, 8
CHANGES = {"country": "Country=Country 7", "category": "Category=Category 7", "range": "2011-03-01..2011-05-31", "kept": "Country=Country 7"}  # as paint.mjs takes them


class Connections:
    """Connections that stay open, over which tiles are asked for as they become free, as a browser does."""

    def __init__(self, port):
        self._clients = [Client(port) for _ in range(CONNECTIONS)]
        with Client(port) as client:
            self._tiles = [tile["name"] for tile in json.loads(client.request("GET", "/dashboards/sales"))["tiles"]]

    def paint(self, query=""):
        """Asks for every tile; returns milliseconds until the last answer."""
        waiting = list(reversed(self._tiles))

        def ask(client):
            while waiting:
                client.request("GET", f"/dashboards/sales/tiles/{waiting.pop()}{query}")

        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(ask, self._clients))
        return (time.monotonic() - began) * 1000


def paint(context, port):
    """What a person waits for: milliseconds of the first visit and of every change, as Chromium measures them."""
    command = ["node", ROOT / "bench" / "harness" / "paint.mjs", f"http://127.0.0.1:{port}", "sales", TILES, *CHANGES.values()]
    _, _, output = run_once("paint.mjs", command, context.scratch / "paint.log")
    return dict(zip(["first", *CHANGES], json.loads(output)))


def run(context):
    pipeline = tailrace.PIPELINES / "dashboard.yaml"
    data = context.folder("dashboard-data")
    tailrace.run_to_end(context, pipeline, data)
    # Each filter once, so that no answer is one that was kept.
    countries = itertools.cycle(f"?country=Country%20{number}" for number in range(COUNTRIES))
    categories = itertools.cycle(f"?category=Category%20{number}" for number in range(CATEGORIES))

    def cold():
        with tailrace.serving(context, pipeline, data=data) as server:
            tailrace.wait_for_rows(server, "SELECT count(*) FROM sales", ROWS)
            return Connections(server.port).paint()

    def ours():
        at_once = cold()
        with tailrace.serving(context, pipeline, data=data) as server:
            tailrace.wait_for_rows(server, "SELECT count(*) FROM sales", ROWS)
            time.sleep(IDLE_SECONDS)
            asking = Connections(server.port)
            return {"cold": at_once, "first": asking.paint(), "again": asking.paint(), "country": asking.paint(next(countries)), "back": asking.paint(),
                    "category": asking.paint(next(categories)), "range": asking.paint("?since=2011-03-01&until=2011-05-31"),
                    "peak_mb": server.peak_mb}

    def shown():
        with tailrace.serving(context, pipeline, data=data) as server:
            tailrace.wait_for_rows(server, "SELECT count(*) FROM sales", ROWS)
            time.sleep(IDLE_SECONDS)
            return paint(context, server.port)

    runs = run_pairs({"Tailrace": ours, "Chromium": shown}, context.pairs, context.say)
    figures = [("first", f"all tiles, first look, {IDLE_SECONDS} s after the start", FIRST_MS_MAX), ("country", "all tiles, another country", FILTER_MS_MAX),
               ("category", "all tiles, another category", FILTER_MS_MAX), ("range", "all tiles, three months", FILTER_MS_MAX),
               ("again", "all tiles, unchanged", FILTER_MS_MAX)]
    shown_figures = [("first", "first visit with an empty cache, in Chromium", FIRST_MS_MAX), ("country", "another country, in Chromium", FILTER_MS_MAX),
                     ("category", "another category, in Chromium", FILTER_MS_MAX), ("range", "three months, in Chromium", FILTER_MS_MAX),
                     ("kept", "a country whose rows the page still has, in Chromium", FILTER_MS_MAX)]
    return [Line("dashboard", what, "ms", runs.of(contender, name), target=at_most(most))
            for contender, wanted in (("Tailrace", figures), ("Chromium", shown_figures)) for name, what, most in wanted] + [
        Line("dashboard", "all tiles, at once after the start", "ms", runs.of("Tailrace", "cold")),
        Line("dashboard", "peak memory", "MB", runs.of("Tailrace", "peak_mb"))]
