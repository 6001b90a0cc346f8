// Which form of an answer the client wants.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace::server {

enum class ResultFormat { kJson, kCsv, kSvg, kParquet, kArrow };

// As registered with IANA.
inline constexpr std::string_view kParquetType = "application/vnd.apache.parquet";
inline constexpr std::string_view kArrowType = "application/vnd.apache.arrow.stream";

// The types of these; what cannot be given is a 406.
std::vector<std::string> ResultTypes();
// The same for people.
std::string ResultTypesText();

// The first of the types in Accept (by order and q) that can be given; JSON when there is no Accept. Nullopt: none of them can.
std::optional<ResultFormat> ChooseResultFormat(std::string_view accept);

}  // namespace tailrace::server
