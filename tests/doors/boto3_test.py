#!/usr/bin/env python3
"""Kinesis and Firehose, asked by the real boto3 with nothing but `endpoint_url` changed; and its signatures, once there are keys."""
import datetime
import hashlib
import json
import pathlib
import sys
import unittest

import boto3
import botocore.config
import botocore.exceptions
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "security"))
from server import Served  # noqa: E402

PIPELINE = """
pipeline: posts
streams:
  pins: {schema: {index: int, title: "string?"}, partitions: 2, aliases: [0ab1c.pin, streaming-0ab1c-pin]}
  users: {key: ind, schema: {ind: int, name: string}}
"""
ONCE = botocore.config.Config(retries={"max_attempts": 0})
REGION = "eu-west-1"


def client(served, service, key="AKIDANYBODY", secret="whatever"):
    return boto3.client(service, endpoint_url="http://127.0.0.1:%d" % served.port, region_name=REGION, aws_access_key_id=key,
                        aws_secret_access_key=secret, config=ONCE)


def code_of(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return None


def everything(kinesis, stream):
    found = []
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        at = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while True:
            page = kinesis.get_records(ShardIterator=at, Limit=3)
            if not page["Records"]:
                break
            found += [(shard["ShardId"], record["SequenceNumber"], record["PartitionKey"], json.loads(record["Data"])) for record in page["Records"]]
            at = page["NextShardIterator"]
    return found


class OpenTest(unittest.TestCase):
    def setUp(self):
        self.served = Served(pipeline=PIPELINE)
        self.addCleanup(self.served.__exit__)
        self.kinesis = client(self.served, "kinesis")
        self.firehose = client(self.served, "firehose")

    def test_what_is_put_is_got_again(self):
        put = self.kinesis.put_record(StreamName="streaming-0ab1c-pin", Data=json.dumps({"index": 1, "title": "Käse"}), PartitionKey="p")
        self.assertEqual(everything(self.kinesis, "pins"), [(put["ShardId"], put["SequenceNumber"], "p", {"index": 1, "title": "Käse"})])

    def test_lists_are_told_record_by_record_and_read_by_pages_in_their_order(self):
        records = [{"Data": json.dumps({"index": number}), "PartitionKey": str(number % 5)} for number in range(40)]
        records[7] = {"Data": b"\xff\x00", "PartitionKey": "x"}
        answer = self.kinesis.put_records(StreamName="pins", Records=records)
        self.assertEqual(answer["FailedRecordCount"], 1)
        self.assertEqual(answer["Records"][7]["ErrorCode"], "InvalidArgumentException")
        told = {(place["ShardId"], place["SequenceNumber"]): json.loads(records[number]["Data"])
                for number, place in enumerate(answer["Records"]) if "ErrorCode" not in place}
        found = everything(self.kinesis, "0ab1c.pin")
        self.assertEqual({(shard, number): value for shard, number, _, value in found}, told)
        self.assertEqual({shard for shard, *_ in found}, {"shardId-000000000000", "shardId-000000000001"})
        for key in "01234":
            indexes = [value["index"] for _, _, partition_key, value in found if partition_key == key]
            self.assertEqual(indexes, sorted(indexes))
        letters = requests.get("http://127.0.0.1:%d/dlq/pins" % self.served.port).json()["letters"]
        self.assertEqual([letter["raw_base64"] for letter in letters], ["/wA="])

    def test_iterators_by_time_and_number(self):
        for number in range(3):
            self.kinesis.put_record(StreamName="users", Data=json.dumps({"ind": 1, "name": str(number)}), PartitionKey="p")

        def first(**how):
            at = self.kinesis.get_shard_iterator(StreamName="users", ShardId="shardId-000000000000", **how)["ShardIterator"]
            page = self.kinesis.get_records(ShardIterator=at, Limit=1)
            for record in page["Records"]:
                self.assertLess(abs((record["ApproximateArrivalTimestamp"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()), 600)
            return [record["SequenceNumber"] for record in page["Records"]]

        hour = datetime.timedelta(hours=1)
        now = datetime.datetime.now(datetime.timezone.utc)
        self.assertEqual(first(ShardIteratorType="AT_TIMESTAMP", Timestamp=now - hour), ["0"])
        self.assertEqual(first(ShardIteratorType="AT_TIMESTAMP", Timestamp=now + hour), [])
        self.assertEqual(first(ShardIteratorType="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber="1"), ["2"])
        self.assertEqual(first(ShardIteratorType="LATEST"), [])

    def test_firehose_takes_records_and_batches(self):
        self.assertIn("RecordId", self.firehose.put_record(DeliveryStreamName="users", Record={"Data": b'{"ind": 1, "name": "a"}\n'}))
        answer = self.firehose.put_record_batch(DeliveryStreamName="users", Records=[{"Data": b'{"ind": 2, "name": "b"}'}, {"Data": b"{}"}])
        self.assertEqual(answer["FailedPutCount"], 1)
        self.assertEqual(["ErrorCode" in one for one in answer["RequestResponses"]], [False, True])
        self.assertEqual([value["ind"] for *_, value in everything(self.kinesis, "users")], [1, 2])
        self.assertEqual(self.firehose.list_delivery_streams()["DeliveryStreamNames"], ["pins", "0ab1c.pin", "streaming-0ab1c-pin", "users"])

    def test_streams_are_described(self):
        self.assertEqual(self.kinesis.list_streams()["StreamNames"], ["pins", "0ab1c.pin", "streaming-0ab1c-pin", "users"])
        stream = self.kinesis.describe_stream(StreamName="0ab1c.pin")["StreamDescription"]
        self.assertEqual((stream["StreamStatus"], len(stream["Shards"])), ("ACTIVE", 2))
        self.assertEqual(self.kinesis.describe_stream_summary(StreamARN=stream["StreamARN"])["StreamDescriptionSummary"]["OpenShardCount"], 2)
        self.kinesis.get_waiter("stream_exists").wait(StreamName="pins")

    def test_errors_are_those_that_programs_catch(self):
        put = self.kinesis.put_record
        with self.assertRaises(self.kinesis.exceptions.ResourceNotFoundException):
            put(StreamName="nobody", Data=b"{}", PartitionKey="p")
        with self.assertRaises(self.kinesis.exceptions.InvalidArgumentException):
            put(StreamName="users", Data=b"{}", PartitionKey="p")
        self.assertEqual(code_of(self.kinesis.create_stream, StreamName="new"), "UnknownOperationException")
        self.assertEqual(code_of(self.kinesis.get_records, ShardIterator="AAAA"), "InvalidArgumentException")


    def test_cbor_is_refused_in_cbor_with_what_to_do(self):
        for target in ("Kinesis_20131202.PutRecord", "Kinesis_20131202.ListStreams"):
            answer = requests.post("http://127.0.0.1:%d/" % self.served.port, data=b"\xa0",
                                   headers={"Content-Type": "application/x-amz-cbor-1.1", "X-Amz-Target": target})
            self.assertEqual((answer.status_code, answer.headers["x-amzn-ErrorType"]), (415, "SerializationException"))
            self.assertEqual(answer.headers["Content-Type"], "application/x-amz-cbor-1.1")
            self.assertEqual(answer.content[0], 0xA2, "a map of two")
            texts, rest = [], answer.content[1:]
            while rest:
                self.assertEqual(rest[0], 0x79, "a text with two bytes of length")
                length = int.from_bytes(rest[1:3], "big")
                texts.append(rest[3:3 + length].decode())
                rest = rest[3 + length:]
            self.assertEqual(texts[:3], ["__type", "SerializationException", "message"])
            self.assertIn("AWS_CBOR_DISABLE=true", texts[3])


class SignedTest(unittest.TestCase):
    def setUp(self):
        self.served = Served(pipeline=PIPELINE)
        self.addCleanup(self.served.__exit__)
        self.url = "http://127.0.0.1:%d/" % self.served.port

    def key(self, *arguments):
        made = self.served.run("keys", "add", "--aws", "--json", *arguments)
        self.assertEqual(made.returncode, 0, made.stderr)
        made = json.loads(made.stdout)
        self.served.until(lambda: requests.get(self.url + "streams").status_code == 401, "nobody comes in without a key")
        self.served.until(lambda: code_of(client(self.served, "kinesis", made["access_key_id"], made["secret_access_key"]).list_streams)
                          in (None, "AccessDeniedException"), "the key is known")
        return made["access_key_id"], made["secret_access_key"]

    def post(self, key, secret, change=lambda headers: None, body=b"{}", at=None, service="kinesis", target="Kinesis_20131202.ListStreams"):
        request = AWSRequest("POST", self.url, data=body, headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target})
        signer = SigV4Auth(Credentials(key, secret), service, REGION)
        if at is not None:
            request.context["timestamp"] = at.strftime("%Y%m%dT%H%M%SZ")
            text = signer.canonical_request
            request.headers["X-Amz-Date"] = request.context["timestamp"]
            to_sign = signer.string_to_sign(request, text(request))
            signature = signer.signature(to_sign, request)
            signed = signer.signed_headers(signer.headers_to_sign(request))
            request.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=%s, Signature=%s" % (signer.scope(request), signed, signature)
        else:
            signer.add_auth(request)
        headers = dict(request.headers.items())
        change(headers)
        return requests.post(self.url, data=body, headers=headers)

    def test_signature_opens_what_its_key_is_for_and_no_more(self):
        writer = client(self.served, "kinesis", *self.key("--role", "ingest", "--stream", "streaming-0ab1c-pin"))
        reader = client(self.served, "kinesis", *self.key("--role", "read"))
        writer.put_record(StreamName="pins", Data=b'{"index": 1}', PartitionKey="p")
        self.assertEqual(len(everything(reader, "pins")), 1)
        self.assertEqual(code_of(writer.put_record, StreamName="users", Data=b'{"ind": 1, "name": "a"}', PartitionKey="p"), "AccessDeniedException")
        self.assertEqual(code_of(writer.list_streams), "AccessDeniedException")
        self.assertEqual(code_of(reader.put_record, StreamName="pins", Data=b'{"index": 1}', PartitionKey="p"), "AccessDeniedException")
        self.assertEqual(code_of(client(self.served, "kinesis").list_streams), "UnrecognizedClientException")
        self.assertEqual(requests.get(self.url + "streams").status_code, 401)
        large = [{"Data": json.dumps({"index": number, "title": "t" * 900}), "PartitionKey": "p"} for number in range(500)]
        self.assertEqual(writer.put_records(StreamName="pins", Records=large)["FailedRecordCount"], 0)

    def test_trace_names_the_key_that_a_record_was_signed_with(self):
        signer = self.key("--role", "ingest", "--name", "the-emulator")
        writer = client(self.served, "kinesis", *signer)
        put = writer.put_record(StreamName="pins", Data=b'{"index": 1}', PartitionKey="p")
        made = self.served.run("keys", "add", "--role", "admin", "--json")
        key = {"X-API-Key": json.loads(made.stdout)["key"]}
        self.served.until(lambda: requests.get(self.url + "streams", headers=key).status_code == 200, "the key is known")
        place = "trace/pins/%d/%s" % (int(put["ShardId"].split("-")[1]), put["SequenceNumber"])
        origin = requests.get(self.url + place, headers=key).json()["from"]
        self.assertEqual((origin["name"], origin["client"]), ("POST / Kinesis_20131202.PutRecord", "the-emulator (%s)" % signer[0]))

    def test_presigned_addresses_are_refused_with_the_reason(self):
        self.key("--role", "read")
        answer = requests.post(self.url + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=" + "0" * 64, data=b"{}")
        self.assertEqual((answer.status_code, answer.headers["x-amzn-ErrorType"]), (401, "UnrecognizedClientException"))
        self.assertIn("presigned", answer.json()["message"])

    def test_wrong_secret_revoked_key_and_strange_hour_are_refused(self):
        key, secret = self.key("--role", "read", "--name", "reader")
        self.assertEqual(self.post(key, secret).status_code, 200)
        self.assertEqual(code_of(client(self.served, "kinesis", key, secret[:-1] + "!").list_streams), "UnrecognizedClientException")
        now = datetime.datetime.now(datetime.timezone.utc)
        for minutes, status in ((-14, 200), (14, 200), (-16, 401), (16, 401), (-60 * 24 * 365, 401)):
            self.assertEqual(self.post(key, secret, at=now + datetime.timedelta(minutes=minutes)).status_code, status, minutes)
        self.assertEqual(self.served.run("keys", "revoke", key).returncode, 0)
        self.served.until(lambda: self.post(key, secret).status_code == 401, "the key is revoked")

    def test_hostile_signatures_open_nothing_and_end_nothing(self):
        key, secret = self.key("--role", "admin")

        def changed(name, to):
            return lambda headers: headers.__setitem__(name, to(headers[name]) if callable(to) else to)

        hostile = {
            "another target": changed("X-Amz-Target", "Kinesis_20131202.PutRecord"),
            "another time": changed("X-Amz-Date", lambda text: text[:-2] + ("1Z" if text[-2] == "0" else "0Z")),
            "target not signed": changed("Authorization", lambda text: text.replace(";x-amz-target", "")),
            "nothing signed": changed("Authorization", lambda text: text.replace("content-type;host;x-amz-date;x-amz-target", "")),
            "no signature": changed("Authorization", lambda text: text[:text.index("Signature=")]),
            "an empty one": changed("Authorization", lambda text: text[:text.index("Signature=") + 10]),
            "half of one": changed("Authorization", lambda text: text[:-32]),
            "zeros": changed("Authorization", lambda text: text[:-64] + "0" * 64),
            "another scheme": changed("Authorization", lambda text: text.replace("SHA256", "SHA1")),
            "another key": changed("Authorization", lambda text: text.replace(key, "AKIDANYBODY")),
            "a long key": changed("Authorization", lambda text: text.replace(key, "A" * 5000)),
            "another day": changed("Authorization", lambda text: text.replace("/eu-west-1", "/eu-west-2")),
            "a further x-amz": lambda headers: headers.__setitem__("X-Amz-Other", "1"),
            "its key as a bearer": changed("Authorization", "Bearer " + secret),
        }
        for what, change in hostile.items():
            self.assertEqual(self.post(key, secret, change).status_code, 401, what)
        signed = {}
        self.post(key, secret, signed.update)
        self.assertEqual(requests.post(self.url, data=b'{"a":1}', headers=signed).status_code, 401, "another body")
        self.assertEqual(requests.post(self.url + "?a=1", data=b"{}", headers=signed).status_code, 401, "another query")
        self.assertEqual(requests.post(self.url + "streams/pins", data=b"{}", headers=signed).status_code, 401, "another path")
        self.assertEqual(requests.post(self.url, data=b"{}", headers=signed).status_code, 200)

    def test_secret_is_nowhere_in_the_clear_and_opens_nothing_without_the_key_file(self):
        key, secret = self.key("--role", "read")
        data = self.served.folder / ".tailrace"
        seal = data / "aws.key"
        self.assertEqual(seal.stat().st_mode & 0o777, 0o600)
        for path in data.rglob("*"):
            if path.is_file():
                self.assertNotIn(secret.encode(), path.read_bytes(), path)
        self.assertNotIn(secret, self.served.errors_text() + "".join(self.served.lines))
        self.assertNotIn(secret, self.served.run("keys", "list").stdout)
        sealed = seal.read_bytes()
        self.served.stop()
        copy = self.served.folder / "copy"
        self.assertEqual(self.served.run("backup", str(copy)).returncode, 0)
        self.assertEqual([path.name for path in copy.rglob("*") if path.is_file() and sealed in path.read_bytes()], [])
        seal.write_bytes(hashlib.sha256(sealed).digest())
        self.served.lines.clear()
        self.served.start()
        self.url = "http://127.0.0.1:%d/" % self.served.port
        self.assertEqual(self.post(key, secret).status_code, 401)
        self.assertIn("access_key_unreadable", self.served.errors_text())
        self.served.stop()
        seal.write_bytes(sealed)
        self.served.lines.clear()
        self.served.start()
        self.url = "http://127.0.0.1:%d/" % self.served.port
        self.assertEqual(self.post(key, secret).status_code, 200)


if __name__ == "__main__":
    unittest.main()
