#include "engine/append_call.h"

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

}  // namespace tailrace::engine
