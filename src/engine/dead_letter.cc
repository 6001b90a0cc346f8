#include "engine/dead_letter.h"

#include <fmt/format.h>

#include <array>

#include "config/fingerprint.h"
#include "engine/append_call.h"
#include "engine/byte_text.h"
#include "engine/fault_name.h"
#include "engine/letter_index.h"

namespace tailrace::engine {
std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kDecode: return "decode";
    case Stage::kSchema: return "schema";
    case Stage::kTable: return "table";
    case Stage::kDocument: return "document";
  }
  return "decode";
}

std::string DeadLetterName(const DeadLetter& letter) {
  if (!letter.name.empty()) return letter.name;
  if (letter.partition) {
    return fmt::format("{}/{}/{}/{}/{}", StageName(letter.stage), letter.materialization, letter.stream,
                       letter.partition->value, letter.offset.value);
  }
  if (!letter.request.empty()) return fmt::format("request/{}/{}/{}", letter.stream, letter.request, letter.place);
  return fmt::format("source/{}/{}/{}/{}", letter.stream, letter.source, letter.item_id.empty() ? letter.item : letter.item_id,
                     letter.place);
}

std::string DeadLetterKey(const DeadLetter& letter) {
  const std::string name = DeadLetterName(letter);
  return letter.redrive ? fmt::format("{}#{}", name, letter.redrive->value) : name;
}

void WritePlace(JsonObjectWriter& json, const DeadLetter& letter) {
  if (letter.partition) {
    json.Int("partition", letter.partition->value).Int("offset", letter.offset.value).Int("seq", letter.seq.value);
    json.Int("ingested_at_ms", letter.ingested_at_ms);
  }
  if (!letter.source.empty()) json.Text("source", letter.source);
  if (!letter.request.empty()) {
    json.Text("request", letter.request).Int("index", letter.place).Int("line", letter.line);
  } else if (!letter.source.empty()) {
    json.Text("item", letter.item).Int("place", letter.place).Int("line", letter.line);
  }
}

namespace {

// A reason may quote what was found, which is no text always: then what JSON cannot hold is shown as such.
std::string Shown(const std::string& text) {
  if (IsUtf8(text)) return text;
  std::string shown;
  for (const char c : text) shown += c > 0 ? std::string(1, c) : std::string("\uFFFD");
  return shown;
}

}  // namespace

std::string DeadLetterJson(const DeadLetter& letter, WallTime now) {
  JsonObjectWriter json;
  json.Text("stage", StageName(letter.stage)).Text("stream", letter.stream);
  if (!letter.materialization.empty()) json.Text("materialization", letter.materialization);
  json.Text("name", DeadLetterName(letter));
  if (letter.redrive) json.Int("redrive", letter.redrive->value);
  const std::string pointer = Shown(letter.pointer), reason = Shown(letter.reason);
  if (!pointer.empty()) json.Text("pointer", pointer);
  json.Text("reason", reason).Text("fault", Shown(FaultName(pointer, reason))).Int("time_ms", now.millis());
  if (!letter.schema.empty()) json.Text("schema", letter.schema);
  WritePlace(json, letter);
  if (IsUtf8(letter.raw)) {
    json.Text("raw", letter.raw);
  } else {
    json.Text("raw_base64", Base64(letter.raw));
  }
  if (!letter.record.empty() && letter.record != letter.raw) json.Text("record", letter.record);
  return json.Finish();
}

std::string SchemaFingerprint(const Schema& schema) {
  std::string text = config::Fingerprint({config::SchemaFingerprintText(schema), std::to_string(static_cast<int>(schema.unknown_fields))});
  constexpr size_t kDigits = 16;
  return text.substr(text.size() - kDigits);
}

DeadLetterWriter::DeadLetterWriter(EventLog& log, Clock& clock,
                                   std::function<std::optional<LetterStream>(std::string_view)> stream_of)
    : log_(log), clock_(clock), stream_of_(std::move(stream_of)) {}

Status DeadLetterWriter::Write(const std::vector<DeadLetter>& letters, const SourcePosition* position, const Origin* origin) {
  if (letters.empty()) return {};
  const auto stream = stream_of_(letters.front().stream);
  if (!stream) return Fail(Error::Internal("no dead-letter stream for " + letters.front().stream));
  return position != nullptr ? WriteTogether(*stream, letters, *position, origin) : WriteByName(*stream, letters);
}

Status DeadLetterWriter::WriteTogether(const LetterStream& stream, const std::vector<DeadLetter>& letters, const SourcePosition& position,
                                       const Origin* origin) {
  const WallTime now = clock_.Now();
  std::vector<std::string> values;
  values.reserve(letters.size());
  for (const DeadLetter& letter : letters) values.push_back(JsonOf(stream, letter, now));
  std::vector<NewRecord> records;
  records.reserve(letters.size());
  for (size_t i = 0; i < letters.size(); ++i) {
    records.push_back({values[i], std::nullopt, letters[i].line > 0 ? letters[i].line : letters[i].place});
  }
  AppendRequest request;
  request.stream = stream.id;
  request.records = records;
  request.position = &position;
  request.origin = origin;
  if (auto appended = AppendAndWait(log_, request); !appended) return Fail(appended.error());
  return {};
}

std::string DeadLetterWriter::JsonOf(const LetterStream& stream, const DeadLetter& letter, WallTime now) const {
  if (!letter.schema.empty() || stream.schema.empty()) return DeadLetterJson(letter, now);
  DeadLetter complete = letter;
  complete.schema = stream.schema;
  return DeadLetterJson(complete, now);
}

Status DeadLetterWriter::WriteByName(const LetterStream& stream, const std::vector<DeadLetter>& letters) {
  // The log forgets a name after a while; a rebuild may come long after that.
  if (stream.index != nullptr) TR_RETURN_IF_ERROR(stream.index->Refresh());
  const WallTime now = clock_.Now();
  std::vector<NamedValue> values;
  for (const DeadLetter& letter : letters) {
    const LetterVerdict verdict = stream.index != nullptr ? stream.index->Judge(letter) : LetterVerdict{false, DeadLetterKey(letter)};
    if (!verdict.known) values.push_back({verdict.key, JsonOf(stream, letter, now)});
  }
  return AppendEach(log_, stream.id, values);
}

}  // namespace tailrace::engine
