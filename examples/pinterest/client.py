#!/usr/bin/env python3
"""Posts events as the original's emulator does: odd ones through Kafka's REST proxy, even ones through Kinesis behind a gateway.

    client.py http://127.0.0.1:7070 EVENTS.jsonl [HOW_MANY]
"""
import json
import sys

import requests

PARTS = {"pin": "pin", "geo": "geo", "user": "user"}


def post(session, address, part, value, by_kafka):
    if by_kafka:
        reply = session.request("POST", "%s/topics/0ab1c.%s" % (address, part), headers={"Content-Type": "application/vnd.kafka.json.v2+json"},
                                data=json.dumps({"records": [{"value": value}]}))
        return reply.status_code == 200 and reply.json()["offsets"][0]["error_code"] is None, reply.text
    name = "streaming-0ab1c-" + part
    reply = session.request("PUT", "%s/streams/%s/record" % (address, name), headers={"Content-Type": "application/json"},
                            data=json.dumps({"StreamName": name, "Data": value, "PartitionKey": "partition-1"}))
    return reply.status_code == 200, reply.text


def main():
    address, path = sys.argv[1:3]
    how_many = int(sys.argv[3]) if len(sys.argv) > 3 else None
    session = requests.Session()
    with open(path, encoding="utf-8") as events:
        for number, line in enumerate(events):
            if number == how_many:
                break
            for part, value in json.loads(line).items():
                taken, text = post(session, address, PARTS[part], value, number % 2 == 0)
                if not taken:
                    sys.exit("event %d, %s: %s" % (number, part, text))


if __name__ == "__main__":
    main()
