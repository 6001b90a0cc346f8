#include "engine/shadow_compare.h"

#include <charconv>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace tailrace::engine {
namespace {

constexpr std::string_view kSideColumn = "@side";
constexpr size_t kPageDocuments = 100;

std::string Quoted(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string ShadowName(std::string_view name) { return std::string(name).append(Warehouse::kShadowSuffix); }

// One aggregation over both: it goes to disk when it gets large, where EXCEPT would hold one side in memory.
std::string CompareSql(std::string_view name, bool stored_rows) {
  const std::string side = Quoted(kSideColumn);
  std::string sql = "SELECT * EXCLUDE (" + side + "), sum(" + side + ")::BIGINT AS " + side + " FROM (SELECT *, 1 AS " + side + " FROM " +
                    Quoted(ShadowName(name)) + " UNION ALL BY NAME SELECT *, -1 AS " + side + " FROM " + Quoted(name) +
                    ") GROUP BY ALL HAVING sum(" + side + ") <> 0 ORDER BY ";
  return sql + (stored_rows ? "_partition, _offset, " + side : "ALL");
}

// Turns the answer of CompareSql into differences.
class DifferenceSink final : public ResultSink {
 public:
  explicit DifferenceSink(RebuildListener& listener) : listener_(listener) {}

  bool Begin(std::span<const ColumnInfo> columns) override {
    for (const ColumnInfo& column : columns) names_.push_back(column.name);
    return true;
  }

  bool Row(std::span<const std::string_view> values) override {
    int64_t side = 0;
    const std::string_view digits = values.back();
    std::from_chars(digits.data(), digits.data() + digits.size(), side);
    std::string row = "{";
    for (size_t i = 0; i + 1 < values.size(); ++i) {
      if (i > 0) row += ',';
      AppendName(names_[i], &row);
      row.append(":").append(values[i]);
    }
    row += '}';
    const Difference difference{side < 0, side < 0 ? -side : side, {}, row};
    (difference.in_old ? counts_.only_in_old : counts_.only_in_new) += difference.count;
    listener_.OnDifference(difference);
    return true;
  }

  const DifferenceCounts& counts() const { return counts_; }

 private:
  static void AppendName(std::string_view name, std::string* out) {
    *out += '"';
    for (const char c : name) {
      if (c == '"' || c == '\\') *out += '\\';
      *out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
    *out += '"';
  }

  RebuildListener& listener_;
  std::vector<std::string> names_;
  DifferenceCounts counts_;
};

// The documents of a collection, one after the other.
class DocumentCursor {
 public:
  DocumentCursor(DocumentStore& documents, std::string collection) : documents_(documents), collection_(std::move(collection)) {}

  // The next one; null at the end.
  Result<const Document*> Peek() {
    if (page_.empty() && !ended_) {
      DocumentQuery query;
      query.limit = kPageDocuments;
      query.after = after_;
      TR_TRY(DocumentPage page, documents_.Find(collection_, query));
      ended_ = page.next.empty();
      after_ = std::move(page.next);
      for (Document& document : page.documents) page_.push_back(std::move(document));
    }
    return page_.empty() ? nullptr : &page_.front();
  }
  void Pop() { page_.pop_front(); }

 private:
  DocumentStore& documents_;
  const std::string collection_;
  std::string after_;
  std::deque<Document> page_;
  bool ended_ = false;
};

}  // namespace

Result<DifferenceCounts> CompareRows(Warehouse& warehouse, std::string_view name, bool stored_rows, RebuildListener& listener,
                                     const std::stop_token& stop) {
  QueryRequest request;
  request.sql = CompareSql(name, stored_rows);
  request.trusted = true;
  DifferenceSink sink(listener);
  TR_TRY(const QuerySummary summary, warehouse.Query(request, sink, stop));
  (void)summary;
  return sink.counts();
}

Result<DifferenceCounts> CompareDocuments(DocumentStore& documents, std::string_view collection, RebuildListener& listener,
                                          const std::stop_token& stop) {
  DocumentCursor old_cursor(documents, std::string(collection));
  DocumentCursor new_cursor(documents, ShadowName(collection));
  DifferenceCounts counts;
  const auto tell = [&](const Document& document, bool in_old) {
    ++(in_old ? counts.only_in_old : counts.only_in_new);
    listener.OnDifference({in_old, 1, document.key, document.json});
  };
  while (!stop.stop_requested()) {
    TR_TRY(const Document* was, old_cursor.Peek());
    TR_TRY(const Document* is, new_cursor.Peek());
    if (was == nullptr && is == nullptr) return counts;
    const bool take_old = was != nullptr && (is == nullptr || was->key <= is->key);
    const bool take_new = is != nullptr && (was == nullptr || is->key <= was->key);
    if (!take_old || !take_new || was->json != is->json) {
      if (take_old) tell(*was, true);
      if (take_new) tell(*is, false);
    }
    if (take_old) old_cursor.Pop();
    if (take_new) new_cursor.Pop();
  }
  return Fail(Error::Cancelled("the rebuild was stopped"));
}

}  // namespace tailrace::engine
