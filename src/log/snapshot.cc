#include "log/snapshot.h"

#include "base/bytes.h"
#include "log/checked_file.h"
#include "log/file_names.h"
#include "log/origin_header.h"

namespace tailrace::log {
namespace {

constexpr std::string_view kSnapshotMagic = "TRSNAP02";
constexpr std::string_view kSnapshotMagic01 = "TRSNAP01";  // the same without origins

KeyRecord ReadKeyRecord(ByteReader& reader) {
  KeyRecord record;
  record.hash.high = reader.Big64();
  record.hash.low = reader.Big64();
  record.digest = reader.Big64();
  record.first.value = reader.Signed64();
  record.first_seq.value = reader.Signed64();
  record.records = static_cast<int32_t>(reader.Big32());
  record.timestamp_ms = reader.Signed64();
  return record;
}

void ReadOriginCounts(ByteReader& reader, std::vector<OriginCount>* counts) {
  const uint32_t count = reader.Big32();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const std::string_view name = reader.Text();
    AddTo(counts, name, reader.Signed64());
  }
}

}  // namespace

Status WriteSnapshot(FileSystem& files, const std::string& directory, const Snapshot& snapshot) {
  std::string payload;
  AppendBig64(&payload, static_cast<uint64_t>(snapshot.base_offset));
  AppendBig64(&payload, static_cast<uint64_t>(snapshot.next_seq));
  AppendBig64(&payload, static_cast<uint64_t>(snapshot.newest_ms));
  AppendText(&payload, snapshot.positions.Encode());
  AppendBig32(&payload, static_cast<uint32_t>(snapshot.keys.size()));
  for (const KeyRecord& record : snapshot.keys) AppendKeyRecord(&payload, record);
  AppendBig32(&payload, static_cast<uint32_t>(snapshot.origins.size()));
  for (const OriginCount& count : snapshot.origins) {
    AppendText(&payload, count.name);
    AppendBig64(&payload, static_cast<uint64_t>(count.records));
  }
  return WriteCheckedFile(files, NumberedPath(directory, snapshot.base_offset, kSnapshotSuffix), kSnapshotMagic,
                          payload);
}

Result<Snapshot> ReadSnapshot(FileSystem& files, const std::string& directory, int64_t base_offset) {
  const std::string path = NumberedPath(directory, base_offset, kSnapshotSuffix);
  auto read = ReadCheckedFile(files, path, kSnapshotMagic);
  auto older = read ? Result<std::string>(Fail(Error::NotFound(path))) : ReadCheckedFile(files, path, kSnapshotMagic01);
  if (!read && !older) return Fail(read.error());
  const std::string payload = std::move(read ? *read : *older);
  ByteReader reader(payload);
  Snapshot snapshot;
  snapshot.base_offset = reader.Signed64();
  snapshot.next_seq = reader.Signed64();
  snapshot.newest_ms = reader.Signed64();
  TR_TRY(snapshot.positions, SourcePositions::Decode(reader.Text()));
  const uint32_t count = reader.Big32();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) snapshot.keys.push_back(ReadKeyRecord(reader));
  if (older) {
    AddTo(&snapshot.origins, "", base_offset);
  } else {
    ReadOriginCounts(reader, &snapshot.origins);
  }
  if (!reader.ok() || reader.left() != 0 || snapshot.base_offset != base_offset) {
    return Fail(Error::Corruption(path + ": not the snapshot its name says"));
  }
  return snapshot;
}

}  // namespace tailrace::log
