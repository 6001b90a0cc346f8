// Sources, and into which streams they go.
#include <glob.h>

#include <filesystem>

#include "config/nearest.h"
#include "config/read_poll.h"
#include "config/reading.h"
#include "config/scalar.h"

namespace tailrace::config {
namespace {

constexpr int kFaultStatus = 422;

// Nothing is opened: whether something is there when it runs is another matter.
bool MatchesNothing(const std::string& pattern) {
  glob_t found{};
  const int code = glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  globfree(&found);
  return code == GLOB_NOMATCH;
}

void CheckStream(const Node& node, Reading& reading) {
  const std::string& name = node.text;
  const std::string& shown = node.shown();
  const Relation* relation = reading.catalog.Find(name);
  if (relation != nullptr && relation->kind == RelationKind::kStream) return;
  if (relation == nullptr && reading.catalog.incomplete()) return;
  if (relation != nullptr) {
    reading.report.Error(node.begin,
                         Quoted(shown) + " is a " + std::string(KindName(relation->kind)) + ", not a stream");
    return;
  }
  reading.report.Error(node.begin, "there is no stream " + Quoted(shown) +
                                       SuggestionFor(node, reading.catalog.Names({RelationKind::kStream})));
}

std::vector<Target> ReadInto(const Node& source, Reading& reading) {
  const Node* into = Find(source, "into");
  if (into == nullptr) return {};
  if (into->kind == NodeKind::kScalar) {
    CheckStream(*into, reading);
    return {{into->text, ""}};
  }
  std::vector<Target> targets;
  for (const Entry& entry : into->entries) {
    if (entry.key->broken) continue;
    CheckStream(*entry.key, reading);
    if (!entry.value->broken) targets.push_back({entry.key->text, entry.value->text});
  }
  return targets;
}

// A name that tells a format by an ending that none of the words of `format` has.
bool IsXmlName(std::string_view path) {
  std::filesystem::path file(path);
  if (file.extension() == ".gz" || file.extension() == ".zst") file = file.stem();
  return Folded(file.extension().string()) == ".xml";
}

FileSourceSpec ReadFile(const Node& body, Reading& reading) {
  FileSourceSpec file;
  file.encoding = EncodingOf(body);
  file.watch = BoolOr(body, "watch", false);
  const Node* path = Find(body, "path");
  if (path == nullptr) return file;
  file.path = reading.Absolute(path->text);
  if (const auto format = FormatOf(body, path->text)) {
    file.format = *format;
  } else if (body.Find("format") == nullptr) {
    reading.report.Error(path->begin, "the ending of " + Quoted(path->shown()) +
                                          " does not tell the format: add format: csv, json, jsonl, parquet or delta");
  }
  const bool is_delta = TextOr(body, "format", "") == "delta";
  if (file.format == FileFormat::kParquet) {
    if (const Entry* encoding = body.Find("encoding"))
      reading.report.Error(encoding->key->begin, is_delta ? "a Delta table has no encoding" : "parquet has no encoding");
  }
  const bool is_xml = file.format == FileFormat::kJson && IsXmlName(path->text);
  if (is_xml && body.Find("records") == nullptr)
    reading.report.Error(path->begin, "xml needs records: the way to the elements that are records, such as /catalog/book");
  if (const Entry* encoding = body.Find("encoding"); encoding != nullptr && is_xml)
    reading.report.Error(encoding->key->begin, "an XML document says its encoding itself");
  if (const Entry* partitions = body.Find("partitions"); partitions != nullptr && is_delta)
    reading.report.Error(partitions->key->begin, "a Delta table knows its partitions by itself");
  file.records = TextOr(body, "records", "");
  file.partitions = BoolOr(body, "partitions", false);
  if (const Entry* records = body.Find("records"); records != nullptr && !file.records.empty()) {
    if (file.format != FileFormat::kJson && file.format != FileFormat::kJsonl && !is_xml)
      reading.report.Error(records->key->begin, "records are looked for in json, jsonl and xml alone");
    if (!is_xml && file.encoding == TextEncoding::kLatin1)
      reading.report.Error(records->key->begin, "records are looked for in UTF-8 alone");
  }
  // The glob of the C library does not know `**`.
  const bool any_folders = file.path.find("**") != std::string::npos;
  if (!any_folders && !file.watch && MatchesNothing(file.path)) {
    reading.report.Warning(path->begin, "no file matches " + Quoted(path->shown()));
  }
  return file;
}

std::optional<EchoReply> ReadReply(const Node& body) {
  const Node* reply = Find(body, "reply");
  if (reply == nullptr) return std::nullopt;
  if (reply->kind == NodeKind::kScalar) {
    if (reply->text == "echo") return EchoReply{};
    return std::nullopt;
  }
  EchoReply echo;
  echo.field = TextOr(*reply, "echo", "");
  if (const Node* formats = Find(*reply, "format")) {
    for (const Entry& entry : formats->entries) echo.formats[entry.key->text] = entry.value->text;
  }
  return echo;
}

HttpSourceSpec ReadHttp(const Node& body, Routes& routes, Reading& reading) {
  HttpSourceSpec http;
  if (const Node* node = Find(body, "route")) {
    if (auto route = routes.Read(*node, {"POST", "PUT"}, reading)) {
      http.method = std::move(route->method);
      http.route = std::move(route->path);
    }
  }
  http.status = static_cast<int>(IntegerOr(body, "status", 0));
  http.echo = ReadReply(body);
  if (const Node* faults = Find(body, "faults")) {
    for (const Node* fault : faults->items) {
      if (fault->broken) continue;
      http.faults.push_back({TextOr(*fault, "at", ""), static_cast<int>(IntegerOr(*fault, "status", kFaultStatus)),
                             TextOr(*fault, "reply", "offsets") == "echo"});
    }
  }
  return http;
}

GenerateSourceSpec ReadGenerate(const Entry& entry, Reading& reading) {
  const Node& body = *entry.value;
  GenerateSourceSpec generate;
  generate.sql = ReadSql(entry, "sources", reading).text;
  generate.rows = IntegerOr(body, "rows", 0);
  if (const Node* rate = Find(body, "rate")) generate.rate = ReadNumber(*rate).value_or(0);
  ReadPause(body, &generate, reading);
  return generate;
}

}  // namespace

void ReadSources(const Node& root, Routes& routes, Reading& reading) {
  std::map<std::string, std::string> names;
  for (const Entry& entry : EntriesOf(root, "sources", reading)) {
    const auto [first, is_new] = names.emplace(Folded(entry.key->text), entry.key->text);
    if (!is_new) {
      reading.report.Error(entry.key->begin,
                           Quoted(entry.key->text) + " differs only in case from the source " + Quoted(first->second));
    }
    const Node& body = *entry.value;
    if (body.kind != NodeKind::kMapping) continue;
    SourceSpec source;
    source.name = entry.key->text;
    source.place = reading.PlaceOf(*entry.key);
    source.into = ReadInto(body, reading);
    const std::string type = TextOr(body, "type", "");
    if (type == "file")
      source.kind = ReadFile(body, reading);
    else if (type == "http")
      source.kind = ReadHttp(body, routes, reading);
    else if (type == "generate")
      source.kind = ReadGenerate(entry, reading);
    else if (type == "poll")
      source.kind = ReadPoll(body, reading);
    else if (type == "postgres")
      source.kind = ReadDatabase(entry, DatabaseEngine::kPostgres, reading);
    else if (type == "mysql")
      source.kind = ReadDatabase(entry, DatabaseEngine::kMysql, reading);
    reading.pipeline.sources.push_back(std::move(source));
  }
}

}  // namespace tailrace::config
