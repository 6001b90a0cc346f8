// All rows of a table or query, once, in an order that is the same each time.
#include <fmt/format.h>

#include <charconv>

#include "base/crc32c.h"
#include "databases/row_json.h"
#include "databases/row_reader.h"

namespace tailrace {
namespace {

class WholeReader final : public RowReader {
 public:
  explicit WholeReader(const DatabaseTable& table) : table_(table) {}

  std::string item() const override { return ItemOf(table_); }
  Status Resume(const ResumePoint& point) override;
  Status Connected(Database& database) override;
  Result<SourceBatch> Read(size_t bytes_max, RowBatch* rows, const std::stop_token& stop) override;

 private:
  Result<std::string> Order(const std::vector<DatabaseColumn>& columns);
  Status StepOver();
  Error Changed(int64_t rows) const;

  const DatabaseTable table_;
  Database* database_ = nullptr;
  std::optional<RowJson> json_;
  int64_t next_ = 0;     // behind the last batch
  uint32_t digest_ = 0;  // of all rows before
  // Of the batch that begins there the log may hold some rows: up to where it went, and the digest there. 0: none.
  int64_t held_next_ = 0;
  uint32_t held_digest_ = 0;
  bool done_ = false;
};

std::optional<uint32_t> ParseDigest(const std::string& text) {
  uint32_t digest = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), digest, 16);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return digest;
}

Status WholeReader::Resume(const ResumePoint& point) {
  next_ = point.next;
  held_next_ = point.held_next;
  const std::optional<uint32_t> digest = next_ == 0 ? std::optional<uint32_t>(0) : ParseDigest(point.detail);
  const std::optional<uint32_t> held = held_next_ == 0 ? std::optional<uint32_t>(0) : ParseDigest(point.held_detail);
  if (!digest || !held)
    return Fail(Error::Corruption(item() + ": the position noted for it cannot be read: " + point.detail));
  digest_ = *digest;
  held_digest_ = *held;
  return {};
}

// The primary key; without one all columns, for a server may give rows in another order each time.
Result<std::string> WholeReader::Order(const std::vector<DatabaseColumn>& columns) {
  std::vector<std::string> names;
  if (table_.sql.empty()) {
    TR_TRY(names, database_->PrimaryKey(QuoteTable(*database_, table_.table)));
  }
  if (names.empty()) {
    // By their places: what is selected can always be compared, which a column of JSON cannot.
    std::string places;
    for (size_t i = 0; i < columns.size(); ++i) places += (i == 0 ? "" : ", ") + database_->OrderExpression(columns[i]);
    return places;
  }
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + database_->QuoteName(name);
  return list;
}

Status WholeReader::Connected(Database& database) {
  database_ = &database;
  std::string relation = RelationOf(database, table_);
  TR_TRY(auto columns, database.Columns(relation));
  json_.emplace(columns, table_.schema);
  TR_TRY(std::string order, Order(columns));
  TR_RETURN_IF_ERROR(
      database.Query(fmt::format("SELECT {} FROM {} ORDER BY {}", SelectList(database, columns), relation, order)));
  return StepOver();
}

// To where reading was left, making sure that what lies before is what was read.
Status WholeReader::StepOver() {
  uint32_t digest = 0;
  std::string row;
  for (int64_t i = 0; i < next_; ++i) {
    TR_TRY(bool more, database_->Next());
    if (!more) break;
    row.clear();
    json_->Append(*database_, &row);
    digest = Crc32c(row, digest);
  }
  if (digest == digest_) return {};
  return Fail(Changed(next_));
}

Error WholeReader::Changed(int64_t rows) const {
  return Error::Conflict(fmt::format(
      "{}: its first {} rows are no longer those that were read. Read a table that changes by a growing column "
      "(`cursor`), or take it under another source name to read all of it again",
      item(), rows));
}

Result<SourceBatch> WholeReader::Read(size_t bytes_max, RowBatch* rows, const std::stop_token& stop) {
  SourceBatch batch;
  uint32_t digest = digest_;
  int64_t next = next_;
  // What the log holds some of comes whole, so that it is known to be what it was before any of it is given out.
  const bool is_held = held_next_ > next_;
  const auto is_enough = [&] { return is_held ? next == held_next_ : rows->text().size() >= bytes_max; };
  while (!done_ && !is_enough() && !stop.stop_requested()) {
    TR_TRY(bool more, database_->Next());
    done_ = !more;
    if (done_) break;
    size_t begin = rows->text().size();
    json_->Append(*database_, &rows->text());
    digest = Crc32c(std::string_view(rows->text()).substr(begin), digest);
    rows->AddMade({}, begin, next, 0);
    ++next;
  }
  if (is_held && stop.stop_requested() && next < held_next_) {
    rows->Clear();
    return batch;
  }
  if (is_held && (next < held_next_ || digest != held_digest_)) return Fail(Changed(held_next_));
  next_ = batch.next = next;
  digest_ = digest;
  batch.detail = fmt::format("{:08x}", digest_);
  batch.end = batch.item_done = done_ && rows->empty();
  return batch;
}

}  // namespace

std::unique_ptr<RowReader> MakeWholeReader(const DatabaseTable& table) { return std::make_unique<WholeReader>(table); }

}  // namespace tailrace
