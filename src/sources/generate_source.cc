#include "sources/generate_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>

#include "sources/query_rows.h"
#include "ports/row_batch.h"
#include "sql/duckdb.h"
#include "sql/syntax.h"

namespace tailrace {
namespace {

// Row numbers asked of DuckDB at once: few, so that a wide row costs no memory, and enough to make a question worth its
// time.
constexpr int64_t kRowsAtOnceMax = 8192;
constexpr int64_t kRowsAtOnceMin = 16;
constexpr size_t kGenerateMemoryBytes = 256 << 20;
// Rows of a fast rate come in groups this far apart, so that not each is a question of its own.
constexpr std::chrono::milliseconds kPaceStep{50};
// More rows than this cannot be told apart by a double, which a rate is.
constexpr int64_t kRowsMax = int64_t{1} << 53;

class GenerateSource final : public Source {
 public:
  GenerateSource(const GenerateSourceOptions& options, const Schema& schema, Clock& clock)
      : options_(options), schema_(schema), clock_(clock), end_(options.rows > 0 ? options.rows : kRowsMax) {}

  Status Start();
  Result<SourceBatch> Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) override;
  int64_t SizeHint() const override { return options_.rows; }

 private:
  Status ResumeAt(const ResumeLookup& resume);
  int64_t WaitForDue(const std::stop_token& stop);
  int64_t WaitForPause(const std::stop_token& stop);
  Status Read(int64_t until, std::stop_token stop);
  std::string Query(int64_t from, int64_t until) const;

  const GenerateSourceOptions options_;
  const Schema schema_;
  Clock& clock_;
  const int64_t end_;
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<sql::Connection> connection_;
  RowBatch rows_;
  int64_t next_ = 0;
  int64_t rows_at_once_ = kRowsAtOnceMin;
  bool resumed_ = false;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point given_at_;   // the last row, where there are pauses
  int64_t started_at_ = 0;   // the row number when it started
};

Status GenerateSource::Start() {
  auto parsed = sql::Select::Parse(options_.sql);
  if (!parsed) return Fail(Error::Invalid(parsed.error().message));
  std::string changing = ChangingFunction(options_.sql);
  if (!changing.empty()) {
    return Fail(
        Error::Invalid(changing +
                       " gives something else each time, and generated rows must be the same when they are made again; "
                       "use hash(i), or times counted from i"));
  }
  sql::DatabaseOptions options;
  options.path = ":memory:";
  options.threads = 1;
  options.memory_bytes_max = kGenerateMemoryBytes;
  TR_TRY(database_, sql::Database::Open(options));
  TR_TRY(connection_, database_->Connect());
  // A question for no rows finds what is wrong with the SELECT.
  TR_TRY(QueryRows rows, QueryRows::Open(*connection_, Query(0, 0), 1, schema_, {}));
  return {};
}

std::string GenerateSource::Query(int64_t from, int64_t until) const {
  return fmt::format(
      "SELECT tailrace_numbers.i AS tailrace_i, tailrace_rows.* FROM range({}, {}) AS tailrace_numbers(i), LATERAL "
      "(\n{}\n) AS tailrace_rows "
      "ORDER BY tailrace_i",
      from, until, options_.sql);
}

Status GenerateSource::ResumeAt(const ResumeLookup& resume) {
  if (std::optional<ResumePoint> point = resume(options_.name)) next_ = point->next;
  if (next_ > end_) {
    return Fail(Error::Conflict(
        fmt::format("{}: {} rows were generated before, and now `rows` is {}", options_.name, next_, end_)));
  }
  resumed_ = true;
  started_ = given_at_ = clock_.Monotonic();
  started_at_ = next_;
  return {};
}

// One row at a time, each so long after the one before as its pause says.
int64_t GenerateSource::WaitForPause(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  const auto due = given_at_ + PauseAt(options_.pause, options_.seed, next_);
  while (!stop.stop_requested()) {
    const auto left = due - clock_.Monotonic();
    if (left <= left.zero()) {
      // After a standstill the rows that were missed do not come in a rush.
      given_at_ = std::max(due, clock_.Monotonic() - options_.pause.max);
      return next_ + 1;
    }
    never.wait_for(lock, stop, left, [] { return false; });
  }
  return next_;
}

// The row number below which rows are due; next_ when stopped.
int64_t GenerateSource::WaitForDue(const std::stop_token& stop) {
  if (options_.pause.any()) return WaitForPause(stop);
  if (options_.rate <= 0) return end_;
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    std::chrono::duration<double> passed = clock_.Monotonic() - started_;
    // The first row is due at once.
    double due = std::floor(passed.count() * options_.rate) + 1;
    int64_t until = std::min(end_, started_at_ + static_cast<int64_t>(std::min(due, 9e15)));
    if (until > next_) return until;
    std::chrono::duration<double> left(static_cast<double>(next_ - started_at_) / options_.rate - passed.count());
    never.wait_for(lock, stop, std::max<std::chrono::duration<double>>(left, kPaceStep), [] { return false; });
  }
  return next_;
}

Result<SourceBatch> GenerateSource::Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) {
  if (!resumed_) TR_RETURN_IF_ERROR(ResumeAt(resume));
  rows_.Clear();
  SourceBatch batch;
  batch.item = batch.item_name = options_.name;
  const bool is_paced = options_.rate > 0 || options_.pause.any();
  bool first = true;
  while (next_ < end_ && !stop.stop_requested() && rows_.text().size() < bytes_max) {
    // Rows that are not due yet are waited for only while there is nothing to give.
    if (!first && is_paced) break;
    int64_t due = WaitForDue(stop);
    TR_RETURN_IF_ERROR(Read(std::min(due, next_ + rows_at_once_), stop));
    size_t per_row = std::max<size_t>(1, rows_.text().size() / std::max<size_t>(1, rows_.size()));
    rows_at_once_ = std::clamp(static_cast<int64_t>(bytes_max / per_row), kRowsAtOnceMin, kRowsAtOnceMax);
    first = rows_.empty();
  }
  batch.rows = rows_.Take();
  for (SourceRow& row : batch.rows) row.raw = row.json;
  batch.next = next_;
  batch.item_done = batch.end = next_ == end_ && batch.rows.empty();
  return batch;
}

Status GenerateSource::Read(int64_t until, std::stop_token stop) {
  if (until <= next_) return {};
  Result<QueryRows> rows = QueryRows::Open(*connection_, Query(next_, until), 1, schema_, stop);
  if (!rows) return Fail(rows.error().With(options_.name));
  while (true) {
    Result<bool> more = rows->Next();
    if (!more) return Fail(more.error().With(fmt::format("{}: row {}", options_.name, next_)));
    if (!*more) break;
    size_t begin = rows_.text().size();
    rows->AppendJson(&rows_.text());
    rows_.AddMade({}, begin, std::stoll(std::string(rows->Hidden(0))), 0);
  }
  next_ = until;
  return {};
}

}  // namespace

Result<std::unique_ptr<Source>> MakeGenerateSource(const GenerateSourceOptions& options, const Schema& schema,
                                                   Clock& clock) {
  auto source = std::make_unique<GenerateSource>(options, schema, clock);
  TR_RETURN_IF_ERROR(source->Start());
  return source;
}

}  // namespace tailrace
