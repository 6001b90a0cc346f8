"""What a case gets: programs, records, a scratch folder, and how long it may take."""
import dataclasses
import os
import pathlib
import shutil
import subprocess
import tempfile

from harness.errors import BenchError
from harness.processes import output_of
from harness.records import ROOT, Sales

BUILD = ROOT / "build" / "bench"
COMPILER_FLAGS = ["-std=c++20", "-O2", "-msse4.2", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
LIBRARIES = {"bare_ceiling": ["-lsimdjson"], "latency_probe": ["-pthread"], "open_loop": []}


def compiled(name):
    """A program of bench/, built again when its source is newer."""
    source, program = ROOT / "bench" / f"{name}.cc", BUILD / name
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        output_of([os.environ.get("CXX", "g++"), *COMPILER_FLAGS, source, "-o", program, *LIBRARIES[name]])
    return program


def tailrace_program():
    program = pathlib.Path(os.environ.get("TAILRACE", ROOT / "build" / "tailrace"))
    if not program.exists():
        raise BenchError(f"{program} is not there: make build, or TAILRACE=PROGRAM")
    return program.resolve()


def python_of_peers():
    folder = pathlib.Path(os.environ.get("TAILRACE_DEPS", pathlib.Path.home() / ".cache" / "tailrace"))
    return folder / "bench-venv" / "bin" / "python"


@dataclasses.dataclass
class Context:
    scratch: pathlib.Path  # removed at the end; every user may pass through it
    sales: Sales
    pairs: int
    seconds: int           # of load in one run
    profile: bool          # record what our program does

    def folder(self, name):
        """An empty folder of that name."""
        path = self.scratch / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def say(self, text):
        print(text, flush=True)


class Scratch:
    """A folder for everything a run of the bench writes, on a real disk."""

    def __enter__(self):
        place = os.environ.get("BENCH_TMPDIR", "/var/tmp")
        if output_of(["stat", "-f", "-c", "%T", place]).strip() == "tmpfs":
            raise BenchError(f"{place} is in memory, where an fsync costs nothing: set BENCH_TMPDIR to a folder on a disk")
        self._path = pathlib.Path(tempfile.mkdtemp(prefix="tailrace-bench-", dir=place))
        self._path.chmod(0o755)  # PostgreSQL runs as another user and passes through
        return self._path

    def __exit__(self, *_):
        shutil.rmtree(self._path, ignore_errors=True)


def install_peers():
    subprocess.run([ROOT / "tools" / "bench-setup"], check=True)
