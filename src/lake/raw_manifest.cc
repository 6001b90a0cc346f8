#include "lake/raw_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/crc32c.h"
#include "model/json_text.h"
#include "model/times.h"

namespace tailrace::lake {
namespace {

// An hour has as many files as fit into it; this is some hundred thousand.
constexpr int64_t kManifestBytesMax = int64_t{64} << 20;
constexpr int64_t kCutBytesMax = 4096;
constexpr int64_t kMicrosPerMilli = 1000;

std::string ManifestName(const std::string& stream, int64_t hour) { return HourFolder(stream, hour) + "_manifest.json"; }

std::string CutName(const std::string& stream, PartitionId partition) {
  return fmt::format("{}{}/_cuts/{}.json", kRawFolder, stream, partition.value);
}

std::string TimeText(int64_t timestamp_ms) {
  std::string text;
  AppendRfc3339(timestamp_ms * kMicrosPerMilli, &text);
  return text;
}

constexpr std::string_view kChecksumKey = ",\"crc32c\":";

// Closes an object of ours: behind its other members the CRC-32C of the text up to here.
void CloseWithChecksum(std::string* open_object) {
  const uint32_t checksum = Crc32c(*open_object);
  *open_object += fmt::format("{}{}}}\n", kChecksumKey, checksum);
}

// False: it has a checksum, and not that of its text.
bool HoldsItsChecksum(std::string_view text) {
  const size_t at = text.rfind(kChecksumKey);
  if (at == std::string_view::npos) return true;  // of a version that wrote none
  return text.substr(at) == fmt::format("{}{}}}\n", kChecksumKey, Crc32c(text.substr(0, at)));
}

// Fields of a JSON object of ours; `ok` says whether all were there.
class Fields {
 public:
  explicit Fields(std::string_view json) { ok_ = !document_.Parse(json); }

  int64_t Integer(std::string_view pointer) {
    const auto text = Raw(pointer);
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) ok_ = false;
    return value;
  }
  std::string String(std::string_view pointer) {
    const auto text = Raw(pointer);
    std::string value;
    const bool is_string = text.size() >= 2 && text.front() == '"';
    if (!is_string || UnescapeJson(text.substr(1, text.size() - 2), &value) != JsonFault::kNone) ok_ = false;
    return value;
  }
  int64_t Millis(std::string_view pointer) {
    const auto micros = ParseRfc3339(String(pointer));
    if (!micros) ok_ = false;
    return micros.value_or(0) / kMicrosPerMilli;
  }
  std::string_view Raw(std::string_view pointer) {
    const auto found = ok_ ? document_.Find(pointer) : std::nullopt;
    if (!found) ok_ = false;
    return found.value_or(std::string_view());
  }
  bool ok() const { return ok_; }

 private:
  JsonDocument document_;
  bool ok_ = true;
};

std::string FileJson(const std::string& stream, const RawFile& file) {
  const std::string object = RawObjectName(stream, file.cut);
  return fmt::format(
      R"({{"name":"{}","partition":{},"first":{},"last":{},"records":{},"bytes":{},"first_time":"{}","last_time":"{}","sha256":"{}"}})",
      object.substr(object.rfind('/') + 1), file.cut.partition.value, file.cut.first.value, file.cut.last.value, file.records, file.bytes,
      TimeText(file.first_ms), TimeText(file.last_ms), file.sha256);
}

std::optional<RawFile> ParseFile(std::string_view json, int64_t hour) {
  Fields fields(json);
  RawFile file;
  file.cut = {PartitionId{static_cast<int32_t>(fields.Integer("/partition"))}, Offset{fields.Integer("/first")},
              Offset{fields.Integer("/last")}, hour};
  file.records = fields.Integer("/records");
  file.bytes = fields.Integer("/bytes");
  file.first_ms = fields.Millis("/first_time");
  file.last_ms = fields.Millis("/last_time");
  file.sha256 = fields.String("/sha256");
  if (!fields.ok()) return std::nullopt;
  return file;
}

}  // namespace

Result<std::vector<RawFile>> ReadRawManifest(ObjectStore& objects, const std::string& stream, int64_t hour) {
  const std::string name = ManifestName(stream, hour);
  const auto text = objects.Get(name, kManifestBytesMax);
  std::vector<RawFile> files;
  if (!text && text.error().code() == ErrorCode::kNotFound) return files;
  if (!text) return Fail(text.error());
  Fields manifest(*text);
  const auto list = SplitJsonArray(manifest.Raw("/files"));
  if (!manifest.ok() || !list || !HoldsItsChecksum(*text)) return Fail(Error::Corruption(name + " is damaged"));
  for (const JsonPart& part : *list) {
    const auto file = ParseFile(part.text, hour);
    if (!file) return Fail(Error::Corruption(name + " is damaged"));
    files.push_back(*file);
  }
  return files;
}

Status AddToRawManifest(ObjectStore& objects, const std::string& stream, const RawFile& file) {
  TR_TRY(auto files, ReadRawManifest(objects, stream, file.cut.hour));
  std::erase_if(files, [&](const RawFile& other) { return other.cut == file.cut; });
  files.push_back(file);
  std::sort(files.begin(), files.end(), [](const RawFile& a, const RawFile& b) {
    return std::pair(a.cut.partition, a.cut.first) < std::pair(b.cut.partition, b.cut.first);
  });
  std::string text = "{\"stream\":\"" + stream + "\",\"hour\":\"" + TimeText(file.cut.hour * kMillisPerHour) + "\",\"files\":[";
  for (const RawFile& each : files) text += (&each == &files.front() ? "\n" : ",\n") + FileJson(stream, each);
  text += "\n]";
  CloseWithChecksum(&text);
  return objects.Put(ManifestName(stream, file.cut.hour), text);
}

Result<std::optional<RawCut>> ReadRawCut(ObjectStore& objects, const std::string& stream, PartitionId partition) {
  const std::string name = CutName(stream, partition);
  const auto text = objects.Get(name, kCutBytesMax);
  if (!text && text.error().code() == ErrorCode::kNotFound) return std::nullopt;
  if (!text) return Fail(text.error());
  Fields fields(*text);
  RawCut cut{partition, Offset{fields.Integer("/first")}, Offset{fields.Integer("/last")}, fields.Millis("/hour") / kMillisPerHour};
  if (!fields.ok() || cut.last < cut.first || !HoldsItsChecksum(*text)) return Fail(Error::Corruption(name + " is damaged"));
  return cut;
}

Status WriteRawCut(ObjectStore& objects, const std::string& stream, const RawCut& cut) {
  std::string text = fmt::format(R"({{"first":{},"last":{},"hour":"{}")", cut.first.value, cut.last.value, TimeText(cut.hour * kMillisPerHour));
  CloseWithChecksum(&text);
  return objects.Put(CutName(stream, cut.partition), text);
}

}  // namespace tailrace::lake
