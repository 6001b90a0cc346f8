// Rows at random: one row number, drawn anew for each record, and that row of each table.
#include <fmt/format.h>

#include <algorithm>

#include "databases/row_json.h"
#include "databases/row_reader.h"
#include "model/json_text.h"

namespace tailrace {
namespace {

// The tables are counted again after this many draws, for they may grow.
constexpr int64_t kDrawsPerCount = 1000;

class RandomReader final : public RowReader {
 public:
  RandomReader(const DatabaseSourceOptions& options, Clock& clock)
      : specs_(options.tables), random_(*options.random), clock_(clock) {}

  std::string item() const override { return "random rows"; }
  Status Resume(const ResumePoint& point) override {
    next_ = point.next;
    return {};
  }
  Status Connected(Database& database) override;
  Result<SourceBatch> Read(size_t bytes_max, RowBatch* rows, const std::stop_token& stop) override;
  int64_t SizeHint() const override { return random_.rows; }

 private:
  struct Table {
    std::string prefix;  // `{"pin":`; empty where the row is the record
    std::string select;  // up to the row number
    std::string relation;
    RowJson json;
  };

  Status Count();
  Status Draw(std::string* out);

  const std::vector<DatabaseTable> specs_;
  const RandomRows random_;
  Clock& clock_;
  Database* database_ = nullptr;
  std::vector<Table> tables_;
  int64_t count_ = 0;       // rows of the shortest table
  int64_t draws_left_ = 0;  // until they are counted again
  int64_t next_ = 0;
  std::chrono::steady_clock::time_point drawn_at_;  // the last one, or when it began
  bool began_ = false;
};

// A primary key makes the row numbers; without one they are those of the table as it lies.
Status RandomReader::Connected(Database& database) {
  database_ = &database;
  tables_.clear();
  draws_left_ = 0;
  for (const DatabaseTable& spec : specs_) {
    std::string relation = RelationOf(database, spec);
    std::vector<std::string> key;
    if (spec.sql.empty()) {
      TR_TRY(key, database.PrimaryKey(QuoteTable(database, spec.table)));
    }
    TR_TRY(auto columns, database.Columns(relation));
    std::string order;
    for (const std::string& name : key) order += (order.empty() ? " ORDER BY " : ", ") + database.QuoteName(name);
    Table table{"", fmt::format("SELECT {} FROM {}{} LIMIT 1 OFFSET ", SelectList(database, columns), relation, order),
                relation, RowJson(columns, spec.schema)};
    if (!spec.member.empty()) {
      table.prefix = tables_.empty() ? "{" : ",";
      AppendJsonString(spec.member, &table.prefix);
      table.prefix += ':';
    }
    tables_.push_back(std::move(table));
  }
  if (!began_) drawn_at_ = clock_.Monotonic();
  began_ = true;
  return {};
}

Status RandomReader::Count() {
  count_ = 0;
  for (size_t i = 0; i < tables_.size(); ++i) {
    TR_RETURN_IF_ERROR(database_->Query("SELECT count(*) FROM " + tables_[i].relation));
    TR_TRY(bool has_row, database_->Next());
    int64_t rows = has_row ? std::stoll(std::string(database_->Value(0).value_or("0"))) : 0;
    count_ = i == 0 ? rows : std::min(count_, rows);
  }
  draws_left_ = kDrawsPerCount;
  if (count_ > 0) return {};
  return Fail(Error::Unavailable("there is no row to draw"));
}

Status RandomReader::Draw(std::string* out) {
  if (draws_left_-- <= 0) TR_RETURN_IF_ERROR(Count());
  auto row = DrawAt(random_.seed, next_) % static_cast<uint64_t>(count_);
  for (const Table& table : tables_) {
    TR_RETURN_IF_ERROR(database_->Query(table.select + std::to_string(row)));
    TR_TRY(bool found, database_->Next());
    if (!found) return Fail(Error::Unavailable(fmt::format("row {} of {} is gone", row, table.relation)));
    *out += table.prefix;
    table.json.Append(*database_, out);
  }
  if (!tables_.front().prefix.empty()) out->push_back('}');
  return {};
}

Result<SourceBatch> RandomReader::Read(size_t bytes_max, RowBatch* rows, const std::stop_token& stop) {
  SourceBatch batch;
  bool over = random_.rows > 0 && next_ >= random_.rows;
  while (!over && rows->text().size() < bytes_max && !stop.stop_requested()) {
    auto due = drawn_at_ + PauseAt(random_.pause, random_.seed, next_);
    // What is there is not kept waiting for what is due later.
    if (!rows->empty() && due > clock_.Monotonic()) break;
    if (!WaitUntil(clock_, due, stop)) break;
    size_t begin = rows->text().size();
    Status drawn = Draw(&rows->text());
    if (!drawn && rows->empty()) return Fail(drawn.error());
    // The rows before it go first; the next call meets the error again.
    if (!drawn) {
      rows->text().resize(begin);
      draws_left_ = 0;
      break;
    }
    rows->AddMade({}, begin, next_, 0);
    drawn_at_ = random_.pause.any() ? due : clock_.Monotonic();
    ++next_;
    over = random_.rows > 0 && next_ >= random_.rows;
  }
  // After a standstill the records that were missed do not come in a rush.
  constexpr std::chrono::seconds kBehindMax{10};
  if (clock_.Monotonic() - drawn_at_ > kBehindMax) drawn_at_ = clock_.Monotonic();
  batch.next = next_;
  batch.end = batch.item_done = over && rows->empty();
  return batch;
}

}  // namespace

std::unique_ptr<RowReader> MakeRandomReader(const DatabaseSourceOptions& options, Clock& clock) {
  return std::make_unique<RandomReader>(options, clock);
}

}  // namespace tailrace
