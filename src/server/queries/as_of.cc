#include "server/queries/as_of.h"

#include <algorithm>

#include "server/http/query_args.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kHeader = "Tailrace-As-Of";

}  // namespace

std::string AsOfText(const std::vector<AsOf>& as_of) {
  std::string text;
  for (const AsOf& held : as_of) {
    if (!text.empty()) text += "; ";
    text += held.stream + "=";
    for (size_t i = 0; i < held.positions.size(); ++i) {
      if (i > 0) text += ',';
      text += std::to_string(i) + ":" + std::to_string(held.positions[i].value);
    }
  }
  return text;
}

void SetAsOf(Reply& reply, const std::vector<AsOf>& as_of) {
  if (!as_of.empty()) reply.headers.emplace_back(kHeader, AsOfText(as_of));
}

Result<Positions> ParsePositions(std::string_view text, size_t partitions) {
  Positions positions(partitions);
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    const size_t colon = item.find(':');
    if (colon == std::string_view::npos) return Fail(Error::Invalid("\"" + std::string(item) + "\" is not PARTITION:OFFSET"));
    TR_TRY(const int64_t partition, ParseInt(item.substr(0, colon)));
    TR_TRY(const int64_t offset, ParseInt(item.substr(colon + 1)));
    if (partition < 0 || partition >= static_cast<int64_t>(partitions)) {
      return Fail(Error::Invalid("there is no partition " + std::to_string(partition)));
    }
    positions[static_cast<size_t>(partition)] = Offset{offset};
  }
  return positions;
}

}  // namespace tailrace::server
