"""System calls of a process as strace saw them, and whether each acknowledgement came after its sync."""
import contextlib
import dataclasses
import re
import signal
import subprocess
import time

from harness.errors import BenchError

WRITES = ("write", "writev", "pwrite64", "pwritev", "pwritev2", "sendto", "sendmsg")
SYNCS = ("fdatasync", "fsync")
SHOWN_BYTES = 1 << 16
ATTACH_SECONDS_MAX = 20

_CALL = re.compile(r"^(\d+)\s+(?:<\.\.\. )?(\w+)")
_CLIENT_PORT = re.compile(r"->127\.0\.0\.1:(\d+)\]")


@dataclasses.dataclass
class Call:
    """One system call. `begun` and `ended` are places in the order in which things happened."""
    name: str
    text: str
    begun: int
    ended: int | None = None
    result: str = ""

    @property
    def file(self):
        """The path of its file descriptor."""
        found = re.search(r"\(\d+<(/[^>]*)>", self.text)
        return found[1] if found else ""

    @property
    def client_port(self):
        found = _CLIENT_PORT.search(self.text.partition('"')[0])
        return int(found[1]) if found else None


@contextlib.contextmanager
def recorded(pid, output):
    """Records the writes and syncs of a running process and all its threads."""
    with open(output.with_suffix(".strace.log"), "w+") as words:
        strace = subprocess.Popen(["strace", "-f", "-yy", "-s", str(SHOWN_BYTES), "-e", "trace=" + ",".join(WRITES + SYNCS), "-p", str(pid),
                                   "-o", str(output)], stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + ATTACH_SECONDS_MAX
            while "attached" not in open(words.name).read():
                if strace.poll() is not None or time.monotonic() > end:
                    raise BenchError(f"strace cannot attach: {open(words.name).read()}")
                time.sleep(0.02)
            yield
        finally:
            strace.send_signal(signal.SIGINT)
            strace.wait()


def calls_of(path):
    """The calls in a file of strace, in the order in which they began."""
    calls, open_of_thread = [], {}
    with open(path, errors="replace") as lines:
        for place, line in enumerate(lines):
            found = _CALL.match(line)
            if not found or found[2] not in WRITES + SYNCS:
                continue
            thread, name = found[1], found[2]
            if "<... " in line:
                call = open_of_thread.pop(thread, None)
                if call is None:
                    continue
            else:
                call = Call(name, line, place)
                calls.append(call)
            if line.rstrip().endswith("<unfinished ...>"):
                open_of_thread[thread] = call
            else:
                call.ended, call.result = place, line.rstrip().rpartition(" = ")[2]
    return calls


def early_answers(calls, records_of_client, log_folder):
    """What was acknowledged too early, or cannot be shown not to have been; a sentence each.

    `records_of_client` maps the port of a client to the marks of its records, in the order in which it sent them one by one.
    """
    writes = [call for call in calls if call.name in WRITES and call.file.startswith(str(log_folder)) and call.ended is not None]
    syncs = [call for call in calls if call.name in SYNCS and call.ended is not None and call.result == "0"]
    answers = {port: [] for port in records_of_client}
    for call in calls:
        if call.client_port in answers and "HTTP/1.1 " in call.text:
            answers[call.client_port].append(call)
    for port, marks in records_of_client.items():
        if len(answers[port]) != len(marks):
            yield f"{len(marks)} records and {len(answers[port])} answers on one connection"
            continue
        for mark, answer in zip(marks, answers[port]):
            fault = _fault_of(mark, answer, writes, syncs)
            if fault:
                yield f"{mark}: {fault}"


def _fault_of(mark, answer, writes, syncs):
    written = next((call for call in writes if mark in call.text), None)
    if written is None:
        return "was never written to the log"
    for sync in syncs:
        if sync.file == written.file and sync.begun > written.ended and sync.ended < answer.begun:
            return None
    return "was answered before a sync that followed its write"
