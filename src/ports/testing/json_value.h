// A JSON value in the plainest form, for fakes and expectations: slow, small, and sharing no code with what it checks.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ports/document_store.h"

namespace tailrace::testing {

struct JsonValue {
  bool is_object = false;
  std::string text;                                        // anything but an object, as it was written, without blanks
  std::vector<std::pair<std::string, JsonValue>> members;  // names as they were written, with their quotes

  // Trusts `json` to be valid.
  static JsonValue Parse(std::string_view json);
  std::string Text() const;
  JsonValue* Find(std::string_view quoted_name);
};

// What `change` makes of `document` (null when there is none yet), by the words of the merge's definition.
JsonValue Merged(MergeMode mode, const JsonValue* document, const JsonValue& change);

}  // namespace tailrace::testing
