#!/usr/bin/env python3
"""Answers of /sql and /api as Parquet files and Arrow streams, read by pyarrow: every type exact, limits, refusals, clients that leave."""
import datetime
import io
import pathlib
import sys
import time
import unittest
from decimal import Decimal

import pyarrow
import pyarrow.ipc
import pyarrow.parquet
import requests

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "security"))
from server import Served  # noqa: E402

PARQUET = "application/vnd.apache.parquet"
ARROW = "application/vnd.apache.arrow.stream"
ROWS_MAX = 5000
SOON_SECONDS = 60  # far from when a query is ended by the server itself
PIPELINE = """
pipeline: shop
streams:
  orders:
    key: id
    partitions: 2
    schema:
      id: int
      price: decimal(12,3)
      moment: timestamp
      day: "date?"
      share: "double?"
      paid: "bool?"
      note: "json?"
      tags: "[string?]?"
      place: "{city: string, at: ['decimal(9,6)']}?"
      sizes: "{'*': int}?"
      country: "string?"
apis:
  dear:
    params: {above: "decimal(12,3) = 1"}
    sql: SELECT id, price FROM orders WHERE price > $above ORDER BY id
dashboards:
  shop:
    tiles: [{title: Prices, chart: table, sql: "SELECT id, price, tags FROM orders ORDER BY id"}]
"""
RECORDS = [
    {"id": 9007199254740993, "price": 100000.001, "moment": "2026-01-01T01:00:00.123456+01:00", "day": "2026-02-28", "share": 0.1, "paid": True,
     "note": {"a": [1]}, "tags": ["a", None, ""], "place": {"city": "Zürich", "at": [47.376888, 8.5]}, "sizes": {"x": 1, "y": 2}, "country": "CH"},
    {"id": 2, "price": 0.125, "moment": "2026-07-01T00:00:00Z", "day": None, "share": None, "paid": None, "note": None, "tags": None, "place": None,
     "sizes": None, "country": None},
    {"id": 3, "price": 7, "moment": "1969-12-31T23:59:59.999999Z", "day": "0001-01-01", "share": -1e300, "paid": False, "note": 1, "tags": [],
     "place": {"city": "", "at": []}, "sizes": {}, "country": ""},
]
ALL = "SELECT id, price, moment, day, share, paid, note, tags, place, sizes, country FROM orders ORDER BY id"


def read(reply, form):
    assert reply.status_code == 200, reply.text[:500]
    assert reply.headers["Content-Type"] == form, reply.headers
    if form == PARQUET:
        return pyarrow.parquet.read_table(io.BytesIO(reply.content))
    with pyarrow.ipc.open_stream(reply.content) as stream:
        table = stream.read_all()
    table.validate(full=True)
    return table


class ColumnarAnswersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.served = Served(server="  limits: {query_rows_max: %d, query_answer_max: 1MiB, query_timeout: 10m}\n" % ROWS_MAX, pipeline=PIPELINE)
        cls.addClassCleanup(cls.served.__exit__)
        cls.url = "http://127.0.0.1:%d" % cls.served.port
        reply = requests.post(cls.url + "/streams/orders", json=RECORDS)
        assert reply.status_code == 200, reply.text
        cls.written = "orders/" + ",".join("%d:%d" % (at["partition"], at["last"] + 1) for at in reply.json()["offsets"])

    def ask(self, sql, form, params=None, status=None):
        reply = requests.post(self.url + "/sql?timeout=60s&wait_for=" + self.written, json={"sql": sql, "params": params or {}}, headers={"Accept": form})
        if status is None:
            return read(reply, form)
        self.assertEqual(reply.status_code, status, reply.text[:500])
        return reply

    def test_every_type_is_exact(self):
        for form in (PARQUET, ARROW):
            with self.subTest(form):
                table = self.ask(ALL, form)
                types = {field.name: field.type for field in table.schema}
                self.assertEqual(types["price"], pyarrow.decimal128(12, 3))
                self.assertEqual(types["moment"], pyarrow.timestamp("us", "UTC"))
                self.assertEqual(types["sizes"].key_type, pyarrow.string())
                two, three, large = table.to_pylist()
                self.assertEqual((two["id"], large["id"]), (2, 9007199254740993))
                self.assertEqual((two["price"], large["price"]), (Decimal("0.125"), Decimal("100000.001")))
                self.assertEqual(large["moment"], datetime.datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=datetime.timezone.utc))
                self.assertEqual(three["moment"].timestamp(), -0.000001)
                self.assertEqual((large["day"], three["day"]), (datetime.date(2026, 2, 28), datetime.date(1, 1, 1)))
                self.assertEqual((large["share"], three["share"], large["paid"], three["paid"]), (0.1, -1e300, True, False))
                self.assertEqual((large["tags"], three["tags"]), (["a", None, ""], []))
                self.assertEqual(large["place"], {"city": "Zürich", "at": [Decimal("47.376888"), Decimal("8.500000")]})
                self.assertEqual(three["place"], {"city": "", "at": []})
                self.assertEqual((large["sizes"], three["sizes"]), ([("x", 1), ("y", 2)], []))
                self.assertEqual((large["note"], three["note"]), ('{"a": [1]}', "1"))
                self.assertEqual((large["country"], three["country"]), ("CH", ""))
                self.assertEqual({name: two[name] for name in ("day", "share", "paid", "note", "tags", "place", "sizes", "country")},
                                 dict.fromkeys(("day", "share", "paid", "note", "tags", "place", "sizes", "country")))

    def test_sums_and_what_has_no_type_of_its_own(self):
        sql = ("SELECT sum(id) AS ids, NULL AS nothing, 'a' AS \"it's \"\"x\"\"\", INTERVAL 1 DAY AS wait, 3::UTINYINT AS small, "
               "'\\x00\\xFF'::BLOB AS bytes, 1.5::FLOAT AS half, TIME '01:02:03' AS clock, uuid '00000000-0000-0000-0000-000000000001' AS one FROM orders;")
        for form in (PARQUET, ARROW):
            with self.subTest(form):
                table = self.ask(sql, form)
                self.assertEqual(table.schema.field("ids").type, pyarrow.decimal128(38, 0))
                self.assertEqual(table.to_pylist(), [{"ids": Decimal(9007199254740998), "nothing": None, "it's \"x\"": "a", "wait": "1 day", "small": 3,
                                                      "bytes": b"\x00\xff", "half": 1.5, "clock": "01:02:03", "one": "00000000-0000-0000-0000-000000000001"}])

    def test_an_empty_answer_has_its_columns(self):
        for form in (PARQUET, ARROW):
            with self.subTest(form):
                table = self.ask(ALL.replace("ORDER", "WHERE id < 0 ORDER"), form)
                self.assertEqual((table.num_rows, table.num_columns), (0, 11))
                self.assertEqual(table.schema.field("price").type, pyarrow.decimal128(12, 3))

    def test_many_rows_come_in_their_order(self):
        sql = "SELECT i, CASE WHEN i % 7 = 0 THEN NULL ELSE 'x' || i END AS name, [i, NULL] AS pair FROM range(4999) AS r(i) ORDER BY i DESC"
        for form in (PARQUET, ARROW):
            with self.subTest(form):
                table = self.ask(sql, form)
                want = [{"i": i, "name": None if i % 7 == 0 else "x%d" % i, "pair": [i, None]} for i in range(4998, -1, -1)]
                self.assertEqual(table.to_pylist(), want)

    def test_what_is_over_the_limits_is_cut_and_says_so_or_is_refused(self):
        for form in (PARQUET, ARROW):
            for rows, truncated in ((ROWS_MAX, None), (ROWS_MAX + 1, "true"), (3 * ROWS_MAX, "true")):
                with self.subTest(form, rows=rows):
                    reply = requests.post(self.url + "/sql", json={"sql": f"SELECT i FROM range({rows}) AS r(i) ORDER BY i"}, headers={"Accept": form})
                    self.assertEqual(reply.headers.get("Tailrace-Truncated"), truncated)
                    self.assertEqual(read(reply, form).column("i").to_pylist(), list(range(ROWS_MAX)))
            # Digests do not compress.
            digests = " || ".join(f"sha256((i * 10 + {n})::VARCHAR)" for n in range(10))
            large = self.ask(f"SELECT {digests} AS t FROM range(4999) AS r(i)", form, status=413)
            self.assertEqual(large.json()["error"]["code"], "result_too_large")

    def test_a_named_query_answers_so_too_with_its_parameters_and_what_it_holds(self):
        for form in (PARQUET, ARROW):
            for headers in ({"Accept": form}, {"Accept": "text/html, %s;q=0.9, application/json;q=0.1" % form}):
                with self.subTest(form):
                    reply = requests.get(self.url + "/api/dear?above=0.125&timeout=60s&wait_for=" + self.written, headers=headers)
                    self.assertEqual(read(reply, form).to_pylist(), [{"id": 3, "price": Decimal("7.000")}, {"id": 9007199254740993, "price": Decimal("100000.001")}])
                    self.assertIn("orders=", reply.headers["Tailrace-As-Of"])
            self.assertEqual(self.ask("SELECT $a AS a, $n AS n, $t AS t", form, params={"a": "x'y", "n": None, "t": 3}).to_pylist(), [{"a": "x'y", "n": None, "t": 3}])

    def test_a_tile_answers_so_too(self):
        tile = requests.get(self.url + "/dashboards/shop").json()["tiles"][0]["name"]
        for form in (PARQUET, ARROW, PARQUET):
            with self.subTest(form):
                reply = requests.get(f"{self.url}/dashboards/shop/tiles/{tile}?wait_for={self.written}", headers={"Accept": form})
                rows = read(reply, form).to_pylist()
                self.assertEqual([(row["id"], row["price"], row["tags"]) for row in rows],
                                 [(2, Decimal("0.125"), None), (3, Decimal("7.000"), []), (9007199254740993, Decimal("100000.001"), ["a", None, ""])])

    def test_the_walls_around_sql_stand_here_too(self):
        for form in (PARQUET, ARROW):
            for sql in ("SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM '/etc/passwd'", "COPY orders TO '/tmp/x'", "SELECT 1) TO '/tmp/x'; SELECT (1",
                        "SELECT 1; SELECT 2", "SELECT * FROM _tailrace.materializations", "SELECT FROM", "SELECT x FROM orders", "SELECT $missing",
                        "SELECT 1 FROM orders WHERE id::VARCHAR::DATE IS NOT NULL", "SELECT 1)--", "SELECT 1 /*"):
                with self.subTest(form, sql=sql):
                    self.assertEqual(self.ask(sql, form, status=400).json()["error"]["code"], "invalid_sql")

    def test_a_form_that_there_is_not_is_refused_with_those_there_are(self):
        told = self.ask("SELECT 1", "application/vnd.ms-excel", status=406).json()["error"]["message"]
        self.assertTrue(PARQUET in told and ARROW in told and "text/csv" in told, told)

    def test_the_description_names_the_forms(self):
        paths = requests.get(self.url + "/openapi.json").json()["paths"]
        for operation in (paths["/sql"]["get"], paths["/sql"]["post"], paths["/api/dear"]["get"]):
            self.assertLessEqual({PARQUET, ARROW, "text/csv"}, set(next(iter(operation["responses"].values()))["content"]))

    def test_when_the_client_leaves_the_query_ends_and_nothing_stays_behind(self):
        endless = "SELECT count(*) AS n FROM range(1000000) AS a(i), range(1000000) AS b(j) WHERE (i * j) % 7 = 3"
        for form in (PARQUET, ARROW):
            for _ in range(12):  # more than there are readers: if one went on, the question after them would wait for it
                with self.assertRaises(requests.exceptions.ReadTimeout):
                    requests.post(self.url + "/sql", json={"sql": endless}, headers={"Accept": form}, timeout=0.2)
            began = time.monotonic()
            self.assertEqual(self.ask("SELECT 1 AS one", form).to_pylist(), [{"one": 1}])
            self.assertLess(time.monotonic() - began, SOON_SECONDS)
        staging = self.served.folder / ".tailrace" / "lake" / "staging"
        deadline = time.monotonic() + SOON_SECONDS
        while list(staging.iterdir()) and time.monotonic() < deadline:
            requests.get(self.url + "/healthz")
        self.assertEqual(list(staging.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
