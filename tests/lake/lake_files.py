"""The raw floor of the lake, read as anyone may read it: zstd, JSON, SHA-256."""
import hashlib
import json
import pathlib
import subprocess


def lines_of(path):
    text = subprocess.run(["zstd", "-dcq", str(path)], capture_output=True, check=True).stdout
    assert text.endswith(b"\n"), f"{path} does not end with a line"
    return [json.loads(line) for line in text.splitlines()]


def raw_files(data, stream):
    return sorted(pathlib.Path(data, "lake", "raw", stream).rglob("*.jsonl.zst"), key=lambda path: path.name)


def read_raw(data, stream):
    """{partition: [line]} in the order of offsets; every file held against its name, its folder and its manifest."""
    records = {}
    for path in raw_files(data, stream):
        name, partition, first, last = path.name.removesuffix(".jsonl.zst").rsplit("-", 3)
        lines = lines_of(path)
        manifest = {entry["name"]: entry for entry in json.loads((path.parent / "_manifest.json").read_text())["files"]}
        entry = manifest[path.name]
        assert name == stream and [line["offset"] for line in lines] == list(range(int(first), int(last) + 1)), path
        assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest() and entry["records"] == len(lines), path
        hour = "/".join(path.parent.parts[-4:])
        assert all(line["time"][:13].replace("-", "/").replace("T", "/") == hour for line in lines), path
        held = records.setdefault(int(partition), [])
        assert not held or held[-1]["offset"] + 1 == lines[0]["offset"], f"{path} does not follow the one before"
        held += lines
    return records
