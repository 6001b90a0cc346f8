// Reads JSON text, whole and checked, keeping the digits of its numbers.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "documents/json_object.h"

namespace tailrace::documents {

// Threads: one at a time. Errors: kInvalid = not one JSON value of the kind asked for, or nested deeper than kDepthMax.
class JsonReader {
 public:
  static constexpr int kDepthMax = 512;

  JsonReader();
  ~JsonReader();

  // One value of any kind, without the blanks between its tokens.
  Result<std::string> ReadValue(std::string_view json);

  // One object; of a repeated name the last value counts, at the place of the first.
  Result<JsonObject> ReadObject(std::string_view json);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace::documents
