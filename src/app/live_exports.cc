#include "app/live_exports.h"

#include <pthread.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

namespace tailrace::app {
namespace {

ExportFormat FormatOf(server::ExportFormat format) {
  switch (format) {
    case server::ExportFormat::kParquet: return ExportFormat::kParquet;
    case server::ExportFormat::kCsv: return ExportFormat::kCsv;
    case server::ExportFormat::kJsonl: break;
  }
  return ExportFormat::kJsonl;
}

}  // namespace

LiveExports::~LiveExports() { Stop(); }

void LiveExports::Stop() {
  std::array<std::jthread, kExportsMax> ending;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (size_t i = 0; i < places_.size(); ++i) ending[i] = std::move(places_[i].thread);
  }
  for (std::jthread& thread : ending) thread.request_stop();
  // Their destructors wait.
}

Status LiveExports::Start(server::ExportOrder order, std::stop_token gone, std::function<void(Result<int64_t> rows)> done) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return Fail(Error::Unavailable("the server is stopping"));
  const auto place = std::find_if(places_.begin(), places_.end(), [](const Place& p) { return !p.taken; });
  if (place == places_.end()) return Fail(Error::Exhausted("as many exports as may be are under way: try again when one has ended"));
  place->taken = true;
  place->thread = std::jthread([this, place, order = std::move(order), gone = std::move(gone), done = std::move(done)](const std::stop_token& stop) {
    pthread_setname_np(pthread_self(), "export");
    const auto rows = Make(order, gone, stop);
    {
      // Before its end is told: whoever hears of it may ask for the next.
      const std::lock_guard ending(mutex_);
      place->taken = false;
    }
    done(rows);
  });
  return {};
}

Result<int64_t> LiveExports::Make(const server::ExportOrder& order, const std::stop_token& gone, const std::stop_token& stop) {
  std::stop_source either;
  const std::stop_callback on_gone(gone, [&] { either.request_stop(); });
  const std::stop_callback on_stop(stop, [&] { either.request_stop(); });
  ExportJob job;
  job.sql = order.sql;
  job.now_micros = clock_.Now().micros;
  job.to = std::filesystem::path(order.to).lexically_normal().string();
  if (job.to.size() > 1 && job.to.ends_with('/')) job.to.pop_back();
  job.format = FormatOf(order.format);
  job.partition_by = order.partition_by;
  return ExportFiles(services_, job, either.get_token());
}

}  // namespace tailrace::app
