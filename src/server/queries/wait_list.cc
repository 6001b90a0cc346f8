#include "server/queries/wait_list.h"

#include <utility>

namespace tailrace::server {

WaitList::WaitList(Progress& progress, Executor& loop, const Limits& limits, Clock& clock)
    : progress_(progress), loop_(loop), limits_(limits), clock_(clock) {
  progress_.Subscribe([this] { OnProgress(); });
}

// On the thread that committed: only says that there is something to look at, once until it has been looked at.
void WaitList::OnProgress() {
  if (check_posted_.exchange(true)) return;
  loop_.Post([this] {
    check_posted_ = false;
    Check();
  });
}

void WaitList::Wait(const ExchangePtr& exchange, WaitFor wanted, std::function<void()> then) {
  if (progress_.Reached(wanted.stream, wanted.positions)) return then();
  {
    std::lock_guard lock(mutex_);
    if (waiting_.size() < limits_.waits_max) {
      const auto deadline = clock_.Monotonic() + wanted.timeout;
      waiting_.push_back({exchange, std::move(wanted), deadline, std::move(then)});
      then = nullptr;
    }
  }
  if (then) return exchange->Send(BusyReply("too many requests are waiting for offsets"));
  Check();  // it may have come between the question and the list
}

void WaitList::Check() {
  const auto now = clock_.Monotonic();
  std::list<Waiting> reached;
  std::list<Waiting> late;
  {
    std::lock_guard lock(mutex_);
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      const auto here = it++;
      if (progress_.Reached(here->wanted.stream, here->wanted.positions)) {
        reached.splice(reached.end(), waiting_, here);
      } else if (now >= here->deadline) {
        late.splice(late.end(), waiting_, here);
      }
    }
  }
  for (Waiting& waiting : reached) waiting.exchange->loop().Post(std::move(waiting.then));
  for (Waiting& waiting : late) {
    waiting.exchange->loop().Post([exchange = std::move(waiting.exchange), stream = std::move(waiting.wanted.stream)] {
      exchange->Send(ErrorReply(504, "wait_timeout", "what is made from stream " + stream + " did not reach the offsets in time",
                                "GET /status tells how far behind it is"));
    });
  }
}

}  // namespace tailrace::server
