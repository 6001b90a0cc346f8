// Jobs as they are written; what their SQL means is checked later.
#include <algorithm>
#include <array>
#include <set>

#include "config/job_nodes.h"
#include "config/nearest.h"
#include "config/quantity.h"
#include "config/read_schedule.h"
#include "config/reading.h"
#include "config/scalar.h"
#include "schedule/template.h"
#include "sql/job_statement.h"

namespace tailrace::config {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kJobTimeoutMinMs = 1'000;
constexpr int64_t kHttpTimeoutMinMs = 100;
constexpr int64_t kHttpTimeoutMaxMs = 3'600'000;
constexpr std::array<std::string_view, 3> kRunTimes = {"due", "from", "to"};
constexpr std::array<std::string_view, 4> kRunTexts = {"job", "run", "attempt", "pipeline"};

// Tells what is wrong with a template. `any_text`: further names come from a query.
void CheckTemplate(const Node* node, bool any_text, Reading& reading) {
  if (node == nullptr) return;
  const auto parsed = schedule::Template::Parse(node->text);
  if (!parsed) return reading.report.Error(node->begin, parsed.error().message());
  const auto is_one_of = [](const auto& names, const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  for (const std::string& name : parsed->TimeNames()) {
    if (!is_one_of(kRunTimes, name)) reading.report.Error(node->begin, "there is no time {" + name + "}: there are due, from, to");
  }
  for (const std::string& name : parsed->PlainNames()) {
    if (any_text || is_one_of(kRunTimes, name) || is_one_of(kRunTexts, name)) continue;
    reading.report.Error(node->begin, "there is no {" + name + "} here: there are due, from, to, job, run, attempt, pipeline");
  }
}

class JobReader {
 public:
  JobReader(const Node& root, Reading& reading)
      : reading_(reading), jobs_(NamesOfSection(root, "jobs")), notifiers_(NamesOfSection(root, "notify")) {}

  void ReadJob(const Entry& entry);
  void RefuseCircles();
  void WarnOfSchedulesApart();
  void RefuseNeverPolled(const Entry& source);

 private:
  void ReadSchedule(const Entry& entry, JobSpec* job);
  std::optional<JobStep> ReadStep(const Entry& job, size_t number, const Node& node, const JobSpec& spec);
  void ReadStepAfter(const Node& node, size_t number, const JobSpec& spec, JobStep* step);
  SqlText ReadStepSql(const Entry& job, const Node& node, const std::string& name);
  NotifyStep ReadNotify(const Entry& job, const Node& node, const std::string& name);
  ExportStep ReadExport(const Entry& job, const Node& node, const std::string& name);
  void ReadExportTables(const Entry& job, const Node& node, const std::string& name, ExportStep* step);
  HttpStep ReadHttp(const Node& node);
  SqlStep ReadStatements(const Entry& job, const Node& node, const std::string& name);
  CommandStep ReadCommand(const Node& step, const Node& words);
  std::vector<std::string> PollSources() const;

  Reading& reading_;
  const std::vector<std::string> jobs_;
  const std::vector<std::string> notifiers_;
  std::map<std::string, const Node*> job_keys_;
};

void JobReader::ReadSchedule(const Entry& entry, JobSpec* job) {
  const Node& body = *entry.value;
  const Node* cron = Find(body, "cron");
  const Node* every = Find(body, "every");
  const Node* after = Find(body, "after");
  if (const Node* zone = Find(body, "timezone")) {
    auto found = schedule::TimeZone::Find(zone->text);
    if (found)
      job->zone = std::move(*found);
    else
      reading_.report.Error(zone->begin, found.error().message());
  }
  if ((cron != nullptr) + (every != nullptr) + (after != nullptr) > 1) {
    reading_.report.Error(entry.key->begin, "a job has one of cron, every and after");
    return;
  }
  const auto take = [&](const Node& node, Result<schedule::Schedule> made) {
    if (made)
      job->schedule = std::move(*made);
    else
      reading_.report.Error(node.begin, made.error().message());
  };
  if (cron != nullptr) {
    take(*cron, schedule::Schedule::OfCron(cron->text, job->zone));
    job->schedule_text = cron->text + " " + job->zone.name();
  } else if (every != nullptr) {
    take(*every, schedule::Schedule::Every(milliseconds(ParseDuration(every->text).value_or(0)), job->zone));
    job->schedule_text = "every " + every->text;
  }
  job->after = KnownNames(body, "after", "job", jobs_, reading_);
  for (const std::string& name : job->after) job->schedule_text += (job->schedule_text.empty() ? "after " : ", ") + name;
}

SqlText JobReader::ReadStepSql(const Entry& job, const Node& node, const std::string& name) {
  return ReadSqlNode(node, job, name, reading_);
}

NotifyStep JobReader::ReadNotify(const Entry& job, const Node& node, const std::string& name) {
  NotifyStep step;
  step.to = KnownNames(node, "to", "notifier", notifiers_, reading_);
  step.subject = TextOr(node, "subject", "");
  step.text = TextOr(node, "text", "");
  const Node* sql = Find(node, "sql");
  if (sql != nullptr) step.sql = ReadStepSql(job, *sql, name);
  CheckTemplate(Find(node, "subject"), sql != nullptr, reading_);
  CheckTemplate(Find(node, "text"), sql != nullptr, reading_);
  return step;
}

void JobReader::ReadStepAfter(const Node& node, size_t number, const JobSpec& spec, JobStep* step) {
  if (Find(node, "after") == nullptr) {
    if (number > 0) step->after.push_back(number - 1);
    return;
  }
  std::vector<std::string> earlier;
  for (const JobStep& other : spec.steps) earlier.push_back(other.name);
  for (const Node* name : NamesIn(node, "after")) {
    const auto found = std::find(earlier.begin(), earlier.end(), name->text);
    if (found == earlier.end()) {
      reading_.report.Error(name->begin, "there is no step " + Quoted(name->shown()) + " before this one" + SuggestionFor(*name, earlier));
    } else {
      step->after.push_back(static_cast<size_t>(found - earlier.begin()));
    }
  }
}

SqlStep JobReader::ReadStatements(const Entry& job, const Node& node, const std::string& name) {
  SqlStep sql;
  if (node.kind == NodeKind::kScalar) sql.statements.push_back(ReadStepSql(job, node, name + ".0"));
  if (node.kind != NodeKind::kSequence) return sql;
  for (const Node* text : node.items) {
    if (!text->broken) sql.statements.push_back(ReadStepSql(job, *text, name + "." + std::to_string(sql.statements.size())));
  }
  return sql;
}

std::vector<std::string> JobReader::PollSources() const {
  std::vector<std::string> names;
  for (const SourceSpec& source : reading_.pipeline.sources) {
    if (std::holds_alternative<PollSourceSpec>(source.kind)) names.push_back(source.name);
  }
  return names;
}

HttpStep JobReader::ReadHttp(const Node& node) {
  HttpStep http;
  http.method = TextOr(node, "method", "POST");
  http.url = TextOr(node, "url", "");
  http.headers = TextsByName(node, "headers");
  http.body = TextOr(node, "body", "");
  http.timeout = DurationOr(node, "timeout", http.timeout, reading_, kHttpTimeoutMinMs, kHttpTimeoutMaxMs);
  http.allow_private = BoolOr(node, "allow_private", false);
  CheckTemplate(Find(node, "url"), false, reading_);
  CheckTemplate(Find(node, "body"), false, reading_);
  return http;
}

CommandStep JobReader::ReadCommand(const Node& step, const Node& words) {
  if (!reading_.pipeline.server.commands) {
    reading_.report.Error(step.Find("command")->key->begin, "programs are not run unless the server is told so: add commands: true under server:");
  }
  for (const Node* word : words.items) CheckTemplate(word, false, reading_);
  return CommandStep{TextsOf(step, "command")};
}

// Tables of schema jobs are looked for when it is known which there are.
void JobReader::ReadExportTables(const Entry& job, const Node& node, const std::string& name, ExportStep* step) {
  const auto known = reading_.catalog.Names({RelationKind::kStream, RelationKind::kTable, RelationKind::kView});
  for (const Node* table : NamesIn(node, "tables")) {
    const auto of_jobs = sql::JobsTableName(table->text);
    if (!of_jobs && std::find(known.begin(), known.end(), table->text) == known.end()) {
      reading_.report.Error(table->begin, "there is no stream, table or view " + Quoted(table->shown()) + SuggestionFor(*table, known));
      continue;
    }
    ExportStep::Part part;
    part.name = of_jobs.value_or(table->text);
    part.sql.text = "SELECT * FROM " + (of_jobs ? sql::JobsTable(*of_jobs) : "\"" + table->text + "\"");
    part.sql.place = reading_.PlaceOf(*table);
    part.sql.line_places = {part.sql.place};
    reading_.sql[name + "." + std::to_string(step->parts.size())] = {nullptr, table, job.value};
    step->parts.push_back(std::move(part));
  }
}

ExportStep JobReader::ReadExport(const Entry& job, const Node& node, const std::string& name) {
  ExportStep step;
  const Node* sql = Find(node, "sql");
  if ((node.Find("sql") != nullptr) == (node.Find("tables") != nullptr)) {
    reading_.report.Error(node.begin, "an export has one of tables and sql");
    return step;
  }
  if (sql != nullptr)
    step.parts.push_back({"", ReadStepSql(job, *sql, name + ".0")});
  else
    ReadExportTables(job, node, name, &step);
  for (const Node* column : NamesIn(node, "partition_by")) step.partition_by.push_back(column->text);
  const Node* to = Find(node, "to");
  if (to == nullptr) return step;
  step.to = to->text;
  const auto path = schedule::Template::Parse(step.to);
  const auto names = path ? path->PlainNames() : std::vector<std::string>();
  const bool has_name = std::find(names.begin(), names.end(), "name") != names.end();
  CheckTemplate(to, has_name && sql == nullptr, reading_);
  if (path && step.parts.size() > 1 && !has_name) reading_.report.Error(to->begin, "all tables would go to one file: put {name} into the path");
  std::string format = TextOr(node, "format", "");
  for (const std::string_view ending : {".parquet", ".csv", ".jsonl"}) {
    if (format.empty() && step.to.ends_with(ending)) format = ending.substr(1);
  }
  if (format.empty() && node.Find("format") == nullptr) {
    reading_.report.Error(to->begin, "the path does not tell the format: end it with .parquet, .csv or .jsonl, or add format:");
  }
  step.format = format == "csv" ? ExportStep::Format::kCsv : format == "jsonl" ? ExportStep::Format::kJsonl : ExportStep::Format::kParquet;
  return step;
}

std::optional<JobStep> JobReader::ReadStep(const Entry& job, size_t number, const Node& node, const JobSpec& spec) {
  constexpr std::array<std::string_view, 7> kKinds = {"sql", "export", "poll", "rebuild", "notify", "http", "command"};
  const auto is_written = [&](std::string_view kind) { return node.Find(kind) != nullptr; };
  const auto kinds = std::count_if(kKinds.begin(), kKinds.end(), is_written);
  if (kinds != 1) {
    reading_.report.Error(node.begin, "a step does one thing: sql, export, poll, rebuild, notify, http or command");
    return std::nullopt;
  }
  const std::string_view kind = *std::find_if(kKinds.begin(), kKinds.end(), is_written);
  const Node* body = Find(node, kind);
  if (body == nullptr) return std::nullopt;
  JobStep step;
  step.place = reading_.PlaceOf(node);
  step.name = TextOr(node, "name", std::to_string(number + 1) + " " + std::string(kind));
  ReadStepAfter(node, number, spec, &step);
  const std::string sql_name = "jobs." + spec.name + "." + std::to_string(number);
  if (kind == "sql") {
    step.kind = ReadStatements(job, *body, sql_name);
  } else if (kind == "export") {
    step.kind = ReadExport(job, *body, sql_name);
  } else if (kind == "poll") {
    step.kind = PollStep{KnownNames(node, "poll", "source of type poll", PollSources(), reading_)};
  } else if (kind == "rebuild") {
    auto names = reading_.catalog.Names({RelationKind::kStream, RelationKind::kTable, RelationKind::kCollection});
    step.kind = RebuildStep{KnownNames(node, "rebuild", "table, collection or stream", names, reading_)};
  } else if (kind == "notify") {
    step.kind = ReadNotify(job, *body, sql_name);
  } else if (kind == "http") {
    step.kind = ReadHttp(*body);
  } else {
    step.kind = ReadCommand(node, *body);
  }
  return step;
}

void JobReader::ReadJob(const Entry& entry) {
  const Node& body = *entry.value;
  if (body.kind != NodeKind::kMapping || body.broken) return;
  JobSpec job;
  job.name = entry.key->text;
  job.place = reading_.PlaceOf(*entry.key);
  job_keys_[job.name] = entry.key;
  job.description = TextOr(body, "description", "");
  ReadSchedule(entry, &job);
  job.catch_up = ReadCatchUp(body, reading_);
  job.skip_overlap = TextOr(body, "overlap", "queue") == "skip";
  job.timeout = DurationOr(body, "timeout", job.timeout, reading_, kJobTimeoutMinMs);
  if (const Node* retry = Find(body, "retry")) {
    job.retry.times = IntegerOr(*retry, "times", 1);
    job.retry.after = DurationOr(*retry, "after", job.retry.after, reading_);
    job.retry.after_max = DurationOr(*retry, "max", std::max(job.retry.after, job.retry.after_max), reading_);
  }
  if (body.Find("on_failure") != nullptr) job.on_failure = KnownNames(body, "on_failure", "notifier", notifiers_, reading_);
  const Node* steps = Find(body, "steps");
  for (const Node* step : steps == nullptr ? std::vector<Node*>{} : std::vector<Node*>(steps->items.begin(), steps->items.end())) {
    if (step->broken || step->kind != NodeKind::kMapping) continue;
    if (auto read = ReadStep(entry, job.steps.size(), *step, job)) job.steps.push_back(std::move(*read));
  }
  reading_.pipeline.jobs.push_back(std::move(job));
}

// `after` may not come back to where it began: none of the jobs would ever run.
void JobReader::RefuseCircles() {
  for (const JobSpec& job : reading_.pipeline.jobs) {
    std::set<std::string> seen;
    std::vector<std::string> open = job.after;
    while (!open.empty()) {
      const std::string name = open.back();
      open.pop_back();
      if (name == job.name) {
        reading_.report.Error(job_keys_.at(job.name)->begin, "a circle: the job " + Quoted(job.name) + " waits for itself");
        break;
      }
      if (!seen.insert(name).second) continue;
      for (const JobSpec& other : reading_.pipeline.jobs) {
        if (other.name == name) open.insert(open.end(), other.after.begin(), other.after.end());
      }
    }
  }
}

// Jobs that wait for several which have few due times in common, or none.
void JobReader::WarnOfSchedulesApart() {
  std::map<std::string, const JobSpec*> jobs;
  for (const JobSpec& job : reading_.pipeline.jobs) jobs[job.name] = &job;
  for (const JobSpec& job : reading_.pipeline.jobs) {
    std::set<std::string> schedules;
    for (const std::string& name : job.after) {
      const auto before = jobs.find(name);
      if (before != jobs.end() && before->second->schedule) schedules.insert(before->second->schedule_text);
    }
    if (schedules.size() < 2) continue;
    reading_.report.Warning(job_keys_.at(job.name)->begin, "the jobs that " + Quoted(job.name) + " waits for have other schedules: it runs only when they have a due time in common");
  }
}

// A poll without a schedule that no job asks.
void JobReader::RefuseNeverPolled(const Entry& source) {
  const Node& body = *source.value;
  if (body.kind != NodeKind::kMapping || body.broken || TextOr(body, "type", "") != "poll") return;
  if (body.Find("every") != nullptr || body.Find("cron") != nullptr) return;
  for (const JobSpec& job : reading_.pipeline.jobs) {
    for (const JobStep& step : job.steps) {
      const auto* poll = std::get_if<PollStep>(&step.kind);
      if (poll != nullptr && std::find(poll->sources.begin(), poll->sources.end(), source.key->text) != poll->sources.end()) return;
    }
  }
  reading_.report.Error(body.Find("type")->key->begin, "every or cron is missing, and no job polls it");
}

}  // namespace

void ReadJobs(const Node& root, Reading& reading) {
  JobReader reader(root, reading);
  for (const Entry& entry : EntriesOf(root, "jobs", reading)) reader.ReadJob(entry);
  reader.RefuseCircles();
  reader.WarnOfSchedulesApart();
  for (const Entry& entry : EntriesOf(root, "sources", reading)) reader.RefuseNeverPolled(entry);
}

}  // namespace tailrace::config
