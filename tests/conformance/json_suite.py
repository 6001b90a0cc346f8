#!/usr/bin/env python3
"""JSONTestSuite against the decoder and against the HTTP door, and bytes that are no UTF-8, which the package cannot hold.

Every y_ case is taken and every n_ case refused; what is ours to choose (i_) is chosen below, by name. At the door each case comes as
the field of a record, in a body of its own and as a line among others, and what was taken is read again.
"""
import json
import subprocess
import sys
import tempfile

import program

# Of the y_ cases these are refused, for no column can hold a NUL...
ESCAPED_NUL = {"y_object_escaped_null_in_key.json", "y_string_null_escape.json"}
# ...and of a record that has a field twice nobody can say what it says. Inside a field of type json it is the sender's affair.
REPEATED_KEY = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}

# Of the i_ cases these are taken: the text of a number is kept as it came, whatever a double could make of it. The others are
# bytes that are no UTF-8, halves of surrogate pairs, a byte order mark, and nesting beyond 64, all refused.
TAKEN_BY_CHOICE = {
    "i_number_double_huge_neg_exp.json",
    "i_number_huge_exp.json",
    "i_number_neg_int_huge_exp.json",
    "i_number_pos_double_huge_exp.json",
    "i_number_real_neg_overflow.json",
    "i_number_real_pos_overflow.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
}

# In the suite they are files of bytes; in the package, of text, each such byte became U+FFFD.
NOT_UTF8 = b"\xff"

BROKEN_BYTES = {
    "a continuation byte alone": b'"\x80"',
    "a lead byte alone": b'"\xc3"',
    "a lead byte before ASCII": b'"\xe2\x82A"',
    "two bytes for a character of one": b'"\xc0\xaf"',
    "two bytes for NUL": b'"\xc0\x80"',
    "three bytes for a character of two": b'"\xe0\x82\xa9"',
    "four bytes for a character of three": b'"\xf0\x82\x82\xac"',
    "five bytes": b'"\xf8\x88\x80\x80\x80"',
    "half of a surrogate pair in UTF-8": b'"\xed\xa0\x80"',
    "a surrogate pair in UTF-8": b'"\xed\xa0\x81\xed\xb0\x80"',
    "beyond the last character": b'"\xf4\x90\x80\x80"',
    "a byte that is never used": b'"\xfe"',
    "UTF-16": '"a"'.encode("utf-16-le"),
    "UTF-16 with a byte order mark": '"a"'.encode("utf-16"),
    "a broken key": b'{"\xff":1}',
    "a broken byte outside strings": b"[1,\xff2]",
    "a broken byte behind the value": b"[1]\xff",
    "a byte order mark": b'\xef\xbb\xbf"a"',
    "a bare NUL": b'"a\x00b"',
    "a NUL behind the value": b"[1]\x00",
}

WHOLE_CHARACTERS = {
    "the largest of one byte": b'"\x7f"',
    "the least of two": b'"\xc2\x80"',
    "the largest of two": b'"\xdf\xbf"',
    "the least of three": b'"\xe0\xa0\x80"',
    "below the surrogates": b'"\xed\x9f\xbf"',
    "above the surrogates": b'"\xee\x80\x80"',
    "the least of four": b'"\xf0\x90\x80\x80"',
    "the last there is": b'"\xf4\x8f\xbf\xbf"',
    "a byte order mark inside": b'"\xef\xbb\xbf"',
}

PIPELINE = """pipeline: conformance
streams:
  any:
    schema: {v: "json?"}
    unknown_fields: keep
"""


def suite():
    """{name: bytes} of the package."""
    text = (program.suites() / "json-test-suite" / "data" / "parsing.js").read_text(encoding="utf-8")
    cases = json.loads(text[text.index("["):text.rindex("]") + 1])
    return {case["name"]: NOT_UTF8.join(part.encode("utf-8") for part in case["input"].split("\ufffd")) for case in cases}


def verdicts(driver, cases):
    """{name: (as a value, as a field, as a record)}"""
    given = b"".join(str(len(text)).encode() + b"\n" + text for text in cases.values())
    lines = subprocess.run([driver], input=given, stdout=subprocess.PIPE, check=True, timeout=program.SECONDS_MAX).stdout.split(b"\n")
    return {name: tuple(word == b"1" for word in line.split()) for name, line in zip(cases, lines, strict=False)}


def is_taken(name):
    return name in TAKEN_BY_CHOICE or name in WHOLE_CHARACTERS or (name.startswith("y_") and name not in ESCAPED_NUL)


def is_record(text):
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def check_decoder(driver, cases):
    wrong = []
    for name, (value, field, record) in verdicts(driver, cases).items():
        taken = is_taken(name)
        whole = taken and is_record(cases[name]) and name not in REPEATED_KEY
        for what, found, wanted in (("value", value, taken), ("field", field, taken), ("record", record, whole)):
            if found != wanted:
                wrong.append(f"decoder: {name} as a {what} is {'taken' if found else 'refused'}: {cases[name][:60]!r}")
    return wrong


def wrapped(text):
    return b'{"v":' + text + b"}"


def check_door(server, cases):
    """Each case alone; then all of one line together."""
    wrong, expected = [], []
    for name, text in cases.items():
        status, reply = server.ask("POST", "/streams/any", wrapped(text), "application/json")
        if status not in ({200} if is_taken(name) else {400, 422}):
            wrong.append(f"door: {name} got {status} {reply[:80]!r}")
        if is_taken(name):
            expected.append(text)
    lines = {name: wrapped(text) for name, text in cases.items() if b"\n" not in text and b"\r" not in text}
    status, reply = server.ask("POST", "/streams/any", b"\n".join(lines.values()), "application/x-ndjson")
    counts = json.loads(reply)
    taken = [cases[name] for name in lines if is_taken(name)]
    if (status, counts["accepted"], counts["rejected"]) != (207, len(taken), len(lines) - len(taken)):
        wrong.append(f"door: {len(taken)} of {len(lines)} lines were to be taken, got {status} {reply[:80]!r}")
    return wrong + check_stored(server, expected + taken)


def check_stored(server, expected):
    stored, start = [], 0
    while True:
        page = json.loads(server.ask("GET", f"/streams/any/records?from={start}&limit=1000")[1])
        stored += [record["value"]["v"] for record in page["records"]]
        if not page["records"] or len(stored) >= len(expected):
            break
        start = page["next"]
    # As texts: NaN is not equal to itself, and 1 would be equal to true.
    if [json.dumps(value) for value in stored] == [json.dumps(json.loads(text)) for text in expected]:
        return []
    return [f"what is stored is not what was taken: {len(stored)} values, {len(expected)} expected"]


def main():
    cases = suite()
    counts = [sum(name.startswith(letter) for name in cases) for letter in "yni"]
    if counts != [95, 188, 35]:
        print(f"the suite has {counts} cases of y_, n_ and i_, not those that were pinned")
        return 1
    cases |= BROKEN_BYTES | WHOLE_CHARACTERS
    wrong = check_decoder(sys.argv[1], cases)
    with tempfile.TemporaryDirectory() as folder, program.Server(folder, PIPELINE) as server:
        wrong += check_door(server, cases)
    print("\n".join(wrong))
    print(f"{len(cases)} cases, {sum(map(is_taken, cases))} to be taken, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
