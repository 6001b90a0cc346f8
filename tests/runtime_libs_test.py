#!/usr/bin/env python3
"""The program needs no shared library at run time but those of tests/runtime_libs.txt, and that list has none too many."""
import os
import pathlib
import subprocess
import sys


def main():
    here = pathlib.Path(__file__).resolve().parent
    program = os.environ.get("TAILRACE", here.parent / "build/tailrace")
    text = (here / "runtime_libs.txt").read_text()
    listed = {line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")}
    output = subprocess.run(["ldd", program], check=True, text=True, stdout=subprocess.PIPE).stdout
    needed = {line.split()[0].rsplit("/", 1)[-1] for line in output.splitlines() if line.strip()}
    for name in sorted(needed - listed):
        print(f"needed at run time, not in tests/runtime_libs.txt: {name}")
    for name in sorted(listed - needed):
        print(f"in tests/runtime_libs.txt, not needed any more: {name}")
    return 0 if needed == listed else 1


if __name__ == "__main__":
    sys.exit(main())
