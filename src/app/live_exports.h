// Exports of a running server.
#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "app/file_export.h"
#include "base/clock.h"
#include "server/exports.h"

namespace tailrace::app {

// Threads: thread-safe; Stop from one. Ownership: borrows everything, and must end before it.
class LiveExports final : public server::Exports {
 public:
  LiveExports(ExportServices services, Clock& clock) : services_(std::move(services)), clock_(clock) {}
  ~LiveExports() override;

  Status Start(server::ExportOrder order, std::stop_token gone, std::function<void(Result<int64_t> rows)> done) override;
  // Those under way end, and leave what was there. None is begun afterwards. Twice is fine.
  void Stop();

  // Under way at a time.
  static constexpr size_t kExportsMax = 2;

 private:
  struct Place {
    bool taken = false;
    std::jthread thread;
  };
  Result<int64_t> Make(const server::ExportOrder& order, const std::stop_token& gone, const std::stop_token& stop);

  const ExportServices services_;
  Clock& clock_;
  std::mutex mutex_;
  bool stopped_ = false;                   // protected by mutex_
  std::array<Place, kExportsMax> places_;  // protected by mutex_
};

}  // namespace tailrace::app
