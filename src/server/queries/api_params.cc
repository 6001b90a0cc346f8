#include "server/queries/api_params.h"

#include <utility>

#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

// Keeps the number of a record of one field, whatever its kind.
class NumberCatcher final : public RowSink, private ValueSink {
 public:
  Int128 whole() const { return whole_; }
  double real() const { return real_; }

  void BeginRow() override {}
  ValueSink& Column(size_t) override { return *this; }
  void CommitRow() override {}
  void AbandonRow() override {}

 private:
  void Null() override {}
  void Bool(bool value) override { whole_ = value ? 1 : 0; }
  void Int(int64_t value) override { whole_ = value; }
  void Double(double value) override { real_ = value; }
  void Decimal(Int128 unscaled) override { whole_ = unscaled; }
  void String(std::string_view) override {}
  void Date(int32_t days) override { whole_ = days; }
  void Timestamp(int64_t micros) override { whole_ = micros; }
  ValueSink& Field(size_t) override { return *this; }
  ValueSink& Element() override { return *this; }
  ValueSink& Entry(std::string_view) override { return *this; }
  void End() override {}

  Int128 whole_ = 0;
  double real_ = 0;
};

}  // namespace

// Only one of the two is set, by the kind of the type.
bool ApiParam::IsLess(const Value& a, const Value& b) { return a.whole < b.whole || a.real < b.real; }

Result<ApiParam> ApiParam::Compile(const config::ParamSpec& spec) {
  Schema alone;
  alone.fields = {Field{spec.name, spec.type}};
  TR_TRY(RecordDecoder decoder, RecordDecoder::Compile(alone, spec.name));
  ApiParam param(spec, std::move(decoder));
  if (spec.min) {
    TR_TRY(param.min_, param.Decode(*spec.min));
  }
  if (spec.max) {
    TR_TRY(param.max_, param.Decode(*spec.max));
  }
  if (spec.default_value) {
    TR_RETURN_IF_ERROR(param.Decode(*spec.default_value));
  }
  return param;
}

// The parameter is read as if it were a field of CSV: its text, by the rules of its type.
Result<ApiParam::Value> ApiParam::Decode(std::string_view text) const {
  std::string record = "{";
  AppendJsonText(record, spec_.name);
  record += ':';
  AppendJsonText(record, text);
  record += '}';
  const size_t size = record.size();
  record.append(RecordDecoder::kPadding, '\0');
  RecordDecoder decoder = decoder_.Clone();
  NumberCatcher catcher;
  if (auto decoded = decoder.Decode(std::string_view(record).substr(0, size), &catcher); !decoded) {
    return Fail(Error::Invalid(spec_.name + ": " + decoded.error().Reason()));
  }
  return Value{std::string(decoder.key().value_or("")), catcher.whole(), catcher.real()};
}

Result<QueryParameter> ApiParam::Read(const std::optional<std::string>& text) const {
  QueryParameter parameter{spec_.name, "", spec_.type, false};
  const std::optional<std::string>& given = text ? text : spec_.default_value;
  // As in CSV, nothing between two commas is null where the field may be null.
  const bool is_null = given && given->empty() && spec_.type.nullable;
  if (!given || is_null) {
    if (spec_.required && !spec_.type.nullable) return Fail(Error::Invalid("parameter " + spec_.name + " (" + TypeText(spec_.type) + ") is missing"));
    parameter.null = true;
    return parameter;
  }
  TR_TRY(Value value, Decode(*given));
  if (min_ && IsLess(value, *min_)) return Fail(Error::Invalid(spec_.name + ": " + value.canonical + " is less than " + *spec_.min));
  if (max_ && IsLess(*max_, value)) return Fail(Error::Invalid(spec_.name + ": " + value.canonical + " is more than " + *spec_.max));
  parameter.value = std::move(value.canonical);
  return parameter;
}

}  // namespace tailrace::server
