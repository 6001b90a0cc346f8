"""Clients that post until they are told to stop or the server goes away, and note every answer in the ledger."""
import http.client
import json
import random
import threading

from ledger import ACKNOWLEDGED, REFUSED, UNKNOWN, Request

ACCOUNTS = 40
SIZES = (1, 1, 1, 1, 1, 2, 3, 5, 20)
BAD_SHARE = 0.03  # of the records: the schema refuses them
ODD_SHARE = 0.02  # of the records: a table's SQL refuses them
KEYED_SHARE = 0.6  # of the requests
REPLAY_SHARE = 0.05  # of the requests: one that was acknowledged long ago, again
CLIENT_SECONDS_MAX = 60.0

# A refusal that says nothing was kept, or not known to be: with its key it is sent again.
TRY_AGAIN = (429, 500, 503, 507)


def new_request(ledger, chance, stream="events", size=None, payload_bytes=0):
    number = ledger.next_number()
    records, good, bad, odd = [], [], [], []
    for i in range(size or chance.choice(SIZES)):
        identity = f"r{number}-{i}"
        if stream == "bulk":
            records.append({"id": identity, "payload": "x" * payload_bytes})
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
    if chance.random() < 0.5:
        body, content_type = json.dumps(records), "application/json"
    else:
        body, content_type = "".join(json.dumps(record) + "\n" for record in records), "application/x-ndjson"
    return ledger.add(Request(stream, key, body.encode(), content_type, good, bad, odd))


def send(connection, request):
    """Sends it once; returns the HTTP status, or None when the connection broke: then the outcome is as open as before."""
    headers = {"Content-Type": request.content_type}
    if request.key is not None:
        headers["Idempotency-Key"] = request.key
    request.sent += 1
    try:
        connection.request("POST", f"/streams/{request.stream}", request.body, headers)
        reply = connection.getresponse()
        body = reply.read()
    except TimeoutError:
        raise
    except (OSError, http.client.HTTPException):
        return None
    note(request, reply, body)
    return reply.status


def note(request, reply, body):
    if reply.status in (200, 207, 422):
        if request.state == ACKNOWLEDGED:
            assert body == request.reply, f"key {request.key} was first answered {request.reply}, now {body}"
            assert reply.headers.get("Idempotency-Replayed") == "true" or not request.good, f"key {request.key} was not recognised"
        told = json.loads(body)
        assert told["accepted"] == len(request.good) and told["rejected"] == len(request.bad), f"{request.good} {request.bad}: {body}"
        request.state, request.reply = ACKNOWLEDGED, body
    elif reply.status in TRY_AGAIN:
        pass  # as unknown as before: another partition may have taken its part
    else:
        raise AssertionError(f"unexpected answer {reply.status} {body}")


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
