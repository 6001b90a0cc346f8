#include "engine/letter_entry.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "engine/byte_text.h"
#include "engine/fault_name.h"
#include "engine/json_writer.h"
#include "model/json_tokens.h"

namespace tailrace::engine {
namespace {

constexpr std::string_view kRedriveBegin = R"({"kind":"redrive",)";

// The place of the next \u0000; npos when there is none.
size_t FindNul(std::string_view content) {
  constexpr std::string_view kNul = "\\u0000";
  for (size_t i = content.find('\\'); i < content.size(); i = content.find('\\', i + 2)) {
    if (content.substr(i, kNul.size()) == kNul) return i;
  }
  return std::string_view::npos;
}

// Letters of 0.1.0 hold a NUL of the record's bytes as an escape, which UnescapeJson refuses.
void AppendUnescaped(std::string_view content, std::string* out) {
  constexpr size_t kNulBytes = 6;
  for (size_t nul = FindNul(content); nul != std::string_view::npos; nul = FindNul(content)) {
    (void)UnescapeJson(content.substr(0, nul), out);
    *out += '\0';
    content.remove_prefix(nul + kNulBytes);
  }
  (void)UnescapeJson(content, out);
}

// The members of one flat object; views into its text.
class Members {
 public:
  static Result<Members> Read(std::string_view json, Offset at) {
    Members members;
    const auto broken = [&] { return Fail(Error::Corruption(fmt::format("entry {} of the dead-letter log is not one", at.value))); };
    if (!members.tokens_.Index(json) || members.tokens_.kind(0) != '{') return broken();
    for (size_t i = 1; members.tokens_.kind(i) == '"';) {
      if (members.size_ == members.all_.size()) return broken();
      members.all_[members.size_++] = {members.tokens_.string_content(i), i + 2};
      i += 2;
      // A text may hold a NUL, which the check of values refuses.
      if (members.tokens_.kind(i) == '"') {
        ++i;
      } else if (SkipJsonValue(members.tokens_, &i, 1) != JsonFault::kNone) {
        return broken();
      }
      if (members.tokens_.kind(i) == ',') ++i;
    }
    return members;
  }

  bool Has(std::string_view name) const { return Find(name) != 0; }

  std::string Text(std::string_view name) const {
    std::string text;
    const size_t token = Find(name);
    if (token != 0 && tokens_.kind(token) == '"') AppendUnescaped(tokens_.string_content(token), &text);
    return text;
  }

  int64_t Int(std::string_view name, int64_t otherwise) const {
    const size_t token = Find(name);
    if (token == 0) return otherwise;
    const std::string_view digits = tokens_.token(token);
    int64_t value = otherwise;
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }

 private:
  struct Member {
    std::string_view name;
    size_t token = 0;
  };

  size_t Find(std::string_view name) const {
    for (size_t i = 0; i < size_; ++i) {
      if (all_[i].name == name) return all_[i].token;
    }
    return 0;
  }

  static constexpr size_t kMembersMax = 40;  // more than any version has written
  JsonTokens tokens_;
  std::array<Member, kMembersMax> all_;
  size_t size_ = 0;
};

LetterKind KindOf(const Members& members) {
  const std::string kind = members.Text("kind");
  if (kind == "redrive") return LetterKind::kRedrive;
  if (kind == "settled") return LetterKind::kSettled;
  return kind == "resumed" ? LetterKind::kResumed : LetterKind::kLetter;
}

Stage StageOf(std::string_view name) {
  return name == "decode" ? Stage::kDecode : name == "table" ? Stage::kTable : name == "document" ? Stage::kDocument : Stage::kSchema;
}

// Letters written before they had names: by their place, and those of a request by their place in the dead-letter log.
std::string NameOf(const Members& members, Offset at) {
  if (members.Has("name")) return members.Text("name");
  DeadLetter letter;
  letter.stage = StageOf(members.Text("stage"));
  letter.stream = members.Text("stream");
  letter.materialization = members.Text("materialization");
  if (members.Has("partition")) {
    letter.partition = PartitionId{static_cast<int32_t>(members.Int("partition", 0))};
    letter.offset = Offset{members.Int("offset", 0)};
    return DeadLetterName(letter);
  }
  letter.source = members.Text("source");
  letter.item = members.Text("item");
  letter.place = members.Int("place", -1);
  return letter.source.empty() || letter.item.empty() ? fmt::format("letter/{}/{}", letter.stream, at.value) : DeadLetterName(letter);
}

std::string FaultOf(const Members& members) {
  return members.Has("fault") ? members.Text("fault") : FaultName(members.Text("pointer"), members.Text("reason"));
}

std::optional<Offset> OffsetOf(const Members& members, std::string_view name) {
  if (!members.Has(name)) return std::nullopt;
  return Offset{members.Int(name, 0)};
}

std::string RawOf(const Members& members) {
  if (members.Has("raw")) return members.Text("raw");
  return FromBase64(members.Text("raw_base64")).value_or("");
}

}  // namespace

bool IsRedriveEntry(std::string_view json) { return json.substr(0, kRedriveBegin.size()) == kRedriveBegin; }

bool IsGapEntry(std::string_view json) { return json.starts_with('"'); }

Result<LetterHead> ParseLetterHead(std::string_view json, Offset at) {
  TR_TRY(const Members members, Members::Read(json, at));
  LetterHead head;
  head.kind = KindOf(members);
  head.time_ms = members.Int("time_ms", 0);
  if (head.kind == LetterKind::kResumed) return head;
  head.name = NameOf(members, at);
  head.answers = Offset{members.Int("letter", -1)};
  head.in_log = members.Has("partition");
  if (head.kind != LetterKind::kLetter) return head;
  head.fault = FaultOf(members);
  head.stage = members.Text("stage");
  head.materialization = members.Text("materialization");
  head.redrive = OffsetOf(members, "redrive");
  return head;
}

Result<LetterEntry> ParseLetterEntry(std::string_view json, Offset at) {
  TR_TRY(const Members members, Members::Read(json, at));
  LetterEntry entry;
  entry.kind = KindOf(members);
  entry.time_ms = members.Int("time_ms", 0);
  entry.answers = Offset{members.Int("letter", -1)};
  entry.fault = FaultOf(members);
  DeadLetter& letter = entry.letter;
  letter.stage = StageOf(members.Text("stage"));
  letter.materialization = members.Text("materialization");
  letter.stream = members.Text("stream");
  letter.raw = RawOf(members);
  letter.record = members.Text("record");
  letter.pointer = members.Text("pointer");
  letter.reason = members.Text("reason");
  letter.schema = members.Text("schema");
  letter.source = members.Text("source");
  letter.item = members.Text("item");
  letter.place = members.Int(members.Has("index") ? "index" : "place", -1);
  letter.line = members.Int("line", 0);
  letter.request = members.Text("request");
  if (members.Has("partition")) {
    letter.partition = PartitionId{static_cast<int32_t>(members.Int("partition", 0))};
    letter.offset = Offset{members.Int("offset", 0)};
    letter.seq = Seq{members.Int("seq", 0)};
    letter.ingested_at_ms = members.Int("ingested_at_ms", 0);
  }
  letter.redrive = OffsetOf(members, "redrive");
  letter.name = NameOf(members, at);
  return entry;
}

std::string RedriveJson(const LetterEntry& entry) {
  const DeadLetter& letter = entry.letter;
  JsonObjectWriter json;
  json.Text("kind", "redrive").Int("letter", entry.answers.value).Text("name", DeadLetterName(letter));
  json.Text("stage", StageName(letter.stage)).Text("stream", letter.stream);
  if (!letter.materialization.empty()) json.Text("materialization", letter.materialization);
  WritePlace(json, letter);
  json.Int("time_ms", entry.time_ms).Text("raw", letter.raw);
  return json.Finish();
}

std::string SettledJson(std::string_view stream, std::string_view name, WallTime now) {
  JsonObjectWriter json;
  json.Text("kind", "settled").Text("name", name).Text("stream", stream).Int("time_ms", now.millis());
  return json.Finish();
}

std::string ResumedJson(std::string_view stream, WallTime now) {
  JsonObjectWriter json;
  json.Text("kind", "resumed").Text("stream", stream).Int("time_ms", now.millis());
  return json.Finish();
}

}  // namespace tailrace::engine
