"""Servers and one-shot programs, run, measured and ended by their own pid."""
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

from harness.errors import BenchError

READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60
POLL_SECONDS = 0.02
MEMORY_POLL_SECONDS = 0.5
ONE_SHOT_SECONDS_MAX = 1800


def free_port():
    """A port of loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tail_of(path, characters=2000):
    return pathlib.Path(path).read_text(errors="replace")[-characters:]


def _pids_of_tree(pid):
    pids = [pid]
    for known in pids:  # grows while it is walked
        try:
            for task in os.listdir(f"/proc/{known}/task"):
                pids += map(int, pathlib.Path(f"/proc/{known}/task/{task}/children").read_text().split())
        except OSError:
            pass  # it has ended
    return pids


def _kilobytes(path, name):
    try:
        for line in pathlib.Path(path).read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    except OSError:
        pass  # it has ended
    return 0


def memory_mb(pid):
    """Memory of a process and its children now, shared pages counted once."""
    return sum(_kilobytes(f"/proc/{each}/smaps_rollup", "Pss:") for each in _pids_of_tree(pid)) / 1024


def cpu_seconds(pid):
    """Processor time that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server:
    """A process that serves on a port of loopback.

    As a context manager it is ready inside, and gone after. `peak_mb` can be asked while it runs and afterwards.
    """

    def __init__(self, name, command, port, log, *, ready=None, env=None, stop_signal=signal.SIGTERM, user=None):
        self.name, self.command, self.port, self.log = name, [str(part) for part in command], port, pathlib.Path(log)
        self._ready = ready or (lambda: is_listening(port))
        self._env, self._stop_signal, self._user = env or {}, stop_signal, user
        self._sampled_mb = 0.0
        self._peak_mb = None
        self._stopping = threading.Event()

    def __enter__(self):
        as_user = {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}
        with open(self.log, "wb") as output:
            self._process = subprocess.Popen(self.command, env=os.environ | self._env, stdin=subprocess.DEVNULL, stdout=output,
                                             stderr=subprocess.STDOUT, start_new_session=True, cwd="/", **as_user)
        self._sampler = threading.Thread(target=self._sample_memory, daemon=True)
        self._sampler.start()
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._stop()

    @property
    def pid(self):
        return self._process.pid

    @property
    def peak_mb(self):
        """The most memory it has had: the kernel's own mark for one process, samples for a family of them."""
        if self._peak_mb is not None:
            return self._peak_mb
        marked = _kilobytes(f"/proc/{self.pid}/status", "VmHWM:") / 1024
        return max(self._sampled_mb, 0 if len(_pids_of_tree(self.pid)) > 1 else marked)

    def wait_until(self, what, is_so, seconds):
        end = time.monotonic() + seconds
        while not is_so():
            code = self._process.poll()
            if code is not None:
                raise BenchError(f"{self.name} ended with {code}:\n{tail_of(self.log)}")
            if time.monotonic() > end:
                raise BenchError(f"{self.name}: {what} took more than {seconds} s:\n{tail_of(self.log)}")
            time.sleep(POLL_SECONDS)

    def _wait_until_ready(self):
        self.wait_until("starting", self._ready, READY_SECONDS_MAX)

    def _sample_memory(self):
        while not self._stopping.wait(MEMORY_POLL_SECONDS):
            self._sampled_mb = max(self._sampled_mb, memory_mb(self.pid))

    def _stop(self):
        if self._process.poll() is None:
            self._peak_mb = self.peak_mb
            self._process.send_signal(self._stop_signal)
        self._stopping.set()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise BenchError(f"{self.name} did not stop within {STOP_SECONDS_MAX} s") from None


def run_once(name, command, log, *, env=None):
    """Runs a program to its end; returns (seconds, peak megabytes, what it wrote)."""
    began = time.monotonic()
    with open(log, "wb") as output:
        process = subprocess.Popen([str(part) for part in command], env=os.environ | (env or {}), stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    killer = threading.Timer(ONE_SHOT_SECONDS_MAX, process.kill)
    killer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        raise
    finally:
        killer.cancel()
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise BenchError(f"{name} ended with {process.returncode}:\n{tail_of(log)}")
    return seconds, usage.ru_maxrss / 1024, pathlib.Path(log).read_text(errors="replace")


def output_of(command, **options):
    """What a short command prints; a BenchError with its words when it fails."""
    done = subprocess.run([str(part) for part in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-500:]}{done.stderr[-1500:]}")
    return done.stdout
