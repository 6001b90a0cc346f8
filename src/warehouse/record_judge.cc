#include "warehouse/record_judge.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <utility>

#include "sql/batch_function.h"
#include "sql/duckdb.h"
#include "sql/query_cursor.h"
#include "sql/row_marker.h"
#include "sql/syntax.h"
#include "warehouse/stream_batch.h"
#include "warehouse/table_store.h"

namespace tailrace::warehouse {
namespace {

constexpr std::string_view kRow = sql::BatchRelation::kRowNumberColumn;

// The SELECT of one table or collection, with a last column that says which rows of the batch each row is made of. It is
// read whole, and not as a subquery that asks for that column alone: a value that nobody asks for is not worked out, and
// does not fail.
struct Question {
  std::string stream;
  std::string sql;
  bool is_collection = false;
  bool needs_object = false;
};

// Where the columns `key` and `document` are.
struct DocumentColumns {
  size_t key = 0;
  size_t document = 0;
};

bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

DocumentColumns DocumentColumnsOf(const std::vector<sql::ResultColumn>& columns) {
  DocumentColumns found;
  for (size_t i = columns.size(); i > 0; --i) {
    if (SameText(columns[i - 1].name, "key")) found.key = i - 1;
    if (SameText(columns[i - 1].name, "document")) found.document = i - 1;
  }
  return found;
}

// The numbers of a JSON number or a list of them.
void AppendNumbers(std::string_view json, std::vector<size_t>* numbers) {
  while (true) {
    const size_t begin = json.find_first_of("0123456789");
    if (begin == std::string_view::npos) return;
    json.remove_prefix(begin);
    size_t number = 0;
    const auto parsed = std::from_chars(json.data(), json.data() + json.size(), number);
    numbers->push_back(number);
    json.remove_prefix(static_cast<size_t>(parsed.ptr - json.data()));
  }
}

class DuckDbRecordJudge final : public RecordJudge {
 public:
  Status Open(const WarehousePlan& plan, const RecordJudgeOptions& options) {
    sql::DatabaseOptions database_options;
    database_options.path = ":memory:";
    database_options.threads = 1;
    database_options.memory_bytes_max = options.memory_bytes_max;
    TR_TRY(database_, sql::Database::Open(database_options));
    TR_TRY(connection_, database_->Connect());
    for (const StreamPlan& stream : plan.streams) {
      auto layout = std::make_shared<const sql::BatchLayout>(stream.schema, stream.needs_record);
      TR_TRY(auto relation, sql::BatchRelation::Create(*connection_, layout, {stream.name, true}));
      streams_.insert_or_assign(stream.name, StreamInfo{stream, std::move(layout)});
      relations_.insert_or_assign(stream.name, std::move(relation));
    }
    for (const TablePlan& table : plan.tables) TR_RETURN_IF_ERROR(AddTable(table));
    for (const ProjectionPlan& projection : plan.projections) {
      const auto& needed = options.objects_needed;
      TR_RETURN_IF_ERROR(AddCollection(projection, std::find(needed.begin(), needed.end(), projection.name) != needed.end()));
    }
    return {};
  }

  Result<std::unique_ptr<StreamBatch>> NewBatch(std::string_view stream) override {
    const auto info = streams_.find(stream);
    if (info == streams_.end()) return Fail(Error::NotFound("there is no stream " + std::string(stream)));
    return std::make_unique<WarehouseBatch>(info->second.layout);
  }

  Result<std::vector<size_t>> Emitted(std::string_view name, const StreamBatch& batch, RowRange range,
                                      const std::vector<size_t>& excluded) override {
    const auto question = questions_.find(name);
    if (question == questions_.end()) return Fail(Error::NotFound("there is no table or collection " + std::string(name)));
    sql::BatchRelation& relation = *relations_.find(question->second.stream)->second;
    relation.Show({&ChunksOf(batch), range.begin, range.end, excluded});
    Result<std::vector<size_t>> rows = Ask(question->second);
    relation.Hide();
    return rows;
  }

  Result<std::vector<std::string>> Keys(std::string_view collection, const StreamBatch& batch) override {
    const auto question = questions_.find(collection);
    if (question == questions_.end() || !question->second.is_collection)
      return Fail(Error::NotFound("there is no collection " + std::string(collection)));
    sql::BatchRelation& relation = *relations_.find(question->second.stream)->second;
    relation.Show({&ChunksOf(batch), 0, batch.row_count(), {}});
    Result<std::vector<std::string>> keys = AskForKeys(question->second);
    relation.Hide();
    return keys;
  }

 private:
  Status AddTable(const TablePlan& table) {
    const auto select = sql::Select::Parse(table.sql);
    if (!select) return Fail(Error::Invalid(select.error().message));
    const auto marked = sql::RecordsOf(*select, table.stream, kRow);
    if (!marked) return Fail(Error::Invalid("table " + table.name + ": " + marked.error().message));
    questions_.insert_or_assign(table.name, Question{table.stream, *marked, false, false});
    return {};
  }

  Status AddCollection(const ProjectionPlan& projection, bool needs_object) {
    const auto select = sql::Select::Parse(projection.sql);
    if (!select) return Fail(Error::Invalid(select.error().message));
    const auto marked = sql::WithMarkerColumn(*select, projection.stream, kRow);
    if (!marked) return Fail(Error::Invalid("collection " + projection.name + ": " + marked.error().message));
    questions_.insert_or_assign(projection.name, Question{projection.stream, *marked, true, needs_object});
    return {};
  }

  Result<std::vector<size_t>> Ask(const Question& question) {
    TR_TRY(const auto cursor, sql::QueryCursor::Open(*connection_, question.sql, {}, {}));
    const size_t marker = cursor->columns().size() - 1;
    const DocumentColumns columns = DocumentColumnsOf(cursor->columns());
    std::vector<size_t> rows;
    while (true) {
      TR_TRY(const bool more, cursor->Next());
      if (!more) break;
      for (size_t i = 0; i < cursor->row_count(); ++i) {
        if (question.is_collection && !cursor->Plain(i, columns.key)) continue;
        if (question.needs_object && !IsObject(*cursor, i, columns.document))
          return Fail(Error::Invalid("the document is not a JSON object, which its merge needs"));
        AppendNumbers(cursor->Row(i)[marker], &rows);
      }
    }
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
  }

  // A text holds JSON; other types are made into JSON.
  static bool IsObject(const sql::QueryCursor& cursor, size_t row, size_t column) {
    const bool is_text = cursor.columns()[column].type == "VARCHAR";
    const std::string json = is_text ? cursor.Plain(row, column).value_or("null") : std::string(cursor.Row(row)[column]);
    return json.starts_with("{");
  }

  Result<std::vector<std::string>> AskForKeys(const Question& question) {
    TR_TRY(const auto cursor, sql::QueryCursor::Open(*connection_, question.sql, {}, {}));
    const DocumentColumns columns = DocumentColumnsOf(cursor->columns());
    std::vector<std::string> keys;
    while (true) {
      TR_TRY(const bool more, cursor->Next());
      if (!more) return keys;
      for (size_t i = 0; i < cursor->row_count(); ++i) {
        if (auto key = cursor->Plain(i, columns.key)) keys.push_back(std::move(*key));
      }
    }
  }

  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<sql::Connection> connection_;
  Streams streams_;
  std::map<std::string, std::unique_ptr<sql::BatchRelation>, std::less<>> relations_;  // by stream
  std::map<std::string, Question, std::less<>> questions_;
};

}  // namespace

Result<std::unique_ptr<RecordJudge>> OpenRecordJudge(const WarehousePlan& plan, RecordJudgeOptions options) {
  auto judge = std::make_unique<DuckDbRecordJudge>();
  TR_RETURN_IF_ERROR(judge->Open(plan, options));
  return std::unique_ptr<RecordJudge>(std::move(judge));
}

}  // namespace tailrace::warehouse
