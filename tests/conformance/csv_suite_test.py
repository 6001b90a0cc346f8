#!/usr/bin/env python3
"""csv-spectrum, and cases of our own after RFC 4180, by way of a file source and by way of the HTTP door: the same rows from both."""
import json
import subprocess
import sys
import tempfile
import pathlib

import program

# The JSON beside this one tells of another phone number than the CSV has, and is no list.
MISPRINTED = "location_coordinates"
CORRECTED = [{"Contact Phone Number": "2095257564", "Location Coordinates": "37\ufffd36'37.8\"N 121\ufffd2'17.9\"W",
              "Cities": "Modesto", "Counties": "Stanislaus"}]

# Text, rows taken, rows refused.
OURS = {
    "no line end at the end": ("a,b\n1,2", [{"a": "1", "b": "2"}], 0),
    "only a header": ("a,b\n", [], 0),
    "a header without line end": ("a,b", [], 0),
    "CRLF and LF in one text": ("a,b\r\n1,2\n3,4\r\n", [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}], 0),
    "blank lines are no rows": ("a,b\n\n1,2\n\r\n\n3,4\n\n", [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}], 0),
    "spaces belong to the field": ("a,b\n 1 , 2\n", [{"a": " 1 ", "b": " 2"}], 0),
    "a header in quotes": ('"a, b","c""d"\n1,2\n', [{"a, b": "1", 'c"d': "2"}], 0),
    "all empty": ("a,b,c\n,,\n", [{"a": "", "b": "", "c": ""}], 0),
    "one empty field in quotes": ('a\n""\n', [{"a": ""}], 0),
    "one quote in quotes": ('a\n""""\n', [{"a": '"'}], 0),
    "a comma and nothing else": ('a,b\n",",\n', [{"a": ",", "b": ""}], 0),
    "a CR that ends no line": ("a,b\n1\r2,3\n", [{"a": "1\r2", "b": "3"}], 0),
    "a CR in quotes": ('a,b\n"1\r2",3\n', [{"a": "1\r2", "b": "3"}], 0),
    "a quote inside a field": ('a,b\n1"2,3"\n', [{"a": '1"2', "b": '3"'}], 0),
    "a byte order mark": ("\ufeffa,b\n1,2\n", [{"a": "1", "b": "2"}], 0),
    "tabs and backslashes": ("a,b\n\t,\\n\n", [{"a": "\t", "b": "\\n"}], 0),
    "lines of many kinds in quotes": ('a\n"\n\r\n\n"\n', [{"a": "\n\r\n\n"}], 0),
    "beyond ASCII": ("ä,漢\n€,😀\n", [{"ä": "€", "漢": "😀"}], 0),
    "too few fields": ("a,b\n1\n3,4\n", [{"a": "3", "b": "4"}], 1),
    "too many fields": ("a,b\n1,2,3\n3,4\n", [{"a": "3", "b": "4"}], 1),
    "a comma at the end": ("a,b\n1,2,\n3,4\n", [{"a": "3", "b": "4"}], 1),
    "text after the quotes": ('a,b\n"1"2,3\n4,5\n', [{"a": "4", "b": "5"}], 1),
    "a space after the quotes": ('a,b\n"1" ,3\n4,5\n', [{"a": "4", "b": "5"}], 1),
    "a quote that is not closed costs its line": ('a,b\n"1,2\n4,5\n', [{"a": "4", "b": "5"}], 1),
}


class Case:
    def __init__(self, name, text, rows, refused=0, latin1=False):
        self.name, self.text, self.rows, self.refused, self.latin1 = name, text, rows, refused, latin1


def cases():
    folder = program.suites() / "csv-spectrum"
    found = []
    for path in sorted((folder / "csvs").glob("*.csv")):
        if path.stem == MISPRINTED:
            found.append(Case(path.stem, path.read_bytes(), CORRECTED))
        else:
            found.append(Case(path.stem, path.read_bytes(), json.loads((folder / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))))
    assert len(found) == 12, f"csv-spectrum has {len(found)} cases, not those that were pinned"
    found.append(Case("Latin-1", "a,ü\né,\"ß\"\"\"\n".encode("latin-1"), [{"a": "é", "ü": 'ß"'}], latin1=True))
    return found + [Case(name, text.encode("utf-8"), rows, refused) for name, (text, rows, refused) in OURS.items()]


def pipeline(all_cases):
    """Of each case a stream that a file fills and one that the door fills."""
    lines = ["pipeline: conformance", "streams:"]
    for i in range(len(all_cases)):
        for way in ("file", "door"):
            lines.append(f'  {way}_{i}: {{schema: {{none: "string?"}}, unknown_fields: keep}}')
    lines.append("sources:")
    for i, case in enumerate(all_cases):
        encoding = ", encoding: latin-1" if case.latin1 else ""
        lines.append(f"  source_{i}: {{type: file, path: {i}.csv, format: csv{encoding}, into: file_{i}}}")
    return "\n".join(lines) + "\n"


def rows_of(server, stream):
    status, answer = server.ask("GET", f"/streams/{stream}/records?limit=1000")
    assert status == 200, answer
    return [record["value"] for record in json.loads(answer)["records"]]


def check_case(server, i, case):
    kind = "text/csv; charset=iso-8859-1" if case.latin1 else "text/csv"
    status, reply = server.ask("POST", f"/streams/door_{i}", case.text, kind)
    counts = json.loads(reply)
    wrong = []
    wanted = 200 if not case.refused else 207 if case.rows else 422
    if (status, counts.get("accepted"), counts.get("rejected")) != (wanted, len(case.rows), case.refused):
        wrong.append(f"{case.name}: the door says {status} {reply[:200]!r}")
    for way in ("file", "door"):
        found = rows_of(server, f"{way}_{i}")
        if found != case.rows:
            wrong.append(f"{case.name}: by way of the {way} {found!r}, expected {case.rows!r}")
    return wrong


def main():
    all_cases = cases()
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for i, case in enumerate(all_cases):
            (folder / f"{i}.csv").write_bytes(case.text)
        text = pipeline(all_cases)
        (folder / "pipeline.yaml").write_text(text, encoding="utf-8")
        subprocess.run([program.PROGRAM, "run", folder, "--once"], check=True, stdout=subprocess.DEVNULL, timeout=program.SECONDS_MAX)
        with program.Server(folder, text) as server:
            for i, case in enumerate(all_cases):
                wrong += check_case(server, i, case)
    print("\n".join(wrong))
    print(f"{len(all_cases)} cases, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
