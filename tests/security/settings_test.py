#!/usr/bin/env python3
"""Keys, limits and the pipeline file over HTTP: what an administrator may do there, and what a hostile one may not."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from server import PIPELINE, Served  # noqa: E402

SECRET = "hunter2-hunter2"
CHECKED_BYTES_MAX = 1 << 20


def file_with(sql):
    return json.dumps({"pipeline": "a", "streams": {"s": {"schema": {"id": "int"}}}, "views": {"v": {"sql": sql}}})


def doubling(steps):
    """Each CTE reads the one before it twice, so its last stands for 2^steps of the first."""
    ctes = ["a0 AS (SELECT 1 AS x)"] + ["a%d AS (SELECT l.x FROM a%d l, a%d r)" % (i, i - 1, i - 1) for i in range(1, steps + 1)]
    return "WITH %s SELECT * FROM a%d" % (", ".join(ctes), steps)


HOSTILE = {
    "open brackets": "a: " + "[" * 500_000,
    "deep mappings": "".join(" " * i + "a:\n" for i in range(1_000)),
    "a NUL": "pipeline: a\0b\n",
    "no UTF-8": b"\xff\xfe\x00pipeline",
    "nothing": "",
    "aliases of aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join("%s: &%s [%s]\n" % (chr(98 + i), chr(98 + i), ",".join(["*" + chr(97 + i)] * 9)) for i in range(9)),
    "doubling SQL": file_with(doubling(26)),
    "deep SQL": file_with("SELECT " + "(" * 20_000 + "1" + ")" * 20_000),
    "a long sum": file_with("SELECT %s AS n FROM s" % "+".join(["id"] * 60_000)),
    "many views": json.dumps({"pipeline": "a", "streams": {"s": {"schema": {"id": "int"}}},
                              "views": {"v%d" % i: {"sql": "SELECT id, sum(id) OVER () AS n FROM s"} for i in range(1_900)}}),
}


class SettingsTest(unittest.TestCase):
    def test_a_key_that_is_made_here_counts_until_it_is_revoked_here(self):
        with Served(server="  auth: keys\n", start=False) as served:
            admin = served.key("--role", "admin", "--name", "chief")
            served.start()
            made = served.post("/keys", {"name": "till", "roles": ["ingest"], "only": ["stream:shop.sales"], "expires": "1d"}, key=admin)
            self.assertEqual(made.status, 201, made.body)
            self.assertEqual(made.headers["cache-control"], "no-store")
            issued = made.json()
            self.assertEqual(issued["only"], ["stream:sales"])
            served.until(lambda: served.post("/streams/sales", {"id": 1, "item": "tea"}, key=issued["key"]).status == 200, "the key opens")
            self.assertEqual(served.post("/streams/notes", {"text": "x"}, key=issued["key"]).status, 403)
            self.assertEqual(served.get("/keys", key=issued["key"]).status, 403)
            listed = served.get("/keys", key=admin)
            self.assertEqual({key["name"]: key["state"] for key in listed.json()["keys"]}, {"chief": "valid", "till": "valid"})
            self.assertNotIn(issued["key"].encode(), listed.body)
            # The command sees the same keys.
            self.assertIn(issued["id"], served.run("keys", "list", "--json").stdout)
            self.assertEqual(served.ask("DELETE", "/keys/" + issued["id"], key=admin).status, 200)
            served.until(lambda: served.post("/streams/sales", {"id": 1, "item": "tea"}, key=issued["key"]).status == 401, "the key is refused")
            self.assertEqual(served.ask("DELETE", "/keys/no_such", key=admin).status, 404)
            log = served.errors_text()
            self.assertRegex(log, r"event=key_added id=%s .*by=\"?chief" % issued["id"])
            self.assertRegex(log, r"event=key_revoked id=%s by=\"?chief" % issued["id"])
            self.assertNotIn(issued["key"], log)

    def test_orders_that_cannot_be_are_refused_and_make_nothing(self):
        with Served(server="  auth: keys\n", start=False) as served:
            admin = served.key("--role", "admin")
            served.start()
            for order in ({}, {"roles": []}, {"roles": ["king"]}, {"roles": "read"}, {"roles": ["read,admin"], "only": ["stream:sales"]},
                          {"roles": ["admin"], "only": ["stream:sales"]}, {"roles": ["read"], "only": []}, {"roles": ["read"], "only": ["sales"]},
                          {"roles": ["read"], "only": ["job:sales"]}, {"roles": ["read"], "expires": "soon"},
                          {"roles": ["read"], "expires": "0s"}, {"roles": ["read"], "name": "x" * 101}, {"roles": ["read"], "role": "admin"},
                          {"roles": ["read"], "only": "stream:sales"}, {"roles": [1]}, {"roles": ["read"], "aws": "yes"}, [], "x", None):
                self.assertEqual(served.post("/keys", order, key=admin).status, 400, order)
            for nothing in ("stream:nothing", "stream:", "api:sales"):
                self.assertEqual(served.post("/keys", {"roles": ["read"], "only": [nothing]}, key=admin).status, 404, nothing)
            self.assertEqual(served.ask("POST", "/keys", body='{"roles":["read"],"roles":["admin"]}', key=admin).status, 400)
            self.assertEqual(len(served.get("/keys", key=admin).json()["keys"]), 1)

    def test_where_everyone_is_let_in_nobody_lays_a_key_by_for_later(self):
        with Served(server="  auth: none\n") as served:
            self.assertEqual(served.get("/keys").json(), {"door": "none", "keys": []})
            self.assertEqual(served.post("/keys", {"roles": ["admin"]}).status, 409)
            self.assertEqual(served.ask("DELETE", "/keys/abc").status, 409)
            self.assertEqual(served.run("keys", "list", "--json").stdout, "")

    def test_the_first_key_made_here_closes_the_door(self):
        with Served() as served:
            self.assertEqual(served.get("/keys").json()["door"], "open")
            issued = served.post("/keys", {"roles": ["admin"]}).json()
            served.until(lambda: served.get("/keys").status == 401, "the door is closed")
            self.assertEqual(served.get("/keys", key=issued["key"]).json()["door"], "keys")

    def test_pages_of_other_sites_make_no_keys(self):
        with Served() as served:
            for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
                self.assertEqual(served.post("/keys", {"roles": ["admin"]}, headers=headers).status, 403, headers)
                self.assertEqual(served.ask("POST", "/pipeline/check", body="x", headers=headers).status, 403, headers)
            self.assertEqual(served.get("/keys").json()["keys"], [])

    def test_the_file_is_shown_as_it_was_read_without_its_secrets(self):
        notify = "notify:\n  ops: {type: webhook, url: \"https://127.0.0.1:1/%s\"}\n  log: {type: webhook, url: \"${HOOK}\"}\n" % SECRET
        with Served(pipeline=PIPELINE + notify, environment={"HOOK": "https://127.0.0.1:2/" + SECRET}) as served:
            shown = served.get("/pipeline").json()
            self.assertNotIn(SECRET, json.dumps(shown))
            self.assertEqual((shown["hidden"], shown["changed"]), (1, False))
            self.assertIn("url: \"${HOOK}\"", shown["text"])
            self.assertEqual(shown["text"], served.file.read_text().replace("https://127.0.0.1:1/" + SECRET, "…"))
            served.file.write_text(served.file.read_text() + "# later\n")
            self.assertTrue(served.get("/pipeline").json()["changed"])

    def test_a_text_is_checked_with_places_and_nothing_outside_it_is_looked_at(self):
        with Served(environment={"SECRET": SECRET}) as served:
            good = served.ask("POST", "/pipeline/check", body=served.file.read_text())
            self.assertEqual(good.json(), {"ok": True, "faults": []})
            wrong = "pipeline: a\nstreams:\n  s: {schema: {id: in}}\nviews:\n  v: {sql: SELECT x FROM nothing}\n"
            faults = served.ask("POST", "/pipeline/check", body=wrong).json()["faults"]
            self.assertEqual([(fault["severity"], fault["line"], fault["column"]) for fault in faults], [("error", 3, 20), ("error", 5, 26)])
            (served.folder / "secret.txt").write_text(SECRET)
            # Whether a guess is right must not be told: the answer is the same for every value, and where there is none.
            guesses = [served.ask("POST", "/pipeline/check", body="pipeline: a\nstreams: {s: {schema: {id: int}}}\napis:\n  t: {params: {p: \"string = %s min %s\"}, sql: SELECT $p AS p}\n"
                                  % (name, guess)).body for name in ("${SECRET}", "${NONE}", "${file:secret.txt}", "${file:none.txt}") for guess in ("a", "z")]
            self.assertEqual(set(guesses), {guesses[0]})
            self.assertNotIn(SECRET.encode(), guesses[0])

    def test_hostile_texts_are_answered_in_time_and_the_server_goes_on(self):
        with Served() as served:
            for what, text in HOSTILE.items():
                body = text if isinstance(text, bytes) else text.encode()
                self.assertLess(len(body), CHECKED_BYTES_MAX, what)
                answer = served.ask("POST", "/pipeline/check", body=body)
                self.assertIn(answer.status, (200, 504), what)
                if what != "many views":
                    self.assertEqual((answer.status, answer.json()["ok"]), (200, False), what)
                self.assertEqual(served.get("/healthz").status, 200, what)
            self.assertEqual(served.ask("POST", "/pipeline/check", body=b"a" * (CHECKED_BYTES_MAX + 1)).status, 413)
            # Queries have threads of their own.
            self.assertEqual(served.get("/sql?q=SELECT%201").status, 200)

    def test_the_settings_tell_versions_limits_and_sizes(self):
        with Served(server="  limits: {connections_max: 77}\n") as served:
            self.assertEqual(served.post("/streams/sales", {"id": 1, "item": "tea"}).status, 200)
            settings = served.get("/settings").json()
            versions = {one["name"]: one["version"] for one in settings["versions"]}
            self.assertEqual(set(versions), {"tailrace", "console", "DuckDB", "SQLite", "OpenSSL", "libcurl"})
            self.assertTrue(all(versions.values()), versions)
            connections = next(limit for limit in settings["limits"] if limit["setting"] == "connections_max")
            self.assertEqual((connections["value"], connections["text"]), (77, "77"))
            self.assertGreaterEqual(connections["used"], 1)
            self.assertGreater(len(settings["limits"]), 100)
            sizes = settings["sizes"]
            self.assertEqual([stream["name"] for stream in sizes["streams"]], ["notes", "sales"])
            self.assertGreater(sizes["streams"][1]["log"], 0)
            self.assertGreater({part["name"]: part["bytes"] for part in sizes["parts"]}["warehouse"], 0)
            self.assertTrue(0 < sizes["disk_free"] <= sizes["disk_size"])


if __name__ == "__main__":
    unittest.main()
