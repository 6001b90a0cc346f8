"""What the outside was told: every request that was sent, what came back, and what must therefore be in the log."""
import dataclasses
import threading

UNKNOWN, ACKNOWLEDGED, REFUSED = "unknown", "acknowledged", "refused"


@dataclasses.dataclass
class Request:
    """A request and its fate. Its records: `good` are fit for the stream, `bad` are refused by the schema."""

    stream: str
    key: str | None
    body: bytes
    headers: dict  # beside that of its key
    good: list  # ids
    bad: list  # ids
    odd: list  # ids of good ones that table `numbers` and collection `labels` refuse
    door: str = "json"  # of doors.py
    state: str = UNKNOWN
    sent: int = 0  # times
    answer: bytes = b""  # as it came
    reply: bytes = b""  # where it says that the records are, the same for every door

    @property
    def settled(self):
        """Whether the outcome is known for good: what has no key is not sent again."""
        return self.state != UNKNOWN or self.key is None


class Ledger:
    """Threads: safe. Grows with what was posted."""

    def __init__(self):
        self._lock = threading.Lock()
        self._count = 0
        self.requests = []
        self.owner = {}  # id of a record: its request

    def next_number(self):
        with self._lock:
            self._count += 1
            return self._count

    def add(self, request):
        with self._lock:
            self.requests.append(request)
            for identity in request.good + request.bad:
                self.owner[identity] = request
        return request

    def unsettled(self):
        with self._lock:
            return [request for request in self.requests if not request.settled and request.sent]

    def acknowledged(self):
        with self._lock:
            return [request for request in self.requests if request.state == ACKNOWLEDGED]

    def counts(self):
        with self._lock:
            states = [request.state for request in self.requests if request.sent]
        return {state: states.count(state) for state in (ACKNOWLEDGED, UNKNOWN, REFUSED)}
