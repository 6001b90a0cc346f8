"""The machine and the versions that figures belong to."""
import datetime
import os
import pathlib
import platform
import re
import subprocess

from harness.context import ROOT, python_of_peers


def _first_line(command, pattern=r"[\d.]+\S*"):
    try:
        text = subprocess.run([str(part) for part in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    except OSError:
        return "not there"
    found = re.search(pattern, text)
    return found[0] if found else "unknown"


def _cpu():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gb():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _python_package(name):
    return _first_line([python_of_peers(), "-c", f"import importlib.metadata as m; print(m.version('{name}'))"])


def describe():
    """{what: text}, in the order in which it is shown."""
    postgres = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    peers = {
        "Redis": _first_line(["redis-server", "--version"], r"(?<=v=)[\d.]+"),
        "PostgreSQL": _first_line([*postgres[-1:], "--version"], r"\d+\.\d+") if postgres else "not there",
        "nginx": _first_line(["/usr/sbin/nginx", "-v"], r"(?<=nginx/)[\d.]+"),
        "wrk": _first_line(["wrk", "-v"], r"(?<=wrk debian/)[\d.]+|(?<=wrk )[\d.]+"),
    } | {name: _python_package(name.lower()) for name in ("DuckDB", "Bytewax", "FastAPI", "pydantic", "uvicorn")}
    return {
        "date": datetime.date.today().isoformat(),
        "commit": _first_line(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], r"\w+"),
        "processor": f"{_cpu()}, {os.cpu_count()} threads",
        "memory": f"{_memory_gb():.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "peers": ", ".join(f"{name} {version}" for name, version in peers.items()),
    }
