#!/usr/bin/env python3
"""XML files as their user has them: by `load` and as a source, packed, large, broken and hostile. Records that can be read are in, those that
cannot are dead letters with their own bytes, and a document that cannot be read further says where."""
import gzip
import json
import os
import pathlib
import resource
import subprocess
import tempfile

PROGRAM = os.environ["TAILRACE"]
SECONDS_MAX = 240
PIPELINE = """pipeline: books
streams:
  books:
    key: id
    schema: {id: string, title: string, price: "decimal(9,2)?", author: ["string"], stock: "{shop: string, n: int}?"}
"""
BOOKS = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!-- a comment -->
<b:catalog xmlns:b="urn:books">
  <b:book id="b1"><title>Rust &amp; C</title><price currency="EUR">9.50</price><author>A</author><author>B\xe9</author></b:book>
  <b:book id="b2"><title/><price/><author>C</author><stock shop="x"><n> 3 </n></stock></b:book>
  <b:book id="b3"><title>no author</title></b:book>
  <magazine id="m1"/>
  <b:book id="b4"><title>t</title><author>&unknown;</author></b:book>
</b:catalog>
"""


def program(*words, status=0, **arguments):
    done = subprocess.run([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX, **arguments)
    assert status is None or done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def ask(folder, sql):
    rows = json.loads(program("sql", "--json", sql, folder))
    return [list(row.values()) if isinstance(row, dict) else row for row in rows]


def new_folder(scratch, name, sources=""):
    folder = pathlib.Path(scratch, name)
    folder.mkdir()
    (folder / "pipeline.yaml").write_text(PIPELINE + sources)
    return folder


def check_books(folder, item):
    rows = ask(folder, "SELECT id, title, price, to_json(author)::VARCHAR, stock.n FROM books ORDER BY id")
    assert rows == [["b1", "Rust & C", rows[0][2], '["A","B\u00e9"]', None], ["b2", "", None, '["C"]', 3]] and float(rows[0][2]) == 9.5, rows
    letters = ask(folder, "SELECT item, line, reason, raw FROM tailrace.dead_letters ORDER BY line")
    assert [letter[:2] for letter in letters] == [[str(item), 6]], letters
    assert letters[0][3] == '<b:book id="b3"><title>no author</title></b:book>', letters


def is_read(scratch):
    plain = pathlib.Path(scratch, "books.xml")
    # Without a document type an entity that is not known is no XML at all: the records before it are in.
    plain.write_bytes(BOOKS.encode("latin-1"))
    folder = new_folder(scratch, "loaded")
    told = program("load", plain, folder, "--into", "books", "--records", "/catalog/book", status=None)
    assert "undefined entity at line 8" in told and str(plain) in told, told
    check_books(folder, plain)
    packed = pathlib.Path(scratch, "packed.xml.gz")
    packed.write_bytes(gzip.compress(BOOKS.replace("&unknown;", "D").encode("latin-1")))
    source = new_folder(scratch, "source", f"sources:\n  files: {{type: file, path: {packed}, records: /catalog/book, into: books}}\n")
    program("run", "--once", source)
    program("run", "--once", source)
    assert ask(source, "SELECT count(*), count(DISTINCT id) FROM books") == [[3, 3]]
    told = program("load", plain, folder, "--into", "books", status=None)
    assert "--records" in told, told


def is_refused(scratch):
    folder = new_folder(scratch, "hostile")
    lol = "".join(f'<!ENTITY l{i} "{"&l%d;" % (i - 1) * 10}">' for i in range(1, 10))
    bombs = {
        "bomb": f'<!DOCTYPE catalog [<!ENTITY l0 "lol">{lol}]><catalog><book id="x"><title>&l9;</title><author>a</author></book></catalog>',
        "outside": '<!DOCTYPE catalog [<!ENTITY x SYSTEM "file:///etc/passwd">]><catalog><book id="x"><title>&x;</title><author>a</author></book></catalog>',
        "deep": "<catalog>" + "<a>" * 100_000,
        "attribute": '<catalog a="' + "x" * 50_000_000,
        "text": "no XML",
    }
    limit = 600 << 20
    for name, text in bombs.items():
        file = pathlib.Path(scratch, f"{name}.xml")
        file.write_text(text)
        told = program("load", file, folder, "--into", "books", "--records", "/catalog/book", status=None)
        assert str(file) in told and "line" in told, (name, told)
    assert ask(folder, "SELECT count(*) FROM books") == [[0]]
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < limit >> 10, "memory grows with what is hostile"


def is_read_in_bounded_memory(scratch):
    file = pathlib.Path(scratch, "large.xml")
    rows = 150_000
    with open(file, "w") as out:
        out.write("<catalog>\n")
        for i in range(rows):
            out.write(f'<book id="{i}"><title>{"title " * 60}</title><price>{i % 100}.5</price><author>A</author></book>\n')
        out.write(f'<book id="huge"><title>{"x" * (20 << 20)}</title><author>A</author></book>\n<book id="last"><title>t</title><author>A</author></book></catalog>\n')
    folder = new_folder(scratch, "large")
    program("load", file, folder, "--into", "books", "--records", "/catalog/book", status=1)
    assert ask(folder, "SELECT count(*), count(DISTINCT id) FROM books") == [[rows + 1, rows + 1]]
    assert [letter[0] for letter in ask(folder, "SELECT reason FROM tailrace.dead_letters")] == ["longer than a row may be (16777216 bytes)"]
    program("load", file, folder, "--into", "books", "--records", "/catalog/book", status=None)
    assert ask(folder, "SELECT count(*), (SELECT count(*) FROM tailrace.dead_letters) FROM books") == [[rows + 1, 1]]


def main():
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch).resolve()
        is_read(scratch)
        is_refused(scratch)
        is_read_in_bounded_memory(scratch)
    print("XML: read, refused and bounded")


if __name__ == "__main__":
    main()
