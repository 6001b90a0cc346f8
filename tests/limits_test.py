#!/usr/bin/env python3
"""Every limit of the sources is in the table that `tailrace limits` prints, with the value that the sources have, and docs/limits.md is that table."""
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[1]))
PROGRAM = os.environ.get("TAILRACE", str(SOURCE / "build" / "tailrace"))
SECONDS_MAX = 60

# What a limit is called: kThingMax, kThingTimeoutMs, thing_bytes_max, thing_timeout, with its value behind it.
DECLARATION = re.compile(r"\b(k[A-Z]\w*?(?:Max|Timeout|TimeoutMs)|[a-z]\w*_(?:max|timeout|timeout_max))\b\s*(?:=|\{|\n\s*=)\s*([^;]*);")
# A declaration begins with a type, or with what may stand before one.
TYPED = re.compile(r"(?:constexpr|size_t|int64_t|int32_t|uint32_t|int|double|milliseconds|seconds|hours|auto)\s+$")

# Not limits of what the program takes or holds, each with the reason.
NOT_LIMITS = {
    "kSeedMax": "the range of a seed",
    "kTileWidthMax": "a page has so many columns",
    "kTileHeightMax": "a bound of what may be written as a height",
    "kChoiceColumnsMax": "the form of choices: a value, and what it is called",
    "kDoublingsMax": "arithmetic: a pause is at most kPauseMax before",
    "groups_max": "of one tile: what the others leave of tile_groups_max",
    "kBehindMax": "how far random rows may be behind before they are not caught up",
    "connect_tries_max": "without end but in `run --once`, where it is kConnectTriesOnce",
    "kPauseMsMax": "a bound of what may be written as a pause",
    "kAdditionsMax": "arithmetic: how often a sum can be added to before its carry must be spread",
    "kDigitsMax": "arithmetic: digits of an intermediate, or of a literal",
    "kScaleMax": "arithmetic",
    "kYearMax": "a format: dates end there",
    "kSecondsMax": "a format: the dates of a token end there",
    "kVarintBytesMax": "a format: the longest varint",
    "kPlainRecordsMax": "from here on compressed",
    "kSlotsByDoublingMax": "how a table grows, not how far",
    "kLogKeysMax": "idempotency_keys_total_max, in bytes",
    "kHeaderOverheadMax": "a format: bytes around a header",
    "kExactIntegersMax": "arithmetic: 2^53",
    "kExactMax": "arithmetic: 2^53",
    "kStatusMax": "a format: HTTP's statuses end there",
    "kPathParamsMax": "of our own route patterns, not of requests",
    "kPortMax": "a format",
    "kOffsetMax": "a format: 64 bits",
    "kFoundBytesMax": "how much of a value a message shows",
    "kShownBytesMax": "how much of a value a message shows",
    "kShownValueBytesMax": "how much of a value `log inspect` shows",
    "kShownRowsMax": "how many rows a failed test shows",
    "kExcerptCharactersMax": "how much of a line a message shows",
    "kQuotedBytesMax": "how much of a value a message shows",
    "kMessageBytesMax": "how long a message gets",
    "kEverySecondsMax": "how seldom `top` looks",
    "kWordsMax": "words of values from outside that messages are searched for",
    "kKindMax": "a format: the last kind of origin",
    "kUnitMax": "a format: the last unit of a place",
    "places_max": "rows of one chunk of DuckDB's",
    "kFaultsToldMax": "how many faults `load` shows",
    "kFaultsMax": "how many faults a load is told of at a time",
    "kCandidatesMax": "names looked at for `did you mean`",
    "kListedMax": "names listed by `did you mean`",
    "kScannedMembersMax": "when an object gets an index: no bound",
    "kKeepBytesMax": "memory kept for later use, within kept_bytes_max",
    "seconds_max": "kDurationMax in seconds",
    "kDurationMax": "a bound of what may be written as a duration",
    "kManifestBytesMax": "a manifest of a backup, of our own making",
    "kFaultsNamedMax": "damaged files that `restore` names",
    "kEmptyBatchOffsetsMax": "a format: 32 bits",
    "kLineWidthMax": "how wide `audit` prints",
    "kMembersMax": "members of a dead letter, of our own making",
    "sockets_max": "what open files leave of connections_max",
    "kDocumentCacheMax": "a share of server.memory, shown with it",
    "kBodiesMax": "a share of server.memory, shown with it",
    "kAnswersMax": "a share of server.memory, shown with it",
    "kLogInFlightMax": "a share of server.memory, shown with it",
    "kSqliteMax": "a share of server.memory, shown with it",
    "kBatchMax": "a share of server.memory, shown with it",
    "kMemoryMax": "a bound of the setting server.memory",
    "kBlockBytesMax": "size of an allocation: no bound",
    "row_bytes_max": "an argument; its default is in the table",
    "kBusyTriesMax": "patience of `load` with a busy server",
    "kNameBytesMax": "names longer than this get no `did you mean`",
    "kHostBytesMax": "a format: host names end there",
    "count_max": "an argument: 0 is no limit",
    "kRecoveryDepthMax": "how far a mistake in the file is looked into",
    "kRecoveryPiecesMax": "how far a mistake in the file is looked into",
    "batches_max": "an argument",
    "kDepthMax": "folders below a partition, of our own making",
    "kAliasDepthMax": "an alias that means itself: DuckDB's binder refuses it behind this",
    "kKeptMax": "memory kept for later use",
    "memory_bytes_max": "a share of server.memory, shown with it",
    "projection_bytes_max": "a share of server.memory, shown with it",
    "cache_bytes_max": "a share of server.memory, shown with it",
    "temp_bytes_max": "a share of the disk, set where the warehouse is opened",
    "file_bytes_max": "0: no limit but the disk's",
    "bytes_max": "an argument, or the retention of a stream",
    "rows_max": "an argument",
    "records_max": "an argument",
    "kOpenRunsMax": "no bound: SQLite takes no larger one",
    "after_max": "a setting of a job's retry; bounded as its other durations",
    "kAnswerShownMax": "how much of an answer a message shows",
    "kMoveMax": "arithmetic: farther than the first year is from the last",
    "kOffsetSecondsMax": "arithmetic: farther than a zone was ever from UTC",
}
# Of folders whose limits hold for the program's own tests or its own commands' output.
EXEMPT_FOLDERS = ("testing/", "app/scenario/")


def value_of(expression):
    """The number that an initialiser of the sources stands for, durations in milliseconds."""
    text = re.sub(r"//.*", "", expression).replace("'", "").strip()
    text = text.removeprefix("{").removesuffix("}") if text.startswith("{") else text
    text = re.sub(r"\b(?:size_t|int64_t|uint64_t|int32_t)[{(]([^})]*)[})]", r"(\1)", text)
    text = re.sub(r"(?:std::chrono::)?(hours|minutes|seconds|milliseconds)[({]([^)}]*)[)}]",
                  lambda found: f"({found[2]}) * {dict(hours=3_600_000, minutes=60_000, seconds=1000, milliseconds=1)[found[1]]}", text)
    text = re.sub(r"(?<=[0-9])(?:ULL|UL|U|LL|L)\b", "", text)
    return int(eval(text, {"__builtins__": {}}))


def declared():
    """(file, name, initialiser) of everything in the sources that is called like a limit."""
    for path in sorted((SOURCE / "src").rglob("*")):
        name = path.relative_to(SOURCE / "src").as_posix()
        if path.suffix not in (".h", ".cc") or name.endswith("_test.cc") or any(folder in name for folder in EXEMPT_FOLDERS):
            continue
        text = path.read_text()
        for found in DECLARATION.finditer(text):
            if TYPED.search(text[:found.start()]):
                yield name, found[1], found[2]


def run(*words):
    done = subprocess.run([PROGRAM, *map(str, words)], text=True, capture_output=True, timeout=SECONDS_MAX)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Limits(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        file = pathlib.Path(scratch.name) / "pipeline.yaml"
        file.write_text("pipeline: p\nstreams: {s: {schema: {a: int}}}\nserver: {memory: 64GiB}\n")
        cls.rows = {row["code"]: row for row in json.loads(run("limits", file, "--json"))["limits"]}
        cls.rows = {code.split(":")[0] + ":" + code.split(":")[1].split(".")[-1]: row for code, row in cls.rows.items()}

    def test_everything_called_like_a_limit_is_in_the_table_or_known_to_be_none(self):
        missing = sorted({f"{file}:{name}" for file, name, _ in declared()
                          if f"{file}:{name}" not in self.rows and name not in NOT_LIMITS})
        self.assertEqual(missing, [], "add these to src/app/limits.cc (or to NOT_LIMITS above, with the reason)")

    def test_the_search_finds_limits(self):
        found = {f"{file}:{name}" for file, name, _ in declared()}
        for known in ("server/options.h:body_bytes_max", "server/options.h:query_timeout", "model/json_tokens.h:kJsonDepthMax",
                      "log/options.h:idempotency_age_max", "sqlite/sqlite.cc:kBusyTimeoutMs"):
            self.assertIn(known, found)

    def test_each_value_is_the_one_of_the_sources(self):
        for code, row in self.rows.items():
            file, name = code.split(":")
            text = (SOURCE / "src" / file).read_text()
            found = re.search(rf"\b{name}\b\s*(?:=|(?={{))\s*([^;]*);", text)
            self.assertIsNotNone(found, f"{code} is not there any more")
            if row["setting"] in ("bodies_max", "answers_max", "log_in_flight_max", "batch_max"):
                continue  # a share of the memory
            self.assertEqual(row["value"], value_of(found[1]), code)

    def test_the_manual_holds_the_table(self):
        manual = (SOURCE / "docs" / "limits.md").read_text()
        begin, end = "<!-- limits -->\n", "<!-- end of limits -->"
        written = manual[manual.index(begin) + len(begin):manual.index(end)]
        table = run("limits", "--markdown")
        if os.environ.get("TAILRACE_UPDATE"):
            (SOURCE / "docs" / "limits.md").write_text(manual[:manual.index(begin) + len(begin)] + table + manual[manual.index(end):])
            written = table
        self.assertEqual(written, table, "write it anew with TAILRACE_UPDATE=1")


class Settings(unittest.TestCase):
    def test_what_the_file_says_is_what_counts(self):
        with tempfile.TemporaryDirectory() as scratch:
            (pathlib.Path(scratch) / "pipeline.yaml").write_text("""pipeline: p
streams: {s: {schema: {a: int}}}
server:
  memory: 300MiB
  limits: {body_max: 1KiB, records_per_request_max: 5, query_rows_max: 2, header_max: 2KiB}
""")
            process = subprocess.Popen([PROGRAM, "run", scratch, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            try:
                port = next(int(found[1]) for line in process.stdout if (found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)))

                def ask(method, path, body=None, headers=None):
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS_MAX)
                    connection.request(method, path, body, headers or {})
                    answer = connection.getresponse()
                    text = answer.read().decode()
                    connection.close()
                    return answer.status, text

                lines = {"Content-Type": "application/x-ndjson"}
                self.assertEqual(ask("POST", "/streams/s", '{"a":1}\n' * 5, lines)[0], 200)
                self.assertEqual(ask("POST", "/streams/s", '{"a":1}\n' * 6, lines)[0], 413)
                self.assertEqual(ask("POST", "/streams/s", '{"a":1}' + " " * 1024)[0], 413)
                self.assertEqual(ask("GET", "/healthz", headers={"X-Long": "x" * 3000})[0], 431)
                status, text = ask("GET", "/sql?q=SELECT%20*%20FROM%20range(10)")
                self.assertEqual((status, len(json.loads(text)["rows"]), json.loads(text)["truncated"]), (200, 2, True))
            finally:
                process.terminate()
                process.wait(SECONDS_MAX)
                process.stdout.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
