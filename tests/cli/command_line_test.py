#!/usr/bin/env python3
"""The command line from outside: what it prints, where, and what it exits with, for right and for wrong input."""
import json
import os
import pty
import re
import select
import subprocess
import sys
import time
import unittest

from commands import CommandTest, DONE, NO, PIPELINE, PROGRAM, run, SECONDS_MAX, WRONG


class CommandLine(CommandTest):
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
        self.check(run("run", "--onec"), WRONG, r"^$", r"no option --onec \(did you mean --once\?\)\nSee `tailrace run --help`")
        self.check(run("check", "a.yaml", "b.yaml"), WRONG, r"^$", r'nothing is expected at "b\.yaml"')
        self.check(run("load", "x.csv", "--into"), WRONG, r"^$", r"--into needs a value")
        self.check(run("job", "run"), WRONG, r"^$", r"JOB is required")
        self.check(run("top", "--every", "x"), WRONG, r"^$", r"--every: expected a number from 1 to 3600, found x")
        self.check(run("load"), WRONG, r"^$", r"FILE")
        self.check(run("load", "x.csv"), WRONG, r"^$", r"--into")
        for port in ("70000", "-1", "http"):
            self.check(run("run", "--port", port), WRONG, r"^$", rf"--port: expected a number from 0 to 65535, found {port}")
        self.check(run("completion", "tcsh"), WRONG, r"^$", r"expected bash, zsh, fish, found tcsh")

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
        self.check(run("check", self.folder), WRONG, r"^$", rf"no pipeline\.yaml in {self.folder}: .*tailrace init")
        self.check(run("run", cwd=self.folder), WRONG, r"^$", r"no pipeline\.yaml in this folder: .*tailrace init")
        self.check(run("check", self.folder / "nothing.yaml"), WRONG, r"^$", r"nothing\.yaml")
        (self.folder / "binary.yaml").write_bytes(bytes(range(256)) * 16)
        self.check(run("check", self.folder / "binary.yaml"), WRONG, r"^$", r"binary\.yaml")

    def test_every_command_refuses_a_wrong_file(self):
        self.pipeline(PIPELINE.replace("streams:", "stream:"))
        for words in (["test"], ["run"], ["sql", "SELECT 1"], ["tail", "sales"], ["rebuild", "by_product"], ["log", "verify"]):
            with self.subTest(words=words):
                self.check(run(*words, cwd=self.folder), WRONG, r"^$", r"pipeline\.yaml:\d+:\d+")

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
            if not select.select([master], [], [], end - time.monotonic())[0]:
                break
            try:
                text += os.read(master, 4096)
            except OSError:  # whoever wrote there has ended, and all of it has been read
                break
        os.close(master)
        self.assertEqual(process.wait(timeout=SECONDS_MAX), 0, text)
        return text.decode()


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
