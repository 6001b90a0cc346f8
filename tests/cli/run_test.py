#!/usr/bin/env python3
"""`run` from outside: sources read once, changed definitions, signals, taken ports; and what `log verify` says of damage."""
import json
import re
import signal
import socket
import sys
import unittest

from commands import CommandTest, DONE, FAILED, NO, PIPELINE, run, Server, wait_until, WRONG


class Run(CommandTest):
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

    def test_where_the_file_leaves_the_port_to_the_system_commands_say_how_to_name_it(self):
        self.pipeline(PIPELINE + "server: {listen: 127.0.0.1:0}\n")
        self.check(run("sql", "SELECT 40 + 2", self.folder), DONE, r"\n42\n$")
        told = r"server\.listen ends in :0(.|\n)*--port"
        for words in (["tail", "sales"], ["top", "--count", "1"]):
            done = run(*words, self.folder)
            self.check(done, FAILED, r"^$", told)
            self.assertNotIn("server running", done.stderr, "a server that runs is as far away without its port")
        with Server(self.folder) as server:
            for words in (["sql", "SELECT 40 + 2"], ["tail", "sales"], ["rebuild", "by_product"]):
                with self.subTest(words=words):
                    self.check(run(*words, self.folder), FAILED, r"^$", told)
            self.check(run("sql", "SELECT 40 + 2", self.folder, "--port", server.port), DONE, r"\n42\n$")

    def test_an_address_beyond_loopback_wants_to_be_told_that_it_is_open(self):
        self.pipeline(PIPELINE + "server: {listen: 0.0.0.0:0}\n")
        self.check(run("run", self.folder), WRONG, err=r"auth: none")

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


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
