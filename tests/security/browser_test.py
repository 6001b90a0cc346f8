#!/usr/bin/env python3
"""What a browser is told: which pages may use the server, and what may be done with what it shows."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from server import Served  # noqa: E402

APP = "https://app.example.org"
CORS = "  cors: {origins: [%s], max_age: 5m}\n" % APP


def preflight(served, origin, target="/sql", method="POST", headers="authorization, content-type"):
    return served.ask("OPTIONS", target, headers={"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers})


class BrowserTest(unittest.TestCase):
    def test_nothing_is_allowed_that_the_file_does_not_allow(self):
        with Served() as served:
            for reply in (preflight(served, APP), served.get("/streams", headers={"Origin": APP})):
                self.assertEqual(reply.status, 403)
                self.assertFalse([name for name in reply.headers if name.startswith("access-control-")])

    def test_a_page_that_is_allowed_asks_beforehand_without_a_key_and_then_with_one(self):
        with Served(server=CORS + "  auth: keys\n", start=False) as served:
            key = served.key("--role", "read")
            served.start()
            asked = preflight(served, APP)
            self.assertEqual(asked.status, 204)
            self.assertEqual(asked.headers["access-control-allow-origin"], APP)
            self.assertIn("POST", asked.headers["access-control-allow-methods"])
            self.assertIn("authorization", asked.headers["access-control-allow-headers"].lower())
            self.assertEqual(asked.headers["access-control-max-age"], "300")
            self.assertIn("origin", asked.headers["vary"].lower())
            self.assertNotIn("access-control-allow-credentials", asked.headers)
            refused = served.get("/streams", headers={"Origin": APP})
            self.assertEqual((refused.status, refused.headers["access-control-allow-origin"]), (401, APP))
            reply = served.get("/sql?q=SELECT%201", key=key, headers={"Origin": APP})
            self.assertEqual((reply.status, reply.headers["access-control-allow-origin"]), (200, APP))
            self.assertIn("tailrace-as-of", reply.headers["access-control-expose-headers"].lower())
            self.assertEqual(served.get("/streams", key=key).headers["vary"], "Origin")

    def test_other_pages_are_not(self):
        with Served(server=CORS) as served:
            for origin in ("https://app.example.org.evil.example", "http://app.example.org", "https://app.example.org:8443", "https://APP.example.org",
                           "null", "", "https://evil.example", APP + "/", APP + "," + APP):
                for reply in (preflight(served, origin), served.get("/streams", headers={"Origin": origin})):
                    self.assertNotIn("access-control-allow-origin", reply.headers, origin)
                    self.assertEqual(reply.status, 403, origin)

    def test_all_pages_when_the_file_says_so(self):
        with Served(server="  cors: {origins: [\"*\"]}\n") as served:
            reply = served.get("/streams", headers={"Origin": "https://anything.example"})
            self.assertEqual((reply.status, reply.headers["access-control-allow-origin"]), (200, "*"))

    def test_a_foreign_host_stays_foreign(self):
        with Served(server=CORS) as served:
            self.assertEqual(served.get("/streams", headers={"Host": "rebound.example", "Origin": APP}).status, 403)

    def test_origins_that_are_none_are_mistakes(self):
        for origin in ("app.example.org", "https://app.example.org/", "https://*.example.org", "ftp://a"):
            with Served(server="  cors: {origins: [\"%s\"]}\n" % origin, start=False) as served:
                self.assertIn("expected an origin", served.run("check").stderr, origin)

    def test_everything_shown_carries_what_a_browser_must_know(self):
        with Served() as served:
            for target in ("/", "/streams", "/status", "/metrics", "/openapi.json", "/sql?q=SELECT%201", "/nothing", "/api/top", "/collections/by_id"):
                headers = served.get(target).headers
                self.assertEqual(headers["x-content-type-options"], "nosniff", target)
                self.assertIn("frame-ancestors 'none'", headers["content-security-policy"], target)
                self.assertEqual(headers["x-frame-options"], "DENY", target)
                self.assertEqual(headers["referrer-policy"], "no-referrer", target)
                self.assertEqual(headers["cache-control"], "no-store", target)
                self.assertNotIn("strict-transport-security", headers, target)
            self.assertEqual(served.post("/streams/sales", {"id": 1, "item": "a"}).headers["x-content-type-options"], "nosniff")


if __name__ == "__main__":
    unittest.main()
