#include "control/run_table.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "control/private_file.h"
#include "sqlite/sqlite.h"

namespace tailrace::control {
namespace {


constexpr std::string_view kSchema =
    "CREATE TABLE IF NOT EXISTS jobs (name TEXT PRIMARY KEY, handled_us INTEGER NOT NULL) WITHOUT ROWID, STRICT;"
    "CREATE TABLE IF NOT EXISTS runs (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, job TEXT NOT NULL, trigger TEXT NOT NULL, state TEXT NOT NULL,"
    " due_us INTEGER NOT NULL, from_us INTEGER NOT NULL, due_last_us INTEGER NOT NULL, count INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " interruptions INTEGER NOT NULL, steps_done TEXT NOT NULL, rows INTEGER NOT NULL, not_before_us INTEGER NOT NULL, queued_us INTEGER NOT NULL,"
    " started_us INTEGER NOT NULL, ended_us INTEGER NOT NULL, reason TEXT NOT NULL, told INTEGER NOT NULL,"
    " cancel_asked_us INTEGER NOT NULL DEFAULT 0, cancel_asked_by TEXT NOT NULL DEFAULT '') STRICT;"
    "CREATE INDEX IF NOT EXISTS runs_by_job ON runs (job, due_us);"
    "CREATE TABLE IF NOT EXISTS run_lines (run INTEGER NOT NULL, line INTEGER NOT NULL, time_us INTEGER NOT NULL, step TEXT NOT NULL, text TEXT NOT NULL,"
    " PRIMARY KEY (run, line)) WITHOUT ROWID, STRICT;"
    "CREATE TABLE IF NOT EXISTS alerts (name TEXT PRIMARY KEY, firing INTEGER NOT NULL, since_us INTEGER NOT NULL, told_us INTEGER NOT NULL,"
    " told INTEGER NOT NULL, message TEXT NOT NULL) WITHOUT ROWID, STRICT;"
    "CREATE TABLE IF NOT EXISTS silences (alert TEXT PRIMARY KEY, until_us INTEGER NOT NULL, reason TEXT NOT NULL, by TEXT NOT NULL) WITHOUT ROWID, STRICT";

constexpr std::string_view kColumns =
    "id, job, trigger, state, due_us, from_us, due_last_us, count, attempts, interruptions, steps_done, rows, not_before_us, queued_us, started_us, "
    "ended_us, reason, told, cancel_asked_us, cancel_asked_by";

// Columns that files of the first versions lack.
constexpr std::string_view kLaterColumns =
    "BEGIN IMMEDIATE;"
    "ALTER TABLE runs ADD COLUMN cancel_asked_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE runs ADD COLUMN cancel_asked_by TEXT NOT NULL DEFAULT '';"
    "COMMIT";

void Bind(sqlite::Statement& statement, const JobRun& run) {
  statement.BindText(1, run.id);
  statement.BindText(2, run.job);
  statement.BindText(3, RunTriggerName(run.trigger));
  statement.BindText(4, RunStateName(run.state));
  statement.BindInt(5, run.due.micros);
  statement.BindInt(6, run.from.micros);
  statement.BindInt(7, run.due_last.micros);
  statement.BindInt(8, run.count);
  statement.BindInt(9, run.attempts);
  statement.BindInt(10, run.interruptions);
  statement.BindText(11, run.steps_done);
  statement.BindInt(12, run.rows);
  statement.BindInt(13, run.not_before.micros);
  statement.BindInt(14, run.queued_at.micros);
  statement.BindInt(15, run.started_at.micros);
  statement.BindInt(16, run.ended_at.micros);
  statement.BindText(17, run.reason);
  statement.BindInt(18, run.told ? 1 : 0);
  statement.BindInt(19, run.cancel_asked_at.micros);
  statement.BindText(20, run.cancel_asked_by);
}

Result<JobRun> RunOf(const sqlite::Statement& row) {
  JobRun run;
  run.id = row.Text(0);
  run.job = row.Text(1);
  const auto trigger = ParseRunTrigger(row.Text(2));
  const auto state = ParseRunState(row.Text(3));
  if (!trigger || !state) return Fail(Error::Corruption("control.sqlite holds a run in no known state: " + run.id));
  run.trigger = *trigger;
  run.state = *state;
  run.due.micros = row.Int(4);
  run.from.micros = row.Int(5);
  run.due_last.micros = row.Int(6);
  run.count = row.Int(7);
  run.attempts = row.Int(8);
  run.interruptions = row.Int(9);
  run.steps_done = row.Text(10);
  run.rows = row.Int(11);
  run.not_before.micros = row.Int(12);
  run.queued_at.micros = row.Int(13);
  run.started_at.micros = row.Int(14);
  run.ended_at.micros = row.Int(15);
  run.reason = row.Text(16);
  run.told = row.Int(17) != 0;
  run.cancel_asked_at.micros = row.Int(18);
  run.cancel_asked_by = row.Text(19);
  return run;
}

class RunTable final : public RunStore {
 public:
  explicit RunTable(std::unique_ptr<sqlite::Connection> connection) : connection_(std::move(connection)) {}

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
  Status Insert(const std::vector<JobRun>& runs);
  Status AddLines(const JobRun& run, const std::vector<RunLogLine>& lines);
  Status Forget(std::string_view job);

  std::mutex mutex_;
  std::unique_ptr<sqlite::Connection> connection_;  // protected by mutex_
};

Result<std::optional<WallTime>> RunTable::Handled(std::string_view job) {
  const std::lock_guard lock(mutex_);
  TR_TRY(sqlite::Statement row, connection_->Prepare("SELECT handled_us FROM jobs WHERE name = ?"));
  row.BindText(1, job);
  TR_TRY(const bool found, row.Step());
  return found ? std::optional(WallTime{row.Int(0)}) : std::nullopt;
}

Status RunTable::Insert(const std::vector<JobRun>& runs) {
  if (runs.empty()) return {};
  TR_TRY(sqlite::Statement insert, connection_->Prepare("INSERT OR IGNORE INTO runs (" + std::string(kColumns) +
                                                        ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  for (const JobRun& run : runs) {
    Bind(insert, run);
    TR_RETURN_IF_ERROR(insert.Run());
  }
  return {};
}

Status RunTable::Add(std::string_view job, const std::vector<JobRun>& runs, std::optional<WallTime> handled) {
  const std::lock_guard lock(mutex_);
  TR_TRY(auto transaction, sqlite::Transaction::Begin(*connection_));
  TR_RETURN_IF_ERROR(Insert(runs));
  if (handled) {
    TR_TRY(sqlite::Statement write, connection_->Prepare("INSERT OR REPLACE INTO jobs (name, handled_us) VALUES (?, ?)"));
    write.BindText(1, job);
    write.BindInt(2, handled->micros);
    TR_RETURN_IF_ERROR(write.Run());
  }
  return transaction.Commit();
}

Status RunTable::AddLines(const JobRun& run, const std::vector<RunLogLine>& lines) {
  if (lines.empty()) return {};
  TR_TRY(sqlite::Statement insert,
         connection_->Prepare("INSERT INTO run_lines SELECT number, (SELECT count(*) FROM run_lines WHERE run = number), ?, ?, ? FROM runs "
                              "WHERE id = ? AND (SELECT count(*) FROM run_lines WHERE run = number) < " +
                              std::to_string(kRunLogLinesMax)));
  for (const RunLogLine& line : lines) {
    insert.BindInt(1, line.time.micros);
    insert.BindText(2, line.step);
    insert.BindText(3, std::string_view(line.text).substr(0, kRunLogLineBytesMax));
    insert.BindText(4, run.id);
    TR_RETURN_IF_ERROR(insert.Run());
  }
  return {};
}

// Runs beyond kRunsKeptMax that are over.
Status RunTable::Forget(std::string_view job) {
  const std::string old = "SELECT number FROM runs WHERE job = ? AND told = 1 AND state NOT IN ('queued', 'running') ORDER BY due_us DESC, number DESC LIMIT -1 OFFSET " +
                          std::to_string(kRunsKeptMax);
  TR_TRY(sqlite::Statement lines, connection_->Prepare("DELETE FROM run_lines WHERE run IN (" + old + ")"));
  lines.BindText(1, job);
  TR_RETURN_IF_ERROR(lines.Run());
  TR_TRY(sqlite::Statement runs, connection_->Prepare("DELETE FROM runs WHERE number IN (" + old + ")"));
  runs.BindText(1, job);
  return runs.Run();
}

Status RunTable::Update(const JobRun& run, const std::vector<RunLogLine>& lines, const std::vector<JobRun>& followers) {
  const std::lock_guard lock(mutex_);
  TR_TRY(auto transaction, sqlite::Transaction::Begin(*connection_));
  TR_TRY(sqlite::Statement update,
         connection_->Prepare("UPDATE runs SET (" + std::string(kColumns) +
                              ") = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20) WHERE id = ?1"));
  Bind(update, run);
  TR_RETURN_IF_ERROR(update.Run());
  TR_RETURN_IF_ERROR(AddLines(run, lines));
  TR_RETURN_IF_ERROR(Insert(followers));
  if (run.state != RunState::kQueued && run.state != RunState::kRunning) TR_RETURN_IF_ERROR(Forget(run.job));
  return transaction.Commit();
}

std::string Places(size_t count) {
  std::string places;
  for (size_t i = 0; i < count; ++i) places += i == 0 ? "?" : ", ?";
  return places;
}

Result<std::vector<JobRun>> RunTable::List(const RunFilter& filter) {
  const std::lock_guard lock(mutex_);
  std::string where = "1";
  std::vector<std::string> texts;
  if (!filter.ids.empty()) where += " AND id IN (" + Places(filter.ids.size()) + ")";
  texts.insert(texts.end(), filter.ids.begin(), filter.ids.end());
  if (!filter.job.empty()) {
    where += " AND job = ?";
    texts.push_back(filter.job);
  }
  if (!filter.states.empty()) where += " AND state IN (" + Places(filter.states.size()) + ")";
  for (const RunState state : filter.states) texts.emplace_back(RunStateName(state));
  if (filter.untold) where += " AND told = 0";
  TR_TRY(sqlite::Statement rows, connection_->Prepare("SELECT " + std::string(kColumns) + " FROM runs WHERE " + where +
                                                      " ORDER BY due_us DESC, number DESC LIMIT " + std::to_string(filter.limit)));
  for (size_t i = 0; i < texts.size(); ++i) rows.BindText(static_cast<int>(i) + 1, texts[i]);
  std::vector<JobRun> runs;
  while (true) {
    TR_TRY(const bool more, rows.Step());
    if (!more) return runs;
    TR_TRY(JobRun run, RunOf(rows));
    runs.push_back(std::move(run));
  }
}

Result<std::vector<RunLogLine>> RunTable::Log(std::string_view run) {
  const std::lock_guard lock(mutex_);
  TR_TRY(sqlite::Statement rows, connection_->Prepare("SELECT time_us, step, text FROM run_lines WHERE run = (SELECT number FROM runs WHERE id = ?) ORDER BY line"));
  rows.BindText(1, run);
  std::vector<RunLogLine> lines;
  while (true) {
    TR_TRY(const bool more, rows.Step());
    if (!more) return lines;
    lines.push_back({{rows.Int(0)}, std::string(rows.Text(1)), std::string(rows.Text(2))});
  }
}

Result<std::vector<AlertState>> RunTable::Alerts() {
  const std::lock_guard lock(mutex_);
  TR_TRY(sqlite::Statement rows, connection_->Prepare("SELECT name, firing, since_us, told_us, told, message FROM alerts ORDER BY name"));
  std::vector<AlertState> states;
  while (true) {
    TR_TRY(const bool more, rows.Step());
    if (!more) return states;
    states.push_back({std::string(rows.Text(0)), rows.Int(1) != 0, {rows.Int(2)}, {rows.Int(3)}, rows.Int(4) != 0, std::string(rows.Text(5))});
  }
}

Status RunTable::SetAlert(const AlertState& state) {
  const std::lock_guard lock(mutex_);
  TR_TRY(sqlite::Statement write,
         connection_->Prepare("INSERT OR REPLACE INTO alerts (name, firing, since_us, told_us, told, message) VALUES (?, ?, ?, ?, ?, ?)"));
  write.BindText(1, state.name);
  write.BindInt(2, state.firing ? 1 : 0);
  write.BindInt(3, state.since.micros);
  write.BindInt(4, state.told_at.micros);
  write.BindInt(5, state.told ? 1 : 0);
  write.BindText(6, state.message);
  return write.Run();
}

Result<std::vector<AlertSilence>> RunTable::Silences() {
  const std::lock_guard lock(mutex_);
  TR_TRY(sqlite::Statement rows, connection_->Prepare("SELECT alert, until_us, reason, by FROM silences ORDER BY alert"));
  std::vector<AlertSilence> silences;
  while (true) {
    TR_TRY(const bool more, rows.Step());
    if (!more) return silences;
    silences.push_back({std::string(rows.Text(0)), {rows.Int(1)}, std::string(rows.Text(2)), std::string(rows.Text(3))});
  }
}

Status RunTable::SetSilence(const AlertSilence& silence) {
  const std::lock_guard lock(mutex_);
  if (silence.until.micros == 0) {
    TR_TRY(sqlite::Statement lift, connection_->Prepare("DELETE FROM silences WHERE alert = ?"));
    lift.BindText(1, silence.alert);
    return lift.Run();
  }
  TR_TRY(sqlite::Statement write, connection_->Prepare("INSERT OR REPLACE INTO silences (alert, until_us, reason, by) VALUES (?, ?, ?, ?)"));
  write.BindText(1, silence.alert);
  write.BindInt(2, silence.until.micros);
  write.BindText(3, silence.reason);
  write.BindText(4, silence.by);
  return write.Run();
}

Result<bool> HasLaterColumns(sqlite::Connection& connection) {
  TR_TRY(sqlite::Statement column, connection.Prepare("SELECT 1 FROM pragma_table_info('runs') WHERE name = 'cancel_asked_by'"));
  return column.Step();
}

}  // namespace

Result<std::unique_ptr<RunStore>> OpenRunTable(const std::string& path) {
  TR_RETURN_IF_ERROR(MakePrivateFile(path));
  TR_TRY(auto connection, sqlite::Connection::Open({.path = path}));
  TR_RETURN_IF_ERROR(connection->Execute(std::string(kSchema)));
  TR_TRY(const bool is_whole, HasLaterColumns(*connection));
  if (!is_whole) TR_RETURN_IF_ERROR(connection->Execute(std::string(kLaterColumns)));
  return std::make_unique<RunTable>(std::move(connection));
}

}  // namespace tailrace::control
