// What the steps of jobs do, over the ports.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/spec.h"
#include "engine/job_desk.h"
#include "ports/job_tables.h"
#include "ports/notifier.h"
#include "ports/outbound_http.h"
#include "ports/warehouse.h"
#include "schedule/template.h"

namespace tailrace::engine {

using Notifiers = std::map<std::string, std::unique_ptr<Notifier>, std::less<>>;

// A program that a step runs. Returns what it wrote, at most so much as a log holds.
using RunCommand = std::function<Result<std::string>(const std::vector<std::string>& words, const std::stop_token& stop)>;

// One file, or one folder of them, that a step writes. Whole or not there; what was there before is replaced at once.
struct ExportCall {
  std::string sql;
  std::string to;  // relative to the pipeline file
  config::ExportStep::Format format = config::ExportStep::Format::kParquet;
  std::vector<std::string> partition_by;
  WallTime now;  // what now() answers
};

// Returns the rows written. Errors: those of a query; kInvalid = there can be no such file.
using ExportFile = std::function<Result<int64_t>(const ExportCall& call, const std::stop_token& stop)>;

// Asks a source of type poll for a due time, and returns what came, once tables hold it. One that has been asked for this due time before is
// not asked again, and answers as then. kInvalid: it has been asked for a later one. kUnavailable: an answer was not what was promised.
using PollSourceOnce = std::function<Result<std::string>(const std::string& source, WallTime due, const std::stop_token& stop)>;

// Ownership: everything is borrowed.
struct JobStepParts {
  const config::Pipeline& pipeline;
  JobTables& tables;
  Warehouse& warehouse;
  Notifiers& notifiers;
  Clock& clock;
  OutboundHttp* http = nullptr;                                                              // null: steps of this kind fail
  std::function<Status(const std::string& name, const std::stop_token& stop)> rebuild = {};  // the same
  RunCommand run_command = {};                                                               // the same
  ExportFile export_file = {};                                                               // the same
  PollSourceOnce poll = {};                                                                  // the same
};

// Threads: Do from any.
class JobSteps {
 public:
  explicit JobSteps(JobStepParts parts) : parts_(std::move(parts)) {}

  // As DoStep.
  Result<StepOutcome> Do(const StepCall& call, const std::stop_token& stop);

  // As TellFailure: those of on_failure, or all.
  Status TellOfFailure(const config::JobSpec& job, const JobRun& run, std::set<std::string>* heard, const std::stop_token& stop);

 private:
  Result<StepOutcome> DoSql(const StepCall& call, const config::SqlStep& step, const std::stop_token& stop);
  Result<StepOutcome> DoRebuild(const config::RebuildStep& step, const std::stop_token& stop);
  Result<StepOutcome> DoExport(const StepCall& call, const config::ExportStep& step, const std::stop_token& stop);
  Result<StepOutcome> DoPoll(const StepCall& call, const config::PollStep& step, const std::stop_token& stop);
  Result<StepOutcome> DoNotify(const StepCall& call, const config::NotifyStep& step, const std::stop_token& stop);
  Result<StepOutcome> DoHttp(const StepCall& call, const config::HttpStep& step, const std::stop_token& stop);
  Result<StepOutcome> DoCommand(const StepCall& call, const config::CommandStep& step, const std::stop_token& stop);
  schedule::TemplateValues ValuesOf(const StepCall& call) const;

  const JobStepParts parts_;
};

// Sends to each of `to` that is not in `heard`, and adds those that took it. The first error, after all have been tried.
Status SendToEach(const Notifiers& notifiers, const std::vector<std::string>& to, const Notification& notification, std::set<std::string>* heard,
                  const std::stop_token& stop);

// The columns of the first row of a trusted SELECT as texts by name; nothing when there is none. `rows`: how many there were, up to a
// thousand.
Result<std::map<std::string, std::string, std::less<>>> FirstRow(Warehouse& warehouse, const std::string& sql,
                                                                const std::vector<QueryParameter>& parameters, WallTime now, int64_t* rows,
                                                                const std::stop_token& stop);

}  // namespace tailrace::engine
