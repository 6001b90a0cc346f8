#!/usr/bin/env python3
"""No file of the repository names a folder of the machine it was written on, or the host of a package registry.

Whoever clones it has other folders and maybe a mirror; clients of registries know where theirs is.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# Written in pieces, so that this file does not find itself.
HOSTS = ["proxy.golang" + ".org", "sum.golang" + ".org", "registry.npmjs" + ".org", "repo.maven.apache" + ".org", "repo1.maven" + ".org",
         "deb.debian" + ".org", "security.debian" + ".org", "pypi" + ".org", "files.pythonhosted" + ".org",
         "static.crates" + ".io", "index.crates" + ".io"]
FOLDERS = ["/wo" + "rk/", "/ro" + "ot/"]


def patterns():
    home = os.path.expanduser("~")
    folders = FOLDERS + ([home.rstrip("/") + "/"] if len(home) > 1 else [])
    # A folder counts only where a path begins: "network/" and "$X/root/" are something else.
    paths = "|".join(rf"(?<![\w.$}})/*-]){re.escape(folder)}" for folder in folders)
    return re.compile(f"{paths}|{'|'.join(map(re.escape, HOSTS))}".encode())


def faults_of(root, names):
    pattern = patterns()
    for name in names:
        path = root / name
        if not path.is_file():
            continue
        data = path.read_bytes()
        for match in pattern.finditer(data):
            line = data.count(b"\n", 0, match.start()) + 1
            yield f"{name}:{line}: {match.group().decode()}"


def blind_spots():
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        (root / "bad").write_text(f"x = '{FOLDERS[0]}main'\ncurl https://{HOSTS[0]}/x\n")
        (root / "good").write_text("net" + FOLDERS[0] + "\n$DIR" + FOLDERS[1] + "x\n")
        if len(list(faults_of(root, ["bad"]))) != 2:
            yield "planted paths were not found"
        if list(faults_of(root, ["good"])):
            yield "found something in a file without fault"


def main():
    root = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
    names = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True, stdout=subprocess.PIPE).stdout.decode().split("\0")
    faults = list(blind_spots()) + list(faults_of(root, filter(None, names)))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
