#include "warehouse/projector.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "sql/query_cursor.h"
#include "sql/row_marker.h"
#include "sql/syntax.h"

namespace tailrace::warehouse {
namespace {

bool SameText(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(a[i])) != std::tolower(static_cast<unsigned char>(b[i]))) return false;
  }
  return true;
}

// Which column of the answer is what.
struct DocumentColumns {
  std::optional<size_t> key;
  std::optional<size_t> document;
  bool document_is_text = false;  // a text that holds JSON, where other types are made into JSON
  std::vector<size_t> indexed;
  size_t row = 0;  // the marker: the last column
};

Result<DocumentColumns> ColumnsOf(const std::vector<sql::ResultColumn>& columns) {
  DocumentColumns found;
  found.row = columns.size() - 1;
  for (size_t i = 0; i + 1 < columns.size(); ++i) {
    if (SameText(columns[i].name, "key") && !found.key) {
      found.key = i;
    } else if (SameText(columns[i].name, "document") && !found.document) {
      found.document = i;
      found.document_is_text = columns[i].type == "VARCHAR";
    } else if (!columns[i].name.starts_with(sql::BatchRelation::kRowNumberColumn)) {
      found.indexed.push_back(i);
    }
  }
  if (!found.key || !found.document) return Fail(Error::Invalid("a collection needs the columns key and document"));
  return found;
}

int64_t RowNumber(std::string_view text) {
  int64_t row = 0;
  std::from_chars(text.data(), text.data() + text.size(), row);
  return row;
}

ProjectedDocument DocumentOf(const sql::QueryCursor& cursor, const DocumentColumns& columns, size_t row) {
  const auto json = cursor.Row(row);
  ProjectedDocument document;
  document.row = RowNumber(json[columns.row]);
  document.key = cursor.Plain(row, *columns.key);
  if (columns.document_is_text) {
    document.document = cursor.Plain(row, *columns.document);
  } else if (json[*columns.document] != "null") {
    document.document = std::string(json[*columns.document]);
  }
  document.indexed.reserve(columns.indexed.size());
  for (const size_t column : columns.indexed) document.indexed.push_back(cursor.Plain(row, column));
  return document;
}

}  // namespace

Result<std::unique_ptr<Projector>> Projector::Open(const Streams& streams, const std::vector<ProjectionPlan>& plans,
                                                   size_t memory_bytes_max) {
  std::unique_ptr<Projector> projector(new Projector());
  if (plans.empty()) return projector;
  sql::DatabaseOptions options;
  options.path = ":memory:";
  options.threads = 1;
  options.memory_bytes_max = memory_bytes_max;
  TR_TRY(projector->database_, sql::Database::Open(options));
  TR_TRY(projector->connection_, projector->database_->Connect());
  for (const ProjectionPlan& plan : plans) {
    if (Status added = projector->Add(streams, plan); !added)
      return Fail(added.error().With("collection " + plan.name));
  }
  return projector;
}

Status Projector::Add(const Streams& streams, const ProjectionPlan& plan) {
  const auto stream = streams.find(plan.stream);
  if (stream == streams.end()) return Fail(Error::Invalid("there is no stream " + plan.stream));
  std::unique_ptr<sql::BatchRelation>& relation = relations_[plan.stream];
  if (relation == nullptr) {
    TR_TRY(relation, sql::BatchRelation::Create(*connection_, stream->second.layout, {plan.stream, true}));
  }
  const auto select = sql::Select::Parse(plan.sql);
  if (!select) return Fail(Error::Invalid(select.error().message));
  auto marked = sql::WithMarkerColumn(*select, plan.stream, sql::BatchRelation::kRowNumberColumn);
  if (!marked) return Fail(Error::Invalid(marked.error().message));
  projections_.insert_or_assign(plan.name, Projection{plan.stream, std::move(*marked)});
  return {};
}

Result<std::vector<ProjectedDocument>> Projector::Project(std::string_view collection, const StreamBatch& batch,
                                                          const Trial& trial, RowRange* suspects) {
  const auto projection = projections_.find(collection);
  if (projection == projections_.end())
    return Fail(Error::NotFound("there is no collection " + std::string(collection)));
  sql::BatchRelation& relation = *relations_.find(projection->second.stream)->second;
  relation.Show(RowsOf(batch, trial));
  const auto run = [&]() -> Result<std::vector<ProjectedDocument>> {
    TR_TRY(const auto cursor, sql::QueryCursor::Open(*connection_, projection->second.sql, {}, {}));
    TR_TRY(const DocumentColumns columns, ColumnsOf(cursor->columns()));
    std::vector<ProjectedDocument> documents;
    documents.reserve(trial.range.end - trial.range.begin);
    while (true) {
      TR_TRY(const bool more, cursor->Next());
      if (!more) break;
      for (size_t row = 0; row < cursor->row_count(); ++row) documents.push_back(DocumentOf(*cursor, columns, row));
    }
    // A join (with unnest, say) may bring the rows in another order than the stream's, in which they are merged.
    std::stable_sort(documents.begin(), documents.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
    return documents;
  };
  Result<std::vector<ProjectedDocument>> documents = run();
  if (suspects != nullptr) *suspects = {relation.last_handed_out().begin, relation.last_handed_out().end};
  relation.Hide();
  return documents;
}

}  // namespace tailrace::warehouse
