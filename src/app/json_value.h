// A JSON value taken apart, with numbers as their digits: for answers of the server and expectations of tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tailrace::app {

struct JsonValue {
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  std::string text;              // kNumber: its digits; kString: unescaped; kBool: "true", "false"
  std::vector<JsonValue> items;  // kArray
  std::vector<std::pair<std::string, JsonValue>> members;  // kObject, in their order

  bool is(Kind wanted) const { return kind == wanted; }
  // The member of this name; nullptr when there is none, or this is no object.
  const JsonValue* Find(std::string_view name) const;
  // The text of the member of this name; empty when there is none.
  std::string_view TextOf(std::string_view name) const;
  // As a whole number; 0 when it is none.
  int64_t Int() const;
  // The member of this name as a whole number; 0 when it is none.
  int64_t IntOf(std::string_view name) const;
};

inline constexpr int kJsonDepthMax = 256;

// kInvalid: not one JSON value, or nested deeper than kJsonDepthMax.
Result<JsonValue> ParseJson(std::string_view json);

void AppendJson(const JsonValue& value, std::string* out);
std::string ToJson(const JsonValue& value);

// As a cell of a table: strings without quotes, null as nothing, the rest as JSON.
std::string CellText(const JsonValue& value);

}  // namespace tailrace::app
