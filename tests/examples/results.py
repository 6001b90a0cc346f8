"""All that an example comes to: its streams, tables, views, documents, APIs and dead letters, as one value that can be held against another."""
import re

SHOWN_ROWS_MAX = 2000  # of a larger relation: how many rows, and the sum of their hashes
DOCUMENTS_AT_ONCE = 1000

# What tells the time of the run, or how often it has polled.
OF_THE_RUN = {
    "walmart": {"items": {"polled"}},
    "flights": {"options": None, "trip": {"polled"}, "collected": None, "collected_per_poll": None, "trip_counts": None},
}
WITH_LAKE = {"retail", "walmart", "flights"}
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


def soon_in_the_lake(text):
    """A pipeline file whose lake has what there is within a second."""
    return text.replace("{format: delta", "{format: delta, commit_after: 1s").replace("{raw: jsonl.zst", "{raw: jsonl.zst, roll_after: 1s")


def lake_tables(example):
    text = example.file.read_text(encoding="utf-8")
    found = re.search(r"^lake:\n((?:  .*\n)+)", text, re.MULTILINE)
    return re.findall(r"^    (\w+): \{format", found.group(1), re.MULTILINE) if found else []


def lake_streams(example):
    text = example.file.read_text(encoding="utf-8")
    return re.findall(r"(\w+): \{raw: ", text)


def as_text(value):
    """As a cast to VARCHAR has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "tzinfo"):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return None if value is None else str(value)


def lake_differs(example):
    """Tables whose rows in the lake are not those that SQL answers, and streams of which the lake has not each record."""
    import deltalake  # not there where only torture runs
    from lake_files import read_raw
    data, of_the_run, said = example.file.parent / ".tailrace", OF_THE_RUN.get(example.name, {}), []
    assert bool(lake_tables(example)) == bool(lake_streams(example)) == (example.name in WITH_LAKE), example.name
    for name in lake_tables(example):
        without = of_the_run.get(name, set())
        if without is None:
            continue
        columns = [column for column in example.columns(name) if column not in without]
        try:
            kept = deltalake.DeltaTable(str(data / "lake" / "tables" / name)).to_pyarrow_table(columns=columns)
        except deltalake.exceptions.TableNotFoundError:
            said.append("%s: not in the lake yet" % name)
            continue
        if kept.num_rows != example.rows(name):
            said.append("%s: %d rows in the lake, %d in SQL" % (name, kept.num_rows, example.rows(name)))
        elif kept.num_rows <= SHOWN_ROWS_MAX:
            rows = example.sql('SELECT %s FROM "%s"' % (", ".join('"%s"::VARCHAR AS "%s"' % (column, column) for column in columns), name))
            ours = sorted(tuple(str(row[column]) for column in columns) for row in rows)
            theirs = sorted(tuple(str(as_text(row[column])) for column in columns) for row in kept.to_pylist())
            if ours != theirs:
                said.append("%s: %r in SQL only" % (name, [row for row in ours if row not in theirs][:3]))
    for stream in lake_streams(example):
        if of_the_run.get(stream, set()) is None:
            continue  # its files grow while they are read
        lines = sum(len(kept) for kept in read_raw(data, stream).values())
        if lines != example.rows(stream):
            said.append("%s: %d records in the lake, %d in SQL" % (stream, lines, example.rows(stream)))
    return said


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
