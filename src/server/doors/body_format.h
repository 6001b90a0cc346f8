// How the records stand in a body.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/json_text.h"

namespace tailrace::server {

enum class BodyFormat { kJson, kLines, kCsv, kLatin1Csv };

// By Content-Type, and by how the body begins where the type says nothing. Nullopt: a type that is not taken.
std::optional<BodyFormat> DetectBodyFormat(std::string_view content_type, std::string_view body);

// A body whose text is that of no records at all.
struct BodyFault {
  int status = 400;
  std::string message;
  std::string hint;
  std::optional<size_t> byte;
};

// The records of a JSON body: its elements, or the one value that it is. Each is to be checked by whoever decodes it.
// Of an array, no more than `count_max`.
tl::expected<std::vector<JsonPart>, BodyFault> SplitJsonBody(std::string_view body, size_t count_max);

}  // namespace tailrace::server
