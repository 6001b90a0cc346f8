#!/usr/bin/env python3
"""Decodes segments from docs/formats/log.md and the Kafka protocol guide alone, sharing no code with the log.

  decode.py WRITER     writes samples with the program WRITER and holds what is decoded against what it says it wrote
"""
import ctypes
import pathlib
import struct
import subprocess
import sys
import tempfile

CRC32C_POLYNOMIAL = 0x82F63B78
HEADER = struct.Struct(">qiibIhiqqqhii")
COMPRESSIONS = {0: "none", 3: "lz4", 4: "zstd"}


def crc_table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (CRC32C_POLYNOMIAL if crc & 1 else 0)
        table.append(crc)
    return table


CRC_TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        assert 0 <= size <= len(self.data) - self.at, "a length leads beyond the end"
        self.at += size
        return self.data[self.at - size : self.at]

    def varint(self):
        bits = shift = 0
        while True:
            byte = self.take(1)[0]
            bits |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return bits >> 1 ^ -(bits & 1)

    def text(self):
        size = self.varint()
        return None if size == -1 else self.take(size)


def lz4_block(source, out):
    at = 0
    while True:
        token = source[at]
        at += 1

        def extended(length):
            nonlocal at
            if length == 15:
                while True:
                    more = source[at]
                    at += 1
                    length += more
                    if more != 255:
                        break
            return length

        literals = extended(token >> 4)
        out += source[at : at + literals]
        at += literals
        if at == len(source):
            return
        distance = source[at] | source[at + 1] << 8
        at += 2
        for _ in range(extended(token & 15) + 4):
            out.append(out[-distance])


def lz4_frame(data):
    reader = Reader(data)
    assert reader.take(4) == b"\x04\x22\x4d\x18", "not an LZ4 frame"
    flags, _ = reader.take(2)
    assert flags >> 6 == 1, "version of the frame"
    if flags & 0x08:
        reader.take(8)
    reader.take(1)  # checksum of the frame header
    out = bytearray()
    while True:
        (size,) = struct.unpack("<I", reader.take(4))
        if size == 0:
            break
        block = reader.take(size & 0x7FFFFFFF)
        if size & 0x80000000:
            out += block
        else:
            lz4_block(block, out)
        if flags & 0x10:
            reader.take(4)
    if flags & 0x04:
        reader.take(4)
    assert reader.at == len(data), "bytes after the frame"
    return bytes(out)


def zstd_frame(data):
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_decompress.restype = ctypes.c_size_t
    room = ctypes.create_string_buffer(1 << 24)
    size = library.ZSTD_decompress(room, ctypes.c_size_t(len(room)), data, ctypes.c_size_t(len(data)))
    assert not library.ZSTD_isError(ctypes.c_size_t(size)), "not a Zstandard frame"
    return room.raw[:size]


UNPACK = {"none": lambda data: data, "lz4": lz4_frame, "zstd": zstd_frame}


def is_whole(batch):
    """Whether all bytes of a batch are there, by its length and checksum."""
    if len(batch) < HEADER.size:
        return False
    _, length, _, _, crc, *_ = HEADER.unpack_from(batch)
    return length == len(batch) - 12 and crc == crc32c(batch[21:])


def records_of(batch, used, check_crc=True):
    """Yields (offset, seq, time, key, value, headers) and checks everything on the way; the checksum takes a second a megabyte."""
    (base, length, epoch, magic, crc, attributes, last_delta, first_ms, max_ms, producer, producer_epoch, sequence,
     count) = HEADER.unpack_from(batch)
    assert length == len(batch) - 12
    assert (epoch, magic) == (0, 2)
    assert not check_crc or crc == crc32c(batch[21:]), "checksum"
    assert (producer, producer_epoch, sequence) == (-1, -1, -1)
    assert last_delta == count - 1 and first_ms == max_ms
    compression = COMPRESSIONS[attributes]
    used.add(compression)
    reader = Reader(UNPACK[compression](batch[HEADER.size :]))
    seq = None
    for delta in range(count):
        record = Reader(reader.take(reader.varint()))
        assert record.take(1) == b"\0"
        assert record.varint() == 0 and record.varint() == delta
        key, value = record.text(), record.text()
        headers = {}
        for _ in range(record.varint()):
            name = record.text().decode()
            headers[name] = record.text()
        assert record.at == len(record.data)
        if delta == 0:
            (seq,) = struct.unpack(">q", headers.pop("_seq"))
        yield base + delta, seq + delta, first_ms, key, value, headers
    assert reader.at == len(reader.data)


def batches_of(segment):
    data = segment.read_bytes()
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from(">i", data, at + 8)
        yield data[at : at + 12 + length]
        at += 12 + length
    assert at == len(data)


def check_headers(headers, seen):
    for name, value in headers.items():
        seen.add(name)
        if name == "_idem":
            assert len(value) == 28
        elif name == "_source":
            reader = Reader(value)
            source, item = reader.text(), reader.text()
            reader.take(8)
            assert (source, item, reader.text()) == (b"file", b"item", b"line")
        elif name == "_lost":
            first, end = struct.unpack(">qq", value)
            assert 0 <= first < end
        else:
            raise AssertionError("unknown header " + name)


def check_index(segment):
    """Each entry of .index is (last offset of a batch, where it begins), as in Kafka."""
    index = segment.with_suffix(".index").read_bytes()
    data = segment.read_bytes()
    base = int(segment.stem)
    for offset, position in struct.iter_unpack(">II", index):
        header = HEADER.unpack_from(data, position)
        assert header[0] + header[6] == base + offset, "index entry"
    return len(index) // 8


def decode(directory):
    lines, used, headers_seen, index_entries = [], set(), set(), 0
    for partition in (0, 1):
        folder = pathlib.Path(directory, "sample", str(partition))
        segments = sorted(folder.glob("*.log"))
        assert len(segments) > 1, "the sample has several segments"
        expected = 0
        for segment in segments:
            assert int(segment.stem) == expected
            for batch in batches_of(segment):
                for offset, seq, time_ms, key, value, headers in records_of(batch, used):
                    assert offset == expected
                    expected += 1
                    check_headers(headers, headers_seen)
                    shown_key = "-" if key is None else "k" + key.hex()
                    lines.append(f"{partition} {offset} {seq} {time_ms} {shown_key} v{value.hex()}")
            if segment != segments[-1]:
                index_entries += check_index(segment)
    assert headers_seen == {"_idem", "_source"}, headers_seen
    assert index_entries > 0
    return lines, used


def main(writer):
    assert crc32c(b"123456789") == 0xE3069283
    for compression in ("none", "lz4", "zstd"):
        with tempfile.TemporaryDirectory() as directory:
            written = subprocess.run([writer, directory, compression], check=True, capture_output=True, text=True).stdout
            decoded, used = decode(directory)
            assert compression in used, f"{compression} was not used: {used}"
            assert sorted(decoded) == sorted(written.splitlines()), f"{compression}: what was decoded is not what was written"
            print(f"{compression}: {len(decoded)} records are as written")


if __name__ == "__main__":
    main(sys.argv[1])
