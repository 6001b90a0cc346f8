#include "engine/source_pump.h"

#include <utility>

#include "engine/patience.h"

namespace tailrace::engine {
namespace {

constexpr size_t kBatchBytes = size_t{1} << 20;
// How often a source that is held up asks whether it may go on.
constexpr int64_t kHeldUpAskMs = 100;
// Before a full disk or queue is tried again.
constexpr int64_t kRetryMs = 20;

// An error of one file, behind which the source goes on with the next.
bool IsOfOneItem(ErrorCode code) {
  return code == ErrorCode::kInvalid || code == ErrorCode::kConflict || code == ErrorCode::kCorruption;
}

}  // namespace

SourcePump::SourcePump(std::string name, std::unique_ptr<Source> source, std::vector<PumpTarget> targets, EventLog& log,
                       DeadLetterWriter& dead_letters)
    : source_(std::move(source)), appender_(std::move(name), std::move(targets), log, dead_letters) {}

Status SourcePump::Run(const std::stop_token& stop, const std::function<void(const Error&)>& trouble) {
  const ResumeLookup resume = [this](std::string_view item) { return appender_.Open(item); };
  Status first_unreadable;
  while (!stop.stop_requested()) {
    if (const auto held_up = held_up_ ? held_up_() : std::nullopt) {
      if (ends_when_held_up_) return Fail(*held_up);
      trouble(*held_up);
      (void)SleepUnlessStopped(kHeldUpAskMs, stop);
      continue;
    }
    const auto batch = source_->Next(kBatchBytes, resume, stop);
    if (!batch) {
      if (!IsOfOneItem(batch.error().code())) return Fail(batch.error());
      trouble(batch.error());
      if (first_unreadable) first_unreadable = Fail(batch.error());
      continue;
    }
    waiting_ = !batch->trouble.empty();
    if (!batch->trouble.empty()) trouble(Error::Unavailable(batch->trouble));
    if (!batch->rows.empty()) TR_RETURN_IF_ERROR(Append(*batch, stop, trouble));
    if (batch->end) return first_unreadable;
  }
  return Fail(Error::Cancelled("stopping"));
}

Status SourcePump::Append(const SourceBatch& batch, const std::stop_token& stop, const std::function<void(const Error&)>& trouble) {
  const Status appended = appender_.Append(batch, [&](const Error& full) {
    waiting_ = true;
    trouble(full);
    return SleepUnlessStopped(kRetryMs, stop);
  });
  waiting_ = false;
  if (!appended && appended.error().code() == ErrorCode::kExhausted) return Fail(Error::Cancelled("stopping"));
  return appended;
}

}  // namespace tailrace::engine
