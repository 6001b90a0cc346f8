// What is read of the lake: manifests, cuts, names and lines of raw files, packed files, and the log of a Delta table. Each is what was
// written, or is refused as damaged; a manifest that was read can be written on; the state of a table is the same when it is read again.
//
// The first byte says which of them the rest is.
#include <string>
#include <vector>

#include "fuzz.h"
#include "lake/delta_log.h"
#include "lake/raw_file.h"
#include "lake/raw_line.h"
#include "lake/raw_manifest.h"
#include "ports/testing/fake_object_store.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 256 << 10;
constexpr int64_t kHour = 498'728;
constexpr size_t kLinesMax = 10'000;

void RequireDamage(const Error& error) { Require(error.code() == ErrorCode::kCorruption, "what cannot be read is named as damaged"); }

void Manifest(std::string_view text) {
  FakeObjectStore objects;
  objects.Damage(lake::HourFolder("sales", kHour) + "_manifest.json", std::string(text));
  const auto files = lake::ReadRawManifest(objects, "sales", kHour);
  if (!files) return RequireDamage(files.error());
  lake::RawFile more;
  more.cut = {PartitionId{0}, Offset{7}, Offset{9}, kHour};
  more.sha256 = "ab";
  Require(lake::AddToRawManifest(objects, "sales", more).has_value(), "a file can be added");
  const auto again = lake::ReadRawManifest(objects, "sales", kHour);
  Require(again.has_value() && again->size() <= files->size() + 1, "what was written can be read");
}

void Cut(std::string_view text) {
  FakeObjectStore objects;
  objects.Damage("raw/sales/_cuts/0.json", std::string(text));
  const auto cut = lake::ReadRawCut(objects, "sales", PartitionId{0});
  if (!cut) return RequireDamage(cut.error());
  Require(cut->has_value() && (*cut)->first <= (*cut)->last, "a cut holds a record");
  Require(lake::WriteRawCut(objects, "sales", **cut).has_value(), "a cut can be written");
  const auto again = lake::ReadRawCut(objects, "sales", PartitionId{0});
  Require(again.has_value() && *again == *cut, "and is the same again");
}

void Name(std::string_view text) {
  const auto cut = lake::ParseRawObjectName("sales", text);
  if (cut) RequireSame(lake::RawObjectName("sales", *cut), text, "a name is that of its cut");
}

void Line(std::string_view text) {
  const auto line = lake::ParseRawLine(text);
  if (!line) return RequireDamage(line.error());
  std::string written;
  LogRecord record{Offset{line->offset}, Seq{line->seq}, std::nullopt, line->value};
  if (line->key) record.key = *line->key;
  lake::AppendRawLine(record, line->timestamp_ms, &written);
  const auto again = lake::ParseRawLine(std::string_view(written).substr(0, written.size() - 1));
  Require(again.has_value() && again->offset == line->offset && again->seq == line->seq, "a line written again is read again");
  RequireSame(again->value, line->value, "with the same record");
  RequireSame(again->key.value_or("-"), line->key.value_or("-"), "and the same key");
}

void Packed(std::string_view bytes) {
  lake::RawFileReader reader(std::string(bytes), "a file");
  for (size_t lines = 0; lines < kLinesMax; ++lines) {
    const auto line = reader.Next();
    if (!line) return RequireDamage(line.error());
    if (!*line) return;
  }
}

void Actions(std::string_view text) {
  lake::DeltaState state;
  if (!lake::ApplyActions(text, &state)) return;
  const std::string written = lake::StateText(state);
  lake::DeltaState again;
  const Status applied = lake::ApplyActions(written, &again);
  Require(applied.has_value(), "a state that was written is read");
  RequireSame(lake::StateText(again), written, "a state written again is the same");
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  switch (choices.Byte() % 6) {
    case 0: return Manifest(choices.rest());
    case 1: return Cut(choices.rest());
    case 2: return Name(choices.rest());
    case 3: return Line(choices.rest());
    case 4: return Packed(choices.rest());
    default: return Actions(choices.rest());
  }
}

}  // namespace tailrace::fuzz
