#include "app/json_value.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>

#include "server/http/json_out.h"

namespace tailrace::app {
namespace {

using Kind = JsonValue::Kind;

std::string_view Trimmed(std::string_view token) {
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  return token;
}

// Functions below throw simdjson::simdjson_error; ParseJson catches it.
JsonValue Read(simdjson::ondemand::value value, int depth);

JsonValue ReadScalar(simdjson::ondemand::json_type type, std::string_view token) {
  const Kind kind = type == simdjson::ondemand::json_type::number ? Kind::kNumber : Kind::kBool;
  return {.kind = kind, .text = std::string(Trimmed(token)), .items = {}, .members = {}};
}

JsonValue ReadString(std::string_view text) {
  return {.kind = Kind::kString, .text = std::string(text), .items = {}, .members = {}};
}

JsonValue ReadArray(simdjson::ondemand::array array, int depth) {
  JsonValue out{.kind = Kind::kArray, .text = {}, .items = {}, .members = {}};
  for (simdjson::ondemand::value item : array) out.items.push_back(Read(item, depth + 1));
  return out;
}

JsonValue ReadObject(simdjson::ondemand::object object, int depth) {
  JsonValue out{.kind = Kind::kObject, .text = {}, .items = {}, .members = {}};
  for (simdjson::ondemand::field field : object) {
    std::string name(std::string_view(field.unescaped_key()));
    out.members.emplace_back(std::move(name), Read(field.value(), depth + 1));
  }
  return out;
}

JsonValue Read(simdjson::ondemand::value value, int depth) {
  if (depth > kJsonDepthMax) throw simdjson::simdjson_error(simdjson::DEPTH_ERROR);
  const simdjson::ondemand::json_type type = value.type();
  switch (type) {
    case simdjson::ondemand::json_type::array:
      return ReadArray(value.get_array(), depth);
    case simdjson::ondemand::json_type::object:
      return ReadObject(value.get_object(), depth);
    case simdjson::ondemand::json_type::string:
      return ReadString(value.get_string());
    case simdjson::ondemand::json_type::null:
      if (!value.is_null()) throw simdjson::simdjson_error(simdjson::N_ATOM_ERROR);
      return {};
    case simdjson::ondemand::json_type::boolean:
      static_cast<void>(bool(value.get_bool()));
      return ReadScalar(type, value.raw_json_token());
    case simdjson::ondemand::json_type::number:
      return ReadScalar(type, value.raw_json_token());
  }
  return {};
}

// A document that is one scalar is read by wrapping it, as simdjson reads values only inside of something.
JsonValue ReadWrapped(std::string_view json) {
  const std::string wrapped = fmt::format("[{}\n]", json);
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(wrapped);
  simdjson::ondemand::document document = parser.iterate(padded);
  JsonValue list = ReadArray(document.get_array(), -1);
  if (list.items.size() != 1) throw simdjson::simdjson_error(simdjson::TAPE_ERROR);
  return std::move(list.items.front());
}

}  // namespace

const JsonValue* JsonValue::Find(std::string_view name) const {
  for (const auto& [member, value] : members) {
    if (member == name) return &value;
  }
  return nullptr;
}

int64_t JsonValue::Int() const {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int64_t JsonValue::IntOf(std::string_view name) const {
  const JsonValue* found = Find(name);
  return found == nullptr ? 0 : found->Int();
}

std::string_view JsonValue::TextOf(std::string_view name) const {
  const JsonValue* found = Find(name);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

Result<JsonValue> ParseJson(std::string_view json) {
  try {
    return ReadWrapped(json);
  } catch (const simdjson::simdjson_error& error) {
    return Fail(Error::Invalid(fmt::format("not JSON: {}", error.what())));
  }
}

void AppendJson(const JsonValue& value, std::string* out) {
  switch (value.kind) {
    case Kind::kNull:
      *out += "null";
      return;
    case Kind::kBool:
    case Kind::kNumber:
      *out += value.text;
      return;
    case Kind::kString:
      server::AppendJsonText(*out, value.text);
      return;
    case Kind::kArray: {
      *out += '[';
      for (const JsonValue& item : value.items) {
        if (&item != &value.items.front()) *out += ',';
        AppendJson(item, out);
      }
      *out += ']';
      return;
    }
    case Kind::kObject: {
      *out += '{';
      for (const auto& member : value.members) {
        if (&member != &value.members.front()) *out += ',';
        server::AppendJsonText(*out, member.first);
        *out += ':';
        AppendJson(member.second, out);
      }
      *out += '}';
      return;
    }
  }
}

std::string ToJson(const JsonValue& value) {
  std::string out;
  AppendJson(value, &out);
  return out;
}

std::string CellText(const JsonValue& value) {
  if (value.is(Kind::kNull)) return "";
  if (value.is(Kind::kString)) return value.text;
  return ToJson(value);
}

}  // namespace tailrace::app
