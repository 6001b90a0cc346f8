#!/usr/bin/env python3
"""The doors of Kafka's REST proxy and of Kinesis behind a gateway, knocked at by the real `requests`, as the original clients do."""
import json
import pathlib
import sys
import threading
import unittest

import requests

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "security"))
from server import Served  # noqa: E402

PIPELINE = """
pipeline: posts
streams:
  pins: {schema: {index: int, title: "string?"}, partitions: 2, aliases: [0ab1c.pin, streaming-0ab1c-pin]}
  users: {key: ind, partitions: 2, schema: {ind: int, name: string}}
tables:
  titles: {sql: "SELECT title, count(*) AS n FROM pins GROUP BY title"}
"""
KAFKA = {"Content-Type": "application/vnd.kafka.json.v2+json"}
PLAIN = {"Content-Type": "application/json"}


class RequestsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.served = Served(pipeline=PIPELINE)

    @classmethod
    def tearDownClass(cls):
        cls.served.__exit__()

    def url(self, path):
        return "http://127.0.0.1:%d%s" % (self.served.port, path)

    def stored(self, stream, partition=0):
        return requests.get(self.url("/streams/%s/records?partition=%d&limit=10000" % (stream, partition))).json()["records"]

    def test_emulators_post_is_stored_and_seen_under_every_name(self):
        payload = json.dumps({"records": [{"value": {"index": 1, "title": "Käse"}}]})
        reply = requests.request("POST", self.url("/topics/0ab1c.pin"), headers=KAFKA, data=payload)
        self.assertEqual(reply.status_code, 200, reply.text)
        place = reply.json()["offsets"][0]
        record = self.stored("streaming-0ab1c-pin", place["partition"])[place["offset"]]
        self.assertEqual(record["value"], {"index": 1, "title": "Käse"})

    def test_gateways_put_is_stored_in_the_shard_of_its_key(self):
        shards = set()
        for number in range(8):
            payload = json.dumps({"StreamName": "streaming-0ab1c-pin", "Data": {"index": number}, "PartitionKey": "partition-%d" % number})
            reply = requests.request("PUT", self.url("/streams/streaming-0ab1c-pin/record"), headers=PLAIN, data=payload)
            self.assertEqual(reply.status_code, 200, reply.text)
            shards.add(reply.json()["ShardId"])
        self.assertEqual(shards, {"shardId-000000000000", "shardId-000000000001"})

    def test_refused_record_is_a_dead_letter_with_its_bytes_and_goes_on_once_it_is_sent_again(self):
        body = {"records": [{"value": {"ind": "x", "name": "n"}}, {"value": {"ind": 5, "name": "m"}}]}
        reply = requests.post(self.url("/topics/users"), headers=KAFKA, json=body)
        reply = requests.post(self.url("/topics/users"), headers=KAFKA, data=json.dumps(body))
        refused, taken = reply.json()["offsets"]
        self.assertEqual((refused["error_code"], taken["error_code"]), (1, None))
        self.assertIn("/ind", refused["error"])
        letters = requests.get(self.url("/dlq/users")).json()["letters"]
        self.assertEqual(json.loads(letters[-1]["raw"]), {"ind": "x", "name": "n"})
        audit = requests.get(self.url("/audit")).json()
        self.assertTrue(audit["holds"], audit)

    def test_many_clients_at_once_lose_and_double_nothing(self):
        told = []

        def post(client):
            session = requests.Session()
            for number in range(40):
                value = {"ind": client * 1000 + number, "name": "c"}
                if number % 2:
                    place = session.post(self.url("/topics/users"), headers=KAFKA, data=json.dumps({"records": [{"value": value}]})).json()["offsets"][0]
                    told.append((place["partition"], place["offset"], value["ind"]))
                else:
                    reply = session.put(self.url("/streams/users/record"), headers=PLAIN, data=json.dumps({"Data": value, "PartitionKey": "p"})).json()
                    told.append((int(reply["ShardId"][-12:]), int(reply["SequenceNumber"]), value["ind"]))

        clients = [threading.Thread(target=post, args=(client,)) for client in range(1, 9)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual(len(told), 8 * 40)
        there = {(partition, record["offset"]): record["value"]["ind"] for partition in (0, 1) for record in self.stored("users", partition)}
        for partition, offset, ind in told:
            self.assertEqual(there[(partition, offset)], ind)
        self.assertEqual(sorted(ind for ind in there.values() if ind >= 1000), sorted(ind for _, _, ind in told))

    def test_large_body_is_told_record_by_record(self):
        values = [{"value": {"index": number, "title": "t" * 100}} for number in range(20_000)]
        reply = requests.post(self.url("/topics/pins"), headers=KAFKA, data=json.dumps({"records": values}))
        offsets = reply.json()["offsets"]
        self.assertEqual(len(offsets), len(values))
        self.assertEqual({place["error_code"] for place in offsets}, {None})
        first = offsets[0]["offset"]
        self.assertEqual([place["offset"] for place in offsets], list(range(first, first + len(values))))

    def test_rubbish_is_refused_and_nothing_ends(self):
        for body in (b"", b"\x00", b"{", b"[" * 5000, b'{"records":[' + b"{}," * 1000 + b"{}]}", b'{"records":[{"value":"\xff"}]}',
                     b'{"records":[{"value":{"index":1,"index":2}}]}'):
            for method, path, headers in (("POST", "/topics/pins", KAFKA), ("PUT", "/streams/pins/record", PLAIN), ("PUT", "/streams/pins/records", PLAIN)):
                reply = requests.request(method, self.url(path), headers=headers, data=body)
                self.assertIn(reply.status_code, (200, 400, 413, 422), (body[:20], reply.text))
                if reply.status_code == 200:
                    self.assertNotIn('"error_code":null', reply.text)
        self.assertEqual(requests.get(self.url("/healthz")).status_code, 200)


if __name__ == "__main__":
    unittest.main()
