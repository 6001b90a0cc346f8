// Writes one flat JSON object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace::engine {

class JsonObjectWriter {
 public:
  JsonObjectWriter& Text(std::string_view name, std::string_view utf8);
  JsonObjectWriter& Raw(std::string_view name, std::string_view json);  // a complete value
  JsonObjectWriter& Int(std::string_view name, int64_t value);
  std::string Finish();

 private:
  void Name(std::string_view name);
  std::string json_ = "{";
};

}  // namespace tailrace::engine
