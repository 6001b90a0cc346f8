// The SQL of jobs and alerts: what jobs make in schema jobs, and who reads it.
#include <algorithm>

#include "config/nearest.h"
#include "config/sql_checker.h"
#include "sql/job_statement.h"

namespace tailrace::config {
namespace {

// Times of a run that its SQL may name.
const std::vector<std::pair<std::string, std::string>> kRunParameters = {{"due", "TIMESTAMP"}, {"from", "TIMESTAMP"}, {"to", "TIMESTAMP"}};

}  // namespace

// A statement of a job, waiting until the tables that it needs are known.
struct SqlCheck::JobQuery {
  Query query;
  sql::JobStatement statement;
};

bool SqlCheck::Knows(std::string_view relation) const {
  const auto table = sql::JobsTableName(relation);
  return table && jobs_tables_.contains(Folded(*table));
}

bool SqlCheck::CanCheck(const JobQuery& waiting) const {
  const bool makes = waiting.statement.kind() == sql::JobStatementKind::kCreate;
  if (!makes && !jobs_tables_.contains(Folded(waiting.statement.table()))) return false;
  if (!waiting.statement.select()) return true;
  const auto reads = waiting.statement.select()->Relations();
  return std::all_of(reads.begin(), reads.end(),
                     [&](const sql::RelationRef& read) { return !sql::JobsTableName(read.name) || Knows(read.name); });
}

void SqlCheck::CheckJobStatement(JobQuery& job) {
  if (!job.statement.select()) return;
  job.query.select = job.statement.select();
  if (!Resolve(job.query, RelationKind::kView) || !PassesGate(job.query)) return;
  const auto text = job.query.select->Text();
  auto columns = text ? scratch_->Describe(*text, kRunParameters) : sql::SqlResult<Columns>(tl::unexpected(text.error()));
  if (!columns) return job.query.place.Tell(columns.error(), reading_);
  if (job.statement.kind() != sql::JobStatementKind::kCreate) return;
  // A statement that is not understood leaves its table unknown, which has been told.
  if (!scratch_->AddJobsTable(job.statement.table(), *columns)) return;
  jobs_tables_.insert(Folded(job.statement.table()));
  columns_.relations["jobs." + job.statement.table()] = std::move(*columns);
}

void SqlCheck::CheckJobs() {
  reads_jobs_ = true;
  std::vector<JobQuery> waiting;
  for (const JobSpec& job : reading_.pipeline.jobs) {
    for (size_t number = 0; number < job.steps.size(); ++number) {
      const auto* step = std::get_if<SqlStep>(&job.steps[number].kind);
      for (size_t i = 0; step != nullptr && i < step->statements.size(); ++i) {
        const std::string name = "jobs." + job.name + "." + std::to_string(number) + "." + std::to_string(i);
        Query query{job.name, &step->statements[i], SqlPlace(reading_, name), std::nullopt, {}, {}, {}, false, false};
        auto parsed = sql::JobStatement::Parse(step->statements[i].text);
        if (parsed)
          waiting.push_back({std::move(query), std::move(*parsed)});
        else
          query.place.Tell(parsed.error(), reading_);
      }
    }
  }
  while (true) {
    const auto next = std::find_if(waiting.begin(), waiting.end(), [&](const JobQuery& job) { return CanCheck(job); });
    if (next == waiting.end()) break;
    JobQuery job = std::move(*next);
    waiting.erase(next);
    CheckJobStatement(job);
  }
  for (JobQuery& job : waiting) {
    if (!jobs_tables_.contains(Folded(job.statement.table())) && job.statement.kind() != sql::JobStatementKind::kCreate) {
      job.query.place.Tell(job.statement.table_position(), "no job makes the table jobs." + job.statement.table() + " (by CREATE TABLE AS)", reading_);
    } else {
      CheckJobStatement(job);
    }
  }
  for (const JobSpec& job : reading_.pipeline.jobs) {
    for (size_t number = 0; number < job.steps.size(); ++number) {
      const std::string name = "jobs." + job.name + "." + std::to_string(number);
      const auto* notify = std::get_if<NotifyStep>(&job.steps[number].kind);
      if (notify != nullptr && !notify->sql.text.empty()) CheckRowsQuery(notify->sql, name, kRunParameters);
      const auto* files = std::get_if<ExportStep>(&job.steps[number].kind);
      for (size_t i = 0; files != nullptr && i < files->parts.size(); ++i) CheckExport(*files, i, name + "." + std::to_string(i));
    }
  }
  for (const AlertSpec& alert : reading_.pipeline.alerts) {
    if (!alert.sql.text.empty()) CheckRowsQuery(alert.sql, "alerts." + alert.name, {});
  }
}

std::optional<Columns> SqlCheck::CheckRowsQuery(const SqlText& sql, const std::string& name,
                                                const std::vector<std::pair<std::string, std::string>>& parameters) {
  Query query = Parse(name, sql, SqlPlace(reading_, name));
  if (!Resolve(query, RelationKind::kView) || !PassesGate(query)) return std::nullopt;
  auto columns = scratch_->Describe(sql.text, parameters);
  if (columns) return std::move(*columns);
  query.place.Tell(columns.error(), reading_);
  return std::nullopt;
}

void SqlCheck::CheckExport(const ExportStep& step, size_t part, const std::string& name) {
  const auto columns = CheckRowsQuery(step.parts[part].sql, name, kRunParameters);
  if (!columns) return;
  for (const std::string& by : step.partition_by) {
    const bool there = std::any_of(columns->begin(), columns->end(), [&](const auto& column) { return column.name == by; });
    if (!there) SqlPlace(reading_, name).Tell(0, "there is no column " + Quoted(by) + " to partition by", reading_);
  }
}

}  // namespace tailrace::config
