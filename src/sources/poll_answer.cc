#include "sources/poll_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "model/json_members.h"
#include "model/json_text.h"

namespace tailrace {
namespace {

constexpr int kNoContent = 204;

using Members = std::vector<std::pair<std::string, std::string>>;

bool IsNothing(const std::optional<std::string_view>& part) { return !part || *part == "null"; }

// Of /a/b/* the list is /a/b: whether only it is missing, with /a an object.
bool IsListLeftOut(const JsonDocument& document, std::string_view pattern) {
  const size_t star = pattern.find("/*");
  if (star == std::string_view::npos) return false;
  const std::string_view list = pattern.substr(0, star);
  const size_t last = list.rfind('/');
  if (last == std::string_view::npos || last == 0) return false;
  const auto holder = document.Find(list.substr(0, last));
  return holder && holder->starts_with('{') && IsNothing(document.Find(list));
}

// The members of `put` take the place of those of the same name.
std::string WithMembers(std::string_view record, const Members& put) {
  const auto members = JsonMembers(record);
  if (put.empty() || !members) return std::string(record);  // what is no object is a fault of the record
  std::string json = "{";
  const auto append = [&json](std::string_view name, std::string_view value) {
    if (json.size() > 1) json += ',';
    AppendJsonString(name, &json);
    json += ':';
    json += value;
  };
  for (const auto& member : *members) {
    const bool replaced = std::any_of(put.begin(), put.end(), [&](const auto& field) { return field.first == member.first; });
    if (!replaced) append(member.first, member.second);
  }
  for (const auto& [name, value] : put) append(name, value);
  return json + '}';
}

// What of the answer goes into each record; what the answer lacks is left out.
Members KeptMembers(const JsonDocument& document, const config::PollSourceSpec& spec) {
  Members kept;
  for (const auto& [name, pointer] : spec.keep) {
    if (const auto part = document.Find(pointer)) kept.emplace_back(name, *part);
  }
  return kept;
}

std::optional<int64_t> NumberOf(std::string_view text) {
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// scheme://host:port
std::string_view OriginOf(std::string_view url) {
  const size_t scheme = url.find("://");
  return scheme == std::string_view::npos ? "" : url.substr(0, url.find_first_of("/?#", scheme + 3));
}

// The address that a Link header calls next (RFC 8288); empty when there is none.
std::string_view NextLink(std::string_view header) {
  while (!header.empty()) {
    const size_t open = header.find('<');
    const size_t close = header.find('>', open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos) return {};
    const std::string_view address = header.substr(open + 1, close - open - 1);
    header.remove_prefix(close + 1);
    const std::string_view params = header.substr(0, header.find('<'));
    for (const std::string_view rel : {"rel=\"next\"", "rel=next"}) {
      if (params.find(rel) != std::string_view::npos) return address;
    }
  }
  return {};
}

// `address` as written in the answer.
Result<std::string> Resolved(std::string_view address, const OutboundAnswer& answer) {
  const std::string& base = answer.url;
  const std::string origin(OriginOf(base));
  if (address.starts_with("//")) return Fail(Error::Invalid("the next page is an address without http"));
  if (address.starts_with('/')) return origin + std::string(address);
  if (address.starts_with('?')) return base.substr(0, base.find_first_of("?#")) + std::string(address);
  // The secrets of one server are not another's.
  if (OriginOf(address) != origin) return Fail(Error::Invalid("the next page is of another server: " + ShownAddress(address, answer.hidden)));
  return std::string(address);
}

}  // namespace

uint64_t Fingerprint(std::string_view bytes, uint64_t seed) {
  constexpr uint64_t kPrime = 0x100000001b3U;
  for (const char c : bytes) seed = (seed ^ static_cast<unsigned char>(c)) * kPrime;
  return seed;
}

PollPage FaultyPage(std::string fault, std::string raw) {
  PollPage page;
  page.rows.push_back({"", std::move(raw), std::move(fault)});
  return page;
}

PollPage ReadPollAnswer(const OutboundAnswer& answer, const config::PollSourceSpec& spec, const Members& added) {
  const std::string from = ShownAddress(answer.url, answer.hidden);
  if (answer.status < 200 || answer.status > 299) return FaultyPage(fmt::format("{} answered with status {}", from, answer.status), answer.body);
  if (answer.status == kNoContent) return {};
  JsonDocument document;
  if (const auto broken = document.Parse(answer.body)) {
    return FaultyPage(fmt::format("the answer of {} is not JSON: {}, byte {}", from, broken->reason, broken->byte), answer.body);
  }
  PollPage page;
  page.fingerprint = Fingerprint("");
  const auto parts = document.FindAll(spec.records, kPollRecordsMax + 1);
  if (!parts) {
    if (IsListLeftOut(document, spec.records)) return page;
    return FaultyPage(fmt::format("the answer of {} is not what `records` says: {}", from, parts.error().message()), answer.body);
  }
  if (parts->size() > kPollRecordsMax) return FaultyPage(fmt::format("the answer of {} holds more than {} records", from, kPollRecordsMax), answer.body);
  Members put = KeptMembers(document, spec);
  for (const auto& field : added) {
    std::erase_if(put, [&](const auto& kept) { return kept.first == field.first; });
    put.push_back(field);
  }
  for (const JsonPart& part : *parts) {
    std::string json = WithMembers(part.text, put);
    ReplaceLineBreaks(json.data(), json.size());
    page.rows.push_back({std::move(json), "", ""});
    page.fingerprint = Fingerprint(part.text, page.fingerprint);
  }
  page.records = parts->size();
  return page;
}

Result<std::string> NextPollPage(const OutboundAnswer& answer, const PollPage& page, const config::PollPages& pages, std::string_view asked) {
  using By = config::PollPages::By;
  switch (pages.by) {
    case By::kNone:
      return "";
    case By::kPage:
    case By::kOffset: {
      if (page.records == 0 || static_cast<int64_t>(page.records) < pages.size) return "";
      const int64_t step = pages.by == By::kPage ? 1 : pages.size > 0 ? pages.size : static_cast<int64_t>(page.records);
      return std::to_string(NumberOf(asked).value_or(pages.first) + step);
    }
    case By::kLink: {
      const std::string_view next = NextLink(answer.Header("link"));
      if (next.empty()) return "";
      return Resolved(next, answer);
    }
    case By::kCursor: {
      JsonDocument document;
      if (document.Parse(answer.body)) return "";
      const auto cursor = document.Find(pages.cursor);
      if (IsNothing(cursor) || *cursor == "false") return "";
      const bool is_text = cursor->starts_with('"');
      if (!is_text && pages.param.empty()) return Fail(Error::Invalid("the next page is no address"));
      if (!is_text) return std::string(*cursor);
      TR_TRY(auto text, JsonStringValue(*cursor));
      if (!pages.param.empty() || text.empty()) return text;
      return Resolved(text, answer);
    }
  }
  return "";
}

}  // namespace tailrace
