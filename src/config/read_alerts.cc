// Alerts and who is told, as they are written; what the SQL of alerts means is checked later.
#include <algorithm>
#include <charconv>

#include "config/job_nodes.h"
#include "config/nearest.h"
#include "config/reading.h"
#include "schedule/template.h"

namespace tailrace::config {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kAlertEveryMinMs = 1'000;
constexpr int64_t kSmtpPort = 25;
constexpr int64_t kSmtpsPort = 465;

// The SQL that `freshness` and `volume` stand for.
std::string ShortForm(const Node& body, Reading& reading) {
  const Node* freshness = Find(body, "freshness");
  const Node* volume = Find(body, "volume");
  const Node* of = freshness != nullptr ? freshness : volume;
  const Node* stream = of == nullptr ? nullptr : Find(*of, "stream");
  if (stream == nullptr) return {};
  const auto* spec = [&]() -> const StreamSpec* {
    for (const StreamSpec& known : reading.pipeline.streams) {
      if (known.name == stream->text) return &known;
    }
    return nullptr;
  }();
  if (spec == nullptr) {
    reading.report.Error(stream->begin, "there is no stream " + Quoted(stream->shown()) +
                                             SuggestionFor(*stream, reading.catalog.Names({RelationKind::kStream})));
    return {};
  }
  const std::string name = "\"" + spec->name + "\"";
  const auto interval = [&](std::string_view key) {
    return "to_milliseconds(" + std::to_string(DurationOr(*of, key, milliseconds(0), reading, kAlertEveryMinMs).count()) + ")";
  };
  if (freshness != nullptr) {
    return "SELECT max(_ingested_at) AS last FROM " + name + " HAVING last IS NULL OR last < now() - " + interval("within");
  }
  std::string bounds;
  if (Find(*of, "min") != nullptr) bounds = "n < " + std::to_string(IntegerOr(*of, "min", 0));
  if (Find(*of, "max") != nullptr) bounds += (bounds.empty() ? "" : " OR ") + ("n > " + std::to_string(IntegerOr(*of, "max", 0)));
  if (bounds.empty()) {
    reading.report.Error(of->begin, "volume has a min, a max, or both");
    return {};
  }
  return "SELECT count(*) AS n FROM " + name + " WHERE _ingested_at > now() - " + interval("within") + " HAVING " + bounds;
}

void ReadAlert(const Entry& entry, const std::vector<std::string>& notifiers, Reading& reading) {
  const Node& body = *entry.value;
  if (body.kind != NodeKind::kMapping || body.broken) return;
  AlertSpec alert;
  alert.name = entry.key->text;
  alert.place = reading.PlaceOf(*entry.key);
  const auto forms = (body.Find("sql") != nullptr) + (body.Find("freshness") != nullptr) + (body.Find("volume") != nullptr);
  if (forms != 1) {
    reading.report.Error(entry.key->begin, "an alert has one of sql, freshness and volume");
  } else if (const Node* sql = Find(body, "sql")) {
    alert.sql = ReadSqlNode(*sql, entry, "alerts." + alert.name, reading);
  } else {
    alert.sql.text = ShortForm(body, reading);
    alert.sql.place = alert.place;
    alert.sql.line_places = {alert.place};
    reading.sql["alerts." + alert.name] = {nullptr, entry.key, entry.value};
  }
  alert.every = DurationOr(body, "every", alert.every, reading, kAlertEveryMinMs);
  alert.for_at_least = DurationOr(body, "for", alert.for_at_least, reading);
  alert.repeat = DurationOr(body, "repeat", alert.repeat, reading);
  alert.message = TextOr(body, "message", "");
  if (const Node* message = Find(body, "message")) {
    const auto parsed = schedule::Template::Parse(message->text);
    if (!parsed) reading.report.Error(message->begin, parsed.error().message());
  }
  alert.notify = KnownNames(body, "notify", "notifier", notifiers, reading);
  reading.pipeline.alerts.push_back(std::move(alert));
}

EmailSpec ReadEmail(const Entry& entry, Reading& reading) {
  const Node& body = *entry.value;
  EmailSpec email;
  if (const Node* smtp = Find(body, "smtp")) {
    std::string_view address = smtp->text;
    email.tls = address.starts_with("smtps://");
    for (const std::string_view scheme : {"smtps://", "smtp://"}) {
      if (address.starts_with(scheme)) address.remove_prefix(scheme.size());
    }
    const size_t colon = address.rfind(':');
    email.host = std::string(address.substr(0, colon));
    int64_t port = email.tls ? kSmtpsPort : kSmtpPort;
    const std::string_view digits = colon == std::string_view::npos ? std::string_view() : address.substr(colon + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    const bool is_number = colon == std::string_view::npos || (parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size());
    if (email.host.empty() || !is_number || port < 1 || port > 65'535) {
      reading.report.Error(smtp->begin, "expected HOST:PORT, smtp://HOST:PORT or smtps://HOST:PORT, found " + Quoted(smtp->shown()));
    }
    email.port = static_cast<uint16_t>(port);
  }
  email.starttls = BoolOr(body, "starttls", false);
  email.user = TextOr(body, "user", "");
  email.password = TextOr(body, "password", "");
  if (Find(body, "ca") != nullptr) email.ca = reading.Absolute(TextOr(body, "ca", ""));
  email.from = TextOr(body, "from", "");
  for (const Node* to : NamesIn(body, "to")) email.to.push_back(to->text);
  std::vector<std::string> addresses = email.to;
  addresses.push_back(email.from);
  for (const std::string& address : addresses) {
    if (address.find_first_of("\r\n<> ") != std::string::npos) reading.report.Error(entry.key->begin, "an address of e-mail is NAME@HOST alone");
  }
  if (!email.user.empty() && !email.tls && !email.starttls) {
    reading.report.Error(entry.key->begin, "a password does not go over a plain connection: add starttls: true, or write smtps://");
  }
  return email;
}

void ReadNotifier(const Entry& entry, Reading& reading) {
  const Node& body = *entry.value;
  if (body.kind != NodeKind::kMapping || body.broken) return;
  NotifierSpec notifier;
  notifier.name = entry.key->text;
  notifier.place = reading.PlaceOf(*entry.key);
  const std::string type = TextOr(body, "type", "");
  if (type == "email")
    notifier.kind = ReadEmail(entry, reading);
  else if (type == "webhook")
    notifier.kind = WebhookSpec{TextOr(body, "url", ""), TextsByName(body, "headers"), BoolOr(body, "allow_private", false)};
  else
    notifier.kind = LogNotifierSpec{};
  reading.pipeline.notifiers.push_back(std::move(notifier));
}

}  // namespace

void ReadAlerts(const Node& root, Reading& reading) {
  for (const Entry& entry : EntriesOf(root, "notify", reading)) ReadNotifier(entry, reading);
  const std::vector<std::string> notifiers = NamesOfSection(root, "notify");
  for (const Entry& entry : EntriesOf(root, "alerts", reading)) ReadAlert(entry, notifiers, reading);
}

}  // namespace tailrace::config
