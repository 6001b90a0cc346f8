#include "lake/delta_writer.h"

#include <chrono>
#include <utility>

#include "base/logging.h"

namespace tailrace::lake {
namespace {

constexpr std::chrono::milliseconds kBetweenSteps{1000};

}  // namespace

Result<std::unique_ptr<DeltaWriter>> DeltaWriter::Open(DeltaServices services, std::vector<DeltaTableOptions> tables, MarkOf mark_of) {
  std::unique_ptr<DeltaWriter> writer(new DeltaWriter);
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
  return writer;
}

DeltaWriter::~DeltaWriter() { Stop(); }

Status DeltaWriter::Flush() { return StepAll(true, {}); }

Status DeltaWriter::StepAll(bool flush, const std::stop_token& stop) {
  const std::lock_guard one(step_mutex_);
  Status first;
  for (const auto& table : tables_) {
    if (stop.stop_requested()) break;
    const auto mark = mark_of_(table->options().table);
    if (!mark) continue;
    const Status done = table->Step(*mark, flush, stop);
    if (!stop.stop_requested()) Note(table->options().table, done);
    if (!done && first) first = Fail(done.error().With("the lake's table " + table->options().table));
  }
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

void DeltaWriter::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void DeltaWriter::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void DeltaWriter::Run(const std::stop_token& stop) {
  std::string trouble;
  while (!stop.stop_requested()) {
    const Status done = StepAll(false, stop);
    const bool is_new = !done && !stop.stop_requested() && done.error().message() != trouble;
    if (is_new) LogWarning("lake_behind", {{"error", done.error().message()}});
    trouble = done ? "" : done.error().message();
    std::unique_lock lock(wait_mutex_);
    woken_.wait_for(lock, stop, kBetweenSteps, [] { return false; });
  }
}

}  // namespace tailrace::lake
