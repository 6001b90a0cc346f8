#!/usr/bin/env python3
"""Every route of the whole program against every role, over TCP: the routes are those that the server says it has.

src/server/access_test.cc does the same for the server alone, with fakes behind it; here stand those that only the whole program has.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from server import Served  # noqa: E402

# Limits that a key of the role may have and still be let in; "*": any, for it is shown its own part. A route without a line fails.
EXPECTED = {
    "GET /healthz": ("public", ""), "GET /readyz": ("public", ""),
    "GET /": ("public", ""), "GET /assets/{file}": ("public", ""),
    "GET /console/{page}": ("public", ""), "GET /console/{page}/{name}": ("public", ""), "GET /console/{page}/{name}/{part}": ("public", ""),
    "GET /console/{page}/{name}/{part}/{place}": ("public", ""),
    "GET /graph": ("read", "*"), "GET /graph/{kind}/{name}": ("read", "*"), "GET /whoami": ("read", "*"), "GET /openapi.json": ("read", "*"), "GET /status": ("read", "*"), "GET /streams": ("read", "*"),
    "GET /dlq": ("read", "*"), "GET /sql": ("read", "*"), "POST /sql": ("read", "*"),
    "GET /dashboards": ("read", "*"), "GET /dashboards/{dashboard}": ("read", "sales"), "GET /dashboards/{dashboard}/tiles/{tile}": ("read", "sales"),
    "GET /dashboards/{dashboard}/choices/{param}": ("read", "sales"), "GET /dashboards/{dashboard}/events": ("read", "sales"),
    "GET /metrics": ("read", ""),
    "POST /streams/{stream}": ("ingest", "sales"), "POST /door": ("ingest", "sales"),
    "GET /streams/{stream}": ("read", "sales"), "GET /streams/{stream}/records": ("read", "sales"), "GET /streams/{stream}/tail": ("read", "sales"),
    "GET /streams/{stream}/load": ("ingest", "sales"), "POST /streams/{stream}/load": ("ingest", "sales"),
    "PUT /streams/{stream}/record": ("ingest", "sales"), "PUT /streams/{stream}/records": ("ingest", "sales"),
    "POST /": ("any", "*"),
    "POST /topics/{topic}": ("ingest", "sales"), "GET /topics": ("read", "*"), "GET /topics/{topic}": ("read", "sales"),
    "GET /topics/{topic}/partitions": ("read", "sales"), "GET /topics/{topic}/partitions/{partition}": ("read", "sales"),
    "GET /dlq/{stream}": ("read", "sales"), "POST /dlq/{stream}/redrive": ("admin", ""), "POST /dlq/{stream}/resume": ("admin", ""),
    "GET /collections/{collection}": ("read", "by_id"), "GET /collections/{collection}/{key}": ("read", "by_id"),
    "GET /api/top": ("read", "top"),
    "GET /audit": ("read", "*"), "GET /trace/{stream}/{partition}/{offset}": ("read", "sales"),
    "POST /rebuild/{name}": ("admin", ""), "POST /backup": ("admin", ""), "POST /export": ("admin", ""),
    "GET /jobs": ("read", ""), "GET /jobs/{job}": ("read", ""), "GET /jobs/{job}/log": ("read", ""), "POST /jobs/{job}/run": ("admin", ""), "POST /jobs/{job}/cancel": ("admin", ""), "GET /jobs/{job}/due": ("read", ""),
    "GET /alerts": ("read", ""), "POST /alerts/{alert}/silence": ("admin", ""), "DELETE /alerts/{alert}/silence": ("admin", ""),
    "GET /settings": ("read", ""), "GET /keys": ("admin", ""), "POST /keys": ("admin", ""), "DELETE /keys/{id}": ("admin", ""),
    "GET /pipeline": ("admin", ""), "POST /pipeline/check": ("admin", ""),
}

LIMITS = {"sales": ["--stream", "sales"], "by_id": ["--collection", "by_id"], "top": ["--api", "top"], "items": ["--table", "items"]}
PLACES = {"{stream}": "sales", "{kind}": "stream", "{topic}": "sales", "{collection}": "by_id", "{key}": "1", "{name}": "no_such", "{job}": "no_such", "{partition}": "0", "{offset}": "0",
          "{dashboard}": "shop", "{tile}": "1", "{param}": "id", "{page}": "streams", "{part}": "x", "{place}": "x", "{file}": "main.js", "{id}": "no_such"}


def target_of(pattern):
    for placeholder, value in PLACES.items():
        pattern = pattern.replace(placeholder, value)
    return pattern + ("?partition=x" if pattern.endswith(("/tail", "/events")) else "?q=SELECT%201" if pattern == "/sql" else "")


class RoutesTest(unittest.TestCase):
    def test_every_route_is_for_its_role_and_limits_and_nobody_else(self):
        with Served(server="  auth: keys\n", start=False) as served:
            keys = {role: served.key("--role", role) for role in ("ingest", "read", "admin")}
            limited = {(role, thing): served.key("--role", role, *limit) for role in ("ingest", "read") for thing, limit in LIMITS.items()}
            served.start()
            described = served.get("/openapi.json", key=keys["admin"]).json()["paths"]
            routes = {method.upper() + " " + path: operation for path, methods in described.items() for method, operation in methods.items()}
            self.assertEqual(set(routes), set(EXPECTED))
            for route, operation in routes.items():
                method, pattern = route.split(" ")
                role, reach = EXPECTED[route]
                self.assertEqual(operation["x-tailrace-role"], "ingest" if role == "any" else role, route)

                def status(key, method=method, pattern=pattern):
                    return served.ask(method, target_of(pattern), body=None if method in ("GET", "DELETE") else "{}", key=key).status

                self.assertEqual(status(None) == 401, role != "public", route)
                self.assertEqual(status("tr_00000000_" + "0" * 38) == 401, role != "public", route)
                for name, key in keys.items():
                    let_in = role in ("public", "any") or name in (role, "admin")
                    self.assertEqual(status(key) not in (401, 403), let_in, route + " as " + name)
                for (name, thing), key in limited.items():
                    let_in = role in ("public", "any") or (name == role and reach in ("*", thing))
                    self.assertEqual(status(key) not in (401, 403), let_in, "%s as %s of %s" % (route, name, thing))


if __name__ == "__main__":
    unittest.main()
