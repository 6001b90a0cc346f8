// Which form of an answer the client wants.
#pragma once

#include <optional>
#include <string_view>

namespace tailrace::server {

enum class ResultFormat { kJson, kCsv, kSvg };

// The types of these, for people; what cannot be given is a 406.
inline constexpr std::string_view kResultTypes = "application/json, text/csv or image/svg+xml";

// The first of the types in Accept (by order and q) that can be given; JSON when there is no Accept. Nullopt: none of them can.
std::optional<ResultFormat> ChooseResultFormat(std::string_view accept);

}  // namespace tailrace::server
