#include "config/read_tests.h"

#include <algorithm>
#include <set>

#include "config/nearest.h"
#include "config/row_text.h"
#include "config/system_relations.h"
#include "model/json_text.h"
#include "model/times.h"

namespace tailrace::config {
namespace {

constexpr int kRequestStatus = 200;
constexpr std::string_view kSections[] = {"apis", "dashboards", "documents", "dead_letters", "alerts"};

using RelationColumns = std::vector<sql::ResultColumn>;

const sql::ResultColumn* FindColumn(const RelationColumns& columns, std::string_view name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const sql::ResultColumn& column) { return Folded(column.name) == Folded(name); });
  return found == columns.end() ? nullptr : &*found;
}

class TestReader {
 public:
  TestReader(const SqlColumns& columns, Reading& reading) : columns_(columns), reading_(reading) {}
  TestSpec Read(const Node& node);

 private:
  void ReadGiven(const Node& node, TestSpec* test);
  void ReadRequests(const Node& node, TestSpec* test);
  void ReadClock(const Node& node, TestSpec* test);
  void ReadAnswers(const Node& node, TestSpec* test);
  TestAnswer ReadAnswer(const Node& node);
  std::optional<int64_t> ReadTime(const Node& node, std::string_view key);
  void ReadExpect(const Node& expect, TestSpec* test);
  void ReadExpectedRelation(const Entry& entry, TestSpec* test);
  void ReadExpectedApis(const Node& list, TestSpec* test);
  void ReadExpectedTiles(const Node& list, TestSpec* test);
  const TileSpec* TileAt(const Node& get, std::string_view dashboard, std::string_view tile);
  void ReadExpectedDocuments(const Node& list, TestSpec* test);
  void ReadExpectedDeadLetters(const Node& mapping, TestSpec* test);
  void ReadExpectedAlerts(const Node& mapping, TestSpec* test);

  const StreamSpec* StreamOf(const Node& key);
  JsonText GivenRow(const Node& row, const Node* defaults, const StreamSpec& stream);
  std::vector<JsonText> RowsByColumns(const Node& list, const RelationColumns* columns, std::string_view of);
  JsonText ByLook(const Node& node) const { return {JsonByLook(node), reading_.PlaceOf(node)}; }

  const SqlColumns& columns_;
  Reading& reading_;
};

// Tells a name that is no stream.
const StreamSpec* TestReader::StreamOf(const Node& key) {
  for (const StreamSpec& stream : reading_.pipeline.streams) {
    if (stream.name == key.text) return &stream;
  }
  const Relation* relation = reading_.catalog.Find(key.text);
  if (relation != nullptr) {
    if (relation->kind != RelationKind::kStream) {
      reading_.report.Error(key.begin,
                            Quoted(key.text) + " is a " + std::string(KindName(relation->kind)) + ", not a stream");
    }
  } else if (!reading_.catalog.incomplete()) {
    reading_.report.Error(key.begin, "there is no stream " + Quoted(key.text) +
                                         Suggestion(key.text, reading_.catalog.Names({RelationKind::kStream})));
  }
  return nullptr;
}

JsonText TestReader::GivenRow(const Node& row, const Node* defaults, const StreamSpec& stream) {
  Node whole = row;
  if (defaults != nullptr) {
    for (const Entry& entry : defaults->entries) {
      if (row.Find(entry.key->text) == nullptr) whole.entries.push_back(entry);
    }
  }
  Type type;
  type.kind = TypeKind::kStruct;
  type.fields = stream.schema.fields;
  return {JsonByType(whole, type), reading_.PlaceOf(row)};
}

void TestReader::ReadGiven(const Node& node, TestSpec* test) {
  const Node* all_defaults = Find(node, "defaults");
  if (all_defaults != nullptr) {
    for (const Entry& entry : all_defaults->entries) StreamOf(*entry.key);
  }
  const Node* given = Find(node, "given");
  if (given == nullptr) return;
  for (const Entry& entry : given->entries) {
    const StreamSpec* stream = StreamOf(*entry.key);
    if (stream == nullptr || entry.value->broken) continue;
    TestGiven rows;
    rows.stream = stream->name;
    if (entry.value->kind == NodeKind::kMapping) {
      const Node* path = Find(*entry.value, "file");
      if (path == nullptr) continue;
      const auto format = FormatOf(*entry.value, path->text);
      if (!format && entry.value->Find("format") == nullptr) {
        reading_.report.Error(path->begin, "the ending of " + Quoted(path->shown()) +
                                               " does not tell the format: add format: csv, json, jsonl or parquet");
      }
      rows.file = TestFile{reading_.Absolute(path->text), format.value_or(FileFormat::kCsv), EncodingOf(*entry.value)};
    }
    const Node* defaults = all_defaults == nullptr ? nullptr : Find(*all_defaults, stream->name);
    for (const Node* row : entry.value->items) {
      if (!row->broken) rows.rows.push_back(GivenRow(*row, defaults, *stream));
    }
    test->given.push_back(std::move(rows));
  }
}

void TestReader::ReadRequests(const Node& node, TestSpec* test) {
  const Node* requests = Find(node, "requests");
  if (requests == nullptr) return;
  for (const Node* item : requests->items) {
    const Node* send = item->broken ? nullptr : Find(*item, "send");
    if (send == nullptr) continue;
    const size_t space = send->text.find(' ');
    if (space == std::string::npos || space + 1 >= send->text.size() || send->text[space + 1] != '/') {
      reading_.report.Error(send->begin,
                            "expected a method and a path such as \"POST /orders\", found " + Quoted(send->shown()));
      continue;
    }
    TestRequest request;
    request.method = send->text.substr(0, space);
    request.path = send->text.substr(space + 1);
    request.status = static_cast<int>(IntegerOr(*item, "status", kRequestStatus));
    request.place = reading_.PlaceOf(*item);
    if (const Node* body = item->Value("body"); body != nullptr && !body->absent) {
      request.body = body->kind == NodeKind::kScalar ? body->text : JsonByLook(*body);
    }
    test->requests.push_back(std::move(request));
  }
}

// `columns` is nullptr where they are not known: then every name passes and scalars keep their look.
std::vector<JsonText> TestReader::RowsByColumns(const Node& list, const RelationColumns* columns, std::string_view of) {
  std::vector<JsonText> rows;
  for (const Node* row : list.items) {
    if (row->broken) continue;
    std::string json = "{";
    for (const Entry& entry : row->entries) {
      const sql::ResultColumn* column = columns == nullptr ? nullptr : FindColumn(*columns, entry.key->text);
      if (columns != nullptr && column == nullptr) {
        std::vector<std::string> names;
        for (const sql::ResultColumn& known : *columns) names.push_back(known.name);
        reading_.report.Error(entry.key->begin, std::string(of) + " has no column " + Quoted(entry.key->text) +
                                                    Suggestion(entry.key->text, names));
        continue;
      }
      if (json.size() > 1) json += ",";
      AppendJsonString(column == nullptr ? entry.key->text : column->name, &json);
      json += ":" + (column == nullptr ? JsonByLook(*entry.value) : JsonByColumn(*entry.value, column->type));
    }
    rows.push_back({json + "}", reading_.PlaceOf(*row)});
  }
  return rows;
}

void TestReader::ReadExpectedRelation(const Entry& entry, TestSpec* test) {
  const std::string& name = entry.key->text;
  if (const SystemRelationSpec* system = FindSystemRelation(name)) {
    TestRows rows{Folded(name), {}, reading_.PlaceOf(*entry.key)};
    rows.rows = RowsByColumns(*entry.value, &system->columns, name);
    test->expect_rows.push_back(std::move(rows));
    return;
  }
  const Relation* relation = reading_.catalog.Find(name);
  const auto made = columns_.relations.find(name);
  if (relation == nullptr && made != columns_.relations.end()) {
    TestRows rows{name, {}, reading_.PlaceOf(*entry.key)};
    rows.rows = RowsByColumns(*entry.value, &made->second, name);
    test->expect_rows.push_back(std::move(rows));
    return;
  }
  if (relation == nullptr) {
    if (reading_.catalog.incomplete()) return;
    std::vector<std::string> names = reading_.catalog.Names({RelationKind::kStream, RelationKind::kTable, RelationKind::kView});
    if (IsSystemName(name)) names = SystemRelationNames();
    names.insert(names.end(), std::begin(kSections), std::end(kSections));
    reading_.report.Error(entry.key->begin, "there is no relation " + Quoted(name) + Suggestion(name, names));
    return;
  }
  if (relation->kind == RelationKind::kCollection) {
    reading_.report.Error(entry.key->begin,
                          Quoted(name) + " is a collection: write documents: [{get: " + name + "/KEY, has: {...}}]");
    return;
  }
  const auto columns = columns_.relations.find(name);
  TestRows rows{name, {}, reading_.PlaceOf(*entry.key)};
  rows.rows = RowsByColumns(*entry.value, columns == columns_.relations.end() ? nullptr : &columns->second, name);
  test->expect_rows.push_back(std::move(rows));
}

void TestReader::ReadExpectedApis(const Node& list, TestSpec* test) {
  const std::vector<std::string>& names = reading_.api_names;
  for (const Node* item : list.items) {
    const Node* get = item->broken ? nullptr : Find(*item, "get");
    if (get == nullptr) continue;
    const std::string name = get->text.substr(0, get->text.find('?'));
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (!known) {
      if (reading_.apis_incomplete) continue;
      reading_.report.Error(get->begin, "there is no api " + Quoted(name) + Suggestion(name, names));
      continue;
    }
    TestGet expected{get->text, {}, std::nullopt, reading_.PlaceOf(*item)};
    const auto columns = columns_.apis.find(name);
    if (const Node* rows = Find(*item, "rows")) {
      expected.rows =
          RowsByColumns(*rows, columns == columns_.apis.end() ? nullptr : &columns->second, "the api " + name);
    }
    test->expect_apis.push_back(std::move(expected));
  }
}

// Tells one that there is not.
const TileSpec* TestReader::TileAt(const Node& get, std::string_view dashboard, std::string_view tile) {
  std::vector<std::string> names;
  for (const DashboardSpec& spec : reading_.pipeline.dashboards) {
    names.push_back(spec.name);
    if (spec.name != dashboard) continue;
    std::vector<std::string> tiles;
    for (const TileSpec& known : spec.tiles) {
      if (known.name == tile && known.chart != Chart::kText) return &known;
      if (known.chart != Chart::kText) tiles.push_back(known.name);
    }
    reading_.report.Error(get.begin, "the dashboard " + Quoted(dashboard) + " has no tile " + Quoted(tile) + " with rows" + Suggestion(tile, tiles));
    return nullptr;
  }
  reading_.report.Error(get.begin, "there is no dashboard " + Quoted(dashboard) + Suggestion(dashboard, names));
  return nullptr;
}

void TestReader::ReadExpectedTiles(const Node& list, TestSpec* test) {
  for (const Node* item : list.items) {
    const Node* get = item->broken ? nullptr : Find(*item, "get");
    if (get == nullptr) continue;
    const std::string path = get->text.substr(0, get->text.find('?'));
    const size_t slash = path.find('/');
    if (slash == std::string::npos) {
      reading_.report.Error(get->begin, "expected DASHBOARD/TILE, found " + Quoted(get->shown()));
      continue;
    }
    TestTile expected{path.substr(0, slash), path.substr(slash + 1), get->text.substr(path.size()), {}, reading_.PlaceOf(*item)};
    const TileSpec* tile = TileAt(*get, expected.dashboard, expected.tile);
    if (tile == nullptr) continue;
    RelationColumns columns;
    for (const ColumnSpec& column : tile->columns) columns.push_back({column.name, column.type});
    if (const Node* rows = Find(*item, "rows")) {
      expected.rows = RowsByColumns(*rows, columns.empty() ? nullptr : &columns, "the tile " + path);
    }
    test->expect_tiles.push_back(std::move(expected));
  }
}

void TestReader::ReadExpectedDocuments(const Node& list, TestSpec* test) {
  for (const Node* item : list.items) {
    const Node* get = item->broken ? nullptr : Find(*item, "get");
    if (get == nullptr) continue;
    const size_t slash = get->text.find('/');
    const std::string name = get->text.substr(0, slash);
    const Relation* relation = reading_.catalog.Find(name);
    if (slash == std::string::npos) {
      reading_.report.Error(get->begin, "expected COLLECTION/KEY, found " + Quoted(get->shown()));
    } else if (relation == nullptr ? !reading_.catalog.incomplete() : relation->kind != RelationKind::kCollection) {
      reading_.report.Error(get->begin, "there is no collection " + Quoted(name) +
                                            Suggestion(name, reading_.catalog.Names({RelationKind::kCollection})));
    } else {
      TestGet expected{get->text, {}, std::nullopt, reading_.PlaceOf(*item)};
      if (const Node* has = Find(*item, "has")) expected.has = ByLook(*has);
      test->expect_documents.push_back(std::move(expected));
    }
  }
}

void TestReader::ReadExpectedDeadLetters(const Node& mapping, TestSpec* test) {
  for (const Entry& entry : mapping.entries) {
    const StreamSpec* stream = StreamOf(*entry.key);
    if (stream == nullptr || entry.value->broken) continue;
    TestRows rows{stream->name, {}, reading_.PlaceOf(*entry.key)};
    for (const Node* row : entry.value->items) rows.rows.push_back(ByLook(*row));
    test->expect_dead_letters.push_back(std::move(rows));
  }
}

void TestReader::ReadExpect(const Node& expect, TestSpec* test) {
  for (const Entry& entry : expect.entries) {
    if (entry.value->broken) continue;
    if (entry.key->text == "apis")
      ReadExpectedApis(*entry.value, test);
    else if (entry.key->text == "dashboards")
      ReadExpectedTiles(*entry.value, test);
    else if (entry.key->text == "documents")
      ReadExpectedDocuments(*entry.value, test);
    else if (entry.key->text == "dead_letters")
      ReadExpectedDeadLetters(*entry.value, test);
    else if (entry.key->text == "alerts")
      ReadExpectedAlerts(*entry.value, test);
    else
      ReadExpectedRelation(entry, test);
  }
}

std::optional<int64_t> TestReader::ReadTime(const Node& node, std::string_view key) {
  const Node* time = Find(node, key);
  if (time == nullptr) return std::nullopt;
  const auto micros = ParseRfc3339(time->text);
  if (!micros) reading_.report.Error(time->begin, "expected a time such as 2017-03-03T05:59:00Z, found " + Quoted(time->shown()));
  return micros;
}

void TestReader::ReadClock(const Node& node, TestSpec* test) {
  test->at_micros = ReadTime(node, "at");
  test->until_micros = ReadTime(node, "until");
  if (!test->until_micros) return;
  if (!test->at_micros) reading_.report.Error(Find(node, "until")->begin, "until needs at, from where the clock goes");
  if (test->at_micros && *test->at_micros > *test->until_micros) reading_.report.Error(Find(node, "until")->begin, "until is before at");
}

TestAnswer TestReader::ReadAnswer(const Node& node) {
  TestAnswer answer;
  answer.status = static_cast<int>(IntegerOr(node, "status", kRequestStatus));
  if (const Node* headers = Find(node, "headers")) {
    for (const Entry& entry : headers->entries) answer.headers.emplace_back(Folded(entry.key->text), entry.value->text);
  }
  answer.body = TextOr(node, "body", "");
  const Node* json = node.Value("json");
  if (json != nullptr && !json->broken) answer.body = JsonByLook(*json);
  const Node* file = Find(node, "file");
  if (file != nullptr) answer.path = reading_.Absolute(file->text);
  answer.line = IntegerOr(node, "line", 0);
  const int bodies = (node.Find("body") != nullptr ? 1 : 0) + (json != nullptr ? 1 : 0) + (file != nullptr ? 1 : 0);
  if (bodies > 1) reading_.report.Error(node.begin, "one of body, json and file is the body");
  if (file == nullptr && node.Find("line") != nullptr) reading_.report.Error(node.Find("line")->key->begin, "line goes with file");
  return answer;
}

void TestReader::ReadAnswers(const Node& node, TestSpec* test) {
  const Node* answers = Find(node, "answers");
  if (answers == nullptr) return;
  for (const Entry& entry : answers->entries) {
    std::vector<std::string> polls;
    for (const SourceSpec& source : reading_.pipeline.sources) {
      if (std::holds_alternative<PollSourceSpec>(source.kind)) polls.push_back(source.name);
    }
    if (std::find(polls.begin(), polls.end(), entry.key->text) == polls.end()) {
      reading_.report.Error(entry.key->begin, "there is no poll source " + Quoted(entry.key->text) + Suggestion(entry.key->text, polls));
      continue;
    }
    TestAnswers of{entry.key->text, {}, reading_.PlaceOf(*entry.key)};
    for (const Node* item : entry.value->items) {
      if (!item->broken) of.answers.push_back(ReadAnswer(*item));
    }
    test->answers.push_back(std::move(of));
  }
}

void TestReader::ReadExpectedAlerts(const Node& mapping, TestSpec* test) {
  std::vector<std::string> names;
  for (const AlertSpec& alert : reading_.pipeline.alerts) names.push_back(alert.name);
  for (const Entry& entry : mapping.entries) {
    if (entry.value->broken) continue;
    if (std::find(names.begin(), names.end(), entry.key->text) == names.end()) {
      reading_.report.Error(entry.key->begin, "there is no alert " + Quoted(entry.key->text) + Suggestion(entry.key->text, names));
    }
    test->expect_alerts.push_back({entry.key->text, entry.value->text, reading_.PlaceOf(*entry.key)});
  }
}

TestSpec TestReader::Read(const Node& node) {
  TestSpec test;
  test.name = TextOr(node, "name", "");
  test.place = reading_.PlaceOf(node);
  test.crash_after = IntegerOr(node, "crash_after", 0);
  ReadClock(node, &test);
  ReadGiven(node, &test);
  ReadRequests(node, &test);
  ReadAnswers(node, &test);
  if (const Node* expect = Find(node, "expect")) ReadExpect(*expect, &test);
  return test;
}

}  // namespace

void ReadTests(const Node& root, const SqlColumns& columns, Reading& reading) {
  const Node* tests = Find(root, "tests");
  if (tests == nullptr) return;
  TestReader reader(columns, reading);
  std::set<std::string> names;
  for (const Node* node : tests->items) {
    if (node->broken || node->kind != NodeKind::kMapping) continue;
    TestSpec test = reader.Read(*node);
    if (!test.name.empty() && !names.insert(test.name).second) {
      reading.report.Error(Find(*node, "name")->begin, "two tests are named " + Quoted(test.name));
    }
    reading.pipeline.tests.push_back(std::move(test));
  }
}

}  // namespace tailrace::config
