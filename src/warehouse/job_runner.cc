#include "warehouse/job_runner.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "base/crash_point.h"
#include "sql/job_statement.h"

namespace tailrace::warehouse {
namespace {

constexpr std::chrono::milliseconds kInterruptAgain{20};

constexpr std::string_view kCreate =
    "CREATE SCHEMA IF NOT EXISTS jobs;"
    "CREATE TABLE IF NOT EXISTS _tailrace.job_marks(run VARCHAR, step BIGINT, rows BIGINT, time_ms BIGINT)";

Error OfSql(const sql::SqlError& error) { return Error::Invalid(error.message); }

std::string TimestampOf(WallTime time) { return fmt::format("make_timestamp({})", time.micros); }

int64_t CountOf(const sql::TextResult& result) {
  int64_t count = 0;
  if (result.rows.size() != 1 || result.rows[0].size() != 1 || !result.rows[0][0]) return 0;
  const std::string& text = *result.rows[0][0];
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

// An excerpt of SQL that is not what the file says, and where in it.
constexpr std::string_view kExcerpt = "\n\nLINE ";

// Another transaction was in the way: the same one again will pass.
Error OfRun(const Error& error) {
  return Error(error.code() == ErrorCode::kConflict ? ErrorCode::kUnavailable : error.code(), error.message().substr(0, error.message().find(kExcerpt)));
}

// Interrupts a connection once `stop` asks for it, again and again: one that comes between two statements is forgotten by the next.
class Interrupter {
 public:
  Interrupter(sql::Connection& connection, const std::stop_token& stop)
      : thread_([this, &connection, stop](const std::stop_token& over) {
          const std::stop_callback woken(stop, [this] {
            const std::lock_guard lock(mutex_);
            changed_.notify_all();
          });
          std::unique_lock lock(mutex_);
          if (!changed_.wait(lock, over, [&stop] { return stop.stop_requested(); })) return;
          while (!over.stop_requested()) {
            connection.Interrupt();
            changed_.wait_for(lock, over, kInterruptAgain, [] { return false; });
          }
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

}  // namespace

// The connection for oneself, unless `stop` comes first: a statement of another job may take long.
class JobRunner::Turn {
 public:
  Turn(JobRunner& runner, const std::stop_token& stop) : runner_(runner) {
    std::unique_lock lock(runner_.mutex_);
    held_ = runner_.turn_.wait(lock, stop, [&runner] { return !runner.taken_; });
    if (held_) runner_.taken_ = true;
  }
  ~Turn() {
    if (!held_) return;
    {
      const std::lock_guard lock(runner_.mutex_);
      runner_.taken_ = false;
    }
    runner_.turn_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  bool held() const { return held_; }

 private:
  JobRunner& runner_;
  bool held_ = false;
};

Result<std::unique_ptr<JobRunner>> JobRunner::Open(sql::Database& database, const QueryRunner& queries) {
  TR_TRY(auto connection, database.Connect());
  TR_RETURN_IF_ERROR(connection->Execute(kCreate));
  return std::unique_ptr<JobRunner>(new JobRunner(std::move(connection), queries));
}

Result<std::vector<std::string>> JobRunner::Settle(const JobSqlRequest& request) const {
  const std::map<std::string, std::string> parameters = {
      {"due", TimestampOf(request.due)}, {"to", TimestampOf(request.due)}, {"from", TimestampOf(request.from)}};
  std::vector<std::string> statements;
  for (const std::string& text : request.statements) {
    const auto statement = sql::JobStatement::Parse(text);
    if (!statement) return Fail(OfSql(statement.error()));
    if (!statement->select()) {
      statements.push_back(statement->Text(""));
      continue;
    }
    const auto select = statement->select()->WithParameters(parameters);
    if (!select) return Fail(OfSql(select.error()));
    TR_TRY(const std::string settled, queries_.SettledText(*select, request.now.micros));
    statements.push_back(statement->Text(settled));
  }
  return statements;
}

Result<JobSqlOutcome> JobRunner::Run(const JobSqlRequest& request, std::stop_token stop) {
  TR_TRY(const auto statements, Settle(request));
  const Turn turn(*this, stop);
  if (!turn.held()) return Fail(Error::Cancelled("stopped"));
  TR_RETURN_IF_ERROR(connection_->Begin());
  Result<JobSqlOutcome> outcome = Fail(Error::Cancelled("stopped"));
  {
    const Interrupter interrupter(*connection_, stop);
    outcome = RunInTransaction(request, statements, stop);
  }
  if (outcome) {
    TR_CRASH_POINT("warehouse.job_written");
    if (Status committed = connection_->Commit(); !committed) return Fail(OfRun(committed.error()));
    TR_CRASH_POINT("warehouse.job_committed");
    return outcome;
  }
  connection_->Rollback();
  return Fail(OfRun(outcome.error()));
}

Result<JobSqlOutcome> JobRunner::RunInTransaction(const JobSqlRequest& request, const std::vector<std::string>& statements,
                                                 const std::stop_token& stop) {
  JobSqlOutcome outcome;
  TR_TRY(const auto marks, connection_->Query(fmt::format("SELECT max(rows) FROM _tailrace.job_marks WHERE run = {} AND step = {} HAVING count(*) > 0",
                                                          sql::QuoteLiteral(request.run), request.step)));
  if (!marks.rows.empty()) {
    outcome.was_done = true;
    outcome.rows = CountOf(marks);
    return outcome;
  }
  for (const std::string& statement : statements) {
    if (stop.stop_requested()) return Fail(Error::Cancelled("stopped"));
    TR_TRY(const auto result, connection_->Query(statement));
    outcome.rows += CountOf(result);
  }
  // The runs of a job come one after the other: when one writes, those before it are over, and nothing asks for their marks again.
  const std::string run = sql::QuoteLiteral(request.run);
  const std::string job = sql::QuoteLiteral(request.run.substr(0, request.run.find('@') + 1));
  TR_RETURN_IF_ERROR(connection_->Execute(fmt::format("DELETE FROM _tailrace.job_marks WHERE starts_with(run, {}) AND run <> {};"
                                                      "INSERT INTO _tailrace.job_marks VALUES ({}, {}, {}, {})",
                                                      job, run, run, request.step, outcome.rows, request.now.millis())));
  return outcome;
}

Status JobRunner::WhileResting(const std::function<Status()>& work) {
  const Turn turn(*this, {});
  return work();
}

}  // namespace tailrace::warehouse
