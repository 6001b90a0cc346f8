#include "app/live_backups.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tailrace::app {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{1};
// An append that takes longer than this stands for good.
constexpr std::chrono::seconds kLettersPatience{30};

}  // namespace

LiveBackups::LiveBackups(const config::Pipeline& pipeline, std::string data, engine::Engine& engine, EventLog& log,
                         const engine::StreamDirectory& streams, JobTables& jobs, std::shared_ptr<PollRest> polls, Clock& clock)
    : pipeline_(pipeline), data_(std::move(data)), engine_(engine), log_(log), streams_(streams), jobs_(jobs), polls_(std::move(polls)), clock_(clock) {}

LiveBackups::~LiveBackups() { Stop(); }

void LiveBackups::Stop() {
  std::jthread ending;
  {
    std::lock_guard lock(mutex_);
    ending = std::move(thread_);
  }
  // Its destructor asks it to stop, and waits.
}

Status LiveBackups::Start(std::string to, std::function<void(Result<std::string> json)> done) {
  std::lock_guard lock(mutex_);
  if (running_) return Fail(Error::Conflict("another backup is being made"));
  running_ = true;
  thread_ = std::jthread([this, to = std::move(to), done = std::move(done)](const std::stop_token& stop) {
    pthread_setname_np(pthread_self(), "backup");
    auto made = Make(to, stop);
    {
      std::lock_guard ending(mutex_);
      running_ = false;
    }
    if (made) return done(ToJson(*made));
    done(Fail(made.error()));
  });
  return {};
}

Result<BackupSummary> LiveBackups::Make(const std::string& to, const std::stop_token& stop) {
  BackupHelp help;
  help.while_stores_rest = [&](const std::function<Status()>& work) { return jobs_.WhileResting([&] { return engine_.WhileStoresRest(work, stop); }); };
  help.while_polls_rest = [&](const std::function<Status()>& work) {
    const std::unique_lock resting(*polls_);
    return work();
  };
  help.await_letters = [&] { return AwaitLetters(stop); };
  return MakeBackup(pipeline_, data_, to, &help, clock_);
}

// The numbers of the server-wide order say what was handed over before: what stands in the streams by now is below `reached`.
Status LiveBackups::AwaitLetters(const std::stop_token& stop) {
  Seq reached{0};
  for (const auto& [name, ids] : streams_) reached = std::max(reached, log_.StableBelow(ids.records));
  const auto patience_ends = std::chrono::steady_clock::now() + kLettersPatience;
  for (const auto& [name, ids] : streams_) {
    while (log_.StableBelow(ids.dead_letters) < reached) {
      if (stop.stop_requested()) return Fail(Error::Cancelled("stopping"));
      if (std::chrono::steady_clock::now() > patience_ends) return Fail(Error::Unavailable("the dead letters of " + name + " are not synced"));
      std::this_thread::sleep_for(kBetweenLooks);
    }
  }
  return {};
}

}  // namespace tailrace::app
