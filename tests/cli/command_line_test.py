#!/usr/bin/env python3
"""The command line from outside: what it prints, where, and what it exits with, for right and for wrong input."""
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

PROGRAM = os.environ.get("TAILRACE", str(pathlib.Path(__file__).resolve().parents[2] / "build" / "tailrace"))
SOURCE = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
DONE, NO, WRONG, FAILED = 0, 1, 2, 3
SECONDS_MAX = 120
POLL_SECONDS = 0.05

PIPELINE = """pipeline: shop
streams:
  sales:
    key: id
    partitions: 2
    schema: {id: string, product: string, quantity: int, price: "decimal(12,2)?"}
sources:
  till: {type: http, route: POST /till, status: 201, reply: echo, into: sales}
  file: {type: file, path: "rows*.csv", format: csv, into: sales}
tables:
  by_product: {sql: "SELECT product, sum(quantity) AS quantity FROM sales GROUP BY product"}
collections:
  orders: {sql: "SELECT id AS key, json_object(product, quantity) AS document FROM sales", merge: attributes}
"""


def run(*words, cwd=None, stdin="", env=None):
    return subprocess.run([PROGRAM, *map(str, words)], cwd=cwd, input=stdin, text=True, errors="replace", capture_output=True,
                          timeout=SECONDS_MAX, env=os.environ | (env or {}))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, ready):
    end = time.monotonic() + SECONDS_MAX
    while not ready():
        if time.monotonic() > end:
            raise AssertionError(f"{what} took more than {SECONDS_MAX} s")
        time.sleep(POLL_SECONDS)


class Server:
    """`tailrace run` on a free port; stopped with SIGTERM at the end of the block."""

    def __init__(self, folder, *options):
        self.folder = folder
        self.options = options

    def __enter__(self):
        self.process = subprocess.Popen([PROGRAM, "run", self.folder, "--port", "0", *self.options], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                break
        else:
            raise AssertionError("no address: " + "".join(lines) + self.process.stderr.read())
        wait_until("getting ready", lambda: self.answers("/readyz"))
        return self

    def answers(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.read()
        except OSError:
            return None

    def post(self, path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body.encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=SECONDS_MAX)
        self.output = output + errors
        return self.process.returncode

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.process.stdout.close()
        self.process.stderr.close()


class CommandLine(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def pipeline(self, text=PIPELINE):
        (self.folder / "pipeline.yaml").write_text(text)
        if not (self.folder / "rows.csv").exists():
            self.rows(0)
        return self.folder

    def rows(self, count, first=0, name="rows.csv"):
        lines = [f"{i},{'mug' if i % 2 else 'pan'},{i},1.50" for i in range(first, first + count)]
        (self.folder / name).write_text("id,product,quantity,price\n" + "".join(line + "\n" for line in lines))
        return self.folder / name

    def check(self, result, code, out=None, err=None):
        text = f"{result.args}\nexit {result.returncode}\n{result.stdout}\n{result.stderr}"
        self.assertEqual(result.returncode, code, text)
        if out is not None:
            self.assertRegex(result.stdout, out, text)
        if err is not None:
            self.assertRegex(result.stderr, err, text)
        return result

    # --- words of the command line ---

    def test_help_names_every_command_and_each_has_an_example(self):
        text = self.check(run("--help"), DONE, r"Usage: tailrace COMMAND").stdout
        commands = re.findall(r"^  ([a-z]+)  ", text[text.index("Commands:"):text.index("Options:")], re.MULTILINE)
        self.assertIn("run", commands)
        for command in commands:
            with self.subTest(command=command):
                help_text = self.check(run(command, "--help"), DONE).stdout
                self.assertIn(f"Usage: tailrace {command}", help_text)
                below = re.findall(r"^  ([a-z]+)  ", help_text[help_text.index("Commands:"):], re.MULTILINE) if "Commands:" in help_text else []
                if not below:
                    self.assertIn("Examples:\n  ", help_text)
                for one in below:
                    self.assertIn("Examples:\n  ", self.check(run(command, one, "--help"), DONE).stdout)

    def test_no_command_is_wrong(self):
        self.check(run(), WRONG, r"^$", r"Usage:")
        self.check(run("log"), WRONG, r"^$", r"verify")

    def test_a_misspelt_command_gets_the_nearest_name(self):
        self.check(run("chekc"), WRONG, r"^$", r"no command chekc \(did you mean check\?\)")
        self.check(run("log", "verfy"), WRONG, r"^$", r"verify")

    def test_unknown_and_incomplete_options_are_wrong(self):
        self.check(run("run", "--onec"), WRONG, r"^$", r"--onec(.|\n)*tailrace run --help")
        self.check(run("load"), WRONG, r"^$", r"FILE")
        self.check(run("load", "x.csv"), WRONG, r"^$", r"--into")
        self.check(run("run", "--port", "70000"), WRONG)
        self.check(run("completion", "tcsh"), WRONG, r"^$", r"bash")

    def test_version(self):
        self.check(run("version"), DONE, r"^tailrace \d+\.\d+\.\d+\n$", r"^$")
        self.assertRegex(json.loads(run("version", "--json").stdout)["version"], r"^\d+\.\d+\.\d+$")

    def test_schema_is_json_schema(self):
        schema = json.loads(self.check(run("schema"), DONE).stdout)
        self.assertIn("2020-12", schema["$schema"])
        self.assertIn("streams", schema["properties"])

    def test_completion_is_a_script_that_bash_takes(self):
        script = self.check(run("completion", "bash"), DONE).stdout
        line = "COMP_WORDS=(tailrace log ''); COMP_CWORD=2; _tailrace; echo ${COMPREPLY[@]}"
        result = subprocess.run(["bash", "-c", script + line], text=True, capture_output=True, timeout=SECONDS_MAX)
        self.assertEqual(result.stdout.split(), ["verify", "repair", "inspect", "--help"], result.stderr)
        for shell in ("zsh", "fish"):
            self.check(run("completion", shell), DONE, r"rebuild")

    # --- the file ---

    def test_init_writes_pipelines_that_pass_their_own_tests(self):
        for template in ("hello", "shop"):
            with self.subTest(template=template):
                self.check(run("init", template, cwd=self.folder), DONE, r"tailrace run")
                self.check(run("check", template, cwd=self.folder), DONE, r"^ok ")
                self.check(run("test", template, cwd=self.folder), DONE, r"\n?\d+ passed, 0 failed\n$")
        self.check(run("init", "hello", cwd=self.folder), WRONG, r"^$", r"is there already")
        self.check(run("init", "shpo", cwd=self.folder), WRONG, r"^$", r"did you mean shop")

    def test_check_finds_all_mistakes_with_their_places(self):
        self.pipeline(PIPELINE.replace("quantity: int", "quantity: itn").replace("FROM sales GROUP", "FROM slaes GROUP"))
        result = self.check(run("check", self.folder), WRONG, r"^$", r"2 mistakes")
        self.assertRegex(result.stderr, r"pipeline\.yaml:6:\d+: .*itn")
        self.assertRegex(result.stderr, r"pipeline\.yaml:11:\d+: .*slaes(.|\n)*did you mean sales")
        mistakes = json.loads(run("check", self.folder, "--json").stdout)
        self.assertEqual([m["line"] for m in mistakes if m["severity"] == "error"], [6, 11])

    def test_check_of_what_is_no_file(self):
        self.check(run("check", self.folder), WRONG, r"^$", r"pipeline\.yaml")
        self.check(run("check", self.folder / "nothing.yaml"), WRONG, r"^$", r"nothing\.yaml")
        (self.folder / "binary.yaml").write_bytes(bytes(range(256)) * 16)
        self.check(run("check", self.folder / "binary.yaml"), WRONG, r"^$", r"binary\.yaml")

    def test_every_command_refuses_a_wrong_file(self):
        self.pipeline(PIPELINE.replace("streams:", "stream:"))
        for words in (["test"], ["run"], ["sql", "SELECT 1"], ["tail", "sales"], ["rebuild", "by_product"], ["log", "verify"]):
            with self.subTest(words=words):
                self.check(run(*words, cwd=self.folder), WRONG, r"^$", r"pipeline\.yaml:\d+:\d+")

    # --- test ---

    def test_failing_tests_are_shown_as_differences(self):
        self.pipeline(PIPELINE + """tests:
  - name: right
    given: {sales: [{id: 1, product: mug, quantity: 2}]}
    expect: {by_product: [{product: mug, quantity: 2}]}
  - name: wrong
    given: {sales: [{id: 1, product: mug, quantity: 2}]}
    requests: [{send: POST /till, body: {id: "2"}, status: 201}]
    expect:
      by_product: [{product: mug, quantity: 3}]
      documents: [{get: orders/1, has: {mug: 7}}, {get: orders/2, has: {}}]
      dead_letters: {sales: []}
""")
        result = self.check(run("test", self.folder), NO, r"1 passed, 1 failed\n$")
        for part in (r"ok +right", r"FAILED wrong \(.*pipeline\.yaml:18\)", r"POST /till: expected status 201, found 422: /product",
                     r'expected \{"product":"mug","quantity":3\}', r'found    \{"product":"mug","quantity":2\}',
                     r"document orders/1:", r"document orders/2: status 404", r"dead letters of sales: expected 0 rows, found 1"):
            self.assertRegex(result.stdout, part)
        self.check(run("test", self.folder, "--only", "right"), DONE, r"1 passed, 0 failed")
        self.check(run("test", self.folder, "--only", "nothing"), WRONG, err=r"no test has")
        verdicts = [json.loads(line) for line in run("test", self.folder, "--json").stdout.splitlines()]
        self.assertEqual([v["passed"] for v in verdicts], [True, False])

    def test_a_refused_given_row_fails_a_test_that_did_not_expect_it(self):
        self.pipeline(PIPELINE + """tests:
  - name: refused
    given: {sales: [{id: 1, product: mug, quantity: 2}, {id: 2, product: mug, quantity: many}]}
    expect: {by_product: [{quantity: 2}]}
""")
        self.check(run("test", self.folder), NO, r"given sales, row 2, was refused: /quantity: expected int")

    def test_crash_after_the_last_commit_is_told(self):
        self.pipeline(PIPELINE + """tests:
  - name: late
    given: {sales: [{id: 1, product: mug, quantity: 2}]}
    crash_after: 1000
    expect: {by_product: [{quantity: 2}]}
""")
        self.check(run("test", self.folder), NO, r"crash_after: 1000 is beyond the last commit")

    def test_tests_leave_the_pipelines_own_data_alone(self):
        self.pipeline(PIPELINE + "tests: [{name: nothing, expect: {by_product: []}}]\n")
        self.check(run("test", self.folder), DONE)
        self.assertFalse((self.folder / ".tailrace").exists())

    # --- run ---

    def test_once_reads_all_and_again_reads_nothing(self):
        self.pipeline()
        self.rows(1000)
        self.check(run("run", self.folder, "--once"), DONE, r"file  1,000 accepted, 0 refused\n")
        self.check(run("run", self.folder, "--once"), DONE, r"file +0 accepted")
        summary = json.loads(self.check(run("run", self.folder, "--once", "--json"), DONE).stdout)
        self.assertEqual(summary["sources"][0]["accepted"], 0)
        self.check(run("sql", "SELECT count(*), sum(quantity) FROM sales", self.folder), DONE, r"\n1000\t499500\n$")

    def test_once_counts_what_it_refuses(self):
        self.pipeline()
        (self.folder / "rows.csv").write_text("id,product,quantity,price\n1,mug,1,1\n2,mug,many,1\n3,mug\n")
        self.check(run("run", self.folder, "--once"), DONE, r"1 accepted, 2 refused")

    def test_once_without_its_file_says_which(self):
        self.pipeline()
        (self.folder / "rows.csv").unlink()
        result = run("run", self.folder, "--once")
        self.assertIn(result.returncode, (WRONG, FAILED), result.stdout + result.stderr)
        self.assertIn("rows*.csv", result.stderr)

    def test_fresh_asks_and_forgets(self):
        self.pipeline()
        rows = self.rows(10)
        self.check(run("run", self.folder, "--once"), DONE, r"10 accepted")
        self.check(run("run", self.folder, "--once", "--fresh"), WRONG, r"^$", r"--yes")
        rows.unlink()
        self.rows(3)
        self.check(run("run", self.folder, "--once", "--fresh", "--yes"), DONE, r"3 accepted")
        self.check(run("sql", "SELECT count(*) FROM sales", self.folder), DONE, r"\n3\n$")

    def test_changed_definitions_are_named_and_rebuilt(self):
        self.pipeline()
        self.rows(10)
        self.check(run("run", self.folder, "--once"), DONE)
        self.pipeline(PIPELINE.replace("sum(quantity) AS quantity", "sum(quantity * 2) AS quantity"))
        self.check(run("run", self.folder, "--once"), WRONG, r"^$", r"tailrace rebuild by_product(.|\n)*--rebuild-changed")
        self.check(run("rebuild", "by_product", self.folder), DONE, r"rebuilt by_product")
        self.check(run("sql", "SELECT sum(quantity) FROM by_product", self.folder), DONE, r"\n90\n$")
        self.pipeline(PIPELINE.replace("json_object(product, quantity)", "json_object('n', quantity)"))
        self.check(run("run", self.folder, "--once", "--rebuild-changed"), DONE, err=r"rebuilt table by_product")
        self.check(run("sql", "SELECT sum(quantity) FROM by_product", self.folder), DONE, r"\n45\n$")
        self.check(run("rebuild", "by_prduct", self.folder), WRONG, r"^$", r"did you mean by_product")

    def test_everything_is_rebuilt_at_once_in_the_folder_and_by_its_server(self):
        self.pipeline()
        self.rows(10)
        self.check(run("run", self.folder, "--once"), DONE)
        made = r"rebuilt sales: 10 rows(.|\n)*rebuilt by_product: 10 rows(.|\n)*rebuilt orders: 10 rows"
        self.check(run("rebuild", "--all", self.folder), DONE, made)
        with Server(self.folder) as server:
            self.check(run("rebuild", "--all", self.folder, "--port", str(server.port)), DONE, made)
        self.check(run("rebuild", "--all", "--diff", "--dry-run", self.folder), DONE, r"(no difference(.|\n)*){3}")
        self.check(run("sql", "SELECT sum(quantity) FROM by_product", self.folder), DONE, r"\n45\n$")
        self.check(run("rebuild", cwd=self.folder), WRONG, r"^$", r"say what to rebuild")
        self.check(run("rebuild", "--all", "by_product", self.folder), WRONG, r"^$", r"leave out by_product")

    def test_signals_stop_the_server_with_0_and_nothing_is_lost(self):
        self.pipeline()
        for number in (signal.SIGTERM, signal.SIGINT):
            with Server(self.folder) as server:
                status, body = server.post("/till", '{"id":"1","product":"mug","quantity":1}')
                self.assertEqual((status, body), (201, '{"id":"1","product":"mug","quantity":1}'))
                self.assertEqual(server.stop(number), 0, server.output)
        self.check(run("sql", "SELECT count(*) FROM sales", self.folder), DONE, r"\n2\n$")

    def test_top_shows_what_comes_in_and_needs_a_server(self):
        self.pipeline()
        self.check(run("top", self.folder, "--count", "1"), FAILED, r"^$", r"tailrace run")
        with Server(self.folder) as server:
            server.post("/till", '{"id":"1","product":"mug","quantity":1}')
            words = ("top", self.folder, "--port", server.port, "--every", "1")
            wait_until("the table", lambda: all(kept["lag"] == 0 for kept in json.loads(server.answers("/status"))["materializations"]))
            self.check(run(*words, "--count", "2"), DONE, r"(?s)sales +1\n.*\n\nshop at .*sales +1 +0\n")
            looks = run(*words, "--count", "2", "--json").stdout.splitlines()
            self.assertEqual([json.loads(look)["streams"][0]["records"] for look in looks], [1, 1])

    def test_a_taken_port_and_held_data_are_told(self):
        self.pipeline()
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            self.check(run("run", self.folder, "--port", port), FAILED, err=str(port))
        with Server(self.folder) as server:
            pid = str(server.process.pid)
            for words in (["run", "--once"], ["rebuild", "by_product"], ["log", "verify"], ["run", "--fresh", "--yes"]):
                with self.subTest(words=words):
                    self.check(run(*words, cwd=self.folder), FAILED, err=f"in use by process {pid}")

    def test_an_address_beyond_loopback_wants_to_be_told_that_it_is_open(self):
        self.pipeline(PIPELINE + "server: {listen: 0.0.0.0:0}\n")
        self.check(run("run", self.folder), WRONG, err=r"auth: none")

    # --- dead letters ---

    def test_dead_letters_are_listed_by_fault_and_shown_with_and_without_a_server(self):
        self.pipeline()
        (self.folder / "rows1.csv").write_text('id,product,quantity,price\n1,mug,1,2.5\n2,mug,six,2.5\n3,mug,seven,1\n4,mug,1,"2,5"\n')
        self.check(run("run", "--once", self.folder), DONE, r"file +1 accepted, 3 refused")
        groups = (r"sales: 3 dead letters\n", r"[0-9a-f]{8}  quantity: expected int, found string\n +schema, 2 records, first 20",
                  r"price: expected decimal\(12,2\), found string")
        for part in groups:
            self.check(run("dlq", "list", self.folder), DONE, part)
        self.check(run("dlq", "show", "sales", self.folder), DONE, r'#0 schema /quantity: expected int, found string "six"\n.*rows1\.csv:3')
        listed = json.loads(run("dlq", "list", "sales", self.folder, "--json").stdout)
        fault = listed[0]["faults"][1]["id"]
        self.check(run("dlq", "show", "sales", self.folder, "--fault", fault), DONE, r"^#2 schema /price", r"^$")
        self.check(run("dlq", "show", "sales", self.folder, "--limit", 1), DONE, r"^#0", r"the first 1: --limit")
        self.check(run("dlq", "show", "sales", self.folder, "--fault", "none"), WRONG, r"^$", r"no dead letters of the fault none")
        self.check(run("dlq", "list", "slaes", self.folder), WRONG, r"^$", r"no stream slaes \(did you mean sales")
        with Server(self.folder) as server:
            port = ["--port", server.port]
            self.assertEqual(server.post("/streams/sales", '[{"id":"8","product":"mug","quantity":1},'
                                                           '{"id":"9","product":"mug","quantity":"\\u001b[31mred"}]')[0], 207)
            shown = run("dlq", "list", self.folder, *port)
            self.check(shown, DONE, r"quantity: expected int, found string\n +schema, 3 records")
            self.assertNotIn("\x1b", shown.stdout)
            letters = json.loads(run("dlq", "show", "sales", self.folder, "--json", *port).stdout)
            self.assertEqual([letter["record"]["id"] for letter in letters[:3]], ["2", "3", "4"])
            self.assertEqual(json.loads(letters[3]["raw"])["id"], "9")

    def test_dead_letters_are_put_right_by_a_select_and_sent_again_once(self):
        self.pipeline()
        (self.folder / "rows1.csv").write_text('id,product,quantity,price\n1,mug,1,2.5\n2,mug,2,"2,5"\n3,mug,seven,"3,5"\n4,mug,4,"4,5"\nshort\n')
        self.check(run("run", "--once", self.folder), DONE, r"file +1 accepted, 4 refused")
        fix = self.folder / "fix.sql"
        fix.write_text("SELECT letter, json_merge_patch(record, json_object('price', replace(record->>'price', ',', '.'))) AS record\n"
                       "FROM dead_letters WHERE stage = 'schema';  -- the decimal comma\n")
        redrive = ["dlq", "redrive", "sales", self.folder, "--with", fix]
        told = r"sales: 4 dead letters, 3 would be sent again, 1 of them would be refused, 1 left as they are\n  #1 /quantity: expected int"
        self.check(run(*redrive, "--dry-run"), NO, told)
        self.check(run("dlq", "list", self.folder), DONE, r"sales: 4 dead letters")
        self.check(run(*redrive), NO, r"sales: 4 dead letters, 3 sent again, 1 of them refused, 1 left")
        self.check(run("sql", "SELECT id, price FROM sales ORDER BY id", self.folder), DONE, r"1\t2\.50\n2\t2\.50\n4\t4\.50\n$")
        self.check(run("sql", "SELECT quantity FROM by_product", self.folder), DONE, r"\n7\n$")
        self.check(run("dlq", "show", "sales", self.folder), DONE, r"quantity: expected int.*\n.*rows1\.csv:4", r"^$")
        fix.write_text("SELECT letter, json_merge_patch(record, json_object('quantity', 3)) AS record FROM dead_letters WHERE stage = 'schema'")
        with Server(self.folder) as server:
            self.check(run(*redrive, "--port", server.port), DONE, r"sales: 2 dead letters, 1 sent again, 1 left")
            self.check(run(*redrive, "--port", server.port), DONE, r"sales: 1 dead letter, 0 sent again, 1 left")
            wait_until("catching up", lambda: "\n10\n" in run("sql", "SELECT quantity FROM by_product", self.folder, "--port", server.port).stdout)
        self.check(run("audit", "--recount", self.folder), DONE)
        for wrong, said in (("SELECT letter FROM dead_letters", "no column `record`"), ("SELECT raw AS record FROM dead_letters", "no column `letter`"),
                            ("SELECT letter, 1 AS record FROM dead_letters", "returns 1 as a record"), ("", "is empty"),
                            ("SELECT 77 AS letter, raw FROM dead_letters", "none of those"), ("SELEC", "syntax error"),
                            ("SELECT letter, content AS record FROM read_text('/etc/hostname')", "read_text"),
                            ("SELECT d.letter, d.raw FROM dead_letters d, range(2)", "more than once")):
            fix.write_text(wrong)
            self.check(run(*redrive), WRONG, r"^$", said)
        self.check(run("dlq", "list", self.folder), DONE, r"sales: 1 dead letter\n")

    def test_what_a_table_refused_is_sent_to_it_alone_and_everything_still_adds_up(self):
        self.pipeline(PIPELINE.replace("collections:", '  sizes: {sql: "SELECT product::INT AS size, count(*) AS n FROM sales GROUP BY ALL"}\ncollections:'))
        (self.folder / "rows1.csv").write_text("id,product,quantity,price\n1,4,1,1\n2,XL,2,1\n3,4,3,1\n4,XXL,4,1\n")
        self.check(run("run", "--once", self.folder), DONE, r"file +4 accepted, 0 refused")
        self.check(run("dlq", "list", self.folder), DONE, r"table sizes, 2 records")
        fix = self.folder / "fix.sql"
        fix.write_text("SELECT letter, json_merge_patch(record, json_object('product', replace(record->>'product', 'XL', '9'))) AS record FROM dead_letters")
        self.check(run("dlq", "redrive", "sales", self.folder, "--with", fix), NO, r"2 dead letters, 2 sent again, 1 of them refused")
        for _ in range(2):
            self.check(run("sql", "SELECT size, n FROM sizes ORDER BY size", self.folder), DONE, r"\n4\t2\n9\t1\n$")
            self.check(run("sql", "SELECT count(*) AS n, sum(quantity) AS q FROM sales", self.folder), DONE, r"\n4\t10\n$")
            self.check(run("dlq", "list", self.folder), DONE, r"sales: 1 dead letter\n")
            self.check(run("audit", "--recount", self.folder), DONE)
            self.check(run("sql", "SELECT stream, state, materialization, \"offset\", record->>'id' AS id, raw->>'product' AS product,"
                           " time < TIMESTAMP '2100-01-01' AS is_time FROM tailrace.dead_letters", self.folder),
                       DONE, r"\nsales\topen\tsizes\t\d\t\tX9\ttrue\n$")
            self.check(run("rebuild", "sizes", self.folder), DONE)

    LIMITED = PIPELINE.replace("key: id", "key: id, max_rejects: 2, on_rejects: pause".replace(", ", "\n    "))

    def test_a_source_with_too_many_dead_letters_ends_with_the_reason_and_goes_on_once_resumed(self):
        self.pipeline(self.LIMITED)
        (self.folder / "rows1.csv").write_text("id,product,quantity,price\n1,mug,1,1\n2,mug,x,1\n3,mug,x,1\n4,mug,x,1\n")
        reason = r"stream sales has 3 open dead letters, more than its max_rejects: 2\n`tailrace dlq resume sales`"
        self.check(run("run", "--once", self.folder), FAILED, r"file +1 accepted, 3 refused", reason)
        (self.folder / "rows2.csv").write_text("id,product,quantity,price\n5,mug,1,1\n")
        self.check(run("run", "--once", self.folder), FAILED, None, reason)
        self.check(run("load", self.folder / "rows2.csv", "--into", "sales", self.folder), FAILED, None, reason)
        self.check(run("dlq", "resume", "nosuch", self.folder), WRONG, r"^$", "no stream nosuch")
        self.check(run("dlq", "resume", "sales", self.folder), DONE, r"sales: goes on\n  it was: stream sales has 3 open")
        self.check(run("dlq", "resume", "sales", self.folder), DONE, r"sales: was in no trouble")
        self.check(run("run", "--once", self.folder), DONE, r"file +1 accepted, 0 refused")
        self.check(run("audit", "--recount", self.folder), DONE)
        self.check(run("dlq", "list", self.folder), DONE, "sales: 3 dead letters")

    def test_a_paused_stream_reads_no_file_and_takes_no_request_until_it_is_let_go_on(self):
        self.pipeline(self.LIMITED.replace("format: csv", "format: csv, watch: true"))
        good = '{"id":"8","product":"mug","quantity":1}'
        with Server(self.folder) as server:
            port = ["--port", server.port]
            (self.folder / "rows1.csv").write_text("id,product,quantity,price\n2,mug,x,1\n3,mug,x,1\n4,mug,x,1\n")
            wait_until("pausing", lambda: server.post("/streams/sales", good)[0] == 503)
            (self.folder / "rows2.csv").write_text("id,product,quantity,price\n5,mug,1,1\n")
            rejects = ["sql", "SELECT letters, over, paused, reason FROM tailrace.rejects", self.folder, *port]
            self.check(run(*rejects), DONE, r"\n3\ttrue\ttrue\tstream sales has 3 open dead letters, more than its max_rejects: 2\n$")
            self.check(run("sql", "SELECT count(*) AS n FROM sales WHERE id = '5'", self.folder, *port), DONE, r"\n0\n$")
            self.check(run("dlq", "resume", "sales", self.folder, *port, "--json"), DONE, r'"paused":true')
            self.assertEqual(server.post("/streams/sales", good)[0], 200)
            self.check(run(*rejects), DONE, r"\n0\tfalse\tfalse\t\n$")
            wait_until("reading", lambda: "\n1\n" in run("sql", "SELECT count(*) AS n FROM sales WHERE id = '5'", self.folder, *port).stdout)

    # --- load ---

    def test_load_without_a_server(self):
        self.pipeline()
        file = self.rows(500, name="more.csv")
        self.check(run("load", file, self.folder, "--into", "sales"), DONE, r"sales  500 accepted, 0 refused")
        self.check(run("load", file, self.folder, "--into", "sales"), DONE, r"sales  0 accepted")
        self.check(run("sql", "SELECT count(*) FROM sales", self.folder), DONE, r"\n500\n$")

    def test_load_through_the_running_server(self):
        self.pipeline()
        file = self.rows(500, name="more.csv")
        (self.folder / "bad.jsonl").write_text('{"id":"x","product":"mug","quantity":1}\n{"id":"y","product":"mug","quantity":"one"}\n')
        with Server(self.folder) as server:
            port = ["--port", server.port]
            self.check(run("load", file, self.folder, "--into", "sales", *port), DONE, r"sales  500 accepted, 0 refused")
            self.check(run("load", self.folder / "bad.jsonl", self.folder, "--into", "sales", *port), NO,
                       r"sales  1 accepted, 1 refused", r"bad\.jsonl:2: /quantity: expected int")
            self.check(run("load", file, self.folder, "--into", "sales", *port), DONE)
            wait_until("catching up", lambda: "\n501\n" in run("sql", "SELECT count(*) FROM sales", self.folder, *port).stdout)

    def test_load_refuses_what_it_cannot_read(self):
        self.pipeline()
        file = self.rows(1, name="more.csv")
        (self.folder / "noname").write_text("x")
        self.check(run("load", file, self.folder, "--into", "slaes"), WRONG, r"^$", r"no stream slaes \(did you mean sales")
        self.check(run("load", self.folder / "none.csv", self.folder, "--into", "sales"), WRONG, r"^$", r"none\.csv")
        self.check(run("load", self.folder, self.folder, "--into", "sales"), WRONG)
        self.check(run("load", self.folder / "noname", self.folder, "--into", "sales"), WRONG, r"^$", r"--format")

    # --- sql and tail ---

    def test_sql_in_each_form(self):
        self.pipeline()
        (self.folder / "rows.csv").write_text('id,product,quantity,price\n1,"mug, blue",2,2.50\n2,pan,3,\n')
        self.check(run("run", self.folder, "--once"), DONE)
        query = "SELECT id, product, price FROM sales ORDER BY id"
        self.check(run("sql", query, self.folder), DONE, r"^id\tproduct\tprice\n1\tmug, blue\t2\.50\n2\tpan\t\n$", r"^$")
        self.assertEqual(run("sql", query, self.folder, "--csv").stdout, 'id,product,price\n1,"mug, blue",2.50\n2,pan,\n')
        self.assertEqual(run("sql", query, self.folder, "--json").stdout,
                         '[{"id":"1","product":"mug, blue","price":2.50},{"id":"2","product":"pan","price":null}]\n')
        self.check(run("sql", cwd=self.folder, stdin=query), DONE, r"^id\tproduct")

    def test_sql_that_is_wrong_or_not_allowed(self):
        self.pipeline()
        for query in ("SELECT nothing FROM sales", "SELEC 1", "DROP TABLE by_product", "SELECT 1; SELECT 2", "FROM read_csv('/etc/passwd')"):
            with self.subTest(query=query):
                self.check(run("sql", query, self.folder), WRONG, r"^$", r"^error: ")
        self.check(run("sql", cwd=self.folder, stdin=" \n"), WRONG, r"^$", r"no query")

    def test_sql_and_tail_through_the_running_server(self):
        self.pipeline()
        with Server(self.folder) as server:
            server.post("/streams/sales", '{"id":"1","product":"mug","quantity":1,"price":9007199254.12}')
            ask = lambda *words: run("sql", *words, self.folder, "--port", server.port)
            wait_until("catching up", lambda: "mug" in ask("FROM by_product").stdout)
            self.check(ask("SELECT price FROM sales"), DONE, r"\n9007199254\.12\n$")
            self.check(ask("SELECT nothing FROM sales"), WRONG, r"^$", r"nothing")
            self.check(run("sql", "SELECT 1", self.folder, "--port", free_port()), FAILED, r"^$", f"in use by process {server.process.pid}")
            tail = subprocess.Popen([PROGRAM, "tail", "sales", self.folder, "--port", str(server.port), "--limit", "2"],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            # The tail begins some moments after its start: post until it has seen enough.
            number = 1
            while tail.poll() is None:
                number += 1
                server.post("/streams/sales", json.dumps({"id": str(number), "product": "pan", "quantity": number}))
                time.sleep(POLL_SECONDS)
            out, err = tail.communicate(timeout=SECONDS_MAX)
            self.assertEqual(tail.returncode, 0, err)
            records = [json.loads(line) for line in out.splitlines()]
            self.assertEqual(len(records), 2, out)
            self.assertEqual(records[1]["quantity"], records[0]["quantity"] + 1)
            self.check(run("tail", "slaes", self.folder, "--port", server.port), WRONG, r"^$", r"sales")

    def test_tail_without_a_server_says_so(self):
        self.pipeline()
        port = free_port()
        self.check(run("tail", "sales", self.folder, "--port", port), FAILED, r"^$", f"127.0.0.1:{port}(.|\n)*tailrace run")

    def test_a_reader_that_leaves_early_does_no_harm(self):
        self.pipeline()
        self.rows(20_000)
        self.check(run("run", self.folder, "--once"), DONE)
        command = f"'{PROGRAM}' sql 'FROM sales' '{self.folder}' | head -1"
        result = subprocess.run(["bash", "-c", command], text=True, capture_output=True, timeout=SECONDS_MAX)
        self.assertTrue(result.stdout.startswith("id\t"), result.stderr)
        self.assertEqual(result.stderr, "")

    # --- log ---

    def test_log_verify_finds_a_changed_byte(self):
        self.pipeline()
        self.check(run("log", "verify", self.folder), WRONG, r"^$", r"nothing has been written")
        self.rows(100)
        self.check(run("run", self.folder, "--once"), DONE)
        self.check(run("log", "verify", self.folder), DONE, r"100 records")
        report = json.loads(run("log", "verify", self.folder, "--json").stdout)
        self.assertEqual((report["sound"], report["records"]), (True, 100))
        self.check(run("log", "inspect", self.folder, "--stream", "sales", "--records"), DONE, r"mug")
        self.check(run("log", "inspect", self.folder, "--stream", "slaes"), WRONG, r"^$", r"did you mean sales")
        self.check(run("log", "inspect", self.folder, "--partition", "0"), WRONG, r"^$", r"--stream")
        segment = sorted((self.folder / ".tailrace" / "log" / "sales").rglob("*.log"))[0]
        data = bytearray(segment.read_bytes())
        data[80] ^= 0xFF
        segment.write_bytes(data)
        self.check(run("log", "verify", self.folder), NO, re.escape(str(segment.name)))

    # --- terminals ---

    def test_a_terminal_gets_colours_and_a_pipe_does_not(self):
        self.pipeline()
        self.assertNotIn("\x1b", run("check", self.folder).stdout)
        self.assertIn("\x1b[32mok\x1b[0m", self.on_terminal("check", self.folder))
        self.assertNotIn("\x1b", self.on_terminal("check", self.folder, env={"NO_COLOR": "1"}))
        self.assertIn("(1 row)", self.on_terminal("sql", "SELECT 1 AS one", self.folder))

    def on_terminal(self, *words, env=None):
        master, slave = pty.openpty()
        process = subprocess.Popen([PROGRAM, *map(str, words)], stdin=slave, stdout=slave, stderr=slave,
                                   env={k: v for k, v in os.environ.items() if k != "NO_COLOR"} | (env or {}))
        os.close(slave)
        text = b""
        end = time.monotonic() + SECONDS_MAX
        while time.monotonic() < end:
            if select.select([master], [], [], 0.2)[0]:
                try:
                    piece = os.read(master, 4096)
                except OSError:
                    break
                if not piece:
                    break
                text += piece
            elif process.poll() is not None:
                break
        os.close(master)
        self.assertEqual(process.wait(timeout=SECONDS_MAX), 0, text)
        return text.decode()


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
