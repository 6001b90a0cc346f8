#include "engine/run_relation.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/system_relations.h"
#include "model/times.h"

namespace tailrace::engine {
namespace {

// The store keeps no more of all jobs together that a query could not take at once.
constexpr size_t kRunsReadMax = 100'000;

std::optional<std::string> TimeOrNull(WallTime time) {
  if (time.micros == 0) return std::nullopt;
  std::string text;
  AppendRfc3339(time.micros, &text);
  return text;
}

SystemRow RowOf(const JobRun& run) {
  std::optional<std::string> seconds;
  if (run.started_at.micros != 0 && run.ended_at.micros != 0) seconds = fmt::format("{}", static_cast<double>(run.ended_at.micros - run.started_at.micros) / 1e6);
  return {run.id, run.job, std::string(RunStateName(run.state)), std::string(RunTriggerName(run.trigger)), TimeOrNull(run.due), TimeOrNull(run.due_last),
          std::to_string(run.count), std::to_string(run.attempts), std::to_string(run.rows), TimeOrNull(run.queued_at), TimeOrNull(run.started_at),
          TimeOrNull(run.ended_at), seconds, run.reason.empty() ? std::nullopt : std::optional(run.reason)};
}

class RunRows final : public SystemRows {
 public:
  explicit RunRows(std::vector<JobRun> runs) : runs_(std::move(runs)) {}
  Result<std::vector<SystemRow>> Next(size_t rows_max) override {
    std::vector<SystemRow> rows;
    for (; at_ < runs_.size() && rows.size() < rows_max; ++at_) rows.push_back(RowOf(runs_[at_]));
    return rows;
  }

 private:
  const std::vector<JobRun> runs_;
  size_t at_ = 0;
};

}  // namespace

SystemRelation RunsRelation(std::function<RunStore*()> store) {
  const auto open = [store = std::move(store)]() -> Result<std::unique_ptr<SystemRows>> {
    RunStore* now = store();
    if (now == nullptr) return Fail(Error::Unavailable("the pipeline is not open yet"));
    RunFilter all;
    all.limit = kRunsReadMax;
    TR_TRY(auto runs, now->List(all));
    return std::make_unique<RunRows>(std::move(runs));
  };
  SystemRelation relation = SystemRelationNamed("runs");
  relation.open = open;
  return relation;
}

}  // namespace tailrace::engine
