#include "engine/job_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "base/utf8.h"
#include "engine/deadline.h"
#include "engine/result_rows.h"
#include "engine/run_names.h"
#include "model/json_tokens.h"
#include "sql/syntax.h"

namespace tailrace::engine {
namespace {

constexpr size_t kRowsCountedMax = 1'000;
// A message that is on its way when the server stops may take so long to arrive.
constexpr std::chrono::milliseconds kMessageGrace{3'000};
constexpr int kHttpStatusEnd = 300;
constexpr size_t kAnswerShownMax = 200;

std::vector<QueryParameter> RunParameters(const JobRun& run) {
  Type timestamp;
  timestamp.kind = TypeKind::kTimestamp;
  return {{"due", TimeText(run.due), timestamp, false}, {"from", TimeText(run.from), timestamp, false}, {"to", TimeText(run.due), timestamp, false}};
}

// A SELECT with the times of the run in place of its parameters.
Result<std::string> WithRunTimes(const std::string& sql, const JobRun& run) {
  const auto at = [](WallTime time) { return fmt::format("make_timestamp({})", time.micros); };
  auto select = sql::Select::Parse(sql);
  if (select) select = select->WithParameters({{"due", at(run.due)}, {"to", at(run.due)}, {"from", at(run.from)}});
  if (!select) return Fail(Error::Invalid(select.error().message));
  auto text = select->Text();
  if (!text) return Fail(Error::Invalid(text.error().message));
  return std::move(*text);
}

Result<std::string> Filled(const std::string& text, const schedule::TemplateValues& values) {
  TR_TRY(const auto parsed, schedule::Template::Parse(text));
  return parsed.Render(values);
}

// A text without its quotes, nothing for null, all else as it is.
std::string PlainText(const std::string& json) {
  if (json == "null") return {};
  std::string text;
  if (json.size() < 2 || json.front() != '"') return json;
  (void)UnescapeJson(std::string_view(json).substr(1, json.size() - 2), &text);
  return text;
}

// A subject is one line, whatever was filled in.
std::string OneLine(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text;
}

}  // namespace

Result<std::map<std::string, std::string, std::less<>>> FirstRow(Warehouse& warehouse, const std::string& sql,
                                                                const std::vector<QueryParameter>& parameters, WallTime now, int64_t* rows,
                                                                const std::stop_token& stop) {
  QueryRequest request;
  request.sql = sql;
  request.parameters = parameters;
  request.rows_max = kRowsCountedMax;
  request.now_micros = now.micros;
  request.trusted = true;
  ResultRows result;
  TR_TRY(const QuerySummary summary, warehouse.Query(request, result, stop));
  *rows = static_cast<int64_t>(summary.rows);
  std::map<std::string, std::string, std::less<>> row;
  for (size_t i = 0; !result.rows().empty() && i < result.columns().size(); ++i) {
    row[result.columns()[i].name] = PlainText(result.rows()[0][i]);
  }
  return row;
}

schedule::TemplateValues JobSteps::ValuesOf(const StepCall& call) const {
  schedule::TemplateValues values;
  values.times = {{"due", call.run.due}, {"from", call.run.from}, {"to", call.run.due}};
  values.texts = {{"job", call.job.name}, {"run", call.run.id}, {"attempt", std::to_string(call.run.attempts)}, {"pipeline", parts_.pipeline.name}};
  values.zone = call.job.zone;
  return values;
}

Result<StepOutcome> JobSteps::Do(const StepCall& call, const std::stop_token& stop) {
  if (stop.stop_requested()) return Fail(Error::Cancelled("stopped"));
  if (const auto* sql = std::get_if<config::SqlStep>(&call.step.kind)) return DoSql(call, *sql, stop);
  if (const auto* rebuild = std::get_if<config::RebuildStep>(&call.step.kind)) return DoRebuild(*rebuild, stop);
  if (const auto* notify = std::get_if<config::NotifyStep>(&call.step.kind)) return DoNotify(call, *notify, stop);
  if (const auto* http = std::get_if<config::HttpStep>(&call.step.kind)) return DoHttp(call, *http, stop);
  if (const auto* files = std::get_if<config::ExportStep>(&call.step.kind)) return DoExport(call, *files, stop);
  if (const auto* poll = std::get_if<config::PollStep>(&call.step.kind)) return DoPoll(call, *poll, stop);
  return DoCommand(call, std::get<config::CommandStep>(call.step.kind), stop);
}

Result<StepOutcome> JobSteps::DoSql(const StepCall& call, const config::SqlStep& step, const std::stop_token& stop) {
  JobSqlRequest request;
  request.run = call.run.id;
  request.step = call.number;
  for (const config::SqlText& statement : step.statements) request.statements.push_back(statement.text);
  request.due = call.run.due;
  request.from = call.run.from;
  request.now = parts_.clock.Now();
  TR_TRY(const JobSqlOutcome outcome, parts_.tables.Run(request, stop));
  return StepOutcome{outcome.rows, fmt::format("{} rows{}", outcome.rows, outcome.was_done ? ", written before the server ended" : "")};
}

Result<StepOutcome> JobSteps::DoExport(const StepCall& call, const config::ExportStep& step, const std::stop_token& stop) {
  if (!parts_.export_file) return Fail(Error::Invalid("no files are written here"));
  StepOutcome outcome;
  for (const config::ExportStep::Part& part : step.parts) {
    schedule::TemplateValues values = ValuesOf(call);
    values.texts["name"] = part.name;
    ExportCall file;
    TR_TRY(file.to, Filled(step.to, values));
    TR_TRY(file.sql, WithRunTimes(part.sql.text, call.run));
    file.format = step.format;
    file.partition_by = step.partition_by;
    file.now = parts_.clock.Now();
    const auto rows = parts_.export_file(file, stop);
    if (!rows) return Fail(rows.error().With(file.to));
    outcome.rows += *rows;
    outcome.said += fmt::format("{}{} rows in {}", outcome.said.empty() ? "" : ", ", *rows, file.to);
  }
  return outcome;
}

Result<StepOutcome> JobSteps::DoPoll(const StepCall& call, const config::PollStep& step, const std::stop_token& stop) {
  if (!parts_.poll) return Fail(Error::Invalid("nothing is polled here"));
  StepOutcome outcome;
  for (const std::string& source : step.sources) {
    auto polled = parts_.poll(source, call.run.due, stop);
    if (!polled) return Fail(polled.error().With(source));
    outcome.said += fmt::format("{}{}: {}", outcome.said.empty() ? "" : "; ", source, *polled);
  }
  return outcome;
}

Result<StepOutcome> JobSteps::DoRebuild(const config::RebuildStep& step, const std::stop_token& stop) {
  if (!parts_.rebuild) return Fail(Error::Invalid("nothing can be rebuilt here"));
  for (const std::string& name : step.names) {
    if (Status rebuilt = parts_.rebuild(name, stop); !rebuilt) return Fail(rebuilt.error().With(name));
  }
  return StepOutcome{0, fmt::format("{} rebuilt", fmt::join(step.names, ", "))};
}

Status SendToEach(const Notifiers& notifiers, const std::vector<std::string>& to, const Notification& notification, std::set<std::string>* heard,
                  const std::stop_token& stop) {
  Status first;
  for (const std::string& name : to) {
    if (heard->contains(name)) continue;
    if (stop.stop_requested()) return Fail(Error::Cancelled("stopped"));
    const auto notifier = notifiers.find(name);
    // Broken off, one that has been taken would be sent again after the next start.
    const Grace grace(kMessageGrace, stop);
    const Status sent = notifier == notifiers.end() ? Fail(Error::NotFound("there is no notifier")) : notifier->second->Send(notification, grace.token());
    if (sent)
      heard->insert(name);
    else if (first)
      first = Fail(sent.error().With(name));
  }
  return first;
}

Result<StepOutcome> JobSteps::DoNotify(const StepCall& call, const config::NotifyStep& step, const std::stop_token& stop) {
  schedule::TemplateValues values = ValuesOf(call);
  if (!step.sql.text.empty()) {
    int64_t rows = 0;
    TR_TRY(auto row, FirstRow(parts_.warehouse, step.sql.text, RunParameters(call.run), parts_.clock.Now(), &rows, stop));
    if (rows == 0) return StepOutcome{0, "nothing sent: the query answers with no row"};
    for (auto& [name, text] : row) values.texts[name] = std::move(text);
  }
  Notification notification;
  TR_TRY(notification.subject, Filled(step.subject, values));
  TR_TRY(notification.text, Filled(step.text, values));
  notification.subject = OneLine(std::move(notification.subject));
  std::set<std::string> heard;
  TR_RETURN_IF_ERROR(SendToEach(parts_.notifiers, step.to, notification, &heard, stop));
  return StepOutcome{0, fmt::format("sent to {}: {}", fmt::join(step.to, ", "), notification.subject)};
}

Result<StepOutcome> JobSteps::DoHttp(const StepCall& call, const config::HttpStep& step, const std::stop_token& stop) {
  if (parts_.http == nullptr) return Fail(Error::Invalid("no requests are sent from here"));
  const schedule::TemplateValues values = ValuesOf(call);
  OutboundRequest request;
  request.method = step.method;
  TR_TRY(request.url, Filled(step.url, values));
  TR_TRY(request.body, Filled(step.body, values));
  for (const auto& [name, value] : step.headers) request.headers.push_back({name, value, true});
  request.headers.push_back({"Idempotency-Key", fmt::format("{}/{}", call.run.id, call.number), false});
  request.allow_private = step.allow_private;
  request.timeout = step.timeout;
  request.tries_max = 1;  // the job's `retry` says how often
  TR_TRY(const OutboundAnswer answer, parts_.http->Send(request, stop));
  const std::string said = fmt::format("{} {}: {}", step.method, ShownAddress(request.url, answer.hidden), answer.status);
  if (answer.status < kHttpStatusEnd) return StepOutcome{0, said};
  return Fail(Error::Unavailable(said + " " + ShownText(OneLine(answer.body), kAnswerShownMax)));
}

Result<StepOutcome> JobSteps::DoCommand(const StepCall& call, const config::CommandStep& step, const std::stop_token& stop) {
  if (!parts_.pipeline.server.commands || !parts_.run_command) return Fail(Error::Invalid("programs are not run here"));
  const schedule::TemplateValues values = ValuesOf(call);
  std::vector<std::string> words;
  for (const std::string& word : step.words) {
    TR_TRY(std::string filled, Filled(word, values));
    words.push_back(std::move(filled));
  }
  TR_TRY(std::string said, parts_.run_command(words, stop));
  return StepOutcome{0, std::move(said)};
}

Status JobSteps::TellOfFailure(const config::JobSpec& job, const JobRun& run, std::set<std::string>* heard, const std::stop_token& stop) {
  std::vector<std::string> to;
  if (job.on_failure) to = *job.on_failure;
  for (const auto& [name, notifier] : parts_.notifiers) {
    if (!job.on_failure) to.push_back(name);
  }
  Notification notification;
  notification.subject = OneLine(fmt::format("{}: job {} failed", parts_.pipeline.name, job.name));
  notification.text = fmt::format("Run:      {}\nDue:      {}\nAttempts: {}\nReason:   {}\n", run.id, TimeText(run.due), run.attempts, run.reason);
  return SendToEach(parts_.notifiers, to, notification, heard, stop);
}

}  // namespace tailrace::engine
