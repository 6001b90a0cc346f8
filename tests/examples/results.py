"""All that an example comes to: its streams, tables, views, documents, APIs and dead letters, as one value that can be held against another."""
import re

SHOWN_ROWS_MAX = 2000  # of a larger relation: how many rows, and the sum of their hashes
DOCUMENTS_AT_ONCE = 1000

# What tells the time of the run, or how often it has polled.
OF_THE_RUN = {
    "walmart": {"items": {"polled"}},
    "flights": {"options": None, "trip": {"polled"}, "collected": None, "trip_counts": None},
}
# APIs that want to be asked for something.
ASKED_FOR = {
    "retail": ["/api/purchase_history?customer=17850&limit=1000", "/test?InvoiceNo=536365", "/api/customer?CustomerID=17850"],
    "amazon": ["/api/product?asin=B014TMV5YE", "/api/category?id=1"],
}


def section(text, name):
    """The names under a key of the pipeline file."""
    found = re.search(r"^%s:\n((?:(?: .*|#.*)?\n)+)" % name, text, re.MULTILINE)
    return re.findall(r"^  (\w+):", found.group(1), re.MULTILINE) if found else []


def relation(example, name, without):
    columns = [column for column in example.columns(name) if not column.startswith("_") and column not in without]
    listed = ", ".join('"%s"' % column for column in columns)
    rows = example.rows(name)
    if rows <= SHOWN_ROWS_MAX:
        return example.sql('SELECT %s FROM "%s" ORDER BY ALL' % (listed, name))
    return example.sql('SELECT count(*) AS rows, sum(hash(%s)::HUGEINT)::VARCHAR AS hashes FROM "%s"' % (listed, name))


def documents(example, name):
    found, after = {}, ""
    while after is not None:
        status, page = example.ask("/collections/%s?limit=%d%s" % (name, DOCUMENTS_AT_ONCE, "&after=" + after if after else ""))
        assert status == 200, page
        found.update((one["key"], one["document"]) for one in page["documents"])
        after = page.get("next")
    return found


def answers(example, of_the_run):
    """Of every API that can be asked without a parameter, and of those above."""
    status, description = example.ask("/openapi.json")
    assert status == 200
    targets = [path for path, methods in description["paths"].items() if path.startswith("/api/") and "get" in methods
               and path.removeprefix("/api/") not in of_the_run
               and not any(parameter.get("required") for parameter in methods["get"].get("parameters", []))]
    assert targets, "no API of %s can be asked" % example.name
    found = {}
    for target in targets + ASKED_FOR.get(example.name, []):
        status, body = example.ask(target)
        assert status == 200, (target, body)
        if isinstance(body, dict):
            body.pop("as_of", None)
        found[target] = body
    return found


def all_results(example):
    text = example.file.read_text(encoding="utf-8")
    of_the_run = OF_THE_RUN.get(example.name, {})
    found = {}
    for kind in ("streams", "tables", "views"):
        for name in section(text, kind):
            without = of_the_run.get(name, set())
            if without is not None:
                found[name] = relation(example, name, without)
    assert len(found) > 5, sorted(found)
    for name in section(text, "collections"):
        found["documents of " + name] = documents(example, name)
    found |= answers(example, {name for name, without in of_the_run.items() if without is None})
    found["dead letters"] = example.sql("SELECT stream, stage, pointer FROM tailrace.dead_letters ORDER BY ALL")
    return found


def differences(expected, found):
    """For people: what is not the same, with the first row that is not."""
    said = []
    for name in sorted(expected.keys() | found.keys()):
        one, other = expected.get(name), found.get(name)
        if one == other:
            continue
        if isinstance(one, list) and isinstance(other, list):
            said.append("%s: %d rows and %d, only in one: %r" % (name, len(one), len(other), [row for row in one if row not in other][:3] +
                                                                 [row for row in other if row not in one][:3]))
        else:
            said.append("%s: %.300r and %.300r" % (name, one, other))
    return said
