#include "app/part_metrics.h"

#include <algorithm>
#include <string_view>

#include "app/process_memory.h"

namespace tailrace::app {
namespace {

void AddRejectMetrics(Metrics& metrics, const MeasuredParts& parts, const std::string& stream) {
  const auto& streams = parts.pipeline.streams;
  const auto spec = std::find_if(streams.begin(), streams.end(), [&](const auto& s) { return s.name == stream; });
  if (!spec->max_rejects) return;
  const auto index = static_cast<size_t>(spec - streams.begin());
  metrics.AddCallback("tailrace_rejects_over_limit", "1 while a stream has more dead letters than its max_rejects allows.", {{"stream", stream}},
                      [&engine = parts.engine, index] { return engine.rejects().Known(index) ? 1.0 : 0.0; });
  metrics.AddCallback("tailrace_stream_paused", "1 while that holds up its sources and doors.", {{"stream", stream}},
                      [&engine = parts.engine, index] { return engine.rejects().IsPaused(index) ? 1.0 : 0.0; });
}

void AddLakeMetrics(Metrics& metrics, const config::LakeSpec& spec, const LakeParts* lake) {
  const std::string_view help = "1 while a part of the lake does not go on; the log says why.";
  if (!spec.streams.empty()) {
    metrics.AddCallback("tailrace_lake_trouble", help, {{"part", "raw"}}, [lake] { return lake->RawTrouble() ? 1.0 : 0.0; });
  }
  for (const auto& table : spec.tables) {
    metrics.AddCallback("tailrace_lake_trouble", help, {{"part", table.table}}, [lake, name = table.table] { return lake->Trouble(name) ? 1.0 : 0.0; });
  }
}

}  // namespace

void AddPollMetrics(Metrics& metrics, const std::string& source, const std::shared_ptr<PollCounts>& counts) {
  const auto add = [&](std::string_view outcome, std::atomic<int64_t> PollCounts::*count) {
    metrics.AddCallback("tailrace_poll_answers", "Answers to polls since the start, by what they were: as promised, unchanged (304), failed.",
                        {{"source", source}, {"outcome", std::string(outcome)}},
                        [counts, count] { return static_cast<double>(((*counts).*count).load()); });
  };
  add("ok", &PollCounts::answers);
  add("unchanged", &PollCounts::unchanged);
  add("failed", &PollCounts::failed);
  metrics.AddCallback("tailrace_polls_missed", "Due times that were never asked for, since the start.", {{"source", source}},
                      [counts] { return static_cast<double>(counts->missed.load()); });
  metrics.AddCallback("tailrace_poll_next_due_seconds", "When a poll asks next, since 1970; 0 while it asks.", {{"source", source}},
                      [counts] { return static_cast<double>(counts->next_due_ms.load()) / 1e3; });
}

void AddPartMetrics(Metrics& metrics, const MeasuredParts& parts) {
  for (const auto& [name, ids] : parts.streams) {
    metrics.AddCallback("tailrace_stream_end_offset", "Records in the log, over all partitions.", {{"stream", name}},
                        [&log = parts.log, id = ids.records] {
                          double records = 0;
                          for (const auto& partition : log.Partitions(id)) records += static_cast<double>(partition.end.value);
                          return records;
                        });
    AddRejectMetrics(metrics, parts, name);
    metrics.AddCallback("tailrace_dead_letters", "Dead letters kept.", {{"stream", name}}, [&log = parts.log, id = ids.dead_letters] {
      const auto partitions = log.Partitions(id);
      return partitions.empty() ? 0.0 : static_cast<double>(partitions.front().end.value - partitions.front().begin.value);
    });
  }
  for (const auto& m : parts.engine.progress().All()) {
    metrics.AddCallback("tailrace_stopped", "1 while a materialisation has stopped, for a reason that /readyz and /status name.", {{"kind", m.kind}, {"name", m.name}},
                        [&engine = parts.engine, kind = m.kind, name = m.name] {
                          const auto now = engine.progress().Of(kind, name);
                          return now && now->stopped ? 1.0 : 0.0;
                        });
    metrics.AddCallback("tailrace_lag_records", "Records in the log that a materialisation has yet to consume.",
                        {{"kind", m.kind}, {"name", m.name}},
                        [&engine = parts.engine, &log = parts.log, kind = m.kind, name = m.name, id = parts.streams.at(m.stream).records] {
                          double lag = 0;
                          const auto now = engine.progress().Of(kind, name);
                          if (!now) return lag;
                          const auto partitions = log.Partitions(id);
                          for (size_t p = 0; p < partitions.size(); ++p) {
                            lag += static_cast<double>(partitions[p].end.value - now->positions[p].value);
                          }
                          return lag;
                        });
  }
  AddLakeMetrics(metrics, parts.pipeline.lake, parts.lake);
  metrics.AddCallback("tailrace_memory_bytes", "Resident memory of the process, without pages of files.", {},
                      [] { return static_cast<double>(ResidentBytes()); });
  metrics.AddCallback("tailrace_memory_bytes_max", "What it may use: server.memory.", {},
                      [bytes = parts.memory_bytes_max] { return static_cast<double>(bytes); });
  metrics.AddCallback("tailrace_commits", "Commits of tables and stored rows since the start.", {},
                      [&engine = parts.engine] { return static_cast<double>(engine.commits()); });
}

}  // namespace tailrace::app
