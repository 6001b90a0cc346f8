#include "log/synced_file.h"

#include <array>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "log/file_names.h"

namespace tailrace::log {
namespace {

// Two places in two sectors, written in turn: a torn write leaves the other one whole.
constexpr int kSlots = 2;
constexpr int64_t kSlotDistance = 512;
constexpr size_t kSlotBytes = 3 * 8 + 4;

std::string PathOf(const std::string& directory) { return directory + "/" + std::string(kSyncedName); }

std::optional<SyncedPosition> DecodeSlot(std::string_view slot) {
  const uint32_t crc = LoadBig32(slot.data() + kSlotBytes - 4);
  // A file of zeros holds no position; the checksum of zeros is not zero.
  if (crc != Crc32c(slot.substr(0, kSlotBytes - 4))) return std::nullopt;
  ByteReader reader(slot);
  SyncedPosition position;
  position.segment = reader.Signed64();
  position.bytes = reader.Signed64();
  position.end = reader.Signed64();
  return position;
}

}  // namespace

Result<std::unique_ptr<SyncedFile>> SyncedFile::Open(FileSystem& files, const std::string& directory) {
  TR_TRY(auto file, files.Open(PathOf(directory), OpenMode::kCreate));
  return std::unique_ptr<SyncedFile>(new SyncedFile(std::move(file)));
}

Result<std::optional<SyncedPosition>> SyncedFile::Read(FileSystem& files, const std::string& directory) {
  auto file = files.Open(PathOf(directory), OpenMode::kRead);
  if (!file && file.error().code() == ErrorCode::kNotFound) return std::optional<SyncedPosition>();
  if (!file) return Fail(file.error());
  std::optional<SyncedPosition> newest;
  for (int slot = 0; slot < kSlots; ++slot) {
    std::array<char, kSlotBytes> bytes{};
    TR_TRY(const size_t read, (*file)->ReadAt(slot * kSlotDistance, bytes));
    if (read < kSlotBytes) continue;
    const auto position = DecodeSlot({bytes.data(), kSlotBytes});
    if (position && (!newest || position->end > newest->end ||
                     (position->end == newest->end && position->segment > newest->segment))) {
      newest = position;
    }
  }
  return newest;
}

Status SyncedFile::Record(const SyncedPosition& position) {
  std::string bytes;
  AppendBig64(&bytes, static_cast<uint64_t>(position.segment));
  AppendBig64(&bytes, static_cast<uint64_t>(position.bytes));
  AppendBig64(&bytes, static_cast<uint64_t>(position.end));
  AppendBig32(&bytes, Crc32c(bytes));
  const int slot = std::exchange(next_slot_, (next_slot_ + 1) % kSlots);
  return file_->WriteAt(slot * kSlotDistance, bytes);
}

}  // namespace tailrace::log
