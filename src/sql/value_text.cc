#include "sql/value_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "model/decimal.h"
#include "model/json_text.h"
#include "sql/duckdb_internal.h"
#include "sql/text_format.h"
#include "sql/value_text_nested.h"

namespace tailrace::sql {
namespace {

std::string_view TextOf(const duckdb_string_t& text) {
  // The C API's accessor wants a mutable pointer and changes nothing.
  auto* mutable_text = const_cast<duckdb_string_t*>(&text);
  return {duckdb_string_t_data(mutable_text), duckdb_string_t_length(text)};
}

template <typename T, void (*Append)(T, std::string*)>
class PlainText final : public ValueText {
 protected:
  void AppendValue(idx_t row, std::string* out) const override { Append(static_cast<const T*>(data_)[row], out); }
};

// A text in quotes that needs no escapes.
template <typename T, void (*Append)(T, std::string*)>
class QuotedText final : public ValueText {
 public:
  void AppendPlain(idx_t row, std::string* out) const override { Append(static_cast<const T*>(data_)[row], out); }

 protected:
  void AppendValue(idx_t row, std::string* out) const override {
    out->push_back('"');
    AppendPlain(row, out);
    out->push_back('"');
  }
};

class StringText final : public ValueText {
 public:
  void AppendPlain(idx_t row, std::string* out) const override { out->append(At(row)); }

 protected:
  void AppendValue(idx_t row, std::string* out) const override { AppendJsonString(At(row), out); }

 private:
  std::string_view At(idx_t row) const { return TextOf(static_cast<const duckdb_string_t*>(data_)[row]); }
};

// Is JSON already.
class JsonText final : public ValueText {
 protected:
  void AppendValue(idx_t row, std::string* out) const override {
    out->append(TextOf(static_cast<const duckdb_string_t*>(data_)[row]));
  }
};

void AppendBlob(duckdb_string_t value, std::string* out) { AppendBase64(TextOf(value), out); }

// First byte: how many of the leading bits of the second are not used.
void AppendBits(duckdb_string_t value, std::string* out) {
  constexpr size_t kBitsOfByte = 8;
  std::string_view bytes = TextOf(value);
  if (bytes.empty()) return;
  for (size_t bit = static_cast<unsigned char>(bytes[0]); bit < (bytes.size() - 1) * kBitsOfByte; ++bit) {
    unsigned byte = static_cast<unsigned char>(bytes[1 + bit / kBitsOfByte]);
    out->push_back((byte >> (kBitsOfByte - 1 - bit % kBitsOfByte)) & 1U ? '1' : '0');
  }
}

Int128 Wide(duckdb_hugeint value) {
  return (static_cast<Int128>(value.upper) << 64) | static_cast<Int128>(value.lower);
}

void AppendHuge(duckdb_hugeint value, std::string* out) { AppendInt128(Wide(value), out); }

void AppendUnsignedHuge(duckdb_uhugeint value, std::string* out) {
  AppendUInt128((static_cast<UInt128>(value.upper) << 64) | value.lower, out);
}

void AppendBool(bool value, std::string* out) { out->append(value ? "true" : "false"); }

template <typename T>
void AppendInteger(T value, std::string* out) {
  std::array<char, 24> digits;
  auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out->append(digits.data(), end);
}

template <typename T, NonFinite kNonFinite>
void AppendFloating(T value, std::string* out) {
  if (!std::isfinite(value)) {
    out->append(kNonFinite == NonFinite::kNull ? "null" : "\"not a number\"");
    return;
  }
  std::array<char, 32> digits;
  auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out->append(digits.data(), end);
}

// UUIDs are kept with their first bit turned, so that they sort as numbers.
void AppendUuid(duckdb_hugeint value, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  const uint64_t halves[2] = {static_cast<uint64_t>(value.upper) ^ (uint64_t{1} << 63U), value.lower};
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) out->push_back('-');
    out->push_back(kHex[(halves[digit / 16] >> (60 - 4 * (digit % 16))) & 15U]);
  }
}

void AppendInterval(duckdb_interval value, std::string* out) {
  AppendIsoDuration(value.months, value.days, value.micros, out);
}

// The upper 40 bits are micros of the day, the lower 24 tell the offset, counted down from its largest.
void AppendTimeTz(duckdb_time_tz value, std::string* out) {
  const duckdb_time_tz_struct parts = duckdb_from_time_tz(value);
  const auto& time = parts.time;
  constexpr int64_t kMicros = 1'000'000;
  AppendTimeOfDay((time.hour * 3600LL + time.min * 60LL + time.sec) * kMicros + time.micros, kMicros, out);
  AppendUtcOffset(parts.offset, out);
}

void AppendTime(duckdb_time value, std::string* out) { AppendTimeOfDay(value.micros, 1'000'000, out); }
void AppendTimeNanos(duckdb_time_ns value, std::string* out) { AppendTimeOfDay(value.nanos, 1'000'000'000, out); }
void AppendDate(int32_t days, std::string* out) { AppendIsoDate(days, out); }
void AppendSeconds(int64_t value, std::string* out) { AppendRfc3339(value, 1, out); }
void AppendMillis(int64_t value, std::string* out) { AppendRfc3339(value, 1'000, out); }
void AppendMicros(int64_t value, std::string* out) { AppendRfc3339(value, 1'000'000, out); }
void AppendNanos(int64_t value, std::string* out) { AppendRfc3339(value, 1'000'000'000, out); }

class DecimalText final : public ValueText {
 public:
  DecimalText(duckdb_type stored, int scale) : stored_(stored), scale_(scale) {}

 protected:
  void AppendValue(idx_t row, std::string* out) const override { tailrace::AppendDecimal(Unscaled(row), scale_, out); }

 private:
  Int128 Unscaled(idx_t row) const {
    switch (stored_) {
      case DUCKDB_TYPE_SMALLINT:
        return static_cast<const int16_t*>(data_)[row];
      case DUCKDB_TYPE_INTEGER:
        return static_cast<const int32_t*>(data_)[row];
      case DUCKDB_TYPE_BIGINT:
        return static_cast<const int64_t*>(data_)[row];
      default:
        return Wide(static_cast<const duckdb_hugeint*>(data_)[row]);
    }
  }

  duckdb_type stored_;
  int scale_;
};

class EnumText final : public ValueText {
 public:
  explicit EnumText(duckdb_logical_type type) : stored_(duckdb_enum_internal_type(type)) {
    for (idx_t i = 0; i < duckdb_enum_dictionary_size(type); ++i) {
      names_.emplace_back(TextHandle(duckdb_enum_dictionary_value(type, i)).get());
    }
  }
  void AppendPlain(idx_t row, std::string* out) const override { out->append(names_[Index(row)]); }

 protected:
  void AppendValue(idx_t row, std::string* out) const override { AppendJsonString(names_[Index(row)], out); }

 private:
  size_t Index(idx_t row) const {
    switch (stored_) {
      case DUCKDB_TYPE_UTINYINT:
        return static_cast<const uint8_t*>(data_)[row];
      case DUCKDB_TYPE_USMALLINT:
        return static_cast<const uint16_t*>(data_)[row];
      default:
        return static_cast<const uint32_t*>(data_)[row];
    }
  }

  duckdb_type stored_;
  std::vector<std::string> names_;
};

class NullText final : public ValueText {
 protected:
  void AppendValue(idx_t, std::string* out) const override { out->append("null"); }
};

template <typename T>
std::unique_ptr<ValueText> MakeInteger() {
  return std::make_unique<PlainText<T, &AppendInteger<T>>>();
}

template <typename T>
std::unique_ptr<ValueText> MakeFloating(NonFinite non_finite) {
  if (non_finite == NonFinite::kText) return std::make_unique<PlainText<T, &AppendFloating<T, NonFinite::kText>>>();
  return std::make_unique<PlainText<T, &AppendFloating<T, NonFinite::kNull>>>();
}

std::unique_ptr<ValueText> MakeNumber(duckdb_type type, NonFinite non_finite) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      return std::make_unique<PlainText<bool, &AppendBool>>();
    case DUCKDB_TYPE_TINYINT:
      return MakeInteger<int8_t>();
    case DUCKDB_TYPE_SMALLINT:
      return MakeInteger<int16_t>();
    case DUCKDB_TYPE_INTEGER:
      return MakeInteger<int32_t>();
    case DUCKDB_TYPE_BIGINT:
      return MakeInteger<int64_t>();
    case DUCKDB_TYPE_UTINYINT:
      return MakeInteger<uint8_t>();
    case DUCKDB_TYPE_USMALLINT:
      return MakeInteger<uint16_t>();
    case DUCKDB_TYPE_UINTEGER:
      return MakeInteger<uint32_t>();
    case DUCKDB_TYPE_UBIGINT:
      return MakeInteger<uint64_t>();
    case DUCKDB_TYPE_HUGEINT:
      return std::make_unique<PlainText<duckdb_hugeint, &AppendHuge>>();
    case DUCKDB_TYPE_UHUGEINT:
      return std::make_unique<PlainText<duckdb_uhugeint, &AppendUnsignedHuge>>();
    case DUCKDB_TYPE_FLOAT:
      return MakeFloating<float>(non_finite);
    case DUCKDB_TYPE_DOUBLE:
      return MakeFloating<double>(non_finite);
    default:
      return nullptr;
  }
}

std::unique_ptr<ValueText> MakeTime(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_DATE:
      return std::make_unique<QuotedText<int32_t, &AppendDate>>();
    case DUCKDB_TYPE_TIME:
      return std::make_unique<QuotedText<duckdb_time, &AppendTime>>();
    case DUCKDB_TYPE_TIME_NS:
      return std::make_unique<QuotedText<duckdb_time_ns, &AppendTimeNanos>>();
    case DUCKDB_TYPE_TIME_TZ:
      return std::make_unique<QuotedText<duckdb_time_tz, &AppendTimeTz>>();
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return std::make_unique<QuotedText<int64_t, &AppendMicros>>();
    case DUCKDB_TYPE_TIMESTAMP_S:
      return std::make_unique<QuotedText<int64_t, &AppendSeconds>>();
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return std::make_unique<QuotedText<int64_t, &AppendMillis>>();
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return std::make_unique<QuotedText<int64_t, &AppendNanos>>();
    case DUCKDB_TYPE_INTERVAL:
      return std::make_unique<QuotedText<duckdb_interval, &AppendInterval>>();
    default:
      return nullptr;
  }
}

std::unique_ptr<ValueText> MakeText(duckdb_logical_type type) {
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_VARCHAR: {
      TextHandle alias(duckdb_logical_type_get_alias(type));
      if (alias && std::string_view(alias.get()) == "JSON") return std::make_unique<JsonText>();
      return std::make_unique<StringText>();
    }
    case DUCKDB_TYPE_BLOB:
      return std::make_unique<QuotedText<duckdb_string_t, &AppendBlob>>();
    case DUCKDB_TYPE_BIT:
      return std::make_unique<QuotedText<duckdb_string_t, &AppendBits>>();
    case DUCKDB_TYPE_UUID:
      return std::make_unique<QuotedText<duckdb_hugeint, &AppendUuid>>();
    case DUCKDB_TYPE_ENUM:
      return std::make_unique<EnumText>(type);
    case DUCKDB_TYPE_DECIMAL:
      return std::make_unique<DecimalText>(duckdb_decimal_internal_type(type), duckdb_decimal_scale(type));
    case DUCKDB_TYPE_SQLNULL:
      return std::make_unique<NullText>();
    default:
      return nullptr;
  }
}

}  // namespace

void ValueText::Attach(duckdb_vector vector) {
  vector_ = vector;
  data_ = duckdb_vector_get_data(vector);
  validity_ = duckdb_vector_get_validity(vector);
}

Result<std::unique_ptr<ValueText>> MakeValueText(duckdb_logical_type type, NonFinite non_finite) {
  const duckdb_type id = duckdb_get_type_id(type);
  if (auto number = MakeNumber(id, non_finite)) return number;
  if (auto time = MakeTime(id)) return time;
  if (auto text = MakeText(type)) return text;
  TR_TRY(std::unique_ptr<ValueText> nested, MakeNestedText(type, non_finite));
  if (nested != nullptr) return nested;
  return Fail(Error::Invalid("a value of type " + TypeName(type) + " has no JSON text: cast it to VARCHAR"));
}

}  // namespace tailrace::sql
