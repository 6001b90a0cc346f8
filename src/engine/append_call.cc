#include "engine/append_call.h"

#include <array>
#include <deque>

namespace tailrace::engine {

Status AppendCall::Submit(EventLog& log, const AppendRequest& request) {
  {
    std::lock_guard lock(mutex_);
    result_.reset();
  }
  return log.Append(request, this);
}

Result<Appended> AppendCall::Wait() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return result_.has_value(); });
  return *result_;
}

void AppendCall::OnAppended(const Result<Appended>& result) {
  // Notified under the lock: the waiter may destroy this as soon as it sees the result.
  std::lock_guard lock(mutex_);
  result_ = result;
  done_.notify_one();
}

Result<Appended> AppendAndWait(EventLog& log, const AppendRequest& request) {
  AppendCall call;
  TR_RETURN_IF_ERROR(call.Submit(log, request));
  return call.Wait();
}

Status AppendEach(EventLog& log, StreamId stream, const std::vector<NamedValue>& values) {
  std::deque<AppendCall> calls;
  Status outcome;
  const auto settle = [&] {
    for (AppendCall& call : calls) {
      if (auto appended = call.Wait(); !appended && outcome) outcome = Fail(appended.error());
    }
    calls.clear();
  };
  for (const NamedValue& value : values) {
    const std::array records{NewRecord{value.value, std::nullopt}};
    AppendRequest request;
    request.stream = stream;
    request.records = records;
    request.idempotency_key = value.key;
    calls.emplace_back();
    Status submitted = calls.back().Submit(log, request);
    if (!submitted && submitted.error().code() == ErrorCode::kExhausted && calls.size() > 1) {
      calls.pop_back();
      settle();
      submitted = calls.emplace_back().Submit(log, request);
    }
    if (!submitted) {
      calls.pop_back();
      outcome = submitted;
    }
    if (!outcome) break;
  }
  settle();
  return outcome;
}

}  // namespace tailrace::engine
