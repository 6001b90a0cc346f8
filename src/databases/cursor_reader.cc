// What is new in a table or query, by a column whose values grow.
#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "databases/row_json.h"
#include "databases/row_reader.h"
#include "model/times.h"

namespace tailrace {
namespace {

// Rows of one value of the cursor come in one batch, which may not grow without end.
constexpr size_t kSameValueBytesMax = 64 << 20;
// Times that have a place: years 1 to 9999.
constexpr const char* kFirstTime = "0001-01-01T00:00:00Z";
constexpr const char* kLastTime = "9999-12-31T23:59:59.999999Z";

class CursorReader final : public RowReader {
 public:
  CursorReader(const DatabaseSourceOptions& options, Clock& clock)
      : table_(options.tables.front()),
        cursor_(options.cursor),
        every_(options.every),
        settle_(options.every.count() > 0 ? options.settle : std::chrono::milliseconds(0)),
        clock_(clock) {}

  std::string item() const override { return ItemOf(table_) + " by " + cursor_; }
  Status Resume(const ResumePoint& point) override;
  Status Connected(Database& database) override;
  Result<SourceBatch> Read(size_t bytes_max, RowBatch* rows, const std::stop_token& stop) override;

 private:
  enum class Round { kIdle, kReading, kOver };

  Status BeginRound(const std::stop_token& stop);
  Result<bool> HasNews();
  Result<bool> Take(RowBatch* rows, size_t bytes_max, int64_t* next);
  Result<int64_t> PlaceOf(std::string_view value) const;
  std::string Literal(int64_t place) const;
  std::string Bounds() const;

  const DatabaseTable table_;
  const std::string cursor_;
  const std::chrono::milliseconds every_;
  const std::chrono::milliseconds settle_;
  Clock& clock_;

  Database* database_ = nullptr;
  std::string relation_;
  std::string select_;
  std::optional<RowJson> json_;
  size_t cursor_column_ = 0;
  ValueKind kind_ = ValueKind::kInteger;

  std::optional<int64_t> next_;  // behind the last batch; nullopt: nothing was read yet
  std::optional<int64_t> mark_;  // the greatest value of this round; nullopt: there is no bound
  Round round_ = Round::kIdle;
  bool row_waits_ = false;  // the row that the database stands at belongs to the next batch
  std::optional<std::chrono::steady_clock::time_point> round_began_;
};

Status CursorReader::Resume(const ResumePoint& point) {
  next_ = point.next;
  return {};
}

Status CursorReader::Connected(Database& database) {
  database_ = &database;
  round_ = Round::kIdle;
  row_waits_ = false;
  relation_ = RelationOf(database, table_);
  TR_TRY(auto columns, database.Columns(relation_));
  json_.emplace(columns, table_.schema);
  select_ = SelectList(database, columns);
  for (cursor_column_ = 0; cursor_column_ < columns.size(); ++cursor_column_) {
    if (columns[cursor_column_].name == cursor_) break;
  }
  if (cursor_column_ == columns.size())
    return Fail(Error::Invalid(item() + ": the rows have no column " + cursor_ + " (cursor)"));
  kind_ = columns[cursor_column_].kind;
  if (kind_ == ValueKind::kInteger || kind_ == ValueKind::kTime || kind_ == ValueKind::kDate) return {};
  return Fail(
      Error::Invalid(item() + ": a cursor is an integer, a timestamp or a date, and " + cursor_ + " is neither"));
}

Result<int64_t> CursorReader::PlaceOf(std::string_view value) const {
  int64_t place = 0;
  auto parsed = std::from_chars(value.data(), value.data() + value.size(), place);
  bool fits = parsed.ec == std::errc() && parsed.ptr == value.data() + value.size();
  if (kind_ != ValueKind::kInteger) {
    std::optional<int64_t> micros = ParseRfc3339(value);
    std::optional<int32_t> days = ParseIsoDate(value);
    fits = micros || days;
    place = micros ? *micros : days.value_or(0) * kMicrosPerDay;
  }
  if (!fits || place == std::numeric_limits<int64_t>::max())
    return Fail(Error::Invalid(fmt::format("{}: the value {} of {} has no place", item(), value, cursor_)));
  return place;
}

std::string CursorReader::Literal(int64_t place) const {
  if (kind_ == ValueKind::kInteger) return std::to_string(place);
  std::string text;
  AppendRfc3339(place, &text);
  return database_->TimeLiteral(text);
}

// Which values are wanted.
std::string CursorReader::Bounds() const {
  std::string name = database_->QuoteName(cursor_);
  std::string from = next_ ? Literal(*next_) : database_->TimeLiteral(kFirstTime);
  std::string to = mark_ ? Literal(*mark_) : database_->TimeLiteral(kLastTime);
  bool has_from = next_ || kind_ != ValueKind::kInteger;
  bool has_to = mark_ || kind_ != ValueKind::kInteger;
  std::string text = name + " IS NOT NULL";
  if (has_from) text += fmt::format(" AND {} >= {}", name, from);
  if (has_to) text += fmt::format(" AND {} <= {}", name, to);
  return text;
}

// Sets the mark to the greatest value that is there now.
Result<bool> CursorReader::HasNews() {
  mark_.reset();
  TR_RETURN_IF_ERROR(database_->Query(
      fmt::format("SELECT max({}) FROM {} WHERE {}", database_->QuoteName(cursor_), relation_, Bounds())));
  TR_TRY(bool has_row, database_->Next());
  std::optional<std::string_view> greatest = has_row ? database_->Value(0) : std::nullopt;
  if (!greatest) return false;
  TR_TRY(mark_, PlaceOf(*greatest));
  return true;
}

// Rows are read up to what was the greatest value `settle` ago: whoever drew a smaller one has come to an end by then.
Status CursorReader::BeginRound(const std::stop_token& stop) {
  if (round_began_ && !WaitUntil(clock_, *round_began_ + every_, stop)) return {};
  round_began_ = clock_.Monotonic();
  mark_.reset();
  if (settle_.count() > 0) {
    TR_TRY(bool news, HasNews());
    if (!news || !WaitUntil(clock_, clock_.Monotonic() + settle_, stop)) return {};
  }
  TR_RETURN_IF_ERROR(database_->Query(fmt::format("SELECT {} FROM {} WHERE {} ORDER BY {}", select_, relation_,
                                                  Bounds(), database_->QuoteName(cursor_))));
  round_ = Round::kReading;
  return {};
}

// Appends rows until there are enough and the cursor's value changes; false when the round is over.
Result<bool> CursorReader::Take(RowBatch* rows, size_t bytes_max, int64_t* next) {
  while (true) {
    if (!row_waits_) {
      TR_TRY(bool more, database_->Next());
      if (!more) return false;
    }
    TR_TRY(int64_t place, PlaceOf(database_->Value(cursor_column_).value_or("")));
    bool enough = rows->text().size() >= bytes_max;
    row_waits_ = enough && place >= *next;
    if (row_waits_) return true;
    if (rows->text().size() > kSameValueBytesMax)
      return Fail(
          Error::Invalid(fmt::format("{}: more than {} MiB of rows have one value of {}: take a column with finer "
                                     "steps",
                                     item(), kSameValueBytesMax >> 20, cursor_)));
    size_t begin = rows->text().size();
    json_->Append(*database_, &rows->text());
    rows->AddMade({}, begin, place, 0);
    *next = place + 1;
  }
}

Result<SourceBatch> CursorReader::Read(size_t bytes_max, RowBatch* rows, const std::stop_token& stop) {
  SourceBatch batch;
  int64_t next = next_.value_or(std::numeric_limits<int64_t>::min());
  while (rows->empty() && !stop.stop_requested() && round_ != Round::kOver) {
    if (round_ == Round::kIdle) TR_RETURN_IF_ERROR(BeginRound(stop));
    if (round_ != Round::kReading) continue;
    TR_TRY(bool more, Take(rows, bytes_max, &next));
    if (!more) round_ = every_.count() > 0 ? Round::kIdle : Round::kOver;
  }
  if (!rows->empty()) next_ = next;
  batch.next = next;
  batch.end = batch.item_done = rows->empty() && round_ == Round::kOver;
  return batch;
}

}  // namespace

std::unique_ptr<RowReader> MakeCursorReader(const DatabaseSourceOptions& options, Clock& clock) {
  return std::make_unique<CursorReader>(options, clock);
}

}  // namespace tailrace
