#include "server/http/accept.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "server/http/request.h"

namespace tailrace::server {
namespace {

std::optional<ResultFormat> FormatOf(const std::string& type) {
  if (type == "application/json" || type == "application/*" || type == "*/*" || type.empty()) return ResultFormat::kJson;
  if (type == "text/csv" || type == "text/*") return ResultFormat::kCsv;
  if (type == "image/svg+xml" || type == "image/*") return ResultFormat::kSvg;
  if (type == kParquetType) return ResultFormat::kParquet;
  if (type == kArrowType) return ResultFormat::kArrow;
  return std::nullopt;
}

double Quality(std::string_view item) {
  const std::string text = MediaParameter(item, "q");
  return text.empty() ? 1.0 : std::strtod(text.c_str(), nullptr);
}

}  // namespace

std::vector<std::string> ResultTypes() {
  return {"application/json", "text/csv", "image/svg+xml", std::string(kParquetType), std::string(kArrowType)};
}

std::string ResultTypesText() {
  std::string text;
  for (const std::string& type : ResultTypes()) text += (text.empty() ? "" : ", ") + type;
  return text;
}

std::optional<ResultFormat> ChooseResultFormat(std::string_view accept) {
  if (accept.empty()) return ResultFormat::kJson;
  std::optional<ResultFormat> best;
  double best_quality = 0;
  while (!accept.empty()) {
    const std::string_view item = accept.substr(0, accept.find(','));
    accept.remove_prefix(std::min(item.size() + 1, accept.size()));
    const auto format = FormatOf(MediaType(item));
    const double quality = Quality(item);
    if (!format || quality <= best_quality) continue;
    best = format;
    best_quality = quality;
  }
  return best;
}

}  // namespace tailrace::server
