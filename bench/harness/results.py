"""Figures between runs: kept as JSON by case, and put into the documentation."""
import json

from harness import tables
from harness.context import BUILD, ROOT
from harness.errors import BenchError
from harness.figures import Line

FILE = BUILD / "results.json"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: written by bench/run --write-docs -->\n", "<!-- end of figures -->\n"


def load():
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def save(case, lines, machine, pairs, seconds):
    """Replaces what is known of one case."""
    known = load() | {case: {"machine": machine, "pairs": pairs, "seconds": seconds, "lines": [line.to_json() for line in lines]}}
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(known, indent=1))


def lines_of(case):
    return [Line.from_json(line) for line in load()[case]["lines"]]


def write_document(cases):
    """Puts the figures of all cases between the marks of the document. They must all be there, of the same commit and day."""
    known = load()
    missing = [case for case in cases if case not in known]
    if missing:
        raise BenchError(f"no figures yet of {', '.join(missing)}: run the bench whole")
    machines = [known[case]["machine"] for case in cases]
    if any(machine != machines[0] for machine in machines):
        raise BenchError("the figures are of several runs: run the bench whole")
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    DOCUMENT.write_text(before + BEGIN + "\n" + _figures(cases, known, machines[0]) + "\n" + END + rest.split(END)[1])


def _figures(cases, known, machine):
    facts = "\n".join(f"- {what}: {value}" for what, value in machine.items())
    pairs = min(known[case]["pairs"] for case in cases)
    lines = [line for case in cases for line in lines_of(case)]
    missed = sum(line.verdict == "MISSED" for line in lines)
    hit = sum(line.verdict == "hit" for line in lines)
    return f"{facts}\n- pairs: {pairs}; targets hit: {hit}, MISSED: {missed}\n\n{tables.markdown(lines)}\n"
