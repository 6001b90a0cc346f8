"""What must be in every store, counted again from the log's files, and held against what the server says and what clients were told."""
import collections
import json
from decimal import Decimal

from log_files import StreamReader

PARTITIONS = 3
CAUGHT_UP_SECONDS_MAX = 60
LABELS_COMPARED_MAX = 20
ROWS_COMPARED_MAX = 90_000  # an answer has at most 100,000


class Recount:
    """Of one data folder, from its first record on. `check` may be called whenever nothing is being appended."""

    def __init__(self, data, ledger, letters_exact=True, letters_again=False):
        """Not `letters_exact`: a letter may be missing. `letters_again`: one may be there again, after a redrive."""
        self._ledger, self._letters_exact, self._letters_again = ledger, letters_exact, letters_again
        self._events = StreamReader(data, "events", PARTITIONS)
        self._bulk = StreamReader(data, "bulk", 1)
        self._letters = StreamReader(data, "events", 1, dead_letters=True)
        self.records, self.places, self._bulk_ids = [], {}, {}
        self._seqs = set()
        self._refused, self._table_letters, self._document_letters = (collections.Counter() for _ in range(3))
        self._totals, self._documents, self._numbers = {}, {}, {}
        self._odd = set()
        self._verified = set()
        self.lost = self.doubled = 0

    # --- the log against the clients -------------------------------------------------------------------------------------

    def read_log(self):
        for record in self._events.read():
            self._take(record)
        for record in self._bulk.read():
            self._take_once(record, record.json()["id"], self._bulk_ids)
        for record in self._letters.read():
            self._take_letter(record.json())

    def _take_once(self, record, identity, places):
        assert record.seq not in self._seqs, f"number {record.seq} was given twice"
        self._seqs.add(record.seq)
        owner = self._ledger.owner.get(identity)
        assert owner is not None and identity in owner.good, f"{identity} is in the log and was never sent"
        if identity in places:
            self.doubled += 1
            raise AssertionError(f"duplicated: {identity} at {places[identity]} and {(record.partition, record.offset)}, key {owner.key}")
        places[identity] = (record.partition, record.offset)

    def _take(self, record):
        value = record.json()
        identity = value["id"]
        self._take_once(record, identity, self.places)
        self.records.append((identity, record.partition, record.offset, record.seq))
        total = self._totals.setdefault(value["account"], [0, Decimal(0), value["value"], value["value"], identity, identity])
        total[0] += 1
        total[1] += value["amount"]
        total[2], total[3], total[5] = min(total[2], value["value"]), max(total[3], value["value"]), identity
        self._documents.setdefault(value["account"], {}).update({"last": identity, f"v{value['value'] % 8}": value["value"]})
        label = value.get("label")
        if label is not None and label.isdigit():
            self._numbers[identity] = int(label)
        elif label is not None:
            self._odd.add(identity)

    def _take_letter(self, letter):
        if letter.get("kind"):
            return
        identity = json.loads(letter["raw"])["id"]
        if letter["stage"] == "table":
            self._table_letters[identity] += 1
        elif letter["stage"] == "document":
            self._document_letters[identity] += 1
        else:
            self._refused[identity] += 1

    def check_ledger(self):
        """Nothing acknowledged is lost, each at the place that the reply named; nothing is there twice (seen while reading)."""
        for request in self._ledger.acknowledged():
            if id(request) in self._verified:
                continue
            places = self._bulk_ids if request.stream == "bulk" else self.places
            missing = [identity for identity in request.good if identity not in places]
            if missing:
                self.lost += len(missing)
                raise AssertionError(f"lost: {missing} of an acknowledged request, key {request.key}: {request.reply}")
            told = {(part["partition"], offset) for part in json.loads(request.reply)["offsets"]
                    for offset in range(part["first"], part["last"] + 1)}
            found = {places[identity] for identity in request.good}
            assert told == found, f"the reply named {sorted(told)}, the records are at {sorted(found)}"
            self._verified.add(id(request))

    def check_letters(self):
        for letters in (self._refused, self._table_letters, self._document_letters):
            for identity, count in letters.items():
                assert count == 1 or self._letters_again, f"{count} dead letters for {identity}"
                assert identity in self._ledger.owner, f"a dead letter for {identity}, which was never sent"
        if not self._letters_exact:
            return
        for request in self._ledger.acknowledged():
            missing = [identity for identity in request.bad if identity not in self._refused]
            assert not missing, f"no dead letter for {missing}, key {request.key}, {request.reply}"

    # --- the stores against the log --------------------------------------------------------------------------------------

    def check_stores(self, server, deep=False):
        wait = "events/" + ",".join(f"{partition}:{end}" for partition, end in enumerate(self._events.ends))
        self._wait = {"wait_for": wait, "timeout": f"{CAUGHT_UP_SECONDS_MAX}s"}
        self._check_rows(server)
        self._check_tables(server)
        self._check_documents(server)
        if deep and len(self.records) < ROWS_COMPARED_MAX:
            rows = server.sql("SELECT id, _partition, _offset, _seq FROM events ORDER BY _seq", **self._wait)
            assert [tuple(row) for row in rows] == self.records, "the stored rows are not the log's records in their order"

    def _check_rows(self, server):
        count = len(self.records)
        amount = sum((total[1] for total in self._totals.values()), Decimal(0))
        seqs = sum(seq for _, _, _, seq in self.records)
        self._same(server, "SELECT count(*), count(DISTINCT id), sum(amount), sum(_seq) FROM events", [count, count, amount, seqs])
        self._same(server, "SELECT count(*), count(DISTINCT id), sum(amount) FROM lines", [count, count, amount])
        self._same(server, "SELECT count(*), sum(n), max(n) FROM ids", [count, count, 1])
        numbers = [len(self._numbers), sum(self._numbers.values())]
        self._same(server, "SELECT count(*), sum(number) FROM numbers", numbers)
        bulk = len(self._bulk_ids)
        rows = server.sql("SELECT n, ids FROM bulk_count", wait_for=f"bulk/0:{self._bulk.ends[0]}", timeout=self._wait["timeout"])
        assert rows == [[bulk, bulk]], f"bulk: {rows}, the log has {bulk}"

    def _same(self, server, query, expected):
        (row,) = server.sql(query, **self._wait)
        found = [Decimal(str(value or 0)) for value in row]
        if not self.records:
            expected = [0] * len(expected)
        assert found == [Decimal(value) for value in expected], f"{query}: {row}, the log has {expected}"

    def _check_tables(self, server):
        rows = server.sql("SELECT account, n, amount, low, high, first_id, last_id FROM totals", **self._wait)
        found = {account: [n, Decimal(str(amount)), low, high, first, last] for account, n, amount, low, high, first, last in rows}
        differs = [account for account in found.keys() | self._totals.keys() if found.get(account) != self._totals.get(account)]
        assert not differs, f"totals of {differs[0]}: {found.get(differs[0])}, the log has {self._totals.get(differs[0])}"

    def _check_documents(self, server):
        for account, expected in self._documents.items():
            status, document = server.get(f"/collections/accounts/{account}", **self._wait)
            assert status == 200 and document == expected, f"document {account}: {status} {document}, the log has {expected}"
        for identity in list(self._numbers)[-LABELS_COMPARED_MAX:] + list(self._odd)[:LABELS_COMPARED_MAX]:
            status, document = server.get(f"/collections/labels/{identity}", **self._wait)
            number = self._numbers.get(identity)
            fits = status == 404 if number is None else document == {"number": number}
            assert fits, f"document of {identity}: {status} {document}, the log has {number}"

    def check_store_letters(self):
        """Each record that a table or collection refused has its letter: after they have caught up."""
        for letters in (self._table_letters, self._document_letters):
            missing = [identity for identity in self._odd if not letters[identity]]
            assert not missing, f"neither stored nor a dead letter: {missing}"
            extra = [identity for identity in letters if identity not in self._odd]
            assert not extra, f"a dead letter for {extra}, which is fit"

    def check_audit(self, server, deep):
        """The books that the server keeps of itself agree with this recount; with `deep` also with its own recount."""
        status, audit = server.get("/audit", **({"recount": "true"} if deep else {}))
        assert status == 200 and audit["holds"], f"/audit: {status} {audit}"
        refused = {("table", "numbers"): len(self._odd), ("collection", "labels"): len(self._odd)}
        for flow in audit["materializations"]:
            if flow["stream"] != "events":
                continue
            # The lake takes what is due: the rest is on its way there.
            if flow["kind"] == "lake":
                assert flow["read"] + flow["in_flight"] == len(self.records), f"/audit of the lake: {flow}, the log has {len(self.records)}"
                continue
            expected = (len(self.records), refused.get((flow["kind"], flow["name"]), 0))
            # What was sent again, and refused again, was read once more.
            again = flow["read"] - expected[0] if self._letters_again else 0
            assert 0 <= again <= expected[1], f"/audit of {flow['name']}: {flow} has read more than all of it again"
            expected = (expected[0] + again, expected[1] + again)
            assert (flow["read"], flow["dead_lettered"]) == expected, f"/audit of {flow['name']}: {flow}, the log has {expected}"

    def check(self, server, deep=False):
        """All of it, at a quiet moment of a running server."""
        self.read_log()
        self.check_ledger()
        self.check_stores(server, deep)
        self.read_log()  # the stores' dead letters came while they caught up
        self.check_letters()
        self.check_store_letters()
        self.check_audit(server, deep)


def check_from_scratch(server, data, ledger, **letters):
    """A recount that remembers nothing of earlier ones; `letters` as for Recount."""
    recount = Recount(data, ledger, **letters)
    recount.check(server, deep=True)
    return recount
