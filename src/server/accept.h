// Which form of an answer the client wants.
#pragma once

#include <optional>
#include <string_view>

namespace tailrace::server {

enum class ResultFormat { kJson, kCsv };

// The first of the types in Accept (by order and q) that can be given; JSON when there is no Accept. Nullopt: none of them can.
std::optional<ResultFormat> ChooseResultFormat(std::string_view accept);

}  // namespace tailrace::server
