#include "config/read_poll.h"

#include <algorithm>
#include <set>

#include "config/nearest.h"
#include "config/quantity.h"
#include "config/read_schedule.h"
#include "config/row_text.h"
#include "config/scalar.h"
#include "schedule/template.h"

namespace tailrace::config {
namespace {

constexpr std::string_view kDue = "due";
constexpr std::chrono::milliseconds kPollEveryMin{1'000};
constexpr int64_t kMillisPerSecond = 1'000;

// What the templates of one source may name.
class PollReader {
 public:
  explicit PollReader(Reading& reading) : reading_(reading) {}
  PollSourceSpec Read(const Node& body);

 private:
  void ReadWhen(const Node& body, PollSourceSpec* poll);
  void ReadEach(const Node& body, PollSourceSpec* poll);
  void ReadUrl(const Node& body, PollSourceSpec* poll);
  void ReadBody(const Node& body, PollSourceSpec* poll);
  void ReadLimits(const Node& body, PollSourceSpec* poll);
  PollAuth ReadAuth(const Node& body);
  PollAuth ReadOauth2(const Node& node);
  PollPages ReadPages(const Node& body);
  std::vector<std::pair<std::string, std::string>> ReadTexts(const Node& body, std::string_view key, bool templates);

  void CheckTemplate(const Node& node);
  void CheckTemplatesIn(const Node& node);

  Reading& reading_;
  std::set<std::string> names_;  // that every entry of `each` has
};

void PollReader::CheckTemplate(const Node& node) {
  if (node.broken || node.kind != NodeKind::kScalar) return;
  const auto parsed = schedule::Template::Parse(node.text);
  if (!parsed) return reading_.report.Error(node.begin, parsed.error().message());
  for (const std::string& name : parsed->TimeNames()) {
    if (name != kDue) reading_.report.Error(node.begin, Quoted(name) + " is no time; " + Quoted(kDue) + " is the only one");
  }
  for (const std::string& name : parsed->PlainNames()) {
    if (name == kDue || names_.contains(name)) continue;
    std::vector<std::string> known(names_.begin(), names_.end());
    known.emplace_back(kDue);
    reading_.report.Error(node.begin, "each gives no " + Quoted(name) + Suggestion(name, known));
  }
}

void PollReader::CheckTemplatesIn(const Node& node) {
  CheckTemplate(node);
  for (const Entry& entry : node.entries) CheckTemplatesIn(*entry.value);
  for (const Node* item : node.items) CheckTemplatesIn(*item);
}

void PollReader::ReadWhen(const Node& body, PollSourceSpec* poll) {
  // Without either it is asked by jobs alone: ReadJobs sees to that.
  if (body.Find("every") != nullptr || body.Find("cron") != nullptr) poll->schedule = ReadSchedule(body, *body.Find("type")->key, reading_);
  poll->catch_up = ReadCatchUp(body, reading_);
  const Node* every = Find(body, "every");
  const int64_t millis = every == nullptr ? kMillisPerSecond : ParseDuration(every->text).value_or(kMillisPerSecond);
  if (millis < kPollEveryMin.count() || millis % kMillisPerSecond != 0) {
    reading_.report.Error(every->begin, "expected whole seconds, found " + Quoted(every->shown()));
  }
}

void PollReader::ReadEach(const Node& body, PollSourceSpec* poll) {
  const Node* each = Find(body, "each");
  if (each == nullptr || each->items.empty()) {
    poll->each.emplace_back();
    return;
  }
  bool first = true;
  for (const Node* item : each->items) {
    if (item->broken) continue;
    std::map<std::string, std::string> values;
    std::set<std::string> names;
    for (const Entry& entry : item->entries) {
      if (entry.key->text == kDue) reading_.report.Error(entry.key->begin, "due is the due time; choose another name");
      values[entry.key->text] = JsonByLook(*entry.value);
      names.insert(entry.key->text);
    }
    if (first) names_ = names;
    else if (names != names_) reading_.report.Error(item->begin, "each entry gives the same names; the first one gives others");
    first = false;
    poll->each.push_back(std::move(values));
  }
}

void PollReader::ReadUrl(const Node& body, PollSourceSpec* poll) {
  const Node* url = Find(body, "url");
  if (url == nullptr) return;
  poll->url = url->text;
  if (!url->text.starts_with("http://") && !url->text.starts_with("https://")) {
    reading_.report.Error(url->begin, "expected an address that begins with http:// or https://, found " + Quoted(url->shown()));
  }
  CheckTemplate(*url);
}

std::vector<std::pair<std::string, std::string>> PollReader::ReadTexts(const Node& body, std::string_view key, bool templates) {
  std::vector<std::pair<std::string, std::string>> texts;
  const Node* node = Find(body, key);
  if (node == nullptr) return texts;
  for (const Entry& entry : node->entries) {
    if (entry.value->broken) continue;
    if (templates) CheckTemplate(*entry.value);
    texts.emplace_back(entry.key->text, entry.value->text);
  }
  return texts;
}

void PollReader::ReadBody(const Node& body, PollSourceSpec* poll) {
  const Node* node = Find(body, "body");
  if (node == nullptr) return;
  CheckTemplatesIn(*node);
  poll->body_is_json = node->kind != NodeKind::kScalar;
  poll->body = poll->body_is_json ? JsonByLook(*node) : node->text;
  if (body.Find("method") == nullptr) {
    poll->method = "POST";
  } else if (poll->method == "GET") {
    reading_.report.Warning(node->begin, "few servers look at the body of a GET");
  }
}

PollAuth PollReader::ReadOauth2(const Node& node) {
  PollAuth auth;
  auth.kind = PollAuth::Kind::kOauth2;
  auth.token_url = TextOr(node, "token_url", "");
  auth.name = TextOr(node, "client_id", "");
  auth.value = TextOr(node, "client_secret", "");
  auth.scope = TextOr(node, "scope", "");
  auth.audience = TextOr(node, "audience", "");
  const Node* url = Find(node, "token_url");
  if (url != nullptr && !url->text.starts_with("http://") && !url->text.starts_with("https://")) {
    reading_.report.Error(url->begin, "expected an address that begins with http:// or https://, found " + Quoted(url->shown()));
  }
  return auth;
}

PollAuth PollReader::ReadAuth(const Node& body) {
  using Kind = PollAuth::Kind;
  struct Way {
    std::string_view key;
    Kind kind;
    std::string_view value_key;  // empty: the key's own value is the secret
  };
  constexpr Way kWays[] = {{"query", Kind::kQuery, "value"}, {"header", Kind::kHeader, "value"}, {"bearer", Kind::kBearer, ""},
                           {"basic", Kind::kBasic, "password"}, {"oauth2", Kind::kOauth2, ""}};
  PollAuth auth;
  const Node* node = Find(body, "auth");
  if (node == nullptr) return auth;
  const Way* chosen = nullptr;
  for (const Way& way : kWays) {
    if (node->Find(way.key) == nullptr) continue;
    if (chosen != nullptr) reading_.report.Error(node->begin, "one way is enough: " + std::string(chosen->key) + " or " + std::string(way.key));
    chosen = &way;
  }
  if (chosen == nullptr) {
    reading_.report.Error(node->begin, "expected query, header, bearer, basic or oauth2");
    return auth;
  }
  for (const std::string_view key : {std::string_view("value"), std::string_view("password")}) {
    if (key != chosen->value_key && node->Find(key) != nullptr) {
      reading_.report.Error(node->Find(key)->key->begin, std::string(key) + " does not go with " + std::string(chosen->key));
    }
  }
  if (!chosen->value_key.empty() && node->Find(chosen->value_key) == nullptr) {
    reading_.report.Error(node->begin, std::string(chosen->key) + " needs " + std::string(chosen->value_key));
  }
  const Node* way = Find(*node, chosen->key);
  if (way == nullptr) return auth;
  if (chosen->kind == Kind::kOauth2) return ReadOauth2(*way);
  auth.kind = chosen->kind;
  if (chosen->value_key.empty()) {
    auth.value = way->text;
  } else {
    auth.name = way->text;
    auth.value = TextOr(*node, chosen->value_key, "");
  }
  return auth;
}

PollPages PollReader::ReadPages(const Node& body) {
  using By = PollPages::By;
  PollPages pages;
  const Node* node = Find(body, "pages");
  if (node == nullptr) return pages;
  const std::string by = TextOr(*node, "by", "");
  pages.by = by == "page" ? By::kPage : by == "offset" ? By::kOffset : by == "cursor" ? By::kCursor : by == "link" ? By::kLink : By::kNone;
  const bool counts = pages.by == By::kPage || pages.by == By::kOffset;
  pages.param = TextOr(*node, "param", counts ? by : "");
  pages.first = IntegerOr(*node, "first", pages.by == By::kPage ? 1 : 0);
  pages.size = IntegerOr(*node, "size", 0);
  pages.size_param = TextOr(*node, "size_param", "");
  pages.cursor = TextOr(*node, "cursor", "");
  pages.pages_max = IntegerOr(*node, "max", pages.pages_max);
  const Node* by_node = Find(*node, "by");
  if (by_node == nullptr) return pages;
  if (pages.by == By::kCursor && node->Find("cursor") == nullptr) reading_.report.Error(by_node->begin, "cursor is missing: where the answer holds it");
  if (pages.by != By::kCursor && node->Find("cursor") != nullptr) reading_.report.Error(node->Find("cursor")->key->begin, "cursor goes with by: cursor");
  if (!pages.size_param.empty() && pages.size == 0) reading_.report.Error(node->Find("size_param")->key->begin, "size_param needs size");
  return pages;
}

void PollReader::ReadLimits(const Node& body, PollSourceSpec* poll) {
  if (const Node* timeout = Find(body, "timeout")) {
    poll->timeout = std::chrono::milliseconds(ParseDuration(timeout->text).value_or(poll->timeout.count()));
    if (poll->timeout < std::chrono::milliseconds(1) || poll->timeout > kPollTimeoutMax) {
      reading_.report.Error(timeout->begin, "expected a duration from 1ms to " + DurationText(kPollTimeoutMax.count()) + ", found " + Quoted(timeout->shown()));
    }
  }
  if (const Node* size = Find(body, "answer_max")) {
    poll->answer_bytes_max = ParseSize(size->text).value_or(poll->answer_bytes_max);
    if (poll->answer_bytes_max < 1 || poll->answer_bytes_max > kPollAnswerBytesMax) {
      reading_.report.Error(size->begin, "expected a size up to " + SizeText(kPollAnswerBytesMax) + ", found " + Quoted(size->shown()));
    }
  }
  poll->tries_max = static_cast<int>(IntegerOr(body, "tries", poll->tries_max));
  poll->allow_private = BoolOr(body, "allow_private", false);
}

PollSourceSpec PollReader::Read(const Node& body) {
  PollSourceSpec poll;
  ReadWhen(body, &poll);
  ReadEach(body, &poll);
  poll.method = TextOr(body, "method", "GET");
  ReadUrl(body, &poll);
  poll.auth = ReadAuth(body);
  poll.headers = ReadTexts(body, "headers", true);
  poll.query = ReadTexts(body, "query", true);
  ReadBody(body, &poll);
  poll.records = TextOr(body, "records", "");
  poll.keep = ReadTexts(body, "keep", false);
  if (const Node* add = Find(body, "add")) {
    CheckTemplatesIn(*add);
    for (const Entry& entry : add->entries) {
      if (!entry.value->broken) poll.add.emplace_back(entry.key->text, JsonByLook(*entry.value));
    }
  }
  poll.pages = ReadPages(body);
  ReadLimits(body, &poll);
  return poll;
}

}  // namespace

PollSourceSpec ReadPoll(const Node& body, Reading& reading) { return PollReader(reading).Read(body); }

}  // namespace tailrace::config
