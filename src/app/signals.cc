#include "app/signals.h"

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <mutex>

namespace tailrace::app {
namespace {

// How soon the listener notices that its owner goes away.
constexpr timespec kListenFor{.tv_sec = 0, .tv_nsec = 50'000'000};

sigset_t StopSignals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  return set;
}

void Listen(const std::stop_token& owner, std::stop_source stop) {
  const sigset_t set = StopSignals();
  while (!owner.stop_requested()) {
    const int signal = ::sigtimedwait(&set, nullptr, &kListenFor);
    if (signal < 0) continue;
    if (stop.request_stop()) continue;
    ::signal(signal, SIG_DFL);
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    ::raise(signal);
  }
}

}  // namespace

StopOnSignals::StopOnSignals() {
  const sigset_t set = StopSignals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  listener_ = std::jthread([stop = stop_](const std::stop_token& owner) { Listen(owner, stop); });
}

StopOnSignals::~StopOnSignals() {
  listener_.request_stop();
  listener_.join();
  const sigset_t set = StopSignals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void StopOnSignals::Wait() const {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, stop_.get_token(), [] { return false; });
}

}  // namespace tailrace::app
