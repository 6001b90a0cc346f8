#include "log/source_positions.h"

#include "base/bytes.h"

namespace tailrace::log {

void SourcePositions::Put(PlacedPosition placed) {
  auto [found, added] = placed_.try_emplace({placed.position.source, placed.position.item});
  if (added || placed.at >= found->second.at) found->second = std::move(placed);
}

void SourcePositions::Merge(const SourcePositions& other) {
  for (const auto& [name, placed] : other.placed_) {
    const auto found = placed_.find(name);
    // A mark at the end of the partition is older than a record that was appended there afterwards.
    if (found == placed_.end() || placed.at > found->second.at) placed_[name] = placed;
  }
}

std::optional<SourcePosition> SourcePositions::Find(std::string_view source, std::string_view item) const {
  const auto found = placed_.find(std::pair(std::string(source), std::string(item)));
  if (found == placed_.end()) return std::nullopt;
  return found->second.position;
}

std::string SourcePositions::EncodeHeader(const SourcePosition& position) {
  std::string bytes;
  AppendText(&bytes, position.source);
  AppendText(&bytes, position.item);
  AppendBig64(&bytes, static_cast<uint64_t>(position.next));
  AppendText(&bytes, position.detail);
  return bytes;
}

Result<SourcePosition> SourcePositions::DecodeHeader(std::string_view bytes) {
  ByteReader reader(bytes);
  SourcePosition position;
  position.source = reader.Text();
  position.item = reader.Text();
  position.next = reader.Signed64();
  position.detail = reader.Text();
  if (!reader.ok() || reader.left() != 0) return Fail(Error::Corruption("not a source position"));
  return position;
}

std::string SourcePositions::Encode() const {
  std::string bytes;
  AppendBig32(&bytes, static_cast<uint32_t>(placed_.size()));
  for (const auto& [name, placed] : placed_) {
    AppendBig64(&bytes, static_cast<uint64_t>(placed.at));
    AppendText(&bytes, EncodeHeader(placed.position));
  }
  return bytes;
}

Result<SourcePositions> SourcePositions::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  SourcePositions positions;
  const uint32_t count = reader.Big32();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    PlacedPosition placed;
    placed.at = reader.Signed64();
    TR_TRY(placed.position, DecodeHeader(reader.Text()));
    positions.Put(std::move(placed));
  }
  if (!reader.ok() || reader.left() != 0) return Fail(Error::Corruption("not a list of source positions"));
  return positions;
}

}  // namespace tailrace::log
