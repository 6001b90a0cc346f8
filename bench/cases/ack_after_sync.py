"""Not a speed: an acknowledgement leaves only after an fdatasync that began after the write of its record, as strace sees it.

The same check is first held against the bare ceiling, which has to pass, and against one that answers first, which has to fail.
"""
import json
import threading

from harness import peers, tailrace, trace
from harness.errors import BenchError
from harness.figures import Line, at_most
from harness.load import Client

TITLE = "acknowledgements after their sync"
CLIENTS = 8
RECORDS_PER_CLIENT = 25


def _post_marked(server, path, sale):
    """Posts from several clients at a time, one record after another each; returns {port of the client: its marks}."""
    marks_of_client, faults = {}, []

    def client_of(number):
        try:
            with Client(server.port) as client:
                marks = [f"mark-{number}-{count}-" for count in range(RECORDS_PER_CLIENT)]
                for mark in marks:
                    client.request("POST", path, json.dumps(sale | {"InvoiceNo": mark}))
                marks_of_client[client.local_port] = marks
        except Exception as fault:  # told below
            faults.append(fault)

    threads = [threading.Thread(target=client_of, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return marks_of_client


def _early(context, starting, path, log_folder):
    sale = json.loads(context.sales.lines(1)[0])
    output = context.scratch / "calls"
    with starting as server:
        with trace.recorded(server.pid, output):
            marks = _post_marked(server, path, sale)
        return list(trace.early_answers(trace.calls_of(output), marks, log_folder))


def run(context):
    bare = context.scratch / "bare"
    if early := _early(context, peers.bare_ceiling(context), "/", bare):
        raise BenchError(f"the check of acknowledgements is wrong: {early[:5]}")
    if not _early(context, peers.bare_ceiling(context, "--answer-first"), "/", bare):
        raise BenchError("the check of acknowledgements does not see one that comes too early")
    data = context.folder("tailrace-data")
    early = _early(context, tailrace.serving(context, tailrace.PIPELINES / "ingest.yaml", data=data), "/streams/sales", data / "log")
    for sentence in early[:5]:
        context.say("  " + sentence)
    return [Line("ack", f"of {CLIENTS * RECORDS_PER_CLIENT} answers, before their fdatasync", "", [len(early)], target=at_most(0))]
