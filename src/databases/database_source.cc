#include "databases/database_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "databases/row_reader.h"

namespace tailrace {
namespace {

constexpr std::chrono::milliseconds kFirstPause{500};
constexpr std::chrono::milliseconds kPauseMax{60'000};

class DatabaseSource final : public Source {
 public:
  DatabaseSource(const DatabaseSourceOptions& options, Clock& clock)
      : options_(options), clock_(clock), reader_(MakeReader(options, clock)) {}

  Result<SourceBatch> Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) override;
  int64_t SizeHint() const override { return reader_->SizeHint(); }

 private:
  static std::unique_ptr<RowReader> MakeReader(const DatabaseSourceOptions& options, Clock& clock) {
    if (options.random) return MakeRandomReader(options, clock);
    if (!options.cursor.empty()) return MakeCursorReader(options, clock);
    return MakeWholeReader(options.tables.front());
  }

  Result<SourceBatch> Read(size_t bytes_max, const std::stop_token& stop);
  Status Connect();
  Result<SourceBatch> Failed(const Error& error);
  SourceBatch EmptyBatch() const;

  const DatabaseSourceOptions options_;
  Clock& clock_;
  const std::unique_ptr<RowReader> reader_;
  std::unique_ptr<Database> database_;
  RowBatch rows_;
  bool resumed_ = false;
  bool over_ = false;  // it failed for good
  int tries_ = 0;      // that failed since rows came last
  std::chrono::steady_clock::time_point next_try_{};
};

SourceBatch DatabaseSource::EmptyBatch() const {
  SourceBatch batch;
  batch.item = batch.item_name = reader_->item();
  return batch;
}

Result<SourceBatch> DatabaseSource::Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) {
  if (over_) {
    SourceBatch end = EmptyBatch();
    end.end = true;
    return end;
  }
  if (!resumed_) {
    std::optional<ResumePoint> point = resume(reader_->item());
    resumed_ = true;
    if (Status placed = point ? reader_->Resume(*point) : Status(); !placed) {
      over_ = true;
      return Fail(placed.error());
    }
  }
  if (tries_ > 0 && !WaitUntil(clock_, next_try_, stop)) return EmptyBatch();
  rows_.Clear();
  Result<SourceBatch> batch = Read(bytes_max, stop);
  if (stop.stop_requested() && !batch) return EmptyBatch();
  if (!batch) return Failed(batch.error());
  tries_ = 0;
  batch->rows = rows_.Take();
  for (SourceRow& row : batch->rows) row.raw = row.json;
  batch->item = batch->item_name = reader_->item();
  return batch;
}

Result<SourceBatch> DatabaseSource::Read(size_t bytes_max, const std::stop_token& stop) {
  if (database_ == nullptr) TR_RETURN_IF_ERROR(Connect());
  // Whatever waits for the server comes back when it is time to stop.
  std::stop_callback abort(stop, [this] { database_->Abort(); });
  return reader_->Read(bytes_max, &rows_, stop);
}

Status DatabaseSource::Connect() {
  TR_TRY(database_, ConnectDatabase(options_.address));
  return reader_->Connected(*database_);
}

// A lost server is tried again, more and more rarely. The connection goes in any case: what it was asked is half done.
Result<SourceBatch> DatabaseSource::Failed(const Error& error) {
  database_.reset();
  ++tries_;
  bool passes = error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kExhausted;
  bool gives_up = options_.connect_tries_max > 0 && tries_ >= options_.connect_tries_max;
  over_ = !passes || gives_up;
  if (over_) return Fail(error);
  constexpr int kDoublingsMax = 10;
  auto pause = std::min(kPauseMax, kFirstPause * (1 << std::min(tries_ - 1, kDoublingsMax)));
  // Somewhat earlier or later, so that many do not come back at once.
  const auto chance = static_cast<uint64_t>(clock_.Now().micros);
  pause = std::chrono::floor<std::chrono::milliseconds>(PauseAt({pause * 3 / 4, pause * 5 / 4}, chance, tries_));
  next_try_ = clock_.Monotonic() + pause;
  SourceBatch batch = EmptyBatch();
  batch.trouble =
      fmt::format("{}; next attempt in {:.1f} s", error.message(), static_cast<double>(pause.count()) / 1000);
  return batch;
}

}  // namespace

std::unique_ptr<Source> MakeDatabaseSource(const DatabaseSourceOptions& options, Clock& clock) {
  return std::make_unique<DatabaseSource>(options, clock);
}

}  // namespace tailrace
