"""Where our program spends its time, by perf, when --profile asks for it."""
import contextlib
import pathlib
import re
import signal
import subprocess
import time

from harness.context import BUILD
from harness.processes import output_of

FREQUENCY_HZ = 499
SHOWN_LINES = 40


def _file(name):
    folder = BUILD / "profiles"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.perf"


def _report(context, file):
    text = output_of(["perf", "report", "-i", file, "--no-children", "-g", "none", "--percent-limit", "0.7", "--sort",
                      "comm,dso,symbol", "--stdio"])
    # perf pads each line with the columns of a call graph that is not asked for.
    lines = [re.sub(r"(\s+-)*\s*$", "", line) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    pathlib.Path(file).with_suffix(".txt").write_text("\n".join(lines) + "\n")
    context.say("\n".join(["  where the time goes (perf):", *("    " + line for line in lines[:SHOWN_LINES])]))


@contextlib.contextmanager
def recording(context, pid, name):
    """Records a running process until the block ends."""
    if not context.profile:
        yield
        return
    file = _file(name)
    perf = subprocess.Popen(["perf", "record", "-q", "-F", str(FREQUENCY_HZ), "-g", "-p", str(pid), "-o", file],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.2)  # perf says nothing when it has begun
    try:
        yield
    finally:
        perf.send_signal(signal.SIGINT)
        perf.wait()
    _report(context, file)


def command(context, command_line, name):
    """The command itself, or under perf."""
    if not context.profile:
        return command_line
    return ["perf", "record", "-q", "-F", str(FREQUENCY_HZ), "-g", "-o", _file(name), "--", *command_line]


def report(context, name):
    """What `command` of that name has recorded."""
    if context.profile:
        _report(context, _file(name))
