// Writes JSON text piece by piece. Commas are the writer's business, nesting the caller's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"
#include "ports/warehouse.h"

namespace tailrace::server {

// `text` in quotes, with what JSON forbids escaped. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonText(std::string& out, std::string_view text);

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }

  JsonWriter& Key(std::string_view name);
  JsonWriter& Text(std::string_view utf8);
  JsonWriter& Int(int64_t value);
  JsonWriter& Number(double value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  JsonWriter& Raw(std::string_view json);  // a complete JSON value

  JsonWriter& Text(std::string_view name, std::string_view utf8) { return Key(name).Text(utf8); }
  JsonWriter& Int(std::string_view name, int64_t value) { return Key(name).Int(value); }
  JsonWriter& Bool(std::string_view name, bool value) { return Key(name).Bool(value); }
  JsonWriter& Raw(std::string_view name, std::string_view json) { return Key(name).Raw(json); }

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  void Separate();

  std::string& out_;
  bool first_ = true;  // nothing stands before the next value in its object or array
};

// [n, n, ...]
void WritePositions(JsonWriter& json, const Positions& positions);

// As RFC 3339.
void WriteTime(JsonWriter& json, std::string_view name, int64_t time_ms);

// {"sales": [98213, 77120]}
void WriteAsOf(JsonWriter& json, const std::vector<AsOf>& as_of);

}  // namespace tailrace::server
