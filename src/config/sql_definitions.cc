// What each kind of SQL must be: tables over one stream, collections with key and document, apis with their parameters.
#include <algorithm>
#include <set>

#include "config/fingerprint.h"
#include "config/foot_guns.h"
#include "config/nearest.h"
#include "config/sql_checker.h"
#include "config/sql_words.h"
#include "model/definition.h"
#include "sql/table_plan.h"

namespace tailrace::config {
namespace {

constexpr std::string_view kKeyColumn = "key";
constexpr std::string_view kDocumentColumn = "document";

const sql::ResultColumn* FindColumn(const Columns& columns, std::string_view name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const sql::ResultColumn& column) { return Folded(column.name) == Folded(name); });
  return found == columns.end() ? nullptr : &*found;
}

std::vector<std::string> NamesOf(const Columns& columns) {
  std::vector<std::string> names;
  for (const sql::ResultColumn& column : columns) names.push_back(column.name);
  return names;
}

// The same for two texts that differ in white space, comments and case of keywords.
std::string Canonical(const std::string& sql) {
  const auto select = sql::Select::Parse(sql);
  if (!select) return sql;
  auto text = select->Text();
  return text ? std::move(*text) : sql;
}

bool IsNestedType(std::string_view type) {
  return type.starts_with("STRUCT") || type.starts_with("MAP") || type.ends_with("[]") || type == "JSON";
}

// Types that become a JSON object or are the text of one.
bool MayBeDocument(std::string_view type) {
  return type.starts_with("STRUCT") || type.starts_with("MAP") || type == "JSON" || type == "VARCHAR" ||
         type == "\"NULL\"";
}

}  // namespace

std::string SqlCheck::DefinitionOf(const Query& query) const {
  std::vector<std::string> parts = {Canonical(query.sql->text)};
  for (const Relation* relation : query.reads) parts.push_back(facts_.at(relation->name).definition);
  return Fingerprint(parts);
}

// With what of the stream's schema the answer depends on. A name that stands in the SQL for something else too is taken to
// mean the field.
std::string SqlCheck::DefinitionTextOf(const std::vector<std::string>& older, const std::vector<std::string>& query,
                                       const std::string& inlined_sql, const std::string& stream) const {
  Definition definition;
  definition.older = Fingerprint(older);
  definition.query = Fingerprint(query);
  const StreamSpec* spec = Stream(stream);
  if (spec == nullptr) return definition.query;  // over views: nothing is kept that a schema could change
  definition.schema = spec->schema;
  const auto select = sql::Select::Parse(inlined_sql);
  definition.reads_all = !select || select->ReadsWholeRows();
  std::set<std::string> words;
  for (const SqlWord& word : SqlWords(inlined_sql)) words.insert(Folded(word.text));
  for (const Field& field : spec->schema.fields) {
    if (words.contains(Folded(field.name))) definition.reads.insert(field.name);
  }
  // What is left over of a record depends on which fields there are.
  if (words.contains("_extra")) definition.reads_all = true;
  return DefinitionText(definition);
}

void SqlCheck::CheckView(ViewSpec& view) {
  Query query = Parse(view.name, view.sql, SqlPlace(reading_, "views." + view.name));
  const bool resolved = Resolve(query, RelationKind::kView);
  for (const Relation* relation : query.reads) view.reads.push_back(relation->name);
  view_order_.push_back(view.name);
  if (!resolved || !PassesGate(query)) return;
  if (auto added = scratch_->AddView(view.name, view.sql.text); !added)
    return TellOf(query, added.error());
  auto columns = scratch_->Describe(view.sql.text);
  if (!columns) return TellOf(query, columns.error());
  const std::string stream = OnlyStream(query);
  if (!stream.empty()) stream_views_[view.name] = view.sql.text;
  Settle(view.name, std::move(*columns), {true, stream, UsesOf(query), DefinitionOf(query), query.reads_system});
}

// Tells a table that reads a table, two streams, or nothing.
bool SqlCheck::ReadsOneStream(const Query& query) {
  const std::string rule =
      ": a table reads one stream and nothing else, so that a replay gives the same; write this as a view";
  if (query.reads.empty()) {
    query.place.Tell(0, "this reads no stream: a table is kept from the records of one", reading_);
    return false;
  }
  std::string only;
  for (size_t i = 0; i < query.reads.size(); ++i) {
    const std::string& stream = facts_.at(query.reads[i]->name).stream;
    if (stream.empty()) {
      query.place.Tell(query.positions[i],
                       Quoted(query.reads[i]->name) + " is a " + std::string(KindName(query.reads[i]->kind)) +
                           (query.reads[i]->kind == RelationKind::kView ? " over more than one stream" : "") + rule,
                       reading_);
      return false;
    }
    if (!only.empty() && only != stream) {
      query.place.Tell(query.positions[i], Quoted(only) + " and " + Quoted(stream) + " are two streams" + rule,
                       reading_);
      return false;
    }
    only = stream;
  }
  return true;
}

const Node* SqlCheck::ListItem(std::string_view section, std::string_view name, std::string_view list,
                               const std::string& item) const {
  const auto source = reading_.sql.find(std::string(section) + "." + std::string(name));
  if (source == reading_.sql.end()) return nullptr;
  const Node* body = source->second.body;
  const Node* items = body == nullptr ? nullptr : Find(*body, list);
  if (items == nullptr) return source->second.key;
  for (const Node* node : items->items) {
    if (node->text == item) return node;
  }
  return source->second.key;
}

bool SqlCheck::CheckUnique(const TableSpec& table, const Columns& columns) {
  bool sound = true;
  for (const std::string& name : table.unique) {
    if (FindColumn(columns, name) != nullptr) continue;
    const Node* node = ListItem("tables", table.name, "unique", name);
    reading_.report.Error(node->begin,
                          "the table has no column " + Quoted(node->shown()) + SuggestionFor(*node, NamesOf(columns)));
    sound = false;
  }
  return sound;
}

void SqlCheck::CheckTable(TableSpec& table) {
  Query query = Parse(table.name, table.sql, SqlPlace(reading_, "tables." + table.name));
  if (!Resolve(query, RelationKind::kTable) || !ReadsOneStream(query) || !PassesGate(query)) return;
  table.stream = OnlyStream(query);
  const auto inlined = Inlined(query);
  if (!inlined) return;
  table.inlined_sql = *inlined;
  auto columns = scratch_->DescribeOverBatch(table.sql.text, table.stream);
  if (!columns) return query.place.Tell(columns.error(), reading_);
  if (!CheckUnique(table, *columns)) return;
  auto plan = sql::PlanTable(
      {table.name, table.inlined_sql, table.stream, sql::Scratch::BatchRelation(table.stream), table.unique},
      *scratch_);
  if (!plan) {
    sql::SqlError error = plan.error();
    if (table.inlined_sql != table.sql.text) error.position.reset();  // a place in another text
    return query.place.Tell(error, reading_);
  }
  if (const Status added = scratch_->AddRelation(table.name, plan->columns); !added) {
    return query.place.Tell(0, added.error().message(), reading_);
  }
  std::vector<std::string> parts = {"table", Canonical(table.inlined_sql), DefinitionOf(query)};
  parts.insert(parts.end(), table.unique.begin(), table.unique.end());
  std::vector<std::string> of_query = {"table", Canonical(table.inlined_sql)};
  of_query.insert(of_query.end(), table.unique.begin(), table.unique.end());
  table.fingerprint = DefinitionTextOf(parts, of_query, table.inlined_sql, table.stream);
  WarnOfTable(table, query.place, reading_);
  Settle(table.name, std::move(plan->columns), {true, "", 1, Fingerprint(parts)});
}

// A collection's SELECT over a stream runs over each batch alone, so what it says of a record must not depend on
// others.
bool SqlCheck::IsRowByRow(const Query& query, const std::string& inlined) {
  const auto word = FirstWordAcrossRows(inlined);
  if (!word) return true;
  const std::vector<SqlWord> words = SqlWords(query.sql->text);
  const auto written =
      std::find_if(words.begin(), words.end(), [&](const SqlWord& w) { return Folded(w.text) == Folded(*word); });
  query.place.Tell(written == words.end() ? 0 : written->position,
                   Quoted(*word) +
                       " looks at several records, and a collection over a stream takes them one by one: "
                       "aggregate in a table and read that",
                   reading_);
  return false;
}

// Also puts `index` in the order of the columns.
bool SqlCheck::CheckDocumentColumns(CollectionSpec& collection, const Query& query, const Columns& columns) {
  bool sound = true;
  for (const std::string_view name : {kKeyColumn, kDocumentColumn}) {
    if (FindColumn(columns, name) != nullptr) continue;
    query.place.Tell(0,
                     "a collection's SELECT has columns key and document, and there is no " + Quoted(name) +
                         Suggestion(name, NamesOf(columns)),
                     reading_);
    sound = false;
  }
  std::vector<std::string> rest;
  std::set<std::string> names;
  for (const sql::ResultColumn& column : columns) {
    const std::string folded = Folded(column.name);
    if (!names.insert(folded).second) {
      query.place.Tell(0, "two columns are named " + Quoted(column.name), reading_);
      sound = false;
    }
    if (folded == kKeyColumn && IsNestedType(column.type)) {
      query.place.Tell(0, "the key of a document is a single value, not " + column.type, reading_);
      sound = false;
    } else if (folded == kDocumentColumn && !MayBeDocument(column.type)) {
      query.place.Tell(0, "a document is a JSON object, as of json_object('name', value), not " + column.type,
                       reading_);
      sound = false;
    }
    if (folded != kKeyColumn && folded != kDocumentColumn) rest.push_back(column.name);
  }
  for (const std::string& name : collection.index) {
    const bool found =
        std::any_of(rest.begin(), rest.end(), [&](const std::string& other) { return Folded(other) == Folded(name); });
    if (found) continue;
    const Node* node = ListItem("collections", collection.name, "index", name);
    reading_.report.Error(
        node->begin, "the SELECT has no column " + Quoted(node->shown()) + " to index" + SuggestionFor(*node, rest));
    sound = false;
  }
  for (const std::string& name : rest) {
    const bool indexed = std::any_of(collection.index.begin(), collection.index.end(),
                                     [&](const std::string& other) { return Folded(other) == Folded(name); });
    if (indexed || !sound) continue;
    query.place.Tell(
        0, "the column " + Quoted(name) + " is neither key nor document: name it under index, or leave it out",
        reading_);
    sound = false;
  }
  if (sound) collection.index = rest;
  return sound;
}

void SqlCheck::CheckCollection(CollectionSpec& collection) {
  Query query = Parse(collection.name, collection.sql, SqlPlace(reading_, "collections." + collection.name));
  if (!Resolve(query, RelationKind::kCollection) || !PassesGate(query)) return;
  if (query.reads.empty())
    return query.place.Tell(0, "this reads nothing: a collection is made from streams, tables or views", reading_);
  for (const Relation* relation : query.reads) collection.reads.push_back(relation->name);
  const std::string stream = OnlyStream(query);
  std::optional<std::string> inlined = query.sql->text;
  // Over a view that counts, it is the view's answer that is wanted, whole.
  const bool direct = std::all_of(query.reads.begin(), query.reads.end(),
                                  [](const Relation* r) { return r->kind == RelationKind::kStream; });
  if (!stream.empty()) {
    inlined = Inlined(query);
    if (!inlined) return;
    if (direct && !IsRowByRow(query, *inlined)) return;
    if (direct || !FirstWordAcrossRows(*inlined)) collection.stream = stream;
  }
  collection.inlined_sql = collection.stream.empty() ? query.sql->text : *inlined;
  if (collection.stream.empty()) {
    for (size_t i = 0; i < query.reads.size(); ++i) {
      if (RefuseRelation(query, *query.reads[i], query.positions[i], RelationKind::kView)) return;
    }
  }
  auto columns = collection.stream.empty() ? scratch_->Describe(collection.sql.text)
                                           : scratch_->DescribeOverBatch(collection.sql.text, collection.stream);
  if (!columns) return query.place.Tell(columns.error(), reading_);
  if (!CheckDocumentColumns(collection, query, *columns)) return;
  std::vector<std::string> parts = {"collection", Canonical(collection.inlined_sql), DefinitionOf(query),
                                    std::to_string(static_cast<int>(collection.merge))};
  parts.insert(parts.end(), collection.index.begin(), collection.index.end());
  std::vector<std::string> of_query = {"collection", Canonical(collection.inlined_sql),
                                       std::to_string(static_cast<int>(collection.merge))};
  of_query.insert(of_query.end(), collection.index.begin(), collection.index.end());
  collection.fingerprint =
      collection.stream.empty() ? Fingerprint(parts) : DefinitionTextOf(parts, of_query, collection.inlined_sql, collection.stream);
}

// Tells $names that are not declared, and warns of declared ones that are not used.
bool SqlCheck::CheckParameters(const ApiSpec& api, const Query& query) {
  std::vector<std::string> names;
  for (const ParamSpec& param : api.params) names.push_back(param.name);
  std::set<std::string> used;
  bool sound = true;
  for (const SqlWord& word : SqlWords(api.sql.text)) {
    if (!word.parameter) continue;
    used.insert(Folded(word.text));
    const bool known = std::any_of(names.begin(), names.end(),
                                   [&](const std::string& name) { return Folded(name) == Folded(word.text); });
    if (known) continue;
    query.place.Tell(word.position, "there is no parameter " + Quoted(word.text) + Suggestion(word.text, names),
                     reading_);
    sound = false;
  }
  const auto source = reading_.sql.find("apis." + api.name);
  const Node* params = source == reading_.sql.end() ? nullptr : Find(*source->second.body, "params");
  if (params == nullptr || !sound) return sound;
  for (const Entry& entry : params->entries) {
    if (!used.contains(Folded(entry.key->text)))
      reading_.report.Warning(entry.key->begin, "the SQL does not use $" + entry.key->text);
  }
  return sound;
}

void SqlCheck::CheckApi(ApiSpec& api) {
  if (api.sql.text.empty()) return;
  Query query = Parse(api.name, api.sql, SqlPlace(reading_, "apis." + api.name));
  if (!Resolve(query, RelationKind::kView) || !PassesGate(query)) return;
  if (reading_.apis_with_broken_params.contains(api.name) || !CheckParameters(api, query)) return;
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const ParamSpec& param : api.params) parameters.emplace_back(param.name, sql::SqlType(param.type));
  auto columns = scratch_->Describe(api.sql.text, parameters);
  if (columns)
    columns_.apis[api.name] = std::move(*columns);
  else
    TellOf(query, columns.error());
}

}  // namespace tailrace::config
