"""The program as the tests of the lake call it."""
import os
import pathlib
import subprocess

PROGRAM = os.environ["TAILRACE"]
SOURCE = pathlib.Path(os.environ["TAILRACE_SOURCE_DIR"])
DATA = pathlib.Path(os.environ.get("TAILRACE_DATA", SOURCE / "../shared/data")).resolve()
SECONDS_MAX = 300


def run(folder, *words, status=0, **environment):
    done = subprocess.run([PROGRAM, *words, str(folder)], env=os.environ | environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=SECONDS_MAX)
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def run_sql(folder, query):
    """The answer as JSON text."""
    return run(folder, "sql", "--json", query).stdout
