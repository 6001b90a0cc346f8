#include "lake/delta_writer.h"

#include <chrono>
#include <utility>

#include "base/logging.h"

namespace tailrace::lake {
namespace {

constexpr std::chrono::milliseconds kBetweenSteps{1000};

}  // namespace

Result<std::unique_ptr<DeltaWriter>> DeltaWriter::Open(DeltaServices services, std::vector<DeltaTableOptions> tables, MarkOf mark_of) {
  std::unique_ptr<DeltaWriter> writer(new DeltaWriter(services.clock));
  writer->mark_of_ = std::move(mark_of);
  for (DeltaTableOptions& options : tables) {
    auto table = std::make_unique<DeltaTable>(services, std::move(options));
    const std::string& name = table->options().table;
    const Status opened = table->Open();
    if (!opened && opened.error().code() != ErrorCode::kCorruption) return Fail(opened.error().With("the lake's table " + name));
    if (!opened) LogWarning("lake_damaged", {{"table", name}, {"error", opened.error().message()}});
    writer->Note(name, opened);
    writer->tables_.push_back(std::move(table));
  }
  writer->NoteStandings();
  return writer;
}

DeltaWriter::~DeltaWriter() { Stop(); }

Status DeltaWriter::Flush() { return StepAll(true, {}); }

Status DeltaWriter::StepAll(bool flush, const std::stop_token& stop) {
  const std::lock_guard one(step_mutex_);
  Status first;
  for (const auto& table : tables_) {
    if (stop.stop_requested()) break;
    const std::string& name = table->options().table;
    if (!flush && !standstills_.IsDue(name, clock_.Monotonic())) continue;
    const auto mark = mark_of_(name);
    if (!mark) continue;
    const Status done = table->Step(*mark, flush, stop);
    if (!done && stop.stop_requested()) break;
    Note(name, done);
    standstills_.Note(name, done, clock_.Monotonic());
    if (!done && first) first = Fail(done.error().With("the lake's table " + name));
  }
  NoteStandings();
  return first;
}

void DeltaWriter::Note(const std::string& table, const Status& done) {
  const std::lock_guard lock(trouble_mutex_);
  if (done) {
    trouble_.erase(table);
  } else {
    trouble_.insert_or_assign(table, done.error());
  }
}

std::optional<Error> DeltaWriter::Trouble(std::string_view table) const {
  const std::lock_guard lock(trouble_mutex_);
  const auto found = trouble_.find(table);
  return found == trouble_.end() ? std::nullopt : std::optional(found->second);
}

Status DeltaWriter::Check(std::string_view table, const std::stop_token& stop) {
  const std::lock_guard one(step_mutex_);
  for (const auto& kept : tables_) {
    if (kept->options().table == table) return kept->Check(stop);
  }
  return {};
}

void DeltaWriter::NoteStandings() {
  std::vector<DeltaStanding> standings;
  for (const auto& table : tables_) standings.push_back({table->options().table, table->state().version, std::ssize(table->state().files)});
  const std::lock_guard lock(standings_mutex_);
  standings_ = std::move(standings);
}

void DeltaWriter::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void DeltaWriter::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void DeltaWriter::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    (void)StepAll(false, stop).has_value();  // what fails is in Troubles
    std::unique_lock lock(wait_mutex_);
    woken_.wait_for(lock, stop, kBetweenSteps, [] { return false; });
  }
}

}  // namespace tailrace::lake
