#!/usr/bin/env python3
"""The lake's disk is full: the lake stands still and says why, records are taken and answered on, and with space again it goes on without a gap.

The lake is a disk of its own: a tmpfs in a mount namespace that ends with the server.
"""
import base64
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import deltalake

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lake_files import read_raw  # noqa: E402
from program import SOURCE  # noqa: E402

sys.path.insert(0, str(SOURCE / "tests" / "harness"))
from server import Server  # noqa: E402

PATIENCE_SECONDS = 180
BATCH = 100
FILLING_BATCHES = 40  # some 1.7 MB, four times what the disk holds
PIPELINE = """
pipeline: shop
server: {listen: 127.0.0.1:0}
streams:
  orders: {schema: {id: int, text: string}}
tables:
  lines: {sql: "SELECT id, text FROM orders"}
lake:
  streams: {orders: {raw: jsonl.zst, roll_size: 64KiB, roll_after: 1s}}
  tables: {lines: {format: delta, commit_after: 1s}}
"""


def post(server, chance, batch):
    # Text that does not pack.
    lines = "".join(json.dumps({"id": i, "text": base64.b64encode(chance.randbytes(300)).decode()}) + "\n" for i in range(batch * BATCH, (batch + 1) * BATCH))
    status, body = server.post("/streams/orders", lines, {"Content-Type": "application/x-ndjson"})
    assert status == 200 and body["accepted"] == BATCH, f"{status} {body}"


def trouble(server):
    status, text = server.get("/metrics")
    assert status == 200
    text = text.decode() if isinstance(text, bytes) else text
    return {part: f'tailrace_lake_trouble{{part="{part}"}} 1' in text for part in ("raw", "lines")}


def until(is_so, otherwise):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, otherwise()


def main():
    chance = random.Random(5)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch, "shop")
        lake = folder / ".tailrace" / "lake"
        lake.mkdir(parents=True)
        (folder / "pipeline.yaml").write_text(PIPELINE)
        as_root = [] if os.geteuid() == 0 else ["-r"]
        server = Server(folder, wrapper=["unshare", *as_root, "-m", "sh", "-c", f'mount -t tmpfs -o size=400k tmpfs "{lake}" && exec "$0" "$@"']).wait_listening()
        inside = ["nsenter", "-t", str(server.process.pid), *(["-U", "--preserve-credentials"] if as_root else []), "-m"]
        try:
            for batch in range(FILLING_BATCHES):
                post(server, chance, batch)
            batch = FILLING_BATCHES
            until(lambda: all(trouble(server).values()), lambda: f"{trouble(server)}: a full disk troubles not everybody\n{server.output[-3000:]}")
            # Taken and answered on.
            for _ in range(5):
                post(server, chance, batch)
                batch += 1
            status, body = server.get("/sql", q="SELECT count(*), max(id) FROM lines", wait_for=f"orders/0:{batch * BATCH}", timeout="60s")
            assert status == 200 and [int(value) for value in body["rows"][0]] == [batch * BATCH, batch * BATCH - 1], body
            assert server.get("/healthz")[0] == 200
            told = [line for line in server.output.splitlines() if "part_waits" in line]
            assert any("o space" in line or "is full" in line for line in told), server.output[-3000:]
            subprocess.run([*inside, "mount", "-o", "remount,size=64m", str(lake)], check=True)
            until(lambda: not any(trouble(server).values()), lambda: f"{trouble(server)}: it does not go on\n{server.output[-3000:]}")

            def held():
                status, audit = server.get("/audit")
                assert status == 200, audit
                (kept,) = [m for m in audit["materializations"] if m["kind"] == "lake"]
                return kept["read"]

            until(lambda: held() == batch * BATCH, lambda: f"the lake holds {held()} of {batch * BATCH}")
            seen = pathlib.Path(f"/proc/{server.process.pid}/root", *folder.parts[1:], ".tailrace")
            raw = read_raw(seen, "orders")[0]
            assert [line["record"]["id"] for line in raw] == list(range(batch * BATCH))

            def rows():
                # A copy, as delta-rs does not follow /proc: first the log, then the files that it names.
                copy, table = pathlib.Path(scratch, "copy"), seen / "lake" / "tables" / "lines"
                shutil.rmtree(copy, ignore_errors=True)
                if not list(table.glob("_delta_log/*.json")):
                    return []
                shutil.copytree(table / "_delta_log", copy / "_delta_log", ignore=shutil.ignore_patterns("*.tmp"))
                for path in table.glob("*.parquet"):
                    shutil.copy(path, copy)
                return deltalake.DeltaTable(str(copy)).to_pyarrow_table().column("id").to_pylist()

            until(lambda: sorted(rows()) == list(range(batch * BATCH)), lambda: f"{len(rows())} rows of {batch * BATCH}")
            print(f"{batch} requests, {len(told)} words of trouble")
        finally:
            assert server.stop() == 0, server.output


if __name__ == "__main__":
    main()
