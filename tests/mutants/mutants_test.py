#!/usr/bin/env python3
"""Every fault of tests/mutants/faults/ still applies to the tree; whether its test catches it is for `make mutants` to say."""
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
FAULTS_MIN = 25

found = len(list((SOURCE / "tests/mutants/faults").glob("*.txt")))
if found < FAULTS_MIN:
    print(f"{found} faults, fewer than {FAULTS_MIN}")
    sys.exit(1)
sys.exit(subprocess.run([sys.executable, SOURCE / "tests/mutants/run", "--check"], check=False).returncode)
