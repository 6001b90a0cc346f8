#!/usr/bin/env python3
"""`audit` and `trace`, on the command line and over HTTP: who brought each record, where it is, and that all are counted."""
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "security"))
from server import Served  # noqa: E402

PIPELINE = """pipeline: shop
streams:
  sales: {key: id, schema: {id: string, product: string, quantity: string, at: date?}}
  notes: {schema: {text: string}, partitions: 2}
sources:
  file: {type: file, path: "rows*.csv", format: csv, into: sales}
  till: {type: http, route: POST /till, into: sales}
tables:
  sizes: {sql: "SELECT product, sum(CAST(quantity AS INTEGER)) AS n FROM sales WHERE product <> 'pen' GROUP BY product"}
collections:
  orders: {sql: "SELECT id AS key, json_object('product', product) AS document FROM sales", merge: attributes}
"""

# Line 4 has no date, line 5 a quantity that a table cannot take.
ROWS = "id,product,quantity,at\na,cup,1,2024-01-01\nb,pen,2,\nc,cup,3,yesterday\nd,cup,many,\n"


def origins(audit, stream="sales"):
    found = next(one for one in audit["streams"] if one["stream"] == stream)
    return {one["name"]: (one["accepted"], one["refused"], one["duplicates"]) for one in found["origins"]}


def made(trace, name):
    return next(m for m in trace["materializations"] if m["name"] == name)


class AuditAndTrace(unittest.TestCase):
    def served(self, server="", start=True):
        served = Served(pipeline=PIPELINE, server=server, files={"rows1.csv": ROWS}, start=start)
        self.addCleanup(served.scratch.cleanup)
        self.addCleanup(served.stop)
        return served

    def caught_up(self, served, records):
        def settled():
            audit = served.get("/audit").json()
            return audit["streams"][0]["appended"] == records and all(m["in_flight"] == 0 for m in audit["materializations"])
        served.until(settled, "all is read and made")
        return served.get("/audit").json()

    def run_ok(self, served, *words, status=0):
        port = ["--port", str(served.port)] if served.process else []
        done = served.run(*words, *port)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done

    def test_a_record_of_a_file_tells_its_line_its_place_in_the_log_and_all_that_is_made_of_it(self):
        served = self.served()
        self.caught_up(served, 3)
        trace = served.get("/trace/sales/0/0").json()
        self.assertEqual((trace["stream"], trace["partition"], trace["offset"], trace["key"]), ("sales", 0, 0, "a"))
        self.assertEqual({**trace["from"], "item": pathlib.Path(trace["from"]["item"]).name},
                         {"kind": "source", "name": "file", "item": "rows1.csv", "line": 2})
        self.assertEqual((trace["file"], trace["byte"]), ("log/sales/0/00000000000000000000.log", 0))
        self.assertRegex(trace["received"], r"^20\d\d-.*Z$")
        self.assertEqual(json.loads(trace["record"])["product"], "cup")
        for name, fate in (("sales", "emitted"), ("sizes", "emitted"), ("orders", "emitted")):
            self.assertEqual(made(trace, name)["fate"], fate)
            self.assertGreaterEqual(made(trace, name)["commit"]["number"], 1)
            self.assertRegex(made(trace, name)["commit"]["time"], r"^20\d\d-.*Z$")
        self.assertEqual(made(trace, "orders")["keys"], ["a"])
        self.assertEqual(made(served.get("/trace/sales/0/1").json(), "sizes")["fate"], "filtered")
        # The refused line 4 is no record: the next one is line 5.
        bad = served.get("/trace/sales/0/2").json()
        self.assertEqual(bad["from"]["line"], 5)
        self.assertEqual(made(bad, "sizes")["fate"], "dead_lettered")
        self.assertIn("many", made(bad, "sizes")["reason"])
        self.assertEqual([entry["what"] for entry in made(bad, "sizes")["letters"]], ["letter"])

    def test_a_posted_record_tells_its_door_request_and_place_and_its_refused_neighbour_the_same_request(self):
        served = self.served()
        self.caught_up(served, 3)
        body = "\n".join(json.dumps({"id": key, "product": "cup", "quantity": "1", **more})
                         for key, more in (("x", {}), ("y", {"at": "never"}), ("z", {})))
        reply = served.ask("POST", "/streams/sales", body, headers={"Content-Type": "application/x-ndjson"})
        self.assertEqual(reply.status, 207)
        request = reply.headers["tailrace-request"]
        self.assertEqual(served.get("/trace/sales/0/4").json()["from"],
                         {"kind": "door", "name": "POST /streams/sales", "request": request, "record": 2})
        self.assertEqual(served.post("/till", {"id": "t", "product": "cup", "quantity": "1"}).status, 200)
        till = served.get("/trace/sales/0/5").json()["from"]
        self.assertEqual((till["name"], till["record"]), ("till", 0))
        self.assertNotEqual(till["request"], request)
        same = {"Idempotency-Key": "once"}
        for _ in range(2):
            self.assertEqual(served.post("/till", {"id": "u", "product": "cup", "quantity": "1"}, headers=same).status, 200)
        audit = self.caught_up(served, 7)
        self.assertEqual(origins(audit), {"file": (3, 1, 0), "POST /streams/sales": (2, 1, 0), "till": (2, 0, 1)})
        self.assertEqual(origins(audit, "notes"), {})
        self.assertTrue(audit["holds"])
        recount = served.get("/audit?recount=true").json()
        self.assertTrue(recount["holds"], recount.get("difference"))
        self.assertEqual([one["recount"] for one in recount["streams"][0]["origins"]], [2, 3, 2])
        # A restart knows it from the log's own files; what came twice is counted since the start.
        served.stop()
        served.lines.clear()
        served.start()
        self.assertEqual(origins(served.get("/audit").json()), {"file": (3, 1, 0), "POST /streams/sales": (2, 1, 0), "till": (2, 0, 0)})

    def test_a_record_put_right_and_sent_again_tells_its_letter_and_its_line(self):
        served = self.served()
        self.caught_up(served, 3)
        fix = served.folder / "fix.sql"
        fix.write_text("SELECT letter, json_merge_patch(record, json_object('at', NULL, 'quantity', '4')) AS record FROM dead_letters")
        self.run_ok(served, "dlq", "redrive", "sales", "--with", str(fix))
        audit = self.caught_up(served, 4)
        self.assertEqual(origins(audit), {"file": (3, 1, 0), "dlq": (1, 0, 0)})
        trace = served.get("/trace/sales/0/3").json()
        self.assertEqual(trace["from"]["name"], "dlq")
        again = trace["sent_again"]
        self.assertEqual(again["entry"], trace["from"]["entry"])
        self.assertEqual((again["source"], pathlib.Path(again["item"]).name, again["line"]), ("file", "rows1.csv", 4))
        self.assertIn("yesterday", again["reason"])
        self.assertEqual(made(trace, "sizes")["fate"], "emitted")
        # What the table had refused is its own alone: the record in the log is as it was.
        sizes = made(served.get("/trace/sales/0/2").json(), "sizes")
        self.assertEqual((sizes["fate"], [entry["what"] for entry in sizes["letters"]]), ("emitted", ["letter", "sent again"]))
        self.assertNotIn("reason", sizes)
        self.assertTrue(served.get("/audit?recount=true").json()["holds"])

    def test_what_is_not_there_is_named_with_what_there_is(self):
        served = self.served()
        self.caught_up(served, 3)
        for path, status, said in (("/trace/slaes/0/0", 404, "did you mean sales"), ("/trace/sales/7/0", 404, "partition 0 alone"),
                                   ("/trace/notes/2/0", 404, "0 to 1"), ("/trace/sales/0/99", 404, "the offsets 0 to 2"),
                                   ("/trace/notes/0/0", 404, "holds no record"), ("/trace/sales/x/0", 400, "numbers"),
                                   ("/trace/sales/0/-1", 400, "numbers"), ("/trace/sales/0/99999999999999999999", 400, "numbers"),
                                   ("/audit?recount=maybe", 400, "true or false"), ("/audit?recuont=true", 400, "recuont")):
            reply = served.get(path)
            self.assertEqual(reply.status, status, path)
            self.assertIn(said, reply.json()["error"]["message"] + str(reply.json()["error"].get("details")), path)
        self.assertEqual(served.post("/audit", {}).status, 405)
        self.assertEqual(served.post("/trace/sales/0/0", {}).status, 405)

    def test_a_key_sees_its_own_streams_and_its_name_stays_with_what_it_sent(self):
        served = self.served(server="  auth: keys\n", start=False)
        ingest = served.key("--role", "ingest", "--stream", "notes", "--name", "till 4")
        notes = served.key("--role", "read", "--stream", "notes")
        reader = served.key("--role", "read")
        served.start()
        self.assertEqual(served.post("/streams/notes", {"text": "hello"}, key=ingest).status, 200)
        places = [served.get("/trace/notes/%d/0" % partition, key=notes) for partition in range(2)]
        found = next(place.json() for place in places if place.status == 200)
        self.assertRegex(found["from"]["client"], r"^till 4 \(\w+\)$")
        self.assertEqual(found["from"]["name"], "POST /streams/notes")
        for target in ("/trace/sales/0/0", "/trace/nothing/0/0"):
            self.assertEqual(served.get(target, key=notes).status, 403, target)
        for target in ("/trace/notes/0/0", "/audit"):
            self.assertEqual(served.get(target).status, 401, target)
            self.assertEqual(served.get(target, key=ingest).status, 403, target)
        self.assertEqual([one["stream"] for one in served.get("/audit", key=notes).json()["streams"]], ["notes"])
        self.assertEqual(len(served.get("/audit", key=reader).json()["streams"]), 2)

    def test_both_commands_say_the_same_with_a_server_and_without(self):
        served = self.served()
        self.caught_up(served, 3)
        answers = []
        for running in (True, False):
            if not running:
                served.stop()
            audit = self.run_ok(served, "audit")
            self.assertRegex(audit.stdout, r"brought by +stream +accepted +refused +again\nfile +sales +3 +1 +0\n")
            self.assertRegex(audit.stdout, r"\nsizes +table +sales +3 +1 +1 +1 +0 .*yes\n")
            self.assertIn("holds:", audit.stdout)
            self.assertIn("counted again from the log", self.run_ok(served, "audit", "--recount").stdout)
            shown = json.loads(self.run_ok(served, "audit", "--recount", "--json").stdout)
            self.assertTrue(shown["holds"])
            self.assertEqual(shown["streams"][0]["origins"], [{"name": "file", "accepted": 3, "refused": 1, "duplicates": 0, "recount": 3}])
            traced = self.run_ok(served, "trace", "sales/0:2").stdout
            self.assertRegex(traced, r"^sales/0:2  seq \d+, received 20\d\d-\S+Z\nfrom source file, \S*rows1\.csv, line 5\n"
                                     r"in log/sales/0/0+\.log at byte 0\n")
            self.assertRegex(traced, r"\nsizes +table +dead_lettered +\d+ +20\S+Z +.*many")
            self.assertRegex(traced, r"\nsizes: letter 1 at 20\S+Z\n$")
            self.assertRegex(traced, r"\norders +collection +emitted +\d+ +20\S+Z +d\n")
            answers.append(json.loads(self.run_ok(served, "trace", "sales/0:2", "--json").stdout))
            for record, said in (("slaes/0:0", "there is no stream"), ("sales/0:9", "the offsets 0 to 2"), ("sales", "sales/0:812")):
                self.assertIn(said, self.run_ok(served, "trace", record, status=2).stderr, record)
        self.assertEqual(answers[0], answers[1])

    def test_log_inspect_shows_from_whom_records_came(self):
        served = self.served()
        self.caught_up(served, 3)
        served.stop()
        inspected = self.run_ok(served, "log", "inspect", "--stream", "sales", "--records")
        self.assertRegex(inspected.stdout, r"from here on: source file, \S+rows1\.csv, line 2\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
