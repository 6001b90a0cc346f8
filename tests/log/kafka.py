#!/usr/bin/env python3
"""Reads segments with Kafka's own DumpLogSegments.

  kafka.py WRITER     writes samples with the program WRITER and holds what Kafka reads against what it says it wrote
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

KAFKA_TOOLS = pathlib.Path(os.environ["TAILRACE_SOURCE_DIR"], "tools", "kafka-tools")


def dump(files):
    result = subprocess.run([KAFKA_TOOLS, "dump", *map(str, files)], capture_output=True)
    text = result.stdout.decode()
    assert result.returncode == 0, result.stderr.decode()
    return text


def payloads(text):
    """(offset, value) of each record, by the file that the dump names before them."""
    found = []
    for line in text.splitlines():
        match = re.match(r"\| offset: (\d+) .*? payload: ?(.*)$", line)
        if match:
            found.append((int(match[1]), match[2]))
    return found


def check(writer, compression):
    with tempfile.TemporaryDirectory() as directory:
        written = subprocess.run([writer, directory, compression], check=True, capture_output=True, text=True).stdout
        for partition in ("0", "1"):
            folder = pathlib.Path(directory, "sample", partition)
            segments = sorted(folder.glob("*.log"))
            text = dump(segments)
            lowered = text.lower()
            assert "isvalid: false" not in lowered and "found invalid" not in lowered, text
            batches = lowered.count("isvalid: true")
            expected = [(int(line.split()[1]), bytes.fromhex(line.split()[5][1:]).decode())
                        for line in written.splitlines() if line.split()[0] == partition]
            assert payloads(text) == expected, f"{compression}, partition {partition}: Kafka reads other records"
            assert batches > len(segments)
            index_text = dump(sorted(folder.glob("*.index")) + sorted(folder.glob("*.timeindex")))
            assert "mismatch" not in index_text.lower() and "out of order" not in index_text.lower(), index_text
            print(f"{compression}, partition {partition}: Kafka reads {batches} batches, {len(expected)} records")


def check_damage_is_seen(writer):
    """That the check above can fail."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([writer, directory, "none"], check=True, capture_output=True)
        segment = sorted(pathlib.Path(directory, "sample", "0").glob("*.log"))[0]
        data = bytearray(segment.read_bytes())
        data[70] ^= 1
        segment.write_bytes(data)
        result = subprocess.run([KAFKA_TOOLS, "dump", str(segment)], capture_output=True)
        assert b"isvalid: false" in (result.stdout + result.stderr).lower() or result.returncode != 0, result.stdout


def main(writer):
    for compression in ("none", "lz4", "zstd"):
        check(writer, compression)
    check_damage_is_seen(writer)


if __name__ == "__main__":
    main(sys.argv[1])
