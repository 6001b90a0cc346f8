#include "app/memory_budget.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "config/limit_keys.h"
#include "engine/worker.h"

namespace tailrace::app {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kMachineShare = 3;
constexpr int64_t kRound = 32 * kMiB;  // divisible by what the shares divide by
constexpr int64_t kOwnBytes = 64 * kMiB;
// Beyond these more memory brings nothing.
constexpr int64_t kBodiesMax = 512 * kMiB;
constexpr int64_t kAnswersMax = 512 * kMiB;
constexpr int64_t kLogInFlightMax = 64 * kMiB;
constexpr int64_t kLogKeysMax = 288 * kMiB;  // four million keys
constexpr int64_t kDocumentCacheMax = 64 * kMiB;
constexpr int64_t kSqliteMax = 256 * kMiB;
constexpr int64_t kBatchMax = 8 * kMiB;
constexpr int64_t kBatchMin = 64 << 10;
// A batch of the log's bytes is held as they came and as columns, and by documents as their texts too.
constexpr int64_t kBatchCopies = 2;
constexpr int64_t kDocumentBatchCopies = 3;
// Each worker has one in hand beside its queue; every stream has one in the making.
constexpr int64_t kRowsBatches = engine::kRowsQueueBatchesMax + 1;
constexpr int64_t kTableBatches = engine::WorkerLimits{}.queue_batches_max + 1;
constexpr int64_t kDocumentBatches = kTableBatches;

int64_t ReadNumber(const std::string& path) {
  std::ifstream file(path);
  int64_t number = 0;
  return file >> number && number > 0 ? number : INT64_MAX;  // "max" is no number
}

// The lowest limit from the process's own cgroup up to the root, v2 or v1.
int64_t CgroupLimit() {
  int64_t lowest = ReadNumber("/sys/fs/cgroup/memory/memory.limit_in_bytes");
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::/")) continue;
    for (std::string path = line.substr(3); !path.empty(); path.resize(path.rfind('/'))) {
      lowest = std::min(lowest, ReadNumber("/sys/fs/cgroup" + path + "/memory.max"));
    }
    lowest = std::min(lowest, ReadNumber("/sys/fs/cgroup/memory.max"));
  }
  return lowest;
}

}  // namespace

int64_t MachineMemoryBytes() {
  const int64_t physical = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
  return std::min(physical, CgroupLimit());
}

MemoryBudget DivideMemory(const config::Pipeline& pipeline, int64_t machine_bytes) {
  MemoryBudget budget;
  budget.total = pipeline.server.memory_bytes > 0 ? pipeline.server.memory_bytes
                                                  : std::max(machine_bytes / kMachineShare, config::kMemoryMin);
  budget.own = kOwnBytes;
  // Rounded, so that the shares can be read.
  const int64_t shared = (budget.total - budget.own) / kRound * kRound;
  budget.warehouse = shared * 2 / 5;
  budget.projections = shared / 16;
  budget.sqlite = std::min(shared / 16, kSqliteMax);
  budget.document_cache = std::min(shared / 32, kDocumentCacheMax);
  budget.bodies = std::min(shared / 8, kBodiesMax);
  budget.answers = std::min(shared / 16, kAnswersMax);
  budget.connections = shared / 16;
  budget.log_in_flight = std::min(shared / 32, kLogInFlightMax);
  budget.log_keys = std::min(shared / 32, kLogKeysMax);
  budget.batches = shared / 8;
  const auto streams = static_cast<int64_t>(pipeline.streams.size());
  const int64_t copies = kBatchCopies * (kRowsBatches + kTableBatches + streams) + kDocumentBatchCopies * kDocumentBatches;
  budget.batch = std::clamp(budget.batches / copies, kBatchMin, kBatchMax);
  return budget;
}

}  // namespace tailrace::app
