#include "server/doors/body_format.h"

#include "server/http/request.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

bool LooksLikeJson(std::string_view body) {
  const size_t first = body.find_first_not_of(kSpace);
  return first != std::string_view::npos && (body[first] == '{' || body[first] == '[');
}

bool IsUtf8(std::string_view charset) { return charset.empty() || charset == "utf-8" || charset == "utf8" || charset == "us-ascii"; }

bool IsLatin1(std::string_view charset) { return charset == "iso-8859-1" || charset == "latin-1" || charset == "latin1"; }

}  // namespace

std::optional<BodyFormat> DetectBodyFormat(std::string_view content_type, std::string_view body) {
  if (content_type.empty() || content_type == "application/json") return BodyFormat::kJson;
  const std::string type = MediaType(content_type);
  const std::string charset = MediaParameter(content_type, "charset");
  if (type == "text/csv" && IsLatin1(charset)) return BodyFormat::kLatin1Csv;
  if (!IsUtf8(charset)) return std::nullopt;
  if (type == "application/json" || type == "text/json") return BodyFormat::kJson;
  if (type == "application/x-ndjson" || type == "application/ndjson" || type == "application/jsonl" ||
      type == "application/x-jsonlines" || type == "application/jsonlines") {
    return BodyFormat::kLines;
  }
  if (type == "text/csv") return BodyFormat::kCsv;
  if (type.starts_with("application/") && type.ends_with("+json")) return BodyFormat::kJson;
  // What `curl -d` says of everything.
  if (type == "application/x-www-form-urlencoded" && LooksLikeJson(body)) return BodyFormat::kJson;
  return std::nullopt;
}

tl::expected<std::vector<JsonPart>, BodyFault> SplitJsonBody(std::string_view body, size_t count_max) {
  const size_t first = body.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return tl::unexpected(BodyFault{400, "the body is empty", "", 0});
  const std::string_view text = body.substr(first, body.find_last_not_of(kSpace) + 1 - first);
  if (text.front() != '[') return std::vector<JsonPart>{{text, first, 0}};
  auto elements = SplitJsonArray(body, count_max);
  if (elements) return std::move(*elements);
  // The split sees brackets only; the whole check knows better what is wrong, and where.
  if (const auto error = CheckJson(body)) return tl::unexpected(BodyFault{400, "not JSON: " + error->reason, "", error->byte});
  return tl::unexpected(BodyFault{400, elements.error().message(), "", std::nullopt});
}

}  // namespace tailrace::server
