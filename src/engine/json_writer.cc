#include "engine/json_writer.h"

#include "model/json_text.h"

namespace tailrace::engine {

JsonObjectWriter& JsonObjectWriter::Text(std::string_view name, std::string_view utf8) {
  Name(name);
  AppendJsonString(utf8, &json_);
  return *this;
}

JsonObjectWriter& JsonObjectWriter::Raw(std::string_view name, std::string_view json) {
  Name(name);
  json_ += json;
  return *this;
}

JsonObjectWriter& JsonObjectWriter::Int(std::string_view name, int64_t value) {
  Name(name);
  json_ += std::to_string(value);
  return *this;
}

std::string JsonObjectWriter::Finish() {
  json_ += '}';
  return std::move(json_);
}

void JsonObjectWriter::Name(std::string_view name) {
  if (json_.size() > 1) json_ += ',';
  AppendJsonString(name, &json_);
  json_ += ':';
}

}  // namespace tailrace::engine
