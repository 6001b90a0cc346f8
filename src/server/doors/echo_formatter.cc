#include "server/doors/echo_formatter.h"

#include <optional>

#include "model/json_text.h"
#include "model/json_tokens.h"
#include "model/times.h"
#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

// Keeps the one time in a record of one field.
class TimeCatcher final : public RowSink, private ValueSink {
 public:
  std::optional<int64_t> micros() const { return micros_; }

  void BeginRow() override { micros_.reset(); }
  ValueSink& Column(size_t) override { return *this; }
  void CommitRow() override {}
  void AbandonRow() override { micros_.reset(); }

 private:
  void Null() override {}
  void Bool(bool) override {}
  void Int(int64_t) override {}
  void Double(double) override {}
  void Decimal(Int128) override {}
  void String(std::string_view) override {}
  void Date(int32_t days) override { micros_ = days * kMicrosPerDay; }
  void Timestamp(int64_t micros) override { micros_ = micros; }
  ValueSink& Field(size_t) override { return *this; }
  ValueSink& Element() override { return *this; }
  ValueSink& Entry(std::string_view) override { return *this; }
  void End() override {}

  std::optional<int64_t> micros_;
};

std::string Unescaped(std::string_view content) {
  std::string text;
  return UnescapeJson(content, &text) == JsonFault::kNone ? text : std::string();
}

}  // namespace

Result<std::shared_ptr<const EchoFormatter>> EchoFormatter::Compile(const Schema& schema, const config::EchoReply& echo) {
  std::shared_ptr<EchoFormatter> formatter(new EchoFormatter);
  formatter->field_ = echo.field;
  for (const auto& [name, format] : echo.formats) {
    const int index = schema.FieldIndex(name);
    if (index < 0) return Fail(Error::Invalid("reply: there is no field " + name + " to format"));
    const Field& field = schema.fields[static_cast<size_t>(index)];
    if (field.type.kind != TypeKind::kDate && field.type.kind != TypeKind::kTimestamp) {
      return Fail(Error::Invalid("reply: field " + name + " is neither a date nor a timestamp, so it has no format"));
    }
    TR_TRY(TimeFormat compiled, TimeFormat::Compile(format));
    Schema alone;
    alone.fields = {field};
    TR_TRY(RecordDecoder decoder, RecordDecoder::Compile(alone, ""));
    formatter->formatted_.push_back({name, std::move(decoder), std::move(compiled)});
  }
  return std::shared_ptr<const EchoFormatter>(std::move(formatter));
}

std::string EchoFormatter::Reply(std::string_view body) const {
  std::string out;
  if (!field_.empty()) {
    out += '{';
    AppendJsonText(out, field_);
    out += ':';
  }
  const size_t first = body.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && body[first] == '[') {
    out += '[';
    bool separate = false;
    const auto elements = SplitJsonArray(body);
    for (const JsonPart& element : elements.value_or(std::vector<JsonPart>())) {
      if (separate) out += ',';
      separate = true;
      AppendRecord(element.text, out);
    }
    out += ']';
  } else {
    AppendRecord(body, out);
  }
  if (!field_.empty()) out += '}';
  return out;
}

void EchoFormatter::AppendRecord(std::string_view record, std::string& out) const {
  JsonTokens tokens;
  if (formatted_.empty() || !tokens.Index(record) || tokens.kind(0) != '{') {
    out += record;
    return;
  }
  out += '{';
  for (size_t i = 1; tokens.kind(i) == '"';) {
    const size_t name = i;
    const size_t value = i + 2;  // behind the name and its colon
    i = value;
    if (SkipJsonValue(tokens, &i, 1) != JsonFault::kNone) break;
    const std::string_view value_text = JsonSlice(tokens, value, i);
    if (name > 1) out += ',';
    out += tokens.token(name);
    out += ':';
    const std::string field = Unescaped(tokens.string_content(name));
    std::optional<int64_t> micros;
    const FormattedField* formatted = nullptr;
    for (const FormattedField& candidate : formatted_) {
      if (candidate.name == field) formatted = &candidate;
    }
    if (formatted != nullptr) {
      // A copy of the decoder, because one may be used by one thread only.
      RecordDecoder decoder = formatted->decoder.Clone();
      std::string alone = "{" + std::string(tokens.token(name)) + ":" + std::string(value_text) + "}";
      const size_t size = alone.size();
      alone.append(RecordDecoder::kPadding, '\0');
      TimeCatcher catcher;
      if (decoder.Decode(std::string_view(alone).substr(0, size), &catcher)) micros = catcher.micros();
    }
    if (micros) {
      std::string text;
      formatted->format.Append(*micros, &text);
      AppendJsonText(out, text);
    } else {
      out += value_text;
    }
    if (tokens.kind(i) != ',') break;
    ++i;
  }
  out += '}';
}

}  // namespace tailrace::server
