// Sources of type postgres and mysql.
#include "config/database_address.h"
#include "config/quantity.h"
#include "config/reading.h"
#include "config/scalar.h"

namespace tailrace::config {
namespace {

constexpr std::chrono::milliseconds kEveryMin{100};

std::chrono::milliseconds DurationOr(const Node& body, std::string_view key, std::chrono::milliseconds fallback) {
  const Node* node = Find(body, key);
  const auto parsed = node == nullptr ? std::nullopt : ParseDuration(node->text);
  return parsed ? std::chrono::milliseconds(*parsed) : fallback;
}

PauseSpec PauseOf(const Node& body) {
  PauseSpec pause;
  if (const Node* node = Find(body, "pause")) (void)ParsePause(node->text, &pause);
  return pause;
}

DatabaseTlsMode ModeOf(const std::string& word, DatabaseTlsMode fallback) {
  if (word == "off") return DatabaseTlsMode::kOff;
  if (word == "prefer") return DatabaseTlsMode::kPrefer;
  if (word == "require") return DatabaseTlsMode::kRequire;
  return word == "verify" ? DatabaseTlsMode::kVerify : fallback;
}

std::string AbsoluteOf(const Node& body, std::string_view key, const Reading& reading) {
  const Node* node = Find(body, key);
  return node == nullptr ? "" : reading.Absolute(node->text);
}

void ReadTls(const Node& body, DatabaseAddressSpec* address, Reading& reading) {
  address->tls = IsThisMachine(address->host) ? DatabaseTlsMode::kPrefer : DatabaseTlsMode::kVerify;
  const Node* tls = Find(body, "tls");
  if (tls == nullptr) return;
  if (tls->kind == NodeKind::kScalar) {
    address->tls = ModeOf(tls->text, address->tls);
    return;
  }
  address->tls = ModeOf(TextOr(*tls, "mode", ""), DatabaseTlsMode::kVerify);
  address->ca = AbsoluteOf(*tls, "ca", reading);
  address->cert = AbsoluteOf(*tls, "cert", reading);
  address->key = AbsoluteOf(*tls, "key", reading);
  if (address->cert.empty() != address->key.empty()) reading.report.Error(tls->begin, "cert and key belong together");
}

DatabaseAddressSpec ReadAddress(const Node& body, DatabaseEngine engine, Reading& reading) {
  DatabaseAddressSpec address;
  if (const Node* url = Find(body, "url")) {
    const std::string wrong = ParseDatabaseUrl(url->text, engine, &address);
    if (!wrong.empty()) reading.report.Error(url->begin, wrong);
  }
  if (const Node* user = Find(body, "user")) address.user = user->text;
  if (const Node* password = Find(body, "password")) address.password = password->text;
  ReadTls(body, &address, reading);
  return address;
}

// Says which keys cannot stand together; `name` is where to say what is missing.
void CheckKeys(const Node& body, const Node& name, const DatabaseSourceSpec& source, Reading& reading) {
  const auto key_of = [&](std::string_view key) { return body.Find(key) == nullptr ? nullptr : body.Find(key)->key; };
  const auto clash = [&](std::string_view key, const std::string& why) {
    if (const Node* node = key_of(key)) reading.report.Error(node->begin, why);
  };
  const int whats = (key_of("table") != nullptr) + (key_of("tables") != nullptr) + (key_of("sql") != nullptr);
  if (whats == 0) reading.report.Error(name.begin, "what is read? add table, tables or sql");
  if (whats > 1) reading.report.Error(name.begin, "one of table, tables and sql, not several");
  const bool random = key_of("random") != nullptr;
  if (random) {
    clash("cursor", "rows are read at random or by a cursor, not both");
    clash("every", "the times of rows at random are set by random.pause");
  } else {
    clash("tables", "several tables are read only with random; else make a source of each");
  }
  const bool by_cursor = key_of("cursor") != nullptr;
  if (!by_cursor && !random)
    clash("every", "to look again, it needs a cursor: a column that grows, so that no row is read twice");
  if (key_of("every") == nullptr && !random) clash("settle", "it needs every");
  if (const Node* every = key_of("every"); every != nullptr && by_cursor && source.every < kEveryMin)
    reading.report.Error(every->begin, "at least 100ms");
}

}  // namespace

DatabaseSourceSpec ReadDatabase(const Entry& entry, DatabaseEngine engine, Reading& reading) {
  const Node& body = *entry.value;
  DatabaseSourceSpec source;
  source.engine = engine;
  source.address = ReadAddress(body, engine, reading);
  if (const Node* table = Find(body, "table")) source.tables.emplace_back("", table->text);
  if (const Node* tables = Find(body, "tables")) {
    for (const Entry& one : tables->entries) source.tables.emplace_back(one.key->text, one.value->text);
  }
  source.sql = TextOr(body, "sql", "");
  source.cursor = TextOr(body, "cursor", "");
  source.every = DurationOr(body, "every", source.every);
  source.settle = DurationOr(body, "settle", source.settle);
  if (const Node* random = Find(body, "random"); random != nullptr && random->kind == NodeKind::kMapping)
    source.random = RandomRowsSpec{IntegerOr(*random, "rows", 0), PauseOf(*random), IntegerOr(*random, "seed", 0)};
  CheckKeys(body, *entry.key, source, reading);
  return source;
}

void ReadPause(const Node& body, GenerateSourceSpec* generate, Reading& reading) {
  generate->pause = PauseOf(body);
  generate->seed = IntegerOr(body, "seed", 0);
  const Entry* pause = body.Find("pause");
  if (pause != nullptr && body.Find("rate") != nullptr)
    reading.report.Error(pause->key->begin, "rate or pause, not both");
}

}  // namespace tailrace::config
