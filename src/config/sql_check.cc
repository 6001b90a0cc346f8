#include "config/sql_check.h"

#include <algorithm>

#include "config/fingerprint.h"
#include "config/nearest.h"
#include "config/sql_checker.h"
#include "config/sql_messages.h"
#include "config/sql_words.h"
#include "sql/gate.h"
#include "sql/job_statement.h"

namespace tailrace::config {
namespace {

constexpr size_t kSqlBytesMax = size_t{256} << 10;
// A view counts as often as it stands in what it is put into: a view that names another twice doubles the work of a
// query.
constexpr size_t kViewUsesMax = 500;

}  // namespace

const StreamSpec* SqlCheck::Stream(std::string_view name) const {
  for (const StreamSpec& stream : reading_.pipeline.streams) {
    if (stream.name == name) return &stream;
  }
  return nullptr;
}

void SqlCheck::Settle(const std::string& name, Columns columns, Facts facts) {
  facts.sound = true;
  columns_.relations[name] = std::move(columns);
  facts_[name] = std::move(facts);
}

void SqlCheck::AddStreams() {
  for (const StreamSpec& stream : reading_.pipeline.streams) {
    const Relation* relation = reading_.catalog.Find(stream.name);
    done_.insert(stream.name);
    if (relation == nullptr || relation->broken || stop_.stop_requested()) continue;
    auto columns = [&]() -> sql::SqlResult<Columns> {
      if (const Status added = scratch_->AddStream(stream.name, stream.schema); !added) {
        return tl::unexpected(sql::SqlError{added.error().message(), std::nullopt});
      }
      return scratch_->Describe("FROM " + sql::QuoteIdentifier(stream.name));
    }();
    if (columns)
      Settle(stream.name, std::move(*columns), {true, stream.name, 1, SchemaFingerprintText(stream.schema)});
    else
      reading_.report.Error(relation->key->begin, columns.error().message);
  }
}

void SqlCheck::AddSystemRelations() {
  for (const SystemRelationSpec& relation : SystemRelationTable()) {
    if (const Status added = scratch_->AddRelationIn(kSystemSchema, relation.name, relation.columns); !added)
      reading_.report.Error(0, added.error().message());
  }
}

Query SqlCheck::Parse(const std::string& name, const SqlText& sql, SqlPlace place) {
  Query query{name, &sql, place, std::nullopt, {}, {}, {}, false, false};
  if (sql.text.size() > kSqlBytesMax) {
    query.place.Tell(0, "SQL of more than 256 KB", reading_);
    return query;
  }
  auto select = sql::Select::Parse(sql.text);
  if (!select) {
    query.place.Tell(select.error(), reading_);
    return query;
  }
  query.select = std::move(*select);
  return query;
}

// True when the relation must not be read here, which is told.
bool SqlCheck::RefuseRelation(Query& query, const Relation& relation, size_t position, RelationKind reader) {
  if (relation.kind == RelationKind::kCollection) {
    query.place.Tell(position,
                     Quoted(relation.name) +
                         " is a collection: SQL reads streams, tables and views; documents are at " +
                         Quoted("/collections/" + relation.name),
                     reading_);
    return true;
  }
  const StreamSpec* stream = relation.kind == RelationKind::kStream ? Stream(relation.name) : nullptr;
  const bool reads_rows = reader == RelationKind::kView;
  if (stream != nullptr && !stream->store && reads_rows) {
    query.place.Tell(
        position,
        "the stream " + Quoted(relation.name) + " keeps no rows (store: false), so only tables and collections read it",
        reading_);
    return true;
  }
  return false;
}

// A relation of the system is never the same twice, so nothing that is replayed may read it. True when that is told.
bool SqlCheck::RefuseSystem(const Query& query, std::string_view name, size_t position, RelationKind reader) {
  if (reader == RelationKind::kView) return false;
  query.place.Tell(position,
                   Quoted(name) + " changes by itself, and a " + std::string(KindName(reader)) +
                       " is made from the records of streams, so that a replay gives the same: read it in a view, an api or POST /sql",
                   reading_);
  return true;
}

// Of a name in the system's schema. False: it is told why it cannot be read.
bool SqlCheck::ResolveSystem(Query& query, const sql::RelationRef& ref, RelationKind reader) {
  const SystemRelationSpec* relation = FindSystemRelation(ref.name);
  if (relation == nullptr) {
    query.place.Tell(ref.position, "there is no relation " + Quoted(ref.name) + Suggestion(ref.name, SystemRelationNames()), reading_);
    return false;
  }
  if (RefuseSystem(query, ref.name, ref.position, reader)) return false;
  query.system_reads.push_back(relation);
  query.reads_system = true;
  return true;
}

// Looks up what the query reads; checks views and tables among it first. False: something of it is unknown or broken.
bool SqlCheck::Resolve(Query& query, RelationKind reader) {
  if (!query.select || stop_.stop_requested()) return false;
  bool sound = true;
  for (const sql::RelationRef& ref : query.select->Relations()) {
    if (IsSystemName(ref.name)) {
      if (!ResolveSystem(query, ref, reader)) sound = false;
      continue;
    }
    if (const auto table = sql::JobsTableName(ref.name)) {
      if (reads_jobs_ && Knows(ref.name)) continue;
      sound = false;
      query.place.Tell(ref.position,
                       reads_jobs_ ? "no job makes the table " + Quoted(ref.name) + " (by CREATE TABLE AS)"
                                   : Quoted(ref.name) + " is made by a job: apis, jobs, alerts and queries read it, tables, views and collections do not",
                       reading_);
      continue;
    }
    const Relation* relation = reading_.catalog.FindFolded(ref.name);
    if (relation == nullptr) {
      sound = false;
      if (reading_.catalog.incomplete()) continue;
      const auto names = reading_.catalog.Names({RelationKind::kStream, RelationKind::kTable, RelationKind::kView});
      query.place.Tell(ref.position, "there is no relation " + Quoted(ref.name) + Suggestion(ref.name, names), reading_);
      continue;
    }
    const auto open = std::find(open_.begin(), open_.end(), relation->name);
    if (open != open_.end()) {
      std::string cycle;
      for (auto i = open; i != open_.end(); ++i) cycle += *i + " reads ";
      query.place.Tell(ref.position, "a circle: " + cycle + relation->name, reading_);
      sound = false;
      continue;
    }
    if (RefuseRelation(query, *relation, ref.position, reader)) {
      sound = false;
      continue;
    }
    CheckRelation(relation->name);
    query.reads.push_back(relation);
    query.positions.push_back(ref.position);
    const auto facts = facts_.find(relation->name);
    if (facts == facts_.end() || !facts->second.sound) {
      sound = false;
    } else if (facts->second.reads_system) {
      query.reads_system = true;
      if (RefuseSystem(query, relation->name, ref.position, reader)) sound = false;
    }
  }
  query.sound = sound;
  if (sound && UsesOf(query) > kViewUsesMax) {
    query.place.Tell(0, "views within views add up to more than " + std::to_string(kViewUsesMax) + " readings",
                     reading_);
    query.sound = false;
  }
  return query.sound;
}

// How many views a query comes to when each is put in place of its name.
size_t SqlCheck::UsesOf(const Query& query) const {
  std::map<std::string, size_t> weight;
  for (const Relation* relation : query.reads) {
    const auto facts = facts_.find(relation->name);
    const bool view = relation->kind == RelationKind::kView && facts != facts_.end();
    weight[Folded(relation->name)] = view ? facts->second.uses : 0;
  }
  size_t uses = 1;
  for (const SqlWord& word : SqlWords(query.sql->text)) {
    const auto found = weight.find(Folded(word.text));
    if (found != weight.end()) uses += found->second;
  }
  return uses;
}

bool SqlCheck::PassesGate(const Query& query) {
  const auto known = [&](std::string_view name) {
    return Knows(name) || reading_.catalog.FindFolded(name) != nullptr || FindSystemRelation(name) != nullptr;
  };
  const auto refused = sql::RefuseUserSelect(*query.select, known);
  if (refused) query.place.Tell(*refused, reading_);
  return !refused;
}

bool SqlCheck::IsUnknownColumn(const sql::SqlError& error) {
  return ExplainSqlError(error.message).starts_with("there is no column");
}

void SqlCheck::TellOf(const Query& query, const sql::SqlError& error) {
  if (stop_.stop_requested()) return;  // It was interrupted, which is no mistake of its text.
  sql::SqlError told = error;
  told.message = ExplainSqlError(error.message);
  const bool misses_column = IsUnknownColumn(told);
  for (const SystemRelationSpec* relation : query.system_reads) {
    if (!misses_column) break;
    std::string names;
    for (const sql::ResultColumn& column : relation->columns) names += (names.empty() ? "" : ", ") + column.name;
    told.message += "; " + std::string(kSystemSchema) + "." + relation->name + " has " + names;
  }
  query.place.Tell(told, reading_);
}

std::string SqlCheck::OnlyStream(const Query& query) const {
  if (query.reads_system) return {};
  std::string only;
  for (const Relation* relation : query.reads) {
    const auto facts = facts_.find(relation->name);
    if (facts == facts_.end() || facts->second.stream.empty()) return {};
    if (!only.empty() && only != facts->second.stream) return {};
    only = facts->second.stream;
  }
  return only;
}

// The text with views put in place; the text as written when there is none, so that places in it stay right.
std::optional<std::string> SqlCheck::Inlined(const Query& query) {
  const bool has_views = std::any_of(query.reads.begin(), query.reads.end(),
                                     [](const Relation* relation) { return relation->kind == RelationKind::kView; });
  if (!has_views) return query.sql->text;
  auto inlined = query.select->WithViewsInlined(stream_views_);
  if (!inlined) {
    query.place.Tell(inlined.error(), reading_);
    return std::nullopt;
  }
  auto text = inlined->Text();
  if (text) return std::move(*text);
  query.place.Tell(text.error(), reading_);
  return std::nullopt;
}

void SqlCheck::CheckRelation(std::string_view name) {
  if (!done_.insert(std::string(name)).second) return;
  open_.emplace_back(name);
  for (TableSpec& table : reading_.pipeline.tables) {
    if (table.name == name) CheckTable(table);
  }
  for (ViewSpec& view : reading_.pipeline.views) {
    if (view.name == name) CheckView(view);
  }
  for (CollectionSpec& collection : reading_.pipeline.collections) {
    if (collection.name == name) CheckCollection(collection);
  }
  open_.pop_back();
}

SqlColumns SqlCheck::Run() {
  AddStreams();
  AddSystemRelations();
  for (const ViewSpec& view : reading_.pipeline.views) CheckRelation(view.name);
  for (const TableSpec& table : reading_.pipeline.tables) CheckRelation(table.name);
  for (const CollectionSpec& collection : reading_.pipeline.collections) CheckRelation(collection.name);
  CheckJobs();
  for (ApiSpec& api : reading_.pipeline.apis) CheckApi(api);
  for (DashboardSpec& dashboard : reading_.pipeline.dashboards) CheckDashboard(dashboard);
  for (const SourceSpec& source : reading_.pipeline.sources) {
    if (const auto* generate = std::get_if<GenerateSourceSpec>(&source.kind)) CheckGenerate(source, *generate);
  }
  std::vector<ViewSpec> ordered;
  for (const std::string& name : view_order_) {
    for (ViewSpec& view : reading_.pipeline.views) {
      if (view.name == name) ordered.push_back(std::move(view));
    }
  }
  reading_.pipeline.views = std::move(ordered);
  if (stop_.stop_requested()) reading_.report.Error(0, "the check of SQL took too long and was ended: there may be more mistakes");
  return std::move(columns_);
}

SqlColumns CheckSql(Reading& reading, const std::stop_token& stop) {
  auto scratch = sql::Scratch::Open();
  if (!scratch) {
    reading.report.Error(0, "SQL cannot be checked: " + scratch.error().message());
    return {};
  }
  sql::Connection& connection = (*scratch)->connection();
  const std::stop_callback interrupt(stop, [&connection] { connection.Interrupt(); });
  return SqlCheck(reading, std::move(*scratch), stop).Run();
}

}  // namespace tailrace::config
