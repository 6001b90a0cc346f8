#include "app/rebuild_desk.h"

#include <fmt/format.h>

#include <utility>

#include "engine/plan.h"

namespace tailrace::app {

RebuildDesk::RebuildDesk(const config::Pipeline& pipeline, engine::Engine& engine)
    : pipeline_(pipeline), engine_(engine), thread_([this](const std::stop_token& stop) { Work(stop); }) {}

RebuildDesk::~RebuildDesk() { Join(); }

Status RebuildDesk::Reserve(const server::RebuildRequest& request) {
  TR_RETURN_IF_ERROR(engine_.CheckRebuild(request.name));
  if (!request.definition.empty() && request.definition != engine::DefinitionName(pipeline_, request.name)) {
    return Fail(Error::Conflict(fmt::format("the running server has another definition of {0} than the file now: start it again, "
                                            "with `tailrace run --rebuild-changed`",
                                            request.name)));
  }
  std::lock_guard lock(mutex_);
  if (thread_.get_stop_token().stop_requested()) return Fail(Error::Unavailable("the server is stopping"));
  if (std::exchange(taken_, true)) return Fail(Error::Conflict("another rebuild is running: one at a time"));
  return {};
}

void RebuildDesk::Start(const server::RebuildRequest& request, std::shared_ptr<server::RebuildWatcher> watcher,
                        std::stop_token gone) {
  std::lock_guard lock(mutex_);
  job_ = Job{request, std::move(watcher), std::move(gone)};
  handed_.notify_one();
}

void RebuildDesk::Work(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock(mutex_);
    if (!handed_.wait(lock, stop, [this] { return job_.has_value(); })) return;
    const Job job = *std::exchange(job_, std::nullopt);
    lock.unlock();
    Run(job, stop);
  }
}

void RebuildDesk::Run(const Job& job, const std::stop_token& stop) {
  std::stop_source either;
  const std::stop_callback on_gone(job.gone, [&] { either.request_stop(); });
  const std::stop_callback on_stop(stop, [&] { either.request_stop(); });
  const auto outcome = engine_.Rebuild(job.request.name, job.request.options, *job.watcher, either.get_token());
  {
    // Before its end is told: whoever hears of it may ask for the next.
    std::lock_guard lock(mutex_);
    taken_ = false;
  }
  job.watcher->OnEnd(outcome);
}

void RebuildDesk::RequestStop() { thread_.request_stop(); }

void RebuildDesk::Join() {
  RequestStop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace tailrace::app
