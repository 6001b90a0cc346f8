#include "engine/dead_letter.h"

#include <fmt/format.h>

#include <array>
#include <deque>

#include "engine/append_call.h"
#include "engine/json_writer.h"

namespace tailrace::engine {
namespace {

// Whether a byte string can stand in JSON as it is: well-formed UTF-8.
bool IsUtf8(std::string_view bytes) {
  size_t i = 0;
  while (i < bytes.size()) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    const size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
    if (length == 0 || i + length > bytes.size()) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(bytes[i + k]) & 0xC0) != 0x80) return false;
    }
    const auto second = length > 1 ? static_cast<unsigned char>(bytes[i + 1]) : 0;
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) || (lead == 0xF0 && second < 0x90) ||
        (lead == 0xF4 && second >= 0x90)) {
      return false;
    }
    i += length;
  }
  return true;
}

std::string Base64(std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < left ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k) text += k <= left ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kDecode: return "decode";
    case Stage::kSchema: return "schema";
    case Stage::kTable: return "table";
    case Stage::kDocument: return "document";
  }
  return "decode";
}

std::string DeadLetterKey(const DeadLetter& letter) {
  if (letter.partition) {
    return fmt::format("{}/{}/{}/{}/{}", StageName(letter.stage), letter.materialization, letter.stream,
                       letter.partition->value, letter.offset.value);
  }
  return fmt::format("{}/{}/{}/{}/{}", StageName(letter.stage), letter.stream, letter.source, letter.item, letter.place);
}

std::string DeadLetterJson(const DeadLetter& letter, WallTime now) {
  JsonObjectWriter json;
  json.Text("stage", StageName(letter.stage)).Text("stream", letter.stream);
  if (!letter.materialization.empty()) json.Text("materialization", letter.materialization);
  if (!letter.pointer.empty()) json.Text("pointer", letter.pointer);
  json.Text("reason", letter.reason).Int("time_ms", now.millis());
  if (letter.partition) {
    json.Int("partition", letter.partition->value).Int("offset", letter.offset.value).Int("seq", letter.seq.value);
  }
  if (!letter.source.empty()) {
    json.Text("source", letter.source).Text("item", letter.item).Int("place", letter.place).Int("line", letter.line);
  }
  if (IsUtf8(letter.raw)) {
    json.Text("raw", letter.raw);
  } else {
    json.Text("raw_base64", Base64(letter.raw));
  }
  return json.Finish();
}

DeadLetterWriter::DeadLetterWriter(EventLog& log, Clock& clock,
                                   std::function<std::optional<StreamId>(std::string_view)> stream_of)
    : log_(log), clock_(clock), stream_of_(std::move(stream_of)) {}

Status DeadLetterWriter::Write(const std::vector<DeadLetter>& letters, const SourcePosition* position) {
  if (letters.empty()) return {};
  const auto stream = stream_of_(letters.front().stream);
  if (!stream) return Fail(Error::Internal("no dead-letter stream for " + letters.front().stream));
  return position != nullptr ? WriteTogether(*stream, letters, *position) : WriteByName(*stream, letters);
}

Status DeadLetterWriter::WriteTogether(StreamId stream, const std::vector<DeadLetter>& letters, const SourcePosition& position) {
  const WallTime now = clock_.Now();
  std::vector<std::string> values;
  values.reserve(letters.size());
  for (const DeadLetter& letter : letters) values.push_back(DeadLetterJson(letter, now));
  std::vector<NewRecord> records;
  records.reserve(letters.size());
  for (const std::string& value : values) records.push_back({value, std::nullopt});
  AppendRequest request;
  request.stream = stream;
  request.records = records;
  request.position = &position;
  if (auto appended = AppendAndWait(log_, request); !appended) return Fail(appended.error());
  return {};
}

// One append each, because the key that makes it idempotent belongs to one append; they share group commits.
Status DeadLetterWriter::WriteByName(StreamId stream, const std::vector<DeadLetter>& letters) {
  const WallTime now = clock_.Now();
  std::deque<AppendCall> calls;
  Status outcome;
  const auto settle = [&] {
    for (AppendCall& call : calls) {
      if (auto appended = call.Wait(); !appended && outcome) outcome = Fail(appended.error());
    }
    calls.clear();
  };
  for (const DeadLetter& letter : letters) {
    const std::string value = DeadLetterJson(letter, now);
    const std::string key = DeadLetterKey(letter);
    const std::array records{NewRecord{value, std::nullopt}};
    AppendRequest request;
    request.stream = stream;
    request.records = records;
    request.idempotency_key = key;
    calls.emplace_back();
    Status submitted = calls.back().Submit(log_, request);
    if (!submitted && submitted.error().code() == ErrorCode::kExhausted && calls.size() > 1) {
      calls.pop_back();
      settle();
      submitted = calls.emplace_back().Submit(log_, request);
    }
    if (!submitted) {
      calls.pop_back();
      outcome = submitted;
    }
    if (!outcome) break;
  }
  settle();
  return outcome;
}

}  // namespace tailrace::engine
