#include "documents/json_reader.h"

#include <simdjson.h>

#include <utility>

#include "model/json_text.h"

namespace tailrace::documents {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t SkipDigits(std::string_view text, size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

// RFC 8259, section 6. Checked here because a number of any length is taken, which the library would refuse.
bool IsNumber(std::string_view text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  size_t end = SkipDigits(text, at);
  if (end == at || (text[at] == '0' && end > at + 1)) return false;
  at = end;
  if (at < text.size() && text[at] == '.') {
    end = SkipDigits(text, at + 1);
    if (end == at + 1) return false;
    at = end;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    end = SkipDigits(text, at);
    if (end == at) return false;
    at = end;
  }
  return at == text.size();
}

std::string_view TrimRight(std::string_view text) { return text.substr(0, text.find_last_not_of(" \t\r\n") + 1); }

error_code AppendValue(ondemand::value value, int depth, std::string* out);

error_code AppendName(ondemand::field& field, std::string* out) {
  std::string_view name;
  if (error_code error = field.unescaped_key().get(name)) return error;
  AppendJsonString(name, out);
  out->push_back(':');
  return simdjson::SUCCESS;
}

error_code AppendObject(ondemand::object object, int depth, std::string* out) {
  out->push_back('{');
  bool first = true;
  for (auto item : object) {
    ondemand::field field;
    if (error_code error = std::move(item).get(field)) return error;
    if (!first) out->push_back(',');
    first = false;
    if (error_code error = AppendName(field, out)) return error;
    if (error_code error = AppendValue(field.value(), depth + 1, out)) return error;
  }
  out->push_back('}');
  return simdjson::SUCCESS;
}

error_code AppendArray(ondemand::array array, int depth, std::string* out) {
  out->push_back('[');
  bool first = true;
  for (auto item : array) {
    ondemand::value value;
    if (error_code error = std::move(item).get(value)) return error;
    if (!first) out->push_back(',');
    first = false;
    if (error_code error = AppendValue(value, depth + 1, out)) return error;
  }
  out->push_back(']');
  return simdjson::SUCCESS;
}

error_code AppendScalar(ondemand::value& value, ondemand::json_type type, std::string* out) {
  std::string_view token = TrimRight(value.raw_json_token());
  switch (type) {
    case ondemand::json_type::string: {
      std::string_view text;
      if (error_code error = value.get_string().get(text)) return error;
      break;
    }
    case ondemand::json_type::number:
      // Not read as a machine number, so that any magnitude passes; the iteration steps over the token by itself.
      if (!IsNumber(token)) return simdjson::NUMBER_ERROR;
      break;
    case ondemand::json_type::boolean: {
      bool ignored;
      if (error_code error = value.get_bool().get(ignored)) return error;
      break;
    }
    default:
      if (token != "null" || !value.is_null()) return simdjson::N_ATOM_ERROR;
  }
  out->append(token);
  return simdjson::SUCCESS;
}

error_code AppendValue(ondemand::value value, int depth, std::string* out) {
  if (depth > JsonReader::kDepthMax) return simdjson::DEPTH_ERROR;
  ondemand::json_type type;
  if (error_code error = value.type().get(type)) return error;
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (error_code error = value.get_object().get(object)) return error;
    return AppendObject(object, depth, out);
  }
  if (type == ondemand::json_type::array) {
    ondemand::array array;
    if (error_code error = value.get_array().get(array)) return error;
    return AppendArray(array, depth, out);
  }
  return AppendScalar(value, type, out);
}

error_code ReadMembers(ondemand::object object, JsonObject* out) {
  for (auto item : object) {
    ondemand::field field;
    if (error_code error = std::move(item).get(field)) return error;
    std::string_view name;
    if (error_code error = field.unescaped_key().get(name)) return error;
    std::string json;
    if (error_code error = AppendValue(field.value(), 1, &json)) return error;
    out->Set(name, std::move(json));
  }
  return simdjson::SUCCESS;
}

Error NotJson(error_code error) {
  return Error::Invalid(std::string("not a JSON document: ") + simdjson::error_message(error));
}

}  // namespace

struct JsonReader::Impl {
  ondemand::parser parser;
  std::string buffer;
  ondemand::document document;

  // Lays out `[json]`, so that every kind of value is read the same way: as the only element of an array.
  error_code Open(std::string_view json, ondemand::array* array) {
    buffer.clear();
    buffer.reserve(json.size() + 2 + simdjson::SIMDJSON_PADDING);
    buffer.append("[").append(json).append("]");
    if (error_code error = parser.iterate(buffer.data(), buffer.size(), buffer.capacity()).get(document)) return error;
    return document.get_array().get(*array);
  }

  // Calls `take` with the one value that `json` must be.
  template <typename Take>
  error_code ReadOnly(std::string_view json, const Take& take) {
    ondemand::array array;
    if (error_code error = Open(json, &array)) return error;
    size_t count = 0;
    for (auto item : array) {
      ondemand::value value;
      if (error_code error = std::move(item).get(value)) return error;
      if (++count > 1) return simdjson::TAPE_ERROR;
      if (error_code error = take(value)) return error;
    }
    if (count == 0) return simdjson::EMPTY;
    bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    return at_end ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
  }
};

JsonReader::JsonReader() : impl_(std::make_unique<Impl>()) {}
JsonReader::~JsonReader() = default;

Result<std::string> JsonReader::ReadValue(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  error_code error = impl_->ReadOnly(json, [&](ondemand::value value) { return AppendValue(value, 0, &text); });
  if (error) return Fail(NotJson(error));
  return text;
}

Result<JsonObject> JsonReader::ReadObject(std::string_view json) {
  JsonObject object;
  error_code error = impl_->ReadOnly(json, [&](ondemand::value value) {
    ondemand::object members;
    if (error_code failed = value.get_object().get(members)) return failed;
    return ReadMembers(members, &object);
  });
  if (error == simdjson::INCORRECT_TYPE) return Fail(Error::Invalid("the document must be a JSON object"));
  if (error) return Fail(NotJson(error));
  return object;
}

}  // namespace tailrace::documents
