#!/usr/bin/env python3
"""`load`, `sql` and `tail` from outside, with a server and without."""
import json
import pathlib
import subprocess
import sys
import time
import unittest

from commands import CommandTest, DONE, FAILED, NO, POLL_SECONDS, PROGRAM, run, SECONDS_MAX, Server, wait_until, WRONG

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from ports import nobody  # noqa: E402


class Data(CommandTest):
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
            self.check(run("sql", "SELECT 1", self.folder, "--port", nobody(self)), FAILED, r"^$", f"in use by process {server.process.pid}")
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
        port = nobody(self)
        self.check(run("tail", "sales", self.folder, "--port", port), FAILED, r"^$", f"127.0.0.1:{port}(.|\n)*tailrace run")

    def test_a_reader_that_leaves_early_does_no_harm(self):
        self.pipeline()
        self.rows(20_000)
        self.check(run("run", self.folder, "--once"), DONE)
        command = f"'{PROGRAM}' sql 'FROM sales' '{self.folder}' | head -1"
        result = subprocess.run(["bash", "-c", command], text=True, capture_output=True, timeout=SECONDS_MAX)
        self.assertTrue(result.stdout.startswith("id\t"), result.stderr)
        self.assertEqual(result.stderr, "")


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
