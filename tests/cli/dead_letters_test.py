#!/usr/bin/env python3
"""Dead letters by commands: listed, put right, sent again; and streams that have too many of them."""
import json
import sys
import unittest

from commands import CommandTest, DONE, FAILED, NO, PIPELINE, run, Server, wait_until, WRONG


class DeadLetters(CommandTest):
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


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
