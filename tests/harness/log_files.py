"""Reads a partition of the log from its files, by docs/formats/log.md, going on where the last reading ended."""
import dataclasses
import json
import pathlib
import struct
import sys
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "log"))
import decode  # noqa: E402

LENGTH_END = 12  # of a batch: base offset and length stand before it
CHECKSUM_BYTES_MAX = 4096  # larger batches are read without it: Python takes a second a megabyte


@dataclasses.dataclass
class Record:
    partition: int
    offset: int
    seq: int
    time_ms: int
    value: bytes

    def json(self):
        return json.loads(self.value, parse_float=Decimal)


class PartitionReader:
    """What it has read must stay as it is: a segment that shrinks below that, or other bytes there, is a failed assertion.

    `growing`: somebody may be appending. A batch is seen by others before all of it is written; one that is not whole yet is left for the
    next call, and one that never will be is missing for good.
    """

    def __init__(self, folder, partition, growing=False):
        self._folder, self._partition, self._growing = pathlib.Path(folder), partition, growing
        self._segment, self._at = None, 0
        self.next_offset = 0

    def read(self):
        """The records that came since the last call."""
        records = []
        for segment in sorted(self._folder.glob("*.log")):
            if self._segment is not None and segment.name < self._segment:
                continue
            if segment.name != self._segment:
                self._segment, self._at = segment.name, 0
            records += self._read_segment(segment)
        return records

    def _read_segment(self, segment):
        with open(segment, "rb") as file:
            file.seek(0, 2)
            assert file.tell() >= self._at, f"{segment} was cut to {file.tell()}, below {self._at} which was read"
            file.seek(self._at)
            data = file.read()
        records, at = [], 0
        while at + decode.HEADER.size <= len(data):
            (length,) = struct.unpack_from(">i", data, at + 8)
            if length == 0:  # zeroed ahead
                break
            batch = data[at : at + LENGTH_END + length]
            if self._growing and not decode.is_whole(batch):
                break
            for offset, seq, time_ms, _, value, _ in decode.records_of(batch, set(), len(batch) <= CHECKSUM_BYTES_MAX):
                assert offset == self.next_offset, f"{segment}: offset {offset} where {self.next_offset} is due"
                self.next_offset += 1
                records.append(Record(self._partition, offset, seq, time_ms, value))
            at += len(batch)
        self._at += at
        return records


class StreamReader:
    """All partitions of a stream. Only for quiet moments, when nothing is being appended or cut; dead letters may be appended meanwhile, for
    tables and documents write theirs when they get to them."""

    def __init__(self, data, stream, partitions, dead_letters=False):
        folder = pathlib.Path(data, "dlq" if dead_letters else "log", stream)
        self._partitions = [PartitionReader(folder / str(number), number, growing=dead_letters) for number in range(partitions)]

    @property
    def ends(self):
        return [partition.next_offset for partition in self._partitions]

    def read(self):
        """The records that came since the last call, in the stream's order."""
        records = [record for partition in self._partitions for record in partition.read()]
        return sorted(records, key=lambda record: record.seq)
