#!/usr/bin/env python3
"""Killed at random moments while they take their records in and start again, all five examples come to the results of a run that nobody
disturbed: every stream, table, view, document, API and dead letter, and the lake holds what they hold.

    kills_test.py [--minutes M] [EXAMPLE...]

EXAMPLE_KILLS says how often each is killed, EXAMPLE_SEED repeats the moments of a run. With --minutes the examples named (all of them) are
gone through again and again, as tests/torture/run wants it.
"""
import argparse
import http.client
import json
import os
import pathlib
import random
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from seeds import seed_of_run  # noqa: E402

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "lake")]
from results import all_results, differences, lake_differs, soon_in_the_lake  # noqa: E402
from served import ALL, DATA, Example  # noqa: E402

KILLS = int(os.environ.get("EXAMPLE_KILLS", "6"))
SEED = seed_of_run()
# After the program is started: while it opens its folder, and while it reads.
LATEST_KILL_SECONDS = {"retail": 1.5, "amazon": 0.5, "pinterest": 0.6, "walmart": 1.6, "flights": 1.5}
SETTLE_SECONDS = 180
POSTS = 40
# Records of every stream once all is in; of flights' polls there is no end.
WHOLE = {
    "retail": {"sales": 541_909},
    "amazon": {"products": 1_166, "categories": 248},
    "pinterest": {"pins": 2_262, "places": 2_262, "users": 2_342},
    "walmart": {"items": 30, "vod": 8, "rates": 8},
    "flights": {"airport_countries": 27, "fares": 300_153},
}
OPTIONS_OF_A_POLL = 50


def settled(example, posted=None):
    """Waits until all is in and every table and document has caught up."""
    wanted = {stream: rows + (posted or {}).get(stream, 0) for stream, rows in WHOLE[example.name].items()}
    example.wait_for(lambda: {stream: example.rows(stream) for stream in wanted}, wanted)
    if example.name == "flights":
        example.wait_for(lambda: example.rows("options") >= OPTIONS_OF_A_POLL, True)
    if example.name == "walmart":
        example.wait_for(lambda: example.rows("tailrace.dead_letters"), 4)
    example.wait_for(lambda: example.sql("SELECT coalesce(sum(records), 0)::BIGINT AS behind FROM tailrace.lag WHERE kind <> 'lake' AND stream <> 'options'"), [{"behind": 0}])


class Client(threading.Thread):
    """Posts what is there already, as a client does that is never sure: again, under the same key, until it is told. `example` may be dead."""

    def __init__(self, example, chance):
        super().__init__(daemon=True)
        self.example, self.posts, self.failure = example, list(POSTS_OF[example.name](chance)), None
        self.posted = {}

    def run(self):
        try:
            for number, (stream, method, path, headers, body, fine) in enumerate(self.posts):
                self.post(method, path, {**headers, "Idempotency-Key": "post-%d" % number}, body, fine)
                self.posted[stream] = self.posted.get(stream, 0) + 1
        except Exception as error:  # told by the test
            self.failure = error

    def post(self, method, path, headers, body, fine):
        ends = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < ends:
            address = self.example.address
            try:
                if address:
                    with urllib.request.urlopen(urllib.request.Request(address + path, data=body.encode(), headers=headers, method=method), timeout=SETTLE_SECONDS) as reply:
                        assert reply.status == fine, (path, reply.status)
                        return
            except urllib.error.HTTPError as refused:
                assert refused.code >= 500, (path, refused.code, refused.read())
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.02)
        raise AssertionError("%s %s is never answered" % (method, path))


def lines(path):
    return (DATA / path).read_text(encoding="utf-8").splitlines()


def amazon_posts(chance):
    for line in chance.sample(lines("amazon/client_amazon_products_small.jsonl"), POSTS):
        yield "products", "POST", "/AmazonProduct", {}, line, 201


def pinterest_posts(chance):
    kafka = {"Content-Type": "application/vnd.kafka.json.v2+json"}
    for number, line in enumerate(chance.sample(lines("pinterest/events_in_posting_order.jsonl"), POSTS // 3)):
        for part, stream in (("pin", "pins"), ("geo", "places"), ("user", "users")):
            value = json.loads(line)[part]
            if number % 2:
                yield stream, "POST", "/topics/0ab1c." + part, kafka, json.dumps({"records": [{"value": value}]}), 200
            else:
                name = "streaming-0ab1c-" + part
                body = json.dumps({"StreamName": name, "Data": value, "PartitionKey": "p"})
                yield stream, "PUT", "/streams/%s/record" % name, {"Content-Type": "application/json"}, body, 200


POSTS_OF = {"amazon": amazon_posts, "pinterest": pinterest_posts}


def compare(example, expected, posted):
    """All results but the streams that the client posted to have become the same; these hold what was posted as well."""
    ends = time.monotonic() + SETTLE_SECONDS
    while True:
        found = all_results(example)
        for stream in posted:
            found.pop(stream)
        said = differences({name: result for name, result in expected.items() if name not in posted}, found)
        if not said:
            return
        # A document that is made of a view is written after the commit of its tables.
        assert time.monotonic() < ends, "\n".join(said)
        time.sleep(0.2)


def check_polls(example):
    """Every poll of flights but one that is under way has all its options, each once."""
    polls = example.sql("SELECT polled, count(*) AS options, count(DISTINCT id) AS ids FROM options GROUP BY polled ORDER BY polled")
    whole = {"options": OPTIONS_OF_A_POLL, "ids": OPTIONS_OF_A_POLL}
    for poll in polls[:-1]:
        assert {name: poll[name] for name in whole} == whole, polls
    # The answer is the same each time, and so is what was collected.
    amounts = example.sql("SELECT count(DISTINCT polled) AS polls, count(*) AS n, count(DISTINCT (currency, options, amount)) AS different"
                          " FROM collected_per_poll WHERE polled < (SELECT max(polled) FROM collected_per_poll)")[0]
    assert amounts["n"] == amounts["polls"] * amounts["different"], amounts


def undisturbed(name):
    with Example(name, apart=True) as example:
        settled(example)
        return all_results(example)


def compare_lake(example):
    """What is in the lake has become what SQL answers."""
    ends = time.monotonic() + SETTLE_SECONDS
    while said := lake_differs(example):
        assert time.monotonic() < ends, "\n".join(said)
        time.sleep(0.5)


def killed(name, expected, chance, with_lake=False):
    with Example(name, apart=True, change=soon_in_the_lake) as example:
        client = Client(example, chance) if name in POSTS_OF else None
        if client:
            client.start()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0, LATEST_KILL_SECONDS[name]))
            example.kill()
            example.begin()
        example.wait_until_listening()
        if client:
            client.join(PATIENCE)
            assert not client.is_alive() and client.failure is None, client.failure
        posted = client.posted if client else {}
        settled(example, posted)
        compare(example, expected, posted)
        if name == "flights":
            check_polls(example)
        if with_lake:
            compare_lake(example)
        example.check_audit()


PATIENCE = 300


class KillsTest(unittest.TestCase):
    def check(self, name):
        print("%s: EXAMPLE_SEED=%d EXAMPLE_KILLS=%d" % (name, SEED, KILLS), flush=True)
        began = time.monotonic()
        expected = undisturbed(name)
        between = time.monotonic()
        killed(name, expected, random.Random("%s %d" % (name, SEED)), with_lake=True)
        print("%s: %d results are the same; %.1f s undisturbed, %.1f s killed" % (name, len(expected), between - began, time.monotonic() - between), flush=True)

    def test_retail(self):
        self.check("retail")

    def test_amazon(self):
        self.check("amazon")

    def test_pinterest(self):
        self.check("pinterest")

    def test_walmart(self):
        self.check("walmart")

    def test_flights(self):
        self.check("flights")


def again_and_again(names, minutes):
    """One line at the end, as tests/torture/run reads it."""
    ends, rounds = time.monotonic() + minutes * 60, 0
    chance = random.Random(SEED)
    print("EXAMPLE_SEED=%d" % SEED, flush=True)
    expected = {}
    while time.monotonic() < ends:
        name = names[rounds % len(names)]
        if name not in expected:
            expected[name] = undisturbed(name)
        killed(name, expected[name], chance)
        rounds += 1
        print("%s: the same after %d kills" % (name, KILLS), flush=True)
    print("tries=%d lost=0 duplicated=0" % (rounds * KILLS))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float)
    parser.add_argument("examples", nargs="*", choices=[*ALL, []])
    options = parser.parse_args()
    if options.minutes is not None:
        again_and_again(options.examples or list(ALL), options.minutes)
    else:
        unittest.main(argv=sys.argv[:1] + ["KillsTest.test_%s" % name for name in options.examples], verbosity=2)
