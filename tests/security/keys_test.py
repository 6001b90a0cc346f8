#!/usr/bin/env python3
"""Keys as their users have them: made, used, limited, rotated and revoked beside a running server."""
import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from server import Served  # noqa: E402


class KeysTest(unittest.TestCase):
    def test_the_first_key_shuts_the_door_and_its_end_does_not_open_it(self):
        with Served() as served:
            self.assertEqual(served.get("/streams").status, 200)
            key = served.key("--role", "read")
            self.assertRegex(key, re.compile(r"^tr_[0-9a-z]{8}_[0-9A-Za-z]{38}$"))
            served.until(lambda: served.get("/streams").status == 401, "the server knows the key")
            self.assertEqual(served.get("/streams", key=key).status, 200)
            self.assertEqual(served.run("keys", "revoke", key[3:11]).returncode, 0)
            served.until(lambda: served.get("/streams", key=key).status == 401, "the server refuses the revoked key")
            self.assertEqual(served.get("/streams").status, 401)
            self.assertEqual(served.get("/healthz").status, 200)

    def test_a_limited_key_reaches_its_own_and_nothing_else_by_any_door(self):
        with Served(server="  auth: keys\n", start=False) as served:
            ingest = served.key("--role", "ingest", "--stream", "shop.sales")
            notes = served.key("--role", "ingest", "--stream", "notes")
            read = served.key("--role", "read", "--table", "best", "--api", "top")
            everything = served.key("--role", "admin")
            served.start()
            record = {"id": 1, "item": "ink"}
            for target in ("/streams/sales", "/streams/shop.sales", "/door"):
                self.assertEqual(served.post(target, record, key=ingest).status, 200, target)
                for other in (notes, read):
                    self.assertEqual(served.post(target, record, key=other).status, 403, target)
            self.assertEqual(served.get("/streams/sales/records", key=ingest).status, 403)
            wait = "timeout=60s&wait_for=sales/0:3"
            self.assertEqual(served.get("/sql?q=FROM%20best&" + wait, key=everything).json()["rows"], [["ink"]])
            self.assertEqual(served.get("/sql?q=FROM%20best", key=read).json()["rows"], [["ink"]])
            self.assertEqual(served.get("/api/top", key=read).json()["data"], [{"item": "ink", "n": 3}])
            for sql in ("FROM items", "FROM sales", "FROM%20main.sales", "SELECT%20*%20FROM%20best,%20items", "FROM nothing",
                        "WITH x AS (FROM sales) FROM x", "SELECT (SELECT count(*) FROM sales)"):
                self.assertEqual(served.get("/sql?q=" + sql.replace(" ", "%20"), key=read).status, 403, sql)
            for target in ("/streams/sales", "/streams/sales/records", "/streams/sales/tail", "/collections/by_id", "/collections/by_id/1", "/metrics"):
                self.assertEqual(served.get(target, key=read).status, 403, target)
            self.assertEqual(served.get("/status", key=read).json()["streams"], [])
            self.assertNotIn(b"sales", served.get("/openapi.json", key=read).body)

    def test_a_rotation_lets_both_in_and_keeps_the_limits(self):
        with Served(server="  auth: keys\n", start=False) as served:
            old = served.key("--role", "ingest", "--stream", "notes", "--name", "till 4", "--expires", "90d")
            rotated = served.run("keys", "rotate", old[3:11], "--json")
            self.assertEqual(rotated.returncode, 0, rotated.stderr)
            new = json.loads(rotated.stdout)
            self.assertEqual((new["name"], new["roles"], new["only"]), ("till 4", ["ingest"], ["stream:notes"]))
            served.start()
            for key in (old, new["key"]):
                self.assertEqual(served.post("/streams/notes", {"text": "a"}, key=key).status, 200)
                self.assertEqual(served.post("/streams/sales", {"id": 1, "item": "a"}, key=key).status, 403)
            listed = [json.loads(line) for line in served.run("keys", "list", "--json").stdout.splitlines()]
            self.assertEqual([one["replaced_by"] for one in listed], [new["id"], None])
            self.assertNotIn("key", listed[0])

    def test_an_address_beyond_loopback_needs_a_key_that_is_valid(self):
        with Served(listen="0.0.0.0:0", start=False) as served:
            refused = served.run("run")
            self.assertEqual(refused.returncode, 2)
            self.assertIn("keys add", refused.stderr)
            key = served.key("--role", "read")
            self.assertEqual(served.run("keys", "revoke", key[3:11]).returncode, 0)
            self.assertEqual(served.run("run").returncode, 2)
            key = served.key("--role", "read")
            served.start()
            self.assertEqual(served.get("/streams").status, 401)
            self.assertEqual(served.get("/streams", key=key).status, 200)

    def test_a_file_that_lets_everyone_in_asks_nobody(self):
        with Served(server="  auth: none\n", start=False) as served:
            served.key("--role", "read")
            served.start()
            self.assertEqual(served.get("/streams", key="nonsense").status, 200)

    def test_commands_send_the_key_of_their_environment(self):
        with Served(server="  auth: keys\n", start=False) as served:
            key = served.key("--role", "read")
            served.start()
            port = str(served.port)
            asked = served.run("sql", "--port", port, "SELECT 40 + 2", environment={"TAILRACE_KEY": key})
            self.assertEqual((asked.returncode, asked.stdout.splitlines()[-1]), (0, "42"), asked.stderr)
            refused = served.run("sql", "--port", port, "SELECT 40 + 2", environment={"TAILRACE_KEY": ""})
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("TAILRACE_KEY", refused.stderr)
            # A value that would write a header of its own is not sent.
            split = served.run("sql", "--port", port, "SELECT 1", environment={"TAILRACE_KEY": key + "\r\nX-Other: 1"})
            self.assertIn("this needs a key", split.stderr)

    def test_starting_over_keeps_the_keys(self):
        with Served(server="  auth: keys\n", start=False) as served:
            key = served.key("--role", "read")
            fresh = served.run("run", "--fresh", "--yes", "--once")
            self.assertEqual(fresh.returncode, 0, fresh.stderr)
            served.start()
            self.assertEqual(served.get("/streams", key=key).status, 200)

    def test_what_cannot_be_is_refused_with_its_reason(self):
        with Served(start=False) as served:
            for arguments, reason in ((["--role", "reader"], "no role reader"), (["--role", "read", "--table", "itms"], "did you mean items?"),
                                      (["--role", "admin", "--stream", "sales"], "admin cannot be limited"), (["--role", ""], "no role"),
                                      (["--role", "read", "--expires", "soon"], "--expires"), (["--role", "read", "--expires", "0d"], "--expires"),
                                      (["--role", "read", "--name", "a\nb"], "control character")):
                refused = served.run("keys", "add", *arguments)
                self.assertEqual(refused.returncode, 2, arguments)
                self.assertIn(reason, refused.stderr)
                self.assertEqual(refused.stdout, "")
            self.assertEqual(served.run("keys", "revoke", "nothing1").returncode, 2)


if __name__ == "__main__":
    unittest.main()
