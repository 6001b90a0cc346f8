#include "ports/testing/fake_run_store.h"

#include <algorithm>

namespace tailrace {
namespace {

template <typename T>
bool OneOf(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

}  // namespace

Result<std::optional<WallTime>> FakeRunStore::Handled(std::string_view job) {
  const auto found = handled_.find(job);
  return found == handled_.end() ? std::nullopt : std::optional(found->second);
}

Status FakeRunStore::Add(std::string_view job, const std::vector<JobRun>& runs, std::optional<WallTime> handled) {
  for (const JobRun& run : runs) {
    if (std::none_of(runs_.begin(), runs_.end(), [&](const JobRun& known) { return known.id == run.id; })) runs_.push_back(run);
  }
  if (handled) handled_[std::string(job)] = *handled;
  return {};
}

Status FakeRunStore::Update(const JobRun& run, const std::vector<RunLogLine>& lines, const std::vector<JobRun>& followers) {
  for (JobRun& known : runs_) {
    if (known.id == run.id) known = run;
  }
  auto& log = lines_[run.id];
  log.insert(log.end(), lines.begin(), lines.end());
  return Add(run.job, followers, std::nullopt);
}

Result<std::vector<JobRun>> FakeRunStore::List(const RunFilter& filter) {
  std::vector<JobRun> found;
  for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
    const bool fits = OneOf(filter.ids, run->id) && (filter.job.empty() || filter.job == run->job) && OneOf(filter.states, run->state) &&
                      (!filter.untold || !run->told);
    if (fits) found.push_back(*run);
  }
  std::stable_sort(found.begin(), found.end(), [](const JobRun& a, const JobRun& b) { return b.due < a.due; });
  if (found.size() > filter.limit) found.resize(filter.limit);
  return found;
}

Result<std::vector<RunLogLine>> FakeRunStore::Log(std::string_view run) {
  const auto found = lines_.find(run);
  return found == lines_.end() ? std::vector<RunLogLine>{} : found->second;
}

Result<std::vector<AlertState>> FakeRunStore::Alerts() {
  std::vector<AlertState> states;
  for (const auto& [name, state] : alerts_) states.push_back(state);
  return states;
}

Status FakeRunStore::SetAlert(const AlertState& state) {
  alerts_[state.name] = state;
  return {};
}

Result<std::vector<AlertSilence>> FakeRunStore::Silences() {
  std::vector<AlertSilence> silences;
  for (const auto& [alert, silence] : silences_) silences.push_back(silence);
  return silences;
}

Status FakeRunStore::SetSilence(const AlertSilence& silence) {
  if (silence.until.micros == 0)
    silences_.erase(silence.alert);
  else
    silences_[silence.alert] = silence;
  return {};
}

}  // namespace tailrace
