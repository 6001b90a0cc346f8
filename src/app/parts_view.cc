#include "app/parts_view.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "app/embedded_sources.h"

namespace tailrace::app {
namespace {

namespace fs = std::filesystem;

std::string TypeOf(const config::SourceSpec& source) {
  return std::visit(
      [](const auto& kind) -> std::string {
        using Kind = std::decay_t<decltype(kind)>;
        if constexpr (std::is_same_v<Kind, config::FileSourceSpec>) return "file";
        if constexpr (std::is_same_v<Kind, config::HttpSourceSpec>) return "http";
        if constexpr (std::is_same_v<Kind, config::GenerateSourceSpec>) return "generate";
        if constexpr (std::is_same_v<Kind, config::PollSourceSpec>) return "poll";
        if constexpr (std::is_same_v<Kind, config::DatabaseSourceSpec>) {
          return kind.engine == config::DatabaseEngine::kPostgres ? "postgres" : "mysql";
        }
      },
      source.kind);
}

// Files that go meanwhile count nothing.
int64_t AnswerBytesIn(const std::string& folder) {
  int64_t bytes = 0;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code gone;
    if (at->path().extension() != ".answer") continue;
    const auto size = at->file_size(gone);
    if (!gone) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

std::optional<Standstill> Find(const std::vector<Standstill>& all, const std::string& name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Standstill& still) { return still.name == name; });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

server::PollStatus PartsView::Poll(const std::string& source) const {
  server::PollStatus status;
  const auto found = parts_.polls.find(source);
  if (found == parts_.polls.end()) return status;
  const PollCounts& counts = *found->second;
  status.next_due_ms = counts.next_due_ms;
  status.last_due_ms = counts.last_due_ms;
  status.last_answer_ms = counts.last_answer_ms;
  status.last_failure_ms = counts.last_failure_ms;
  status.answers = counts.answers;
  status.unchanged = counts.unchanged;
  status.failed = counts.failed;
  status.missed = counts.missed;
  status.spool_bytes = AnswerBytesIn(PollFolder(parts_.data, source));
  return status;
}

std::vector<server::SourceStatus> PartsView::Sources() const {
  std::vector<server::SourceStatus> all;
  for (const auto& runner : parts_.sources) {
    const SourceSummary summary = runner->summary();
    const auto spec = std::find_if(parts_.pipeline.sources.begin(), parts_.pipeline.sources.end(),
                                   [&](const auto& source) { return source.name == summary.name; });
    if (spec == parts_.pipeline.sources.end()) continue;
    server::SourceStatus status;
    status.name = summary.name;
    status.type = TypeOf(*spec);
    for (const config::Target& target : spec->into) status.streams.push_back(target.stream);
    status.accepted = summary.accepted;
    status.refused = summary.refused;
    status.trouble = summary.trouble;
    status.ended = summary.ended;
    if (parts_.polls.contains(summary.name)) status.poll = Poll(summary.name);
    all.push_back(std::move(status));
  }
  return all;
}

std::vector<server::LakeStreamStatus> PartsView::LakeStreams() const {
  std::vector<server::LakeStreamStatus> all;
  if (parts_.lake == nullptr) return all;
  const auto troubles = parts_.lake->RawTroubles();
  for (const config::LakeStreamSpec& spec : parts_.pipeline.lake.streams) {
    server::LakeStreamStatus status;
    status.stream = spec.stream;
    for (const RawStatus& partition : parts_.lake->RawOf(parts_.streams.at(spec.stream).records)) {
      status.held.push_back(partition.end);
      status.files += partition.files;
      status.bytes += partition.bytes;
    }
    status.trouble = Find(troubles, spec.stream);
    all.push_back(std::move(status));
  }
  return all;
}

std::vector<server::LakeTableStatus> PartsView::LakeTables() const {
  std::vector<server::LakeTableStatus> all;
  if (parts_.lake == nullptr) return all;
  const auto troubles = parts_.lake->TableTroubles();
  for (const lake::DeltaStanding& table : parts_.lake->Tables()) {
    all.push_back({table.table, table.version, table.files, Find(troubles, table.table)});
  }
  return all;
}

void AddPartsMetrics(Metrics& metrics, const PartsView& view, const config::Pipeline& pipeline, const EventLog& log,
                     const engine::StreamDirectory& streams) {
  const auto add_of_poll = [&](const std::string& source, const char* name, const char* help, auto value) {
    metrics.AddCallback(name, help, {{"source", source}}, [&view, source, value] { return value(view.Poll(source)); });
  };
  const auto seconds = [](int64_t time_ms) { return static_cast<double>(time_ms) / 1e3; };
  for (const config::SourceSpec& source : pipeline.sources) {
    if (std::holds_alternative<config::HttpSourceSpec>(source.kind)) continue;
    metrics.AddCallback("tailrace_source_stands_still", "1 while a source waits or has ended for a reason that /status names.", {{"source", source.name}},
                        [&view, name = source.name] {
                          const auto all = view.Sources();
                          return std::any_of(all.begin(), all.end(), [&](const auto& s) { return s.name == name && !s.trouble.empty(); }) ? 1.0 : 0.0;
                        });
    if (!std::holds_alternative<config::PollSourceSpec>(source.kind)) continue;
    using server::PollStatus;
    add_of_poll(source.name, "tailrace_poll_last_due_seconds", "The due time that a poll has asked for last, since 1970; 0: none since the start.",
                [seconds](const PollStatus& poll) { return seconds(poll.last_due_ms); });
    add_of_poll(source.name, "tailrace_poll_last_answer_seconds", "When its last answer as promised came, since 1970; 0: none since the start.",
                [seconds](const PollStatus& poll) { return seconds(poll.last_answer_ms); });
    add_of_poll(source.name, "tailrace_poll_spool_bytes", "Answers that are on disk and not yet in the log.",
                [](const PollStatus& poll) { return static_cast<double>(poll.spool_bytes); });
  }
  for (const config::LakeStreamSpec& kept : pipeline.lake.streams) {
    metrics.AddCallback("tailrace_lake_lag_records", "Records in the log that the raw lake has yet to hold.", {{"stream", kept.stream}},
                        [&view, &log, id = streams.at(kept.stream).records, name = kept.stream] {
                          double lag = 0;
                          const auto partitions = log.Partitions(id);
                          for (const server::LakeStreamStatus& status : view.LakeStreams()) {
                            if (status.stream != name) continue;
                            for (size_t p = 0; p < partitions.size(); ++p) lag += static_cast<double>(partitions[p].end.value - status.held[p].value);
                          }
                          return lag;
                        });
  }
}

}  // namespace tailrace::app
