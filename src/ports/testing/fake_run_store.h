// A RunStore that forgets all when it goes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ports/run_store.h"

namespace tailrace {

// Threads: one at a time.
class FakeRunStore final : public RunStore {
 public:
  Result<std::optional<WallTime>> Handled(std::string_view job) override;
  Status Add(std::string_view job, const std::vector<JobRun>& runs, std::optional<WallTime> handled) override;
  Status Update(const JobRun& run, const std::vector<RunLogLine>& lines, const std::vector<JobRun>& followers) override;
  Result<std::vector<JobRun>> List(const RunFilter& filter) override;
  Result<std::vector<RunLogLine>> Log(std::string_view run) override;
  Result<std::vector<AlertState>> Alerts() override;
  Status SetAlert(const AlertState& state) override;
  Result<std::vector<AlertSilence>> Silences() override;
  Status SetSilence(const AlertSilence& silence) override;

 private:
  std::map<std::string, WallTime, std::less<>> handled_;
  std::vector<JobRun> runs_;
  std::map<std::string, std::vector<RunLogLine>, std::less<>> lines_;
  std::map<std::string, AlertState> alerts_;
  std::map<std::string, AlertSilence> silences_;
};

}  // namespace tailrace
