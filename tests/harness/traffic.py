"""Clients that post until they are told to stop or the server goes away, and note every answer in the ledger."""
import base64
import http.client
import json
import random
import threading

from doors import DOORS, OWN, is_open
from ledger import ACKNOWLEDGED, Request

ACCOUNTS = 40
SIZES = (1, 1, 1, 1, 1, 2, 3, 5, 20)
BAD_SHARE = 0.03  # of the records: the schema refuses them
ODD_SHARE = 0.02  # of the records: a table's SQL refuses them
KEYED_SHARE = 0.6  # of the requests
OTHER_DOORS_SHARE = 0.4  # of the requests with events: as clients of Kafka and Kinesis send them
REPLAY_SHARE = 0.05  # of the requests: one that was acknowledged long ago, again
CLIENT_SECONDS_MAX = 60.0


def new_request(ledger, chance, stream="events", size=None, payload_bytes=0):
    number = ledger.next_number()
    records, good, bad, odd = [], [], [], []
    for i in range(size or chance.choice(SIZES)):
        identity = f"r{number}-{i}"
        if stream == "bulk":
            # By chance: what can be compressed fills no segment.
            records.append({"id": identity, "payload": base64.b64encode(chance.randbytes(payload_bytes * 3 // 4)).decode()})
            good.append(identity)
            continue
        record = {"id": identity, "account": f"a{chance.randrange(ACCOUNTS)}", "amount": chance.randrange(-10**6, 10**6) / 100,
                  "value": chance.randrange(1000)}
        draw = chance.random()
        if draw < BAD_SHARE:
            record["value"] = "many"
            bad.append(identity)
        else:
            good.append(identity)
            if draw < BAD_SHARE + ODD_SHARE:
                record["label"] = "no number"
                odd.append(identity)
            elif draw < BAD_SHARE + 2 * ODD_SHARE:
                record["label"] = str(number)
        records.append(record)
    key = f"k{number}" if chance.random() < KEYED_SHARE else None
    others = stream == "events" and chance.random() < OTHER_DOORS_SHARE
    door = chance.choice(sorted(DOORS.keys() - OWN.keys() if others else OWN))
    body, headers = DOORS[door].write(records)
    return ledger.add(Request(stream, key, body.encode(), headers, good, bad, odd, door))


def send(connection, request):
    """Sends it once; returns the HTTP status, or None when the connection broke: then the outcome is as open as before."""
    door = DOORS[request.door]
    headers = dict(request.headers)
    if request.key is not None:
        headers[door.repeat_header] = request.key
    request.sent += 1
    try:
        connection.request(door.method, door.path.format(stream=request.stream), request.body, headers)
        reply = connection.getresponse()
        body = reply.read()
    except TimeoutError:
        raise
    except (OSError, http.client.HTTPException):
        return None
    note(request, reply, body)
    return reply.status


def note(request, reply, body):
    door = DOORS[request.door]
    told = door.read(reply.status, body)
    if told is None:
        assert is_open(reply.status, body), f"unexpected answer {reply.status} {body} at the door {request.door}"
        return  # as unknown as before: another partition may have taken its part
    if told.open:
        return
    if request.state == ACKNOWLEDGED:
        assert body == request.answer, f"key {request.key} was first answered {request.answer}, now {body}"
        replayed = reply.headers.get("Idempotency-Replayed") == "true" or not request.good or not door.says_replayed
        assert replayed, f"key {request.key} was not recognised"
    assert (told.accepted, told.rejected) == (len(request.good), len(request.bad)), f"{request.door}: {request.good} {request.bad}: {body}"
    request.state, request.answer, request.reply = ACKNOWLEDGED, body, json.dumps({"offsets": told.offsets}).encode()


class Traffic:
    """Several connections, each with a thread of its own. What is unsettled goes first, so that kills come in retries too."""

    def __init__(self, server, ledger, chance, clients=4, make=new_request):
        self._server, self._ledger, self._make = server, ledger, make
        self._stop = threading.Event()
        self._retries = ledger.unsettled()
        self._replays = [request for request in ledger.acknowledged() if request.key is not None]
        self._lock = threading.Lock()
        self.failures = []
        self.sent = 0
        self.statuses = set()  # seen so far
        self._threads = [threading.Thread(target=self._run, args=(random.Random(chance.random()),)) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _next(self, chance):
        with self._lock:
            if self._retries:
                return self._retries.pop()
        if self._replays and chance.random() < REPLAY_SHARE:
            return chance.choice(self._replays)
        return self._make(self._ledger, chance)

    def _run(self, chance):
        try:
            connection = self._server.connect(CLIENT_SECONDS_MAX)
            while not self._stop.is_set():
                status = send(connection, self._next(chance))
                if status is None:
                    return
                self.sent += 1
                self.statuses.add(status)
        except Exception as error:  # of the thread: told by finish()
            self.failures.append(error)

    def finish(self):
        """Ends the clients; raises what one of them found wrong."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self.failures:
            raise self.failures[0]
        return self.sent


def settle(server, ledger):
    """Sends everything unsettled again, until nothing is left open."""
    connection = server.connect(CLIENT_SECONDS_MAX)
    for request in ledger.unsettled():
        status = send(connection, request)
        assert request.settled, f"the retry of {request.key} got {status}"
    connection.close()
