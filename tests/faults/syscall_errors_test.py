#!/usr/bin/env python3
"""Calls of the kernel fail under a running server: no acknowledgement is a lie, nothing hangs, nothing ends without saying why.

One try: a server starts with one kind of call failing at its N-th time (in each thread), clients post, it is stopped, and a server
without faults must hold everything that was acknowledged, once, with stores that are a recount of the log. The server may refuse to
start or end by itself when it says why.

  syscall_errors_test.py [--tries N | --minutes M] [--seed S] [--only SYSCALL:ERROR:WHEN | --only short:KIND:FIRST:LAST]
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from ledger import Ledger  # noqa: E402
from recount import check_from_scratch  # noqa: E402
from seeds import seed_of_run  # noqa: E402
from server import PROGRAM, Died, Server, new_folder  # noqa: E402
from traffic import new_request, send, settle  # noqa: E402

TRIES = 30
CALLS = 100  # the first so many of each kind
REQUESTS = 25
PREPARED_REQUESTS = 20

ERRORS = {
    "openat": ["EMFILE", "ENOMEM", "EIO", "ENOSPC", "EINTR"],
    "read": ["EIO", "EINTR", "ENOMEM"], "pread64": ["EIO", "EINTR", "ENOMEM"],
    "write": ["EIO", "ENOSPC", "EINTR"], "pwrite64": ["EIO", "ENOSPC", "EINTR", "ENOMEM"],
    "fsync": ["EIO", "ENOSPC", "EINTR"], "fdatasync": ["EIO", "ENOSPC", "EINTR"],
    "ftruncate": ["EIO", "ENOSPC", "EINTR"], "fallocate": ["EIO", "ENOSPC"],
    "rename": ["EIO", "ENOSPC"], "unlink": ["EIO"], "mkdir": ["ENOSPC", "EIO"],
    # Not brk: glibc's own allocator ends with SIGSEGV when one fails and the next does not.
    "mmap": ["ENOMEM"], "clone3": ["ENOMEM", "EAGAIN"],
    "accept": ["EMFILE", "ENOMEM", "EINTR"], "accept4": ["EMFILE", "ENOMEM", "EINTR"], "socket": ["EMFILE", "ENOMEM"], "bind": ["EADDRINUSE"],
    "epoll_wait": ["EINTR"], "epoll_ctl": ["ENOMEM"], "sendto": ["EINTR", "ENOMEM", "EIO"], "recvfrom": ["EINTR", "ENOMEM", "EIO"],
    "getdents64": ["EIO"], "newfstatat": ["EIO"], "fstat": ["EIO"], "stat": ["EIO"], "fcntl": ["ENOLCK", "EINTR"],
}
SHORT_KINDS = ("pwrite", "write", "pread", "read", "send", "recv")
SHORT_SHARE = 0.15  # of the tries
# Ends of a process that nobody asked for.
VIOLENT = {-signal.SIGSEGV: "SIGSEGV", -signal.SIGABRT: "SIGABRT", -signal.SIGBUS: "SIGBUS", -signal.SIGILL: "SIGILL", -signal.SIGFPE: "SIGFPE"}
# Calls before main() begins, where the C library has nobody to tell.
LOADER_CALLS = {"mmap": 0}


class Defect(Exception):
    pass


def all_faults():
    faults = [f"{call}:{error}:{when}" for call, errors in ERRORS.items() for error in errors for when in range(1, CALLS + 1)]
    return faults + [f"short:{kind}:{first}:{first}" for kind in SHORT_KINDS for first in range(1, CALLS + 1)] + [
        f"short:{kind}:1:{CALLS}" for kind in SHORT_KINDS]


def pick(chance):
    """Kinds of calls in equal shares, early times more often, for most calls are made at the start."""
    if chance.random() < SHORT_SHARE:
        first = chance.randint(1, CALLS)
        return f"short:{chance.choice(SHORT_KINDS)}:{first}:{chance.choice((first, CALLS))}"
    call = chance.choice(list(ERRORS))
    return f"{call}:{chance.choice(ERRORS[call])}:{int(CALLS ** chance.random())}"


def trace_kind(trace):
    found = re.search(r"(\w+)\(", trace)
    return found.group(1) if found else ""


def count_loader_calls(scratch):
    """Those that a command makes which does nothing."""
    for call in LOADER_CALLS:
        trace = pathlib.Path(scratch, "loader.txt")
        subprocess.run(["strace", "-qqq", "-o", trace, "-e", f"trace={call}", PROGRAM, "version"], check=True, stdout=subprocess.DEVNULL)
        LOADER_CALLS[call] = trace.read_text().count("\n")


def build_short_io(scratch):
    library = pathlib.Path(scratch, "short_io.so")
    source = pathlib.Path(__file__).with_name("short_io.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def start(folder, fault, library):
    kind, *rest = fault.split(":")
    if kind == "short":
        return Server(folder, environment={"LD_PRELOAD": str(library), "SHORT_IO": ":".join(rest)})
    error, when = rest
    # -D: the program stays our child, so that its end is seen and a signal reaches it.
    trace = ["strace", "-D", "-f", "-qqq", "--seccomp-bpf", "-o", str(folder / "strace.txt"),
             "-e", f"trace={kind}", "-e", f"inject={kind}:error={error}:when={when}"]
    return Server(folder, wrapper=trace)


def judge_end(status, output, trace):
    if status in VIOLENT:
        if trace[: trace.find("INJECTED")].count("\n") < LOADER_CALLS.get(trace_kind(trace), 0):
            return "ended in the dynamic loader"
        raise Defect(f"{VIOLENT[status]}: {output[-1000:]!r}")
    if status != 0 and not output.strip():
        raise Defect(f"exit {status} without a word")
    if status == 0:
        return "survived"
    return "refused or ended with a reason"


def one_try(folder, fault, chance, library):
    """How the server took it."""
    ledger = Ledger()
    ledger.requests, ledger.owner, ledger._count = PREPARED.requests[:], dict(PREPARED.owner), PREPARED._count
    server = start(folder, fault, library)
    try:
        try:
            server.wait_listening()
            post(server, ledger, chance)
        except Died:
            pass
        outcome = judge_end(server.stop(), server.output, read_trace(folder))
    finally:
        server.kill()
    if outcome == "survived" and "INJECTED" not in read_trace(folder) and not fault.startswith("short:"):
        outcome = "not reached"
    check_after(folder, ledger)
    return outcome


def read_trace(folder):
    trace = folder / "strace.txt"
    return trace.read_text(errors="replace") if trace.exists() else ""


def post(server, ledger, chance):
    connection = server.connect()
    for number in range(REQUESTS):
        if send(connection, new_request(ledger, chance)) is None:
            connection.close()
            if not server.alive() and number:
                return
            connection = server.connect()
    connection.close()
    status, _ = server.get("/readyz")
    assert status in (200, 503), f"/readyz: {status}"


def check_after(folder, ledger):
    server = Server(folder)
    try:
        server.wait_listening()
        settle(server, ledger)
        # A sender is told of a refused record when its dead letter could not be kept.
        check_from_scratch(server, folder / ".tailrace", ledger, letters_exact=False)
        status = server.stop()
        assert status == 0, f"exit {status}: {server.output}"
    finally:
        server.kill()


PREPARED = Ledger()


def prepare(scratch, chance):
    """A folder with something in it, copied for each try."""
    folder = new_folder(scratch, "prepared")
    server = Server(folder).wait_listening()
    try:
        connection = server.connect()
        for _ in range(PREPARED_REQUESTS):
            assert send(connection, new_request(PREPARED, chance)) in (200, 207, 422)
        connection.close()
        assert server.stop() == 0, server.output
    finally:
        server.kill()
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=int(os.environ.get("SYSCALL_TRIES", TRIES)))
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=seed_of_run())
    parser.add_argument("--only")
    options = parser.parse_args()
    print(f"seed {options.seed}; {len(all_faults())} faults to draw from", flush=True)
    chance = random.Random(options.seed)
    deadline = time.monotonic() + (options.minutes or 0) * 60
    outcomes, defects, tries = {}, [], 0
    with tempfile.TemporaryDirectory() as scratch:
        count_loader_calls(scratch)
        library, prepared = build_short_io(scratch), prepare(scratch, chance)
        while time.monotonic() < deadline if options.minutes else tries < (1 if options.only else options.tries):
            fault = options.only or pick(chance)
            folder = pathlib.Path(scratch, f"try{tries}")
            shutil.copytree(prepared, folder)
            try:
                outcome = one_try(folder, fault, chance, library)
            except Exception as error:
                outcome = f"DEFECT: {type(error).__name__}: {error}"
                defects.append(f"{fault}: {outcome}")
            tries += 1
            outcomes[outcome.split(":")[0]] = outcomes.get(outcome.split(":")[0], 0) + 1
            print(f"{fault}: {outcome}", flush=True)
            shutil.rmtree(folder)
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())))
    print(f"tries={tries} lost=0 duplicated=0 defects={len(defects)}")
    for defect in defects:
        print(f"not ok: {defect}")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
