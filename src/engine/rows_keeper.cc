#include "engine/rows_keeper.h"

#include <algorithm>
#include <utility>

namespace tailrace::engine {

void RowsKeeper::Take(const WorkItem& item, const std::stop_token& stop) {
  patient_ = true;
  for (const std::string& name : standing_.Going(item.names)) Add(name, *item.batch, stop);
}

std::optional<std::chrono::milliseconds> RowsKeeper::Idle(bool waited, const std::stop_token& stop) {
  const bool more_may_come = std::any_of(held_.begin(), held_.end(), [this](const auto& held) { return held.second.rows >= limits_.many; });
  if (more_may_come && !waited) return limits_.linger;
  Flush(stop);
  return std::nullopt;
}

void RowsKeeper::Flush(const std::stop_token& stop) {
  patient_ = true;
  while (!held_.empty()) {
    const std::string name = held_.begin()->first;  // the group goes before it is committed
    Commit(name, stop);
  }
}

bool RowsKeeper::Add(const std::string& name, const DecodedBatch& batch, const std::stop_token& stop) {
  // Records that were sent again have positions of their own.
  if (batch.letters && held_.contains(name) && !Commit(name, stop)) return false;
  const size_t rows = batch.rows->row_count();
  size_t begin = 0;
  do {
    Group& group = held_[name];
    const size_t end = begin + std::min(rows - begin, limits_.rows - group.rows);
    Extend(group, batch, {begin, end});
    begin = end;
    if ((IsFull(group) || batch.letters) && !Commit(name, stop)) return false;
  } while (begin < rows);
  return true;
}

void RowsKeeper::Extend(Group& group, const DecodedBatch& batch, RowRange range) const {
  const size_t rows = batch.rows->row_count();
  const size_t added = range.end - range.begin;
  if (group.parts.empty()) {
    group.stream = batch.stream;
    group.since = services_.clock.Monotonic();
  }
  group.parts.push_back({batch.rows, range});
  group.rows += added;
  if (rows > 0) group.bytes += batch.rows->byte_count() / rows * added;
  group.positions = range.end == rows ? batch.run.after : batch.PositionsAfter(range.end);
  group.letters = batch.LettersAfter(range.end);
  const auto consumed = batch.ConsumedBy(range);
  group.consumed.read += consumed.read;
  group.consumed.undecodable += consumed.undecodable;
}

bool RowsKeeper::IsFull(const Group& group) const {
  const auto patience = group.rows < limits_.many ? limits_.wait_max : limits_.many_wait_max;
  return group.rows >= limits_.rows || group.bytes >= limits_.bytes_max || services_.clock.Monotonic() - group.since >= patience;
}

bool RowsKeeper::Commit(const std::string& name, const std::stop_token& stop) {
  const Group group = std::move(held_.extract(name).mapped());
  const bool kept = standing_.Keep({name}, [&] { return CommitGroup(name, group); }, patient_, stop);
  patient_ = patient_ && kept;
  return kept;
}

Status RowsKeeper::CommitGroup(const std::string& name, const Group& group) {
  WarehouseCommit commit;
  commit.batch = group.parts.front().rows.get();
  commit.range = group.parts.front().range;
  for (size_t i = 1; i < group.parts.size(); ++i) commit.further.push_back({group.parts[i].rows.get(), group.parts[i].range});
  commit.kind = MaterializationKind::kStoredRows;
  commit.names = {name};
  commit.positions = group.positions;
  commit.letters = group.letters;
  commit.read = group.consumed.read;
  commit.undecodable = group.consumed.undecodable;
  commit.time_ms = services_.clock.Now().millis();
  const auto committed = services_.warehouse.Commit(commit);
  if (!committed) return Fail(committed.error().error);
  services_.committed(group.stream);
  services_.progress.Advance("rows", name, group.positions, committed->front(), group.letters);
  return {};
}

}  // namespace tailrace::engine
