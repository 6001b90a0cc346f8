#include "model/schema.h"

#include <array>
#include <charconv>
#include <optional>

#include "model/decimal.h"
#include "model/json_text.h"
#include "model/nearest_name.h"
#include "model/time_format.h"

namespace tailrace {
namespace {

constexpr std::array<std::string_view, 8> kScalarNames = {"int",    "double", "decimal",   "bool",
                                                          "string", "date",   "timestamp", "json"};
constexpr std::array<TypeKind, 8> kScalarKinds = {TypeKind::kInt,       TypeKind::kDouble, TypeKind::kDecimal,
                                                  TypeKind::kBool,      TypeKind::kString, TypeKind::kDate,
                                                  TypeKind::kTimestamp, TypeKind::kJson};

// What other systems call the same thing.
struct Alias {
  std::string_view foreign;
  std::string_view ours;
};
constexpr Alias kAliases[] = {
    {"integer", "int"},         {"bigint", "int"},     {"long", "int"},
    {"int64", "int"},           {"smallint", "int"},   {"float", "double"},
    {"real", "double"},         {"number", "double"},  {"numeric", "decimal(12,2)"},
    {"money", "decimal(12,2)"}, {"text", "string"},    {"varchar", "string"},
    {"str", "string"},          {"char", "string"},    {"boolean", "bool"},
    {"datetime", "timestamp"},  {"time", "timestamp"}, {"object", "json"},
    {"variant", "json"},
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string UnknownType(std::string_view name) {
  std::string message = "there is no type `" + std::string(name) + "`";
  for (const Alias& alias : kAliases) {
    if (name == alias.foreign) return message + " (did you mean " + std::string(alias.ours) + "?)";
  }
  std::string hint = DidYouMean(name, kScalarNames);
  if (!hint.empty()) return message + hint;
  return message + "; types are int, double, decimal(12,2), bool, string, date, timestamp, json";
}

std::optional<int> SmallNumber(std::string_view text) {
  text = Trim(text);
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// `12,2` or `12`. Empty when right, else what is wrong.
std::string SetDecimal(std::string_view argument, Type* type) {
  size_t comma = argument.find(',');
  std::optional<int> width = SmallNumber(argument.substr(0, comma));
  std::optional<int> scale = comma == std::string_view::npos ? 0 : SmallNumber(argument.substr(comma + 1));
  if (!width || !scale) return "decimal wants two numbers, digits in all and after the point: decimal(12,2)";
  if (*width < 1 || *width > kDecimalWidthMax) return "a decimal has 1 to 38 digits in all";
  if (*scale < 0 || *scale > *width) return "a decimal has no more digits after the point than in all";
  type->width = static_cast<uint8_t>(*width);
  type->scale = static_cast<uint8_t>(*scale);
  return {};
}

std::string SetTimeArgument(std::string_view argument, Type* type) {
  if (type->kind == TypeKind::kTimestamp) {
    if (argument == "s") return type->unit = TimeUnit::kSeconds, "";
    if (argument == "ms") return type->unit = TimeUnit::kMillis, "";
    if (argument == "us") return type->unit = TimeUnit::kMicros, "";
  }
  if (argument.find('%') == std::string_view::npos) {
    return type->kind == TypeKind::kDate
               ? "date takes a strptime format: date(%d/%m/%Y)"
               : "timestamp takes a strptime format or a unit: timestamp(%d/%m/%Y %H:%M), timestamp(s), "
                 "timestamp(ms), timestamp(us)";
  }
  auto format = TimeFormat::Compile(argument);
  if (!format) return format.error().message();
  type->format = argument;
  return {};
}

std::string SetArgument(std::string_view name, std::string_view argument, Type* type) {
  if (type->kind == TypeKind::kDecimal) return SetDecimal(argument, type);
  if (type->kind == TypeKind::kDate || type->kind == TypeKind::kTimestamp) return SetTimeArgument(argument, type);
  return "`" + std::string(name) + "` takes nothing in brackets";
}

const char* UnitText(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds: return "s";
    case TimeUnit::kMillis: return "ms";
    case TimeUnit::kMicros: return "us";
    case TimeUnit::kNone: break;
  }
  return "";
}

// Without the `?`.
std::string BareText(const Type& type) {
  switch (type.kind) {
    case TypeKind::kInt: return "int";
    case TypeKind::kDouble: return "double";
    case TypeKind::kDecimal: return "decimal(" + std::to_string(type.width) + "," + std::to_string(type.scale) + ")";
    case TypeKind::kBool: return "bool";
    case TypeKind::kString: return "string";
    case TypeKind::kDate: return type.format.empty() ? "date" : "date(" + type.format + ")";
    case TypeKind::kTimestamp:
      if (type.unit != TimeUnit::kNone) return std::string("timestamp(") + UnitText(type.unit) + ")";
      return type.format.empty() ? "timestamp" : "timestamp(" + type.format + ")";
    case TypeKind::kJson: return "json";
    case TypeKind::kList: return "[" + TypeText(type.fields[0].type) + "]";
    case TypeKind::kMap: return "{\"*\": " + TypeText(type.fields[0].type) + "}";
    case TypeKind::kStruct: break;
  }
  std::string text = "{";
  for (const Field& field : type.fields) {
    if (text.size() > 1) text += ", ";
    text += field.name + ": " + TypeText(field.type);
  }
  return text + "}";
}

// As TypeText, but with the names quoted, so that no two types share a text.
void AppendFingerprint(const Type& type, std::string* out) {
  switch (type.kind) {
    case TypeKind::kStruct:
      *out += "struct(";
      for (const Field& field : type.fields) {
        AppendJsonString(field.name, out);
        *out += ':';
        AppendFingerprint(field.type, out);
        *out += ',';
      }
      *out += ')';
      break;
    case TypeKind::kList:
    case TypeKind::kMap:
      *out += type.kind == TypeKind::kList ? "list(" : "map(";
      AppendFingerprint(type.fields[0].type, out);
      *out += ')';
      break;
    default: *out += BareText(type);
  }
  if (type.nullable) *out += '?';
}

}  // namespace

bool Type::operator==(const Type& other) const {
  return kind == other.kind && nullable == other.nullable && width == other.width && scale == other.scale &&
         unit == other.unit && format == other.format && fields == other.fields;
}

int Schema::FieldIndex(std::string_view name) const {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

bool ParseScalarType(std::string_view text, Type* type, std::string* error) {
  *type = Type{};
  error->clear();
  std::string_view rest = Trim(text);
  if (!rest.empty() && rest.back() == '?') {
    type->nullable = true;
    rest = Trim(rest.substr(0, rest.size() - 1));
  }
  size_t bracket = rest.find('(');
  std::string_view name = Trim(rest.substr(0, bracket));
  size_t index = 0;
  while (index < kScalarNames.size() && kScalarNames[index] != name) ++index;
  if (index == kScalarNames.size()) {
    *error = name.empty() ? "a type is missing" : UnknownType(name);
    return false;
  }
  type->kind = kScalarKinds[index];
  if (bracket == std::string_view::npos) {
    if (type->kind == TypeKind::kDecimal) *error = "decimal wants its digits in all and after the point: decimal(12,2)";
  } else if (rest.back() != ')') {
    *error = "a `)` is missing in `" + std::string(rest) + "`";
  } else {
    *error = SetArgument(name, rest.substr(bracket + 1, rest.size() - bracket - 2), type);
  }
  return error->empty();
}

std::string TypeText(const Type& type) { return BareText(type) + (type.nullable ? "?" : ""); }

std::string TypeExpectation(const Type& type) {
  switch (type.kind) {
    case TypeKind::kStruct: return "an object";
    case TypeKind::kMap: return "an object";
    case TypeKind::kList: return "a list";
    default: return BareText(type);
  }
}

std::string SchemaText(const Schema& schema) {
  std::string text;
  for (const Field& field : schema.fields) {
    AppendJsonString(field.name, &text);
    text += ':';
    AppendFingerprint(field.type, &text);
    text += '\n';
  }
  switch (schema.unknown_fields) {
    case UnknownFields::kReject: return text + "unknown: reject\n";
    case UnknownFields::kDrop: return text + "unknown: drop\n";
    case UnknownFields::kKeep: return text + "unknown: keep\n";
  }
  return text;
}

}  // namespace tailrace
