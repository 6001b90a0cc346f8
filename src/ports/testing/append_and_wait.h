// Appends that a test waits for.
#pragma once

#include <condition_variable>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/event_log.h"

namespace tailrace {

// Keeps the outcome for whoever asks. Threads: thread-safe.
class AwaitedAppend final : public AppendWaiter {
 public:
  void OnAppended(const Result<Appended>& result) override {
    const std::lock_guard lock(mutex_);
    result_ = result;
    ++times_;
    told_.notify_all();
  }
  Result<Appended> Wait() {
    std::unique_lock lock(mutex_);
    told_.wait(lock, [this] { return result_.has_value(); });
    return *result_;
  }
  int times() const {
    const std::lock_guard lock(mutex_);
    return times_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable told_;
  std::optional<Result<Appended>> result_;
  int times_ = 0;
};

inline Result<Appended> AppendAndWait(EventLog& log, const AppendRequest& request) {
  AwaitedAppend waiter;
  TR_RETURN_IF_ERROR(log.Append(request, &waiter));
  return waiter.Wait();
}

// Records with these values and no keys. They point into `values`, which must outlive them.
inline std::vector<NewRecord> RecordsOf(const std::vector<std::string>& values) {
  std::vector<NewRecord> records;
  for (const std::string& value : values) records.push_back({value});
  return records;
}
inline std::vector<NewRecord> RecordsOf(std::vector<std::string>&& values) = delete;
inline std::vector<NewRecord> RecordsOf(std::initializer_list<const char*> literals) {
  std::vector<NewRecord> records;
  for (const char* value : literals) records.push_back({value});
  return records;
}

inline Result<Appended> AppendValues(EventLog& log, StreamId stream, PartitionId partition,
                                     const std::vector<std::string>& values, std::string_view idempotency_key = {},
                                     const SourcePosition* position = nullptr) {
  const std::vector<NewRecord> records = RecordsOf(values);
  return AppendAndWait(log, {stream, partition, records, idempotency_key, position});
}

struct ReadRecord {
  int64_t offset = 0;
  int64_t seq = 0;
  std::optional<std::string> key;
  std::string value;
  int64_t timestamp_ms = 0;
};

// Everything from `from` to the end.
inline Result<std::vector<ReadRecord>> ReadToEnd(EventLog& log, StreamId stream, PartitionId partition,
                                                 Offset from = {}, size_t bytes_max = size_t{1} << 20) {
  std::vector<ReadRecord> all;
  while (true) {
    TR_TRY(const std::vector<LogBatch> batches, log.Read(stream, partition, from, bytes_max));
    if (batches.empty()) return all;
    for (const LogBatch& batch : batches) {
      for (const LogRecord& record : batch.records) {
        ReadRecord read{record.offset.value, record.seq.value, std::nullopt, std::string(record.value),
                        batch.timestamp_ms};
        if (record.key) read.key = std::string(*record.key);
        all.push_back(std::move(read));
        from = record.offset.Plus(1);
      }
    }
  }
}

inline std::vector<std::string> ValuesOf(const Result<std::vector<ReadRecord>>& records) {
  std::vector<std::string> values;
  if (!records) return {"error: " + records.error().message()};
  for (const ReadRecord& record : *records) values.push_back(record.value);
  return values;
}

}  // namespace tailrace
