// Answers to polls: rows that are records, or one fault with the answer's bytes; and the next page, which is never another server's.
//
// The first bytes choose how the answer is read; then a header, and behind byte 1E the body.
#include <algorithm>
#include <string>

#include "config/spec_poll.h"
#include "fuzz.h"
#include "model/json_text.h"
#include "sources/poll_answer.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 64 << 10;
constexpr char kBetween = '\x1e';
constexpr std::string_view kOrigin = "https://api.example.org:8443";
constexpr const char* kRecords[] = {"", "/items/*", "/a/b/*", "/*", "/items", "/items/*/parts/*"};
constexpr const char* kCursors[] = {"/next", "/links/next/href", ""};
constexpr int kStatuses[] = {200, 200, 200, 204, 404, 500, 199, 300};
using By = config::PollPages::By;
constexpr By kWays[] = {By::kNone, By::kPage, By::kOffset, By::kCursor, By::kLink};

void CheckPage(const PollPage& page, const std::string& body) {
  const bool is_fault = page.rows.size() == 1 && !page.rows.front().fault.empty();
  if (is_fault) return RequireSame(page.rows.front().raw, body, "a fault keeps the answer's bytes");
  Require(page.records == page.rows.size(), "as many records as rows");
  for (const PollRow& row : page.rows) {
    JsonDocument document;
    Require(row.fault.empty() && !document.Parse(row.json), "a record is JSON");
    Require(row.json.find('\n') == std::string::npos, "a record is one line");
  }
}

void CheckNext(const Result<std::string>& next, const config::PollPages& pages) {
  if (!next) return Require(next.error().code() == ErrorCode::kInvalid, "a next page is refused as invalid");
  const bool is_address = pages.by == By::kLink || (pages.by == By::kCursor && pages.param.empty() && next->find("://") != std::string::npos);
  if (next->empty() || !is_address) return;
  Require(next->starts_with(kOrigin), "the next page is of the same server");
  const std::string_view rest = std::string_view(*next).substr(kOrigin.size());
  Require(rest.empty() || std::string_view("/?#").find(rest.front()) != std::string_view::npos, "and its name does not go on");
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  config::PollSourceSpec spec;
  spec.records = kRecords[choices.Byte() % std::size(kRecords)];
  const uint8_t how = choices.Byte();
  if ((how & 1) != 0) spec.keep = {{"request", "/id"}, {"all", ""}};
  std::vector<std::pair<std::string, std::string>> added;
  if ((how & 2) != 0) added = {{"timestamp", R"("2017-Mar-03")"}, {"request", "7"}};
  spec.pages.by = kWays[choices.Byte() % std::size(kWays)];
  spec.pages.cursor = kCursors[choices.Byte() % std::size(kCursors)];
  if ((how & 4) != 0) spec.pages.param = "page";
  if ((how & 8) != 0) spec.pages.size = 2;
  OutboundAnswer answer;
  answer.status = kStatuses[choices.Byte() % std::size(kStatuses)];
  answer.url = std::string(kOrigin) + "/v1/items?key=secret#top";
  const std::string_view rest = choices.rest();
  const size_t at = std::min(rest.find(kBetween), rest.size());
  answer.headers = {{"link", std::string(rest.substr(0, at))}};
  answer.body = at == rest.size() ? "" : std::string(rest.substr(at + 1));
  const PollPage page = ReadPollAnswer(answer, spec, added);
  CheckPage(page, answer.body);
  for (const PollRow& row : page.rows) Require(row.fault.find("secret") == std::string::npos, "a fault does not show the address's query");
  CheckNext(NextPollPage(answer, page, spec.pages, ""), spec.pages);
  CheckNext(NextPollPage(answer, page, spec.pages, "41"), spec.pages);
}

}  // namespace tailrace::fuzz
